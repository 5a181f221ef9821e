#include <coax/bind/read.hpp>
#include <coax/client/output_format.hpp>
#include <coax/json/value.hpp>

namespace coax {

namespace {

/// The JSON in an answer that is none as it stands, where that is forgiven; else the answer, with its places in it.
std::string strict(std::string_view answer, json::leniency const& leniency) {
    if (json_value::parse(answer)) return std::string{answer};
    auto const forgiven = json::read<json_value>(answer, {.leniency = leniency});
    return forgiven ? forgiven->text() : std::string{answer};
}

}  // namespace

result<std::string> detail::schema_of(json::codec const& type, schema_dialect dialect) {
    auto const text = type.schema(dialect);
    if (!text) return text.error();
    return std::string{*text};
}

output_format form_of(json::codec const& type, void* into, json::read_options const& reading,
                      void (*renew)(void* into)) {
    return {.name = std::string{type.name},
            .schema = [&type](schema_dialect dialect) { return detail::schema_of(type, dialect); },
            .accept =
                [&type, into, reading, renew](std::string_view answer) {
                    if (renew != nullptr) renew(into);
                    return type.read(into, answer, reading);
                },
            .explain = [&type, into, reading](std::string_view answer) { return type.examine(into, answer, reading); }};
}

output_format form_of(runtime_schema const& schema, json::leniency const& leniency) {
    return {
        .name = schema.name(),
        .schema = [&schema](schema_dialect dialect) { return schema.for_dialect(dialect); },
        .accept = [&schema, leniency](std::string_view answer) { return schema.validate(strict(answer, leniency)); },
        .explain = [&schema,
                    leniency](std::string_view answer) { return schema.find_violations(strict(answer, leniency)); }};
}

}  // namespace coax
