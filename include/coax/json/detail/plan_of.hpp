#pragma once

#include <coax/json/detail/plan.hpp>
#include <coax/reflect/enums.hpp>
#include <coax/reflect/fields.hpp>
#include <coax/reflect/type_name.hpp>

#include <array>
#include <bit>
#include <chrono>
#include <concepts>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace coax::json::detail {

#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif

template <class T>
consteval plan make_plan();

/// The description of `T`.
template <class T>
inline constexpr plan plan_of = make_plan<T>();

// --- names ---

/// A type's name with everything but letters, digits, '_' and '-' made '_', at most 64 long: what services accept.
struct safe_name {
    char text[65]{};
    std::size_t size{0};

    [[nodiscard]] constexpr std::string_view view() const { return {text, size}; }
};

constexpr bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

constexpr safe_name make_safe_name(std::string_view name) {
    safe_name result{};
    for (char const c : name) {
        if (result.size == 64) break;
        result.text[result.size++] = is_name_character(c) ? c : '_';
    }
    return result;
}

template <class T>
inline constexpr safe_name schema_name = make_safe_name(reflect::short_type_name<T>);

// --- what kind of type it is ---

template <class T, template <class...> class Template>
inline constexpr bool is_a = false;
template <template <class...> class Template, class... Arguments>
inline constexpr bool is_a<Template<Arguments...>, Template> = true;

template <class T>
inline constexpr bool is_std_array = false;
template <class T, std::size_t Size>
inline constexpr bool is_std_array<std::array<T, Size>> = true;

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

template <class T>
concept character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
                    std::same_as<T, char16_t> || std::same_as<T, char32_t>;

// --- documentation ---

template <class T>
concept documents_itself = requires { T::coax_schema.documentation; };
template <class T>
concept documented_outside = requires { schema_for<T>::coax_schema.documentation; };

/// Where a struct's `coax_schema` is.
template <class T>
struct documentation_of {};
template <documents_itself T>
struct documentation_of<T> {
    static constexpr auto const& table = T::coax_schema;
};
template <documented_outside T>
    requires(!documents_itself<T>)
struct documentation_of<T> {
    static constexpr auto const& table = schema_for<T>::coax_schema;
};
template <class T>
concept documented = requires { documentation_of<T>::table; };

template <std::size_t Count>
struct doc_list {
    doc const* entries[Count + 1]{};
};

template <std::size_t Count>
struct address_list {
    void const* entries[Count + 1]{};
};

template <class T>
consteval auto member_addresses() {
    return reflect::visit_fields(reflect::detail::ghost<T>::object.value, [](auto const&... members) {
        return address_list<sizeof...(members)>{{static_cast<void const*>(&members)...}};
    });
}

template <class T>
consteval void place_docs(auto&, auto const&, coax::detail::field_docs<> const&) {}
template <class T, class First, class... Rest>
consteval void place_docs(auto& docs, auto const& addresses, coax::detail::field_docs<First, Rest...> const& fields) {
    void const* const wanted = &(reflect::detail::ghost<T>::object.value.*fields.first.member);
    for (std::size_t i = 0; i < reflect::field_count<T>; ++i)
        if (addresses.entries[i] == wanted) docs.entries[i] = &fields.first.documentation;
    place_docs<T>(docs, addresses, fields.rest);
}

template <class T>
consteval auto make_doc_list() {
    doc_list<reflect::field_count<T>> docs{};
    if constexpr (documented<T>) place_docs<T>(docs, member_addresses<T>(), documentation_of<T>::table.fields);
    return docs;
}

/// The documentation of each field, null where there is none.
template <class T>
inline constexpr auto docs_of = make_doc_list<T>();

constexpr bool states_a_bound(doc const* documentation) {
    return documentation != nullptr &&
           (documentation->minimum.is_set() || documentation->maximum.is_set() || documentation->min_length.is_set() ||
            documentation->max_length.is_set() || documentation->min_items.is_set() ||
            documentation->max_items.is_set() || !documentation->pattern.empty());
}

// --- structs ---

constexpr std::uint64_t byte_at(std::size_t index, unsigned char byte) {
    auto const shift = std::endian::native == std::endian::little ? index * 8 : (7 - index) * 8;
    return std::uint64_t{byte} << shift;
}

