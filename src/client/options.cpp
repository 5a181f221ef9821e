#include "client/secret_filter.hpp"
#include "core/internal/boxed.hpp"

#include <coax/cache/response_cache.hpp>
#include <coax/client/options.hpp>
#include <coax/client/token_options.hpp>
#include <coax/telemetry/observer.hpp>

#include <algorithm>

namespace coax {

template class boxed<adaptive_limit_options>;
template class boxed<retry_budget_options>;
template class boxed<circuit_breaker_options>;
template class boxed<hedge_options>;
template class boxed<telemetry_options>;
template class boxed<token_options>;
namespace {

result<void> validate(exchange_limits const& limits);
result<void> validate(policy_options const& options);
result<void> validate(output_options const& options);

/// `validate(part)`, with the part's name in front of the option's.
template <class Options>
result<void> validate_part(std::string_view name, Options const& part) {
    auto checked = validate(part);
    if (checked) return checked;
    error why = std::move(checked).error();
    why.where.insert(0, std::string{name} + '.');
    return why;
}

/// The same of a part that may be off.
template <class Options>
result<void> validate_part(std::string_view name, boxed<Options> const& part) {
    return part ? validate_part(name, *part) : result<void>{};
}

result<void> validate(exchange_limits const& limits) {
    if (limits.max_body_bytes == 0) return invalid_argument("max_body_bytes", "must be greater than 0");
    if (std::min({limits.connect, limits.first_byte, limits.idle, limits.total}).count() < 0)
        return invalid_argument("connect, first_byte, idle, total", "must not be negative");
    return {};
}

result<void> validate(policy_options const& options) {
    if (options.max_concurrency < 1 || options.max_concurrency > 65'535)
        return invalid_argument("max_concurrency",
                                "must be in [1, 65535], is " + std::to_string(options.max_concurrency));
    if (options.timeout.count() < 0) return invalid_argument("timeout", "must not be negative");
    if (options.expected_output_tokens < 0) return invalid_argument("expected_output_tokens", "must not be negative");
    if (options.retry_budget && options.retry.budget)
        return invalid_argument("retry_budget", "`retry.budget` is given as well");
    if (auto checked = validate_part("limits", options.limits); !checked) return checked;
    if (auto checked = validate_part("adaptive", options.adaptive); !checked) return checked;
    if (auto checked = validate_part("rate_limits", options.rate_limits); !checked) return checked;
    if (auto checked = validate_part("retry", options.retry); !checked) return checked;
    if (auto checked = validate_part("retry_budget", options.retry_budget); !checked) return checked;
    if (auto checked = validate_part("circuit_breaker", options.circuit_breaker); !checked) return checked;
    return validate_part("hedge", options.hedge);
}

result<void> validate(output_options const& options) {
    if (options.max_reasks < 0 || options.max_reasks > 10)
        return invalid_argument("max_reasks", "must be in [0, 10], is " + std::to_string(options.max_reasks));
    if (options.max_reask_tokens < 0) return invalid_argument("max_reask_tokens", "must not be negative");
    if (options.max_event_bytes == 0) return invalid_argument("max_event_bytes", "must be greater than 0");
    return {};
}

}  // namespace

result<void> validate(client_options const& options) {
    if (!detail::fits_header(options.service.api_key))
        return invalid_argument("service.api_key", "the key holds a line break or another control character");
    if (auto checked = validate_part("policies", options.policies); !checked) return checked;
    if (auto checked = validate_part("output", options.output); !checked) return checked;
    if (options.tokens->fit && !options.tokens->count) return invalid_argument("tokens.fit", "needs `tokens.count`");
    if (std::ranges::count(options.telemetry->observers, nullptr) > 0)
        return invalid_argument("telemetry.observers", "must not be null");
    if (auto checked = validate_part("response_cache", options.response_cache); !checked) return checked;
    return validate_part("http", options.http);
}

}  // namespace coax
