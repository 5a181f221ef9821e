#pragma once

#include <coax/bind/detail/descriptor_of.hpp>
#include <coax/reflect/doc.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace coax {

/// Whether the values of an enum are levels, the lowest first: `decide` then asks for a score, else for one of several.
/// `template <> inline constexpr bool coax::is_ordered<severity> = true;`
template <class Enum>
inline constexpr bool is_ordered = false;

}  // namespace coax

namespace coax::detail {

/// The most levels of a score that every service takes.
inline constexpr long long most_levels = 10;

/// What `decide` needs to know of a member besides its `field_descriptor`.
struct decided_member {
    std::string_view const* descriptions{nullptr};  ///< Of an enum: of each enumerator.
    bool ordered{false};
    decided_member const* members{nullptr};  ///< Of a struct.
};

/// A struct whose members are decided.
struct decided_type {
    bind::detail::type_descriptor const* type{nullptr};
    decided_member const* members{nullptr};
};

enum class undecidable : unsigned char { none, text, number, levels, list, optional_struct, flags, other };

constexpr bool has_few_levels(doc const& rules) {
    auto const low = rules.minimum.is_set() ? rules.minimum.integer : rules.exclusive_minimum.integer + 1;
    auto const high = rules.maximum.is_set() ? rules.maximum.integer : rules.exclusive_maximum.integer - 1;
    return low < high && high < low + most_levels;
}

constexpr bool is_bounded(doc const* rules) {
    using enum doc_number::form;
    if (rules == nullptr || rules->multiple_of.is_set()) return false;
    return (rules->minimum.kind == integer || rules->exclusive_minimum.kind == integer) &&
           (rules->maximum.kind == integer || rules->exclusive_maximum.kind == integer);
}

template <class Enum>
consteval undecidable why_no_choice() {
    constexpr auto count = static_cast<long long>(bind::detail::enum_tables<Enum>::both.count);
    if (is_flags<Enum>) return undecidable::flags;
    return is_ordered<Enum> && (count < 2 || count > most_levels) ? undecidable::levels : undecidable::none;
}

/// Why a member cannot be decided; `none` if it can.
template <class Field>
consteval undecidable why_undecidable(doc const* rules) {
    using namespace bind::detail;
    if constexpr (has_form<Field>) {
        return undecidable::other;
    } else if constexpr (is_a<Field, std::optional>) {
        using held = typename Field::value_type;
        return object_like<held> && !formatted<held> ? undecidable::optional_struct : why_undecidable<held>(rules);
    } else if constexpr (std::is_same_v<Field, bool>) {
        return undecidable::none;
    } else if constexpr (std::is_enum_v<Field>) {
        return why_no_choice<Field>();
    } else if constexpr (std::is_integral_v<Field>) {
        if (!is_bounded(rules)) return undecidable::number;
        return has_few_levels(*rules) ? undecidable::none : undecidable::levels;
    } else if constexpr (std::is_floating_point_v<Field>) {
        return undecidable::number;
    } else if constexpr (std::is_same_v<Field, std::string>) {
        return undecidable::text;
    } else if constexpr (formatted<Field> || is_smart_pointer<Field> || is_tuple<Field> || is_a<Field, std::variant>) {
        return undecidable::other;
    } else if constexpr (range_like<Field> || is_std_array<Field>) {
        return undecidable::list;
    } else {
        return object_like<Field> && !std::is_same_v<Field, json_value> ? undecidable::none : undecidable::other;
    }
}

/// A member that cannot be decided.
template <class Class, auto Name, class Type, undecidable Why>
struct decided_place {
    static constexpr undecidable why = Why;
};

template <class Place, undecidable Reason>
inline constexpr bool can_decide = Place::why != Reason;

/// Ends the compilation. The condition that fails names the struct and the member.
template <class Place>
consteval void explain_undecidable() {
    static_assert(can_decide<Place, undecidable::text>,
                  "coax: a text cannot be decided; use parse<T> for it, or an enum class of the texts it may be");
    static_assert(
        can_decide<Place, undecidable::number>,
        "coax: a number without bounds cannot be decided; use parse<T> for it, or an integer with minimum and "
        "maximum and at most 10 values");
    static_assert(can_decide<Place, undecidable::levels>,
                  "coax: a score has 2 to 10 levels; bound it so, use an enum class that is not coax::is_ordered, or "
                  "parse<T>");
    static_assert(can_decide<Place, undecidable::list>,
                  "coax: a list cannot be decided; use parse<T> for it, or a bool for each thing it may hold");
    static_assert(can_decide<Place, undecidable::optional_struct>,
                  "coax: a struct is no question that could be left open; use parse<T>, or make its members optional");
    static_assert(can_decide<Place, undecidable::flags>,
                  "coax: several flags at once cannot be decided; use parse<T>, or a bool for each");
    static_assert(can_decide<Place, undecidable::other>,
                  "coax: this type cannot be decided; use parse<T>, or bool, an enum class or a bounded integer");
}

/// What the lines of an enum's table say of its enumerators.
template <class Enum>
struct enumerator_descriptions {
    static constexpr auto const& all = bind::detail::enum_tables<Enum>::both;
    struct list {
        std::string_view entries[bind::detail::enum_tables<Enum>::most + 1]{};
    };

