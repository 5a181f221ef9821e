#include "telemetry/metric_store.hpp"

#include "telemetry/internal/conventions.hpp"
#include "telemetry/otlp_encoding.hpp"
#include "telemetry/protobuf.hpp"

#include <coax/telemetry/detail/span_description.hpp>

#include <algorithm>
#include <iterator>
#include <span>

namespace coax::telemetry::detail {

namespace {

constexpr std::array token_bounds{1.0,     4.0,     16.0,     64.0,      256.0,     1024.0,     4096.0,
                                  16384.0, 65536.0, 262144.0, 1048576.0, 4194304.0, 16777216.0, 67108864.0};
constexpr std::array second_bounds{0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                   1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};

/// Different attributes of one metric; more become one series.
constexpr std::size_t most_series = 2'000;

struct metric_form {
    std::string_view name;
    std::string_view unit;
    std::span<double const> bounds;
};

std::array<metric_form, 4> const& forms() {
    static std::array<metric_form, 4> const all{{{names::token_usage, "{token}", token_bounds},
                                                 {names::operation_duration, "s", second_bounds},
                                                 {names::first_chunk_duration, "s", second_bounds},
                                                 {names::queue_duration, "s", second_bounds}}};
    return all;
}

double seconds(std::chrono::nanoseconds span) { return std::chrono::duration<double>{span}.count(); }

constexpr unsigned attributes_field = 9;  // of a HistogramDataPoint

std::string attributes_of(operation const& one) {
    std::string all;
    all.reserve(512);
    key_value_writer out{all, attributes_field};
    auto const& call = *one.call;
    out.text(names::operation, operation_name(one));
    out.text(names::provider, provider_name(call.provider));
    if (!call.model.empty()) out.text(names::request_model, call.model);
    if (!call.response_model.empty()) out.text(names::response_model, call.response_model);
    if (!call.host.empty()) {
        out.text(names::server_address, call.host);
        out.number(names::server_port, call.port);
    }
    return all;
}

bool is_measured(operation_kind kind) {
    return kind == operation_kind::chat || kind == operation_kind::embedding || kind == operation_kind::rerank ||
           kind == operation_kind::decision;
}

}  // namespace

void metric_store::record(operation const& ended) {
    if (!is_measured(ended.kind)) return;
    auto attributes = attributes_of(ended);
    auto const common = attributes.size();
    auto const and_text = [&](std::string_view name, std::string_view value) -> std::string const& {
        attributes.resize(common);
        key_value_writer{attributes, attributes_field}.text(name, value);
        return attributes;
    };
    if (ended.call->first_token) add(first_chunk, attributes, seconds(*ended.call->first_token));
    if (ended.why == nullptr) add(duration, attributes, seconds(ended.took));
    if (ended.why != nullptr) add(duration, and_text(names::error_type, error_type(ended)), seconds(ended.took));
    auto const& used = ended.call->usage;
    if (used.total_tokens() == 0) return;
    add(tokens, and_text(names::token_type, "input"), static_cast<double>(used.input_tokens));
    add(tokens, and_text(names::token_type, "output"), static_cast<double>(used.output_tokens));
}

void metric_store::record_wait(operation const& call, std::chrono::nanoseconds waited) {
    if (is_measured(call.kind)) add(queue, attributes_of(call), seconds(waited));
}

void metric_store::add(metric which, std::string const& attributes, double value) {
    auto const& bounds = forms()[which].bounds;
    std::lock_guard const lock{mutex_};
    auto& known = all_[which];
    auto found = known.find(attributes);
    if (found == known.end()) {
        std::string overflow;
        key_value_writer{overflow, attributes_field}.flag("otel.metric.overflow", true);
        found = known.try_emplace(known.size() < most_series ? attributes : overflow).first;
    }
    auto& one = found->second;
    if (one.counts.empty()) one.counts.resize(bounds.size() + 1);
    ++one.counts[static_cast<std::size_t>(std::ranges::lower_bound(bounds, value) - bounds.begin())];
    one.least = one.count == 0 ? value : std::min(one.least, value);
    one.most = one.count == 0 ? value : std::max(one.most, value);
    one.sum += value;
    ++one.count;
}

void metric_store::append(metric which, std::chrono::system_clock::time_point now, std::string& out) const {
    auto const& form = forms()[which];
    std::string points;
    for (auto const& [attributes, one] : all_[which]) {
        std::string point = attributes;
        put_fixed64(point, 2, to_nanoseconds(since_));
        put_fixed64(point, 3, to_nanoseconds(now));
        put_fixed64(point, 4, one.count);
        put_double(point, 5, one.sum);
        std::string counts;
        for (auto const count : one.counts) put_fixed64(counts, count);
        put_bytes(point, 6, counts);
        std::string bounds;
        for (auto const bound : form.bounds) put_double(bounds, bound);
        put_bytes(point, 7, bounds);
        put_double(point, 11, one.least);
        put_double(point, 12, one.most);
        put_bytes(points, 1, point);
    }
    if (points.empty()) return;
    put_number(points, 2, delta_ ? 1 : 2);  // AGGREGATION_TEMPORALITY_DELTA, _CUMULATIVE
    std::string metric;
    put_bytes(metric, 1, form.name);
    put_bytes(metric, 3, form.unit);
    put_bytes(metric, 9, points);
    put_bytes(out, 2, metric);
}

std::string metric_store::collect(std::chrono::system_clock::time_point now) {
    std::lock_guard const lock{mutex_};
    std::string all;
    for (auto const which : {tokens, duration, first_chunk, queue}) append(which, now, all);
    if (!delta_) return all;
    for (auto& each : all_) each.clear();
    since_ = now;
    return all;
}

}  // namespace coax::telemetry::detail
