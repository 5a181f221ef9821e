#include "batch/internal/figure_text.hpp"

#include <coax/batch/progress.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace coax {

namespace {

using seconds = std::chrono::duration<double>;

std::string one_decimal(double number) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%.1f", number);
    return text.data();
}

}  // namespace

rate_estimator::rate_estimator(time_point start, std::chrono::milliseconds window) : window_{window} {
    points_[0].when = start;
}

void rate_estimator::add(time_point now, std::uint64_t count) {
    auto const spacing = window_ / static_cast<int>(points_.size() / 2);
    // The newest point moves until it stands far enough from the one before: the number of points stays small.
    if (count_ > 1 && now - points_[count_ - 2].when < spacing) --count_;
    if (count_ == points_.size()) drop_oldest();
    points_[count_++] = {now, count};
    while (count_ > 2 && points_[1].when <= now - window_) drop_oldest();
}

void rate_estimator::drop_oldest() noexcept {
    std::shift_left(points_.begin(), points_.begin() + static_cast<std::ptrdiff_t>(count_), 1);
    --count_;
}

/// The last point at or before the window's beginning: the rate is taken from there.
rate_estimator::point const& rate_estimator::oldest(time_point now) const {
    std::size_t at = 0;
    while (at + 1 < count_ && points_[at + 1].when <= now - window_) ++at;
    return points_[at];
}

double rate_estimator::per_second(time_point now) const {
    auto const& from = oldest(now);
    auto const span = seconds{now - from.when}.count();
    return span <= 0 ? 0.0 : static_cast<double>(points_[count_ - 1].count - from.count) / span;
}

std::optional<std::chrono::milliseconds> rate_estimator::time_for(std::uint64_t left, time_point now) const {
    if (left == 0) return std::chrono::milliseconds{0};
    auto const rate = per_second(now);
    auto const wanted = rate > 0 ? static_cast<double>(left) / rate : HUGE_VAL;
    constexpr double longest = 1e9;  // seconds: three decades is as good as never
    if (wanted > longest) return std::nullopt;
    return std::chrono::ceil<std::chrono::milliseconds>(seconds{wanted});
}

std::string to_line(batch_progress const& progress, std::size_t columns) {
    auto line = std::to_string(progress.done);
    if (progress.total) {
        auto const percent =
            *progress.total == 0 ? 100 : std::min<std::uint64_t>(100, progress.done * 100 / *progress.total);
        line += '/' + std::to_string(*progress.total) + " (" + std::to_string(percent) + "%)";
    }
    line += "  " + std::to_string(progress.failed) + " failed";
    line += "  " + std::to_string(progress.in_flight) + " in flight";
    line += "  " + one_decimal(progress.records_per_second) + "/s";
    if (progress.remaining) line += "  ETA " + detail::clock_text(*progress.remaining);
    if (progress.paused_for.count() > 0) line += "  paused " + detail::clock_text(progress.paused_for);
    if (auto const tokens = progress.usage.total_tokens(); tokens > 0)
        line += "  " + detail::short_count(static_cast<double>(tokens)) + " tokens";
    if (progress.retries > 0) line += "  " + std::to_string(progress.retries) + " retries";
    if (line.size() > columns) line.resize(columns);
    return line;
}

std::string to_terminal_line(batch_progress const& progress, std::size_t columns) {
    // A row filled to its last column would wrap.
    return '\r' + to_line(progress, columns > 0 ? columns - 1 : 0) + "\x1b[K";
}

}  // namespace coax
