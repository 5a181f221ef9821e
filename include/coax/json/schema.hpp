#pragma once

#include <coax/json/detail/plan_of.hpp>
#include <coax/json/detail/schema_emitter.hpp>
#include <coax/json/dialect.hpp>

#include <cstddef>
#include <string_view>

namespace coax {

namespace json::detail {

/// A schema, or why there is none.
struct schema_text {
    std::string_view text{};
    schema_problem problem{schema_problem::none};
};

template <class T, schema_dialect Dialect>
struct schema_store {
    struct measure {
        std::size_t size;
        schema_problem problem;
    };
    static constexpr measure measured = [] {
        schema_emitter emitter{plan_of<T>, rules_of(Dialect), nullptr};
        emitter.emit_document();
        return measure{emitter.size(), emitter.problem()};
    }();

    struct characters {
        char text[measured.size + 1]{};
    };
    static constexpr characters written = [] {
        characters result{};
        schema_emitter emitter{plan_of<T>, rules_of(Dialect), result.text};
        if (measured.problem == schema_problem::none) emitter.emit_document();
        return result;
    }();
};

template <class T, schema_dialect Dialect>
inline constexpr schema_text schema_text_of{
    schema_store<T, Dialect>::measured.problem == schema_problem::none
        ? std::string_view{schema_store<T, Dialect>::written.text, schema_store<T, Dialect>::measured.size}
        : std::string_view{},
    schema_store<T, Dialect>::measured.problem};

template <schema_problem Problem>
consteval void check_problem() {
    using enum schema_problem;
    static_assert(Problem != root_not_object,
                  "coax: in this dialect the root must be an object; put the value into a struct with one field");
    static_assert(
        Problem != map,
        "coax: in this dialect objects are closed, so a map cannot be said; use a std::vector of structs with a "
        "key and a value");
    static_assert(Problem != any_value,
                  "coax: in this dialect every value has a stated type, so coax::json_value cannot be said; use a "
                  "std::string that holds JSON, or a std::variant");
    static_assert(Problem != tuple,
                  "coax: in this dialect all items of an array have one type; use a struct instead of a tuple or pair");
    static_assert(Problem != required_recursion,
                  "coax: in this dialect a type may contain itself only through a field that is not required; use "
                  "std::optional or std::unique_ptr for it");
    static_assert(Problem != recursive,
                  "coax: in this dialect a type cannot contain itself; unroll it to the depth needed");
    static_assert(Problem != too_deep, "coax: this type is nested deeper than the dialect allows; flatten it");
    static_assert(Problem != too_many_properties,
                  "coax: this type has more properties than the dialect allows; split it");
    static_assert(Problem != too_many_enum_values,
                  "coax: this type has more enum values than the dialect allows; use a string");
    static_assert(Problem != too_many_optionals,
                  "coax: this type has more optional fields than the dialect allows; require some");
    static_assert(Problem != too_many_unions,
                  "coax: this type has more unions than the dialect allows; use fewer variants");
    static_assert(Problem != too_many_characters,
                  "coax: the names and enum values of this type are longer than the dialect allows; shorten them");
}

template <class T, schema_dialect Dialect>
consteval std::string_view checked_schema() {
    check_problem<schema_text_of<T, Dialect>.problem>();
    return schema_text_of<T, Dialect>.text;
}

}  // namespace json::detail

/// The JSON Schema of `T`, made by the compiler and kept in static storage.
/// A type that the dialect cannot say does not compile; the message says what to do instead.
template <class T, schema_dialect Dialect = schema_dialect::json_schema>
inline constexpr std::string_view json_schema = json::detail::checked_schema<T, Dialect>();

}  // namespace coax
