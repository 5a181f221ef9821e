#pragma once

#include <coax/bind/detail/descriptor_of.hpp>
#include <coax/bind/detail/unsupported_type.hpp>
#include <coax/schema/detail/schema_emitter.hpp>
#include <coax/schema/detail/type_source.hpp>
#include <coax/schema/dialect.hpp>

#include <cstddef>
#include <string_view>

namespace coax {

namespace schema::detail {

/// `type_source`, as a type that depends on T: a file that asks for no schema then compiles no emitter.
template <class T>
struct source_of {
    using type = type_source;
};

template <class T, schema_dialect Dialect>
struct schema_store {
    using source_type = typename source_of<T>::type;
    struct measure {
        std::size_t size;
        schema_problem problem;
        std::string_view field;
    };
    static constexpr measure measured = [] {
        source_type source{bind::detail::descriptor_of<T>};
        schema_emitter<source_type> emitter{source, rules_of(Dialect), nullptr};
        emitter.emit_document();
        return measure{emitter.size(), emitter.problem(), emitter.location().field};
    }();

    struct characters {
        char text[measured.size + 1]{};
    };
    static constexpr characters written = [] {
        characters result{};
        source_type source{bind::detail::descriptor_of<T>};
        schema_emitter<source_type>{source, rules_of(Dialect), result.text}.emit_document();
        return result;
    }();
};

/// What cannot be expressed: a field of the type, or the type itself.
template <class T, auto Field, schema_problem Problem>
struct dialect_issue {
    static constexpr schema_problem problem = Problem;
};
template <class T, schema_problem Problem>
struct type_issue {
    static constexpr schema_problem problem = Problem;
};

template <class Place, schema_problem Problem>
inline constexpr bool expressible = Place::problem != Problem;

/// Ends the compilation if there is a problem. The condition that fails names the type and the field.
template <class Place>
consteval void check_problem() {
    using enum schema_problem;
    static_assert(expressible<Place, root_not_object>,
                  "coax: in this dialect the root must be an object; put the value into a struct with one field");
    static_assert(
        expressible<Place, map>,
        "coax: in this dialect objects are closed, so a map cannot be expressed; use a std::vector of structs with a "
        "key and a value");
    static_assert(expressible<Place, any_value>,
                  "coax: in this dialect every value has a stated type, so coax::json_value cannot be expressed; use a "
                  "std::string that holds JSON, or a std::variant");
    static_assert(expressible<Place, tuple>,
                  "coax: in this dialect all items of an array have one type; use a struct instead of a tuple or pair");
    static_assert(
        expressible<Place, no_items>,
        "coax: in this dialect an array needs items, so an empty tuple cannot be expressed; use a std::vector");
    static_assert(expressible<Place, required_recursion>,
                  "coax: in this dialect a type may contain itself only through a field that is not required; use "
                  "std::optional or std::unique_ptr for it");
    static_assert(expressible<Place, recursive>,
                  "coax: in this dialect a type cannot contain itself; unroll it to the depth needed");
    static_assert(expressible<Place, too_deep>, "coax: this type is nested deeper than the dialect allows; flatten it");
    static_assert(expressible<Place, too_many_properties>,
                  "coax: this type has more properties than the dialect allows; split it");
    static_assert(expressible<Place, too_many_enum_values>,
                  "coax: this type has more enum values than the dialect allows; use a string");
    static_assert(expressible<Place, too_many_optionals>,
                  "coax: this type has more optional fields than the dialect allows; require some");
    static_assert(expressible<Place, too_many_unions>,
                  "coax: this type has more unions than the dialect allows; use fewer variants");
    static_assert(expressible<Place, too_many_characters>,
                  "coax: the names and enum values of this type are longer than the dialect allows; shorten them");
}

template <class T, schema_dialect Dialect>
consteval std::string_view checked_schema() {
    using store = schema_store<T, Dialect>;
    constexpr auto const& measured = store::measured;
    if constexpr (measured.problem == schema_problem::none)
        return {store::written.text, measured.size};
    else if constexpr (measured.field.empty())
        check_problem<type_issue<T, measured.problem>>();
    else
        check_problem<
            dialect_issue<T, bind::detail::name_text<measured.field.size() + 1>{measured.field}, measured.problem>>();
    return {};
}

}  // namespace schema::detail

/// The JSON Schema of `T`, made by the compiler and kept in static storage.
/// A type that the dialect cannot express does not compile; the message says what to do instead.
template <class T, schema_dialect Dialect = schema_dialect::json_schema>
inline constexpr std::string_view json_schema = schema::detail::checked_schema<T, Dialect>();

}  // namespace coax
