#pragma once

#include "provider/endpoint.hpp"

#include <coax/provider/service_batch.hpp>

#include <chrono>
#include <string>
#include <string_view>

/// Batches of the Gemini API: a file of rows by a resumable upload, a batch over it, a file of results.
/// Source: reference gemini.md, "Batch mode"; gemini-since-08.md, section C.
namespace coax::detail {

/// @param target  Of the request that the row stands for, with the method. @param base  The path before the model's.
[[nodiscard]] batch_row_request encode_gemini_row(std::string_view id, std::string_view target, std::string_view base,
                                                  std::string const& body);
/// @param reached  Empty: the upload begins; a path: its bytes go there; a file's name: the batch is made.
[[nodiscard]] http_request encode_gemini_handover(endpoint const& to, batch_input const& input,
                                                  std::string_view reached);
[[nodiscard]] result<batch_handover> decode_gemini_handover(std::string_view reached, http_response const& response,
                                                            std::chrono::system_clock::time_point now);
[[nodiscard]] http_request encode_gemini_batch(endpoint const& to, batch_request asked, std::string_view id);
[[nodiscard]] result<service_batch> decode_gemini_batch(http_response const& response,
                                                        std::chrono::system_clock::time_point now);
[[nodiscard]] result<batch_page> decode_gemini_batches(http_response const& response,
                                                       std::chrono::system_clock::time_point now);
[[nodiscard]] http_request encode_gemini_results(endpoint const& to, std::string_view file);
[[nodiscard]] result<batch_row> decode_gemini_row(std::string_view line);

}  // namespace coax::detail
