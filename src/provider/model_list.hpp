#pragma once

#include <coax/core/result.hpp>
#include <coax/http/message.hpp>
#include <coax/provider/model_info.hpp>

#include <chrono>
#include <string_view>

/// `GET /models` of all services. Source: reference openai.md, section 7; anthropic.md, section 8; gemini.md,
/// section 7.
namespace coax::detail {

/// The models of a response, whichever service it is of: what one does not tell stays empty.
[[nodiscard]] result<model_page> decode_model_list(std::string_view service, http_response const& response,
                                                   std::chrono::system_clock::time_point now);

/// The one model that Azure AI's `/info` tells of. Source: reference azure.md, section 7.2.
[[nodiscard]] result<model_page> decode_model_description(std::string_view service, http_response const& response,
                                                          std::chrono::system_clock::time_point now);

}  // namespace coax::detail
