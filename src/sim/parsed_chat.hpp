#pragma once

#include "sim/json_text.hpp"
#include "sim/random.hpp"

#include <chrono>
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

/// An end of a part of the prompt that the service's cache may keep.
struct cache_point {
    std::uint64_t hash{0};  ///< Of all up to here.
    std::size_t bytes{0};   ///< As many.
    std::chrono::seconds kept_for{300};
};

/// A document of plain text that the response is to quote from.
struct cited_document {
    int index{0};  ///< Among all documents of the request.
    std::string_view title{};
    std::string_view text{};  ///< Empty: it is no plain text.
};

enum class tool_choice { none, automatic, required, named };

/// What only the Responses API has. Views into the request's JSON.
struct responses_terms {
    json::value const* body{nullptr};  ///< nullptr: it is no request of this API.
    bool store{true};
    bool background{false};
    bool summary{false};                      ///< Of the reasoning.
    bool encrypted{false};                    ///< Reasoning goes out encrypted as well.
    std::optional<std::size_t> max_tokens{};  ///< As asked for, reasoning included.
    std::size_t reasoning_tokens{0};          ///< 0: the model does not reason.
};

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
    bool logprobs{false};
    int top_logprobs{0};
    std::string_view tier{"default"};  ///< That it is served in.
    std::uint64_t prefix_hash{0};      ///< Of the prompt so far.
    std::vector<cache_point> cache_points{};
    bool bills_cache_writes{true};
    int document_count{0};
    std::optional<cited_document> cited{};  ///< The first of them.
    bool thinks{false};
    bool threaded{false};        ///< Anthropic: the service keeps the conversation.
    bool omits_thoughts{false};  ///< Anthropic: the block of a thought is empty.
    responses_terms responses{};
    std::uint64_t hash{0};  ///< Of all that decides the completion, and not of how it is sent.

    /// Counts what the prompt has besides the user's words.
    void add_prompt(std::string_view text, std::size_t marks = 16) {
        prompt_bytes += text.size() + marks;
        prefix_hash = hash_bytes(text, prefix_hash);
    }
    void add_cache_point(std::chrono::seconds kept_for) {
        cache_points.push_back({.hash = prefix_hash, .bytes = prompt_bytes, .kept_for = kept_for});
    }

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
