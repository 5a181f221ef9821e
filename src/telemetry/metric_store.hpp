#pragma once

#include <coax/telemetry/observer.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace coax::telemetry::detail {

/// The histograms of the convention, of all calls so far.
/// Thread safety: from any thread.
class metric_store {
public:
    /// @param delta  Each `collect` begins anew.
    explicit metric_store(bool delta, std::chrono::system_clock::time_point now) : delta_{delta}, since_{now} {}

    /// An operation has ended: its tokens, duration and time to its first token.
    void record(operation const& ended);
    /// An attempt of a call got its turn.
    void record_wait(operation const& call, std::chrono::nanoseconds waited);

    /// All as members of `ScopeMetrics`; empty: there is nothing.
    [[nodiscard]] std::string collect(std::chrono::system_clock::time_point now);

private:
    enum metric : std::size_t { tokens, duration, first_chunk, queue, metric_count };
    struct histogram {
        std::vector<std::uint64_t> counts{};
        std::uint64_t count{0};
        double sum{0};
        double least{0};
        double most{0};
    };
    /// By their attributes, as `HistogramDataPoint` holds them.
    using series = std::unordered_map<std::string, histogram>;

    void add(metric which, std::string const& attributes, double value);
    void append(metric which, std::chrono::system_clock::time_point now, std::string& out) const;

    bool delta_;
    std::mutex mutex_{};
    std::chrono::system_clock::time_point since_;  ///< Guarded, as is the next.
    std::array<series, metric_count> all_{};
};

}  // namespace coax::telemetry::detail
