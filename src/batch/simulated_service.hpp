#pragma once

#include <coax/batch/rehearsal.hpp>
#include <coax/http/memory_transport.hpp>
#include <coax/runtime/clock.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <queue>
#include <random>
#include <vector>

namespace coax::detail {

/// A quota that flows in evenly and holds a minute's worth.
class minute_quota {
public:
    using time_point = clock::time_point;
    /// @param per_minute  0: no limit.
    minute_quota(std::int64_t per_minute, time_point now) noexcept
        : per_minute_{static_cast<double>(per_minute)}, level_{per_minute_}, at_{now} {}
    /// How long until `amount` is there; more than it ever holds is as much as that.
    [[nodiscard]] std::chrono::milliseconds wait_for(double amount, time_point now) noexcept;
    void take(double amount) noexcept { level_ -= amount; }
    [[nodiscard]] std::int64_t left() const noexcept { return level_ > 0 ? static_cast<std::int64_t>(level_) : 0; }
    [[nodiscard]] bool limits() const noexcept { return per_minute_ > 0; }

private:
    double per_minute_;
    double level_;
    time_point at_;
};

/// Each call as one of its requests: their mean.
[[nodiscard]] std::vector<sampled_call> requests_of_calls(std::vector<sampled_call> calls);

/// Input tokens by the bytes of a request.
struct input_line {
    double base{0};
    double per_byte{0.25};
    bool is_drawn{false};  ///< The calls' own numbers are taken: the bytes of their requests are not known.
};
[[nodiscard]] input_line fit_input(std::vector<sampled_call> const& calls);

/// A service that a `memory_transport` asks. Thread safety: none.
class simulated_service {
public:
    simulated_service(service_model model, clock const& time, std::uint64_t seed);

    /// The response to a request, in the form that its target asks for.
    [[nodiscard]] memory_transport::timed_response respond(http_request const& request);

    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
    [[nodiscard]] std::uint64_t requests() const noexcept { return requests_; }
    /// Sum of the times that requests took.
    [[nodiscard]] std::chrono::milliseconds busy() const noexcept { return busy_; }

private:
    struct work {
        std::int64_t input_tokens;
        std::int64_t output_tokens;
        std::chrono::milliseconds latency;
    };
    [[nodiscard]] work draw(http_request const& request);
    [[nodiscard]] std::optional<std::chrono::milliseconds> refusal(work const& of, clock::time_point now);
    [[nodiscard]] header_list limit_headers(http_request const& request) const;

    service_model model_;
    clock const& time_;
    std::vector<sampled_call> requests_of_calls_;
    input_line input_;
    std::mt19937_64 dice_;
    std::normal_distribution<> bell_{};
    minute_quota request_quota_;
    minute_quota token_quota_;
    std::priority_queue<clock::time_point, std::vector<clock::time_point>, std::greater<>> ends_{};
    std::uint64_t refused_{0};
    std::uint64_t requests_{0};
    std::chrono::milliseconds busy_{0};
};

}  // namespace coax::detail
