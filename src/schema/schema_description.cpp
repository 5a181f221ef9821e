#include "schema/schema_description.hpp"

#include "bind/internal/format.hpp"
#include "bind/internal/messages.hpp"
#include "json/internal/text.hpp"
#include "schema/schema_navigation.hpp"
#include "schema/schema_values.hpp"

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

std::string with_article(std::string_view type) {
    if (type == "null") return "null";
    if (type == "boolean") return "true or false";
    bool const vowel = type == "integer" || type == "array" || type == "object";
    return (vowel ? "an " : "a ") + std::string{type};
}

std::string words_of_type(bj::object const& schema, std::string_view type) {
    if (auto const* const format = member(schema, "format"); format != nullptr && type == "string")
        if (auto const form = bind::detail::find_format(format->get_string()); form.holds != nullptr)
            return std::string{form.name.substr(0, form.name.find(" such as"))};
    return with_article(type);
}

}  // namespace

std::string description_of(bj::value const& root, bj::value const& schema) {
    auto const& end = follow(root, schema);
    return end.is_object() ? description_of(root, end.get_object()) : "a value";
}

std::string description_of(bj::value const& root, bj::array const& schemas) {
    std::string words;
    for (auto const& each : schemas) bind::detail::add_choice(words, description_of(root, each));
    return words;
}

std::string description_of(bj::value const& root, bj::object const& schema) {
    if (auto const* const only = member(schema, "const")) return json::detail::shorten(to_text(*only));
    if (auto const* const list = member(schema, "enum"))
        return bind::detail::one_of(list->get_array().size(), [&](std::size_t i) {
            return json::detail::shorten(to_text(list->get_array()[i]));
        });
    if (auto const* const alternatives = member(schema, "anyOf"))
        return description_of(root, alternatives->get_array());
    auto const* const type = member(schema, "type");
    if (type == nullptr) return "a value";
    if (type->is_string()) return words_of_type(schema, type->get_string());
    std::string words;
    for (auto const& each : type->get_array())
        bind::detail::add_choice(words, words_of_type(schema, each.get_string()));
    return words;
}

std::string describe(bj::value const& value) {
    if (value.is_string()) return "a string";
    if (value.is_array()) return "an array";
    if (value.is_object()) return "an object";
    return canonical_text(value);  // null, true, false or a number
}

}  // namespace coax::schema::detail
