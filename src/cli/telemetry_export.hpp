#pragma once

#include "cli/service_flags.hpp"

#include <coax/client/options.hpp>
#include <coax/telemetry/otlp_exporter.hpp>

#include <memory>

namespace coax::cli {

/// Exports what the program does, where OpenTelemetry's variables name a place; sends the rest when it dies.
class telemetry_export {
public:
    /// Adds the exporter to the options. Variables that make no sense are told, and nothing is exported.
    telemetry_export(client_options& options, environment const& look_up);
    telemetry_export(telemetry_export const&) = delete;
    telemetry_export& operator=(telemetry_export const&) = delete;
    /// Tells what was lost.
    ~telemetry_export();

private:
    std::shared_ptr<otlp_exporter> exporter_{};
};

}  // namespace coax::cli
