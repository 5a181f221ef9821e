#pragma once

#include "http/exchange_deadline.hpp"

#include <coax/core/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <string>
#include <vector>

namespace coax::http::detail {

/// Connects to the first of several addresses that answers: one more is tried every 250 ms, or as soon as one failed,
/// beside those that are still silent. IPv6 and IPv4 take turns. Source: RFC 8305, sections 4 and 5.
///
/// @param candidates  In the resolver's order; at least one.
/// @param losers  Gets the addresses that were tried before the one that answered. Must outlive the operation.
/// @returns The connected socket, which no child process inherits; else the last error.
/// Cancellation: all attempts are given up.
asio::awaitable<result<asio::ip::tcp::socket>> connect_first(std::vector<asio::ip::tcp::endpoint> candidates,
                                                             exchange_deadline& limits, origin const& to,
                                                             std::vector<asio::ip::address>& losers);

/// `addresses` with their families taking turns, beginning with that of the first.
[[nodiscard]] std::vector<asio::ip::address> interleave_families(std::vector<asio::ip::address> const& addresses);

/// "127.0.0.1:80, [::1]:80", at most four of them.
[[nodiscard]] std::string to_string(std::vector<asio::ip::tcp::endpoint> const& endpoints);

}  // namespace coax::http::detail