constexpr field_plan name_field(std::string_view own_name, doc const* documentation) {
    field_plan field{};
    field.name = documentation != nullptr && !documentation->name.empty() ? documentation->name.view() : own_name;
    field.documentation = documentation;
    field.checked = states_a_bound(documentation);
    for (std::size_t i = 0; i < field.name.size() && i < 8; ++i) {
        field.head |= byte_at(i, static_cast<unsigned char>(field.name[i]));
        field.head_mask |= byte_at(i, 0xFF);
    }
    return field;
}

/// A nullable is known from its type alone, so that a struct may hold itself behind one.
template <class T>
inline constexpr bool is_nullable = is_a<T, std::optional> || is_a<T, std::unique_ptr>;

template <std::size_t Count>
struct field_list {
    field_plan entries[Count + 1]{};
};

template <class T, std::size_t I, class Field>
consteval field_plan plan_field() {
    constexpr doc const* documentation = docs_of<T>.entries[I];
    if constexpr (documentation != nullptr && documentation->skip) {
        return {};
    } else {
        field_plan field = name_field(reflect::field_names<T>[I], documentation);
        field.type = &plan_of<Field>;
        field.required = !is_nullable<Field>;
        return field;
    }
}

template <class T>
consteval field_list<reflect::field_count<T>> make_field_list() {
    return reflect::visit_fields(reflect::detail::ghost<T>::object.value, []<class... Fields>(Fields const&...) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return field_list<sizeof...(Fields)>{{plan_field<T, I, Fields>()...}};
        }(std::index_sequence_for<Fields...>{});
    });
}

template <class T>
inline constexpr field_list<reflect::field_count<T>> fields_of = make_field_list<T>();

template <class T>
void locate_fields(void* object, void** members) {
    reflect::visit_fields(*static_cast<T*>(object), [members](auto&... fields) {
        [[maybe_unused]] void** at = members;
        ((*at++ = &fields), ...);
    });
}

template <class T>
consteval struct_plan make_struct_plan() {
    static_assert(reflect::field_count<T> <= most_fields);
    struct_plan result{};
    result.fields = fields_of<T>.entries;
    result.field_count = reflect::field_count<T>;
    if constexpr (documented<T>) result.documentation = &documentation_of<T>::table.documentation;
    for (std::size_t i = 0; i < result.field_count; ++i)
        if (fields_of<T>.entries[i].required) result.required[i / 64] |= std::uint64_t{1} << (i % 64);
    result.locate = &locate_fields<T>;
    return result;
}

template <class T>
inline constexpr struct_plan struct_plan_of = make_struct_plan<T>();

// --- enums ---

template <class T>
struct enum_tables {
    static constexpr std::size_t count = reflect::enumerators<T>.size();
    struct tables {
        std::string_view names[count + 1]{};
        long long values[count + 1]{};
    };
    static constexpr tables both = [] {
        tables result{};
        for (std::size_t i = 0; i < count; ++i) {
            result.names[i] = reflect::enumerators<T>.name(i);
            result.values[i] = static_cast<long long>(reflect::enumerators<T>.value(i));
        }
        return result;
    }();
    static constexpr enum_plan description{both.names, both.values, count};
};

// --- holders and containers ---

