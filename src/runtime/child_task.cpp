#include "runtime/internal/child_task.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace coax::detail {

namespace {

/// How deep children of children may run inside one another, on one stack.
constexpr int most_nested = 32;

/// How deep they do.
int& nested() noexcept {
    thread_local int depth = 0;
    return depth;
}

/// Runs something inside the call of another child, or, where that is too deep, says so.
class nesting {
public:
    nesting() noexcept { ++nested(); }
    nesting(nesting const&) = delete;
    nesting& operator=(nesting const&) = delete;
    ~nesting() { --nested(); }

    [[nodiscard]] bool too_deep() const noexcept { return nested() > most_nested; }
};

}  // namespace

/// The coroutine that runs child tasks, one after the other. Between two of them it is idle in its context.
struct runner final : idle_runner, std::enable_shared_from_this<runner> {
    runner(asio::any_io_executor const& where, idle_runners& among) : idle_runner{where}, idle{among} {}
    runner(runner const&) = delete;
    runner& operator=(runner const&) = delete;
    ~runner() { forsake(); }

    /// Tells a task under way that nobody runs it any more.
    void forsake() const noexcept {
        if (current != nullptr) current->runner_ = nullptr;
    }

    /// The completion handler of the coroutine. Never called: a runner does not end, it is unwound.
    struct ended {
        using cancellation_slot_type = asio::cancellation_slot;
        [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return one->signal.slot(); }
        void operator()(std::exception_ptr) const noexcept {}

        std::shared_ptr<runner> one;
    };

    /// Lives in the coroutine's frame. Tells a task under way that nobody runs it any more.
    struct unwound_guard {
        explicit unwound_guard(runner& who) : one{who} {}
        unwound_guard(unwound_guard const&) = delete;
        unwound_guard& operator=(unwound_guard const&) = delete;
        ~unwound_guard() { one.forsake(); }

        runner& one;
    };

    static void spawn(child_task& first, idle_runners& idle, asio::any_io_executor const& executor,
                      asio::awaitable<void> what) {
        auto const fresh = std::make_shared<runner>(executor, idle);
        fresh->assign(first, std::move(what));
        nesting const here;
        if (here.too_deep())
            asio::post(executor, [fresh] { asio::co_spawn(fresh->executor, loop(fresh), ended{fresh}); });
        else
            asio::co_spawn(executor, loop(fresh), ended{fresh});
    }

    void assign(child_task& one, asio::awaitable<void> what) noexcept {
        one.runner_ = this;
        current = &one;
        work = std::move(what);
        begun = false;
        early = asio::cancellation_type::none;
        ++number;
    }

    /// Goes on with the task that it was given while it was idle.
    void go_on() {
        auto next = std::move(rest);
        nesting const here;
        if (here.too_deep())
            asio::post(executor, std::move(next));
        else
            next();
    }

    /// A cancellation that comes before the task has begun waits for that: it would be lost.
    void cancel(asio::cancellation_type type) {
        nesting const here;
        if (!begun)
            early = early | type;
        else if (!here.too_deep())
            signal.emit(type);
        else
            asio::post(executor, [self = shared_from_this(), of = number, type] {
                if (self->current != nullptr && self->number == of) self->cancel(type);
            });
    }

    void begin() {
        begun = true;
        if (early != asio::cancellation_type::none) signal.emit(early);
    }

    /// Ends the current task. Idle before the task's owner hears of it: what that one starts next can have the runner.
    void finish(continuation rest_of_loop, std::exception_ptr failure) {
        auto* const done = std::exchange(current, nullptr);
        if (done != nullptr) done->runner_ = nullptr;
        idle.keep(*this, std::move(rest_of_loop));
        auto* const parent = done != nullptr ? done->end(std::move(failure)) : nullptr;
        if (parent == nullptr) return;
        nesting const here;
        if (here.too_deep())
            parent->wake();
        else if (auto rest_of_parent = parent->take())
            rest_of_parent();
    }

    static asio::awaitable<void> loop(std::shared_ptr<runner> self) {
        unwound_guard const guard{*self};
        for (;;) {
            self->begin();
            std::exception_ptr failure;
            try {
                co_await std::move(self->work);
            } catch (...) {
                failure = std::current_exception();
            }
            co_await asio::this_coro::throw_if_cancelled(false);
            co_await asio::async_initiate<asio::deferred_t const&, void()>(
                [](auto handler, runner* one, std::exception_ptr why) {
                    one->finish(continuation{std::move(handler)}, std::move(why));
                },
                asio::deferred, self.get(), std::move(failure));
            co_await asio::this_coro::reset_cancellation_state();
            co_await asio::this_coro::throw_if_cancelled(true);
        }
    }

    idle_runners& idle;
    asio::cancellation_signal signal{};
    asio::awaitable<void> work{};
    child_task* current{nullptr};
    std::uint64_t number{0};  ///< Of the task.
    asio::cancellation_type early{asio::cancellation_type::none};
    bool begun{false};
};

child_task::~child_task() {
    if (runner_ != nullptr) runner_->current = nullptr;
}

void child_task::start(idle_runners& idle, asio::any_io_executor const& executor, asio::awaitable<void> work) {
    auto* const one = static_cast<runner*>(idle.take(executor));
    if (one == nullptr) return runner::spawn(*this, idle, executor, std::move(work));
    one->assign(*this, std::move(work));
    one->go_on();
}

void child_task::cancel(asio::cancellation_type type) noexcept {
    if (runner_ != nullptr) runner_->cancel(type);
}

}  // namespace coax::detail
