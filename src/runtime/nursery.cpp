#include "runtime/internal/child_task.hpp"
#include "runtime/internal/context_service.hpp"

#include <coax/core/error.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/detail/nursery.hpp>

#include <utility>
#include <vector>

namespace coax::detail {
namespace {

std::exception_ptr cancelled_failure() {
    return std::make_exception_ptr(exception{{.code = errc::cancelled, .message = "cancelled before it started"}});
}

}  // namespace

struct nursery::state {
    struct child final : child_task {
        explicit child(state& of) : group{&of} {}

        suspended* end(std::exception_ptr why) noexcept override { return group->end(*this, std::move(why)); }

        state* group;
        asio::awaitable<void> work{};
        bool running{false};
        bool forgiven{false};
    };

    /// The parent's wait, in its frame: a cancellation goes to the children instead of ending it.
    struct waiting final : suspended {
        waiting(asio::any_io_executor const& where, state& of) : suspended{where}, executor{where}, group{&of} {
            group->parent = this;
        }
        waiting(waiting const&) = delete;
        waiting& operator=(waiting const&) = delete;
        ~waiting() override { group->parent = nullptr; }

        void cancel(asio::cancellation_type type) noexcept override { group->cancel_from_parent(type); }

        asio::any_io_executor executor;
        state* group;
    };

    /// The place of a child that has ended is used again, for their number has no bound.
    void add(asio::awaitable<void> work) {
        auto& one = ended_places.empty() ? new_place() : *ended_places.back();
        if (!ended_places.empty()) ended_places.pop_back();
        one.work = std::move(work);
        if (started) start(one);
    }

    child& new_place() {
        all.push_back(std::make_unique<child>(*this));
        ended_places.reserve(all.capacity());
        return *all.back();
    }

    void start(child& one) {
        auto work = std::move(one.work);
        if (cancelled) return skip(one);
        one.running = true;
        one.forgiven = false;
        ++running;
        one.child_task::start(parent->context().idle, parent->executor, std::move(work));
    }

    void skip(child& one) {
        ended_places.push_back(&one);
        if (cancelled_by_parent && !failure) failure = cancelled_failure();
    }

    suspended* end(child& one, std::exception_ptr why) noexcept {
        one.running = false;
        if (one.forgiven && why && to_error(why).code == errc::cancelled) why = nullptr;
        ended_places.push_back(&one);
        if (why && !failure) failure = std::move(why);
        if (failure && policy == on_failure::cancel_rest) cancel(asio::cancellation_type::terminal);
        return --running == 0 ? parent : nullptr;
    }

    void cancel(asio::cancellation_type type) noexcept {
        cancelled = cancelled || (type & asio::cancellation_type::terminal) != asio::cancellation_type::none;
        send(0, type);
    }

    void cancel_forgiving(std::size_t spared) noexcept {
        for (std::size_t i = spared; i < all.size(); ++i) all[i]->forgiven = all[i]->running;
        send(spared, asio::cancellation_type::terminal);
    }

    /// By number: a child that is cancelled may add others, which are not meant.
    void send(std::size_t first, asio::cancellation_type type) noexcept {
        for (std::size_t i = first, count = all.size(); i < count; ++i)
            if (all[i]->running) all[i]->child_task::cancel(type);
    }

    void cancel_from_parent(asio::cancellation_type type) noexcept {
        cancelled_by_parent = true;
        cancel(type);
    }

    std::vector<std::unique_ptr<child>> all{};
    std::vector<child*> ended_places{};
    waiting* parent{nullptr};
    std::exception_ptr failure{};
    std::size_t running{0};
    on_failure policy{on_failure::carry_on};
    bool started{false};
    bool cancelled{false};
    bool cancelled_by_parent{false};
};

nursery::nursery() : state_{std::make_unique<state>()} {}

nursery::~nursery() = default;

void nursery::add(asio::awaitable<void> child) { state_->add(std::move(child)); }

void nursery::cancel() noexcept { state_->cancel(asio::cancellation_type::terminal); }

void nursery::cancel_forgiving(std::size_t spared) noexcept { state_->cancel_forgiving(spared); }

std::size_t nursery::running() const noexcept { return state_->running; }

asio::awaitable<std::exception_ptr> nursery::run(on_failure policy) {
    auto& group = *state_;
    if (group.all.empty()) co_return nullptr;
    group.policy = policy;
    group.started = true;
    state::waiting node{co_await asio::this_coro::executor, group};
    auto const before = (co_await asio::this_coro::cancellation_state).cancelled();
    auto const initial = group.all.size();  // those that a child adds meanwhile start by themselves
    for (std::size_t i = 0; i < initial; ++i) {
        group.start(*group.all[i]);
        auto const after = (co_await asio::this_coro::cancellation_state).cancelled();
        if (after != before) group.cancel_from_parent(after);  // by a child, as it started
    }
    bool const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);  // the children must be waited for, come what may
    while (group.running != 0) co_await suspend_until(node, std::nullopt);
    co_await asio::this_coro::throw_if_cancelled(throws);
    co_return std::exchange(group.failure, nullptr);
}

}  // namespace coax::detail
