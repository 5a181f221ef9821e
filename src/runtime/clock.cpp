#include "runtime/internal/context_service.hpp"
#include "runtime/internal/sleep.hpp"

#include <coax/core/error.hpp>
#include <coax/runtime/clock.hpp>

#include <chrono>

namespace coax {
namespace {

class real_clock final : public clock {
public:
    time_point now() const noexcept override { return std::chrono::steady_clock::now(); }
    std::chrono::system_clock::time_point system_now() const noexcept override {
        return std::chrono::system_clock::now();
    }
};

constexpr auto virtual_start = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};

/// Where a virtual clock begins. Not the epoch, so that subtracting an hour stays positive.
constexpr clock::time_point start{std::chrono::hours{24}};

}  // namespace

clock const& clock::real() noexcept {
    static real_clock const the_clock;
    return the_clock;
}

clock::time_point virtual_clock::now() const noexcept { return start + duration{elapsed_.load()}; }

std::chrono::system_clock::time_point virtual_clock::system_now() const noexcept {
    auto const elapsed = duration{elapsed_.load()};
    return virtual_start + std::chrono::duration_cast<std::chrono::system_clock::duration>(elapsed);
}

void virtual_clock::advance(duration by) noexcept { advance_to(detail::later(now(), by)); }

void virtual_clock::advance_to(time_point when) noexcept {
    auto const wanted = (when - start).count();
    auto current = elapsed_.load();
    while (current < wanted && !elapsed_.compare_exchange_weak(current, wanted)) {
    }
}

clock const& clock_of(asio::any_io_executor const& executor) {
    return *detail::context_service::of(executor).time.time();
}

clock::time_point now(asio::any_io_executor const& executor) { return clock_of(executor).now(); }

namespace detail {
namespace {

asio::awaitable<bool> sleep_on(suspended& node, clock::time_point when) {
    co_await suspend_until(node, when);
    co_return node.how() == suspended::end::due;
}

}  // namespace

asio::awaitable<bool> try_sleep_until(clock::time_point when) {
    suspended node{co_await asio::this_coro::executor, "sleep"};
    if (when <= node.now()) co_return true;
    co_return co_await sleep_on(node, when);
}

asio::awaitable<bool> try_sleep_for(clock::duration wait) {
    if (wait <= clock::duration::zero()) co_return true;
    suspended node{co_await asio::this_coro::executor, "sleep"};
    co_return co_await sleep_on(node, later(node.now(), wait));
}

}  // namespace detail

asio::awaitable<void> sleep_until(clock::time_point when) {
    if (!co_await detail::try_sleep_until(when)) throw_error({.code = errc::cancelled, .message = "sleep cancelled"});
}

asio::awaitable<void> sleep_for(clock::duration wait) {
    if (!co_await detail::try_sleep_for(wait)) throw_error({.code = errc::cancelled, .message = "sleep cancelled"});
}

}  // namespace coax
