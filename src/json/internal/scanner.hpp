#pragma once

#include "json/internal/number.hpp"
#include "json/internal/text.hpp"
#include "json/internal/violation.hpp"

#include <coax/json/leniency.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax::json::detail {

/// One step of the path from the root to the current value. Each open object or array has one, on the reader's stack.
struct path_link {
    path_link const* parent{nullptr};
    std::string_view key{};
    std::size_t index{0};
    bool is_index{false};
};

/// Walks through JSON text, token by token, and collects what is wrong with it. A function that returns false has ended
/// the walk.
class scanner {
public:
    scanner(std::string_view text, std::size_t max_depth, bool check_utf8)
        : at_{text.data()},
          end_{text.data() + text.size()},
          text_{text},
          max_depth_{max_depth},
          check_utf8_{check_utf8} {}

    /// From here on accepts what is `allowed` beyond JSON's grammar.
    void set_leniency(leniency const& allowed) {
        leniency_ = allowed;
        loose_strings_ = allowed.control_characters || allowed.bad_escapes;
    }

    /// Skips a value of any kind, checking that it is JSON.
    [[nodiscard]] bool skip_value();

    /// Only white space may be left.
    [[nodiscard]] bool expect_end();

    [[nodiscard]] std::vector<violation> const& violations() const noexcept { return violations_; }
    [[nodiscard]] std::string_view text() const noexcept { return text_; }

protected:
    /// Continues in another copy of the text, which may be longer.
    void rebase_text(std::string_view text, std::size_t offset) {
        text_ = text;
        at_ = text.data() + offset;
        end_ = text.data() + text.size();
    }
    /// Whether strings may hold what JSON does not allow in them.
    [[nodiscard]] bool has_loose_strings() const { return loose_strings_; }
    void skip_space() {
        if (at_ != end_ && static_cast<unsigned char>(*at_) > ' ') return;
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    }
    /// The next byte, or 0 at the end (and for a zero byte, which no token starts with).
    [[nodiscard]] char peek() const { return at_ != end_ ? *at_ : '\0'; }
    [[nodiscard]] bool take(char wanted) {
        if (at_ == end_ || *at_ != wanted) return false;
        ++at_;
        return true;
    }
    [[nodiscard]] bool take_word(std::string_view word) {
        if (static_cast<std::size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0)
            return false;
        at_ += word.size();
        return true;
    }
    /// Whether the comma that was just taken is an allowed trailing one.
    [[nodiscard]] bool ends_after_comma(char close) {
        if (!leniency_.trailing_commas) return false;
        skip_space();
        return peek() == close;
    }
    /// Skips a byte order mark, where leniency allows one.
    void skip_byte_order_mark() {
        if (leniency_.bad_utf8) static_cast<void>(take_word(byte_order_mark));
    }
    /// Enters an object or array.
    [[nodiscard]] bool enter() { return ++depth_ <= max_depth_ || fail_at_depth_limit(); }
    void leave() { --depth_; }
    [[nodiscard]] std::size_t depth() const { return depth_; }
    void restore_depth(std::size_t depth) { depth_ = depth; }

    /// Takes the rest of a string behind its opening quote. `content` refers to the text, or to `spare` if the string
    /// has escapes.
    [[nodiscard]] bool take_string(std::string_view& content, std::string& spare) {
        if (char const* const stop = find_simple_string_end(at_, end_, check_utf8_); stop != nullptr) {
            content = {at_, static_cast<std::size_t>(stop - at_)};
            at_ = stop + 1;
            return true;
        }
        if (!decode_string(spare)) return false;
        content = spare;
        return true;
    }
    /// The same for a string that has escapes, or is malformed.
    [[nodiscard]] bool decode_string(std::string& content);
    [[nodiscard]] bool skip_string() {
        std::string_view content;
        std::string spare;
        return take_string(content, spare);
    }
    /// Takes a key that only leniency allows: in single quotes, or without quotes. False: there is none, or the walk
    /// has ended.
    [[nodiscard]] bool take_nonstandard_key(std::string& content);
    /// Takes the rest of a string behind its opening quote, with all that leniency allows in it.
    [[nodiscard]] bool take_nonstandard_string(std::string& content, char quote);
    /// Takes NaN or an infinity, where leniency allows them.
    [[nodiscard]] bool take_special_number(double& value);
    [[nodiscard]] bool take_python_word(std::string_view word) { return leniency_.python_words && take_word(word); }

    enum class string_end {
        quote,        ///< The closing quote was taken.
        end_of_text,  ///< The text ends before the string does.
        error,        ///< The string is malformed; the walk has ended.
        full_block    ///< There is more to copy.
    };
    /// Decodes the rest of a string and appends it.
    /// @param is_partial  More text may come: an escape or code point that is not all there is left for later.
    [[nodiscard]] string_end append_string_content(std::string& content, bool is_partial);

    /// Ends the walk: the text is not JSON.
    bool fail(std::string_view expected) { return fail(expected, describe_next()); }
    bool fail(std::string_view expected, std::string found);
    /// Adds a violation. False if there are enough of them.
    /// @param below  JSON pointer from the current value to the wrong one.
    [[nodiscard]] bool add_violation(std::string expected, std::string found, char const* where,
                                     std::string_view below = {});
    /// The next token for a message: its kind, or the value of a number or literal.
    [[nodiscard]] std::string describe_next() const;
    /// The JSON pointer of the current value.
    [[nodiscard]] std::string pointer() const;

    char const* at_;
    char const* end_;
    path_link const* path_{nullptr};
    std::vector<violation> violations_{};
    std::size_t violation_limit_{most_violations};
    leniency leniency_{};
    bool is_malformed_{false};  ///< The text is not JSON; the only violation says why.
    bool was_repaired_{false};  ///< Leniency made U+FFFD of bad text, or took NaN or an infinity.

private:
    [[nodiscard]] string_end copy_string_content(char*& out, char const* limit, bool is_partial);
    [[nodiscard]] string_end fail_in_string(std::string_view expected);
    [[nodiscard]] bool is_escape_truncated() const;
    [[nodiscard]] char const* decode_escape(char*& out);
    [[nodiscard]] char const* decode_unicode_escape(char*& out);
    [[nodiscard]] bool append_nonstandard_escape(std::string& content);
    [[nodiscard]] bool take_hex(std::uint32_t& unit);
    [[nodiscard]] bool expect_utf8(char const* from, char const* to);
    [[nodiscard]] bool skip_members(char close, bool keyed);
    [[nodiscard]] bool skip_key();
    [[nodiscard]] bool skip_nonstandard_value();
    bool fail_at_depth_limit();

    std::string_view text_;
    std::size_t max_depth_;
    std::size_t depth_{0};
    bool check_utf8_;
    bool loose_strings_{false};
};

/// What keeps `text` from being one JSON value, if anything does.
[[nodiscard]] std::optional<violation> find_syntax_error(std::string_view text, std::size_t max_depth);

}  // namespace coax::json::detail
