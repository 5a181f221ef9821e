#pragma once

#include <coax/chat/message.hpp>
#include <coax/chat/tool.hpp>
#include <coax/core/boxed.hpp>
#include <coax/core/rate_limit_status.hpp>
#include <coax/core/result.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// Tokens, as the service counted them.
struct usage {
    std::int64_t input_tokens{0};         ///< All of the prompt, cached parts included.
    std::int64_t output_tokens{0};        ///< All of the response, reasoning included.
    std::int64_t cached_input_tokens{0};  ///< Part of `input_tokens` read from the service's prompt cache.
    std::int64_t cache_write_tokens{0};   ///< Part of `input_tokens` written to it.
    std::int64_t reasoning_tokens{0};     ///< Part of `output_tokens`.

    [[nodiscard]] std::int64_t total_tokens() const noexcept { return input_tokens + output_tokens; }
    usage& operator+=(usage const& other) noexcept;
    friend usage operator+(usage a, usage const& b) noexcept { return a += b; }
    friend bool operator==(usage const&, usage const&) = default;
};

/// Why the response ended.
enum class finish_reason {
    unknown,         ///< Not given, or a value this version does not know.
    stop,            ///< Natural end or a stop text.
    length,          ///< Token limit: the response is incomplete.
    tool_calls,      ///< The model wants tools called.
    content_filter,  ///< A content filter cut it.
    refusal,         ///< The model declined.
    pause            ///< Anthropic's `pause_turn`: send the conversation back to go on.
};

[[nodiscard]] std::string_view to_string(finish_reason why) noexcept;

struct response_details;
extern template class boxed<response_details>;

/// A whole response.
struct chat_response {
    std::string text{};  ///< Empty when there are only tool calls or a refusal.
    std::vector<tool_call> tool_calls{};
    coax::finish_reason finish_reason{coax::finish_reason::unknown};
    std::string refusal{};       ///< The model's own words when it declined; empty: it did not.
    std::string reasoning{};     ///< Reasoning text where the service shows it.
    coax::usage usage{};         ///< Summed over re-asks and tool rounds.
    std::string model{};         ///< As the service named it.
    std::string id{};            ///< The service's id of the response.
    std::string request_id{};    ///< To quote to the service's support.
    std::string service_tier{};  ///< That it was made in, as the service named it.
    rate_limit_status rate_limits{};
    json_value raw_content{};           ///< See `message::raw_content`; null: none.
    json_value content_filter{};        ///< Azure: what its filters found, as an object with `prompt_filter_results`
                                        ///< and `content_filter_results`; null: none.
    std::string schema_note{};          ///< Why the service was not asked to enforce a schema, where
                                        ///< `output.relax_schemas` allowed that; empty: it was, or there is none.
    boxed<response_details> details{};  ///< Other choices, logprobs, citations: `<coax/chat/response_details.hpp>`.
    bool cached{false};                 ///< From the client's response cache, or from an equal request that was under
                                        ///< way: nothing was sent for it, `attempts` and `usage` are 0.
    int attempts{1};                    ///< Times a request was sent for it, retries and re-asks included.
    std::chrono::milliseconds latency{0};  ///< From the call to its end, waits included.

    /// The body as it came; empty unless `advanced_options::keep_raw` asked for it. Valid until the response changes.
    [[nodiscard]] std::string const& raw() const noexcept;

    [[nodiscard]] bool operator==(chat_response const& other) const;
};

/// The response as the next message of the conversation.
[[nodiscard]] message to_message(chat_response const& response);

/// Whether a response can be used at all, whatever its text.
/// Errors: `errc::refused`, `errc::truncated`, `errc::content_filtered`; `errc::invalid_output` where the model asked
/// for a tool instead. Each holds what the response cost. Asking the same again would not help.
[[nodiscard]] result<void> check_usable(chat_response const& response);

/// What one event of a stream added.
struct chat_delta {
    std::string text{};
    std::string refusal{};
    std::string reasoning{};
    /// Pieces of tool calls: each has the call's id and name as far as they are known, and what came of its arguments.
    std::vector<tool_call> tool_calls{};
    std::string raw_event{};  ///< The event's data as it came, where `advanced_options::keep_raw` asked for it.

    [[nodiscard]] bool empty() const noexcept {
        return text.empty() && refusal.empty() && reasoning.empty() && tool_calls.empty() && raw_event.empty();
    }
    void clear() noexcept { text.clear(), refusal.clear(), reasoning.clear(), tool_calls.clear(), raw_event.clear(); }

    [[nodiscard]] bool operator==(chat_delta const& other) const;
};

}  // namespace coax
