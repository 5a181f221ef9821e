#pragma once

#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/core/result.hpp>
#include <coax/http/message.hpp>
#include <coax/provider/provider.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

/// The chat completions wire, which OpenAI, Azure and many local servers speak.
/// Source: reference openai.md, sections 2 to 4 and 9; azure.md, section 4.
namespace coax::detail {

/// How one service on this wire differs from the others: a new one is a row in registry.cpp.
struct openai_profile {
    std::string_view service{"openai"};
    std::string_view base_url{};  ///< Empty: `provider_options::base_url` has to be set.
    schema_dialect dialect{schema_dialect::openai_strict};
    std::string_view key_header{"Authorization"};  ///< Takes the key; in "Authorization" it is a bearer token.
    bool azure_urls{false};                        ///< `api_version` and `deployment` are part of the URL.
    bool account_headers{false};                   ///< It knows `organization` and `project`.
    bool needs_model{true};                        ///< A request without a model is an error.
    bool legacy_token_limit{false};                ///< `max_tokens` instead of `max_completion_tokens`.
    bool stream_usage{true};                       ///< It knows `stream_options.include_usage`.
    bool developer_role{true};  ///< It knows the developer role; else such messages are sent as the system's.
    bool takes_top_k{false};
    std::string_view image_detail{"high"};  ///< Of an image that sets none; empty: not sent.
    bool known_values{true};       ///< Words such as tiers are OpenAI's alone: what it does not know is an error.
    bool cache_marks{false};       ///< It knows `prompt_cache_breakpoint`.
    bool base64_vectors{true};     ///< It is asked for embeddings in base64.
    bool input_type{false};        ///< It knows the embeddings' `input_type`.
    bool reranks{false};           ///< It serves `/rerank`.
    bool lists_all_models{false};  ///< See `model_page::authoritative`.
    bool counts_tokens{false};     ///< It serves `/responses/input_tokens`.
};

/// Errors: `errc::invalid_argument` naming the option.
[[nodiscard]] result<std::shared_ptr<provider const>> make_openai(openai_profile const& profile,
                                                                  provider_options const& options);

/// What a body depends on besides the request.
struct openai_body_options {
    openai_profile const& profile;
    std::string_view model{};             ///< Sent as `model`; empty: not sent.
    std::string_view token_limit_name{};  ///< Of the member that holds `max_output_tokens`.
    bool streaming{false};
};

/// The body of a chat completions request.
/// Errors: those of `validate(request)`; `errc::invalid_argument` for what this wire cannot express.
[[nodiscard]] result<std::string> encode_openai_body(openai_body_options const& options, chat_request const& request);

/// The whole response, or the error that its status and body report.
[[nodiscard]] result<chat_response> decode_openai_response(openai_profile const& profile, http_response const& response,
                                                           std::chrono::system_clock::time_point now);

[[nodiscard]] std::unique_ptr<stream_decoder> make_openai_stream_decoder(openai_profile const& profile,
                                                                         header_list const& headers);

}  // namespace coax::detail
