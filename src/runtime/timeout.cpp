#include "runtime/job.hpp"
#include "runtime/sleep.hpp"

#include <coax/core/error.hpp>
#include <coax/runtime/timeout.hpp>

#include <string>
#include <utility>

namespace coax::detail {
namespace {

struct limited_job final : job {
    parked* end(std::exception_ptr why) noexcept override {
        done = true;
        failure = std::move(why);
        return parent;
    }

    parked* parent{nullptr};
    std::exception_ptr failure{};  ///< Of a child that was cancelled before it could start.
    bool done{false};
};

/// The parent's wait: its deadline only wakes it, a cancellation goes to the child.
struct limited_wait final : parked {
    limited_wait(asio::any_io_executor const& executor, limited_job& one) : parked{executor}, child{&one} {
        child->parent = this;
    }

    void cancel(asio::cancellation_type type) noexcept override { child->cancel(type); }

    limited_job* child;
};

}  // namespace

asio::awaitable<bool> run_limited(clock::duration limit, asio::awaitable<void> work) {
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    limited_job child;
    limited_wait node{executor, child};
    std::optional<clock::time_point> deadline{later(node.service().now(), limit)};
    auto const before = (co_await asio::this_coro::cancellation_state).cancelled();
    child.start(node.service(), executor, std::move(work));
    auto const told = (co_await asio::this_coro::cancellation_state).cancelled();
    if (told != before) child.cancel(told);  // by the child itself, as it started
    bool const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);  // the child must be waited for, come what may
    bool timed_out = false;
    while (!child.done) {
        co_await suspend(node, [&node, deadline](continuation rest) {
            node.service().park(node, std::move(rest), deadline);
        });
        if (child.done || node.how() != parked::end::due) continue;
        timed_out = true;
        deadline.reset();
        child.cancel(asio::cancellation_type::terminal);
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (child.failure && !timed_out) std::rethrow_exception(child.failure);
    co_return timed_out;
}

void throw_timeout(clock::duration limit) {
    auto const milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
    throw_error({.code = errc::timeout, .message = "not done within " + std::to_string(milliseconds) + " ms"});
}

}  // namespace coax::detail
