#include "cli/configured_client.hpp"

#include <coax/client/router.hpp>

#include <utility>

namespace coax::cli {

bool asks_router(configuration const& set, service_flags const& service) {
    return set.router && service.service.empty() && service.provider.empty() && service.profile.empty() &&
           service.base_url.empty() && service.deployment.empty() &&
           process_environment("COAX_SERVICE").value_or("").empty();
}

client configured_client(asio::any_io_executor executor, configuration& set, service_flags const& service) {
    if (!asks_router(set, service)) return {std::move(executor), std::move(set.client)};
    auto options = *std::move(set.router);
    for (auto& each : options.routes) {
        each.options.telemetry = set.client.telemetry;
        each.options.response_cache = set.client.response_cache;
    }
    return router{std::move(executor), std::move(options)};
}

}  // namespace coax::cli
