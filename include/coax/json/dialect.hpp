#pragma once

namespace coax {

/// The forms of JSON Schema that services ask for.
enum class schema_dialect {
    json_schema,    ///< JSON Schema 2020-12, all that coax knows.
    openai_strict,  ///< OpenAI's Structured Outputs: closed objects, every key required, optional means null.
    anthropic,      ///< Anthropic's structured output and strict tools: closed objects, bounds told in the description.
};

}  // namespace coax
