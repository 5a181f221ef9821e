#pragma once

#include <coax/bind/detail/container_adapters.hpp>
#include <coax/bind/detail/formatted_types.hpp>
#include <coax/bind/detail/members_of.hpp>
#include <coax/json/value.hpp>
#include <coax/reflect/type_name.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace coax::bind::detail {

template <class T>
concept character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
                    std::same_as<T, char16_t> || std::same_as<T, char32_t>;

template <class T>
concept object_like = reflect::aggregate<T> || listed_class<T> || reflected_class<T>;

enum class unsupported_reason : unsigned char {
    none,
    character,
    long_double,
    single_byte,
    unowned,
    c_array,
    raw_union,
    too_fine,
    map_key,
    view,
    container,
    no_form,
    base_classes,
    no_default,
    read_only,
    reference,
    bit_field,
    null_pointer,
    wide_integer,
    array_pointer,
    deleter,
    multimap,
    path,
    no_enumerators,
    more_enumerators,
    same_texts,
    value_twice,
};

/// What keeps an enum from being read by its enumerators' texts.
template <class Enum>
consteval unsupported_reason unsupported_enum();

template <class Variant>
inline constexpr unsupported_reason why_no_alternative{};

template <class Pointer>
consteval unsupported_reason unsupported_pointer();

template <class T>
consteval bool has_reference_member() {
    if constexpr (open_struct<T> && !reflected_class<T> && !std::is_move_assignable_v<T>)
        return reflect::detail::has_reference<T>;
    else
        return false;
}

/// False: a member is a bit-field, or a reference.
template <class T>
consteval bool has_addresses() {
    if constexpr (open_struct<T> && !reflected_class<T>)
        return reflect::detail::has_addresses<T>;
    else
        return true;
}

/// Why a type has no JSON form, and what to do instead; `none` if it has one.
template <class T>
consteval unsupported_reason unsupported_type() {
    if constexpr (std::is_reference_v<T>) {
        return unsupported_reason::unowned;
    } else if constexpr (std::is_const_v<T> || std::is_volatile_v<T>) {
        return unsupported_reason::read_only;
    } else if constexpr (has_form<T>) {
        return unsupported_type<typename json_form<T>::type>();
    } else if constexpr (std::is_null_pointer_v<T>) {
        return unsupported_reason::null_pointer;
    } else if constexpr (character<T>) {
        return unsupported_reason::character;
    } else if constexpr (std::is_same_v<T, long double>) {
        return unsupported_reason::long_double;
    } else if constexpr (std::is_same_v<T, std::byte>) {
        return unsupported_reason::single_byte;
    } else if constexpr (std::is_pointer_v<T> || std::is_member_pointer_v<T>) {
        return unsupported_reason::unowned;
    } else if constexpr (std::is_array_v<T>) {
        return unsupported_reason::c_array;
    } else if constexpr (std::is_union_v<T>) {
        return unsupported_reason::raw_union;
    } else if constexpr (std::is_integral_v<T> && sizeof(T) > 8) {
        return unsupported_reason::wide_integer;
    } else if constexpr (std::is_enum_v<T>) {
        return unsupported_enum<T>();
    } else if constexpr (std::is_scalar_v<T> || std::is_same_v<T, std::string> || std::is_same_v<T, std::monostate> ||
                         std::is_same_v<T, json_value>) {
        return unsupported_reason::none;
    } else if constexpr (is_duration<T>) {
        return T::period::den <= 1'000'000'000 ? unsupported_reason::none : unsupported_reason::too_fine;
    } else if constexpr (formatted<T>) {
        return unsupported_reason::none;
    } else if constexpr (is_a<T, std::optional>) {
        return unsupported_type<typename T::value_type>();
    } else if constexpr (is_smart_pointer<T>) {
        return unsupported_pointer<T>();
    } else if constexpr (is_std_array<T>) {
        return unsupported_type<typename T::value_type>();
    } else if constexpr (is_a<T, std::vector>) {
        return unsupported_type<typename T::value_type>();
    } else if constexpr (map_like<T>) {
        if constexpr (!std::is_same_v<typename T::key_type, std::string>)
            return unsupported_reason::map_key;
        else if constexpr (!requires(T& map, std::string key) { map[key]; })
            return unsupported_reason::multimap;
        else
            return unsupported_type<typename T::mapped_type>();
    } else if constexpr (is_tuple<T>) {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            unsupported_reason why{};
            ((why = why == unsupported_reason::none ? unsupported_type<std::tuple_element_t<I, T>>() : why), ...);
            return why;
        }(std::make_index_sequence<std::tuple_size_v<T>>{});
    } else if constexpr (is_a<T, std::variant>) {
        return why_no_alternative<T>;
    } else if constexpr (std::is_convertible_v<T, std::string_view>) {
        return unsupported_reason::view;
    } else if constexpr (requires(T const& text) { text.lexically_normal(); }) {
        return unsupported_reason::path;
    } else if constexpr (collection_like<T>) {
        return unsupported_type<typename T::value_type>();
    } else if constexpr (range_like<T>) {
        return unsupported_reason::container;
    } else if constexpr (!object_like<T>) {
        return unsupported_reason::no_form;
    } else if constexpr (reflect::aggregate<T> && !open_struct<T> && !listed_class<T> && !reflected_class<T>) {
        return unsupported_reason::base_classes;
    } else if constexpr (has_reference_member<T>()) {
        return unsupported_reason::reference;
    } else if constexpr (!std::is_default_constructible_v<T>) {
        return unsupported_reason::no_default;
    } else if constexpr (!has_addresses<T>()) {
        return std::is_move_assignable_v<T> ? unsupported_reason::bit_field : unsupported_reason::reference;
    } else {
        return unsupported_reason::none;
    }
}

