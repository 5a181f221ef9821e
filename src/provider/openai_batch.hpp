#pragma once

#include "provider/endpoint.hpp"

#include <coax/provider/service_batch.hpp>

#include <chrono>
#include <string>
#include <string_view>

/// Batches as OpenAI and Azure have them: a file of requests, a batch over it, files of results.
/// Source: reference openai.md, section 8; openai-since-08.md, "Batch driver rules"; azure.md, section 6.
namespace coax::detail {

/// Where they are, and what of rows is different.
struct openai_batches {
    std::string_view service{};
    endpoint to{};                  ///< Of files and batches: no deployment in it.
    std::string_view row_prefix{};  ///< Of a row's address, before the method: "/v1".
};

/// @param method  "/chat/completions".
/// @param model   In place of the body's; empty: the body has it.
[[nodiscard]] result<batch_row_request> encode_openai_row(openai_batches const& at, std::string_view id,
                                                          std::string_view method, std::string const& model,
                                                          std::string const& body);
[[nodiscard]] http_request encode_openai_handover(openai_batches const& at, batch_input const& input,
                                                  std::string_view file);
[[nodiscard]] result<batch_handover> decode_openai_handover(std::string_view service, std::string_view file,
                                                            http_response const& response,
                                                            std::chrono::system_clock::time_point now);
[[nodiscard]] http_request encode_openai_batch(openai_batches const& at, batch_request asked, std::string_view id);
[[nodiscard]] result<service_batch> decode_openai_batch(std::string_view service, http_response const& response,
                                                        std::chrono::system_clock::time_point now);
[[nodiscard]] result<batch_page> decode_openai_batches(std::string_view service, http_response const& response,
                                                       std::chrono::system_clock::time_point now);
[[nodiscard]] http_request encode_openai_results(openai_batches const& at, std::string_view file);
[[nodiscard]] result<batch_row> decode_openai_row(std::string_view service, std::string_view line);

}  // namespace coax::detail
