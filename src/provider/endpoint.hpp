#pragma once

#include <coax/core/result.hpp>
#include <coax/core/secret.hpp>
#include <coax/http/message.hpp>
#include <coax/provider/provider.hpp>

#include <string>
#include <string_view>

namespace coax::detail {

/// Where one service's requests go, and the header fields that are the same for all of them.
struct endpoint {
    base_url base{};
    header_list headers{};
    bool authorized_by_user{false};  ///< The options' own header fields carry a credential.

    /// A POST with `body` to `base` + `path`; `query` is added to the base's own.
    [[nodiscard]] http_request post(std::string_view path, std::string_view query, std::string body) const;

    /// Puts the key into the field named, unless the user's own fields carry a credential.
    void authorize(http_request& request, std::string_view field, secret const& key) const;
};

/// @param standard_url  Where the service lives unless the options say otherwise; empty: they must.
/// @param own_headers   The service's fields besides those of every JSON request.
/// Errors: `errc::invalid_argument`, `where` is "base_url" or "headers".
[[nodiscard]] result<endpoint> make_endpoint(provider_options const& options, std::string_view standard_url,
                                             header_list own_headers = {});

/// `errc::invalid_argument`, naming the field.
[[nodiscard]] error invalid_argument(std::string where, std::string message);

}  // namespace coax::detail
