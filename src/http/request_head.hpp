#pragma once

#include <coax/core/result.hpp>
#include <coax/http/message.hpp>

#include <string>

namespace coax::http::detail {

/// Whether the request can be written as it is: `errc::invalid_argument` names the part that cannot, never its value.
[[nodiscard]] result<void> check_request(http_request const& request);

/// Writes request line and fields into `head`, whose memory is used again; with Accept-Encoding, unless the request has
/// one of its own.
void write_head(http_request const& request, std::string& head);

}  // namespace coax::http::detail
