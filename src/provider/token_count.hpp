#pragma once

#include <coax/core/result.hpp>
#include <coax/http/message.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace coax::detail {

/// The number in a response to a question for a count of tokens.
/// @param member  Where it stands: "input_tokens".
[[nodiscard]] result<std::int64_t> read_token_count(std::string_view service, std::string_view member,
                                                    http_response const& response,
                                                    std::chrono::system_clock::time_point now);

}  // namespace coax::detail
