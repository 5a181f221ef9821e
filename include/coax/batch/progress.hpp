#pragma once

#include <coax/chat/response.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace coax {

/// How far a batch is.
struct batch_progress {
    std::uint64_t done{0};  ///< Records with an outcome, failed ones included.
    std::uint64_t failed{0};
    std::uint64_t in_flight{0};
    std::optional<std::uint64_t> total{};  ///< Nothing: unknown.
    std::uint64_t retries{0};              ///< Requests beyond each record's first, re-asks included.
    coax::usage usage{};                   ///< Of the records done.
    std::chrono::milliseconds elapsed{0};
    double records_per_second{0};                          ///< Recently; see `rate_estimator`.
    std::optional<std::chrono::milliseconds> remaining{};  ///< At that rate; nothing: unknown.
    std::chrono::milliseconds paused_for{0};               ///< From now on, as the service asks or is in trouble.
};

/// A rate over a sliding window: pure arithmetic, the caller brings the time.
/// Holds at most 64 points.
class rate_estimator {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// @param start  When counting began, at 0.
    explicit rate_estimator(time_point start, std::chrono::milliseconds window = std::chrono::seconds{30});

    /// At `now`, `count` things were done in all. Neither may go back.
    void add(time_point now, std::uint64_t count);

    /// Things per second between the window's beginning and `now`. 0: nothing was done in it.
    [[nodiscard]] double per_second(time_point now) const;

    /// How long `left` more things take at that rate. Nothing: the rate is 0 and something is left.
    [[nodiscard]] std::optional<std::chrono::milliseconds> time_for(std::uint64_t left, time_point now) const;

private:
    struct point {
        time_point when{};
        std::uint64_t count{0};
    };
    [[nodiscard]] point const& oldest(time_point now) const;
    void drop_oldest() noexcept;

    std::chrono::milliseconds window_;
    std::array<point, 64> points_{};
    std::size_t count_{1};
};

/// One line for people, without a newline and of at most `columns` characters:
/// "120/2000 (6%)  3 failed  64 in flight  41.2/s  ETA 0:45  12k tokens  5 retries".
[[nodiscard]] std::string to_line(batch_progress const& progress, std::size_t columns = 200);

/// What a terminal is sent to replace the line that it shows: carriage return, the line, and the rest of the row
/// erased.
[[nodiscard]] std::string to_terminal_line(batch_progress const& progress, std::size_t columns);

}  // namespace coax
