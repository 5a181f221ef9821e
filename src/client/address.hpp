#pragma once

#include <coax/http/message.hpp>

#include <string>

namespace coax::detail {

/// Where a request goes, without the query.
[[nodiscard]] inline std::string address_of(http_request const& request) {
    return to_string(request.to) + request.target.substr(0, request.target.find('?'));
}

}  // namespace coax::detail
