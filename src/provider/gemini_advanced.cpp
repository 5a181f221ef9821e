#include "provider/gemini_advanced.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace coax::detail {
namespace {

using json::writer;

struct effort_row {
    std::string_view effort;
    std::string_view level;     ///< From Gemini 3 on. Empty: it cannot be said.
    std::optional<int> budget;  ///< Up to Gemini 2.5, in tokens. Empty: it cannot be said.
};

/// Source: reference gemini.md, section 8, which tells the budgets of the OpenAI-compatible endpoint.
constexpr std::array efforts{effort_row{"none", "", 0},          effort_row{"minimal", "MINIMAL", 1'024},
                             effort_row{"low", "LOW", 1'024},    effort_row{"medium", "MEDIUM", 8'192},
                             effort_row{"high", "HIGH", 24'576}, effort_row{"xhigh", "XHIGH", std::nullopt}};

std::string_view name_of(std::string_view model) { return model.substr(model.rfind('/') + 1); }

/// Whether the model takes a budget of tokens, not a level.
bool takes_budget(std::string_view model) {
    return name_of(model).starts_with("gemini-2") || name_of(model).starts_with("gemini-1");
}

bool can_stop_thinking(std::string_view model) {
    return takes_budget(model) && !name_of(model).starts_with("gemini-2.5-pro");
}

effort_row const* find_effort(std::string_view effort) {
    auto const row = std::ranges::find(efforts, effort, &effort_row::effort);
    return row == efforts.end() ? nullptr : &*row;
}

result<void> check_effort(chat_request const& request) {
    if (request.reasoning_effort.empty()) return {};
    if (request.advanced->thinking.mode != thinking_mode::service_default)
        return invalid_argument("advanced.thinking.mode", "cannot be set beside `reasoning_effort`");
    bool const by_budget = takes_budget(request.model);
    if (request.reasoning_effort == "none") {
        if (can_stop_thinking(request.model)) return {};
        return invalid_argument("reasoning_effort", "this model cannot but think: minimal is the least");
    }
    auto const* const row = find_effort(request.reasoning_effort);
    if (row != nullptr && (by_budget ? row->budget.has_value() : !row->level.empty())) return {};
    return invalid_argument("reasoning_effort", by_budget ? "must be none, minimal, low, medium or high"
                                                          : "must be minimal, low, medium, high or xhigh");
}

result<void> check_thinking_mode(chat_request const& request) {
    auto const mode = request.advanced->thinking.mode;
    constexpr char const* where = "advanced.thinking.mode";
    if (mode == thinking_mode::between_tools) return invalid_argument(where, "is Anthropic's alone");
    if (mode == thinking_mode::off && !can_stop_thinking(request.model))
        return invalid_argument(where, "this model cannot but think: `reasoning_effort` \"minimal\" is the least");
    if (mode == thinking_mode::budget && !takes_budget(request.model))
        return invalid_argument(where, "this model takes no budget: `reasoning_effort` is its word");
    return {};
}

/// The budget in tokens; -1: as the model sees fit.
std::optional<std::int64_t> budget_of(chat_request const& request) {
    auto const& thinking = request.advanced->thinking;
    switch (thinking.mode) {
        case thinking_mode::off: return 0;
        case thinking_mode::budget: return thinking.budget_tokens;
        case thinking_mode::adaptive: return takes_budget(request.model) ? std::optional{-1} : std::nullopt;
        case thinking_mode::service_default:
        case thinking_mode::between_tools: break;
    }
    auto const* const row = find_effort(request.reasoning_effort);
    return row != nullptr && takes_budget(request.model) ? row->budget : std::nullopt;
}

/// Thoughts are shown to who asked for them to be thought, unless told otherwise.
bool shows_thoughts(chat_request const& request, std::optional<std::int64_t> budget, std::string_view level) {
    return request.advanced->thinking.show.value_or(budget.value_or(0) != 0 || !level.empty());
}

}  // namespace

result<void> check_gemini_advanced(std::string_view service, chat_request const& request, bool streaming) {
    constexpr std::array<std::string_view, 5> tiers{"", "unspecified", "standard", "flex", "priority"};
    auto const& options = *request.advanced;
    struct rule {
        char const* field;
        bool broken;
        char const* message;
    };
    rule const rules[]{
        {"n", options.n > 8, "gives at most 8"},
        {"n", options.n > 1 && streaming, "shows one response in a stream: ask for several without one"},
        {"logit_bias", !options.logit_bias.empty(), "has no such parameter"},
        {"service_tier", std::ranges::find(tiers, options.service_tier) == tiers.end(),
         "takes standard, flex or priority"},
        {"verbosity", !options.verbosity.empty(), "has no such parameter"},
        {"store", options.store && service == "vertex", "has no such parameter"},
        {"prediction", !options.prediction.empty(), "has no such parameter"},
        {"safety_identifier", !options.safety_identifier.empty(), "has no such parameter"},
        {"prompt_cache_key", !options.prompt_cache_key.empty(), "has no such parameter"},
        {"cache_ttl", !options.cache_ttl.empty(), "has no such parameter"},
    };
    for (auto const& [field, broken, message] : rules)
        if (broken) return invalid_argument(std::string{"advanced."} + field, std::string{service} + ' ' + message);
    if (auto valid = check_thinking_mode(request); !valid) return valid;
    return check_effort(request);
}

void write_gemini_thinking(writer& out, chat_request const& request) {
    auto const budget = budget_of(request);
    auto const* const row = find_effort(request.reasoning_effort);
    auto const level = row != nullptr && !takes_budget(request.model) ? row->level : std::string_view{};
    bool const shows = shows_thoughts(request, budget, level);
    if (!budget && level.empty() && !request.advanced->thinking.show) return;
    out.key("thinkingConfig").begin_object();
    if (budget) out.member("thinkingBudget", *budget);
    if (!level.empty()) out.member("thinkingLevel", level);
    if (shows || request.advanced->thinking.show) out.member("includeThoughts", shows);
    out.end_object();
}

void write_gemini_choices(writer& out, advanced_options const& options) {
    if (options.n > 1) out.member("candidateCount", options.n);
    if (options.logprobs) out.member("responseLogprobs", true);
    if (options.top_logprobs > 0) out.member("logprobs", options.top_logprobs);
}

}  // namespace coax::detail
