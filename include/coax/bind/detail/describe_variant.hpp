#pragma once

#include <coax/bind/detail/members_of.hpp>
#include <coax/bind/detail/type_descriptor.hpp>
#include <coax/bind/detail/unsupported_type.hpp>

#include <array>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>
#include <variant>

namespace coax::bind::detail {

struct wire_constant {
    std::string_view key{};
    std::string_view text{};
};

/// The `I`th field that has a constant.
template <class T>
consteval wire_constant constant_of(std::size_t index) {
    wire_constant found{};
    if constexpr (!has_form<T> && !is_nullable<T> && !range_like<T> && object_like<T>) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            auto const look = [&](std::string_view own_name, doc const* documentation) {
                if (documentation == nullptr || documentation->constant.empty() || documentation->skip || index-- != 0)
                    return;
                found = {documentation->name.empty() ? own_name : documentation->name.view(),
                         documentation->constant.view()};
            };
            (look(members_of<T>::template name<I>(), members_of<T>::template documentation<I>()), ...);
        }(std::make_index_sequence<members_of<T>::count>{});
    }
    return found;
}

/// The constant of the field `key` of a struct; empty: it has none.
template <class T>
consteval std::string_view tag_text(std::string_view key) {
    for (std::size_t i = 0;; ++i) {
        auto const found = constant_of<T>(i);
        if (found.key.empty()) return {};
        if (found.key == key) return found.text;
    }
}

/// The key that has a different constant in each alternative; empty: there is none.
template <class First, class... Rest>
consteval std::string_view find_tag() {
    for (std::size_t i = 0;; ++i) {
        auto const candidate = constant_of<First>(i);
        if (candidate.key.empty()) return {};
        std::string_view const texts[] = {candidate.text, tag_text<Rest>(candidate.key)...};
        bool differ = true;
        for (std::size_t a = 0; a < std::size(texts); ++a)
            for (std::size_t b = 0; b < a; ++b) differ = differ && !texts[a].empty() && texts[a] != texts[b];
        if (differ) return candidate.key;
    }
}

template <class T>
struct variant_functions;
template <class... Alternatives>
struct variant_functions<std::variant<Alternatives...>> {
    using type = std::variant<Alternatives...>;

    template <std::size_t I>
    static void* emplace(void* variant) {
        return &static_cast<type*>(variant)->template emplace<I>();
    }
    static std::size_t index(void const* variant) { return static_cast<type const*>(variant)->index(); }
    static void const* get(void const* variant) {
        return std::visit([](auto const& value) -> void const* { return &value; }, *static_cast<type const*>(variant));
    }
    static constexpr std::string_view tag = find_tag<Alternatives...>();

    template <std::size_t... I>
    static consteval auto list(std::index_sequence<I...>) {
        return std::array<alternative_descriptor, sizeof...(I)>{
            alternative_descriptor{&descriptor_of<Alternatives>, &emplace<I>, tag_text<Alternatives>(tag)}...};
    }
    static constexpr auto alternatives = list(std::index_sequence_for<Alternatives...>{});
    static constexpr variant_descriptor description{alternatives.data(), alternatives.size(), tag, &index, &get};
};

}  // namespace coax::bind::detail
