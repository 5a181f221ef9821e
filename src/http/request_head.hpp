#pragma once

#include <coax/core/result.hpp>
#include <coax/http/message.hpp>

#include <string>
#include <string_view>

namespace coax::http::detail {

/// Whether the request can be written as it is: `errc::invalid_argument` names the part that cannot, never its value.
[[nodiscard]] result<void> check_request(http_request const& request);

/// Writes request line and fields into `head`, whose memory is used again.
void write_head(http_request const& request, std::string& head);

/// Whether sending it twice does what sending it once does. Source: RFC 9110, section 9.2.2.
[[nodiscard]] bool is_idempotent(std::string_view method) noexcept;

}  // namespace coax::http::detail
