#include "runtime/context_service.hpp"
#include "runtime/shield.hpp"
#include "runtime/sleep.hpp"

#include <coax/core/error.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/detail/children.hpp>
#include <coax/runtime/when_any.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <string>
#include <vector>

namespace coax::detail {
namespace {

std::exception_ptr cancelled_failure() {
    return std::make_exception_ptr(exception{{.code = errc::cancelled, .message = "cancelled before it started"}});
}

}  // namespace

// ---- children

struct children::state final : std::enable_shared_from_this<state> {
    struct child {
        explicit child(asio::awaitable<void> what) : work{std::move(what)} {}

        asio::awaitable<void> work;
        std::exception_ptr failure{};
        asio::cancellation_signal signal{};
        bool running{false};
        bool forgiven{false};
    };

    /// The parent's wait, in its frame: a cancellation goes to the children instead of ending it.
    struct waiting final : parked {
        waiting(asio::any_io_executor const& executor, state& group) : parked{executor}, group_{&group} {}
        waiting(waiting const&) = delete;
        waiting& operator=(waiting const&) = delete;
        ~waiting() override { group_->parent = nullptr; }

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

    void begin(continuation rest) {
        auto const self = shared_from_this();
        parent->service().park(*parent, std::move(rest), std::nullopt);
        running = 1;  // this loop's own, so that nothing ends before all have started
        starting = started = true;
        auto const initial = all.size();  // those that a child adds meanwhile start by themselves
        for (std::size_t i = 0; i < initial; ++i) start(*all[i]);
        starting = false;
        leave();
    }

    /// Children come and go in numbers without bound: the place of one that has ended is used again.
    void add(asio::awaitable<void> work) {
        if (ended_places.empty()) {
            all.push_back(std::make_unique<child>(std::move(work)));
            ended_places.reserve(all.capacity());
            if (started) start(*all.back());
            return;
        }
        auto& one = *ended_places.back();
        ended_places.pop_back();
        one.work = std::move(work);
        start(one);
    }

    void start(child& one) {
        if (cancelled) return skip(one);
        one.running = true;
        one.forgiven = false;
        ++running;
        asio::co_spawn(executor, shield(std::move(one.work), one.failure), ended{shared_from_this(), &one});
    }

    void skip(child& one) {
        auto const dropped = std::move(one.work);  // assigning over it would leak its frame on Asio
        ended_places.push_back(&one);
        if (told_by_parent && !failure) failure = cancelled_failure();
    }

    void end(child& one, std::exception_ptr why) {
        one.running = false;
        if (!why) why = std::exchange(one.failure, nullptr);
        if (one.forgiven && why && to_error(why).code == errc::cancelled) why = nullptr;
        ended_places.push_back(&one);
        if (why && !failure) failure = std::move(why);
        if (failure && policy == on_failure::cancel_rest) cancel(asio::cancellation_type::terminal);
        leave();
    }

    void leave() {
        if (--running == 0 && parent != nullptr) parent->wake();
    }

    void cancel(asio::cancellation_type type) noexcept {
        cancelled = cancelled || (type & asio::cancellation_type::terminal) != asio::cancellation_type::none;
        send(0, type);
    }

    void cancel_forgiving(std::size_t spared) noexcept {
        for (std::size_t i = spared; i < all.size(); ++i) all[i]->forgiven = all[i]->running;
        send(spared, asio::cancellation_type::terminal);
    }

    /// By number: what is told may add others, which are not meant.
    void send(std::size_t first, asio::cancellation_type type) noexcept {
        for (std::size_t i = first, count = all.size(); i < count; ++i)
            if (all[i]->running) all[i]->signal.emit(type);
    }

    void cancel_from_parent(asio::cancellation_type type) noexcept {
        told_by_parent = true;
        cancel(type);
    }

