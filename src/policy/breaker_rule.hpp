#pragma once

#include <coax/policy/circuit_breaker.hpp>

#include <array>
#include <cstddef>

namespace coax::policy::detail {

/// A circuit breaker's state machine over (options, state, event, now), without a lock or a clock.
class breaker_rule {
public:
    enum class verdict { success, failure, nothing };

    explicit breaker_rule(circuit_breaker_options options);

    /// @returns The generation to report the call's end with; none: not let through.
    [[nodiscard]] std::optional<std::uint64_t> enter(clock::time_point now) noexcept;
    /// A call of an earlier generation changes nothing.
    void leave(std::uint64_t generation, verdict how, clock::time_point now) noexcept;

    [[nodiscard]] circuit_state state(clock::time_point now) const noexcept;
    /// Until it may let a trial through.
    [[nodiscard]] clock::duration wait(clock::time_point now) const noexcept;
    [[nodiscard]] verdict judge(error const& why) const;

private:
    static constexpr std::size_t slice_count = 10;
    struct slice {
        std::int64_t number{-1};
        int calls{0};
        int failures{0};
    };

    void count(bool failed, clock::time_point now) noexcept;
    [[nodiscard]] bool too_many_failures(clock::time_point now) const noexcept;
    [[nodiscard]] std::int64_t slice_number(clock::time_point now) const noexcept;
    void open(clock::time_point now) noexcept;
    void close() noexcept;

    circuit_breaker_options options_;
    std::array<slice, slice_count> slices_{};
    circuit_state state_{circuit_state::closed};
    clock::time_point open_until_{};
    std::uint64_t generation_{0};
    int trials_out_{0};
    int trials_good_{0};
};

}  // namespace coax::policy::detail