template <class T>
struct nullable_functions {
    static void* emplace(void* holder) {
        auto& held = *static_cast<T*>(holder);
        if constexpr (is_a<T, std::unique_ptr>) {
            held = std::make_unique<typename T::element_type>();
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
    static constexpr nullable_plan description{&emplace, &reset, &get};
};

template <class T>
struct vector_functions {
    static void clear(void* list) { static_cast<T*>(list)->clear(); }
    static void* append(void* list) { return &static_cast<T*>(list)->emplace_back(); }
    static sequence_view view(void const* list) {
        auto const& items = *static_cast<T const*>(list);
        return {items.data(), items.size()};
    }
    static constexpr sequence_plan description{0, &clear, &append, &view};
};

template <class T>
struct array_functions {
    static sequence_view view(void const* list) { return {static_cast<T const*>(list)->data(), std::tuple_size_v<T>}; }
    static constexpr sequence_plan description{std::tuple_size_v<T>, nullptr, nullptr, &view};
};

template <class T>
struct map_functions {
    static void clear(void* map) { static_cast<T*>(map)->clear(); }
    static void* slot(void* map, std::string_view key) { return &(*static_cast<T*>(map))[std::string{key}]; }
    static std::size_t size(void const* map) { return static_cast<T const*>(map)->size(); }
    static void visit(void const* map, void* context, entry_visitor visitor) {
        for (auto const& [key, value] : *static_cast<T const*>(map)) visitor(context, key, &value);
    }
    static constexpr map_plan description{&clear, &slot, &size, &visit};
};

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
    template <std::size_t... I>
    static consteval auto list(std::index_sequence<I...>) {
        return std::array<alternative_plan, sizeof...(I)>{alternative_plan{&plan_of<Alternatives>, &emplace<I>}...};
    }
    static constexpr auto alternatives = list(std::index_sequence_for<Alternatives...>{});
    static constexpr variant_plan description{alternatives.data(), alternatives.size(), &index, &get};
};

// --- the one place that says which types there are ---

template <class T>
consteval plan make_plan() {
    plan result{};
    result.size = sizeof(T);
    result.bytes = static_cast<unsigned char>(sizeof(T) <= 8 ? sizeof(T) : 0);
    if constexpr (std::is_same_v<T, bool>) {
        result.what = kind::boolean;
    } else if constexpr (character<T>) {
        static_assert(!character<T>,
                      "coax: a character is neither text nor number in JSON; use std::string or an integer");
    } else if constexpr (std::is_integral_v<T>) {
        result.what = std::is_signed_v<T> ? kind::signed_integer : kind::unsigned_integer;
    } else if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
        result.what = kind::real;
    } else if constexpr (std::is_enum_v<T>) {
        static_assert(reflect::enumerators<T>.size() > 0,
                      "coax: no enumerators found; specialize coax::enum_range for values outside [-8, 120)");
        result.what = kind::enumeration;
        result.is_signed = std::is_signed_v<std::underlying_type_t<T>>;
        result.enumeration = &enum_tables<T>::description;
    } else if constexpr (std::is_same_v<T, std::string>) {
        result.what = kind::string;
    } else if constexpr (std::is_same_v<T, std::chrono::sys_seconds>) {
        result.what = kind::date_time;
    } else if constexpr (std::is_same_v<T, json_value>) {
        result.what = kind::any;
    } else if constexpr (is_nullable<T>) {
        result.what = kind::nullable;
        result.inner = &plan_of<std::remove_cvref_t<decltype(*std::declval<T&>())>>;
        result.nullable = &nullable_functions<T>::description;
    } else if constexpr (is_std_array<T>) {
        result.what = kind::fixed_array;
        result.inner = &plan_of<typename T::value_type>;
        result.sequence = &array_functions<T>::description;
    } else if constexpr (is_a<T, std::vector>) {
        static_assert(
            !std::is_same_v<typename T::value_type, bool>,
            "coax: std::vector<bool> has no addressable elements; use a std::vector of an enum or of a struct");
        result.what = kind::sequence;
        result.inner = &plan_of<typename T::value_type>;
        result.sequence = &vector_functions<T>::description;
    } else if constexpr (map_like<T>) {
        static_assert(std::is_same_v<typename T::key_type, std::string>,
                      "coax: the keys of a JSON object are text; use std::string as the map's key");
        result.what = kind::map;
        result.inner = &plan_of<typename T::mapped_type>;
        result.map = &map_functions<T>::description;
    } else if constexpr (is_a<T, std::variant>) {
        result.what = kind::variant;
        result.variant = &variant_functions<T>::description;
    } else if constexpr (std::is_convertible_v<T, std::string_view>) {
        static_assert(
            !std::is_convertible_v<T, std::string_view>,
            "coax: this type does not own its text, which ends with the answer it was read from; use std::string");
    } else if constexpr (std::is_pointer_v<T> || std::is_reference_v<T>) {
        static_assert(!std::is_pointer_v<T> && !std::is_reference_v<T>,
                      "coax: nobody owns what a raw pointer or reference names; use std::optional or std::unique_ptr");
    } else if constexpr (range_like<T>) {
        static_assert(!range_like<T>, "coax: this container is not supported; use std::vector or std::array");
    } else if constexpr (reflect::aggregate<T>) {
        result.what = kind::object;
        result.name = schema_name<T>.view();
        result.structure = &struct_plan_of<T>;
    } else {
        static_assert(
            reflect::aggregate<T>,
            "coax: this type has no JSON form; use a plain struct (no constructors, private members or virtual "
            "functions), or coax::json_value for anything");
    }
    return result;
}

#ifdef __clang__
#pragma clang diagnostic pop
#endif

}  // namespace coax::json::detail
