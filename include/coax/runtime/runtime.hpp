#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/runtime/detail/nursery.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace coax {

/// The options of a `runtime`.
struct runtime_options {
    /// Shards: threads, each with an `io_context` of its own. The first one is whoever calls `run()`. Range: [1, 1024].
    std::size_t threads{1};
};

/// `errc::invalid_argument`, naming the option that is wrong.
[[nodiscard]] result<void> validate(runtime_options const& options);

/// Makes a runtime whose clock jumps to the next deadline when nothing is ready.
struct virtual_time {
    explicit virtual_time() = default;  // so that `{...}` always means options
    /// Each seed gives another run, the same one every time.
    explicit virtual_time(std::uint64_t wanted) noexcept : seed{wanted} {}

    /// Of the random numbers (jitter) and of the order in which equal deadlines expire. 0: these expire in the order of
    /// asking.
    std::uint64_t seed{0};
};

/// The threads, timers and shutdown of a program that has no `io_context` of its own.
///
/// Shard 0 runs inside `run()`, the others on threads of their own as long as the runtime lives. What other threads
/// send to shard 0 between two `run()`s waits for the next one: where nobody stays in `run()`, give such work to the
/// shards from 1 up. Thread safety: `executor()`, `shard_count()` and `stop()` from any thread; the rest from one.
/// Lifetime: must outlive all that runs on it. The destructor unwinds every coroutine that is left.
class runtime {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit runtime(runtime_options options = {});
    /// One shard, the same run every time: an hour of waiting takes no time. Not for real sockets: waiting for one does
    /// not count as ready.
    explicit runtime(virtual_time time);
    runtime(runtime const&) = delete;
    runtime& operator=(runtime const&) = delete;
    ~runtime();

    /// Runs `main` on shard 0, on the calling thread, until it ends. May be called again.
    ///
    /// @returns What `main` returns; what it throws passes through.
    /// @throws coax::exception  `errc::invalid_argument` when called from inside, where a coroutine awaits what it
    /// wants to run; `errc::cancelled` after `stop()`; `errc::stalled` in virtual time when nothing is ready and
    /// nothing ever will be: its message names what waits, as "2 on async_semaphore, 1 on channel"; `main` was then
    /// cancelled.
    template <class T>
    T run(asio::awaitable<T> main) {
        auto place = std::make_shared<std::optional<detail::kept<T>>>();
        run_to_end(detail::store_shared(std::move(main), place));
        return detail::take<T>(*place);
    }

    /// Cancels what `run()` is running with `terminal`, or the next one if none is.
    void stop() noexcept;

    [[nodiscard]] std::size_t shard_count() const noexcept;
    /// @param shard  Below `shard_count()`.
    [[nodiscard]] asio::any_io_executor executor(std::size_t shard = 0) const;
    /// The virtual clock or the real one.
    [[nodiscard]] clock const& time() const noexcept;

private:
    struct impl;

    void run_to_end(asio::awaitable<void> main);

    core::detail::opaque<impl> impl_;
};

}  // namespace coax
