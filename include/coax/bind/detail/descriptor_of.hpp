#pragma once

#include <coax/bind/detail/container_adapters.hpp>
#include <coax/bind/detail/doc_check.hpp>
#include <coax/bind/detail/formatted_types.hpp>
#include <coax/bind/detail/members_of.hpp>
#include <coax/bind/detail/type_descriptor.hpp>
#include <coax/bind/detail/unsupported_type.hpp>
#include <coax/core/detail/name.hpp>
#include <coax/json/value.hpp>
#include <coax/reflect/enums.hpp>
#include <coax/reflect/type_name.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
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

// --- documentation ---

constexpr bool has_constraints(doc const& rules) {
    return rules.minimum.is_set() || rules.maximum.is_set() || rules.exclusive_minimum.is_set() ||
           rules.exclusive_maximum.is_set() || rules.multiple_of.is_set() || rules.min_length.is_set() ||
           rules.max_length.is_set() || rules.min_items.is_set() || rules.max_items.is_set() || rules.unique_items ||
           !rules.pattern.empty() || !rules.format.empty() || !rules.constant.empty();
}

// --- structs ---

constexpr std::uint64_t byte_at(std::size_t index, unsigned char byte) {
    auto const shift = std::endian::native == std::endian::little ? index * 8 : (7 - index) * 8;
    return std::uint64_t{byte} << shift;
}

constexpr field_descriptor make_field(std::string_view own_name, doc const* documentation) {
    field_descriptor field{};
    field.name = documentation != nullptr && !documentation->name.empty() ? documentation->name.view() : own_name;
    field.documentation = documentation;
    field.checked = documentation != nullptr && has_constraints(*documentation);
    for (char const c : field.name) field.is_plain = field.is_plain && c >= ' ' && c < 0x7F && c != '"' && c != '\\';
    for (std::size_t i = 0; i < field.name.size() && i < 8; ++i) {
        field.head |= byte_at(i, static_cast<unsigned char>(field.name[i]));
        field.head_mask |= byte_at(i, 0xFF);
    }
    return field;
}

template <std::size_t Count>
struct field_list {
    field_descriptor entries[Count + 1]{};
};

template <class Item>
consteval doc_subject subject_of_items(doc_subject list);

/// What a field's documentation may speak of. Known from the type alone: a struct may hold itself.
template <class Field>
consteval doc_subject subject_of() {
    doc_subject subject{};
    if constexpr (has_form<Field>) {
        return subject_of<typename json_form<Field>::type>();
    } else if constexpr (is_nullable<Field>) {
        subject = subject_of<std::remove_cvref_t<decltype(*std::declval<Field&>())>>();
        subject.nullable = true;
    } else if constexpr (std::is_scalar_v<Field> || formatted<Field> || !object_like<Field>) {
        subject.whole = subject.leaf = descriptor_of<Field>.what;
        subject.bytes = descriptor_of<Field>.bytes;
        subject.enumeration = descriptor_of<Field>.enumeration;
        if constexpr (map_like<Field>)
            subject = subject_of_items<typename Field::mapped_type>(subject);
        else if constexpr (!formatted<Field> && (range_like<Field> || is_std_array<Field>) &&
                           !std::is_same_v<Field, std::string>)
            subject = subject_of_items<typename Field::value_type>(subject);
    } else if constexpr (is_std_array<Field>) {
        subject.whole = kind::fixed_array;
        subject = subject_of_items<typename Field::value_type>(subject);
    } else {
        subject.whole = subject.leaf = kind::object;
    }
    return subject;
}

/// A list or map, of whose items bounds of numbers and texts speak.
template <class Item>
consteval doc_subject subject_of_items(doc_subject list) {
    constexpr auto item = subject_of<Item>();
    list.leaf = item.leaf;
    list.bytes = item.bytes;
    return list;
}

/// Whether a documentation states more than words.
constexpr bool needs_check(doc const& rules) {
    return has_constraints(rules) || !rules.default_value.empty() || !rules.examples.empty();
}

/// Ends the compilation if the documentation of a `json_form` cannot be kept.
template <class T>
consteval void check_form() {
    if constexpr (constexpr doc const* rules = form_functions<T>::documentation(); rules != nullptr) {
        constexpr auto problem = find_problem(*rules, subject_of<typename json_form<T>::type>());
        if constexpr (problem != doc_problem::none) explain_doc<documented_type<json_form<T>, problem>>();
    }
}

template <class T, std::size_t I>
using name_of_field = name_text<members_of<T>::template name<I>().size() + 1>;

