#include "batch/report_timeline.hpp"

#include "batch/report_page.hpp"

#include <algorithm>

namespace coax::detail {
namespace {

/// What a span of quiet is drawn as; a longer one is left out.
constexpr std::int64_t most_quiet_bins = 4096;

/// The spans between two in which something happened are added, unless nothing was in work for more than a minute.
timeline fill_gaps(time_series const& times) {
    timeline all{.width = times.width()};
    auto const longest_gap = std::max<std::int64_t>(60'000 / times.width().count(), 1);
    std::int64_t in_work = 0;
    std::int64_t next = 0;
    for (auto const& [number, bin] : times.bins()) {
        auto const gap = all.bins.empty() ? 0 : number - next;
        if (gap > longest_gap && (in_work <= 0 || gap > most_quiet_bins))
            all.pauses.push_back(all.bins.size()), all.paused += all.width * gap;
        else
            all.bins.resize(all.bins.size() + static_cast<std::size_t>(gap)),
                all.in_work.resize(all.bins.size(), static_cast<double>(in_work));
        all.in_work.push_back(std::max(0.0, static_cast<double>(in_work) + bin.begun_rest - bin.ended_rest));
        all.bins.push_back(bin);
        in_work += bin.begun - bin.ended;
        next = number + 1;
    }
    return all;
}

/// Puts so many neighbours together.
timeline together(timeline const& all, std::size_t group) {
    timeline wide{.paused = all.paused, .width = all.width * static_cast<std::int64_t>(group)};
    for (std::size_t i = 0; i < all.bins.size(); i += group) {
        auto const end = std::min(i + group, all.bins.size());
        time_bin sum;
        double in_work = 0;
        for (auto j = i; j < end; ++j) sum += all.bins[j], in_work += all.in_work[j];
        wide.bins.push_back(sum);
        wide.in_work.push_back(in_work / static_cast<double>(end - i));
    }
    for (auto const at : all.pauses)
        if (wide.pauses.empty() || wide.pauses.back() != at / group) wide.pauses.push_back(at / group);
    return wide;
}

}  // namespace

timeline timeline_of(time_series const& times, std::size_t most) {
    if (times.bins().empty()) return {};
    auto all = fill_gaps(times);
    if (auto const group = (all.bins.size() + most - 1) / most; group > 1) all = together(all, group);
    all.begin = times.first();
    all.end = times.last();
    return all;
}

std::chrono::milliseconds working_time(time_series const& times) {
    return times.bins().empty() ? std::chrono::milliseconds{0} : times.last() - times.first() - fill_gaps(times).paused;
}

}  // namespace coax::detail
