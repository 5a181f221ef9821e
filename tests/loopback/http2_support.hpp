#pragma once

#include "loopback/http_support.hpp"
#include "support/http2_server.hpp"

#include <memory>

namespace coax::test {

using http2_call_ptr = std::shared_ptr<http2_call>;

inline http_options over_http2(http2_server const& server, http2_mode mode = http2_mode::on) {
    return {.http2 = mode, .ca_pem = server.ca_pem()};
}

}  // namespace coax::test
