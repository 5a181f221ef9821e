#include "core/internal/boxed.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/chat/request.hpp>

#include <algorithm>
#include <unordered_set>

namespace coax {

bool thinking_options::operator==(thinking_options const& other) const = default;
bool token_bias::operator==(token_bias const& other) const = default;
bool request_header::operator==(request_header const& other) const = default;
bool advanced_options::operator==(advanced_options const& other) const = default;

namespace {

/// Where a token is said a second time; the size: nowhere.
std::size_t second_of_token(std::vector<token_bias> const& biases) {
    std::unordered_set<std::int64_t> seen;
    auto const is_repeated = [&](token_bias const& one) { return !seen.insert(one.token).second; };
    return static_cast<std::size_t>(std::ranges::find_if(biases, is_repeated) - biases.begin());
}

result<void> check_bias(std::vector<token_bias> const& biases) {
    auto const element = [](std::size_t index) { return "advanced.logit_bias[" + std::to_string(index) + ']'; };
    for (std::size_t i = 0; i < biases.size(); ++i) {
        if (biases[i].token < 0) return invalid_argument(element(i) + ".token", "must not be negative");
        if (biases[i].bias < -100 || biases[i].bias > 100)
            return invalid_argument(element(i) + ".bias", "must be in [-100, 100]");
    }
    auto const second = second_of_token(biases);
    if (second < biases.size()) return invalid_argument(element(second) + ".token", "is a duplicate");
    return {};
}

}  // namespace

result<void> validate(advanced_options const& options) {
    if (options.n < 1 || options.n > 128) return invalid_argument("advanced.n", "must be in [1, 128]");
    if (options.top_logprobs < 0 || options.top_logprobs > 20)
        return invalid_argument("advanced.top_logprobs", "must be in [0, 20]");
    if (options.top_logprobs > 0 && !options.logprobs)
        return invalid_argument("advanced.top_logprobs", "goes with `logprobs`");
    if (auto valid = check_bias(options.logit_bias); !valid) return valid;
    bool const has_budget = options.thinking.mode == thinking_mode::budget;
    if (has_budget != (options.thinking.budget_tokens > 0))
        return invalid_argument("advanced.thinking.budget_tokens",
                                has_budget ? "must be > 0" : "goes with thinking_mode::budget");
    return {};
}

template class boxed<advanced_options>;

}  // namespace coax
