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
    std::exception_ptr failure{};        ///< Written by the child's side before it wakes the parent.
    asio::cancellation_signal signal{};  ///< The child's side only, once it has started.
    bool done{false};                    ///< The child's side only.

    void ended(bool lost) noexcept {
        done = true;
        if (lost)
            failure = std::make_exception_ptr(
                exception{{.code = errc::closed, .message = "the executor's context ended before the work on it"}});
        std::lock_guard const lock{mutex};
        if (parent != nullptr) parent->wake();
    }
};

struct hop_waiter final : suspended {
    hop_waiter(asio::any_io_executor const& here, asio::any_io_executor there, std::shared_ptr<hop_state> both)
        : suspended{here}, there_{std::move(there)}, both_{std::move(both)} {
        both_->parent = this;
    }
    hop_waiter(hop_waiter const&) = delete;
    hop_waiter& operator=(hop_waiter const&) = delete;
    ~hop_waiter() override {
        std::lock_guard const lock{both_->mutex};
        both_->parent = nullptr;
    }

    void cancel(asio::cancellation_type type) noexcept override {
        asio::post(there_, [both = both_, type] {
            if (!both->done) both->signal.emit(type);
        });
    }

    asio::any_io_executor there_;
    std::shared_ptr<hop_state> both_;
};

}  // namespace

asio::awaitable<std::exception_ptr> run_on(asio::any_io_executor executor, asio::awaitable<void> child) {
    auto const both = std::make_shared<hop_state>();
    hop_waiter node{co_await asio::this_coro::executor, executor, both};
    co_await suspend(node, [&node, both, executor, work = &child](continuation rest) {
        auto moved = std::move(*work);  // out of the frame before anyone can resume it
        node.hold(std::move(rest));
        spawn(executor, std::move(moved), both);
    });
    co_return std::exchange(both->failure, nullptr);  // the child's side may be the last to let go of `both`
}

}  // namespace coax::detail
