#pragma once

#include <coax/chat/request.hpp>
#include <coax/core/result.hpp>
#include <coax/http/message.hpp>
#include <coax/provider/embedding.hpp>
#include <coax/provider/model_info.hpp>

#include <chrono>
#include <string>
#include <string_view>

/// What the Gemini API and Vertex AI offer besides generateContent.
/// Source: reference gemini.md, section 7; gemini-since-08.md, section B.
namespace coax::detail {

/// How vectors are asked for: the Gemini API takes many texts in one request, Vertex AI's newer models one.
enum class gemini_embedding_form { batch, one, predict };

[[nodiscard]] gemini_embedding_form gemini_embedding_form_of(std::string_view service, std::string_view model) noexcept;

/// The method in the path: ":batchEmbedContents".
[[nodiscard]] std::string_view method_of(gemini_embedding_form form) noexcept;

/// @param path  The model's: "/models/gemini-embedding-2".
/// Errors: `errc::invalid_argument` for what this wire cannot express.
[[nodiscard]] result<std::string> encode_gemini_embedding(gemini_embedding_form form, std::string_view path,
                                                          embedding_request const& request);

/// The vectors in whichever of the three forms they came.
[[nodiscard]] result<embedding_response> decode_gemini_embedding(std::string_view service,
                                                                 embedding_request const& request,
                                                                 http_response const& response,
                                                                 std::chrono::system_clock::time_point now);

/// The body of a countTokens request, of that of a generateContent request.
[[nodiscard]] result<std::string> encode_gemini_count(std::string_view service, std::string_view path,
                                                      std::string const& content);

/// The names without what the path of a request has before them: "models/gemini-4" is "gemini-4".
void shorten_names(model_page& page);

}  // namespace coax::detail
