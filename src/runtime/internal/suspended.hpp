#pragma once

#include "runtime/internal/continuation.hpp"
#include "runtime/internal/timer_queue.hpp"

#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/deferred.hpp>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace coax::detail {

class context_service;

/// One suspended coroutine, as seen by those who may resume it. Lives in its frame; one wait at a time.
///
/// The first of `wake()`, the deadline and a cancellation resumes it, by posting to its executor; the others do
/// nothing. Whoever holds a pointer to it (a queue) guards that by a lock of its own, taken before this one's: that of
/// the context's timer queue, for a deadline and a wake may meet.
class suspended : public timer_node {
public:
    enum class end : std::uint8_t { waiting, woken, due, cancelled };

    /// @param what  What is waited for, to be named when a program hangs; a literal. Null: a wait for other coroutines.
    explicit suspended(asio::any_io_executor const& executor, char const* what = nullptr);
    ~suspended() override = default;

    /// How the last wait ended.
    [[nodiscard]] end how() const noexcept { return how_; }
    [[nodiscard]] context_service& context() const noexcept { return *context_; }
    [[nodiscard]] clock::time_point now() const noexcept;

    /// Keeps `rest` until someone resumes it. After that the frame may be gone: the caller must not touch it.
    void hold(continuation rest, std::optional<clock::time_point> deadline = {});
    /// Sets the deadline of a wait that is under way; nothing when it has ended.
    void set_deadline(clock::time_point deadline);

    /// From any thread.
    void wake() noexcept { resume(end::woken); }
    /// As `wake`, but leaves the resuming to the caller, who runs on the same executor. Empty: nothing is held.
    [[nodiscard]] continuation take() noexcept;

    /// Runs in the coroutine's own turn when its cancellation slot is emitted. Ends the wait unless overridden.
    virtual void cancel(asio::cancellation_type type) noexcept;

private:
    friend class suspended_list;
    template <class Start>
    friend auto suspend(suspended& node, Start start);

    void expire(std::unique_lock<std::mutex>& lock) noexcept override;

    void resume(end how) noexcept;
    continuation detach(end how) noexcept;
    void post_rest(end how) noexcept;

    context_service* context_;
    char const* what_;
    asio::any_io_executor executor_;  ///< While suspended.
    continuation rest_;               ///< While held; this and all below are guarded by the timer queue's lock.
    suspended* previous_{nullptr};
    suspended* next_{nullptr};
    bool held_{false};
    end how_{end::waiting};
};

/// The coroutines that are suspended in one context; unwound when it dies before anyone resumes them.
class suspended_list {
public:
    explicit suspended_list(timer_queue& timers) : timers_{timers} {}

    /// How many wait for what: "2 on async_semaphore, 1 on channel"; empty: none whose wait has a name.
    [[nodiscard]] std::string waits();

    void unwind_all() noexcept;

private:
    friend class suspended;

    void add(suspended& node) noexcept;
    void remove(suspended& node) noexcept;

    timer_queue& timers_;
    suspended* first_{nullptr};
};

/// Awaitable: suspends the coroutine and calls `start(continuation)`, which hands it to `node.hold`.
/// `start` runs from a copy on the stack, for the frame may be resumed elsewhere, and die, before it returns.
template <class Start>
auto suspend(suspended& node, Start start) {
    return asio::async_initiate<asio::deferred_t const&, void()>(
        [](auto handler, suspended* waiting, Start begin) {
            waiting->executor_ = asio::get_associated_executor(handler);
            waiting->how_ = suspended::end::waiting;
            if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
                slot.assign([waiting](asio::cancellation_type type) {
                    if (type != asio::cancellation_type::none) waiting->cancel(type);
                });
            begin(continuation{std::move(handler)});
        },
        asio::deferred, &node, std::move(start));
}

/// Awaitable: suspends the coroutine until someone resumes it or, if there is one, the deadline passes.
inline auto suspend_until(suspended& node, std::optional<clock::time_point> deadline) {
    return suspend(node, [&node, deadline](continuation rest) { node.hold(std::move(rest), deadline); });
}

}  // namespace coax::detail
