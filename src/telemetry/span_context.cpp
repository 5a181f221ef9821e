#include "telemetry/internal/hex.hpp"

#include <coax/telemetry/span_context.hpp>

#include <algorithm>

namespace coax {
namespace {

constexpr std::size_t trace_at = 3;
constexpr std::size_t span_at = 36;
constexpr std::size_t flags_at = 53;
constexpr std::size_t whole = 55;
constexpr std::size_t most_state_bytes = 512;

error refused() {
    return invalid_argument("traceparent", "must be as in W3C Trace Context: 00-<32 hex>-<16 hex>-<2 hex>");
}

bool has_form(std::string_view text) {
    if (text.size() < whole || text[2] != '-' || text[span_at - 1] != '-' || text[flags_at - 1] != '-') return false;
    bool const is_first_version = text.starts_with("00");
    return is_first_version ? text.size() == whole : text.size() == whole || text[whole] == '-';
}

}  // namespace

span_context::operator bool() const noexcept {
    auto const is_set = [](auto byte) { return byte != 0; };
    return std::ranges::any_of(trace_id, is_set) && std::ranges::any_of(span_id, is_set);
}

bool span_context::operator==(span_context const& other) const = default;

result<span_context> parse_traceparent(std::string_view traceparent, std::string_view tracestate) {
    using telemetry::detail::read_hex;
    if (!has_form(traceparent)) return refused();
    std::array<std::uint8_t, 1> version{};
    std::array<std::uint8_t, 1> flags{};
    span_context span;
    bool const is_hex =
        read_hex(traceparent.substr(0, 2), version) && read_hex(traceparent.substr(trace_at, 32), span.trace_id) &&
        read_hex(traceparent.substr(span_at, 16), span.span_id) && read_hex(traceparent.substr(flags_at, 2), flags);
    if (!is_hex || version[0] == 0xff || !span) return refused();
    span.sampled = (flags[0] & 1U) != 0;
    if (tracestate.size() <= most_state_bytes) span.trace_state = tracestate;
    return span;
}

std::string to_traceparent(span_context const& span) {
    using telemetry::detail::append_hex;
    std::string text{"00-"};
    append_hex(text, span.trace_id);
    text += '-';
    append_hex(text, span.span_id);
    return text.append(span.sampled ? "-01" : "-00");
}

}  // namespace coax
