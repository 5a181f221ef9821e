#pragma once

#include "client/chat_stream_state.hpp"
#include "client/client_impl.hpp"
#include "client/route_rule.hpp"

#include <coax/client/router.hpp>
#include <coax/policy/retry.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace coax::detail {

/// The routes of a router, which its shards share. Thread safety: may be used from any thread.
class routes {
public:
    /// @throws coax::exception  As a client's constructor, with the route's place in `where`.
    routes(std::vector<asio::any_io_executor> const& executors, router_options options);

    struct choice {
        std::size_t index;
        std::shared_ptr<client::impl> impl;
    };
    /// A route for a call, which counts as begun there; none: all that could take it were tried.
    /// @param tried  Gets the route.
    /// @param why    With which it failed before; null: it is new.
    [[nodiscard]] std::optional<choice> begin(route_hint const& hint, std::vector<bool>& tried, error const* why,
                                              asio::any_io_executor const& executor);
    void answered(std::size_t index, clock::duration took);
    void failed(std::size_t index, error const& why, clock::time_point now);
    void end(std::size_t index);

    /// Whether some route takes calls that have failed like this, tried or not.
    [[nodiscard]] bool moves(error const& why) const;
    [[nodiscard]] std::string const& name_of(std::size_t index) const { return options_.routes[index].name; }
    [[nodiscard]] std::size_t count() const noexcept { return impls_.size(); }
    [[nodiscard]] retry_options const& retry() const noexcept { return options_.retry; }

    [[nodiscard]] std::vector<route_status> status(clock::time_point now) const;
    [[nodiscard]] client_statistics statistics() const;
    void close();

private:
    [[nodiscard]] clock::duration wait_of(std::size_t index, std::int64_t tokens, clock::time_point now) const;

    router_options options_;
    std::vector<std::shared_ptr<client::impl>> impls_{};
    mutable std::mutex mutex_{};
    route_rule rule_;
};

/// A call that is under way on a route; a stream's until its end.
class route_use {
public:
    route_use(std::shared_ptr<routes> all, std::size_t index) : all_{std::move(all)}, index_{index} {}
    route_use(route_use const&) = delete;
    route_use& operator=(route_use const&) = delete;
    ~route_use() { all_->end(index_); }

    [[nodiscard]] std::string const& name() const { return all_->name_of(index_); }
    [[nodiscard]] std::size_t index() const noexcept { return index_; }

private:
    std::shared_ptr<routes> all_;
    std::size_t index_;
};

/// One operation on its way through the routes, in the frame that waits for it.
class routing {
public:
    routing(std::shared_ptr<routes> all, route_hint hint, asio::any_io_executor executor);

    /// Chooses the route of the next try; where all have failed, waits first as the retry options say.
    /// @returns Whether there is one; else `why` is final.
    asio::awaitable<bool> next();
    [[nodiscard]] std::shared_ptr<client::impl> const& chosen() const noexcept { return impl_; }
    /// For the try on the route.
    [[nodiscard]] call_scope scope(call_scope of) noexcept;

    void failed(error failure);
    /// Tells in the outcome which route it is from, and what it cost before.
    void succeeded(boxed_response& response);
    void succeeded(std::shared_ptr<chat_stream::state>& stream);
    template <class T>
    void succeeded(T&) {
        note_success();
    }

    [[nodiscard]] error take_error() noexcept { return *std::move(why_); }

private:
    void note_success();
    [[nodiscard]] bool begin_next();
    void add_totals(error& why) const;

    std::shared_ptr<routes> all_;
    route_hint hint_;
    asio::any_io_executor executor_;
    policy::detail::retry_loop loop_;
    std::vector<bool> tried_;
    std::shared_ptr<client::impl> impl_{};
    std::shared_ptr<route_use> use_{};
    std::shared_ptr<route_pin> pin_;
    clock::time_point began_;
    clock::time_point try_began_{};
    std::optional<error> why_{};
    std::optional<std::chrono::milliseconds> earliest_{};  ///< Of the waits that services asked for.
    std::string failures_{};                               ///< "a: rate_limited, b: overloaded".
    int attempts_{0};
    coax::usage usage_{};
};

/// `op` on one route after the other.
template <class Op>
std::invoke_result_t<Op&, std::shared_ptr<client::impl>, shard&, call_scope> routed(shard& at,
                                                                                    std::shared_ptr<routes> all, Op op,
                                                                                    route_hint hint, call_scope scope) {
    routing way{std::move(all), hint, at.executor};
    for (;;) {
        bool const is_on = co_await way.next();
        if (!is_on) co_return way.take_error();
        auto const impl = way.chosen();
        auto attempt = op;
        auto outcome = co_await as_result(attempt(impl, impl->shard_of(at.executor), way.scope(scope)));
        if (outcome) {
            way.succeeded(*outcome);
            co_return outcome;
        }
        way.failed(std::move(outcome).error());
    }
}

}  // namespace coax::detail
