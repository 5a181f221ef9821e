#pragma once

#include "provider/openai_wire.hpp"

#include <coax/provider/background.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/// Responses that the service makes in the background: begun by a POST as any, then asked for by their ids.
/// Source: reference openai.md, section 6; openai-since-08.md, section A2.
namespace coax::detail {

/// A Responses body with what makes it one of the background.
/// Errors: `errc::invalid_argument` for what the service does not take together.
[[nodiscard]] result<std::string> in_background(openai_profile const& profile, chat_request const& request,
                                                background_options const& options, bool streaming, std::string body);

/// What the path after the base is, and its query. @param after  See `provider::encode_background`.
struct background_target {
    std::string path{};
    std::string query{};
};
[[nodiscard]] background_target target_of(background_request asked, std::string_view id, std::int64_t after);

/// The response object as it is now, or the error that status and body of the request report.
[[nodiscard]] result<background_response> decode_background_response(openai_profile const& profile,
                                                                     http_response const& response,
                                                                     std::chrono::system_clock::time_point now);

}  // namespace coax::detail
