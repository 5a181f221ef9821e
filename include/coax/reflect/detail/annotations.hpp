#pragma once

// Only for compilers with C++26 reflection (P2996, P3394): `-std=c++26 -freflection` on GCC 16.
#if defined(__cpp_impl_reflection)

#include <coax/reflect/doc.hpp>

#include <cstddef>
#include <meta>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace coax::reflect::detail {

/// The `doc` that annotates a thing, in static storage; null if there is none.
consteval doc const* find_annotation(std::meta::info thing) {
    auto const found = std::meta::annotations_of_with_type(thing, ^^doc);
    return found.empty() ? nullptr : std::define_static_object(std::meta::extract<doc>(found[0]));
}

template <class T>
consteval doc const* annotation_of() {
    return find_annotation(^^T);
}

consteval bool is_of_std(std::meta::info thing) {
    for (auto at = thing; std::meta::has_parent(at); at = std::meta::parent_of(at))
        if (at == ^^std) return true;
    return thing == ^^std;
}

/// A class whose members the compiler can list, private ones and those of its bases included. Classes of the standard
/// library are left out: their members are no part of any JSON.
template <class T>
concept lists_members = std::is_class_v<T> && !is_of_std(std::meta::dealias(^^T));

consteval void append_members(std::meta::info type, std::vector<std::meta::info>& members) {
    constexpr auto all = std::meta::access_context::unchecked();
    for (auto const base : std::meta::bases_of(type, all)) append_members(std::meta::type_of(base), members);
    for (auto const member : std::meta::nonstatic_data_members_of(type, all))
        if (std::meta::has_identifier(member)) members.push_back(member);
}

consteval std::vector<std::meta::info> list_members(std::meta::info type) {
    std::vector<std::meta::info> members;
    append_members(type, members);
    return members;
}

/// The members of `T`, those of its bases first.
template <class T>
inline constexpr auto all_members = std::define_static_array(list_members(^^T));

template <class Enum>
inline constexpr auto all_enumerators = std::define_static_array(std::meta::enumerators_of(^^Enum));

/// Calls `visitor(name, value, doc)` for every enumerator that is annotated.
template <class Enum, class Visitor>
consteval void visit_enumerators(Visitor visitor) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        auto const look = [&](std::string_view name, Enum value, doc const* said) {
            if (said != nullptr) visitor(name, value, *said);
        };
        (look(std::meta::identifier_of(all_enumerators<Enum>[I]), [:all_enumerators<Enum>[I
        ]:], find_annotation(all_enumerators<Enum>[I])),
         ...);
    }(std::make_index_sequence<all_enumerators<Enum>.size()>{});
}

}  // namespace coax::reflect::detail

#endif
