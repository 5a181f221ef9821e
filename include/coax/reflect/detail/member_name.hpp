#pragma once

#include <coax/reflect/detail/visit_members.hpp>

#include <cstddef>
#include <string_view>
#include <utility>

namespace coax::reflect::detail {

#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif

/// Declares an object of any type without defining it: its members have addresses, which the compiler prints by name.
template <class T>
struct undefined_object {
    T const value;
    static undefined_object const object;
};

/// A pointer as a template argument. Clang prints the member's name only when it is wrapped.
template <class Pointer>
struct address {
    Pointer pointer;
};
template <class Pointer>
address(Pointer) -> address<Pointer>;

struct text_piece {
    char const* begin;
    std::size_t size;
};

/// The member's name, cut from the name of this very function.
template <auto Address>
consteval auto member_name() {  // `auto` keeps GCC from explaining the return type in the text
    char const* const text = __PRETTY_FUNCTION__;
    std::size_t end = sizeof(__PRETTY_FUNCTION__) - 1;
    while (text[end - 1] == ']' || text[end - 1] == '}' || text[end - 1] == ')') --end;
    std::size_t begin = end;
    while (text[begin - 1] != ':' && text[begin - 1] != '.') --begin;
    return text_piece{text + begin, end - begin};
}

/// Several names in one object: `size()` and `operator[]`.
template <std::size_t Count, std::size_t Length>
struct name_list {
    unsigned short offsets[Count + 1]{};
    char text[Length + 1]{};

    [[nodiscard]] static constexpr std::size_t size() { return Count; }
    [[nodiscard]] constexpr std::string_view operator[](std::size_t index) const {
        return {text + offsets[index], static_cast<std::size_t>(offsets[index + 1] - offsets[index])};
    }
};

template <auto... Addresses>
consteval auto join_names() {
    constexpr std::size_t length = (member_name<Addresses>().size + ... + 0);
    name_list<sizeof...(Addresses), length> names{};
    std::size_t index = 0;
    std::size_t at = 0;
    [[maybe_unused]] auto const append = [&](text_piece piece) {
        for (std::size_t i = 0; i < piece.size; ++i) names.text[at++] = piece.begin[i];
        names.offsets[++index] = static_cast<unsigned short>(at);
    };
    (append(member_name<Addresses>()), ...);
    return names;
}

/// Pointers of several types, each reachable by its index at little cost to the compiler.
template <std::size_t I, class Pointer>
struct indexed_pointer {
    Pointer pointer;
};
template <class Indices, class... Pointers>
struct pointer_list;
template <std::size_t... I, class... Pointers>
struct pointer_list<std::index_sequence<I...>, Pointers...> : indexed_pointer<I, Pointers>... {};

template <std::size_t I, class Pointer>
consteval Pointer pointer_at(indexed_pointer<I, Pointer> const& entry) {
    return entry.pointer;
}

struct list_pointers {
    template <class... Members>
    constexpr auto operator()(Members&... members) const {
        return pointer_list<std::index_sequence_for<Members...>, Members*...>{{&members}...};
    }
};

template <auto>
struct constant {};
inline constexpr list_pointers pointer_lister{};

/// Whether all members have addresses: a bit-field has none, and is copied, which ends in a pointer to the copy.
template <class T, std::size_t N>
concept all_addressable =
    requires { typename constant<visit_members<N>(undefined_object<T>::object.value, pointer_lister)>; };

/// The same, declared without const: what is const then is a const member.
template <class T>
struct undefined_variable {
    T value;
    static undefined_variable object;
};

/// The names of the `N` members of `T`.
template <class T, std::size_t N>
consteval auto member_names() {
    constexpr auto pointers = visit_members<N>(undefined_object<T>::object.value, pointer_lister);
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return join_names<address{pointer_at<I>(pointers)}...>();
    }(std::make_index_sequence<N>{});
}

#ifdef __clang__
#pragma clang diagnostic pop
#endif

}  // namespace coax::reflect::detail
