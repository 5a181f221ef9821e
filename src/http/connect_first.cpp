#include "http/connect_first.hpp"

#include "http/errors.hpp"
#include "runtime/internal/suspended.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <deque>
#include <fcntl.h>
#include <memory>
#include <sstream>
#include <sys/socket.h>
#include <utility>

namespace coax::http::detail {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds attempt_delay{250};  // RFC 8305, section 8

/// Asio's own `open` leaves the socket open in every child process.
void open_socket(tcp::socket& socket, tcp const& protocol, error_code& ec) {
#ifdef SOCK_CLOEXEC
    int const made = ::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
#else
    int const made = ::socket(protocol.family(), SOCK_STREAM, 0);
    if (made >= 0) ::fcntl(made, F_SETFD, FD_CLOEXEC);
#endif
    if (made < 0)
        ec.assign(errno, boost::system::system_category());
    else
        socket.assign(protocol, made, ec);
}

/// The attempts to connect, and who waits for them. Lives as long as one of them is under way.
struct attempts : std::enable_shared_from_this<attempts> {
    struct attempt {
        tcp::socket socket;
        tcp::endpoint to;
        error_code failure{};
        bool over{false};
    };

    void start(asio::any_io_executor const& executor, tcp::endpoint const& to) {
        auto& one = all.emplace_back(attempt{.socket = tcp::socket{executor}, .to = to});
        open_socket(one.socket, to.protocol(), one.failure);
        one.over = one.failure.failed();
        if (one.over) return;
        one.socket.async_connect(to, [self = shared_from_this(), &one](error_code failure) {
            one.failure = failure;
            one.over = true;
            if (self->waiting != nullptr) self->waiting->wake();
        });
    }

    void close() {
        waiting = nullptr;
        for (auto& each : all) {
            error_code ignored;
            each.socket.close(ignored);
        }
    }

    [[nodiscard]] attempt* connected() {
        auto const at = std::find_if(all.begin(), all.end(), [](auto const& a) { return a.over && !a.failure; });
        return at == all.end() ? nullptr : &*at;
    }
    [[nodiscard]] bool all_over() const {
        return std::all_of(all.begin(), all.end(), [](auto const& each) { return each.over; });
    }

    std::deque<attempt> all{};
    coax::detail::suspended* waiting{nullptr};
};

/// Gives the attempts up when the coroutine ends, however that is.
struct attempts_scope {
    explicit attempts_scope(coax::detail::suspended& waiting) { running->waiting = &waiting; }
    attempts_scope(attempts_scope const&) = delete;
    attempts_scope& operator=(attempts_scope const&) = delete;
    ~attempts_scope() { running->close(); }

    std::shared_ptr<attempts> running{std::make_shared<attempts>()};
};

}  // namespace

asio::awaitable<result<tcp::socket>> connect_first(std::vector<tcp::endpoint> candidates, exchange_deadline& limits,
                                                   origin const& to, std::vector<asio::ip::address>& losers) {
    auto const executor = co_await asio::this_coro::executor;
    coax::detail::suspended node{executor, "a connection"};
    attempts_scope scope{node};
    auto& tried = *scope.running;
    for (std::size_t next = 0;;) {
        if (next < candidates.size()) tried.start(executor, candidates[next++]);
        if (tried.all_over() && next < candidates.size()) continue;
        if (tried.all_over()) break;
        limits.interrupts(node);
        auto const soon = limits.now() + attempt_delay;
        co_await suspend_until(node, next < candidates.size() ? std::optional{soon} : std::nullopt);
        if (auto why = limits.stopped(co_await asio::this_coro::cancellation_state)) co_return std::move(*why);
        auto* const winner = tried.connected();
        if (winner == nullptr) continue;
        for (auto const& each : tried.all) {
            if (&each == winner) break;
            losers.push_back(each.to.address());
        }
        co_return std::move(winner->socket);
    }
    co_return transport_error(stage::connecting, tried.all.back().failure, to);
}

std::vector<asio::ip::address> interleave_families(std::vector<asio::ip::address> const& addresses) {
    std::vector<asio::ip::address> own;
    std::vector<asio::ip::address> other;
    for (auto const& each : addresses) (each.is_v6() == addresses.front().is_v6() ? own : other).push_back(each);
    std::vector<asio::ip::address> out;
    for (std::size_t i = 0; i < std::max(own.size(), other.size()); ++i) {
        if (i < own.size()) out.push_back(own[i]);
        if (i < other.size()) out.push_back(other[i]);
    }
    return out;
}

std::string to_string(std::vector<tcp::endpoint> const& endpoints) {
    constexpr std::size_t most = 4;
    std::ostringstream out;
    for (std::size_t i = 0; i < std::min(endpoints.size(), most); ++i) out << (i == 0 ? "" : ", ") << endpoints[i];
    if (endpoints.size() > most) out << " and " << endpoints.size() - most << " more";
    return out.str();
}

}  // namespace coax::http::detail
