#pragma once

#include "sim/json_text.hpp"

#include <cstddef>
#include <cstdint>
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

enum class tool_policy { none, automatic, required, named };

/// What is asked of the model, whichever service's words it came in. Views into the request's JSON.
struct chat_task {
    std::string_view model{};
    std::string user_text{};  ///< All the user's words, one message after another.
    std::string_view last_user_text{};
    std::size_t prompt_bytes{0};
    std::vector<tool_spec> tools{};  ///< Those that may be called.
    tool_policy policy{tool_policy::none};
    std::string_view named_tool{};
    bool parallel{true};
    std::vector<std::string> tool_results{};  ///< Since the user's last words.
    json::value const* schema{nullptr};
    bool wants_json{false};  ///< JSON of any form.
    bool stream{false};
    bool include_usage{false};
    bool obfuscate{false};
    int choice_count{1};
    std::optional<std::size_t> max_tokens{};
    std::vector<std::string> stops{};
    std::uint64_t hash{0};  ///< Of all that decides the answer, and not of how it is sent.
};

/// Why a request is turned away; each service writes it in its own shape. Empty texts are null or absent.
struct wire_error {
    int status{400};
    std::string message{};
    std::string type{"invalid_request_error"};
    std::string param{};
    std::string code{};
    std::string details{};  ///< JSON, for the service that has such a member.
};

/// Of a check: none, all is well.
using verdict = std::optional<wire_error>;

[[nodiscard]] inline wire_error bad(std::string message, std::string param = {}, std::string code = {}) {
    return {.status = 400, .message = std::move(message), .param = std::move(param), .code = std::move(code)};
}

}  // namespace coax::sim::detail