    asio::any_io_executor executor{};
    std::vector<std::unique_ptr<child>> all{};
    std::vector<child*> ended_places{};
    waiting* parent{nullptr};
    std::exception_ptr failure{};
    std::size_t running{0};
    on_failure policy{on_failure::carry_on};
    bool starting{false};
    bool started{false};
    bool cancelled{false};
    bool told_by_parent{false};
};

children::children() : state_{std::make_shared<state>()} {}

children::~children() = default;

void children::add(asio::awaitable<void> child) {
    state_->add(std::move(child));
}

void children::cancel() noexcept {
    state_->cancel(asio::cancellation_type::terminal);
}

void children::cancel_forgiving(std::size_t spared) noexcept {
    state_->cancel_forgiving(spared);
}

std::size_t children::running() const noexcept {
    return state_->running - (state_->starting ? 1 : 0);
}

asio::awaitable<std::exception_ptr> children::run(on_failure policy) {
    auto const group = state_;
    if (group->all.empty()) co_return nullptr;
    group->executor = co_await asio::this_coro::executor;
    group->policy = policy;
    state::waiting node{group->executor, *group};
    group->parent = &node;
    co_await suspend(node, [group](continuation rest) { group->begin(std::move(rest)); });
    co_return std::exchange(group->failure, nullptr);
}

// ---- contest

asio::awaitable<std::size_t> contest::run() {
    auto const failure = co_await runners_.run(on_failure::carry_on);
    if (first_ == nobody) std::rethrow_exception(failure);  // cancelled before anyone started
    auto const told = (co_await asio::this_coro::cancellation_state).cancelled();
    if (!won_ && told != asio::cancellation_type::none) throw_error({.code = errc::cancelled});
    if (failure_) std::rethrow_exception(failure_);
    co_return first_;
}

void contest::arrive(std::size_t number, bool succeeded, std::exception_ptr failure) noexcept {
    bool const wins = !won_ && (succeeded || rule_ == rule::first_to_end);
    if (wins || first_ == nobody) {
        first_ = number;
        failure_ = std::move(failure);
    }
    if (!wins) return;
    won_ = true;
    runners_.cancel();
}

// ---- run_limited

namespace {

/// A child with a time limit; kept by the child's handler too, since a dying context unwinds in any order.
struct limited_call {
    asio::cancellation_signal signal{};
    std::exception_ptr failure{};  ///< Of a child that was cancelled before it could start.
    parked* parent{nullptr};
    bool done{false};

    void end(std::exception_ptr why) noexcept {
        done = true;
        failure = std::move(why);
        if (parent != nullptr) parent->wake();
    }
};

/// The parent's wait: its deadline only wakes it, a cancellation goes to the child.
struct limited_wait final : parked {
    limited_wait(asio::any_io_executor const& executor, limited_call& call) : parked{executor}, call_{&call} {
        call_->parent = this;
    }
    limited_wait(limited_wait const&) = delete;
    limited_wait& operator=(limited_wait const&) = delete;
    ~limited_wait() override { call_->parent = nullptr; }

    void cancel(asio::cancellation_type type) noexcept override { call_->signal.emit(type); }

    limited_call* call_;
};

struct limited_ended {
    using cancellation_slot_type = asio::cancellation_slot;
    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return call->signal.slot(); }
    void operator()(std::exception_ptr failure) const noexcept { call->end(std::move(failure)); }

    std::shared_ptr<limited_call> call;
};

}  // namespace

asio::awaitable<bool> run_limited(clock::duration limit, asio::awaitable<void> child) {
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    auto const call = std::allocate_shared<limited_call>(asio::recycling_allocator<limited_call>{});
    limited_wait node{executor, *call};
    std::optional<clock::time_point> deadline{later(node.service().now(), limit)};
    asio::co_spawn(executor, std::move(child), limited_ended{call});
    auto const told = (co_await asio::this_coro::cancellation_state).cancelled();
    if (told != asio::cancellation_type::none) call->signal.emit(told);  // by the child itself, as it started
    bool const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);  // the child must be waited for, come what may
    bool timed_out = false;
    while (!call->done) {
        co_await suspend(node, [&node, deadline](continuation rest) {
            node.service().park(node, std::move(rest), deadline);
        });
        if (call->done || node.how() != parked::end::due) continue;
        timed_out = true;
        deadline.reset();
        call->signal.emit(asio::cancellation_type::terminal);
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (call->failure && !timed_out) std::rethrow_exception(std::exchange(call->failure, nullptr));
    co_return timed_out;
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
