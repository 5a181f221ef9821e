#include <coax/batch/batch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace coax {

namespace {

std::string seconds_text(std::chrono::milliseconds span) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%.1f", static_cast<double>(span.count()) / 1000.0);
    return text.data();
}

usage difference(usage const& after, usage const& before) {
    return {.input_tokens = after.input_tokens - before.input_tokens,
            .output_tokens = after.output_tokens - before.output_tokens,
            .cached_input_tokens = after.cached_input_tokens - before.cached_input_tokens,
            .cache_write_tokens = after.cache_write_tokens - before.cache_write_tokens,
            .reasoning_tokens = after.reasoning_tokens - before.reasoning_tokens};
}

}  // namespace

void add_statistics(batch_summary& summary, client_statistics const& before, client_statistics const& after) {
    summary.attempts = after.attempts - before.attempts;
    summary.retries = after.retries - before.retries;
    summary.reasks = after.reasks - before.reasks;
    summary.resent = after.resent - before.resent;
    summary.cached = after.cached - before.cached;
    summary.usage = difference(after.usage, before.usage);
    summary.saved = difference(after.saved, before.saved);
}

bool failure_count::operator==(failure_count const& other) const = default;

namespace {

/// What the service's prompt cache spared and took; empty: it did neither.
std::string cache_text(usage const& used) {
    if (used.cached_input_tokens <= 0 && used.cache_write_tokens <= 0) return {};
    auto const share = static_cast<double>(used.cached_input_tokens) /
                       static_cast<double>(std::max<std::int64_t>(used.input_tokens, 1));
    auto text = ", cached " + std::to_string(std::lround(100 * share)) + " %";
    if (used.cache_write_tokens > 0) text += " (" + std::to_string(used.cache_write_tokens) + " written)";
    return text;
}

}  // namespace

std::string to_string(batch_summary const& summary) {
    auto const count = [](auto number) { return std::to_string(number); };
    std::string text = "records   " + count(summary.done()) + " done, " + count(summary.ok) + " ok, " +
                       count(summary.failed) + " failed";
    if (summary.remaining && *summary.remaining > 0) text += ", " + count(*summary.remaining) + " remain";
    text += '\n';
    if (!summary.failures.empty()) {
        text += "failures  ";
        std::string_view separator{};
        for (auto const& [code, number] : summary.failures) {
            text.append(separator).append(to_string(code)).append(" ").append(count(number));
            separator = ", ";
        }
        text += '\n';
    }
    text += "requests  " + count(summary.attempts + summary.resent) + " sent, " + count(summary.retries) +
            " retries, " + count(summary.reasks) + " re-asks\n";
    text += "tokens    " + count(summary.usage.input_tokens) + " in, " + count(summary.usage.output_tokens) + " out" +
            cache_text(summary.usage) + '\n';
    if (summary.equal > 0) text += "equal     " + count(summary.equal) + " records took the answer of an equal one\n";
    if (summary.cached > 0)
        text += "cache     " + count(summary.cached) + " calls answered, " + count(summary.saved.input_tokens) +
                " tokens in and " + count(summary.saved.output_tokens) + " out saved\n";
    auto const seconds = static_cast<double>(summary.elapsed.count()) / 1000.0;
    std::array<char, 48> rate{};
    std::snprintf(rate.data(), rate.size(), "%.1f", seconds > 0 ? static_cast<double>(summary.done()) / seconds : 0.0);
    text += "time      " + seconds_text(summary.elapsed) + " s, " + rate.data() + " records/s\n";
    return text;
}

}  // namespace coax
