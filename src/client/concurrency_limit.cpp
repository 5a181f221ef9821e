#include "client/concurrency_limit.hpp"

namespace coax::detail {

concurrency_limit::concurrency_limit(policy_options const& options) : fixed_{options.max_concurrency} {
    if (options.adaptive) adaptive_.emplace(*options.adaptive);
}

std::optional<concurrency_permit> concurrency_limit::try_acquire() {
    if (adaptive_) return std::nullopt;
    auto place = fixed_.try_acquire();
    if (!place) return std::nullopt;
    return concurrency_permit{*std::move(place)};
}

asio::awaitable<concurrency_permit> concurrency_limit::acquire() {
    if (adaptive_) co_return concurrency_permit{co_await adaptive_->acquire()};
    co_return concurrency_permit{co_await fixed_.acquire()};
}

void concurrency_limit::close() noexcept {
    fixed_.close();
    if (adaptive_) adaptive_->close();
}

std::size_t concurrency_limit::limit() const noexcept { return adaptive_ ? adaptive_->limit() : fixed_.capacity(); }

}  // namespace coax::detail
