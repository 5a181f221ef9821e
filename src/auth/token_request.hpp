#pragma once

#include <coax/auth/token_source.hpp>
#include <coax/http/message.hpp>
#include <coax/runtime/asio.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the token sources share: one request to an authority, and what comes back.
namespace coax::auth::detail {

/// The fields as application/x-www-form-urlencoded.
[[nodiscard]] std::string form(std::vector<std::pair<std::string_view, std::string_view>> const& fields);

/// A request to an address of the authority, a GET unless there is a body, which is a form.
/// Errors: `errc::invalid_argument`; `where` is `option`.
[[nodiscard]] result<http_request> make_token_request(std::string option, std::string_view url, std::string body = {});

/// Sends it and reads `access_token` with `expires_in` or `expires_on`.
///
/// @param hidden  What the request holds in confidence; no error repeats it.
/// Errors: of the transport; by the status `errc::authentication`, `errc::not_found`, `errc::rate_limited`,
/// `errc::server_error`; `errc::protocol_error`. They name the address and the authority's words.
[[nodiscard]] asio::awaitable<result<access_token>> request_token(token_http_options how, http_request request,
                                                                  secret hidden);

/// The token in a response's body.
/// @param now  To which `expires_on` is compared.
[[nodiscard]] result<access_token> read_token(http_response const& response, std::string_view address,
                                              std::chrono::system_clock::time_point now);

/// The first 64 KiB of a file, without the line break at its end. Errors: `errc::io_failed`.
[[nodiscard]] result<std::string> read_small_file(std::string const& path);

}  // namespace coax::auth::detail
