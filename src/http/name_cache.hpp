#pragma once

#include "http/exchange_deadline.hpp"

#include <coax/sync/single_flight.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace coax::http::detail {

/// Addresses of host names, kept for a short while. Requests that ask for the same name share one look-up, which goes
/// on when they have all left: the system's look-up cannot be stopped, and who asks next finds its result.
class name_cache {
public:
    explicit name_cache(asio::any_io_executor const& executor);
    name_cache(name_cache const&) = delete;
    name_cache& operator=(name_cache const&) = delete;
    ~name_cache();

    /// At least one endpoint, or why there is none. An address literal needs no look-up.
    asio::awaitable<result<std::vector<asio::ip::tcp::endpoint>>> look_up(std::string host, std::uint16_t port,
                                                                          exchange_deadline& limits, origin const& to);
    /// To be called when none of its addresses answered: the next request asks again.
    void forget(std::string const& host);

private:
    using addresses = std::vector<asio::ip::address>;
    struct outcome {
        addresses found{};
        boost::system::error_code failure{};
    };
    struct table;

    static asio::awaitable<outcome> resolve(std::shared_ptr<table> names, std::string host, clock::time_point asked);

    std::shared_ptr<table> table_;
    single_flight<std::string, outcome> look_ups_{when_abandoned::finish};
};

}  // namespace coax::http::detail
