#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <string_view>

/// Which of a schema's alternatives a value was meant to be.
namespace coax::schema::detail {

/// Whether a value is of a type that the schema states, and one of the values that it lists.
[[nodiscard]] bool is_of_kind(boost::json::object const& schema, boost::json::value const& value);

/// How much of a value an alternative knows: nothing of one of another kind, and an object by its keys.
[[nodiscard]] std::size_t likeness_of(boost::json::value const& root, boost::json::value const& alternative,
                                      boost::json::value const& value);

/// The key for which every alternative, each an object, wants a text of its own; empty: there is none.
[[nodiscard]] std::string_view find_tag(boost::json::value const& root, boost::json::array const& alternatives);

/// The only text that an alternative allows for a key, which it requires; empty: there is none.
[[nodiscard]] std::string_view tag_of(boost::json::value const& root, boost::json::value const& alternative,
                                      std::string_view key);

}  // namespace coax::schema::detail
