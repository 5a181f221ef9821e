#pragma once

#include <coax/core/result.hpp>
#include <coax/http/message.hpp>
#include <coax/provider/rerank.hpp>

#include <chrono>
#include <string>
#include <string_view>

/// `POST /rerank` as Jina and Cohere made it and llama.cpp and vLLM serve it.
namespace coax::detail {

/// @param model  Empty: not sent.
[[nodiscard]] result<std::string> encode_rerank_body(std::string_view model, rerank_request const& request);

/// The documents by score, best first. Errors: that of the service; `errc::protocol_error`: an index that was not sent
/// or comes twice, no score, fewer documents than asked for.
[[nodiscard]] result<rerank_response> decode_rerank_body(std::string_view service, rerank_request const& request,
                                                         http_response const& response,
                                                         std::chrono::system_clock::time_point now);

}  // namespace coax::detail
