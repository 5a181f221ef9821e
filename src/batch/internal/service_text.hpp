#pragma once

#include <coax/provider/provider.hpp>

#include <string>

namespace coax::detail {

/// A service, as far as its answers depend on it: without what may change from run to run, a port or a key in its
/// address.
[[nodiscard]] std::string service_text(provider_options const& options);

}  // namespace coax::detail
