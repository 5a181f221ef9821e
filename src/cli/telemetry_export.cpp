#include "cli/telemetry_export.hpp"

#include "cli/console.hpp"

#include <coax/telemetry/observer.hpp>

#include <string>
#include <utility>

namespace coax::cli {

telemetry_export::telemetry_export(client_options& options, environment const& look_up) {
    auto wanted = otlp_options_from(look_up);
    if (!wanted) print_note("no telemetry is exported: " + to_string(wanted.error()));
    if (!wanted || !*wanted) return;
    auto& http = (*wanted)->http;
    http.https_proxy = options.http.https_proxy;
    http.no_proxy = options.http.no_proxy;
    exporter_ = std::make_shared<otlp_exporter>(**std::move(wanted));
    options.telemetry.edit().observers.push_back(exporter_);
}

telemetry_export::~telemetry_export() {
    if (!exporter_) return;
    exporter_->close();
    auto const did = exporter_->statistics();
    if (did.dropped_spans > 0 || did.failed_requests > 0)
        print_note("telemetry: " + std::to_string(did.dropped_spans) + " spans were not taken: " + did.last_failure);
}

}  // namespace coax::cli
