#pragma once

#include <coax/runtime/asio.hpp>
#include <coax/runtime/detail/nursery.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

namespace coax::detail {

/// Something that holds what belongs to an execution context, such as a socket, and may outlive it.
class context_member {
public:
    context_member() = default;
    context_member(context_member const&) = delete;
    context_member& operator=(context_member const&) = delete;

    /// The context ends, and nothing runs on it any more: lets go of all that belongs to it.
    virtual void context_ended() noexcept = 0;

protected:
    virtual ~context_member() = default;
};

/// Tells whether an execution context is still there. Outlives it.
/// Thread safety: may be used from any thread.
class context_life {
public:
    /// Calls `f` if the context is there; it stays until `f` returns, which must not wait for it.
    /// @returns Whether it is.
    template <class F>
    bool while_alive(F const& f) {
        std::lock_guard const lock{mutex_};
        if (alive_) f();
        return alive_;
    }

    /// From now on `one` hears of the end; a context that has ended tells nobody.
    void add(context_member& one) {
        std::lock_guard const lock{mutex_};
        if (alive_) members_.insert(&one);
    }
    void remove(context_member& one) noexcept {
        std::lock_guard const lock{mutex_};
        members_.erase(&one);
    }

    void end() noexcept {
        std::lock_guard const lock{mutex_};
        alive_ = false;
        while (!members_.empty()) members_.extract(members_.begin()).value()->context_ended();
    }

private:
    std::recursive_mutex mutex_;  ///< Recursive: what a member lets go of may hold another one.
    bool alive_{true};
    std::set<context_member*> members_;
};

/// As `run_on`, on a context that may have ended: then the exception is `errc::closed`.
asio::awaitable<std::exception_ptr> run_on_living(std::shared_ptr<context_life> life, asio::any_io_executor executor,
                                                  asio::awaitable<void> child);

/// As `on_executor`, on a context that may have ended, or may end first: then it throws `errc::closed`.
template <class T>
asio::awaitable<T> on_living(std::shared_ptr<context_life> life, asio::any_io_executor executor,
                             asio::awaitable<T> work) {
    if (executor == co_await asio::this_coro::executor) co_return co_await std::move(work);
    auto place = std::make_shared<std::optional<kept<T>>>();
    auto stored = store_shared(std::move(work), place);
    if (auto failure = co_await run_on_living(std::move(life), std::move(executor), std::move(stored)))
        std::rethrow_exception(failure);
    co_return take<T>(*place);
}

}  // namespace coax::detail
