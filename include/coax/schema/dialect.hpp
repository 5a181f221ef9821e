#pragma once

#include <coax/core/detail/toolchain.hpp>

#include <cstddef>

namespace coax {

/// The forms of JSON Schema that services accept. What a form cannot express moves into the description, for the model
/// to read, and is checked all the same when a response is read.
enum class schema_dialect {
    json_schema,    ///< JSON Schema 2020-12, all that coax knows.
    openai_strict,  ///< OpenAI's Structured Outputs: closed objects, every key required, optional means null.
    anthropic,      ///< Anthropic's structured output and strict tools: closed objects, bounds in the description.
    azure_strict,   ///< OpenAI's strict form as Azure documents it: no bounds, 100 properties, 5 levels.
    gemini,         ///< Gemini's responseJsonSchema and parametersJsonSchema.
    gemini_schema,  ///< Gemini's older responseSchema and parameters: upper-case types, `nullable`, no references.
    grammar,        ///< What servers turn into a grammar, as llama.cpp does: integer bounds, anchored patterns.
};

inline constexpr std::size_t schema_dialect_count = 7;

/// Whether it is one of the strict forms of OpenAI, which a service can also be asked not to enforce.
[[nodiscard]] constexpr bool is_strict_form(schema_dialect dialect) {
    return dialect == schema_dialect::openai_strict || dialect == schema_dialect::azure_strict;
}

/// Whether its objects have no keys but those that the schema names.
[[nodiscard]] constexpr bool closes_objects(schema_dialect dialect) {
    return is_strict_form(dialect) || dialect == schema_dialect::anthropic;
}

}  // namespace coax
