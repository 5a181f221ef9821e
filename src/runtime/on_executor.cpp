#include "runtime/internal/suspended.hpp"
#include "runtime/internal/swallow_cancellation.hpp"

#include <coax/core/error.hpp>
#include <coax/runtime/on_executor.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace coax::detail {
namespace {

/// What the two sides of a hop share.
struct crossing {
    std::mutex mutex{};
    suspended* parent{nullptr};          ///< Guarded; null once the parent is gone.
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

struct crossing_wait final : suspended {
    crossing_wait(asio::any_io_executor const& here, asio::any_io_executor there, std::shared_ptr<crossing> both)
        : suspended{here}, there_{std::move(there)}, both_{std::move(both)} {
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
class presence {
public:
    using cancellation_slot_type = asio::cancellation_slot;

    explicit presence(std::shared_ptr<crossing> both) noexcept : both_{std::move(both)} {}
    presence(presence&&) noexcept = default;
    presence& operator=(presence&&) noexcept = delete;
    ~presence() {
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
        auto moved =
            swallow_cancellation(std::move(*work), both->failure);  // out of the frame before anyone can resume it
        node.hold(std::move(rest));
        asio::co_spawn(executor, std::move(moved), presence{both});
    });
    co_return std::exchange(both->failure, nullptr);  // the child's side may be the last to let go of `both`
}

}  // namespace coax::detail
