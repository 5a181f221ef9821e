#pragma once

#include <coax/runtime/asio.hpp>
#include <coax/runtime/detail/nursery.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace coax {

struct task_group_options {
    /// The first task that fails cancels the body and all other tasks. Otherwise they go on; either way the scope
    /// throws what the first one threw, once all have ended.
    bool cancel_on_failure{true};
};

namespace tasks::detail {
template <class F, class T>
struct task_scope;
}

/// The tasks that one body starts; see `with_task_group`.
/// Thread safety: use it from the body and its tasks on their own executor (one thread or a strand).
/// Lifetime: dies with the scope, after all tasks.
class task_group {
public:
    task_group(task_group const&) = delete;
    task_group& operator=(task_group const&) = delete;

    /// Starts `work` now on the scope's executor; for another one give `on_executor(other, work)`. Tasks may start
    /// tasks. How many run at once is the caller's to bound, as with an `async_semaphore`. In a cancelled scope `work`
    /// never starts.
    void spawn(asio::awaitable<void> work) { tasks_.add(std::move(work)); }

    /// Cancels the tasks that run now, not the body; that they then end as cancelled is no failure.
    void cancel() noexcept { tasks_.cancel_forgiving(in_body_ ? 1 : 0); }

    /// Tasks that have not ended yet.
    [[nodiscard]] std::size_t running() const noexcept { return tasks_.running() - (in_body_ ? 1 : 0); }

private:
    template <class F, class T>
    friend struct tasks::detail::task_scope;

    task_group() = default;

    coax::detail::nursery tasks_;
    bool in_body_{true};
};

namespace tasks::detail {

template <class F, class T>
struct task_scope {
    static asio::awaitable<void> body(task_group& group, F& f, std::optional<coax::detail::kept<T>>& value) {
        std::exception_ptr failure;
        try {
            co_await coax::detail::store(f(group), value);
        } catch (...) {
            failure = std::current_exception();
        }
        group.in_body_ = false;
        if (!failure) co_return;
        group.tasks_.cancel();
        std::rethrow_exception(failure);
    }

    static asio::awaitable<T> run(F f, task_group_options options) {
        task_group group;
        std::optional<coax::detail::kept<T>> value;
        group.tasks_.add(body(group, f, value));
        auto const policy =
            options.cancel_on_failure ? coax::detail::on_failure::cancel_rest : coax::detail::on_failure::carry_on;
        if (auto failure = co_await group.tasks_.run(policy)) std::rethrow_exception(failure);
        co_return coax::detail::take<T>(value);
    }
};

}  // namespace tasks::detail

/// Runs `body(group)`, then waits for every task that it started: none outlives the scope.
///
/// @param body  Takes a `task_group&`, returns `awaitable<T>`. Lives in the coroutine until the end.
/// @returns What `body` returns.
/// @throws What the body or a task threw first, after all are gone. A body that throws cancels its tasks.
/// Cancellation: passed on to the body and the tasks; waits until all are gone.
/// Thread safety: all runs on the caller's executor, which must be one thread or a strand.
template <class F>
[[nodiscard]] auto with_task_group(F body, task_group_options options = {}) {
    using value = typename decltype(body(std::declval<task_group&>()))::value_type;
    return tasks::detail::task_scope<F, value>::run(std::move(body), options);
}

}  // namespace coax
