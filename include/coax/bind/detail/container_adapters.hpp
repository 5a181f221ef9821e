#pragma once

#include <coax/bind/detail/type_descriptor.hpp>
#include <coax/reflect/doc.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace coax::bind::detail {

template <class T>
consteval type_descriptor make_descriptor();

/// The description of `T`.
template <class T>
inline constexpr type_descriptor descriptor_of = make_descriptor<T>();

template <class T, template <class...> class Template>
inline constexpr bool is_a = false;
template <template <class...> class Template, class... Arguments>
inline constexpr bool is_a<Template<Arguments...>, Template> = true;

template <class T>
inline constexpr bool is_std_array = false;
template <class T, std::size_t Size>
inline constexpr bool is_std_array<std::array<T, Size>> = true;

template <class T>
inline constexpr bool is_smart_pointer = is_a<T, std::unique_ptr> || is_a<T, std::shared_ptr>;

/// Known from the type alone, so that a struct may hold itself behind one.
template <class T>
inline constexpr bool is_nullable = is_a<T, std::optional> || is_smart_pointer<T>;

template <class T>
inline constexpr bool is_tuple = is_a<T, std::tuple> || is_a<T, std::pair>;

template <class T>
concept map_like = requires {
    typename T::key_type;
    typename T::mapped_type;
};

template <class T>
concept range_like = requires(T& value) {
    value.begin();
    value.end();
};

/// A container that takes elements one by one, but need not give their addresses.
template <class T>
concept collection_like = range_like<T> && !map_like<T> && requires(T& list, typename T::value_type element) {
    list.insert(list.end(), std::move(element));
    list.clear();
    list.size();
};

template <class T>
concept has_form = requires { typename json_form<T>::type; };

template <class T>
struct nullable_functions {
    static void* emplace(void* holder) {
        auto& held = *static_cast<T*>(holder);
        if constexpr (is_a<T, std::unique_ptr>) {
            held = std::make_unique<typename T::element_type>();
            return held.get();
        } else if constexpr (is_a<T, std::shared_ptr>) {
            held = std::make_shared<typename T::element_type>();
            return held.get();
        } else {
            return &held.emplace();
        }
    }
    static void reset(void* holder) { static_cast<T*>(holder)->reset(); }
    static void const* get(void const* holder) {
        auto const& held = *static_cast<T const*>(holder);
        return held ? &*held : nullptr;
    }
    static constexpr nullable_descriptor description{&emplace, &reset, &get};
};

template <class T>
struct vector_functions {
    static void clear(void* list) { static_cast<T*>(list)->clear(); }
    /// Reserves for a few items at first, so that a short list is allocated once.
    static void* append(void* list) {
        constexpr std::size_t size = sizeof(typename T::value_type), few = size < 128 ? 128 / size : 1;
        auto& items = *static_cast<T*>(list);
        if (items.capacity() == 0) items.reserve(few);
        return &items.emplace_back();
    }
    static sequence_view view(void const* list) {
        auto const& items = *static_cast<T const*>(list);
        return {items.data(), items.size()};
    }
    static void reserve(void* list, std::size_t count) { static_cast<T*>(list)->reserve(count); }
    static constexpr sequence_descriptor description{0, &clear, &append, &reserve, &view};
};

template <class T>
struct array_functions {
    static sequence_view view(void const* list) { return {static_cast<T const*>(list)->data(), std::tuple_size_v<T>}; }
    static constexpr sequence_descriptor description{std::tuple_size_v<T>, nullptr, nullptr, nullptr, &view};
};

template <class T>
struct collection_functions {
    using element = typename T::value_type;

    static void clear(void* list) { static_cast<T*>(list)->clear(); }
    static insert_outcome add(void* list, void* context, element_reader read_element) {
        element value{};
        if (!read_element(context, &value)) return insert_outcome::ended;
        auto& items = *static_cast<T*>(list);
        auto const before = items.size();
        items.insert(items.end(), std::move(value));
        return items.size() == before ? insert_outcome::rejected : insert_outcome::inserted;
    }
    static std::size_t size(void const* list) { return static_cast<T const*>(list)->size(); }
    static void visit(void const* list, void* context, element_visitor visitor) {
        for (element const& each : *static_cast<T const*>(list)) visitor(context, &each);
    }
    static constexpr bool is_keyed = requires { typename T::key_type; };
    static constexpr collection_descriptor description{is_keyed, &clear, &add, &size, &visit};
};

template <class T>
struct tuple_functions {
    static constexpr std::size_t count = std::tuple_size_v<T>;

    template <std::size_t... I>
    static consteval auto list(std::index_sequence<I...>) {
        return std::array<type_descriptor const*, count + 1>{&descriptor_of<std::tuple_element_t<I, T>>..., nullptr};
    }
    template <std::size_t... I>
    static consteval bool all_same(std::index_sequence<0, I...>) {
        return (std::is_same_v<std::tuple_element_t<0, T>, std::tuple_element_t<I, T>> && ...);
    }
    static consteval bool all_same(std::index_sequence<>) { return false; }
    static void locate(void* tuple, void** addresses) {
        std::apply(
            [addresses](auto&... each) {
                [[maybe_unused]] void** at = addresses;
                ((*at++ = &each), ...);
            },
            *static_cast<T*>(tuple));
    }
    static constexpr auto parts = list(std::make_index_sequence<count>{});
    static constexpr tuple_descriptor description{parts.data(), count, all_same(std::make_index_sequence<count>{}),
                                                  &locate};
};
template <class T>
struct map_functions {
    static void clear(void* map) { static_cast<T*>(map)->clear(); }
    static void* slot(void* map, std::string_view key) { return &(*static_cast<T*>(map))[std::string{key}]; }
    static std::size_t size(void const* map) { return static_cast<T const*>(map)->size(); }
    static void visit(void const* map, void* context, entry_visitor visitor) {
        for (auto const& [key, value] : *static_cast<T const*>(map)) visitor(context, key, &value);
    }
    static constexpr map_descriptor description{&clear, &slot, &size, &visit};
};

/// A type that `json_form` converts to another.
template <class T>
struct form_functions {
    using form = json_form<T>;
    using inner = typename form::type;

    static insert_outcome read(void* into, void* context, element_reader read_element) {
        inner value{};
        if (!read_element(context, &value)) return insert_outcome::ended;
        std::optional<T> made{form::from(std::move(value))};
        if (!made) return insert_outcome::rejected;
        *static_cast<T*>(into) = *std::move(made);
        return insert_outcome::inserted;
    }
    static void write(void const* value, void* context, element_visitor visitor) {
        inner const shown = form::to(*static_cast<T const*>(value));
        visitor(context, &shown);
    }
    static consteval doc const* documentation() {
        if constexpr (requires { form::documentation.description; })
            return &form::documentation;
        else
            return nullptr;
    }
    static constexpr converted_descriptor description{documentation(), &read, &write};
};

}  // namespace coax::bind::detail
