#include "scanner.hpp"

#include <array>
#include <limits>

namespace coax::json::detail {
namespace {

bool is_lead_surrogate(std::uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_tail_surrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

void append_links(std::string& pointer, path_link const* link) {
    if (link == nullptr) return;
    append_links(pointer, link->parent);
    if (link->is_index)
        pointer += '/' + std::to_string(link->index);
    else
        append_pointer(pointer, link->key);
}

}  // namespace

std::string scanner::pointer() const {
    std::string result;
    append_links(result, path_);
    return result;
}

bool scanner::fail(std::string_view expected) {
    broken_ = true;
    violations_.clear();
    violations_.push_back({pointer(), "expected " + std::string{expected} + ", found " + describe_next(),
                           static_cast<std::size_t>(at_ - text_.data())});
    return false;
}

bool scanner::fail_depth() {
    broken_ = true;
    violations_.clear();
    violations_.push_back(
        {pointer(), "expected at most " + std::to_string(max_depth_) + " levels of arrays and objects, found more",
         static_cast<std::size_t>(at_ - text_.data())});
    return false;
}

bool scanner::note(std::string message, char const* where) {
    violations_.push_back({pointer(), std::move(message), static_cast<std::size_t>(where - text_.data())});
    return violations_.size() < violation_limit_;
}

bool scanner::note_member(std::string_view key, std::string message, char const* where) {
    auto place = pointer();
    append_pointer(place, key);
    violations_.push_back({std::move(place), std::move(message), static_cast<std::size_t>(where - text_.data())});
    return violations_.size() < violation_limit_;
}

std::string scanner::describe_next() const {
    if (at_ == end_) return "the end of the text";
    switch (*at_) {
        case '"': return "a string";
        case '{': return "an object";
        case '[': return "an array";
        default: break;
    }
    std::string_view const rest{at_, static_cast<std::size_t>(end_ - at_)};
    for (std::string_view const word : {"true", "false", "null"})
        if (rest.starts_with(word)) return std::string{word};
    if (char const* const stop = find_number_end(at_, end_); stop != nullptr)
        return shorten({at_, static_cast<std::size_t>(stop - at_)});
    auto const c = static_cast<unsigned char>(*at_);
    if (c > ' ' && c < 0x7F) return std::string{"'"} + *at_ + "'";
    return "byte " + std::to_string(c);
}

bool scanner::expect_end() {
    skip_space();
    return at_ == end_ || fail("the end of the text");
}

// --- strings ---

bool scanner::expect_utf8(char const* from, char const* to) {
    char const* const stop = find_invalid_utf8(from, to);
    if (stop == to) return true;
    at_ = stop;
    return fail("UTF-8 in a string");
}

bool scanner::take_hex(std::uint32_t& unit) {
    unit = 0;
    for (int i = 0; i < 4; ++i) {
        char const c = peek();
        std::uint32_t digit = 0;
        if (c >= '0' && c <= '9')
            digit = static_cast<std::uint32_t>(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = static_cast<std::uint32_t>(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            digit = static_cast<std::uint32_t>(c - 'A') + 10;
        else
            return fail("four hexadecimal digits after \\u");
        unit = unit << 4U | digit;
        ++at_;
    }
    return true;
}

/// After the backslash. Source: RFC 8259, section 7.
bool scanner::write_escape(char*& out) {
    static constexpr auto meanings = [] {
        std::array<char, 256> table{};
        constexpr std::string_view letters = "\"\\/bfnrt";
        constexpr std::string_view values = "\"\\/\b\f\n\r\t";
        for (std::size_t i = 0; i < letters.size(); ++i) table[static_cast<unsigned char>(letters[i])] = values[i];
        return table;
    }();
    if (char const meaning = meanings[static_cast<unsigned char>(peek())]; meaning != '\0') {
        *out++ = meaning;
        ++at_;
        return true;
    }
    if (!take('u')) return fail("an escape that JSON has");
    return write_code_point(out);
}

/// After "\u".
bool scanner::write_code_point(char*& out) {
    std::uint32_t unit = 0;
    if (!take_hex(unit)) return false;
    if (is_tail_surrogate(unit)) return fail("the first half of a surrogate pair before its second half");
    if (is_lead_surrogate(unit)) {
        std::uint32_t tail = 0;
        if (!take_word("\\u")) return fail("the second half of a surrogate pair");
        if (!take_hex(tail)) return false;
        if (!is_tail_surrogate(tail)) return fail("the second half of a surrogate pair");
        unit = 0x10000 + ((unit - 0xD800) << 10U) + (tail - 0xDC00);
    }
    out = write_utf8(out, unit);
    return true;
}

/// How far it is to the closing quote: a quick look ahead, so that a long text is allocated once. What it becomes is
/// never longer.
std::size_t scanner::length_ahead() const {
    char const* at = at_;
    while (true) {
        at = find_plain_end(at, end_).end;
        if (end_ - at < 2 || *at != '\\') return static_cast<std::size_t>(at - at_);
        at += 2;
    }
}

bool scanner::take_escaped_string(std::string& content) {
    if (forgives_text_) return take_forgiven_string(content, '"');
    return take_escaped_string(content, length_ahead());
}

namespace {
constexpr std::size_t copy_slack = 16;
}

bool scanner::take_escaped_string(std::string& content, std::size_t most_bytes) {
    content.resize(most_bytes + copy_slack);
    char* out = content.data();
    while (true) {
        auto const run = copy_plain(at_, end_, out);
        if (run.wide && check_utf8_ && !expect_utf8(at_, run.end)) return false;
        out += run.end - at_;
        at_ = run.end;
        if (take('"')) break;
        if (at_ == end_) return fail("the closing quote of a string");
        if (!take('\\')) return fail("an escape instead of a control character");
        if (!write_escape(out)) return false;
    }
    content.resize(static_cast<std::size_t>(out - content.data()));
    return true;
}

bool scanner::skip_string() {
    auto const run = find_plain_end(at_, end_);
    if (run.end != end_ && *run.end == '"') {
        if (!run.wide || !check_utf8_ || find_invalid_utf8(at_, run.end) == run.end) {
            at_ = run.end + 1;
            return true;
        }
    }
    std::string ignored;
    return take_escaped_string(ignored);
}

// --- what leniency forgives ---

namespace {

/// Well-formed UTF-8, with U+FFFD for each byte that is not part of it.
void repair_utf8(std::string& text) {
    std::string repaired;
    char const* at = text.data();
    char const* const end = at + text.size();
    while (true) {
        char const* const bad = find_invalid_utf8(at, end);
        repaired.append(at, bad);
        if (bad == end) break;
        repaired += "\xEF\xBF\xBD";
        at = bad + 1;
    }
    text = std::move(repaired);
}

bool is_bare_key_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

bool scanner::append_forgiven_escape(std::string& content) {
    if (peek() == '\'' && forgiven_.single_quotes) {
        content += *at_++;
        return true;
    }
    char bytes[4];
    char* out = bytes;
    char const* const begin = at_;
    auto const before = violations_;
    bool const was_broken = std::exchange(broken_, false);
    if (write_escape(out)) {
        content.append(bytes, out);
        broken_ = was_broken;
        return true;
    }
    if (!forgiven_.bad_escapes || begin == end_) return false;
    violations_ = before;
    broken_ = was_broken;
    at_ = begin;
    std::uint32_t unit = 0;
    if (*at_ != 'u') {
        content += *at_++;
        return true;
    }
    ++at_;
    bool const is_half = take_hex(unit);  // half of a pair, or not even hexadecimal
    violations_ = before;
    broken_ = was_broken;
    if (is_half) {
        content += "\xEF\xBF\xBD";
    } else {
        at_ = begin + 1;
        content += 'u';
    }
    return true;
}

bool scanner::take_forgiven_string(std::string& content, char quote) {
    content.clear();
    char const* const begin = at_;
    while (!take(quote)) {
        if (at_ == end_) return fail("the closing quote of a string");
        if (take('\\')) {
            if (!append_forgiven_escape(content)) return false;
            continue;
        }
        if (static_cast<unsigned char>(*at_) < ' ' && !forgiven_.control_characters)
            return fail("an escape instead of a control character");
        content += *at_++;
    }
    if (!check_utf8_) return true;
    if (forgiven_.bad_utf8) {
        repair_utf8(content);
        return true;
    }
    char const* const stop = at_ - 1;
    if (find_invalid_utf8(begin, stop) == stop) return true;
    return expect_utf8(begin, stop);
}

bool scanner::take_odd_key(std::string& content) {
    if (forgiven_.single_quotes && take('\'')) return take_forgiven_string(content, '\'');
    if (!forgiven_.bare_keys || at_ == end_ || !is_bare_key_character(*at_)) return false;
    char const* const begin = at_;
    while (at_ != end_ && is_bare_key_character(*at_)) ++at_;
    if (check_utf8_ && !expect_utf8(begin, at_)) return false;
    content.assign(begin, at_);
    return true;
}

bool scanner::take_special_number(double& value) {
    if (!forgiven_.special_numbers) return false;
    if (take_word("NaN")) {
        value = std::numeric_limits<double>::quiet_NaN();
        return true;
    }
    value = peek() == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    return take_word("Infinity") || take_word("-Infinity");
}

// --- values that nobody asked for ---

bool scanner::skip_value() {
    skip_space();
    switch (peek()) {
        case '"': ++at_; return skip_string();
        case '{': ++at_; return skip_members('}', true);
        case '[': ++at_; return skip_members(']', false);
        case 't': return take_word("true") || fail("a value");
        case 'f': return take_word("false") || fail("a value");
        case 'n': return take_word("null") || fail("a value");
        default: break;
    }
    char const* const stop = find_number_end(at_, end_);
    if (stop == nullptr) return skip_odd_value() || (!broken_ && fail("a value"));
    at_ = stop;
    return true;
}

bool scanner::skip_odd_value() {
    double ignored = 0;
    std::string text;
    if (forgiven_.single_quotes && take('\'')) return take_forgiven_string(text, '\'');
    return take_special_number(ignored) || take_python_word("True") || take_python_word("False") ||
           take_python_word("None");
}

bool scanner::skip_key() {
    if (take('"')) return skip_string();
    std::string ignored;
    return take_odd_key(ignored) || (!broken_ && fail("a key in quotes"));
}

bool scanner::skip_members(char close, bool keyed) {
    if (!enter()) return false;
    skip_space();
    if (!take(close)) {
        do {
            if (keyed) {
                skip_space();
                if (!skip_key()) return false;
                skip_space();
                if (!take(':')) return fail("':' after the key");
            }
            if (!skip_value()) return false;
            skip_space();
        } while (take(',') && !ends_after_comma(close));
        if (!take(close)) return fail(keyed ? "',' or '}' in an object" : "',' or ']' in an array");
    }
    leave();
    return true;
}

}  // namespace coax::json::detail
