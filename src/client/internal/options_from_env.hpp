#pragma once

#include <coax/client/options.hpp>
#include <coax/core/result.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace coax::detail {

/// Fills what `stated` leaves empty from the variables of its service (OPENAI_API_KEY and its like), an identity or the
/// service's defaults. The service is the one that COAX_PROVIDER names, else the first that the environment configures.
/// @param key_names  The variables of the key for messages, where `stated` has it; else those of the service are named.
/// Errors: `errc::invalid_argument`: no service, no key, no address.
[[nodiscard]] result<client_options> complete_from_env(
    std::function<std::optional<std::string>(std::string_view name)> const& look_up, client_options stated,
    std::string_view key_names = {});

}  // namespace coax::detail
