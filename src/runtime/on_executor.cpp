#include "runtime/internal/context_life.hpp"
#include "runtime/internal/context_service.hpp"
#include "runtime/internal/spawn.hpp"
#include "runtime/internal/suspended.hpp"

#include <coax/core/error.hpp>
#include <coax/runtime/on_executor.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace coax::detail {
namespace {

/// What the two sides of a hop share.
struct hop_state {
    std::mutex mutex{};
    suspended* parent{nullptr};          ///< Guarded; null once the parent is gone.
    asio::any_io_executor there{};       ///< Guarded; the child's, empty once that is gone.
    std::exception_ptr failure{};        ///< Written by the child's side before it wakes the parent.
    asio::cancellation_signal signal{};  ///< The child's side only, once it has started.
    bool done{false};                    ///< The child's side only.

    void ended(bool lost) noexcept {
        done = true;
        if (lost)
            failure = std::make_exception_ptr(
                exception{{.code = errc::closed, .message = "the executor's context ended before the work on it"}});
        std::lock_guard const lock{mutex};
        there = {};
        if (parent != nullptr) parent->wake();
    }

    void cancel(std::shared_ptr<hop_state> self, asio::cancellation_type type) {
        std::lock_guard const lock{mutex};
        if (there)
            asio::post(there, [both = std::move(self), type] {
                if (!both->done) both->signal.emit(type);
            });
    }
};

struct hop_waiter final : suspended {
    hop_waiter(asio::any_io_executor const& here, std::shared_ptr<hop_state> both)
        : suspended{here}, both_{std::move(both)} {
        both_->parent = this;
    }
    hop_waiter(hop_waiter const&) = delete;
    hop_waiter& operator=(hop_waiter const&) = delete;
    ~hop_waiter() override {
        std::lock_guard const lock{both_->mutex};
        both_->parent = nullptr;
    }

    void cancel(asio::cancellation_type type) noexcept override { both_->cancel(both_, type); }

    std::shared_ptr<hop_state> both_;
};

}  // namespace

asio::awaitable<std::exception_ptr> run_on_living(std::shared_ptr<context_life> life, asio::any_io_executor executor,
                                                  asio::awaitable<void> child) {
    auto const both = std::make_shared<hop_state>();
    both->there = std::move(executor);
    hop_waiter node{co_await asio::this_coro::executor, both};
    co_await suspend(node, [&node, both, life, work = &child](continuation rest) {
        auto moved = std::move(*work);  // out of the frame before anyone can resume it
        node.hold(std::move(rest));
        bool const begun = life->while_alive([&] {
            auto const there = both->there;
            spawn(there, std::move(moved), both);
        });
        if (!begun) both->ended(true);
    });
    co_return std::exchange(both->failure, nullptr);  // the child's side may be the last to let go of `both`
}

asio::awaitable<std::exception_ptr> run_on(asio::any_io_executor executor, asio::awaitable<void> child) {
    auto life = context_service::of(executor).life;
    return run_on_living(std::move(life), std::move(executor), std::move(child));
}

}  // namespace coax::detail
