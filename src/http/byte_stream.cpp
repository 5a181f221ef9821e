#include "http/internal/byte_stream.hpp"

#include "http/connect.hpp"
#include "http/connection.hpp"
#include "http/errors.hpp"
#include "http/exchange_deadline.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <utility>

namespace coax::http::detail {

using boost::system::error_code;

struct byte_stream::state {
    state(asio::any_io_executor where, http_options with)
        : executor{std::move(where)}, options{std::move(with)}, connect{executor, options} {}

    asio::awaitable<result<void>> send(std::string_view bytes, exchange_deadline& deadline);
    asio::awaitable<result<void>> receive(receiver const& take, exchange_deadline& deadline);
    asio::awaitable<result<void>> wait(error_code why, stage reached, exchange_deadline& deadline);

    asio::any_io_executor executor;
    http_options options;
    connector connect;
    origin to{};
    std::unique_ptr<connection> link{};
};

byte_stream::byte_stream(asio::any_io_executor executor, http_options options)
    : state_{std::make_shared<state>(std::move(executor), std::move(options))} {}

bool byte_stream::is_open() const noexcept { return state_->link != nullptr; }

void byte_stream::close() noexcept { state_->link.reset(); }

asio::awaitable<result<void>> byte_stream::connect(origin to, std::chrono::milliseconds within) {
    std::shared_ptr<state> const all{state_};
    all->to = std::move(to);
    auto const limits = clamped({.connect = within});
    exchange_deadline deadline{all->executor, limits, all->to};
    auto made = co_await all->connect.connect(all->to, deadline);
    if (!made) co_return std::move(made).error();
    all->link = *std::move(made);
    co_return result<void>{};
}

asio::awaitable<result<void>> byte_stream::exchange(std::string bytes, std::chrono::milliseconds within,
                                                    receiver receive) {
    std::shared_ptr<state> const all{state_};
    auto const limits = clamped({.total = within});
    exchange_deadline deadline{all->executor, limits, all->to};
    deadline.start(limit::none);
    auto done = co_await all->send(bytes, deadline);
    if (done) done = co_await all->receive(receive, deadline);
    if (!done) all->link.reset();
    co_return done;
}

/// After a step that could not go on: waits for the socket, or tells what is wrong with it.
asio::awaitable<result<void>> byte_stream::state::wait(error_code why, stage reached, exchange_deadline& deadline) {
    if (why != asio::error::would_block && why != asio::error::try_again) {
        co_return transport_error(reached, reached == stage::sending ? link->why_ended(why) : why, to);
    }
    co_await deadline.wait(link->socket(), link->wanted());
    if (auto stopped = deadline.stopped(co_await asio::this_coro::cancellation_state)) co_return std::move(*stopped);
    co_return result<void>{};
}

asio::awaitable<result<void>> byte_stream::state::send(std::string_view bytes, exchange_deadline& deadline) {
    std::string_view nothing;
    while (!bytes.empty()) {
        error_code ec;
        (void)link->write(bytes, nothing, ec);
        if (!ec) continue;
        if (auto ready = co_await wait(ec, stage::sending, deadline); !ready) co_return ready;
    }
    co_return result<void>{};
}

asio::awaitable<result<void>> byte_stream::state::receive(receiver const& take, exchange_deadline& deadline) {
    for (;;) {
        error_code ec;
        if (link->read(ec) == 0) {
            if (auto ready = co_await wait(ec, stage::receiving, deadline); !ready) co_return ready;
            continue;
        }
        auto const done = take(link->input());
        link->consume(link->input().size());
        if (!done) co_return done.error();
        if (*done) co_return result<void>{};
    }
}

}  // namespace coax::http::detail
