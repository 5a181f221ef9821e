#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

/// What many numbers look like, in memory that does not grow with them.
namespace coax::detail {

/// The numbers from `from` on and below `to`.
struct histogram_bar {
    double from{0};
    double to{0};
    std::uint64_t count{0};
};

/// Amounts from 0 to 2^48, in buckets of which each is 4.4 % wider than the one before: a quantile is 2.2 % off at
/// most.
class log_histogram {
public:
    void add(double value);
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] double mean() const noexcept { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
    [[nodiscard]] double largest() const noexcept { return largest_; }
    /// @param share  In [0, 1].
    [[nodiscard]] double quantile(double share) const;
    /// From the first to the last that has some; neighbours are put together until there are at most `most`.
    [[nodiscard]] std::vector<histogram_bar> bars(std::size_t most) const;

private:
    static constexpr std::size_t per_octave = 16;
    static constexpr std::size_t octaves = 48;
    std::array<std::uint64_t, per_octave * octaves + 2> buckets_{};
    std::uint64_t count_{0};
    double sum_{0};
    double largest_{0};
};

/// Any numbers: exact extremes and mean, each value counted while there are few, a fair sample of them all.
class number_sketch {
public:
    void add(double value);
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] double least() const noexcept { return least_; }
    [[nodiscard]] double most() const noexcept { return most_; }
    [[nodiscard]] double mean() const noexcept { return mean_; }
    [[nodiscard]] double deviation() const noexcept;
    /// Of the sample.
    [[nodiscard]] double quantile(double share) const;
    /// Each value with its number; empty: there are more than 24.
    [[nodiscard]] std::map<double, std::uint64_t> const& values() const noexcept { return values_; }
    /// Equal parts of the way from the least to the most; the counts are the sample's, scaled to all.
    [[nodiscard]] std::vector<histogram_bar> bars(std::size_t parts) const;

private:
    static constexpr std::size_t sample_size = 4096;
    static constexpr std::size_t most_values = 24;
    std::vector<double> sample_{};
    std::map<double, std::uint64_t> values_{};
    bool many_values_{false};
    std::uint64_t count_{0};
    double least_{0};
    double most_{0};
    double mean_{0};
    double squares_{0};  ///< Sum of squared distances from the mean.
    std::minstd_rand dice_{1};
};

/// What happened in one span of time.
struct time_bin {
    std::uint64_t ok{0};
    std::uint64_t failed{0};
    std::uint64_t requests{0};
    std::int64_t tokens{0};
    std::int64_t begun{0};  ///< Records.
    std::int64_t ended{0};
    double begun_rest{0};  ///< Sum of the shares of the span that are left when records begin.
    double ended_rest{0};  ///< The same when they end.

    time_bin& operator+=(time_bin const& other) noexcept;
};

/// Bins over time that double in width when there are too many of them.
class time_series {
public:
    using milliseconds = std::chrono::milliseconds;

    /// Counts a record that began and ended. @returns The bin in which it ended.
    time_bin& add(milliseconds began, milliseconds ended);
    [[nodiscard]] milliseconds width() const noexcept { return milliseconds{width_}; }
    [[nodiscard]] milliseconds first() const noexcept { return first_; }  ///< The first beginning.
    [[nodiscard]] milliseconds last() const noexcept { return last_; }    ///< The last end.
    /// By number; number * width is the beginning. Those in which nothing happened are not there.
    [[nodiscard]] std::map<std::int64_t, time_bin> const& bins() const noexcept { return bins_; }

private:
    static constexpr std::size_t most_bins = 960;
    void widen();
    [[nodiscard]] time_bin& at(milliseconds when);
    [[nodiscard]] double rest_of_bin(milliseconds when) const noexcept;
    std::map<std::int64_t, time_bin> bins_{};
    std::int64_t width_{1000};
    milliseconds first_{milliseconds::max()};
    milliseconds last_{0};
};

}  // namespace coax::detail
