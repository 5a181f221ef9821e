#include "batch/internal/figure_text.hpp"

#include <coax/batch/rehearsal.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>

namespace coax {
namespace {

using detail::grouped;
using detail::percent_text;
using detail::span_text;

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
}

std::string row(std::string name, std::string const& text) { return padded(std::move(name), 16) + text + '\n'; }

std::string cost_row(rehearsal const& forecast) {
    auto const& cost = forecast.run.cost;
    if (!cost) return row("cost", "unknown: the price of the model is not known");
    auto text = padded(detail::money_text(*cost), 16);
    if (forecast.least_cost && forecast.most_cost)
        text += detail::money_text(*forecast.least_cost) + " to " + detail::money_text(*forecast.most_cost);
    return row("cost", text);
}

std::string requests_row(rehearsed_run const& run) {
    auto text = padded(grouped(run.requests), 16) + grouped(run.refused) + " refused (429), " + grouped(run.retries) +
                " retries, " + grouped(run.failed) + " records failed";
    if (run.cached > 0) text += ", " + grouped(run.cached) + " taken from equal ones";
    return row("requests", text);
}

std::string bottleneck_row(rehearsal const& forecast) {
    auto const& run = forecast.run;
    std::string shares;
    auto const add = [&](char const* name, double share) {
        if (share > 0)
            shares += (shares.empty() ? "" : ", ") + std::string{name} + ' ' + percent_text(std::min(share, 1.0));
    };
    add("concurrency", run.concurrency_share);
    add("requests", run.request_share);
    add("tokens", run.token_share);
    return row("held up by", padded(std::string{to_string(forecast.held_up_by)}, 16) + "used: " + shares);
}

std::string alternatives_text(rehearsal const& forecast) {
    if (forecast.alternatives.empty()) return {};
    auto text = "\n" + padded("with", 44) + "finishing time\n";
    for (auto const& other : forecast.alternatives) {
        text += padded(other.setting, 44) + span_text(other.elapsed);
        if (other.refused > forecast.run.refused) text += ", but " + grouped(other.refused) + " requests refused";
        text += '\n';
    }
    return text;
}

void write_run(json::writer& out, rehearsed_run const& run) {
    out.member("elapsed_ms", run.elapsed.count()).member("ok", run.ok).member("failed", run.failed);
    out.member("requests", run.requests).member("retries", run.retries).member("refused", run.refused);
    out.member("cached", run.cached).member("input_tokens", run.usage.input_tokens);
    out.member("output_tokens", run.usage.output_tokens);
    if (run.cost) out.member("cost_usd", std::string_view{to_string(*run.cost)});
    out.key("shares").begin_object().member("requests", run.request_share).member("tokens", run.token_share);
    out.member("concurrency", run.concurrency_share).end_object();
    if (run.ended_by) out.member("ended_by", to_string(run.ended_by->code));
}

}  // namespace

std::string_view to_string(bottleneck what) noexcept {
    switch (what) {
        case bottleneck::concurrency: return "concurrency";
        case bottleneck::requests: return "requests";
        case bottleneck::tokens: return "tokens";
        default: return "latency";
    }
}

std::string to_json(rehearsal const& forecast) {
    std::string text;
    json::writer out{text};
    out.begin_object();
    write_run(out, forecast.run);
    out.member("least_elapsed_ms", forecast.least_elapsed.count());
    out.member("most_elapsed_ms", forecast.most_elapsed.count());
    if (forecast.least_cost) out.member("least_cost_usd", std::string_view{to_string(*forecast.least_cost)});
    if (forecast.most_cost) out.member("most_cost_usd", std::string_view{to_string(*forecast.most_cost)});
    out.member("held_up_by", to_string(forecast.held_up_by)).key("alternatives").begin_array();
    for (auto const& other : forecast.alternatives) {
        out.begin_object().member("setting", std::string_view{other.setting});
        out.member("elapsed_ms", other.elapsed.count()).member("refused", other.refused).end_object();
    }
    out.end_array().end_object();
    return text;
}

std::string to_string(rehearsal const& forecast) {
    auto const& run = forecast.run;
    auto text = row("finishing time", padded(span_text(run.elapsed), 16) + span_text(forecast.least_elapsed) + " to " +
                                          span_text(forecast.most_elapsed));
    text += cost_row(forecast) + requests_row(run);
    text += row("tokens", padded(detail::short_count(static_cast<double>(run.usage.total_tokens())), 16) +
                              detail::short_count(static_cast<double>(run.usage.input_tokens)) + " in, " +
                              detail::short_count(static_cast<double>(run.usage.output_tokens)) + " out");
    text += bottleneck_row(forecast);
    if (run.ended_by)
        text += row("ends early",
                    run.ended_by->message.empty() ? std::string{to_string(run.ended_by->code)} : run.ended_by->message);
    return text + alternatives_text(forecast);
}

}  // namespace coax
