#include "schema/schema_alternatives.hpp"

#include "schema/schema_navigation.hpp"
#include "schema/schema_values.hpp"

#include <algorithm>
#include <unordered_set>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

/// The properties of an alternative, or null.
bj::object const* properties_of(bj::value const& root, bj::value const& alternative) {
    auto const& schema = follow(root, alternative);
    auto const* const properties = schema.is_object() ? member(schema.get_object(), "properties") : nullptr;
    return properties != nullptr ? &properties->get_object() : nullptr;
}

}  // namespace

bool is_of_kind(bj::object const& schema, bj::value const& value) {
    if (auto const* const type = member(schema, "type")) {
        bool const fits = type->is_string()
                              ? has_type(value, type->get_string())
                              : std::any_of(type->get_array().begin(), type->get_array().end(),
                                            [&](auto const& each) { return has_type(value, each.get_string()); });
        if (!fits) return false;
    }
    auto const* const only = member(schema, "const");
    auto const* const list = member(schema, "enum");
    if (only == nullptr && list == nullptr) return true;
    auto const equals = [text = canonical_text(value)](bj::value const& each) { return canonical_text(each) == text; };
    if (only != nullptr && !equals(*only)) return false;
    return list == nullptr || std::any_of(list->get_array().begin(), list->get_array().end(), equals);
}

std::size_t likeness_of(bj::value const& root, bj::value const& alternative, bj::value const& value) {
    auto const& schema = follow(root, alternative);
    if (!schema.is_object() || !is_of_kind(schema.get_object(), value)) return 0;
    auto const* const known = properties_of(root, alternative);
    if (known == nullptr || !value.is_object()) return 1;
    auto const& members = value.get_object();
    return 1 + static_cast<std::size_t>(std::count_if(members.begin(), members.end(), [&](auto const& each) {
               return member(*known, each.key()) != nullptr;
           }));
}

std::string_view find_tag(bj::value const& root, bj::array const& alternatives) {
    auto const* const first = properties_of(root, alternatives[0]);
    if (first == nullptr || alternatives.size() < 2) return {};
    for (auto const& each : *first) {
        std::unordered_set<std::string_view> texts;
        for (auto const& alternative : alternatives) texts.insert(tag_of(root, alternative, each.key()));
        if (texts.size() == alternatives.size() && !texts.contains({})) return each.key();
    }
    return {};
}

std::string_view tag_of(bj::value const& root, bj::value const& alternative, std::string_view key) {
    auto const* const properties = properties_of(root, alternative);
    auto const* const property = properties != nullptr ? member(*properties, key) : nullptr;
    if (property == nullptr || !property->is_object()) return {};
    if (!is_required(follow(root, alternative).get_object(), key)) return {};
    auto const* text = member(property->get_object(), "const");
    auto const* const list = member(property->get_object(), "enum");
    if (list != nullptr && list->get_array().size() == 1) text = &list->get_array().front();
    return text != nullptr && text->is_string() ? std::string_view{text->get_string()} : std::string_view{};
}

}  // namespace coax::schema::detail
