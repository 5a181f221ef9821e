#include "batch/simulated_service.hpp"

#include <coax/batch/rehearsal.hpp>
#include <coax/provider/provider.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace coax {
namespace {

using std::chrono::microseconds;

/// Milliseconds by output tokens.
struct latency_line {
    double base{0};
    double per_token{0};
};

/// By least squares, but neither part below 0.
latency_line fit_latency(std::vector<sampled_call> const& calls) {
    auto const count = static_cast<double>(calls.size());
    double tokens = 0;
    double latency = 0;
    for (auto const& call : calls)
        tokens += static_cast<double>(call.output_tokens), latency += static_cast<double>(call.latency.count());
    double both = 0;
    double square = 0;
    for (auto const& call : calls) {
        auto const distance = static_cast<double>(call.output_tokens) - tokens / count;
        both += distance * (static_cast<double>(call.latency.count()) - latency / count);
        square += distance * distance;
    }
    auto const slope = square > 0 ? std::max(0.0, both / square) : 0.0;
    auto const base = (latency - slope * tokens) / count;
    if (base < 0) return {.base = 0, .per_token = latency / std::max(tokens, 1.0)};
    return {.base = base, .per_token = slope};
}

/// Standard deviation of the logarithms of how far latencies are off the line.
double spread_around(latency_line const& line, std::vector<sampled_call> const& calls) {
    double squares = 0;
    for (auto const& call : calls) {
        auto const fitted = std::max(line.base + line.per_token * static_cast<double>(call.output_tokens), 1.0);
        auto const off = std::log(std::max(static_cast<double>(call.latency.count()), 1.0) / fitted);
        squares += off * off;
    }
    return std::sqrt(squares / static_cast<double>(calls.size() - 1));
}

}  // namespace

std::vector<sampled_call> detail::requests_of_calls(std::vector<sampled_call> calls) {
    for (auto& call : calls) {
        auto const count = std::max(call.requests, 1);
        call.input_tokens /= count;
        call.output_tokens /= count;
        call.latency /= count;
    }
    return calls;
}

result<void> validate(service_model const& model) {
    if (model.requests_per_minute < 0) return invalid_argument("service.requests_per_minute", "must not be negative");
    if (model.tokens_per_minute < 0) return invalid_argument("service.tokens_per_minute", "must not be negative");
    if (model.base_latency.count() < 0 || model.token_latency.count() < 0)
        return invalid_argument("service.base_latency", "and token_latency must not be negative");
    if (!(model.latency_spread >= 0 && model.latency_spread <= 3))
        return invalid_argument("service.latency_spread", "must be in [0, 3]");
    if (!(model.failure_share >= 0 && model.failure_share < 1))
        return invalid_argument("service.failure_share", "must be in [0, 1)");
    if (model.output_tokens < 0) return invalid_argument("service.output_tokens", "must not be negative");
    return {};
}

service_model fit_model(std::vector<sampled_call> calls, service_model from) {
    from.calls = std::move(calls);
    auto const requests = detail::requests_of_calls(from.calls);
    if (requests.size() < 2) return from;
    auto const line = fit_latency(requests);
    from.base_latency = microseconds{std::llround(line.base * 1000)};
    from.token_latency = microseconds{std::llround(line.per_token * 1000)};
    from.latency_spread = std::min(spread_around(line, requests), 3.0);
    return from;
}

result<std::size_t> request_bytes_of(chat_request const& request, service_options const& service) {
    auto const wire = make_provider(service.provider);
    if (!wire) return wire.error();
    auto named = request;
    if (named.model.empty()) named.model = service.model;
    auto const encoded = (*wire)->encode(named, false);
    if (!encoded) return encoded.error();
    return encoded->body.size();
}

}  // namespace coax
