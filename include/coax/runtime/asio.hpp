#pragma once

#include <coax/core/detail/toolchain.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace coax {

namespace asio = boost::asio;

}  // namespace coax
