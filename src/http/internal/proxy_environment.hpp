#pragma once

#include <coax/http/http_transport.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace coax::http::detail {

/// `proxy_from_env` over any look-up.
void proxy_from(std::function<std::optional<std::string>(std::string_view name)> const& look_up, http_options& options);

}  // namespace coax::http::detail
