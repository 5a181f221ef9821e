#include "json/internal/text.hpp"

#include <charconv>

namespace coax::json::detail {
namespace {

/// The length of the well-formed sequence at `at`, or 0.
std::size_t sequence_length(char const* at, char const* end) {
    auto const lead = static_cast<unsigned char>(*at);
    if (lead < 0x80) return 1;
    std::size_t const length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || static_cast<std::size_t>(end - at) < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if (!is_continuation(at[i])) return 0;
    auto const second = static_cast<unsigned char>(at[1]);
    if (lead == 0xE0 && second < 0xA0) return 0;  // longer than needed
    if (lead == 0xED && second > 0x9F) return 0;  // a surrogate
    if (lead == 0xF0 && second < 0x90) return 0;
    if (lead == 0xF4 && second > 0x8F) return 0;  // above U+10FFFF
    return length;
}

}  // namespace

char const* find_invalid_utf8(char const* at, char const* end) {
    while (at != end) {
        while (end - at >= 8 && (load_word(at) & 0x8080808080808080ULL) == 0) at += 8;
        if (at == end) break;
        auto const length = sequence_length(at, end);
        if (length == 0) return at;
        at += length;
    }
    return end;
}

char* write_utf8(char* out, std::uint32_t code_point) {
    if (code_point < 0x80) {
        *out++ = static_cast<char>(code_point);
        return out;
    }
    constexpr unsigned char leads[] = {0, 0xC0, 0xE0, 0xF0};
    unsigned const tails = code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;
    *out++ = static_cast<char>(leads[tails] | (code_point >> (6 * tails)));
    for (unsigned i = tails; i-- != 0;) *out++ = static_cast<char>(0x80U | ((code_point >> (6 * i)) & 0x3FU));
    return out;
}

std::size_t count_code_points(std::string_view text) {
    std::size_t count = 0;
    for (char const c : text) count += is_continuation(c) ? 0 : 1;
    return count;
}

void append_compact(std::string& out, std::string_view json) {
    char const* at = json.data();
    char const* const end = at + json.size();
    while (at != end) {
        char const c = *at;
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
            ++at;
            continue;
        }
        char const* const begin = at++;
        if (c == '"') {
            for (at = find_plain_end(at, end).end; *at != '"'; at = find_plain_end(at, end).end) at += 2;
            ++at;
        }
        out.append(begin, at);
    }
}

void append_repaired_utf8(std::string& out, std::string_view text) {
    char const* at = text.data();
    char const* const end = at + text.size();
    while (true) {
        char const* const bad = find_invalid_utf8(at, end);
        out.append(at, bad);
        if (bad == end) return;
        out += replacement_character;
        at = bad + 1;
    }
}

namespace {

/// The code unit of the escape "\\uXXXX" that a text begins with; 0: there is none.
std::uint32_t escaped_unit(std::string_view text) {
    std::uint32_t unit = 0;
    if (text.size() < 6 || !text.starts_with("\\u")) return 0;
    auto const [stop, failure] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
    return failure == std::errc{} && stop == text.data() + 6 ? unit : 0;
}

/// The length of the escape that a text begins with, both halves of a surrogate pair taken together.
std::size_t escape_length(std::string_view text, bool& is_half) {
    auto const unit = escaped_unit(text);
    bool const is_pair = is_lead_surrogate(unit) && is_tail_surrogate(escaped_unit(text.substr(6)));
    is_half = !is_pair && (is_lead_surrogate(unit) || is_tail_surrogate(unit));
    return is_pair ? 12 : unit != 0 ? 6 : 2;
}

/// Appends the string whose opening quote is at `at`. @returns The byte behind it.
char const* append_repaired_string(std::string& out, char const* at, char const* end) {
    out += *at++;
    while (true) {
        char const* const stop = find_plain_end(at, end).end;
        append_repaired_utf8(out, {at, static_cast<std::size_t>(stop - at)});
        if (*stop == '"') return out += '"', stop + 1;
        std::string_view const rest{stop, static_cast<std::size_t>(end - stop)};
        bool is_half = false;
        auto const length = escape_length(rest, is_half);
        out += is_half ? replacement_character : rest.substr(0, length);
        at = stop + length;
    }
}

}  // namespace

void append_repaired(std::string& out, std::string_view json) {
    char const* at = json.data();
    char const* const end = at + json.size();
    while (at != end) {
        std::string_view const rest{at, static_cast<std::size_t>(end - at)};
        auto const name = rest.substr(rest.front() == '-' ? 1 : 0);
        if (*at == '"') {
            at = append_repaired_string(out, at, end);
        } else if (name.starts_with("NaN") || name.starts_with("Infinity")) {
            out += "null";
            at = name.data() + (name.front() == 'N' ? 3 : 8);
        } else {
            if (static_cast<unsigned char>(*at) > ' ') out += *at;
            ++at;
        }
    }
}

text_position position_of(std::string_view text, std::size_t offset) {
    auto const before = text.substr(0, offset);
    std::size_t line = 1;
    for (char const c : before) line += c == '\n' ? 1 : 0;
    auto const line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
    return {line, count_code_points(before.substr(line_begin)) + 1};
}

void append_pointer(std::string& pointer, std::string_view key) {
    pointer += '/';
    for (char const c : key) {
        if (c == '~')
            pointer += "~0";
        else if (c == '/')
            pointer += "~1";
        else
            pointer += c;
    }
}

std::string shorten(std::string_view text) {
    constexpr std::size_t most = 40;
    if (text.size() <= most) return std::string{text};
    std::size_t end = most;
    while (end > 0 && is_continuation(text[end])) --end;
    return std::string{text.substr(0, end)} + "...";
}

}  // namespace coax::json::detail
