#pragma once

#include <coax/bind/detail/type_descriptor.hpp>

#include <string>
#include <string_view>

namespace coax::bind::detail {

/// The character that every value of a kind begins with; 0: they differ.
[[nodiscard]] inline char opening_of(kind what) {
    switch (what) {
        case kind::string:
        case kind::enumeration:
        case kind::formatted: return '"';
        case kind::sequence:
        case kind::fixed_array:
        case kind::collection:
        case kind::tuple:
        case kind::flags: return '[';
        case kind::map:
        case kind::object: return '{';
        default: return '\0';
    }
}

/// Whether a value whose text starts with `c` may be of this type.
[[nodiscard]] bool may_start(type_descriptor const& type, char c);

/// Whether values of this type begin with this bracket, and so can be told from the words around them. Those of
/// json_value are not: they begin in any way.
[[nodiscard]] bool has_bracket(type_descriptor const& type, char bracket);

/// Whether two names differ only in case and in '-' or ' ' for '_'.
[[nodiscard]] bool are_similar(std::string_view a, std::string_view b);

/// What a type is called in a message: "an integer".
[[nodiscard]] std::string name_of(type_descriptor const& type);

}  // namespace coax::bind::detail
