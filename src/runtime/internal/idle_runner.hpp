#pragma once

#include "runtime/internal/continuation.hpp"
#include "runtime/internal/timer_queue.hpp"

#include <coax/runtime/asio.hpp>

#include <cstddef>
#include <mutex>

namespace coax::detail {

/// A coroutine that its context keeps until there is work for it. Outlives its frame.
struct idle_runner {
    explicit idle_runner(asio::any_io_executor const& where) : executor{where} {}

    asio::any_io_executor executor;
    continuation rest{};
    idle_runner* next{nullptr};  ///< In the list of `idle_runners`.
};

/// The idle coroutines of one context. One that nobody wants until the next tick is unwound, for while it is there its
/// context has work. Thread safety: may be used from any thread.
class idle_runners final : public timer_node {
public:
    explicit idle_runners(timer_queue& timers) : timers_{timers} {}
    ~idle_runners() override = default;

    /// Keeps an idle coroutine for the next `take`. `rest` is unwound at once when there are many.
    void keep(idle_runner& one, continuation rest);
    /// One that runs on `executor`; null: there is none.
    [[nodiscard]] idle_runner* take(asio::any_io_executor const& executor) noexcept;

    void unwind_all() noexcept;

private:
    void expire(std::unique_lock<std::mutex>& lock) noexcept override;

    timer_queue& timers_;
    idle_runner* first_{nullptr};  ///< This and the count are guarded by the timer queue's lock.
    std::size_t count_{0};
};

}  // namespace coax::detail
