#include "json/internal/scanner.hpp"

#include <array>
#include <limits>

namespace coax::json::detail {
namespace {

bool is_lead_surrogate(std::uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_tail_surrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

/// What `copy_plain` may write behind what it copies.
constexpr std::ptrdiff_t copy_slack = 16;

/// What the character behind a backslash stands for; 0: it is no short escape. Source: RFC 8259, section 7.
constexpr auto escape_meanings = [] {
    std::array<char, 256> table{};
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view values = "\"\\/\b\f\n\r\t";
    for (std::size_t i = 0; i < letters.size(); ++i) table[static_cast<unsigned char>(letters[i])] = values[i];
    return table;
}();

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

/// After the backslash.
bool scanner::write_escape(char*& out) {
    if (char const meaning = escape_meanings[static_cast<unsigned char>(peek())]; meaning != '\0') {
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

/// Whether the text ends inside the escape that begins here.
bool scanner::escape_is_cut() const {
    auto const left = static_cast<std::size_t>(end_ - at_);
    if (left < 2 || at_[1] != 'u') return left < 2;
    // The first half of a surrogate pair is \\uD8.. to \\uDB..
    bool const leads = left >= 4 && (at_[2] | 0x20) == 'd' && std::memchr("89abAB", at_[3], 6) != nullptr;
    return left < (leads ? 12U : 6U);
}

bool scanner::take_escaped_string(std::string& content) {
    if (forgives_text_) return take_forgiven_string(content, '"');
    content.clear();
    auto const end = append_inside(content, false);
    return end == inside_end::quote || (end == inside_end::text && fail("the closing quote of a string"));
}

scanner::inside_end scanner::append_inside(std::string& content, bool may_be_cut) {
    // Through a block on the stack: a short string is allocated once, with its own length, and nothing is zeroed first.
    char block[1024 + copy_slack];
    while (true) {
        char* out = block;
        auto const end = copy_inside(out, block + sizeof block - copy_slack, may_be_cut);
        content.append(block, out);
        if (end != inside_end::block) return end;
    }
}

/// Copies until the string ends in one way or another, or the next step might not fit before `limit`.
scanner::inside_end scanner::copy_inside(char*& out, char const* limit, bool may_be_cut) {
    char const* at = at_;
    char* to = out;
    auto const stop = [&](inside_end how) {
        at_ = at;
        out = to;
        return how;
    };
    while (true) {
        if (limit - to < copy_slack) return stop(inside_end::block);
        bool const fits = end_ - at <= limit - to;
        char const* const end = fits ? end_ : at + (limit - to);
        auto const run = copy_plain(at, end, to);
        char const* const whole = run.wide != 0 && check_utf8_ ? find_invalid_utf8(at, run.end) : run.end;
        to += whole - at;
        at = whole;
        if (at == end) return stop(fits ? inside_end::text : inside_end::block);
        if (whole != run.end) {
            bool const perhaps_cut = run.end == end && end - at < 4 && (may_be_cut || !fits);
            if (perhaps_cut) return stop(fits ? inside_end::text : inside_end::block);
            return stop(inside_end::trouble), trouble_inside("UTF-8 in a string");
        }
        if (*at == '"') return ++at, stop(inside_end::quote);
        if (*at != '\\') return stop(inside_end::trouble), trouble_inside("an escape instead of a control character");
        if (end_ - at > 1 && escape_meanings[static_cast<unsigned char>(at[1])] != '\0') {
            *to++ = escape_meanings[static_cast<unsigned char>(at[1])];
            at += 2;
            continue;
        }
        static_cast<void>(stop(inside_end::text));
        if (may_be_cut && escape_is_cut()) return inside_end::text;
        ++at_;
        if (!write_escape(out)) return inside_end::trouble;
        at = at_;
        to = out;
    }
}

scanner::inside_end scanner::trouble_inside(std::string_view expected) {
    fail(expected);
    return inside_end::trouble;
}

bool scanner::skip_string() {
    auto const run = find_plain_end(at_, end_);
    if (run.end != end_ && *run.end == '"') {
        if (run.wide == 0 || !check_utf8_ || find_invalid_utf8(at_, run.end) == run.end) {
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
