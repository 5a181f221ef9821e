#pragma once

#include "provider/service_headers.hpp"

#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/core/result.hpp>
#include <coax/http/message.hpp>
#include <coax/provider/provider.hpp>

#include <memory>
#include <string>
#include <string_view>

/// The chat completions wire, which OpenAI, Azure and many local servers speak.
/// Source: reference openai.md, sections 2 to 4 and 9; azure.md, section 4.
namespace coax::detail {

/// How one service differs from the others on this wire.
struct openai_dialect {
    std::string_view service{"openai"};
    bool old_token_limit{false};  ///< `max_tokens` instead of `max_completion_tokens`.
    bool stream_usage{true};      ///< It knows `stream_options.include_usage`.
    bool developer_role{true};    ///< It knows the developer role; else such messages are sent as the system's.
    bool takes_top_k{false};
};

/// The body of a chat completions request.
/// @param model  Sent as `model`; empty: not sent.
/// Errors: those of `validate(request)`; `errc::invalid_argument` for what this wire has no word for.
[[nodiscard]] result<std::string> encode_openai_body(openai_dialect const& dialect, chat_request const& request,
                                                     std::string_view model, bool streaming);

/// The whole answer, or the error that it tells.
[[nodiscard]] result<chat_response> decode_openai_answer(openai_dialect const& dialect, http_response const& answer);

[[nodiscard]] std::unique_ptr<stream_decoder> make_openai_stream_decoder(openai_dialect const& dialect,
                                                                         header_list const& headers);

}  // namespace coax::detail
