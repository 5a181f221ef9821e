#pragma once

#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/core/result.hpp>
#include <coax/http/message.hpp>
#include <coax/json/writer.hpp>
#include <coax/provider/provider.hpp>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

/// The wire of Gemini's generateContent, of the Gemini API and of Vertex AI.
/// Source: reference gemini.md, sections 1 to 6; gemini-since-08.md.
namespace coax::detail {

inline constexpr std::string_view gemini = "gemini";
inline constexpr std::string_view vertex = "vertex";

/// @param service  `gemini` or `vertex`. Errors: `errc::invalid_argument` naming the option.
[[nodiscard]] result<std::shared_ptr<provider const>> make_gemini(std::string_view service,
                                                                  provider_options const& options);

/// What a body depends on besides the request.
struct gemini_body_options {
    std::string_view service{gemini};
    bool open_api{false};  ///< Schemas are `responseSchema` and `parameters` instead of their JSON Schema forms.
    bool streaming{false};
};

/// The body of a generateContent request, streamed or not.
/// Errors: those of `validate(request)`; `errc::invalid_argument` for what this wire cannot express.
[[nodiscard]] result<std::string> encode_gemini_body(gemini_body_options const& options, chat_request const& request);

/// Writes `systemInstruction` and `contents`. Errors: `errc::invalid_argument` for a tool's result without its call.
[[nodiscard]] result<void> write_gemini_contents(json::writer& out, std::span<message const> messages);

/// Of the last element in the `raw_content` of a response that the service stopped at a limit of its own.
inline constexpr std::string_view continuation_key = "continuationToken";

/// The token by which such a response goes on; empty: it is another.
[[nodiscard]] std::string continuation_of(json_value const& raw_content);

/// Such a response and its rest as one.
[[nodiscard]] chat_response join_gemini(chat_response begun, chat_response rest);

/// The ids of calls that the service gave none begin so: they are not sent back.
inline constexpr std::string_view made_up_call_id = "gemini_call_";

/// The whole response, or the error that its status and body report.
[[nodiscard]] result<chat_response> decode_gemini_response(std::string_view service, http_response const& response,
                                                           std::chrono::system_clock::time_point now);

[[nodiscard]] std::unique_ptr<stream_decoder> make_gemini_stream_decoder(std::string_view service,
                                                                         header_list const& headers);

}  // namespace coax::detail
