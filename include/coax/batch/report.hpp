#pragma once

#include <coax/batch/outcome.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/tokens/model_facts.hpp>
#include <coax/tokens/usd.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// When an answer is the right one. On both sides blanks at the ends do not count, what follows the last "####" is the
/// answer where there is one, and numbers are compared as numbers: "1,600", "$1600" and "1600.0" are equal.
enum class answer_match {
    exact,       ///< The same text or number.
    last_number  ///< The same last number in the text.
};

/// What a report shows besides what the lines of the output say.
struct batch_report_options {
    std::string title{"Batch report"};
    /// For the prices of lines that do not name their model and cost themselves. Empty: such lines have no cost.
    std::string model{};
    /// Whose model it is, as in `provider_options::service`. Empty: any.
    std::string service{};
    model_table facts{};
    /// What the service or the user allows, drawn beside what was used. 0: not known.
    std::int64_t requests_per_minute{0};
    std::int64_t tokens_per_minute{0};
    /// The member of an answer that is compared with the right one. Empty: the one called as `expected_column`,
    /// "answer" or "label", or the only one.
    std::string answer_field{};
    /// Where the right answers are from.
    std::string expected_column{};
    answer_match match{answer_match::exact};
    /// Applied to every text of the output that is shown, to hide what is secret. Empty: nothing is.
    std::function<std::string(std::string)> hide{};
};

/// The figures that stand at the top of a report.
struct batch_report_figures {
    std::uint64_t ok{0};
    std::uint64_t failed{0};
    std::uint64_t requests{0};  ///< Sent for these records.
    coax::usage usage{};
    std::optional<usd> cost{};                           ///< Nothing: a price is not known.
    std::optional<std::chrono::milliseconds> elapsed{};  ///< From the first beginning to the last end; pauses between
                                                         ///< two runs of more than a minute do not count. Nothing: the
                                                         ///< lines have no times.
    std::chrono::milliseconds median_latency{0};         ///< To 2 %; of records that succeeded, waits included.
    std::chrono::milliseconds p95_latency{0};
    std::chrono::milliseconds p99_latency{0};
    std::vector<std::pair<std::string, std::uint64_t>> failures{};  ///< By kind, the most frequent first.
    std::uint64_t judged{0};   ///< Records whose right answer is known; failed ones count, as wrong.
    std::uint64_t correct{0};  ///< Of these.
};

/// What a batch did, of the lines of its output: a page for a browser and the figures on it. Throughput over time,
/// latencies, tokens, cost, failures with samples, the slowest and dearest records, how each member of the answers is
/// distributed, and, where right answers are known, accuracy and confusion.
///
/// Memory does not grow with the number of lines, but for four bytes a record and each right answer once where `expect`
/// is used. Thread safety: none.
class batch_report {
public:
    explicit batch_report(batch_report_options options = {});
    batch_report(batch_report&&) noexcept;
    batch_report& operator=(batch_report&&) noexcept;
    ~batch_report();

    /// The right answer of a record. To be called before the record's line is added.
    void expect(std::uint64_t index, std::string_view right);

    /// Adds one line of an output, as `to_json_line` makes it; members that are missing or unknown do no harm.
    /// Errors: `errc::invalid_json`: it is no such line; nothing of it counts.
    [[nodiscard]] result<void> add(std::string_view line);

    /// Adds every line of a file. A line without an end, as a crash leaves it, and one whose checksum is wrong do not
    /// count. Errors: those of `add`, `where` is "path:line"; `errc::io_failed`.
    [[nodiscard]] result<void> add_file(std::string const& path);

    [[nodiscard]] batch_report_figures figures() const;

    /// A page of HTML that needs nothing from elsewhere: no script, no font, no address. It follows the reader's choice
    /// of dark or light. All text of the output is escaped.
    [[nodiscard]] std::string html() const;

    struct state;

private:
    core::detail::opaque<state> state_;
};

/// The figures as a JSON object, with the names of the members and times in milliseconds: `"median_latency_ms":900`,
/// `"cost_usd":"1.25"`, `"failures":{"refused":2}`, `"accuracy":0.93`.
[[nodiscard]] std::string to_json(batch_report_figures const& figures);

}  // namespace coax
