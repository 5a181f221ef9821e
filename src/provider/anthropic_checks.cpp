#include "provider/anthropic_content.hpp"
#include "provider/anthropic_wire.hpp"
#include "provider/encode.hpp"

#include <coax/chat/advanced_options.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>

namespace coax::detail {
namespace {

result<void> check_parameters(chat_request const& request, bool takes_sampling) {
    struct rule {
        char const* field;
        bool broken;
        char const* message;
    };
    bool const sampling = !takes_sampling;
    rule const rules[]{
        {"temperature", sampling && request.temperature, "this API version takes no sampling parameters"},
        {"top_p", sampling && request.top_p, "this API version takes no sampling parameters"},
        {"top_k", sampling && request.top_k, "this API version takes no sampling parameters"},
        {"temperature", request.temperature && *request.temperature > 1, "must be in [0, 1] for anthropic"},
        {"presence_penalty", request.presence_penalty.has_value(), "anthropic has no such parameter"},
        {"frequency_penalty", request.frequency_penalty.has_value(), "anthropic has no such parameter"},
        {"seed", request.seed.has_value(), "anthropic has no such parameter"},
        {"metadata", !request.metadata.empty(), "anthropic has no such parameter"},
        {"response_format.kind", request.response_format.kind == response_format_kind::json_object,
         "anthropic takes a schema, not just any JSON object"},
    };
    for (auto const& [field, broken, message] : rules)
        if (broken) return invalid_argument(field, message);
    constexpr std::array efforts{"", "none", "minimal", "low", "medium", "high", "xhigh", "max"};
    if (std::ranges::find(efforts, request.reasoning_effort) == efforts.end())
        return invalid_argument("reasoning_effort", "must be none, minimal, low, medium, high, xhigh or max");
    return {};
}

result<void> check_messages(std::vector<message> const& messages) {
    if (std::all_of(messages.begin(), messages.end(), is_instruction))
        return invalid_argument("messages", "anthropic needs one besides the system's");
    for (std::size_t i = 0; i < messages.size(); ++i)
        if (messages[i].role == role::user && has_blank_content(messages[i]))
            return invalid_argument("messages[" + std::to_string(i) + "]",
                                    "anthropic takes no message without content");
    return check_anthropic_parts(messages);
}

result<void> check_thinking(chat_request const& request) {
    auto const& thinking = request.advanced->thinking;
    bool const thinks = thinking.mode == thinking_mode::adaptive || thinking.mode == thinking_mode::budget;
    constexpr std::int64_t least_budget = 1'024;
    auto const limit = request.max_output_tokens.value_or(anthropic_default_max_tokens);
    if (thinking.mode == thinking_mode::budget &&
        (thinking.budget_tokens < least_budget || thinking.budget_tokens >= limit))
        return invalid_argument(
            "advanced.thinking.budget_tokens",
            "must be in [1024, max_output_tokens) for anthropic, here [1024, " + std::to_string(limit) + ")");
    if (thinking.show && !thinks)
        return invalid_argument("advanced.thinking.show", "goes with thinking_mode::adaptive or budget");
    if (thinking.mode != thinking_mode::service_default && request.reasoning_effort == "none")
        return invalid_argument("advanced.thinking.mode", "contradicts the reasoning_effort \"none\"");
    return {};
}

result<void> check_advanced(chat_request const& request) {
    auto const& options = *request.advanced;
    auto const is_one_of = [](std::string const& word, std::initializer_list<std::string_view> words) {
        return std::ranges::find(words, word) != words.end();
    };
    constexpr auto unknown = "anthropic has no such parameter";
    struct rule {
        char const* field;
        bool broken;
        char const* message;
    };
    rule const rules[]{
        {"n", options.n > 1, "anthropic makes one response: ask again for another"},
        {"logprobs", options.logprobs, unknown},
        {"logit_bias", !options.logit_bias.empty(), unknown},
        {"verbosity", !options.verbosity.empty(), unknown},
        {"store", options.store.has_value(), unknown},
        {"prediction", !options.prediction.empty(), unknown},
        {"safety_identifier", !options.safety_identifier.empty(),
         "anthropic has no such parameter: `user` is its word"},
        {"prompt_cache_key", !options.prompt_cache_key.empty(), unknown},
        {"service_tier", !is_one_of(options.service_tier, {"", "auto", "standard_only"}),
         "anthropic takes auto or standard_only"},
        {"cache_ttl", !is_one_of(options.cache_ttl, {"", "5m", "1h"}), "anthropic takes 5m or 1h"},
    };
    for (auto const& [field, broken, message] : rules)
        if (broken) return invalid_argument(std::string{"advanced."} + field, message);
    return check_thinking(request);
}

/// Source: reference anthropic.md, section 5.
result<void> check_citations(chat_request const& request) {
    auto const is_cited = [](content_part const& part) { return part.file() != nullptr && part.file()->citations; };
    if (request.response_format.kind != response_format_kind::json_schema) return {};
    for (std::size_t i = 0; i < request.messages.size(); ++i)
        if (std::ranges::any_of(request.messages[i].parts, is_cited))
            return invalid_argument("messages[" + std::to_string(i) + "].parts",
                                    "anthropic cites no documents in a response that has a schema");
    return {};
}

/// Source: reference anthropic.md, section 2.2.
result<void> check_cache_marks(chat_request const& request) {
    constexpr std::size_t most = 4;
    std::size_t count = request.cache_prefix ? 1 : 0;
    for (std::size_t i = 0; i < request.messages.size(); ++i)
        if (request.messages[i].cache_breakpoint && ++count > most)
            return invalid_argument("messages[" + std::to_string(i) + "].cache_breakpoint",
                                    "anthropic takes four marks, `cache_prefix` included");
    return {};
}

}  // namespace

result<void> check_anthropic_request(chat_request const& request, bool takes_sampling) {
    if (auto valid = validate(request); !valid) return valid;
    if (request.model.empty()) return invalid_argument("model", "anthropic needs one");
    if (auto valid = check_parameters(request, takes_sampling); !valid) return valid;
    if (auto valid = check_messages(request.messages); !valid) return valid;
    if (auto valid = check_citations(request); !valid) return valid;
    if (auto valid = check_cache_marks(request); !valid) return valid;
    if (request.advanced)
        if (auto valid = check_advanced(request); !valid) return valid;
    return {};
}

}  // namespace coax::detail
