#include "json/internal/scanner.hpp"

#include "json/internal/pointer.hpp"

#include <algorithm>
#include <array>

namespace coax::json::detail {
namespace {

/// How far `copy_plain` may write beyond what it copies.
constexpr std::ptrdiff_t copy_slack = 16;

/// The character that a short escape stands for, by the one behind the backslash; 0: no short escape. Source: RFC 8259,
/// section 7.
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

bool scanner::fail(std::string_view expected, std::string found) {
    is_malformed_ = true;
    violations_.clear();
    static_cast<void>(add_violation(std::string{expected}, std::move(found), at_));
    return false;
}

bool scanner::fail_at_depth_limit() {
    return fail("at most " + std::to_string(max_depth_) + " levels of arrays and objects", "more");
}

bool scanner::add_violation(std::string expected, std::string found, char const* where, std::string_view below) {
    violations_.push_back({.pointer = pointer().append(below),
                           .expected = std::move(expected),
                           .found = std::move(found),
                           .offset = static_cast<std::size_t>(where - text_.data())});
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
    for (int i = 0; i < 4; ++i, ++at_) {
        char const c = peek();
        std::uint32_t digit = 0;
        if (is_digit(c))
            digit = static_cast<std::uint32_t>(c - '0');
        else if (is_hex_digit(c))
            digit = static_cast<std::uint32_t>((c | 0x20) - 'a') + 10;
        else
            return false;
        unit = unit << 4U | digit;
    }
    return true;
}

/// Decodes the escape behind a backslash into at most 4 bytes.
/// @returns What was expected at `at_` instead; null if nothing is wrong.
char const* scanner::decode_escape(char*& out) {
    if (char const meaning = escape_meanings[static_cast<unsigned char>(peek())]; meaning != '\0') {
        *out++ = meaning;
        ++at_;
        return nullptr;
    }
    return take('u') ? decode_unicode_escape(out) : "an escape that JSON has";
}

/// The same behind "\u".
char const* scanner::decode_unicode_escape(char*& out) {
    static constexpr char four_digits[] = "four hexadecimal digits after \\u";
    static constexpr char second_half[] = "the second half of a surrogate pair";
    std::uint32_t unit = 0;
    char const* wrong = nullptr;
    if (!take_hex(unit)) return four_digits;
    char const* const behind_first = at_;
    if (is_tail_surrogate(unit)) wrong = "the first half of a surrogate pair before its second half";
    if (is_lead_surrogate(unit)) {
        std::uint32_t tail = 0;
        if (!take_word("\\u"))
            wrong = second_half;
        else if (!take_hex(tail))
            wrong = four_digits;
        else if (!is_tail_surrogate(tail))
            wrong = second_half;
        unit = 0x10000 + ((unit - 0xD800) << 10U) + (tail - 0xDC00);
    }
    if (wrong != nullptr) {
        if (!leniency_.bad_utf8) return wrong;
        was_repaired_ = true;
        at_ = behind_first;
        unit = 0xFFFD;
    }
    out = write_utf8(out, unit);
    return nullptr;
}

/// Whether the text ends within the escape that begins here.
bool scanner::is_escape_truncated() const {
    auto const left = static_cast<std::size_t>(end_ - at_);
    if (left < 2 || at_[1] != 'u') return left < 2;
    // The first half of a surrogate pair is \\uD8.. to \\uDB..
    bool const leads = left >= 4 && (at_[2] | 0x20) == 'd' && std::memchr("89abAB", at_[3], 6) != nullptr;
    return left < (leads ? 12U : 6U);
}

bool scanner::decode_string(std::string& content) {
    if (loose_strings_) return take_nonstandard_string(content, '"');
    content.clear();
    auto const end = append_string_content(content, false);
    return end == string_end::quote || (end == string_end::end_of_text && fail("the closing quote of a string"));
}

scanner::string_end scanner::append_string_content(std::string& content, bool is_partial) {
    // Through a block on the stack: a short string is allocated once, with its own length, and nothing is zeroed first.
    char block[1024 + copy_slack];
    while (true) {
        char* out = block;
        auto const end = copy_string_content(out, block + sizeof block - copy_slack, is_partial);
        content.append(block, out);
        if (end != string_end::full_block) return end;
    }
}

/// Copies until the string ends in some way, or the next step might not fit before `limit`.
scanner::string_end scanner::copy_string_content(char*& out, char const* limit, bool is_partial) {
    char const* at = at_;
    char* to = out;
    auto const stop = [&](string_end how) {
        at_ = at;
        out = to;
        return how;
    };
    while (true) {
        if (limit - to < copy_slack) return stop(string_end::full_block);
        bool const fits = end_ - at <= limit - to;
        char const* const end = fits ? end_ : at + (limit - to);
        auto const run = copy_plain(at, end, to);
        char const* const whole = run.non_ascii != 0 && check_utf8_ ? find_invalid_utf8(at, run.end) : run.end;
        to += whole - at;
        at = whole;
        if (at == end) return stop(fits ? string_end::end_of_text : string_end::full_block);
        if (whole != run.end) {
            bool const may_be_truncated = run.end == end && end - at < 4 && (is_partial || !fits);
            if (may_be_truncated) return stop(fits ? string_end::end_of_text : string_end::full_block);
            if (!leniency_.bad_utf8) return stop(string_end::error), fail_in_string("UTF-8 in a string");
            was_repaired_ = true;
            to = std::copy(replacement_character.begin(), replacement_character.end(), to);
            ++at;
            continue;
        }
        if (*at == '"') return ++at, stop(string_end::quote);
        if (*at != '\\') return stop(string_end::error), fail_in_string("an escape instead of a control character");
        if (end_ - at > 1 && escape_meanings[static_cast<unsigned char>(at[1])] != '\0') {
            *to++ = escape_meanings[static_cast<unsigned char>(at[1])];
            at += 2;
            continue;
        }
        static_cast<void>(stop(string_end::end_of_text));
        if (is_partial && is_escape_truncated()) return string_end::end_of_text;
        ++at_;
        if (auto const* const expected = decode_escape(out)) return fail_in_string(expected);
        at = at_;
        to = out;
    }
}

scanner::string_end scanner::fail_in_string(std::string_view expected) {
    fail(expected);
    return string_end::error;
}

// --- values that are skipped ---

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
    if (stop == nullptr) return skip_nonstandard_value() || (!is_malformed_ && fail("a value"));
    at_ = stop;
    return true;
}

bool scanner::skip_nonstandard_value() {
    double ignored = 0;
    std::string text;
    if (leniency_.single_quotes && take('\'')) return take_nonstandard_string(text, '\'');
    return take_special_number(ignored) || take_python_word("True") || take_python_word("False") ||
           take_python_word("None");
}

bool scanner::skip_key() {
    if (take('"')) return skip_string();
    std::string ignored;
    return take_nonstandard_key(ignored) || (!is_malformed_ && fail("a key in quotes"));
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

namespace {

struct syntax_checker : scanner {
    using scanner::scanner;
    [[nodiscard]] bool check() { return skip_value() && expect_end(); }
};

}  // namespace

std::optional<violation> find_syntax_error(std::string_view text, std::size_t max_depth) {
    syntax_checker checker{text, max_depth, true};
    if (checker.check()) return std::nullopt;
    auto found = checker.violations().front();
    found.pointer = find_error_pointer(text);
    return found;
}

}  // namespace coax::json::detail
