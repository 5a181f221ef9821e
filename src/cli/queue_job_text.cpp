#include "cli/queue_job_text.hpp"

#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>
#include <coax/tokens/usd.hpp>

#include <utility>

namespace coax::cli {
namespace {

/// What requests are, how responses are read, and with how much patience.
bool is_told(setting const& one) {
    bool const is_request = one.path.starts_with("request.") && !one.path.starts_with("request.response_cache.");
    bool const is_patience = one.path.starts_with("policies.retry.") || one.path == "policies.timeout" ||
                             one.path == "batch.max_pause" || one.path == "batch.alike_failures";
    return one.origin != "default" && (is_request || is_patience || one.path.starts_with("output."));
}

}  // namespace

result<std::map<std::string, std::string>> told_settings(configuration const& set) {
    std::map<std::string, std::string> told;
    for (auto const& each : set.settings) {
        if (!is_told(each)) continue;
        if (each.value.find("[secret]") != std::string::npos)
            return invalid_argument(each.path, "is secret, and does not go into a queue: set it for each worker");
        told.emplace(each.path, each.value);
    }
    return told;
}

std::string to_text(queued_job const& job) { return json::write(job); }

result<queued_job> read_queued_job(std::string const& text) {
    auto read = json::read<queued_job>(text, {.refuse_unknown_keys = true});
    if (!read) return invalid_argument("--queue", "the job was made by another version of coax than this worker is");
    return read;
}

result<fleet_limits> fleet_limits_of(batch_job const& job, batch_flags const& flags) {
    auto const& rates = job.options.policies.rate_limits;
    fleet_limits limits{.requests_per_minute = rates.requests_per_minute,
                        .tokens_per_minute = rates.tokens_per_minute,
                        .max_concurrency = static_cast<std::int64_t>(flags.concurrency.value_or(0))};
    if (rates.requests_per_day > 0 || rates.tokens_per_day > 0)
        return invalid_argument("--queue", "limits of a day do not hold for a fleet: leave them out");
    if (!flags.max_cost.empty()) limits.max_cost = usd::parse(flags.max_cost).value();
    return limits;
}

}  // namespace coax::cli
