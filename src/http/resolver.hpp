#pragma once

#include "http/exchange_deadline.hpp"

#include <coax/core/result.hpp>
#include <coax/runtime/clock.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace coax::http::detail {

/// Looks up the addresses of host names on a few threads of its own. The system's look-up cannot be stopped, so whoever
/// gives up leaves at once and nothing waits for the thread: neither an io_context nor the end of the program. Requests
/// for the same name share one look-up. Addresses are kept for a short while, also those that nobody waited for any
/// more: who asks next finds them.
/// Thread safety: from any thread. Lifetime: may die before its look-ups.
class resolver {
public:
    using addresses = std::vector<asio::ip::address>;
    struct answer {
        addresses found{};
        boost::system::error_code failure{};
    };
    using look_up_function = std::function<answer(std::string const& host)>;

    /// @param ask  May block; called on threads of the resolver's own.
    /// @param most_threads  Look-ups at once; further names wait.
    explicit resolver(look_up_function ask, std::size_t most_threads = 16);

    /// The one that asks the system, for the whole process.
    [[nodiscard]] static resolver& system();

    /// At least one address, those that lately lost against another one last; or `errc::connect_failed`.
    /// @param limits, to  Must outlive the operation.
    asio::awaitable<result<addresses>> look_up(std::string host, exchange_deadline& limits, origin const& to);

    /// To be called when none of its addresses answered: the next request asks again.
    void forget(std::string const& host);
    /// To be called for an address that failed, or was too slow, where another one of its name served: it comes last
    /// for a while.
    void demote(asio::ip::address const& loser, clock::time_point now);

private:
    struct state;
    struct waiter;

    std::shared_ptr<state> state_;
};

}  // namespace coax::http::detail