/// Ends the compilation if the field's documentation cannot be kept.
template <class T, std::size_t I, class Field>
consteval void check_documentation() {
    constexpr doc const& rules = *members_of<T>::template documentation<I>();
    constexpr auto problem = members_of<T>::listed_twice() == I ? doc_problem::listed_twice
                             : needs_check(rules)               ? find_problem(rules, subject_of<Field>())
                                                                : doc_problem::none;
    if constexpr (problem != doc_problem::none)
        explain_doc<documented_field<T, name_of_field<T, I>{members_of<T>::template name<I>()}, problem>>();
}

template <class T, std::size_t I, class Field>
consteval field_descriptor describe_field() {
    constexpr doc const* documentation = members_of<T>::template documentation<I>();
    if constexpr (documentation != nullptr && documentation->skip) {
        return {};
    } else if constexpr (!accept<field_place<T, I, Field>>()) {
        return {};
    } else {
        field_descriptor field = make_field(members_of<T>::template name<I>(), documentation);
        field.type = &descriptor_of<Field>;
        field.nullable = is_nullable<Field>;
        field.required = !field.nullable;
        if constexpr (documentation != nullptr) {
            field.required = field.required && documentation->default_value.empty();
            check_documentation<T, I, Field>();
        }
        return field;
    }
}

template <class T>
struct field_describer {
    template <class... Fields>
    static consteval auto visit() {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return field_list<sizeof...(Fields)>{{describe_field<T, I, Fields>()...}};
        }(std::index_sequence_for<Fields...>{});
    }
};

template <class T>
inline constexpr field_list<members_of<T>::count> fields_of = members_of<T>::template pass<field_describer<T>>();

/// The documentation of the type itself.
template <class T>
consteval doc const* type_documentation() {
#if defined(__cpp_impl_reflection)
    if constexpr (reflect::detail::annotation_of<T>() != nullptr) return reflect::detail::annotation_of<T>();
#endif
    if constexpr (documented<T>)
        return &documentation_of<T>::table.documentation;
    else
        return nullptr;
}

/// Which optionals and pointers of an object hold something.
[[nodiscard]] field_bits find_filled(struct_descriptor const& structure, void* object);

template <class T>
field_bits const& filled_when_new() {
    static field_bits const found = [] {
        T object{};
        return find_filled(*descriptor_of<T>.structure, &object);
    }();
    return found;
}

template <class T>
consteval bool has_nullable_field() {
    for (auto const& field : fields_of<T>.entries)
        if (field.nullable) return true;
    return false;
}

/// The first field whose name on the wire another has too: only a name that is stated can be one.
template <class T>
consteval std::size_t find_same_name() {
    auto const& fields = fields_of<T>.entries;
    for (std::size_t i = 0; i < members_of<T>::count; ++i) {
        if (fields[i].documentation == nullptr || fields[i].documentation->name.empty()) continue;
        for (std::size_t j = 0; j < members_of<T>::count; ++j)
            if (i != j && fields[i].head == fields[j].head && fields[i].name == fields[j].name) return i;
    }
    return no_field;
}

/// Ends the compilation if the struct as a whole cannot be described.
template <class T>
consteval void check_struct() {
    constexpr auto same = find_same_name<T>();
    if constexpr (same != no_field) {
        constexpr auto name = fields_of<T>.entries[same].name;
        explain_doc<documented_field<T, name_text<name.size() + 1>{name}, doc_problem::same_name>>();
    }
    if constexpr (constexpr doc const* rules = type_documentation<T>(); rules != nullptr && needs_check(*rules))
        explain_doc<documented_type<T, doc_problem::constraint_on_struct>>();
}

template <class T>
consteval struct_descriptor make_struct_descriptor() {
    check_struct<T>();
    static_assert(members_of<T>::count <= most_fields, "coax: a struct may have at most 128 fields; nest some of them");
    struct_descriptor result{};
    result.fields = fields_of<T>.entries;
    result.field_count = members_of<T>::count;
    result.documentation = type_documentation<T>();
    for (std::size_t i = 0; i < result.field_count; ++i) {
        auto const& field = fields_of<T>.entries[i];
        auto const bit = std::uint64_t{1} << (i % 64);
        if (field.required) result.required[i / 64] |= bit;
        if (field.type != nullptr && field.documentation != nullptr && !field.documentation->default_value.empty())
            result.defaulted[i / 64] |= bit;
    }
    result.locate = &members_of<T>::locate;
    if constexpr (checks_itself<T> || checked_outside<T>) result.check = &check_whole<T>;
    if constexpr (has_nullable_field<T>()) result.filled = &filled_when_new<T>;
    if constexpr (std::is_move_assignable_v<T>) result.reset = [](void* object) { *static_cast<T*>(object) = T{}; };
    return result;
}

