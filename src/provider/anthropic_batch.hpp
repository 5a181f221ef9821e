#pragma once

#include <coax/provider/service_batch.hpp>

#include <chrono>
#include <string>
#include <string_view>

/// Message batches: all rows in one request, results in one file. Source: reference anthropic.md, "Message Batches".
namespace coax::detail {

[[nodiscard]] std::string encode_anthropic_row(std::string_view id, std::string const& body);
/// The body of the request that makes a batch.
[[nodiscard]] std::string encode_anthropic_batch_body(batch_input const& input);
[[nodiscard]] result<service_batch> decode_anthropic_batch(http_response const& response,
                                                           std::chrono::system_clock::time_point now);
[[nodiscard]] result<batch_page> decode_anthropic_batches(http_response const& response,
                                                          std::chrono::system_clock::time_point now);
[[nodiscard]] result<batch_row> decode_anthropic_row(std::string_view line);

}  // namespace coax::detail
