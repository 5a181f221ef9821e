#include "runtime/internal/child_task.hpp"
#include "runtime/internal/context_service.hpp"
#include "runtime/internal/sleep.hpp"

#include <coax/core/error.hpp>
#include <coax/policy/timeout.hpp>

#include <string>
#include <utility>

namespace coax::policy::detail {
namespace {

struct limited_task final : coax::detail::child_task {
    coax::detail::suspended* end(std::exception_ptr why) noexcept override {
        done = true;
        failure = std::move(why);
        return parent;
    }

    coax::detail::suspended* parent{nullptr};
    std::exception_ptr failure{};
    bool done{false};
};

/// The parent's wait: its deadline only wakes it, a cancellation goes to the child.
struct limited_wait final : coax::detail::suspended {
    limited_wait(asio::any_io_executor const& executor, limited_task& one) : suspended{executor}, child{&one} {
        child->parent = this;
    }

    void cancel(asio::cancellation_type type) noexcept override { child->cancel(type); }

    limited_task* child;
};

}  // namespace

asio::awaitable<bool> run_limited(clock::duration limit, asio::awaitable<void> work) {
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    limited_task child;
    limited_wait node{executor, child};
    std::optional<clock::time_point> deadline{coax::detail::later(node.now(), limit)};
    auto const before = (co_await asio::this_coro::cancellation_state).cancelled();
    child.start(node.context().idle, executor, std::move(work));
    auto const cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (cancelled != before) child.cancel(cancelled);  // by the child itself, as it started
    bool const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);  // the child must be waited for, come what may
    bool timed_out = false;
    while (!child.done) {
        co_await coax::detail::suspend_until(node, deadline);
        if (child.done || node.how() != coax::detail::suspended::end::due) continue;
        timed_out = true;
        deadline.reset();
        child.cancel(asio::cancellation_type::terminal);
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (child.failure && !timed_out) std::rethrow_exception(child.failure);
    co_return timed_out;
}

error timeout_error(clock::duration limit) {
    auto const milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
    return {.code = errc::timeout, .message = "not done within " + std::to_string(milliseconds) + " ms"};
}

}  // namespace coax::policy::detail
