#include "json/internal/text_sink.hpp"

#include "json/internal/text.hpp"

#include <coax/json/writer.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace coax::json {
namespace detail {

/// Makes as much room again as this sink has filled, within bounds, so that little is made ready in vain.
void text_sink::grow(std::size_t bytes) {
    auto const used = static_cast<std::size_t>(at_ - out_.data());
    out_.resize(used + bytes + std::clamp<std::size_t>(used - start_, 32, 65536));
    at_ = out_.data() + used;
    end_ = out_.data() + out_.size();
}

// --- strings ---

void text_sink::put_string(std::string_view text) {
    constexpr std::size_t slack = 16 + 2;  // what copy_plain writes too much, and the quotes
    char const* at = text.data();
    char const* const end = at + text.size();
    *room(text.size() + slack) = '"';
    ++at_;
    while (true) {
        auto const run = copy_plain(at, end, at_);
        if (run.non_ascii != 0 && find_invalid_utf8(at, run.end) != run.end)
            put_repaired(at, run.end);
        else
            at_ += run.end - at;
        if (run.end == end) break;
        put_escape(static_cast<unsigned char>(*run.end));
        at = run.end + 1;
        static_cast<void>(room(static_cast<std::size_t>(end - at) + slack));
    }
    put('"');
}

void text_sink::put_escape(unsigned char c) {
    constexpr std::string_view letters = "btnvfr";  // 0x08 to 0x0D; JSON has no \v
    constexpr std::string_view digits = "0123456789abcdef";
    char* const out = room(6);
    out[0] = '\\';
    if (c == '"' || c == '\\') {
        out[1] = static_cast<char>(c);
        at_ += 2;
    } else if (c >= 0x08 && c <= 0x0D && c != 0x0B) {
        out[1] = letters[c - 0x08U];
        at_ += 2;
    } else {
        std::memcpy(out + 1, "u00", 3);
        out[4] = digits[c >> 4U];
        out[5] = digits[c & 15U];
        at_ += 6;
    }
}

/// A run without quotes, backslashes and control characters, which holds bytes that are not UTF-8.
void text_sink::put_repaired(char const* at, char const* end) {
    while (at != end) {
        char const* const stop = find_invalid_utf8(at, end);
        put({at, static_cast<std::size_t>(stop - at)});
        if (stop == end) return;
        put("\xEF\xBF\xBD");
        at = stop + 1;
        while (at != end && is_continuation(*at)) ++at;  // one mark for the whole sequence
    }
}

// --- numbers ---

namespace {

/// Writes a number of at most 5 digits before the point and 3 behind it, as most are.
/// Of up to 15 digits only one decimal reads back as the same double, so that it is the shortest, and not in exponents.
/// @returns The place behind it; null: it is another number.
char* write_short_decimal(char* out, double value) {
    auto const size = std::fabs(value);
    if (!(size < 1e5) || value == 0) return nullptr;
    auto const thousandths = static_cast<std::uint32_t>(size * 1000 + 0.5);
    if (static_cast<double>(thousandths) / 1000 != size) return nullptr;
    if (value < 0) *out++ = '-';
    out = std::to_chars(out, out + 8, thousandths / 1000).ptr;
    auto const rest = thousandths % 1000;
    if (rest == 0) return out;
    *out++ = '.';
    *out++ = static_cast<char>('0' + rest / 100);
    if (rest % 100 != 0) *out++ = static_cast<char>('0' + rest / 10 % 10);
    if (rest % 10 != 0) *out++ = static_cast<char>('0' + rest % 10);
    return out;
}

}  // namespace

void text_sink::put_number(double value) {
    if (char* const stop = write_short_decimal(room(32), value); stop != nullptr)
        at_ = stop;
    else if (std::isfinite(value))
        put_digits(value);
    else
        put("null");
}

void text_sink::put_number(float value) {
    if (std::isfinite(value))
        put_digits(value);
    else
        put("null");
}

}  // namespace detail

// --- the same for a string ---

/// Most strings go in as they are; a sink would make room ahead for each.
void append_string(std::string& out, std::string_view text) {
    char const* const end = text.data() + text.size();
    auto const run = json::detail::find_plain_end(text.data(), end);
    if (run.end != end || run.non_ascii != 0) return json::detail::text_sink{out}.put_string(text);
    out += '"';
    out += text;
    out += '"';
}
void append_number(std::string& out, long long value) { json::detail::text_sink{out}.put_number(value); }
void append_number(std::string& out, unsigned long long value) { json::detail::text_sink{out}.put_number(value); }
void append_number(std::string& out, double value) { json::detail::text_sink{out}.put_number(value); }

}  // namespace coax::json
