#include "cli/job_identity.hpp"

#include "batch/internal/service_text.hpp"

namespace coax::cli {

namespace {

/// Whether a setting says what the service is sent.
bool is_sent(setting const& one) {
    return one.path.starts_with("request.") && !one.path.starts_with("request.response_cache.");
}

/// The parameters of requests that are set, those of old outputs first and in their form.
std::string parameters_text(configuration const& set) {
    auto const text = [](auto const& number) { return number ? std::to_string(*number) : std::string{}; };
    auto parameters = text(set.request.temperature) + ' ' + text(set.request.max_output_tokens);
    for (auto const& each : set.settings) {
        bool const is_first = each.path == "request.temperature" || each.path == "request.max_output_tokens";
        if (is_sent(each) && !is_first && each.origin != "default")
            parameters.append(" ").append(each.path).append(" ").append(each.value);
    }
    return parameters;
}

/// The same for people: "temperature 0.2, max_output_tokens 9".
std::string shown_parameters(configuration const& set) {
    std::string shown;
    for (auto const& each : set.settings)
        if (is_sent(each) && each.origin != "default")
            shown.append(shown.empty() ? "" : ", ").append(each.path.substr(8)).append(" ").append(each.value);
    return shown;
}

}  // namespace

void add_identity(batch_flags const& flags, configuration const& set, run_identity& run) {
    auto const dimensions = "dimensions " + (flags.dimensions ? std::to_string(*flags.dimensions) : std::string{});
    if (flags.schema.empty() && !flags.json && flags.decide.schema.empty()) run.digests.schema = digest_of({});
    run.model = set.client.service.model;
    run.service = coax::detail::service_text(set.client.service.provider);
    run.parameters = flags.embeds ? dimensions : shown_parameters(set);
    run.digests.model = digest_of(run.model);
    run.digests.service = digest_of(run.service);
    run.digests.parameters = digest_of(flags.embeds ? dimensions : parameters_text(set));
}

}  // namespace coax::cli
