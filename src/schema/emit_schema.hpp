#pragma once

#include <coax/schema/detail/schema_emitter.hpp>

#include <string>

namespace coax::schema::detail {

/// A schema in a dialect, or why there is none.
template <class Source>
struct emitted_schema {
    std::string text{};
    schema_problem problem{schema_problem::none};
    typename Source::location location{};
};

/// Runs at run time what the compiler runs for `json_schema`. A root that must be an object and is none is wrapped.
template <class Source>
emitted_schema<Source> emit_schema(Source& source, schema_dialect dialect) {
    schema_emitter measure{source, rules_of(dialect), nullptr};
    measure.emit_document(true);
    if (measure.problem() != schema_problem::none)
        return {.problem = measure.problem(), .location = measure.location()};
    emitted_schema<Source> made{.text = std::string(measure.size(), '\0')};
    schema_emitter{source, rules_of(dialect), made.text.data()}.emit_document(true);
    return made;
}

}  // namespace coax::schema::detail
