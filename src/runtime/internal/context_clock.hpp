#pragma once

#include <coax/runtime/clock.hpp>

#include <atomic>
#include <cstdint>
#include <memory>

namespace coax::detail {

/// The time of one execution context and its random numbers, which repeat from run to run in virtual time.
/// Thread safety: may be used from any thread, but for `use_virtual`.
class context_clock {
public:
    context_clock();

    [[nodiscard]] std::shared_ptr<clock const> const& time() const noexcept { return time_; }
    [[nodiscard]] clock::time_point now() const noexcept { return time_->now(); }
    /// The next of a sequence of random numbers in [0, 1).
    [[nodiscard]] double random() noexcept;

    /// Makes time virtual. To be called before anything waits.
    /// @param seed  Of `random()` and, unless 0, of the order in which equal deadlines expire.
    void use_virtual(std::shared_ptr<virtual_clock> time, std::uint64_t seed = 0);
    /// Null: time is real.
    [[nodiscard]] virtual_clock* virtual_time() const noexcept { return virtual_time_.get(); }
    /// Orders equal deadlines. @param sequence  The number of the deadline, in the order of arming.
    [[nodiscard]] std::uint64_t tie_breaker(std::uint64_t sequence) const noexcept;

private:
    std::shared_ptr<clock const> time_;
    std::shared_ptr<virtual_clock> virtual_time_;
    std::atomic<std::uint64_t> random_state_;
    std::uint64_t tie_seed_{0};
};

}  // namespace coax::detail