template <class Pointer>
consteval unsupported_reason unsupported_pointer() {
    using element = typename Pointer::element_type;
    if constexpr (!std::is_same_v<Pointer, std::shared_ptr<element>> &&
                  !std::is_same_v<Pointer, std::unique_ptr<element>>)
        return requires(Pointer const& pointer) { pointer[0]; } ? unsupported_reason::array_pointer
                                                                : unsupported_reason::deleter;
    else
        return unsupported_type<element>();
}

template <class... Alternatives>
inline constexpr unsupported_reason why_no_alternative<std::variant<Alternatives...>> = [] {
    unsupported_reason why{};
    ((why = why == unsupported_reason::none ? unsupported_type<Alternatives>() : why), ...);
    return why;
}();

/// A field's name as a template argument, so that compilers print it.
template <std::size_t Size>
struct name_text {
    char text[Size]{};

    consteval explicit(false) name_text(std::string_view name) {
        for (std::size_t i = 0; i < name.size(); ++i) text[i] = name[i];
    }
};

/// Where a type without a JSON form is used: in a field, or by itself.
template <class Class, auto Name, class Type>
struct in_field {
    static constexpr unsupported_reason why = unsupported_type<Type>();
};
template <class Type>
struct by_itself {
    static constexpr unsupported_reason why = unsupported_type<Type>();
};
template <class Class, std::size_t I, class Type>
using field_place =
    in_field<Class, name_text<members_of<Class>::template name<I>().size() + 1>{members_of<Class>::template name<I>()},
             Type>;

template <class Place, unsupported_reason Reason>
inline constexpr bool has_json = Place::why != Reason;

