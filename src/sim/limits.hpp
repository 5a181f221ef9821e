#pragma once

#include <coax/sim/options.hpp>

#include <chrono>
#include <optional>

namespace coax::sim::detail {

/// A token bucket that refills steadily. It never reads a clock.
class bucket {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = std::chrono::nanoseconds;

    /// @param per_minute  0 makes a bucket without limit.
    bucket(double per_minute, std::chrono::milliseconds window);

    [[nodiscard]] bool limited() const noexcept { return per_minute_ > 0; }
    [[nodiscard]] double per_minute() const noexcept { return per_minute_; }
    [[nodiscard]] double capacity() const noexcept { return capacity_; }

    /// The current content; below 0 after a debt.
    [[nodiscard]] double level(time_point now) noexcept;
    /// Takes `amount` in any case, which may leave a debt. A negative amount puts back.
    void take(double amount, time_point now) noexcept;
    /// The wait until `amount` is there; 0 if it is, the longest duration if it never can be.
    [[nodiscard]] duration until(double amount, time_point now) noexcept;

private:
    double per_minute_;
    double capacity_;
    double level_;
    time_point filled_at_{};
    bool started_{false};
};

/// The figures of one limit, as headers report them.
struct limit_state {
    double limit{0};
    double remaining{0};
    std::chrono::nanoseconds reset{0};  ///< Until the bucket is full again.
};

/// The limit that a request exceeds.
enum class limited_by { requests, tokens };

struct limit_refusal {
    limited_by which{};
    double requested{0};
    bool never{false};  ///< The request alone is larger than the limit.
    std::chrono::nanoseconds wait{0};
};

/// The request and token limits of a service.
class limits {
public:
    explicit limits(options const& wanted);

    /// Admits a request and takes its share, or returns the refusal and takes nothing.
    [[nodiscard]] std::optional<limit_refusal> admit(std::size_t tokens, bucket::time_point now) noexcept;
    /// Takes tokens of the response beyond those admitted.
    void charge(std::size_t tokens, bucket::time_point now) noexcept {
        if (tokens_.limited()) tokens_.take(static_cast<double>(tokens), now);
    }

    /// `nullopt` where there is no such limit.
    [[nodiscard]] std::optional<limit_state> state(limited_by which, bucket::time_point now) noexcept;

private:
    bucket requests_;
    bucket tokens_;
};

}  // namespace coax::sim::detail
