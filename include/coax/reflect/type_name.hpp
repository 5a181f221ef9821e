#pragma once

#include <coax/core/detail/toolchain.hpp>

#include <cstddef>
#include <string_view>

namespace coax::reflect {

namespace detail {

template <class T>
consteval auto full_type_name() {
    struct piece {
        char const* begin;
        std::size_t size;
    };
    std::string_view const text{__PRETTY_FUNCTION__};
    auto const begin = text.find("T = ") + 4;
    auto const end = text.find_last_of(']');
    return piece{text.data() + begin, end - begin};
}

}  // namespace detail

/// The type's name as the compiler spells it, with namespaces and template arguments.
template <class T>
inline constexpr std::string_view type_name{reflect::detail::full_type_name<T>().begin,
                                            reflect::detail::full_type_name<T>().size};

/// The type's own name: without namespaces in front, template arguments kept.
template <class T>
inline constexpr std::string_view short_type_name = [] {
    std::string_view const full = type_name<T>;
    auto const before = full.rfind("::", full.find('<'));
    return before == std::string_view::npos ? full : full.substr(before + 2);
}();

}  // namespace coax::reflect
