#pragma once

#include <boost/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

/// Finding one's way in a parsed JSON Schema.
namespace coax::schema::detail {

/// Nesting of a schema, and of the schemas that hold for one value through `$ref`.
inline constexpr std::size_t max_schema_depth = 128;

/// The member `key` of an object, or null.
[[nodiscard]] inline boost::json::value const* member(boost::json::object const& object, std::string_view key) {
    return object.if_contains(key);
}

[[nodiscard]] inline bool is_text(boost::json::value const& value, std::string_view text) {
    return value.is_string() && value.get_string() == text;
}

/// A text member, or nothing.
[[nodiscard]] inline std::string_view text_of(boost::json::object const& object, std::string_view key) {
    auto const* const text = member(object, key);
    return text != nullptr && text->is_string() ? std::string_view{text->get_string()} : std::string_view{};
}

template <class List>
[[nodiscard]] bool contains(List const& list, std::string_view key) {
    return std::find(std::begin(list), std::end(list), key) != std::end(list);
}

/// Whether an object schema requires a property.
[[nodiscard]] inline bool is_required(boost::json::object const& schema, std::string_view key) {
    auto const* const required = member(schema, "required");
    return required != nullptr && std::any_of(required->get_array().begin(), required->get_array().end(),
                                              [&](auto const& each) { return is_text(each, key); });
}

/// The JSON pointer of what is below another.
[[nodiscard]] std::string below(std::string const& where, std::string_view key);

/// The schema that a reference to a JSON pointer names, or null.
[[nodiscard]] boost::json::value const* resolve(boost::json::value const& root, std::string_view reference);

/// The schema itself, or the one that its `$ref` leads to, over as many as it takes.
[[nodiscard]] boost::json::value const& follow(boost::json::value const& root, boost::json::value const& schema);

}  // namespace coax::schema::detail
