#pragma once

#include <coax/bind/detail/container_adapters.hpp>
#include <coax/bind/detail/describe_enum.hpp>
#include <coax/bind/detail/describe_struct.hpp>
#include <coax/bind/detail/describe_variant.hpp>
#include <coax/bind/detail/formatted_types.hpp>
#include <coax/bind/detail/members_of.hpp>
#include <coax/bind/detail/type_descriptor.hpp>
#include <coax/bind/detail/unsupported_type.hpp>
#include <coax/core/detail/name.hpp>
#include <coax/json/value.hpp>
#include <coax/reflect/type_name.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace coax::bind::detail {

// --- names ---

/// A type's name for a schema: everything but letters, digits, '_' and '-' becomes '_', at most 64 characters: what
/// services accept.
struct safe_name {
    char text[65]{};
    std::size_t size{0};

    [[nodiscard]] constexpr std::string_view view() const { return {text, size}; }
};

using core::detail::is_name_character;

constexpr safe_name make_safe_name(std::string_view name) {
    safe_name result{};
    for (char const c : name) {
        if (result.size == core::detail::max_name_length) break;
        result.text[result.size++] = is_name_character(c) ? c : '_';
    }
    return result;
}

template <class T>
inline constexpr safe_name schema_name = make_safe_name(reflect::short_type_name<T>);

// --- the one place that says which types there are ---

template <class T>
consteval type_descriptor make_descriptor() {
    type_descriptor result{};
    result.size = sizeof(T);
    result.bytes = static_cast<unsigned char>(sizeof(T) <= 8 ? sizeof(T) : 0);
    if constexpr (!accept<by_itself<T>>()) {
    } else if constexpr (has_form<T>) {
        check_form<T>();
        result.what = kind::converted;
        result.name = schema_name<T>.view();
        result.inner = &descriptor_of<typename json_form<T>::type>;
        result.converted = &form_functions<T>::description;
    } else if constexpr (std::is_same_v<T, bool>) {
        result.what = kind::boolean;
    } else if constexpr (std::is_integral_v<T>) {
        result.what = std::is_signed_v<T> ? kind::signed_integer : kind::unsigned_integer;
    } else if constexpr (std::is_floating_point_v<T>) {
        result.what = kind::real;
    } else if constexpr (std::is_enum_v<T>) {
        result.what = is_flags<T> ? kind::flags : kind::enumeration;
        result.is_signed = std::is_signed_v<std::underlying_type_t<T>>;
        result.enumeration = &enum_tables<T>::description;
    } else if constexpr (std::is_same_v<T, std::string>) {
        result.what = kind::string;
    } else if constexpr (std::is_same_v<T, std::monostate>) {
        result.what = kind::null;
    } else if constexpr (std::is_same_v<T, json_value>) {
        result.what = kind::any;
    } else if constexpr (formatted<T>) {
        result.what = kind::formatted;
        result.formatted = &formatted_functions<T>::description;
    } else if constexpr (is_nullable<T>) {
        result.what = kind::nullable;
        result.inner = &descriptor_of<std::remove_cvref_t<decltype(*std::declval<T&>())>>;
        result.nullable = &nullable_functions<T>::description;
    } else if constexpr (is_std_array<T>) {
        result.what = kind::fixed_array;
        result.inner = &descriptor_of<typename T::value_type>;
        result.sequence = &array_functions<T>::description;
    } else if constexpr (is_a<T, std::vector> && !std::is_same_v<T, std::vector<bool>>) {
        result.what = kind::sequence;
        result.inner = &descriptor_of<typename T::value_type>;
        result.sequence = &vector_functions<T>::description;
    } else if constexpr (is_tuple<T>) {
        result.what = kind::tuple;
        result.tuple = &tuple_functions<T>::description;
    } else if constexpr (map_like<T>) {
        result.what = kind::map;
        result.inner = &descriptor_of<typename T::mapped_type>;
        result.map = &map_functions<T>::description;
    } else if constexpr (is_a<T, std::variant>) {
        result.what = kind::variant;
        result.variant = &variant_functions<T>::description;
    } else if constexpr (collection_like<T>) {
        result.what = kind::collection;
        result.inner = &descriptor_of<typename T::value_type>;
        result.collection = &collection_functions<T>::description;
    } else {
        result.what = kind::object;
        result.name = schema_name<T>.view();
        result.structure = &struct_descriptor_of<T>;
    }
    return result;
}

}  // namespace coax::bind::detail
