#include "runtime/context_service.hpp"
#include "runtime/shield.hpp"
#include "runtime/sleep.hpp"

#include <coax/core/error.hpp>
#include <coax/runtime/detail/children.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <string>
#include <vector>

namespace coax::detail {
namespace {

std::exception_ptr cancelled_failure() {
    return std::make_exception_ptr(exception{{.code = errc::cancelled, .message = "cancelled before it started"}});
}

}  // namespace

// ---- children

struct children::state final : timer_node, std::enable_shared_from_this<state> {
    struct child {
        explicit child(asio::awaitable<void> what) : work{std::move(what)} {}

        asio::awaitable<void> work;
        std::exception_ptr failure{};
        asio::cancellation_signal signal{};
        bool running{false};
    };

    /// The parent's wait, in its frame: a cancellation goes to the children instead of ending it.
    struct waiting final : parked {
        waiting(asio::any_io_executor const& executor, state& group) : parked{executor}, group_{&group} {}
        waiting(waiting const&) = delete;
        waiting& operator=(waiting const&) = delete;
        ~waiting() override {
            service().disarm(*group_);
            group_->parent = nullptr;
        }

        void cancel(asio::cancellation_type type) noexcept override { group_->cancel_from_parent(type); }

        state* group_;
    };

    /// The completion handler of one child.
    struct ended {
        using cancellation_slot_type = asio::cancellation_slot;
        [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return one->signal.slot(); }
        void operator()(std::exception_ptr why) const { group->end(*one, std::move(why)); }

        std::shared_ptr<state> group;
        child* one;
    };

    void begin(continuation rest, std::optional<clock::duration> limit) {
        auto const self = shared_from_this();
        auto& service = parent->service();
        service.park(*parent, std::move(rest), std::nullopt);
        if (limit) service.arm(*this, later(service.now(), *limit), executor);
        running = 1;  // this loop's own, so that nothing ends before all have started
        started = true;
        for (std::size_t i = 0; i < all.size(); ++i) start(*all[i]);
        leave();
    }

    void start(child& one) {
        if (cancelled) return skip();
        one.running = true;
        ++running;
        asio::co_spawn(executor, shield(std::move(one.work), one.failure), ended{shared_from_this(), &one});
    }

    void skip() {
        if (told_by_parent && !failure) failure = cancelled_failure();
    }

    void end(child& one, std::exception_ptr why) {
        one.running = false;
        if (!why) why = std::move(one.failure);
        if (why && !failure) failure = std::move(why);
        if (failure && policy == on_failure::cancel_rest) cancel(asio::cancellation_type::terminal);
        leave();
    }

    void leave() {
        if (--running == 0 && parent != nullptr) parent->wake();
    }

    void cancel(asio::cancellation_type type) noexcept {
        cancelled = cancelled || (type & asio::cancellation_type::terminal) != asio::cancellation_type::none;
        for (std::size_t i = 0; i < all.size(); ++i)
            if (all[i]->running) all[i]->signal.emit(type);
    }

    void cancel_from_parent(asio::cancellation_type type) noexcept {
        told_by_parent = true;
        cancel(type);
    }

    /// The time limit: on to the children's own executor.
    void expire(std::unique_lock<std::mutex>&) noexcept override {
        asio::post(executor, [self = shared_from_this()] {
            if (self->running == 0) return;
            self->timed_out = true;
            self->cancel(asio::cancellation_type::terminal);
        });
    }

