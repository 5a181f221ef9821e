#pragma once

#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/core/result.hpp>
#include <coax/http/message.hpp>
#include <coax/json/value.hpp>
#include <coax/provider/provider.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// The wire of Anthropic's Messages. Source: reference anthropic.md, sections 2 to 7.
namespace coax::detail {

/// The body of a Messages request.
/// @param takes_sampling  The API version knows `temperature`, `top_p` and `top_k`.
/// Errors: those of `validate(request)`; `errc::invalid_argument` for what this wire has no word for.
[[nodiscard]] result<std::string> encode_anthropic_body(chat_request const& request, bool takes_sampling,
                                                        bool streaming);

/// The whole answer, or the error that it tells.
[[nodiscard]] result<chat_response> decode_anthropic_answer(http_response const& answer);

[[nodiscard]] std::unique_ptr<stream_decoder> make_anthropic_stream_decoder(header_list const& headers);

// What of the wire coax reads. Everything may be missing or null; the rest is skipped.

struct anthropic_output_details {
    std::optional<std::int64_t> thinking_tokens{};
};

struct anthropic_usage {
    std::optional<std::int64_t> input_tokens{};
    std::optional<std::int64_t> cache_creation_input_tokens{};
    std::optional<std::int64_t> cache_read_input_tokens{};
    std::optional<std::int64_t> output_tokens{};
    anthropic_output_details output_tokens_details{};

    /// Takes over the counts that `later` has: they are totals, not additions.
    void update(anthropic_usage const& later);
};

struct anthropic_stop_details {
    std::string category{};
    std::string explanation{};
};

/// A content block as far as coax understands it.
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

/// What to tell the caller of a refusal. Never empty.
[[nodiscard]] std::string refusal_text(anthropic_stop_details const& why, std::string const& said);

/// Whether `message::text` alone says all that these blocks do, so that none need to be kept.
[[nodiscard]] bool is_plain_text(std::string_view type, json_value const& citations, std::size_t block_count);

}  // namespace coax::detail
