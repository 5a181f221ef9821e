#pragma once

#include <coax/http/message.hpp>

#include <string>
#include <vector>

namespace coax::http::detail {

/// The fields of a request as HTTP/2 has them: pseudo-header fields first, names in lower case, without those that
/// belong to one connection of HTTP/1.1. Source: RFC 9113, section 8.
[[nodiscard]] std::vector<header_list::field> http2_fields(http_request const& request);

}  // namespace coax::http::detail
