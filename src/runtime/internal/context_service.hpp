#pragma once

#include "runtime/internal/continuation.hpp"

#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/runtime/detail/deadline_timer.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace coax::detail {

/// One suspended coroutine, as seen by those who may resume it. Lives in its frame; one wait at a time.
///
/// The first of `wake()`, the deadline and a cancellation resumes it, by posting to its executor; the others do
/// nothing. Whoever holds a pointer to it (a queue) guards that by a lock of its own, taken before this one's.
class suspended : public timer_node {
public:
    enum class end : std::uint8_t { waiting, woken, due, cancelled };

    /// @param what  What is waited for, to be named when a program hangs; a literal. Null: a wait for other coroutines.
    explicit suspended(asio::any_io_executor const& executor, char const* what = nullptr);
    ~suspended() override = default;

    /// How the last wait ended.
    [[nodiscard]] end how() const noexcept { return how_; }
    [[nodiscard]] context_service& service() const noexcept { return *service_; }

    /// From any thread.
    void wake() noexcept;

    /// Runs in the coroutine's own turn when its cancellation slot is emitted. Ends the wait unless overridden.
    virtual void cancel(asio::cancellation_type type) noexcept;

private:
    friend class context_service;
    template <class Start>
    friend auto suspend(suspended& node, Start start);

    void expire(std::unique_lock<std::mutex>& lock) noexcept override;

    context_service* service_;
    char const* what_;
    asio::any_io_executor executor_;  ///< While suspended.
    continuation rest_;               ///< While parked; this and all below are guarded by the service's lock.
    suspended* previous_{nullptr};
    suspended* next_{nullptr};
    bool parked_{false};
    end how_{end::waiting};
};

/// A coroutine in its context's keeping until there is work for it. Outlives its frame.
struct idle_runner {
    explicit idle_runner(asio::any_io_executor const& where) : executor{where} {}

    asio::any_io_executor executor;
    continuation rest{};
    idle_runner* next{nullptr};  ///< While kept; belongs to the keeper.
};

/// What coax keeps for each execution context: its clock, its timer queue, and the coroutines parked on it, which are
/// unwound when the context dies before anyone resumes them.
///
/// Behind all timers stands one `steady_timer`, armed for the earliest deadline but at most 50 ms ahead while there are
/// any: so a deadline far away costs no system call, and a context without timers is left in peace after one tick.
/// Thread safety: may be used from any thread.
class context_service final : public asio::execution_context::service {
public:
    static inline asio::execution_context::id id{};  // NOLINT: the name is Asio's

    static constexpr clock::duration tick = std::chrono::milliseconds{50};

    explicit context_service(asio::execution_context& context);
    ~context_service() override;

    [[nodiscard]] static context_service& of(asio::any_io_executor const& executor);

    [[nodiscard]] std::shared_ptr<clock const> const& time() const noexcept { return time_; }
    [[nodiscard]] clock::time_point now() const noexcept { return time_->now(); }
    /// The next of a sequence of numbers in [0, 1): the same each run in virtual time.
    [[nodiscard]] double chance() noexcept;

    /// Makes the service run on `time`; before anything waits.
    /// @param seed  Of `chance()` and, unless 0, of the order in which equal deadlines expire.
    void use(std::shared_ptr<virtual_clock> time, std::uint64_t seed = 0);
    /// Virtual time: moves the clock to the earliest deadline and lets all expire that are due.
    /// @returns false: there is none.
    bool advance();

    /// Sets or moves a deadline. `executor` is of this context.
    void arm(timer_node& node, clock::time_point deadline, asio::any_io_executor const& executor);
    void disarm(timer_node& node) noexcept;
    [[nodiscard]] bool armed(timer_node const& node) noexcept;
    /// How often the timer behind the queue was set so far; no other timer of coax asks the system.
    [[nodiscard]] std::uint64_t tick_count() noexcept;

    /// Keeps `rest` until someone wakes `node`. After that the frame may be gone: the caller must not touch it.
    void park(suspended& node, continuation rest, std::optional<clock::time_point> deadline);
    /// Sets the deadline of a wait that is under way; nothing when it has ended.
    void set_deadline(suspended& node, clock::time_point deadline);
    void wake(suspended& node, suspended::end how) noexcept;
    /// As `wake`, but leaves the resuming to the caller, who runs on the node's executor. Empty: it was not parked.
    [[nodiscard]] continuation take(suspended& node) noexcept;

    /// Keeps an idle coroutine for the next `take_idler`; one that nobody wants within a tick is unwound, for while it
    /// is there its context has work. `rest` is unwound at once when there are many.
    void keep(idle_runner& one, continuation rest);
    /// One that runs on `executor`; null: there is none.
    [[nodiscard]] idle_runner* take_idler(asio::any_io_executor const& executor) noexcept;

    /// How many wait for what: "2 on async_semaphore, 1 on channel"; empty: none whose wait has a name.
    [[nodiscard]] std::string waits();

private:
    friend class suspended;
    using lock_type = std::unique_lock<std::mutex>;

    void shutdown() noexcept override;

    void insert(timer_node& node, clock::time_point deadline, asio::any_io_executor const& executor);
    void remove(timer_node& node) noexcept;
    void sift_up(std::size_t at) noexcept;
    void sift_down(std::size_t at) noexcept;
    void place(std::size_t at, timer_node* node) noexcept;
    static bool before(timer_node const& a, timer_node const& b) noexcept;

    void ensure_tick(clock::time_point deadline, asio::any_io_executor const& executor);
    void start_tick(clock::time_point at);
    void on_tick(std::uint64_t generation);
    void expire_due(lock_type& lock);

    void unlink(suspended& node) noexcept;
    continuation detach(suspended& node, suspended::end how) noexcept;
    void release(suspended& node, suspended::end how) noexcept;
    [[nodiscard]] idle_runner* release_idlers() noexcept;
    static void unwind(idle_runner* first) noexcept;

    std::shared_ptr<clock const> time_;
    std::shared_ptr<virtual_clock> virtual_time_;
    std::atomic<std::uint64_t> chance_;

    std::mutex mutex_;
    std::vector<timer_node*> heap_;
    std::uint64_t sequence_{0};
    std::uint64_t tie_seed_{0};
    std::optional<asio::steady_timer> tick_;
    std::uint64_t tick_generation_{0};
    clock::time_point tick_at_{};
    bool ticking_{false};
    suspended* first_parked_{nullptr};
    idle_runner* first_idler_{nullptr};
    std::size_t idler_count_{0};
    bool closed_{false};
};

/// Awaitable: suspends the coroutine and calls `start(continuation)`, which hands it to `context_service::park`.
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

}  // namespace coax::detail