    static consteval void describe(list& out, long long value, doc const& documentation) {
        for (std::size_t i = 0; i < all.count; ++i)
            if (all.values[i] == value) out.entries[i] = documentation.description.view();
    }
    template <std::size_t I>
    static consteval void describe_line(list& out) {
        constexpr auto line = bind::detail::line_at<I>(bind::detail::documentation_of<Enum>::table.fields);
        describe(out, static_cast<long long>(line.value), line.documentation);
    }
    static constexpr list found = [] {
        list out{};
#if defined(__cpp_impl_reflection)
        reflect::detail::visit_enumerators<Enum>([&out](std::string_view, Enum value, doc const& documentation) {
            describe(out, static_cast<long long>(value), documentation);
        });
#endif
        if constexpr (bind::detail::documented<Enum>)
            [&]<std::size_t... I>(std::index_sequence<I...>) {
                (describe_line<I>(out), ...);
            }(std::make_index_sequence<bind::detail::enum_tables<Enum>::listed>{});
        return out;
    }();
};

template <class T>
struct decided_members_of;

template <class Field>
consteval decided_member describe_decided() {
    if constexpr (bind::detail::is_a<Field, std::optional>)
        return describe_decided<typename Field::value_type>();
    else if constexpr (std::is_enum_v<Field>)
        return {.descriptions = enumerator_descriptions<Field>::found.entries, .ordered = is_ordered<Field>};
    else if constexpr (std::is_arithmetic_v<Field>)
        return {};
    else
        return {.members = decided_members_of<Field>::list.entries};
}

template <class T, std::size_t I, class Field>
consteval decided_member decide_member() {
    constexpr doc const* rules = bind::detail::members_of<T>::template documentation<I>();
    if constexpr (rules != nullptr && rules->skip) {
        return {};
    } else if constexpr (constexpr auto why = why_undecidable<Field>(rules); why != undecidable::none) {
        constexpr auto name = bind::detail::members_of<T>::template name<I>();
        explain_undecidable<decided_place<T, bind::detail::name_text<name.size() + 1>{name}, Field, why>>();
        return {};
    } else {
        return describe_decided<Field>();
    }
}

template <std::size_t Count>
struct decided_list {
    decided_member entries[Count + 1]{};
};

template <class T>
struct decided_visitor {
    template <class... Fields>
    static consteval auto visit() {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return decided_list<sizeof...(Fields)>{{decide_member<T, I, Fields>()...}};
        }(std::index_sequence_for<Fields...>{});
    }
};

template <class T>
struct decided_members_of {
    static constexpr auto list = bind::detail::members_of<T>::template pass<decided_visitor<T>>();
};

template <class T>
consteval decided_type describe_decided_type() {
    static_assert(bind::detail::object_like<T>,
                  "coax: decide<T> takes a plain struct, whose members are the questions");
    return {.type = &bind::detail::descriptor_of<T>, .members = decided_members_of<T>::list.entries};
}

template <class T>
inline constexpr decided_type decided_type_of = describe_decided_type<T>();

}  // namespace coax::detail
