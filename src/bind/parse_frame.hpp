#pragma once

#include "json/internal/scanner.hpp"
#include "json/internal/token_boundary.hpp"

#include <coax/bind/detail/type_descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace coax::bind::detail {

inline constexpr std::size_t no_field = static_cast<std::size_t>(-1);

/// What comes next in an object or list.
enum class frame_state : unsigned char {
    first,  ///< The first key or item, or the end.
    key,    ///< A key behind a comma.
    colon,
    value,     ///< A member's value, or an item.
    rest,      ///< The rest of a value that is open itself.
    separator  ///< A comma, or the end.
};

/// An object, map or list that is being read. Places in the text are offsets, so that it outlives a move of the text.
struct parse_frame {
    type_descriptor const* type;
    void* into;
    std::size_t opened_at;    ///< Where it begins,
    std::size_t opened_with;  ///< and how many violations there were.
    json::detail::path_link
        link{};  ///< Names the child at hand, once it is known. A list's index counts complete items.
    frame_state next{frame_state::first};
    std::size_t field{no_field};  ///< Of a struct: whose value is at hand; `no_field`: nobody asked for it.
    std::size_t expected{0};      ///< The field whose key is tried first.
    std::uint64_t seen[2]{0, 0};  ///< The fields that are complete.
    std::size_t key_at{0};
    std::size_t value_at{0};    ///< Where the value at hand begins,
    std::size_t value_with{0};  ///< and how many violations there were.
    std::string key{};          ///< The text of a key that is no field's, where the text does not show it as it is.

    [[nodiscard]] bool child_is_open() const { return next == frame_state::value || next == frame_state::rest; }
    [[nodiscard]] bool has(std::size_t index) const { return (seen[index / 64] >> (index % 64) & 1U) != 0; }
    [[nodiscard]] bool lacks_any_of(std::uint64_t const (&fields)[2]) const {
        return (fields[0] & ~seen[0]) != 0 || (fields[1] & ~seen[1]) != 0;
    }
    /// Keeps the name of a child that is no field: the text and this place may move.
    void own_name() {
        if (field == no_field && link.key.data() != key.data()) key = link.key;
    }
    /// Names the child again after such a move.
    void name_child() {
        if (field == no_field) link.key = key;
    }
    void complete(std::size_t index) { seen[index / 64] |= std::uint64_t{1} << (index % 64); }
};

/// How far a text that is not at its end has been read.
struct partial_state {
    std::vector<parse_frame> places{};  ///< All that are open, the outermost first.
    std::string* growing{nullptr};      ///< The string inside which the text is cut.
    json::detail::token_boundary tokens{};
    bool ends{false};           ///< No more text will come.
    bool starved{false};        ///< Reading stopped because the text is cut, not because it is wrong.
    bool child_is_kept{false};  ///< While places are left: the value at hand is in `places` or `growing`.
};

}  // namespace coax::bind::detail
