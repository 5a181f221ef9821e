#include <coax/core/error.hpp>
#include <coax/tasks/when_any.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <utility>

namespace coax::tasks::detail {

asio::awaitable<std::size_t> race_state::run() {
    auto const failure = co_await runners_.run(coax::detail::on_failure::carry_on);
    if (first_ == none) std::rethrow_exception(failure);  // cancelled before anyone started
    auto const cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (!won_ && cancelled != asio::cancellation_type::none) throw_error({.code = errc::cancelled});
    if (failure_) std::rethrow_exception(failure_);
    co_return first_;
}

void race_state::end(std::size_t number, bool succeeded, std::exception_ptr failure) noexcept {
    bool const wins = !won_ && (succeeded || rule_ == rule::first_to_end);
    if (wins || first_ == none) {
        first_ = number;
        failure_ = std::move(failure);
    }
    if (!wins) return;
    won_ = true;
    runners_.cancel();
}

}  // namespace coax::tasks::detail