    asio::any_io_executor executor{};
    std::vector<std::unique_ptr<child>> all{};
    waiting* parent{nullptr};
    std::exception_ptr failure{};
    std::size_t running{0};
    on_failure policy{on_failure::carry_on};
    bool started{false};
    bool cancelled{false};
    bool told_by_parent{false};
    bool timed_out{false};
};

children::children() : state_{std::make_shared<state>()} {}

children::~children() = default;

void children::add(asio::awaitable<void> child) {
    state_->all.push_back(std::make_unique<state::child>(std::move(child)));
    if (state_->started) state_->start(*state_->all.back());
}

void children::cancel() noexcept {
    state_->cancel(asio::cancellation_type::terminal);
}

asio::awaitable<std::exception_ptr> children::run(on_failure policy) {
    return run(policy, std::nullopt);
}

asio::awaitable<std::exception_ptr> children::run(on_failure policy, std::optional<clock::duration> limit) {
    auto const group = state_;
    if (group->all.empty()) co_return nullptr;
    group->executor = co_await asio::this_coro::executor;
    group->policy = policy;
    state::waiting node{group->executor, *group};
    group->parent = &node;
    co_await suspend(node, [group, limit](continuation rest) { group->begin(std::move(rest), limit); });
    co_return std::exchange(group->failure, nullptr);
}

bool children::timed_out() const noexcept {
    return state_->timed_out;
}

asio::awaitable<limited_end> run_limited(clock::duration limit, asio::awaitable<void> child) {
    children group;
    group.add(std::move(child));
    auto failure = co_await group.run(on_failure::carry_on, limit);
    co_return limited_end{std::move(failure), group.timed_out()};
}

void throw_timeout(clock::duration limit) {
    auto const milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
    throw_error({.code = errc::timeout, .message = "not done within " + std::to_string(milliseconds) + " ms"});
}

// ---- run_on

namespace {

/// What the two sides of a hop share.
struct crossing {
    std::mutex mutex{};
    parked* parent{nullptr};             ///< Guarded; null once the parent is gone.
    std::exception_ptr failure{};        ///< Written by the child's side before it wakes the parent.
    asio::cancellation_signal signal{};  ///< The child's side only, once it has started.
    bool done{false};                    ///< The child's side only.

    void finish(std::exception_ptr why) noexcept {
        done = true;
        if (why) failure = std::move(why);
        std::lock_guard const lock{mutex};
        if (parent != nullptr) parent->wake();
    }
};

struct crossing_wait final : parked {
    crossing_wait(asio::any_io_executor const& here, asio::any_io_executor there, std::shared_ptr<crossing> both)
        : parked{here}, there_{std::move(there)}, both_{std::move(both)} {
        both_->parent = this;
    }
    crossing_wait(crossing_wait const&) = delete;
    crossing_wait& operator=(crossing_wait const&) = delete;
    ~crossing_wait() override {
        std::lock_guard const lock{both_->mutex};
        both_->parent = nullptr;
    }

    void cancel(asio::cancellation_type type) noexcept override {
        asio::post(there_, [both = both_, type] {
            if (!both->done) both->signal.emit(type);
        });
    }

    asio::any_io_executor there_;
    std::shared_ptr<crossing> both_;
};

/// The child's completion handler. Dropped uncalled, its context has died: the parent must hear that too.
class arrival {
public:
    using cancellation_slot_type = asio::cancellation_slot;

    explicit arrival(std::shared_ptr<crossing> both) noexcept : both_{std::move(both)} {}
    arrival(arrival&&) noexcept = default;
    arrival& operator=(arrival&&) noexcept = delete;
    ~arrival() {
        if (both_)
            both_->finish(std::make_exception_ptr(
                exception{{.code = errc::closed, .message = "the executor's context ended before the work on it"}}));
    }

    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return both_->signal.slot(); }
    void operator()(std::exception_ptr failure) { std::exchange(both_, nullptr)->finish(std::move(failure)); }

private:
    std::shared_ptr<crossing> both_;
};

}  // namespace

asio::awaitable<std::exception_ptr> run_on(asio::any_io_executor executor, asio::awaitable<void> child) {
    auto const both = std::make_shared<crossing>();
    crossing_wait node{co_await asio::this_coro::executor, executor, both};
    co_await suspend(node, [&node, both, executor, work = &child](continuation rest) {
        auto moved = shield(std::move(*work), both->failure);  // out of the frame before anyone can resume it
        node.service().park(node, std::move(rest), std::nullopt);
        asio::co_spawn(executor, std::move(moved), arrival{both});
    });
    co_return std::exchange(both->failure, nullptr);  // the child's side may be the last to let go of `both`
}

}  // namespace coax::detail
