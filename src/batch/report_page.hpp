#pragma once

#include "batch/report_data.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace coax::detail {

/// The page of a report.
[[nodiscard]] std::string report_page(batch_report::state const& all);

/// The parts of it that are not figures and charts over time.
[[nodiscard]] std::string failures_section(batch_report::state const& all);
[[nodiscard]] std::string rows_section(batch_report::state const& all);
[[nodiscard]] std::string columns_section(batch_report::state const& all);
[[nodiscard]] std::string accuracy_section(batch_report::state const& all);

/// The style sheet of the page.
[[nodiscard]] std::string_view report_style() noexcept;

/// From the first record's beginning to the last one's end, without pauses of more than a minute.
[[nodiscard]] std::chrono::milliseconds working_time(time_series const& times);

}  // namespace coax::detail
