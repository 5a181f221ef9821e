#pragma once

#include <coax/core/detail/toolchain.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace coax::reflect::detail {

inline constexpr std::size_t most_fields = 128;

/// Converts to anything: stands for an initializer of any field. Never called; it has a body because Clang takes a
/// conversion to a type without linkage, inside std::optional, for a use.
struct any_value {
    template <class T>
    operator T() const noexcept {
        __builtin_unreachable();
    }
};

/// Converts to anything but `Aggregate`: a struct's only initializer would else be taken for a copy of the struct.
template <class Aggregate>
struct any_value_but {
    template <class T>
        requires(!std::is_same_v<T, Aggregate>)
    operator T() const noexcept {
        __builtin_unreachable();
    }
};

/// Converts to base classes of `Aggregate` only.
template <class Aggregate>
struct any_base_of {
    template <class Base>
        requires(std::is_base_of_v<Base, Aggregate> && !std::is_same_v<Base, Aggregate>)
    operator Base() const noexcept {
        __builtin_unreachable();
    }
};
struct converts_to_nothing {};

template <class T, std::size_t... I>
constexpr bool takes_each(std::index_sequence<I...>) {
    return requires { T{(static_cast<void>(I), any_value{})...}; };
}

/// Whether `T` can be initialized with `N` values.
template <class T, std::size_t N>
inline constexpr bool takes = takes_each<T>(std::make_index_sequence<N>{});
template <class T>
inline constexpr bool takes<T, 1> = requires { T{any_value_but<T>{}}; };

/// The largest count in [Low, High] that `T` takes; `Low` is taken.
template <class T, std::size_t Low, std::size_t High>
consteval std::size_t bisect() {
    if constexpr (Low == High)
        return Low;
    else if constexpr (takes<T, (Low + High + 1) / 2>)
        return bisect<T, (Low + High + 1) / 2, High>();
    else
        return bisect<T, Low, (Low + High + 1) / 2 - 1>();
}

/// The smallest count that `T` takes: more than 0 if a field cannot be left out.
template <class T, std::size_t N>
consteval std::size_t first_taken() {
    if constexpr (takes<T, N>) {
        return N;
    } else if constexpr (N < most_fields) {
        return first_taken<T, N + 1>();
    } else {
        static_assert(N < most_fields, "coax: cannot count the fields of this struct; has it a reference member?");
        return 0;
    }
}

template <class T, std::size_t Low>
consteval std::size_t gallop() {
    if constexpr (Low == 0) {
        if constexpr (takes<T, 1>)
            return gallop<T, 1>();
        else
            return 0;
    } else if constexpr (takes<T, Low * 2>) {
        return gallop<T, Low * 2>();
    } else {
        return bisect<T, Low, Low * 2 - 1>();
    }
}

/// Whether an aggregate has base classes: C++20 cannot see their members.
template <class T>
inline constexpr bool has_bases = requires { T{any_base_of<T>{}}; } && !requires { T{converts_to_nothing{}}; };

template <class T, std::size_t... I>
constexpr bool takes_each_whole(std::index_sequence<I...>) {
    if constexpr (sizeof...(I) == 1)
        return requires { T(any_value_but<T>{}); };
    else
        return requires { T((static_cast<void>(I), any_value{})...); };
}

/// Whether one of the `Taken` initializers was for an element of a C array: in parentheses, none may be.
template <class T, std::size_t Taken>
inline constexpr bool has_c_array = Taken != 0 && !takes_each_whole<T>(std::make_index_sequence<Taken>{});

/// Converts to references to anything: stands for an initializer of a reference.
struct any_reference {
    template <class T>
    operator T&() const noexcept;
    template <class T>
    operator T&&() const noexcept;
};

template <class T, std::size_t... I>
constexpr bool takes_reference_after(std::index_sequence<I...>) {
    return requires { T{(static_cast<void>(I), any_value{})..., any_reference{}}; };
}

template <class T, std::size_t N>
consteval bool find_reference() {
    if constexpr (N > 32)
        return false;
    else if constexpr (!takes<T, N + 1>)
        return takes_reference_after<T>(std::make_index_sequence<N>{}) || (!takes<T, N> && find_reference<T, N + 1>());
    else
        return find_reference<T, N + 1>();
}

/// Whether an aggregate has a reference to what is not const among its first members: the count of its fields would end
/// there. Asked only of those that cannot be assigned to.
template <class T>
inline constexpr bool has_reference = find_reference<T, 0>();

template <class T>
consteval std::size_t count_fields() {
    static_assert(std::is_aggregate_v<T>,
                  "coax: not an aggregate (it has constructors, private members or virtual functions); "
                  "use a plain struct");
    static_assert(!has_bases<T>,
                  "coax: base classes cannot be seen in C++20; make the base a member, or list all members in "
                  "coax_schema");
    constexpr auto count = gallop<T, first_taken<T, 0>()>();
    static_assert(!has_c_array<T, count>, "coax: a C array cannot be read into; use std::array or std::vector");
    return count;
}

}  // namespace coax::reflect::detail
