#include "cli/job_settings.hpp"

#include <algorithm>

namespace coax::cli {

configuration batch_defaults() {
    configuration defaults;
    defaults.client.policies.retry.max_attempts = 6;
    return defaults;
}

std::vector<setting> settings_of(batch_flags const& flags) {
    setting_flags stated;
    auto const attempts = flags.retries ? std::optional{*flags.retries + 1} : std::nullopt;
    stated.add("batch.concurrency", flags.concurrency, "--concurrency")
        .add("policies.max_concurrency", flags.concurrency, "--concurrency")
        .add("policies.rate_limits.requests_per_minute", flags.rpm, "--rpm")
        .add("policies.rate_limits.tokens_per_minute", flags.tpm, "--tpm")
        .add_switch("policies.rate_limits.even_spacing", flags.even_spacing, "--even-spacing")
        .add("policies.retry.max_attempts", attempts, "--retries")
        .add("output.max_reasks", flags.max_reasks, "--max-reasks")
        .add_switch("output.relax_schemas", flags.relax_schema, "--relax-schema")
        .add_seconds("policies.timeout", flags.timeout, "--timeout")
        .add("batch.max_failures", flags.max_failures, "--max-failures")
        .add("batch.alike_failures", flags.max_alike, "--max-alike")
        .add_seconds("batch.max_pause", flags.max_pause, "--max-pause")
        .add("request.temperature", flags.temperature, "--temperature")
        .add("request.max_output_tokens", flags.max_tokens, "--max-tokens");
    add_settings(stated, flags.cache);
    add_settings(stated, flags.journal);
    return std::move(stated).take();
}

void fit_to_concurrency(batch_flags const& flags, configuration& set) {
    auto& client = set.client;
    auto const records = set.batch.concurrency;
    auto const requests = std::ranges::find(set.settings, "policies.max_concurrency", &setting::path);
    if (requests != set.settings.end() && requests->origin == "default") client.policies.max_concurrency = records;
    if (flags.adaptive) {
        auto& adaptive = client.policies.adaptive.edit();
        adaptive.maximum = records;
        adaptive.initial = std::min(adaptive.initial, records);
    }
    client.http.max_connections_per_host = std::max(client.http.max_connections_per_host, records);
    client.http.max_connections = std::max(client.http.max_connections, records);
    if (flags.no_resend)
        for (auto const code : {errc::connection_lost, errc::timeout}) client.policies.retry.table.set(code, false);
}

}  // namespace coax::cli
