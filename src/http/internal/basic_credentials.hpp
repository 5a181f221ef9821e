#pragma once

#include <coax/core/secret.hpp>

#include <string>

namespace coax::http::detail {

/// "Basic " and user and password in base64. Source: RFC 7617, section 2.
[[nodiscard]] secret basic_credentials(std::string const& user, std::string const& password);

}  // namespace coax::http::detail
