#include "batch/internal/figure_text.hpp"
#include "batch/output_reader.hpp"
#include "batch/record_text.hpp"
#include "batch/report_data.hpp"
#include "batch/report_page.hpp"

#include <coax/batch/report.hpp>
#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace coax {
namespace {

using detail::report_row;
using std::chrono::milliseconds;

constexpr std::size_t rows_in_table = 10;
constexpr std::size_t most_kinds = 40;
constexpr std::size_t samples_of_kind = 4;
constexpr std::size_t shown_bytes = 240;

struct line_usage {
    std::optional<std::int64_t> input_tokens{};
    std::optional<std::int64_t> output_tokens{};
    std::optional<std::int64_t> cached_input_tokens{};
    std::optional<std::int64_t> cache_write_tokens{};
    std::optional<std::int64_t> reasoning_tokens{};
};

struct line_error {
    std::string code{};
    std::optional<std::string> message{};
    std::optional<std::string> service_message{};
};

/// A line of an output.
struct output_line {
    std::uint64_t index{0};
    std::optional<json_value> key{};
    std::string status{};
    std::optional<json_value> output{};
    std::optional<line_error> error{};
    std::optional<line_usage> usage{};
    std::optional<int> attempts{};
    std::optional<std::int64_t> latency_ms{};
    std::optional<std::chrono::sys_time<milliseconds>> finished_at{};
    std::optional<std::string> model{};
    std::optional<json_value> cost_usd{};
    std::optional<std::string> tier{};
};

usage to_usage(line_usage const& of) {
    return {.input_tokens = of.input_tokens.value_or(0),
            .output_tokens = of.output_tokens.value_or(0),
            .cached_input_tokens = of.cached_input_tokens.value_or(0),
            .cache_write_tokens = of.cache_write_tokens.value_or(0),
            .reasoning_tokens = of.reasoning_tokens.value_or(0)};
}

std::string error_line(line_error const& why) {
    auto text = why.message.value_or(why.code);
    if (why.service_message && text.find(*why.service_message) == std::string::npos)
        text += ": " + *why.service_message;
    return text;
}

report_row to_row(output_line const& line) {
    report_row row{.index = line.index, .failed = line.status != "ok"};
    row.key = line.key ? detail::record_text(*line.key) : std::to_string(line.index);
    if (line.error)
        row.shown = error_line(*line.error);
    else if (line.output)
        row.shown = detail::record_text(*line.output);
    row.usage = to_usage(line.usage.value_or(line_usage{}));
    row.attempts = std::max(line.attempts.value_or(0), 0);
    row.latency = milliseconds{std::max<std::int64_t>(line.latency_ms.value_or(0), 0)};
    return row;
}

/// What the line says that it cost, or what its tokens cost. Nothing: a price is not known.
std::optional<usd> cost_of_line(output_line const& line, usage const& used, batch_report_options const& options) {
    if (line.cost_usd)
        if (auto const told = usd::parse(detail::record_text(*line.cost_usd))) return *told;
    if (used.total_tokens() == 0) return usd{};
    auto const& model = line.model ? *line.model : options.model;
    auto const* const facts = model.empty() ? nullptr : options.facts.find(model, options.service);
    if (facts == nullptr) return std::nullopt;
    billing const how{.at = parse_tier(line.tier.value_or("")).value_or(billing::tier::standard)};
    auto const cost = coax::cost_of(used, *facts, how);
    return cost ? std::optional{*cost} : std::nullopt;
}

/// Keeps the largest rows, the largest first.
template <class Amount>
void keep_largest(std::vector<report_row>& rows, report_row const& row, Amount amount) {
    if (amount(row) <= 0) return;
    if (rows.size() == rows_in_table && amount(rows.back()) >= amount(row)) return;
    auto const at = std::ranges::find_if(rows, [&](auto const& other) { return amount(other) < amount(row); });
    rows.insert(at, row);
    if (rows.size() > rows_in_table) rows.pop_back();
}

void count_kind(std::vector<detail::failure_kind>& kinds, std::string code, report_row const& row) {
    auto found = std::ranges::find(kinds, code, &detail::failure_kind::code);
    if (found == kinds.end() && kinds.size() < most_kinds) {
        kinds.push_back({.code = std::move(code)});
        found = kinds.end() - 1;
    }
    if (found == kinds.end()) found = kinds.end() - 1;
    ++found->count;
    auto const is_new = std::ranges::find(found->samples, row.shown, &report_row::shown) == found->samples.end();
    if (is_new && found->samples.size() < samples_of_kind) found->samples.push_back(row);
}

/// Counts the record in the span in which it began and in the one in which it ended.
void count_time(detail::time_series& times, milliseconds ended, report_row const& row) {
    auto& bin = times.add(ended - row.latency, ended);
    ++(row.failed ? bin.failed : bin.ok);
    bin.requests += static_cast<std::uint64_t>(row.attempts);
    bin.tokens += row.usage.total_tokens();
}

void count_outcome(batch_report::state& all, output_line const& line, report_row const& row) {
    all.requests += static_cast<std::uint64_t>(row.attempts);
    ++all.attempts[std::min<std::size_t>(static_cast<std::size_t>(row.attempts), all.attempts.size() - 1)];
    all.usage += row.usage;
    if (row.failed) {
        ++all.failed;
        count_kind(all.failures, line.error ? line.error->code : "unknown", row);
        return;
    }
    ++all.ok;
    all.latency.add(static_cast<double>(row.latency.count()));
    if (row.usage.total_tokens() > 0) {
        all.input_tokens.add(static_cast<double>(row.usage.input_tokens));
        all.output_tokens.add(static_cast<double>(row.usage.output_tokens));
    }
}

void judge(batch_report::state& all, output_line const& line, report_row const& row) {
    if (all.check.expected() == 0) return;
    auto const given = row.failed || !line.output
                           ? std::string{}
                           : detail::compared_part(*line.output, all.options.answer_field, all.options.expected_column);
    all.check.judge(row.index, row.key, given);
}

void add_line(batch_report::state& all, output_line const& line) {
    auto row = to_row(line);
    if (auto const cost = cost_of_line(line, row.usage, all.options))
        row.cost = *cost, all.cost += *cost;
    else
        all.cost_known = false;
    judge(all, line, row);
    row.shown = detail::shortened(all.hidden(std::move(row.shown)), shown_bytes);
    row.key = detail::shortened(all.hidden(std::move(row.key)), shown_bytes);
    count_outcome(all, line, row);
    if (line.finished_at) count_time(all.times, line.finished_at->time_since_epoch(), row);
    if (!row.failed && line.output) all.columns.add(*line.output);
    keep_largest(all.slowest, row, [](auto const& one) { return one.latency.count(); });
    keep_largest(all.dearest, row,
                 [](auto const& one) { return one.cost.picos > 0 ? one.cost.picos : one.usage.total_tokens(); });
}

}  // namespace

