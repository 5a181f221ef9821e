#include "batch/append_line.hpp"
#include "batch/internal/error_members.hpp"
#include "batch/line_checksum.hpp"
#include "batch/record_text.hpp"
#include "core/internal/sha256.hpp"

#include <coax/batch/json_line.hpp>
#include <coax/bind/write.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace coax {

namespace {

/// Whether a number is an integer that a double holds: some JSON readers know no other numbers.
bool is_exact_everywhere(std::string_view number) {
    constexpr std::int64_t largest = std::int64_t{1} << 53U;
    std::int64_t value = 0;
    auto const [end, failure] = std::from_chars(number.data(), number.data() + number.size(), value);
    return failure == std::errc{} && end == number.data() + number.size() && value >= -largest && value <= largest;
}

void write_usage(json::writer& out, usage const& used) {
    out.key("usage").begin_object();
    out.member("input_tokens", used.input_tokens).member("output_tokens", used.output_tokens);
    if (used.cached_input_tokens > 0) out.member("cached_input_tokens", used.cached_input_tokens);
    if (used.cache_write_tokens > 0) out.member("cache_write_tokens", used.cache_write_tokens);
    if (used.reasoning_tokens > 0) out.member("reasoning_tokens", used.reasoning_tokens);
    out.end_object();
}

/// Writes DEL and the C1 control characters, which some terminals obey, as JSON escapes.
std::string escape_controls(std::string_view line) {
    std::string escaped;
    escaped.reserve(line.size());
    for (std::size_t at = 0; at < line.size(); ++at) {
        auto const byte = static_cast<unsigned char>(line[at]);
        auto const next = static_cast<unsigned char>(at + 1 < line.size() ? line[at + 1] : '\0');
        bool const is_c1 = byte == 0xC2 && next >= 0x80 && next < 0xA0;
        if (!is_c1 && byte != 0x7F) {
            escaped += line[at];
            continue;
        }
        constexpr std::string_view digits = "0123456789abcdef";
        auto const code = is_c1 ? next : byte;
        escaped.append("\\u00").append(1, digits[code >> 4U]).append(1, digits[code & 0xFU]);
        if (is_c1) ++at;
    }
    return escaped;
}

/// Line breaks are never part of the strings of JSON, but a model may spread its text over lines.
void put_on_one_line(std::string& text, std::size_t begin) {
    for (char const end : {'\n', '\r'})
        if (auto const found = text.find(end, begin); found != std::string::npos)
            std::replace(text.begin() + static_cast<std::ptrdiff_t>(found), text.end(), end, ' ');
    bool const is_clean =
        text.find('\x7F', begin) == std::string::npos && text.find('\xC2', begin) == std::string::npos;
    if (!is_clean) text.replace(begin, std::string::npos, escape_controls(std::string_view{text}.substr(begin)));
}

void write_outcome(json::writer& out, batch_result<std::string> const& outcome, output_kind form) {
    out.member("status", outcome.value ? "ok" : "error");
    if (!outcome.value)
        detail::write_error(out.key("error"), outcome.value.error());
    else if (form == output_kind::json)
        out.key("output").raw(detail::without_blanks(*outcome.value));
    else
        out.member("output", std::string_view{*outcome.value});
    write_usage(out, outcome.usage);
    if (outcome.tier != billing::tier::standard) out.member("tier", to_string(outcome.tier));
    out.member("attempts", outcome.attempts).member("latency_ms", outcome.latency.count());
    if (outcome.finished_at.time_since_epoch().count() > 0)
        out.key("finished_at").write(std::chrono::time_point_cast<std::chrono::milliseconds>(outcome.finished_at));
}

}  // namespace

std::uint32_t key_digest(std::string_view key, bool is_number) {
    return digest_of(std::string{is_number ? "number " : "text "}.append(key));
}

std::uint64_t sent_digest(std::string_view sent) noexcept {
    auto const bytes = core::detail::sha256(sent);
    std::uint64_t digest = 0;
    for (std::size_t i = 0; i < sizeof digest; ++i) digest = digest << 8U | bytes[i];
    return digest == 0 ? 1 : digest;
}

void detail::append_json_line(std::string& text, batch_result<std::string> const& outcome, output_kind form,
                              line_facts const& facts, std::string_view origin) {
    auto const begin = text.size();
    json::writer out{text};
    out.begin_object().member("index", outcome.index);
    if (facts.numeric_key && is_exact_everywhere(outcome.key))
        out.key("key").raw(outcome.key);
    else
        out.member("key", std::string_view{outcome.key});
    write_outcome(out, outcome, form);
    if (!origin.empty()) out.member("origin", origin);
    if (facts.row.key != 0 || facts.row.sent != 0) {
        out.key("row").raw("\"");
        detail::append_row(text, facts.row);
        text += '"';
    }
    if (outcome.same_as) out.member("same_as", *outcome.same_as);
    if (!facts.run.empty()) out.key("run").raw(facts.run);
    out.end_object();
    put_on_one_line(text, begin);
    detail::add_checksum(text, begin);
}

std::string to_json_line(batch_result<std::string> const& outcome, output_kind form, line_facts const& facts) {
    bool const has_origin = facts.origin.prompt != 0 || facts.origin.record != 0;
    std::string line;
    line.reserve(512 + (outcome.value ? outcome.value->size() + outcome.value->size() / 8 : 0));
    detail::append_json_line(line, outcome, form, facts, has_origin ? to_string(facts.origin) : std::string{});
    return line;
}

}  // namespace coax
