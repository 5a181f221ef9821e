#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/http/http_transport.hpp>
#include <coax/telemetry/observer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax {

/// Where and how traces and metrics are exported: OTLP over HTTP, in protobuf, which every receiver takes.
struct otlp_options {
    /// The whole address that traces are sent to, such as "http://localhost:4318/v1/traces". Empty: none are.
    std::string traces_url{};
    /// The same of metrics, such as "http://localhost:4318/v1/metrics".
    std::string metrics_url{};
    /// Header fields of each request, such as one with a key: their values are never shown.
    std::vector<header_list::field> traces_headers{};
    std::vector<header_list::field> metrics_headers{};
    /// Compresses what is sent.
    bool gzip{false};
    /// For one request. Must be > 0.
    std::chrono::milliseconds timeout{10'000};
    /// `service.name` of all that is exported.
    std::string service_name{"coax"};
    /// Further attributes of the process, such as `wandb.entity` and `wandb.project`.
    std::vector<std::pair<std::string, std::string>> resource_attributes{};
    /// Most bytes of prompts and of responses in a span each. 0: they are not exported.
    std::size_t content_bytes{0};
    /// The share of traces that is exported. Range: [0, 1].
    double sampled_share{1.0};
    /// What is part of somebody else's trace is exported where that is, whatever `sampled_share`.
    bool heed_parent{true};
    /// Spans that wait to be sent; further ones are dropped and counted. Must be > 0.
    std::size_t max_queued_spans{65'536};
    /// Bytes of them. Must be > 0.
    std::size_t max_queued_bytes{64U << 20U};
    /// Longest wait of a span. Must be > 0.
    std::chrono::milliseconds send_delay{5'000};
    /// Between two exports of the metrics. Must be > 0.
    std::chrono::milliseconds metrics_interval{60'000};
    /// Metrics count from one export to the next, in place of from the beginning.
    bool delta{false};
    /// How long `close` and the destructor wait for what is not sent yet.
    std::chrono::milliseconds close_time{10'000};
    http_options http{};
};

/// Errors: `errc::invalid_argument`; `where` is the option.
[[nodiscard]] result<void> validate(otlp_options const& options);

/// As OpenTelemetry's variables say; nothing where they name no place, or OTEL_SDK_DISABLED is true.
///
/// OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS, _TIMEOUT, _COMPRESSION, _CERTIFICATE, _CLIENT_CERTIFICATE, _CLIENT_KEY and
/// _PROTOCOL (http/protobuf alone), and the same for one of the two: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
/// OTEL_EXPORTER_OTLP_METRICS_ENDPOINT and so on; OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER (otlp, none),
/// OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, OTEL_BSP_SCHEDULE_DELAY,
/// OTEL_BSP_MAX_QUEUE_SIZE, OTEL_METRIC_EXPORT_INTERVAL, OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE. Prompts and
/// responses are exported where OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT is true or span_only, up to
/// OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT or OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT bytes, else 65,536. Errors:
/// `errc::invalid_argument`; `where` is the variable.
[[nodiscard]] result<std::optional<otlp_options>> otlp_options_from(
    std::function<std::optional<std::string>(std::string_view name)> const& look_up);

/// What an exporter did so far.
struct otlp_statistics {
    std::uint64_t sent_spans{0};     ///< That the receiver took.
    std::uint64_t dropped_spans{0};  ///< For want of room, time, or a receiver that takes them.
    std::uint64_t requests{0};       ///< Of traces and metrics together; one that was sent again counts once.
    std::uint64_t failed_requests{0};
    std::string last_failure{};  ///< Empty: none.
};

/// Exports what it observes as OpenTelemetry's traces and metrics, by their conventions for generative AI. Any
/// collector takes them, and so do Weave, Langfuse and Phoenix themselves.
///
/// It sends from a thread of its own, in batches, and sends again what the receiver had no time for. Where that stays
/// away, spans are dropped and counted; nothing of it is felt by the calls that are observed. Thread safety: from any
/// thread. The destructor waits up to `close_time` for what is not sent yet.
class otlp_exporter final : public observer {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit otlp_exporter(otlp_options options);
    ~otlp_exporter() override;

    void began(operation& one) override;
    void ended(operation const& one) override;
    void noticed(operation const& in, moment const& what) override;
    [[nodiscard]] std::size_t content_bytes() const noexcept override;

    /// Waits until all that has ended before is sent or dropped. Blocks the thread.
    /// @returns Whether it was in time.
    bool flush(std::chrono::milliseconds limit);
    /// Sends what there is, within `close_time`, and then nothing more. Blocks the thread.
    void close();

    [[nodiscard]] otlp_statistics statistics() const;

private:
    class impl;
    core::detail::opaque<impl> impl_;
};

}  // namespace coax
