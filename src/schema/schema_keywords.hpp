#pragma once

#include "json/internal/text.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

/// The keywords of JSON Schema, those of older drafts and of OpenAPI 3.0 among them.
namespace coax::schema::detail {

/// What the value of a keyword must be.
enum class operand : unsigned char {
    anything,  ///< Also of keywords that are not known.
    schema,
    schema_or_list,  ///< A list before 2020-12.
    schemas,
    named_schemas,
    patterned_schemas,
    named_names,
    dependencies,  ///< Before 2019-09: a schema or names for each key.
    number,
    number_or_flag,  ///< A flag before draft 6.
    positive,
    count,
    text,
    regular_expression,
    flag,
    names,
    values,
    reference,
    types,
    unsupported  ///< It would change what is valid, so that skipping it in silence would be wrong.
};

[[nodiscard]] operand operand_of(std::string_view keyword);

/// Whether a keyword only tells: no value is valid or not because of it.
[[nodiscard]] bool is_annotation(std::string_view keyword);

/// Whether a schema has keywords that are no annotations.
[[nodiscard]] bool says_more_than_words(boost::json::object const& schema);

/// Calls `visitor(pointer, schema)` with each schema directly below a keyword. The value may be malformed: then there
/// are none.
template <class Visitor>
void visit_schemas(std::string_view keyword, boost::json::value const& value, std::string const& where,
                   Visitor visitor) {
    using enum operand;
    auto const visit_each = [&](auto const& key, boost::json::value const& each) {
        auto pointer = where;
        json::detail::append_pointer(pointer, key);
        visitor(pointer, each);
    };
    auto const what = operand_of(keyword);
    if (what == schema || (what == schema_or_list && !value.is_array())) return visitor(where, value);
    if ((what == schemas || what == schema_or_list) && value.is_array())
        for (std::size_t i = 0; i < value.get_array().size(); ++i) visit_each(std::to_string(i), value.get_array()[i]);
    if ((what == named_schemas || what == patterned_schemas || what == dependencies) && value.is_object())
        for (auto const& [key, each] : value.get_object())
            if (what != dependencies || !each.is_array()) visit_each(key, each);
}

}  // namespace coax::schema::detail
