#pragma once

#include "sim/json_text.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax::sim::detail {

/// A tool as a request names it. Views into the request's JSON.
struct tool_spec {
    std::string_view name{};
    json::value const* parameters{nullptr};  ///< nullptr: it takes none.
};

enum class tool_choice { none, automatic, required, named };

/// A chat request, independent of the service. Views into the request's JSON.
struct parsed_chat {
    std::string_view model{};
    std::string user_text{};  ///< Of all the user's messages, a line each.
    std::string_view last_user_text{};
    std::size_t prompt_bytes{0};
    std::vector<tool_spec> tools{};  ///< Those that may be called.
    tool_choice choice_mode{tool_choice::none};
    std::string_view named_tool{};
    bool parallel{true};
    std::vector<std::string> tool_results{};  ///< Since the user's last message.
    json::value const* schema{nullptr};
    std::deque<json::value> rewritten{};  ///< Schemas of another form as JSON Schema, which the views may be of.
    bool any_json{false};                 ///< Any JSON object is wanted, without a schema.
    bool stream{false};
    bool include_usage{false};
    bool shows_thoughts{false};  ///< Gemini: what the model thinks is part of the response.
    bool obfuscate{false};       ///< Events are padded, as OpenAI does by default.
    int choice_count{1};
    std::optional<std::size_t> max_tokens{};
    std::vector<std::string> stops{};
    std::uint64_t hash{0};  ///< Of all that decides the completion, and not of how it is sent.

    void add_user_text(std::string_view text) {
        if (!user_text.empty()) user_text += '\n';
        user_text += text;
    }
};

/// An error response, before it is written in the form of a service. Empty texts are null or absent.
struct api_error {
    int status{400};
    std::string message{};
    std::string type{"invalid_request_error"};
    std::string param{};
    std::string code{};
    std::string details{};  ///< JSON, for the services that have such a member.
};

/// The result of a check; none: the request passes.
using rejection = std::optional<api_error>;

[[nodiscard]] inline api_error bad_request(std::string message, std::string param = {}, std::string code = {}) {
    return {.status = 400, .message = std::move(message), .param = std::move(param), .code = std::move(code)};
}

}  // namespace coax::sim::detail
