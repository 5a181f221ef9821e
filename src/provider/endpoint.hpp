#pragma once

#include <coax/chat/advanced_options.hpp>
#include <coax/chat/request.hpp>
#include <coax/core/result.hpp>
#include <coax/core/secret.hpp>
#include <coax/http/message.hpp>
#include <coax/provider/provider.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace coax::detail {

/// Where one service's requests go, and the header fields that are the same for all of them.
struct endpoint {
    base_url base{};
    header_list headers{};
    bool has_credential{false};  ///< The user's own header fields carry one.

    /// A POST to the base's path followed by `path`, which may have a query of its own, with the base's query.
    [[nodiscard]] http_request post(std::string_view path, std::string body) const;

    /// A GET of the same. @param query  Added to the base's; empty: none.
    [[nodiscard]] http_request get(std::string_view path, std::string_view query = {}) const;

    /// Puts the key into the header `name`, as a bearer token when that is "Authorization"; does nothing when the
    /// user's own fields carry a credential.
    void authorize(http_request& request, std::string_view name, secret const& key) const;
};

/// Adds the header fields of one request; in `anthropic-beta` it is to what is there.
/// Errors: `errc::invalid_argument` for what is no field, for credentials and for what the transport writes.
[[nodiscard]] result<void> add_headers(http_request& to, std::vector<request_header> const& headers);

/// The request with the header fields of a chat. Errors: as `add_headers`.
[[nodiscard]] result<http_request> with_headers(http_request made, chat_request const& request);

/// The base of the options, without a method's path at its end.
/// @param standard_url     The service's public address, for options that give none; empty: they must.
/// @param service_headers  Sent with every request, besides those of any JSON request.
/// Errors: `errc::invalid_argument`, `where` is "base_url" or "headers".
[[nodiscard]] result<endpoint> make_endpoint(provider_options const& options, std::string_view standard_url,
                                             header_list service_headers = {});

}  // namespace coax::detail
