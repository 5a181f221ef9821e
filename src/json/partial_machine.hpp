#pragma once

#include "reader.hpp"

#include <coax/json/partial_reader.hpp>

#include <memory>
#include <string>
#include <vector>

namespace coax::json::detail {

/// What a base class needs before its members are there.
struct kept_options {
    read_options kept_;
};

/// The reader of a text that arrives in pieces: objects, lists, maps and strings are read as far as they are there, all
/// else when it is whole, by the same code as in `read`. Whatever is not plain and right stops it: the whole text, kept
/// for this, is then read again at its end.
class partial_machine : private kept_options, private reader {
public:
    partial_machine(plan const& type, void* into, read_options const& options)
        : kept_options{options}, reader{{}, kept_}, root_type_{type}, type_{&type}, into_{into} {
        move_to(buffer_, 0);
        if (kept_.lenient.prose || kept_.lenient.code_fences) want_ = want::wrapping;
    }

    void feed(std::string_view bytes);
    [[nodiscard]] bool is_complete() const { return want_ == want::end; }
    [[nodiscard]] std::optional<error> problem() const;
    [[nodiscard]] arrival at(std::string_view pointer) const;
    [[nodiscard]] arrival of(void const* member) const;
    [[nodiscard]] std::size_t open_items(void const* member) const;
    [[nodiscard]] bool settle();
    [[nodiscard]] std::string_view text() const { return buffer_; }
    [[nodiscard]] read_options const& options() const { return kept_; }

private:
    /// What comes next in the text.
    enum class want { wrapping, value, string, first_key, key, colon, first_item, after_value, end };
    /// How a step ended: go on, wait for more bytes, or never go on.
    enum class step { on, wait, stop };

    /// An object, list or map that is open.
    struct frame {
        plan const* type{nullptr};
        void* into{nullptr};
        bool child_open{false};  ///< The value of `field`, of `key` or behind `count` is being read.
        std::size_t field{no_field};
        std::size_t next{0};                 ///< The field expected next.
        std::uint64_t seen[2]{0, 0};         ///< The fields that are complete.
        std::size_t count{0};                ///< Items that are complete.
        std::size_t opened_at{0};            ///< Where it begins in the text,
        std::size_t opened_with{0};          ///< and how many violations there were.
        std::size_t begin{0};                ///< Where the open child begins in the text.
        std::size_t violations_before{0};    ///< As many as before the open child.
        std::string key{};                   ///< Of a map's open child, or of one that nobody asked for.
        void* members[most_fields];
    };

    void run();
    void halt();
    [[nodiscard]] step advance();

    [[nodiscard]] step take_wrapping();
    [[nodiscard]] step begin_value();
    [[nodiscard]] step begin_string(std::string& text);
    [[nodiscard]] bool make_room();
    [[nodiscard]] bool note_key(std::string_view key, std::string message, std::size_t where);
    [[nodiscard]] step read_leaf(plan const& type);
    [[nodiscard]] step skip_leaf();
    [[nodiscard]] step grow_string();
    [[nodiscard]] step grow_escape();
    [[nodiscard]] step take_key_or_end(bool may_end);
    [[nodiscard]] step take_field_key(frame& top);
    [[nodiscard]] step take_map_key(frame& top);
    [[nodiscard]] step take_colon_of_key();
    [[nodiscard]] step take_first_item();
    [[nodiscard]] step begin_item(frame& top);
    [[nodiscard]] step take_separator();
    [[nodiscard]] step close_frame();
    [[nodiscard]] step end_value();
    [[nodiscard]] bool check_field(frame& top);
    [[nodiscard]] step take_rest();

    void push(plan const& type, void* into, want next);
    [[nodiscard]] frame& top() { return *frames_[open_ - 1]; }
    /// Whether the token at hand is in the buffer to its end.
    [[nodiscard]] bool token_is_whole();
    [[nodiscard]] bool string_is_whole(char const*& at);
    [[nodiscard]] bool brackets_are_whole();
    [[nodiscard]] bool word_is_whole();
    /// Puts the way to the first `levels` open frames' children before the pointers of new violations.
    void place_violations(std::size_t from, std::size_t levels);
    [[nodiscard]] std::string pointer_to(std::size_t levels) const;
    [[nodiscard]] arrival at_child(std::size_t level, std::string_view rest) const;
    [[nodiscard]] arrival at_level(std::size_t level, std::string_view rest) const;
    [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at_ - buffer_.data()); }

    plan const& root_type_;
    std::string buffer_{};
    std::vector<std::unique_ptr<frame>> frames_{};  ///< Used ones are kept for the next child.
    std::size_t open_{0};
    want want_{want::value};
    plan const* type_{nullptr};  ///< Of the value wanted; null: nobody asked for it.
    void* into_{nullptr};         ///< Null: an item or entry that is still to be made.
    std::string* growing_{nullptr};
    bool ends_{false};     ///< No more bytes will come.
    bool stopped_{false};  ///< The value grows no more.
    // How far the token at hand was looked through.
    std::size_t token_{static_cast<std::size_t>(-1)};
    std::size_t looked_{0};
    std::size_t nesting_{0};
};

}  // namespace coax::json::detail