batch_report_figures batch_report::state::figures() const {
    batch_report_figures now{.ok = ok, .failed = failed, .requests = requests, .usage = usage};
    if (cost_known && ok + failed > 0) now.cost = cost;
    if (!times.bins().empty()) now.elapsed = detail::working_time(times);
    auto const quantile = [this](double share) { return milliseconds{std::llround(latency.quantile(share))}; };
    now.median_latency = quantile(0.5);
    now.p95_latency = quantile(0.95);
    now.p99_latency = quantile(0.99);
    for (auto const& kind : sorted_failures()) now.failures.emplace_back(kind.code, kind.count);
    now.judged = check.judged();
    now.correct = check.correct();
    return now;
}

std::vector<detail::failure_kind> batch_report::state::sorted_failures() const {
    auto sorted = failures;
    std::ranges::sort(
        sorted, [](auto const& a, auto const& b) { return std::tie(b.count, a.code) < std::tie(a.count, b.code); });
    return sorted;
}

batch_report::batch_report(batch_report_options options) : state_{std::make_unique<state>(std::move(options))} {}
batch_report::batch_report(batch_report&&) noexcept = default;
batch_report& batch_report::operator=(batch_report&&) noexcept = default;
batch_report::~batch_report() = default;

void batch_report::expect(std::uint64_t index, std::string_view right) { state_->check.expect(index, right); }

result<void> batch_report::add(std::string_view line) {
    auto const read = json::read<output_line>(line, {.check_utf8 = false});
    if (!read || (read->status != "ok" && read->status != "error"))
        return error{.code = errc::invalid_json, .message = "not a line of a batch's output"};
    add_line(*state_, *read);
    return {};
}

result<void> batch_report::add_file(std::string const& path) {
    using found = detail::output_reader::found;
    auto lines = detail::output_reader::open(path);
    if (!lines) return lines.error();
    for (;;) {
        auto const kind = lines->next();
        if (!kind) return kind.error();
        if (*kind == found::end) break;
        if (*kind == found::damaged) continue;
        if (auto added = add(lines->line()); !added) {
            auto why = std::move(added).error();
            why.where = lines->where();
            return why;
        }
    }
    return lines->foreign() ? result<void>{*lines->foreign()} : result<void>{};
}

batch_report_figures batch_report::figures() const { return state_->figures(); }

std::string batch_report::html() const { return detail::report_page(*state_); }

std::string to_json(batch_report_figures const& figures) {
    std::string text;
    json::writer out{text};
    out.begin_object().member("ok", figures.ok).member("failed", figures.failed);
    out.member("requests", figures.requests);
    out.member("input_tokens", figures.usage.input_tokens).member("output_tokens", figures.usage.output_tokens);
    if (figures.cost) out.member("cost_usd", std::string_view{to_string(*figures.cost)});
    if (figures.elapsed) out.member("elapsed_ms", figures.elapsed->count());
    out.member("median_latency_ms", figures.median_latency.count());
    out.member("p95_latency_ms", figures.p95_latency.count()).member("p99_latency_ms", figures.p99_latency.count());
    out.key("failures").begin_object();
    for (auto const& [code, count] : figures.failures) out.member(code, count);
    out.end_object();
    if (figures.judged > 0) {
        out.member("judged", figures.judged).member("correct", figures.correct);
        out.member("accuracy", static_cast<double>(figures.correct) / static_cast<double>(figures.judged));
    }
    out.end_object();
    return text;
}

}  // namespace coax
