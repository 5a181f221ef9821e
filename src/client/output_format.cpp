#include "schema/internal/wrapped_root.hpp"

#include <coax/bind/read.hpp>
#include <coax/client/output_format.hpp>
#include <coax/json/value.hpp>

namespace coax {

namespace {

/// The JSON in a response that is not JSON as it stands, where leniency finds some; else the response, in which
/// violations then have their offsets.
std::string strict_json(std::string_view response, json::leniency const& leniency) {
    if (json_value::parse(response)) return std::string{response};
    auto const found = json::read<json_value>(response, {.leniency = leniency});
    return found ? found->text() : std::string{response};
}

}  // namespace

output_format output_format::of_codec(json::codec const& type, std::shared_ptr<void> value, void (*clear)(void* value),
                                      json::read_options const& reading) {
    return {.name = std::string{type.name},
            .schema =
                [&type](schema_dialect dialect) {
                    return type.schema(dialect).transform([](std::string_view text) { return std::string{text}; });
                },
            .accept =
                [&type, value, clear, reading](std::string_view response) {
                    clear(value.get());
                    return type.read(value.get(), response, reading);
                },
            .explain = [&type, value,
                        reading](std::string_view response) { return type.examine(value.get(), response, reading); },
            .wraps = !schema::detail::is_object_type(*type.type)};
}

output_format output_format::of(runtime_schema schema, json::leniency const& leniency) {
    bool const wraps = !schema.is_object();
    return {
        .name = schema.name(),
        .schema = [schema](schema_dialect dialect) { return schema.for_dialect(dialect); },
        .accept = [schema,
                   leniency](std::string_view response) { return schema.validate(strict_json(response, leniency)); },
        .explain = [schema, leniency](
                       std::string_view response) { return schema.find_violations(strict_json(response, leniency)); },
        .wraps = wraps};
}

}  // namespace coax
