#pragma once

#include <coax/client/options.hpp>

#include <string>

namespace coax::detail {

/// The text with what these options hold in confidence replaced by "[secret]".
[[nodiscard]] std::string without_secrets(std::string text, client_options const& options);

}  // namespace coax::detail
