#pragma once

#include <coax/schema/dialect.hpp>

#include <cstddef>
#include <string_view>

namespace coax::schema::detail {

/// The keywords that dialects treat differently, in the order of `keyword_table`.
enum class keyword : unsigned char {
    minimum,
    maximum,
    exclusive_minimum,
    exclusive_maximum,
    multiple_of,
    min_length,
    max_length,
    pattern,
    format,
    content_encoding,
    min_items,
    max_items,
    min_properties,
    max_properties,
    unique_items,
    default_value,
    examples,
    deprecated,
};

struct keyword_row {
    std::string_view name;
    char treatment[schema_dialect_count + 1];
};

/// What each dialect does with each keyword. Whatever is not kept moves into the description, for the model to read.
///   +  kept              .  moved, as is every keyword that is not listed
///   i  kept of integers  f  kept if it is one of `dialect_rules::formats`
///   1  kept up to 1      a  kept if it starts with ^ and ends with $
inline constexpr keyword_row keyword_table[] = {
    //                     J O A Z G S L   JSON Schema, OpenAI, Anthropic, aZure, Gemini, gemini_Schema, LLama.cpp
    {"minimum", {"++..++i"}},          {"maximum", {"++..++i"}},       {"exclusiveMinimum", {"++....i"}},
    {"exclusiveMaximum", {"++....i"}}, {"multipleOf", {"++....."}},    {"minLength", {"+....++"}},
    {"maxLength", {"+....++"}},        {"pattern", {"++...+a"}},       {"format", {"+ff.+ff"}},
    {"contentEncoding", {"+......"}},  {"minItems", {"++1.+++"}},      {"maxItems", {"++..+++"}},
    {"minProperties", {"+....+."}},    {"maxProperties", {"+....+."}}, {"uniqueItems", {"+......"}},
    {"default", {"+....+."}},          {"examples", {"+......"}},      {"deprecated", {"+......"}},
};

inline constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

/// The most that a dialect lets a whole schema have.
struct dialect_limits {
    std::size_t levels{no_limit};  ///< Of objects and arrays.
    std::size_t properties{no_limit};
    std::size_t enum_values{no_limit};
    std::size_t optionals{no_limit};   ///< Properties that are not required.
    std::size_t unions{no_limit};      ///< Values of several types, null among them.
    std::size_t characters{no_limit};  ///< Of the names of properties and definitions, of enum values and constants.
    std::size_t enum_characters{no_limit};  ///< Of one enum with more than 250 values.
};

/// Which values an enum or constant may list. Others move into the description.
enum class listed : unsigned char { anything, scalars, texts_and_numbers, texts };

/// What a dialect can say, apart from single keywords. What it cannot is refused, unless it can be said in another way.
struct dialect_rules {
    schema_dialect dialect{};
    std::string_view formats{};      ///< Formats that stay, each between spaces.
    bool object_root{false};         ///< The root must be an object.
    bool closed{false};              ///< Every object says `additionalProperties: false`.
    bool maps{true};                 ///< Objects may have any keys.
    bool any_value{true};            ///< A value may have any type.
    bool tuples{true};               ///< `prefixItems`.
    bool all_required{false};        ///< Every key is required.
    bool type_lists{true};           ///< Null stands in a list of types, also where a key may be left out instead.
    bool recursion{true};            ///< A type may contain itself,
    bool optional_recursion{false};  ///< but only through a property that is not required.
    bool reference_siblings{false};  ///< `$ref` may stand beside other keywords.
    bool constants{true};            ///< `const`; otherwise an enum of one.
    listed values{listed::anything};
    bool open_api{false};  ///< "STRING", `nullable`, `propertyOrdering`, no references.
    dialect_limits most{};
};

/// OpenAI's guide to Structured Outputs, "Supported schemas".
inline constexpr dialect_rules openai_strict_rules{
    .dialect = schema_dialect::openai_strict,
    .formats = " date-time time date duration email hostname ipv4 ipv6 uuid ",
    .object_root = true,
    .closed = true,
    .maps = false,
    .any_value = false,
    .tuples = false,
    .all_required = true,
    .most = {.levels = 10, .properties = 5000, .enum_values = 1000, .characters = 120'000, .enum_characters = 15'000}};

/// Azure OpenAI's page on structured outputs: the same form with the limits of 2024.
inline constexpr dialect_rules azure_strict_rules = [] {
    auto rules = openai_strict_rules;
    rules.dialect = schema_dialect::azure_strict;
    rules.most = {.levels = 5, .properties = 100, .enum_values = 500, .characters = 15'000, .enum_characters = 7'500};
    return rules;
}();

/// Anthropic's guide to structured outputs, "JSON Schema limitations".
inline constexpr dialect_rules anthropic_rules{
    .dialect = schema_dialect::anthropic,
    .formats = " date-time time date duration email hostname uri ipv4 ipv6 uuid ",
    .object_root = true,
    .closed = true,
    .maps = false,
    .any_value = false,
    .tuples = false,
    .type_lists = false,
    .recursion = false,
    .values = listed::scalars,
    .most = {.optionals = 24, .unions = 16}};

/// The Gemini API's reference of `responseJsonSchema`.
inline constexpr dialect_rules gemini_rules{.dialect = schema_dialect::gemini,
                                            .type_lists = false,
                                            .optional_recursion = true,
                                            .constants = false,
                                            .values = listed::texts_and_numbers};

/// The Gemini API's reference of `Schema`.
inline constexpr dialect_rules gemini_schema_rules{.dialect = schema_dialect::gemini_schema,
                                                   .formats = " date-time date ",
                                                   .maps = false,
                                                   .any_value = false,
                                                   .tuples = false,
                                                   .type_lists = false,
                                                   .recursion = false,
                                                   .constants = false,
                                                   .values = listed::texts,
                                                   .open_api = true};

/// llama.cpp's grammars/README.md, "JSON Schemas → GBNF".
inline constexpr dialect_rules grammar_rules{
    .dialect = schema_dialect::grammar, .formats = " date-time date time uuid ", .tuples = false};

inline constexpr dialect_rules json_schema_rules{.reference_siblings = true};

constexpr dialect_rules const& rules_of(schema_dialect dialect) {
    switch (dialect) {
        case schema_dialect::json_schema: break;
        case schema_dialect::openai_strict: return openai_strict_rules;
        case schema_dialect::anthropic: return anthropic_rules;
        case schema_dialect::azure_strict: return azure_strict_rules;
        case schema_dialect::gemini: return gemini_rules;
        case schema_dialect::gemini_schema: return gemini_schema_rules;
        case schema_dialect::grammar: return grammar_rules;
    }
    return json_schema_rules;
}

constexpr std::string_view name_of(keyword what) { return keyword_table[static_cast<std::size_t>(what)].name; }

/// What of a keyword's value decides whether a dialect keeps it.
struct keyword_value {
    std::string_view text{};  ///< Of `pattern` and `format`.
    double number{0};         ///< Of `minItems`.
    bool of_integer{true};    ///< The value that is described is an integer.
};

/// Whether a keyword stays a keyword.
constexpr bool keeps(dialect_rules const& rules, keyword what, keyword_value const& value) {
    switch (keyword_table[static_cast<std::size_t>(what)].treatment[static_cast<std::size_t>(rules.dialect)]) {
        case '+': return true;
        case 'i': return value.of_integer;
        case '1': return value.number <= 1;
        case 'a': return value.text.starts_with('^') && value.text.ends_with('$');
        case 'f': break;
        default: return false;
    }
    for (auto at = rules.formats.find(value.text); at < rules.formats.size();
         at = rules.formats.find(value.text, at + 1))
        if (at > 0 && rules.formats[at - 1] == ' ' && rules.formats[at + value.text.size()] == ' ') return true;
    return false;
}

}  // namespace coax::schema::detail
