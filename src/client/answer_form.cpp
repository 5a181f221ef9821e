#include <coax/client/answer_form.hpp>

namespace coax {

result<std::string> detail::schema_of(json::codec const& type, schema_dialect dialect) {
    auto const text = type.schema(dialect);
    if (!text) return text.error();
    return std::string{*text};
}

answer_form form_of(json::codec const& type, void* into, json::read_options const& reading, void (*renew)(void* into)) {
    return {.name = std::string{type.name},
            .schema = [&type](schema_dialect dialect) { return detail::schema_of(type, dialect); },
            .accept = [&type, into, reading, renew](std::string_view answer) {
                if (renew != nullptr) renew(into);
                return type.read(into, answer, reading);
            },
            .explain = [&type, into, reading](std::string_view answer) { return type.examine(into, answer, reading); }};
}

answer_form form_of(runtime_schema const& schema) {
    return {.name = schema.name(),
            .schema = [&schema](schema_dialect dialect) { return schema.for_dialect(dialect); },
            .accept = [&schema](std::string_view answer) { return schema.validate(answer); },
            .explain = [&schema](std::string_view answer) { return schema.find_violations(answer); }};
}

}  // namespace coax
