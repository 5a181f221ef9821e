#include "bind/type_names.hpp"

#include "bind/internal/messages.hpp"
#include "json/internal/text.hpp"

#include <algorithm>

namespace coax::bind::detail {

bool may_start(type_descriptor const& type, char c) {
    switch (type.what) {
        case kind::boolean: return c == 't' || c == 'f';
        case kind::signed_integer:
        case kind::unsigned_integer:
        case kind::real: return c == '-' || json::detail::is_digit(c);
        case kind::null: return c == 'n';
        case kind::nullable: return c == 'n' || may_start(*type.inner, c);
        case kind::converted: return may_start(*type.inner, c);
        case kind::variant:
        case kind::any: return true;
        default: return c == opening_of(type.what);
    }
}

bool has_bracket(type_descriptor const& type, char bracket) {
    if (bracket != '{' && bracket != '[') return false;
    if (type.what == kind::nullable || type.what == kind::converted) return has_bracket(*type.inner, bracket);
    if (type.what != kind::variant) return opening_of(type.what) == bracket;
    auto const* const first = type.variant->alternatives;
    return std::any_of(first, first + type.variant->count,
                       [&](alternative_descriptor const& each) { return has_bracket(*each.type, bracket); });
}

bool are_similar(std::string_view a, std::string_view b) {
    auto const fold = [](char c) {
        if (c == '-' || c == ' ') return '_';
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return fold(x) == fold(y); });
}

std::string name_of(type_descriptor const& type) {
    switch (type.what) {
        case kind::boolean: return "true or false";
        case kind::signed_integer:
        case kind::unsigned_integer: return "an integer";
        case kind::real: return "a number";
        case kind::string: return "a string";
        case kind::enumeration:
            return one_of(type.enumeration->count, [&](std::size_t i) { return quoted(type.enumeration->names[i]); });
        case kind::formatted: return std::string{type.formatted->name};
        case kind::null: return "null";
        case kind::converted: return name_of(*type.inner);
        case kind::nullable: return name_of(*type.inner) + " or null";
        case kind::variant: {
            std::string names;
            for (std::size_t i = 0; i < type.variant->count; ++i)
                add_choice(names, name_of(*type.variant->alternatives[i].type));
            return names;
        }
        case kind::any: return "a value";
        default: return opening_of(type.what) == '[' ? "an array" : "an object";
    }
}

}  // namespace coax::bind::detail
