#pragma once

#include <coax/bind/detail/doc_check.hpp>
#include <coax/bind/detail/formatted_types.hpp>
#include <coax/bind/detail/members_of.hpp>
#include <coax/bind/detail/type_descriptor.hpp>
#include <coax/bind/detail/unsupported_type.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace coax::bind::detail {

constexpr bool has_constraints(doc const& rules) {
    return rules.minimum.is_set() || rules.maximum.is_set() || rules.exclusive_minimum.is_set() ||
           rules.exclusive_maximum.is_set() || rules.multiple_of.is_set() || rules.min_length.is_set() ||
           rules.max_length.is_set() || rules.min_items.is_set() || rules.max_items.is_set() || rules.unique_items ||
           !rules.pattern.empty() || !rules.format.empty() || !rules.constant.empty();
}

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

}  // namespace coax::bind::detail