/// Ends the compilation if a type has no JSON form. The condition that fails names the struct and the field.
template <class Place>
consteval void explain() {
    static_assert(has_json<Place, unsupported_reason::character>,
                  "coax: a character is neither text nor number in JSON; use std::string or an integer");
    static_assert(has_json<Place, unsupported_reason::long_double>,
                  "coax: a long double has more digits than JSON numbers are read with; use double");
    static_assert(has_json<Place, unsupported_reason::single_byte>,
                  "coax: a single byte has no JSON form; use std::uint8_t, or a std::vector<std::byte> for base64");
    static_assert(has_json<Place, unsupported_reason::unowned>,
                  "coax: nobody owns what a raw pointer or reference names; use std::optional, std::unique_ptr or "
                  "std::shared_ptr");
    static_assert(has_json<Place, unsupported_reason::c_array>,
                  "coax: a C array cannot be read into; use std::array or std::vector");
    static_assert(has_json<Place, unsupported_reason::raw_union>,
                  "coax: a union does not say which member it holds; use std::variant");
    static_assert(has_json<Place, unsupported_reason::too_fine>,
                  "coax: times are read to the nanosecond; use a coarser duration");
    static_assert(has_json<Place, unsupported_reason::map_key>,
                  "coax: the keys of a JSON object are text; use std::string as the map's key");
    static_assert(has_json<Place, unsupported_reason::view>,
                  "coax: this type does not own its text, which ends with the answer it was read from; use "
                  "std::string");
    static_assert(has_json<Place, unsupported_reason::container>,
                  "coax: this container is not supported; use std::vector, std::array or std::set");
    static_assert(has_json<Place, unsupported_reason::no_form>,
                  "coax: this type has no JSON form; use a plain struct, list its members in coax_schema, or "
                  "specialize coax::json_form (coax::json_value holds anything)");
    static_assert(has_json<Place, unsupported_reason::base_classes>,
                  "coax: base classes cannot be seen in C++20; make the base a member, or list all members in "
                  "coax_schema");
    static_assert(has_json<Place, unsupported_reason::read_only>,
                  "coax: a const member cannot be read into; take the const away, or keep it out with "
                  "coax::field(..., {.skip = true})");
    static_assert(has_json<Place, unsupported_reason::reference>,
                  "coax: this struct has a reference member, which cannot be read into; use the value itself, "
                  "std::optional, std::unique_ptr or std::shared_ptr");
    static_assert(
        has_json<Place, unsupported_reason::bit_field>,
        "coax: this struct has a bit-field, which has no address to read into; use a whole integer or bool, or "
        "coax::is_flags for an enum of bits");
    static_assert(has_json<Place, unsupported_reason::null_pointer>,
                  "coax: std::nullptr_t is no type of JSON; use std::monostate for null");
    static_assert(has_json<Place, unsupported_reason::wide_integer>,
                  "coax: integers are read with up to 64 bits; use std::int64_t, std::uint64_t or std::string");
    static_assert(has_json<Place, unsupported_reason::array_pointer>,
                  "coax: a pointer to an array does not know its size; use std::vector");
    static_assert(
        has_json<Place, unsupported_reason::deleter>,
        "coax: a pointer with a deleter of its own cannot be made; use std::unique_ptr<T> or std::shared_ptr");
    static_assert(has_json<Place, unsupported_reason::multimap>,
                  "coax: a JSON object has each key once; use std::map, or a map of std::vector");
    static_assert(
        has_json<Place, unsupported_reason::path>,
        "coax: a path has no text that is the same everywhere; use std::string, or specialize coax::json_form");
    static_assert(has_json<Place, unsupported_reason::no_enumerators>,
                  "coax: no enumerators found; specialize coax::enum_range for values outside [-8, 120)");
    static_assert(
        has_json<Place, unsupported_reason::more_enumerators>,
        "coax: this enum has enumerators outside of [-8, 120), which would be missing from its JSON; specialize "
        "coax::enum_range, or list them in its coax_schema with coax::value");
    static_assert(has_json<Place, unsupported_reason::same_texts>,
                  "coax: two enumerators of this enum have the same text; give one of them another");
    static_assert(has_json<Place, unsupported_reason::value_twice>,
                  "coax: the coax_schema of this enum lists an enumerator twice; say all of it in one line");
    static_assert(has_json<Place, unsupported_reason::no_default>,
                  "coax: an object of this type cannot be made without values; give it a default constructor");
}

template <class Place>
consteval bool accept() {
    if constexpr (Place::why != unsupported_reason::none) explain<Place>();
    return Place::why == unsupported_reason::none;
}

}  // namespace coax::bind::detail
