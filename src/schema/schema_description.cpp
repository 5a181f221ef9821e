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

/// Bounded, as schemas may refer to themselves and to many others.
class describer {
public:
    explicit describer(bj::value const& root) : root_{root} {}

    std::string describe(bj::value const& schema) {
        if (steps_++ == most_steps) return "a value";
        auto const& end = follow(root_, schema);
        return end.is_object() ? describe(end.get_object()) : "a value";
    }
    std::string describe(bj::array const& schemas) {
        std::string words;
        for (auto const& each : schemas)
            if (steps_ < most_steps) bind::detail::add_choice(words, describe(each));
        return words.empty() ? "a value" : words;
    }
    std::string describe(bj::object const& schema) {
        if (auto const* const only = member(schema, "const")) return json::detail::shorten(to_text(*only));
        if (auto const* const list = member(schema, "enum")) return choice_of(list->get_array());
        if (auto const* const alternatives = member(schema, "anyOf")) return describe(alternatives->get_array());
        auto const* const type = member(schema, "type");
        if (type == nullptr) return "a value";
        if (type->is_string()) return words_of_type(schema, type->get_string());
        std::string words;
        for (auto const& each : type->get_array())
            bind::detail::add_choice(words, words_of_type(schema, each.get_string()));
        return words;
    }

private:
    static constexpr std::size_t most_steps = 64;

    static std::string choice_of(bj::array const& values) {
        if (values.empty()) return "nothing, as no value is listed";
        return bind::detail::one_of(values.size(),
                                    [&](std::size_t i) { return json::detail::shorten(to_text(values[i])); });
    }

    bj::value const& root_;
    std::size_t steps_{0};
};

}  // namespace

std::string description_of(bj::value const& root, bj::value const& schema) { return describer{root}.describe(schema); }

std::string description_of(bj::value const& root, bj::array const& schemas) {
    return describer{root}.describe(schemas);
}

std::string description_of(bj::value const& root, bj::object const& schema) { return describer{root}.describe(schema); }

std::string describe(bj::value const& value) {
    if (value.is_string()) return "a string";
    if (value.is_array()) return "an array";
    if (value.is_object()) return "an object";
    return canonical_text(value);  // null, true, false or a number
}

}  // namespace coax::schema::detail
