#pragma once

#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/core/result.hpp>
#include <coax/http/message.hpp>
#include <coax/json/value.hpp>
#include <coax/provider/provider.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// The wire of Anthropic's Messages. Source: reference anthropic.md, sections 2 to 7.
namespace coax::detail {

/// Errors: `errc::invalid_argument` naming the option.
[[nodiscard]] result<std::shared_ptr<provider const>> make_anthropic(provider_options const& options);

/// Sent where a request has no `max_output_tokens`: this wire needs a limit.
inline constexpr std::int64_t anthropic_default_max_tokens = 4'096;

/// Whether the message is part of the member `system`.
[[nodiscard]] inline bool is_instruction(message const& msg) {
    return msg.role == role::system || msg.role == role::developer;
}

/// Errors: those of `validate(request)`; `errc::invalid_argument` for what this wire cannot express.
[[nodiscard]] result<void> check_anthropic_request(chat_request const& request, bool takes_sampling);

/// The body of a Messages request.
/// @param takes_sampling  The API version knows `temperature`, `top_p` and `top_k`.
/// Errors: those of `check_anthropic_request`.
[[nodiscard]] result<std::string> encode_anthropic_body(chat_request const& request, bool takes_sampling,
                                                        bool streaming);

/// The whole response, or the error that its status and body report.
[[nodiscard]] result<chat_response> decode_anthropic_response(http_response const& response,
                                                              std::chrono::system_clock::time_point now);

[[nodiscard]] std::unique_ptr<stream_decoder> make_anthropic_stream_decoder(header_list const& headers,
                                                                            std::chrono::system_clock::time_point now);

// The part of the wire that coax reads. Everything may be missing or null; the rest is skipped.

struct anthropic_output_details {
    std::optional<std::int64_t> thinking_tokens{};
};

struct anthropic_usage {
    std::optional<std::int64_t> input_tokens{};
    std::optional<std::int64_t> cache_creation_input_tokens{};
    std::optional<std::int64_t> cache_read_input_tokens{};
    std::optional<std::int64_t> output_tokens{};
    anthropic_output_details output_tokens_details{};
    std::string service_tier{};

    /// Replaces the counts that `later` has: they are totals, not additions.
    void update(anthropic_usage const& later);
};

struct anthropic_stop_details {
    std::string category{};
    std::string explanation{};
};

/// The members of a content block that coax reads.
struct anthropic_block {
    std::string type{};
    std::string text{};
    std::string thinking{};
    std::string id{};
    std::string name{};
    json_value input{};
    json_value citations{};
};

[[nodiscard]] usage to_usage(anthropic_usage const& wire) noexcept;
[[nodiscard]] finish_reason anthropic_finish_reason(std::string_view name) noexcept;

/// The reason of a refusal: the service's explanation, else the response's text, else the category. Never empty.
[[nodiscard]] std::string refusal_text(anthropic_stop_details const& why, std::string const& text);

/// Of a block of text.
[[nodiscard]] inline bool has_citations(json_value const& citations) {
    return !citations.is_null() && citations.text() != "[]";
}

/// Whether `message::text` alone holds the content, so that the blocks need not be kept.
[[nodiscard]] bool is_plain_text(std::string_view type, json_value const& citations, std::size_t block_count);

}  // namespace coax::detail
