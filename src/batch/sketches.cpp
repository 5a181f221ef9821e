#include "batch/sketches.hpp"

#include <algorithm>
#include <cmath>

namespace coax::detail {

void log_histogram::add(double value) {
    value = std::max(value, 0.0);
    auto const place = value < 1 ? 0.0 : 1 + std::floor(std::log2(value) * per_octave);
    ++buckets_[static_cast<std::size_t>(std::min(place, static_cast<double>(buckets_.size() - 1)))];
    ++count_;
    sum_ += value;
    largest_ = std::max(largest_, value);
}

namespace {

/// Where a bucket of the histogram begins.
double bucket_begin(std::size_t bucket, std::size_t per_octave) {
    return bucket == 0 ? 0 : std::exp2(static_cast<double>(bucket - 1) / static_cast<double>(per_octave));
}

}  // namespace

double log_histogram::quantile(double share) const {
    auto const wanted = share * static_cast<double>(count_);
    double before = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        before += static_cast<double>(buckets_[i]);
        if (buckets_[i] == 0 || before < wanted) continue;
        auto const middle = (bucket_begin(i, per_octave) + bucket_begin(i + 1, per_octave)) / 2;
        return std::min(i == 0 ? 0 : middle, largest_);
    }
    return largest_;
}

std::vector<histogram_bar> log_histogram::bars(std::size_t most) const {
    auto const is_used = [](std::uint64_t count) { return count > 0; };
    auto const first = static_cast<std::size_t>(std::ranges::find_if(buckets_, is_used) - buckets_.begin());
    auto last = buckets_.size();
    while (last > first && buckets_[last - 1] == 0) --last;
    std::vector<histogram_bar> all;
    std::size_t group = 1;
    while ((last - first) > group * most) group *= 2;
    for (auto i = first; i < last; i += group) {
        histogram_bar bar{.from = bucket_begin(i, per_octave), .to = bucket_begin(i + group, per_octave)};
        for (auto j = i; j < std::min(i + group, last); ++j) bar.count += buckets_[j];
        all.push_back(bar);
    }
    return all;
}

void number_sketch::add(double value) {
    ++count_;
    least_ = count_ == 1 ? value : std::min(least_, value);
    most_ = count_ == 1 ? value : std::max(most_, value);
    auto const distance = value - mean_;
    mean_ += distance / static_cast<double>(count_);
    squares_ += distance * (value - mean_);
    if (!many_values_) ++values_[value];
    if (values_.size() > most_values) many_values_ = true, values_.clear();
    if (sample_.size() < sample_size) {
        sample_.push_back(value);
    } else if (auto const place = std::uniform_int_distribution<std::uint64_t>{0, count_ - 1}(dice_);
               place < sample_size) {
        sample_[place] = value;
    }
}

double number_sketch::deviation() const noexcept {
    return count_ < 2 ? 0 : std::sqrt(squares_ / static_cast<double>(count_ - 1));
}

double number_sketch::quantile(double share) const {
    if (sample_.empty()) return 0;
    auto sorted = sample_;
    std::ranges::sort(sorted);
    return sorted[static_cast<std::size_t>(std::lround(share * static_cast<double>(sorted.size() - 1)))];
}

std::vector<histogram_bar> number_sketch::bars(std::size_t parts) const {
    std::vector<histogram_bar> all(parts);
    auto const step = (most_ - least_) / static_cast<double>(parts);
    for (std::size_t i = 0; i < parts; ++i)
        all[i] = {least_ + step * static_cast<double>(i), least_ + step * static_cast<double>(i + 1)};
    std::vector<double> counts(parts);
    for (auto const value : sample_) {
        auto const place = step > 0 ? (value - least_) / step : 0;
        ++counts[std::min(static_cast<std::size_t>(place), parts - 1)];
    }
    auto const scale = static_cast<double>(count_) / static_cast<double>(std::max<std::size_t>(sample_.size(), 1));
    for (std::size_t i = 0; i < parts; ++i) all[i].count = static_cast<std::uint64_t>(std::llround(counts[i] * scale));
    return all;
}

time_bin& time_bin::operator+=(time_bin const& other) noexcept {
    ok += other.ok;
    failed += other.failed;
    requests += other.requests;
    tokens += other.tokens;
    begun += other.begun;
    ended += other.ended;
    begun_rest += other.begun_rest;
    ended_rest += other.ended_rest;
    return *this;
}

double time_series::rest_of_bin(milliseconds when) const noexcept {
    return 1 - static_cast<double>(when.count() % width_) / static_cast<double>(width_);
}

time_bin& time_series::add(milliseconds began, milliseconds ended) {
    ended = std::max(ended, milliseconds{0});
    began = std::clamp(began, milliseconds{0}, ended);
    first_ = std::min(first_, began);
    last_ = std::max(last_, ended);
    auto& first = at(began);
    ++first.begun;
    first.begun_rest += rest_of_bin(began);
    auto& last = at(ended);
    ++last.ended;
    last.ended_rest += rest_of_bin(ended);
    return last;
}

time_bin& time_series::at(milliseconds when) {
    while (bins_.size() >= most_bins && !bins_.contains(when.count() / width_)) widen();
    return bins_[when.count() / width_];
}

void time_series::widen() {
    std::map<std::int64_t, time_bin> wider;
    for (auto [number, bin] : bins_) {
        bool const is_left = number % 2 == 0;
        bin.begun_rest = (bin.begun_rest + (is_left ? static_cast<double>(bin.begun) : 0)) / 2;
        bin.ended_rest = (bin.ended_rest + (is_left ? static_cast<double>(bin.ended) : 0)) / 2;
        wider[number / 2] += bin;
    }
    bins_ = std::move(wider);
    width_ *= 2;
}

}  // namespace coax::detail
