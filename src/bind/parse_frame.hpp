#pragma once

#include "bind/token_boundary.hpp"
#include "json/internal/scanner.hpp"

#include <coax/bind/detail/type_descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace coax::bind::detail {

/// What comes next in an object or list.
enum class frame_state : unsigned char {
    first,  ///< The first key or item, or the end.
    key,    ///< A key behind a comma.
    colon,
    value,       ///< A member's value, or an item.
    open_value,  ///< The rest of a value that was begun.
    separator    ///< A comma, or the end.
};

/// An object, map or list that is being read. It refers to the text by offsets, so that the text may move.
struct parse_frame {
    type_descriptor const* type;
    void* into;
    std::size_t begin_offset;       ///< Of its opening bracket.
    std::size_t violations_before;  ///< How many there were when it was opened.
    /// The current child: its key once that is known, or the count of complete items.
    json::detail::path_link link{};
    frame_state next{frame_state::first};
    std::size_t field{no_field};    ///< The current one of a struct; `no_field`: an unknown key.
    std::size_t expected_field{0};  ///< The field whose key is tried first.
    std::uint64_t seen[2]{0, 0};    ///< A bit for each complete field.
    std::size_t key_offset{0};
    std::size_t value_offset{0};
    std::size_t violations_before_value{0};
    std::string key{};  ///< A copy of the key in `link` where the text does not hold it, or may move.

    [[nodiscard]] bool child_is_open() const { return next == frame_state::value || next == frame_state::open_value; }
    [[nodiscard]] bool has(std::size_t index) const { return (seen[index / 64] >> (index % 64) & 1U) != 0; }
    [[nodiscard]] bool lacks_any_of(std::uint64_t const (&fields)[2]) const {
        return (fields[0] & ~seen[0]) != 0 || (fields[1] & ~seen[1]) != 0;
    }
    /// Copies a key that is no field's: the text and this frame may move.
    void save_key() {
        if (field == no_field && link.key.data() != key.data()) key = link.key;
    }
    /// Refers to the copied key after such a move.
    void restore_key() {
        if (field == no_field) link.key = key;
    }
    void complete(std::size_t index) { seen[index / 64] |= std::uint64_t{1} << (index % 64); }
};

/// How far a text that arrives in pieces has been read.
struct partial_state {
    std::vector<parse_frame> frames{};  ///< The open objects and lists, the outermost first.
    std::string* open_string{nullptr};  ///< The string that has begun and not ended.
    token_boundary tokens{};
    bool is_at_end{false};       ///< No more text will come.
    bool needs_more{false};      ///< Reading stopped for lack of text, not because of an error.
    bool child_is_saved{false};  ///< While frames are saved: the current value is in `frames` or `open_string`.
};

}  // namespace coax::bind::detail
