#pragma once

#include "provider/request_members.hpp"

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

/// How one service on this wire differs from the others: a `service_profile`, and what only services of our own have.
struct openai_profile {
    std::string_view service{"openai"};
    std::string_view base_url{};  ///< Empty: `provider_options::base_url` has to be set.
    schema_dialect dialect{schema_dialect::openai_strict};
    std::string_view key_header{"Authorization"};  ///< Takes the key; in "Authorization" it is a bearer token.
    bool needs_model{true};                        ///< A request without a model is an error.
    member_set known{};                            ///< The members of a request.
    bool azure_urls{false};                        ///< `api_version` and `deployment` are part of the URL.
    bool azure_inference{false};                   ///< Azure AI model inference: its URLs, headers and ranges.
    bool account_headers{false};                   ///< It knows `organization` and `project`.
    std::string_view image_detail{};               ///< Of an image that sets none; empty: not sent.
    bool known_values{false};        ///< Words such as tiers are OpenAI's alone: what it does not know is an error.
    bool lists_all_models{false};    ///< See `model_page::authoritative`.
    bool counts_tokens{false};       ///< It serves `/responses/input_tokens`.
    bool completion_windows{false};  ///< It makes responses in the background by a time, for less.
    std::size_t batch_requests{0};   ///< That one of its batches takes; 0: it has none.
};

/// @param profile  What it refers to need not outlive the provider.
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
