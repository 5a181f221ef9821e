#include "runtime/internal/child_task.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <memory>
#include <utility>

namespace coax::detail {

/// The coroutine behind the jobs, between two of them in its context's keeping.
struct runner final : idle_runner {
    runner(asio::any_io_executor const& where, context_service& keeper) : idle_runner{where}, service{&keeper} {}
    runner(runner const&) = delete;
    runner& operator=(runner const&) = delete;

    /// Never called, for runners do not end: they are unwound.
    struct ended {
        using cancellation_slot_type = asio::cancellation_slot;
        [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return one->signal.slot(); }
        void operator()(std::exception_ptr) const noexcept {}

        std::shared_ptr<runner> one;
    };

    /// Tells a job under way that nobody runs it any more.
    struct leaving {
        explicit leaving(runner& who) : one{who} {}
        leaving(leaving const&) = delete;
        leaving& operator=(leaving const&) = delete;
        ~leaving() {
            if (one.current != nullptr) one.current->by_ = nullptr;
        }

        runner& one;
    };

    static runner& of(idle_runner& one) noexcept { return static_cast<runner&>(one); }

    static void spawn(child_task& first, asio::any_io_executor const& executor, context_service& keeper,
                      asio::awaitable<void> what) {
        auto const fresh = std::make_shared<runner>(executor, keeper);
        fresh->take_on(first, std::move(what));
        asio::co_spawn(executor, loop(fresh), ended{fresh});
    }

    void take_on(child_task& one, asio::awaitable<void> what) noexcept {
        one.by_ = this;
        current = &one;
        work = std::move(what);
    }

    /// One that comes before the coroutine has begun waits for that: Asio would lose it.
    void cancel(asio::cancellation_type type) noexcept {
        if (begun)
            signal.emit(type);
        else
            early = early | type;
    }

    void begin() {
        begun = true;
        if (early != asio::cancellation_type::none) signal.emit(early);
    }

    /// The coroutine's last step in a job and its first as an idle one: who goes on shall find it free.
    void settle(continuation onward, std::exception_ptr failure) {
        auto& keeper = *service;
        auto* const done = std::exchange(current, nullptr);
        if (done != nullptr) done->by_ = nullptr;
        keeper.keep(*this, std::move(onward));
        auto* const parent = done != nullptr ? done->end(std::move(failure)) : nullptr;
        if (parent == nullptr) return;
        if (auto parents = keeper.take(*parent)) parents();
    }

    static asio::awaitable<void> loop(std::shared_ptr<runner> self) {
        leaving const last{*self};
        self->begin();
        for (;;) {
            std::exception_ptr failure;
            try {
                co_await std::move(self->work);
            } catch (...) {
                failure = std::current_exception();
            }
            co_await asio::this_coro::throw_if_cancelled(false);
            co_await asio::async_initiate<asio::deferred_t const&, void()>(
                [](auto handler, runner* idle, std::exception_ptr why) {
                    idle->settle(continuation{std::move(handler)}, std::move(why));
                },
                asio::deferred, self.get(), std::move(failure));
            co_await asio::this_coro::reset_cancellation_state();
            co_await asio::this_coro::throw_if_cancelled(true);
        }
    }

    context_service* service;
    asio::cancellation_signal signal{};
    asio::awaitable<void> work{};
    child_task* current{nullptr};
    asio::cancellation_type early{asio::cancellation_type::none};
    bool begun{false};
};

child_task::~child_task() {
    if (by_ != nullptr) by_->current = nullptr;
}

void child_task::start(context_service& keeper, asio::any_io_executor const& executor, asio::awaitable<void> work) {
    auto* const idle = keeper.take_idler(executor);
    if (idle == nullptr) return runner::spawn(*this, executor, keeper, std::move(work));
    runner::of(*idle).take_on(*this, std::move(work));
    idle->rest();
}

void child_task::cancel(asio::cancellation_type type) noexcept {
    if (by_ != nullptr) by_->cancel(type);
}

}  // namespace coax::detail
