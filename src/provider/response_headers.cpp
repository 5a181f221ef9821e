#include "provider/response_headers.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace coax::detail {
namespace {

using std::chrono::milliseconds;

std::optional<std::int64_t> parse_count(std::string_view text) {
    text = trimmed(text);
    std::int64_t value = 0;
    auto const [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

/// Services send names in lower case, so that is tried first.
bool is_name(std::string_view name, std::string_view lower_case) {
    return name.size() == lower_case.size() && (name.front() | 0x20) == lower_case.front() &&
           (name == lower_case || equal_ignoring_case(name, lower_case));
}

/// The part of `name` after `prefix`, but for case; empty when it does not begin with it.
std::string_view after_prefix(std::string_view name, std::string_view prefix) {
    if (name.size() <= prefix.size() || (name.front() | 0x20) != prefix.front() ||
        !is_name(name.substr(0, prefix.size()), prefix))
        return {};
    return name.substr(prefix.size());
}

/// The header names of one limit, without their prefix, and the members they set.
struct limit_headers {
    std::string_view limit;
    std::string_view remaining;
    std::string_view reset;
    std::optional<std::int64_t> rate_limit_status::* limit_count;
    std::optional<std::int64_t> rate_limit_status::* remaining_count;
    std::optional<milliseconds> rate_limit_status::* reset_wait;
};

constexpr limit_headers request_headers(std::string_view limit, std::string_view remaining, std::string_view reset) {
    using status = rate_limit_status;
    return {limit, remaining, reset, &status::limit_requests, &status::remaining_requests, &status::reset_requests};
}

constexpr limit_headers token_headers(std::string_view limit, std::string_view remaining, std::string_view reset) {
    using status = rate_limit_status;
    return {limit, remaining, reset, &status::limit_tokens, &status::remaining_tokens, &status::reset_tokens};
}

/// Sets the member that the header `name` stands for, if any.
/// @param to_wait  Reads a reset.
template <class ToWait>
void set_member(rate_limit_status& status, limit_headers const& of, std::string_view name, std::string_view value,
                ToWait to_wait) {
    if (is_name(name, of.limit))
        status.*of.limit_count = parse_count(value);
    else if (is_name(name, of.remaining))
        status.*of.remaining_count = parse_count(value);
    else if (is_name(name, of.reset))
        status.*of.reset_wait = to_wait(value);
}

/// The time by which the server reckons: clocks differ, and what it states is meant by its own.
std::chrono::system_clock::time_point server_time(header_list const& headers,
                                                  std::chrono::system_clock::time_point now) {
    auto const stated = parse_http_date(headers.find("date"));
    return stated ? std::chrono::system_clock::time_point{*stated} : now;
}

}  // namespace

std::optional<milliseconds> retry_after(header_list const& headers, std::chrono::system_clock::time_point now) {
    if (auto const wait_ms = parse_number(headers.find("retry-after-ms")))
        if (auto const wait = above_zero(plausible_wait(*wait_ms))) return wait;
    auto const text = headers.find("retry-after");
    if (auto const seconds = parse_number(text)) return above_zero(plausible_wait(*seconds * 1'000));
    if (auto const when = parse_http_date(text)) return above_zero(wait_until(*when, server_time(headers, now)));
    // Older responses of Azure have only this one, with its odd hyphen.
    return above_zero(parse_duration(headers.find("x-rate-limit-reset-tokens")));
}

std::optional<bool> should_retry(header_list const& headers) {
    auto const verdict = headers.find("x-should-retry");
    if (verdict == "true") return true;
    if (verdict == "false") return false;
    return std::nullopt;
}

std::string request_id(header_list const& headers) {
    for (auto const* name : {"x-request-id", "request-id", "apim-request-id", "x-typesafe-request-id"})
        if (auto const id = headers.find(name); !id.empty()) return std::string{id};
    return {};
}

rate_limit_status openai_rate_limits(header_list const& headers) {
    constexpr auto requests = request_headers("limit-requests", "remaining-requests", "reset-requests");
    constexpr auto tokens = token_headers("limit-tokens", "remaining-tokens", "reset-tokens");
    rate_limit_status status;
    for (auto const& [name, value] : headers) {
        auto const what = after_prefix(name, "x-ratelimit-");
        if (what.empty()) continue;
        for (auto const& bucket : {requests, tokens}) set_member(status, bucket, what, value, parse_duration);
    }
    return status;
}

rate_limit_status anthropic_rate_limits(header_list const& headers, std::chrono::system_clock::time_point now) {
    constexpr auto requests = request_headers("requests-limit", "requests-remaining", "requests-reset");
    constexpr auto tokens = token_headers("tokens-limit", "tokens-remaining", "tokens-reset");
    constexpr auto input_tokens = token_headers("input-tokens-limit", "input-tokens-remaining", "input-tokens-reset");
    std::optional<std::chrono::system_clock::time_point> by;
    auto const to_wait = [&](std::string_view text) {
        auto const when = parse_timestamp(text);
        if (!by) by = server_time(headers, now);
        return when ? wait_until(*when, *by) : std::nullopt;
    };
    rate_limit_status status;
    rate_limit_status input;
    for (auto const& [name, value] : headers) {
        auto const what = after_prefix(name, "anthropic-ratelimit-");
        if (what.empty()) continue;
        for (auto const& bucket : {requests, tokens}) set_member(status, bucket, what, value, to_wait);
        set_member(input, input_tokens, what, value, to_wait);
    }
    if (!status.limit_tokens && !status.remaining_tokens && !status.reset_tokens) {
        status.limit_tokens = input.limit_tokens;
        status.remaining_tokens = input.remaining_tokens;
        status.reset_tokens = input.reset_tokens;
    }
    return status;
}

}  // namespace coax::detail
