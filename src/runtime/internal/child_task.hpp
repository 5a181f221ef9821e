#pragma once

#include "runtime/internal/idle_runner.hpp"
#include "runtime/internal/suspended.hpp"

#include <coax/runtime/asio.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <exception>

namespace coax::detail {

struct runner;

/// One awaitable that runs beside its parent, with a cancellation of its own, in a coroutine that is kept for the next
/// one: starting a coroutine on Asio costs more than all the rest.
///
/// Belongs to the parent. When a dying context unwinds one of parent and child, the other one hears of it.
/// Thread safety: on the executor only, which is one thread or a strand.
class child_task {
public:
    child_task(child_task const&) = delete;
    child_task& operator=(child_task const&) = delete;

    /// Starts `work` on `executor`, inside this call when the caller runs there, and is not itself the child of a child
    /// of a child of so many that the stack would overflow. Again only after the end.
    /// @param idle  Of the executor's context.
    void start(idle_runners& idle, asio::any_io_executor const& executor, asio::awaitable<void> work);
    /// Nothing unless `work` is under way.
    void cancel(asio::cancellation_type type) noexcept;

protected:
    child_task() = default;
    virtual ~child_task();

private:
    friend struct runner;

    /// Called when `work` is gone.
    /// @param failure  What it threw, or null.
    /// @returns Who is to go on, in this very turn, if it is suspended; null: nobody.
    virtual suspended* end(std::exception_ptr failure) noexcept = 0;

    runner* runner_{nullptr};
};

}  // namespace coax::detail
