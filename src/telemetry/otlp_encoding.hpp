#pragma once

#include <coax/telemetry/detail/span_description.hpp>
#include <coax/telemetry/observer.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// OTLP's messages in protobuf. Source: opentelemetry-proto, trace/v1, metrics/v1, common/v1, collector/*/v1.
namespace coax::telemetry::detail {

/// Since the Unix epoch, as the messages have times.
[[nodiscard]] std::uint64_t to_nanoseconds(std::chrono::system_clock::time_point when);

/// Appends each attribute as a `KeyValue` in one field of a message.
class key_value_writer final : public attribute_writer {
public:
    key_value_writer(std::string& out, unsigned field) noexcept : out_{out}, field_{field} {}

    void text(std::string_view name, std::string_view value) override;
    void number(std::string_view name, std::int64_t value) override;
    void real(std::string_view name, double value) override;
    void flag(std::string_view name, bool value) override;
    void texts(std::string_view name, std::span<std::string_view const> values) override;

private:
    /// A pair up to its value, an `AnyValue` of so many bytes, which follows.
    void begin(std::string_view name, std::size_t value_bytes);
    void put(std::string_view name);

    std::string& out_;
    unsigned field_;
    std::string value_{};  ///< The `AnyValue` in the making.
};

/// Appends an operation that has ended to `ScopeSpans`, as one of its spans.
void append_span(operation const& ended, std::string& scope_spans);

/// What all that one process exports has in common: a `Resource` and an `InstrumentationScope`.
struct otlp_frame {
    std::string resource{};
    std::string scope{};
};

[[nodiscard]] otlp_frame make_frame(std::string_view service_name,
                                    std::vector<std::pair<std::string, std::string>> const& attributes);

/// An `ExportTraceServiceRequest` or `ExportMetricsServiceRequest`, which have the same frame.
/// @param members  The spans or metrics of its one scope.
[[nodiscard]] std::string export_request(otlp_frame const& frame, std::string_view members);

/// What an `Export…ServiceResponse` says was refused; 0: all was taken.
struct partial_success {
    std::int64_t rejected{0};
    std::string message{};
};
[[nodiscard]] partial_success read_export_response(std::string_view body);

}  // namespace coax::telemetry::detail
