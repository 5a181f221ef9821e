#pragma once

#include <coax/client/router.hpp>
#include <coax/core/error.hpp>
#include <coax/runtime/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace coax::detail {

/// What an operation tells of where it should go.
struct route_hint {
    std::uint64_t prefix{0};  ///< Of its prompt; 0: it has none that a cache would keep.
    std::int64_t tokens{0};   ///< As estimated.
    bool stays{false};        ///< It does not move: retries are those of the route.
    bool first{false};        ///< It is for the first route alone.
};

[[nodiscard]] route_hint hint_of(chat_request const& request);

/// Which route takes a call: arithmetic over (options, what routes did, now), without a lock or a wait.
class route_rule {
public:
    /// A route that may take the call, and when it can.
    struct candidate {
        std::size_t index{0};
        clock::duration wait{0};  ///< Zero: it is free.
    };

    explicit route_rule(router_options const& options);

    /// Whether a route may take a call that has failed with `why` before; null: not yet.
    [[nodiscard]] bool fits(std::size_t index, error const* why) const;
    /// @param among  Not empty.
    [[nodiscard]] std::size_t choose(std::vector<candidate> const& among, std::uint64_t prefix, clock::time_point now);

    void begin(std::size_t index, std::uint64_t prefix, clock::time_point now);
    /// Its service has begun to respond.
    void answered(std::size_t index, clock::duration took) noexcept;
    void failed(std::size_t index, error const& why, clock::time_point now);
    void end(std::size_t index) noexcept { --states_[index].under_way; }

    struct state {
        double credit{0};  ///< Of the turn by weights.
        std::size_t under_way{0};
        std::uint64_t calls{0};
        std::uint64_t failures{0};
        std::optional<error> last_error{};
        clock::duration latency{0};  ///< Smoothed; zero: not known.
        clock::time_point used_at{};
        clock::time_point rests_until{};
    };
    [[nodiscard]] state const& of(std::size_t index) const { return states_[index]; }

private:
    struct warm_cache {
        std::size_t index;
        clock::time_point used_at;
    };

    [[nodiscard]] std::vector<std::size_t> best_of(std::vector<candidate> const& among, clock::time_point now) const;
    [[nodiscard]] std::size_t next_in_turn(std::vector<std::size_t> const& equals);
    [[nodiscard]] std::size_t fastest(std::vector<std::size_t> const& equals, clock::time_point now) const;
    [[nodiscard]] std::optional<std::size_t> warm(std::uint64_t prefix, clock::time_point now) const;
    void forget_cold(clock::time_point now);

    router_options const& options_;
    std::vector<state> states_;
    std::unordered_map<std::uint64_t, warm_cache> warm_{};
};

}  // namespace coax::detail
