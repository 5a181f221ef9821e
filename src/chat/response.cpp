#include <coax/chat/response.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

namespace coax {

bool chat_response::operator==(chat_response const& other) const = default;
bool chat_delta::operator==(chat_delta const& other) const = default;

namespace {

/// A service may tell any number: no sum passes half of the largest there is, so that two of them can be added.
std::int64_t added(std::int64_t a, std::int64_t b) noexcept {
    constexpr auto most = std::numeric_limits<std::int64_t>::max() / 2;
    return std::min(std::min(a, most) + std::min(b, most), most);
}

}  // namespace

usage& usage::operator+=(usage const& other) noexcept {
    input_tokens = added(input_tokens, other.input_tokens);
    output_tokens = added(output_tokens, other.output_tokens);
    cached_input_tokens = added(cached_input_tokens, other.cached_input_tokens);
    cache_write_tokens = added(cache_write_tokens, other.cache_write_tokens);
    reasoning_tokens = added(reasoning_tokens, other.reasoning_tokens);
    return *this;
}

std::string_view to_string(finish_reason why) noexcept {
    switch (why) {
        case finish_reason::unknown: return "unknown";
        case finish_reason::stop: return "stop";
        case finish_reason::length: return "length";
        case finish_reason::tool_calls: return "tool_calls";
        case finish_reason::content_filter: return "content_filter";
        case finish_reason::refusal: return "refusal";
        case finish_reason::pause: return "pause";
    }
    return "unknown";
}

message to_message(chat_response const& response) {
    return {.role = role::assistant,
            .text = response.text,
            .refusal = response.refusal,
            .tool_calls = response.tool_calls,
            .raw_content = response.raw_content};
}

result<void> check_usable(chat_response const& response) {
    auto const unusable = [&](errc code, std::string message) {
        return error{.code = code,
                     .message = std::move(message),
                     .http_status = 200,
                     .request_id = response.request_id,
                     .attempts = response.attempts,
                     .input_tokens = response.usage.input_tokens,
                     .output_tokens = response.usage.output_tokens};
    };
    if (!response.refusal.empty() || response.finish_reason == finish_reason::refusal)
        return unusable(errc::refused, "the model declined to answer");
    switch (response.finish_reason) {
        case finish_reason::length:
            return unusable(errc::truncated, "the response hit its token limit before it was complete");
        case finish_reason::content_filter:
            return unusable(errc::content_filtered, "a content filter cut the response");
        case finish_reason::tool_calls:
            return unusable(errc::invalid_output, "the model asked for a tool instead of answering");
        default: return {};
    }
}

}  // namespace coax
