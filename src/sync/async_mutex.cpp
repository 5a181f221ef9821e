#include <coax/sync/async_mutex.hpp>

namespace coax {

async_mutex::async_mutex() : one_{1, "async_mutex"} {}

asio::awaitable<async_lock> async_mutex::lock() { co_return async_lock{co_await one_.acquire()}; }

std::optional<async_lock> async_mutex::try_lock() {
    auto held = one_.try_acquire();
    if (!held) return std::nullopt;
    return async_lock{std::move(*held)};
}

}  // namespace coax
