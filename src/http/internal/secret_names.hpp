#pragma once

#include <string>
#include <string_view>

namespace coax::http::detail {

/// Whether a request's header or query parameter of that name holds a credential.
[[nodiscard]] bool names_credential(std::string_view name);

/// The credential in a header's value: what follows a scheme such as "Bearer".
[[nodiscard]] std::string without_scheme(std::string const& value);

}  // namespace coax::http::detail
