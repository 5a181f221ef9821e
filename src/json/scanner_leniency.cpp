#include "json/internal/scanner.hpp"

#include <limits>

/// What a scanner reads that is no JSON, where its leniency allows it.
namespace coax::json::detail {
namespace {

std::string repair_utf8(std::string_view text) {
    std::string repaired;
    append_repaired_utf8(repaired, text);
    return repaired;
}

bool is_bare_key_character(char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

bool scanner::append_nonstandard_escape(std::string& content) {
    char bytes[4];
    char* out = bytes;
    char const* const begin = at_;
    if (leniency_.single_quotes && take('\'')) {
        content += '\'';
        return true;
    }
    auto const* const expected = decode_escape(out);
    if (expected == nullptr) {
        content.append(bytes, out);
        return true;
    }
    if (!leniency_.bad_escapes || begin == end_) return fail(expected);
    at_ = begin + 1;
    if (std::uint32_t unit = 0; *begin == 'u' && take_hex(unit)) {
        content += replacement_character;  // half of a surrogate pair
        return true;
    }
    at_ = begin + 1;
    content += *begin;
    return true;
}

bool scanner::take_nonstandard_string(std::string& content, char quote) {
    content.clear();
    char const* const begin = at_;
    while (!take(quote)) {
        if (at_ == end_) return fail("the closing quote of a string");
        if (take('\\')) {
            if (!append_nonstandard_escape(content)) return false;
            continue;
        }
        if (static_cast<unsigned char>(*at_) < ' ' && !leniency_.control_characters)
            return fail("an escape instead of a control character");
        content += *at_++;
    }
    if (!check_utf8_) return true;
    if (leniency_.bad_utf8) {
        content = repair_utf8(content);
        return true;
    }
    char const* const stop = at_ - 1;
    if (find_invalid_utf8(begin, stop) == stop) return true;
    return expect_utf8(begin, stop);
}

bool scanner::take_nonstandard_key(std::string& content) {
    if (leniency_.single_quotes && take('\'')) return take_nonstandard_string(content, '\'');
    if (!leniency_.bare_keys || at_ == end_ || !is_bare_key_character(*at_)) return false;
    char const* const begin = at_;
    while (at_ != end_ && is_bare_key_character(*at_)) ++at_;
    if (check_utf8_ && !leniency_.bad_utf8 && !expect_utf8(begin, at_)) return false;
    content.assign(begin, at_);
    if (check_utf8_ && leniency_.bad_utf8) content = repair_utf8(content);
    return true;
}

bool scanner::take_special_number(double& value) {
    if (!leniency_.special_numbers) return false;
    was_repaired_ = true;
    if (take_word("NaN")) {
        value = std::numeric_limits<double>::quiet_NaN();
        return true;
    }
    value = peek() == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    return take_word("Infinity") || take_word("-Infinity");
}

}  // namespace coax::json::detail
