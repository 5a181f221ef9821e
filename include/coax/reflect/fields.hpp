#pragma once

#include <coax/reflect/detail/field_count.hpp>
#include <coax/reflect/detail/member_name.hpp>
#include <coax/reflect/detail/visit_members.hpp>

#include <cstddef>
#include <type_traits>

namespace coax::reflect {

/// A struct whose members can be listed: an aggregate class, no union. Arrays and containers are none.
template <class T>
concept aggregate = std::is_class_v<T> && std::is_aggregate_v<T>;

/// How many fields `T` has. At most 128, more than 64 with <coax/reflect/wide_structs.hpp>; base classes and reference
/// members are refused.
template <aggregate T>
inline constexpr std::size_t field_count = reflect::detail::count_fields<T>();

namespace detail {
template <class T>
inline constexpr bool has_addresses = all_addressable<T, field_count<T>>;
}  // namespace detail

/// The fields' names as written: `field_names<T>[i]`, `field_names<T>.size()`.
template <aggregate T>
inline constexpr auto field_names = reflect::detail::member_names<T, field_count<T>>();

/// Calls `visitor(m0, m1, ...)` with references to all fields of `object`, in the order of declaration.
/// @returns What the visitor returns.
template <class T, class Visitor>
constexpr decltype(auto) visit_fields(T& object, Visitor&& visitor) {
    return reflect::detail::visit_members<field_count<std::remove_const_t<T>>>(object, visitor);
}

}  // namespace coax::reflect
