#pragma once

#include <coax/reflect/doc.hpp>
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
    other,  ///< Any that is not in the table.
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
enum class listed_values : unsigned char { anything, scalars, texts_and_numbers, texts };

/// Whether a type may contain itself.
enum class recursion : unsigned char { allowed, through_optional_only, refused };

/// Where the documentation of a field goes whose type is a reference.
enum class reference_docs : unsigned char {
    beside,   ///< Beside the `$ref`.
    around,   ///< Beside an `anyOf` that holds the `$ref` alone: the service allows or reads nothing beside it.
    instead,  ///< Beside a copy of the definition: an `anyOf` would count against the dialect's unions.
};

/// What a dialect can express, apart from single keywords. The rest is rewritten where there is another way, and
/// refused otherwise.
struct dialect_rules {
    schema_dialect dialect{};
    std::string_view formats{};   ///< Formats that stay, each between spaces.
    bool object_root{false};      ///< The root must be an object.
    bool closed{false};           ///< Every object states `additionalProperties: false`.
    bool maps{true};              ///< Objects may have any keys.
    bool any_value{true};         ///< A value may have any type.
    bool tuples{true};            ///< `prefixItems`.
    bool all_required{false};     ///< Every key is required.
    bool type_lists{true};        ///< `"type": ["string", "null"]`. Otherwise optional fields are not nullable.
    bool constants{true};         ///< `const`; otherwise an enum of one.
    bool root_references{false};  ///< A recursive root is `"$ref": "#"`; otherwise it is a definition too.
    bool open_api{false};         ///< "STRING", `nullable`, `propertyOrdering`, no references.
    recursion recursive{recursion::allowed};
    reference_docs docs_of_references{reference_docs::around};
    listed_values values{listed_values::anything};
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
    .root_references = true,
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
    .recursive = recursion::refused,
    .docs_of_references = reference_docs::instead,
    .values = listed_values::scalars,
    .most = {.optionals = 24, .unions = 16}};

/// The Gemini API's reference of `responseJsonSchema`.
inline constexpr dialect_rules gemini_rules{.dialect = schema_dialect::gemini,
                                            .type_lists = false,
                                            .constants = false,
                                            .recursive = recursion::through_optional_only,
                                            .values = listed_values::texts_and_numbers};

/// The Gemini API's reference of `Schema`.
inline constexpr dialect_rules gemini_schema_rules{.dialect = schema_dialect::gemini_schema,
                                                   .formats = " date-time date ",
                                                   .maps = false,
                                                   .any_value = false,
                                                   .tuples = false,
                                                   .type_lists = false,
                                                   .constants = false,
                                                   .open_api = true,
                                                   .recursive = recursion::refused,
                                                   .values = listed_values::texts};

/// llama.cpp's grammars/README.md, "JSON Schemas → GBNF". It refuses `"$ref": "#"`.
inline constexpr dialect_rules grammar_rules{
    .dialect = schema_dialect::grammar, .formats = " date-time date time uuid ", .tuples = false};

inline constexpr dialect_rules json_schema_rules{.docs_of_references = reference_docs::beside};

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

/// One keyword of a schema, as a type or a file states it.
struct schema_keyword {
    keyword what{};
    std::string_view name{};
    std::string_view text{};  ///< JSON, or the text of a string. Empty: the number is the value.
    bool quoted{false};       ///< The value is a string.
    doc_number number{};
};

/// Whether a keyword stays a keyword.
/// @param of_integer  The schema is that of an integer.
constexpr bool keeps(dialect_rules const& rules, schema_keyword const& stated, bool of_integer) {
    if (stated.what == keyword::other) return false;
    switch (keyword_table[static_cast<std::size_t>(stated.what)].treatment[static_cast<std::size_t>(rules.dialect)]) {
        case '+': return true;
        case 'i': return of_integer && stated.text != "18446744073709551615";  // of 64 bits with a sign
        case '1': return stated.number.real <= 1;
        case 'a': return stated.text.starts_with('^') && stated.text.ends_with('$');
        case 'f': break;
        default: return false;
    }
    for (auto at = rules.formats.find(stated.text); at < rules.formats.size();
         at = rules.formats.find(stated.text, at + 1))
        if (at > 0 && rules.formats[at - 1] == ' ' && rules.formats[at + stated.text.size()] == ' ') return true;
    return false;
}

/// What an enum's or constant's value is.
enum class value_kind : unsigned char { text, number, other_scalar, structured };

constexpr bool may_list(dialect_rules const& rules, value_kind value) {
    switch (rules.values) {
        case listed_values::anything: break;
        case listed_values::scalars: return value != value_kind::structured;
        case listed_values::texts_and_numbers: return value == value_kind::text || value == value_kind::number;
        case listed_values::texts: return value == value_kind::text;
    }
    return true;
}

}  // namespace coax::schema::detail
