#pragma once

#include <coax/telemetry/observer.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace coax::telemetry::detail {

/// Takes the attributes of a span or a measurement.
class attribute_writer {
public:
    virtual void text(std::string_view name, std::string_view value) = 0;
    virtual void number(std::string_view name, std::int64_t value) = 0;
    virtual void real(std::string_view name, double value) = 0;
    virtual void flag(std::string_view name, bool value) = 0;
    virtual void texts(std::string_view name, std::span<std::string_view const> values) = 0;

protected:
    ~attribute_writer() = default;
};

/// As OTLP numbers them.
enum class span_kind { internal = 1, server = 2, client = 3 };

[[nodiscard]] span_kind kind_of(operation const& one) noexcept;

/// Such as "chat gpt-5.4" or "execute_tool look".
[[nodiscard]] std::string span_name(operation const& one);

/// All attributes of an operation that has ended.
void write_attributes(operation const& one, attribute_writer& out);

/// What `gen_ai.operation.name` and `gen_ai.provider.name` are; the first is empty for what the convention knows not.
[[nodiscard]] std::string_view operation_name(operation const& one) noexcept;
[[nodiscard]] std::string_view provider_name(std::string_view service) noexcept;

/// `error.type`: the service's code, the status of HTTP or our own code. Few different ones.
[[nodiscard]] std::string error_type(operation const& failed);

/// What a span says of its failure.
[[nodiscard]] std::string status_text(error const& why);

}  // namespace coax::telemetry::detail
