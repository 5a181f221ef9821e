#pragma once

#include "cli/service_flags.hpp"

#include <coax/client/client.hpp>

namespace coax::cli {

/// Whether the configuration's `router` is what is asked: it has one, and neither flag nor COAX_SERVICE names a
/// service.
[[nodiscard]] bool asks_router(configuration const& set, service_flags const& service);

/// The router of a configuration, where that is asked, else a client of its service. Takes its options out of it.
[[nodiscard]] client configured_client(asio::any_io_executor executor, configuration& set,
                                       service_flags const& service);

}  // namespace coax::cli
