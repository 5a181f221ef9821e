#pragma once

#include "http/internal/secret_names.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/client/options.hpp>
#include <coax/core/error.hpp>
#include <coax/core/secret.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace coax::detail {

/// Hides in an error what the client sends in confidence and a service or proxy may quote: the key or token,
/// credentials in headers of its own and in the address, the proxy's password. Thread safety: immutable.
class secret_filter {
public:
    explicit secret_filter(client_options const& options);

    /// @param more  Of the failed request alone: its token, credentials in header fields of its own; null: none.
    void hide(error& why, std::vector<secret> const* more) const;
    void hide(std::string& text) const;

private:
    std::vector<secret> secrets_;  ///< The longest first: one may be part of another.
};

using http::detail::names_credential;

/// The credentials in header fields, told by the fields' names.
[[nodiscard]] std::vector<secret> secrets_in(std::vector<request_header> const& headers);

/// Whether a key can stand in a header: it holds no line break or other control character.
[[nodiscard]] bool fits_header(secret const& key) noexcept;

}  // namespace coax::detail