template <class T>
inline constexpr struct_descriptor struct_descriptor_of = make_struct_descriptor<T>();

// --- enums ---

template <class T, std::size_t I>
constexpr void rename_line(auto& tables) {
    constexpr auto line = line_at<I>(documentation_of<T>::table.fields);
    tables.rename(reflect::detail::enumerator_name<line.value>(), static_cast<long long>(line.value),
                  line.documentation);
}

/// The enumerators that were found, with the names that the enum's table gives them, and those that only the table
/// lists.
template <class T>
struct enum_tables {
    static constexpr auto const& found = reflect::enumerators<T>;
    static constexpr std::size_t listed = [] {
        if constexpr (documented<T>)
            return count_lines(documentation_of<T>::table.fields);
        else
            return std::size_t{0};
    }();
    static constexpr std::size_t most = found.size() + listed;

    struct tables {
        std::string_view names[most + 1]{};
        long long values[most + 1]{};
        std::size_t count{0};

        constexpr void add(std::string_view name, long long value) {
            names[count] = name;
            values[count++] = value;
        }
        constexpr void rename(std::string_view own_name, long long value, doc const& documentation) {
            std::size_t at = 0;
            while (at < count && values[at] != value) ++at;
            if (at == count) add(own_name, value);
            if (!documentation.name.empty()) names[at] = documentation.name.view();
            if (!documentation.skip) return;
            for (--count; at < count; ++at) {
                names[at] = names[at + 1];
                values[at] = values[at + 1];
            }
        }
    };
    static constexpr tables both = [] {
        tables result{};
        for (std::size_t i = 0; i < found.size(); ++i)
            result.add(found.name(i), static_cast<long long>(found.value(i)));
#if defined(__cpp_impl_reflection)
        reflect::detail::visit_enumerators<T>([&result](std::string_view name, T value, doc const& documentation) {
            result.rename(name, static_cast<long long>(value), documentation);
        });
#endif
        if constexpr (documented<T>) {
            [&]<std::size_t... I>(std::index_sequence<I...>) {
                (rename_line<T, I>(result), ...);
            }(std::make_index_sequence<listed>{});
        }
        return result;
    }();
    static constexpr enum_descriptor description{both.names, both.values, both.count, type_documentation<T>()};
};

template <class T>
consteval bool has_same_texts() {
    if constexpr (documented<T>) {
        auto const& all = enum_tables<T>::both;
        for (std::size_t i = 0; i < all.count; ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (all.names[i] == all.names[j]) return true;
    }
    return false;
}

template <class T>
consteval bool lists_value_twice() {
    if constexpr (documented<T>) {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            long long const values[] = {static_cast<long long>(line_at<I>(documentation_of<T>::table.fields).value)...,
                                        0};
            for (std::size_t i = 0; i < sizeof...(I); ++i)
                for (std::size_t j = 0; j < i; ++j)
                    if (values[i] == values[j]) return true;
            return false;
        }(std::make_index_sequence<enum_tables<T>::listed>{});
    }
    return false;
}

template <class T>
consteval bool skips_value(long long value);

/// Whether there are enumerators that nothing lists.
template <class T>
consteval bool lacks_enumerators() {
    auto const found = reflect::detail::values_elsewhere<T>();
    auto const& all = enum_tables<T>::both;
    for (std::size_t i = 0; i < found.count; ++i) {
        bool is_listed = skips_value<T>(found.values[i]);
        for (std::size_t j = 0; j < all.count; ++j) is_listed = is_listed || all.values[j] == found.values[i];
        if (!is_listed) return true;
    }
    return false;
}

/// Whether the enum's table keeps a value out of the JSON.
template <class T>
consteval bool skips_value(long long value) {
    bool skips = false;
    if constexpr (documented<T>)
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((skips = skips || (static_cast<long long>(line_at<I>(documentation_of<T>::table.fields).value) == value &&
                                line_at<I>(documentation_of<T>::table.fields).documentation.skip)),
             ...);
        }(std::make_index_sequence<enum_tables<T>::listed>{});
    return skips;
}

template <class T>
consteval unsupported_reason unsupported_enum() {
    if constexpr (lists_value_twice<T>()) return unsupported_reason::value_twice;
    if constexpr (enum_tables<T>::both.count == 0) return unsupported_reason::no_enumerators;
    if constexpr (has_same_texts<T>()) return unsupported_reason::same_texts;
    return lacks_enumerators<T>() ? unsupported_reason::more_enumerators : unsupported_reason::none;
}

// --- variants ---

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
