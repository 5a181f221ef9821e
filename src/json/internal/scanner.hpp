#pragma once

#include "json/internal/number.hpp"
#include "json/internal/text.hpp"
#include "json/internal/violation.hpp"

#include <coax/json/leniency.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax::json::detail {

/// The way from the root to the value at hand: one link for each open object or array, on the stack of its reader.
struct path_link {
    path_link const* parent{nullptr};
    std::string_view key{};
    std::size_t index{0};
    bool is_index{false};
};

/// Walks JSON text, token by token, and keeps what is wrong with it. A function that returns false has ended the walk.
class scanner {
public:
    scanner(std::string_view text, std::size_t max_depth, bool check_utf8)
        : at_{text.data()},
          end_{text.data() + text.size()},
          text_{text},
          max_depth_{max_depth},
          check_utf8_{check_utf8} {}

    /// From here on forgives what `forgiven` says of JSON's grammar.
    void forgive(leniency const& forgiven) {
        forgiven_ = forgiven;
        forgives_text_ = forgiven.control_characters || forgiven.bad_escapes || forgiven.bad_utf8;
    }

    /// Skips a value of any kind, checking that it is JSON.
    [[nodiscard]] bool skip_value();

    /// Only white space may be left.
    [[nodiscard]] bool expect_end();

    [[nodiscard]] std::vector<violation> const& violations() const noexcept { return violations_; }
    [[nodiscard]] std::string_view text() const noexcept { return text_; }

protected:
    /// Goes on in another copy of the text, which may be longer.
    void move_to(std::string_view text, std::size_t offset) {
        text_ = text;
        at_ = text.data() + offset;
        end_ = text.data() + text.size();
    }
    [[nodiscard]] bool forgives_text() const { return forgives_text_; }
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
    /// Whether a comma that was just taken ends the list, which must be forgiven.
    [[nodiscard]] bool ends_after_comma(char close) {
        if (!forgiven_.trailing_commas) return false;
        skip_space();
        return peek() == close;
    }
    [[nodiscard]] bool enter() { return ++depth_ <= max_depth_ || fail_depth(); }
    void leave() { --depth_; }
    [[nodiscard]] std::size_t depth() const { return depth_; }
    void restore_depth(std::size_t depth) { depth_ = depth; }

    /// The inside of a string after its opening quote; takes the closing one. `spare` is used if there are escapes.
    [[nodiscard]] bool take_string(std::string_view& content, std::string& spare) {
        auto const run = find_plain_end(at_, end_);
        if (run.end == end_ || *run.end != '"') {
            if (!take_escaped_string(spare)) return false;
            content = spare;
            return true;
        }
        if (run.wide != 0 && check_utf8_ && find_invalid_utf8(at_, run.end) != run.end) {
            if (!take_escaped_string(spare)) return false;
            content = spare;
            return true;
        }
        content = {at_, static_cast<std::size_t>(run.end - at_)};
        at_ = run.end + 1;
        return true;
    }
    /// A key or string that only leniency knows: in single quotes, or a bare key. False if none is here, or if it
    /// broke.
    [[nodiscard]] bool take_odd_key(std::string& content);
    /// The inside of a string after its opening quote, with all that is forgiven of texts.
    [[nodiscard]] bool take_forgiven_string(std::string& content, char quote);
    /// NaN and the like, and Python's words, where they are forgiven.
    [[nodiscard]] bool take_special_number(double& value);
    [[nodiscard]] bool take_python_word(std::string_view word) { return forgiven_.python_words && take_word(word); }
    /// The same for a string that has escapes, or is broken.
    [[nodiscard]] bool take_escaped_string(std::string& content);
    /// How the inside of a string ended: with its quote, which is taken; with the text; or it is wrong, which is told
    /// (`block`: not yet).
    enum class inside_end { quote, text, trouble, block };
    /// Appends the inside of a string up to where it ends, without its escapes.
    /// @param may_be_cut  More text may come: an escape or a code point that is not there to its end is left.
    [[nodiscard]] inside_end append_inside(std::string& content, bool may_be_cut);
    /// After the backslash: at most 4 bytes.
    [[nodiscard]] bool write_escape(char*& out);
    [[nodiscard]] bool skip_string();
    [[nodiscard]] bool expect_utf8(char const* from, char const* to);

    /// Ends the walk: this is not JSON.
    bool fail(std::string_view expected);
    /// Keeps a violation. False if there are enough of them.
    [[nodiscard]] bool note(std::string message, char const* where);
    /// The same for the member `key` of the object at hand.
    [[nodiscard]] bool note_member(std::string_view key, std::string message, char const* where);
    /// What stands at the next byte, for a message: the kind, and the value if it is a number or a literal.
    [[nodiscard]] std::string describe_next() const;
    [[nodiscard]] std::string pointer() const;

    char const* at_;
    char const* end_;
    path_link const* path_{nullptr};
    std::vector<violation> violations_{};
    std::size_t violation_limit_{most_violations};
    leniency forgiven_{};
    bool broken_{false};  ///< The text is not JSON: the only violation says why.

private:
    [[nodiscard]] inside_end copy_inside(char*& out, char const* limit, bool may_be_cut);
    [[nodiscard]] inside_end trouble_inside(std::string_view expected);
    [[nodiscard]] bool escape_is_cut() const;
    [[nodiscard]] bool skip_members(char close, bool keyed);
    [[nodiscard]] bool skip_key();
    [[nodiscard]] bool skip_odd_value();
    [[nodiscard]] bool write_code_point(char*& out);
    [[nodiscard]] bool append_forgiven_escape(std::string& content);
    [[nodiscard]] bool take_hex(std::uint32_t& unit);
    bool fail_depth();

    std::string_view text_;
    std::size_t max_depth_;
    std::size_t depth_{0};
    bool check_utf8_;
    bool forgives_text_{false};
};

}  // namespace coax::json::detail
