#include "client/slots.hpp"

namespace coax {

call_slots::call_slots(client_options const& options) : fixed_{options.max_concurrency} {
    if (options.adaptive) adaptive_.emplace(*options.adaptive);
}

std::optional<call_slot> call_slots::try_acquire() {
    if (adaptive_) return std::nullopt;
    auto slot = fixed_.try_acquire();
    if (!slot) return std::nullopt;
    return call_slot{*std::move(slot)};
}

asio::awaitable<call_slot> call_slots::acquire() {
    if (adaptive_) co_return call_slot{co_await adaptive_->acquire()};
    co_return call_slot{co_await fixed_.acquire()};
}

void call_slots::close() noexcept {
    fixed_.close();
    if (adaptive_) adaptive_->close();
}

std::size_t call_slots::limit() const noexcept {
    return adaptive_ ? adaptive_->limit() : fixed_.capacity();
}

}  // namespace coax
