#pragma once

#include <coax/http/message.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace coax::http::detail {

/// Nothing when the request can be written as it is; else `errc::invalid_argument` naming the part, never its value.
[[nodiscard]] std::optional<error> check_request(http_request const& request);

/// Writes request line and fields into `head`, whose memory is used again.
void write_head(http_request const& request, std::string& head);

/// Whether sending it twice does what sending it once does. Source: RFC 9110, section 9.2.2.
[[nodiscard]] bool is_idempotent(std::string_view method) noexcept;

}  // namespace coax::http::detail
