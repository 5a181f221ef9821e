#pragma once

#include "batch/answer_check.hpp"
#include "batch/answer_columns.hpp"
#include "batch/sketches.hpp"

#include <coax/batch/report.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace coax::detail {

/// A record as the tables of the report show it.
struct report_row {
    std::uint64_t index{0};
    std::string key{};
    bool failed{false};
    std::string shown{};  ///< The beginning of its answer, or its error.
    coax::usage usage{};
    usd cost{};
    int attempts{0};
    std::chrono::milliseconds latency{0};
};

/// Failures of one kind.
struct failure_kind {
    std::string code{};
    std::uint64_t count{0};
    std::vector<report_row> samples{};  ///< With different messages.
};

}  // namespace coax::detail

namespace coax {

/// What the lines said so far.
struct batch_report::state {
    explicit state(batch_report_options wanted) : options{std::move(wanted)}, check{options.match} {}

    batch_report_options options;
    std::uint64_t ok{0};
    std::uint64_t failed{0};
    std::uint64_t requests{0};
    coax::usage usage{};
    usd cost{};
    bool cost_known{true};
    detail::log_histogram latency{};  ///< Milliseconds, of records that succeeded.
    detail::log_histogram input_tokens{};
    detail::log_histogram output_tokens{};
    std::array<std::uint64_t, 6> attempts{};  ///< Records by requests sent, the last: so many or more.
    detail::time_series times{};
    std::vector<detail::failure_kind> failures{};
    std::vector<detail::report_row> slowest{};
    std::vector<detail::report_row> dearest{};
    detail::answer_columns columns{};
    detail::answer_check check;

    [[nodiscard]] batch_report_figures figures() const;
    /// By number, the most frequent first.
    [[nodiscard]] std::vector<detail::failure_kind> sorted_failures() const;
    [[nodiscard]] std::string hidden(std::string text) const { return options.hide ? options.hide(text) : text; }
};

}  // namespace coax
