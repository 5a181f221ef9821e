#pragma once

#include "config/setting_forms.hpp"

#include <coax/bind/detail/descriptor_of.hpp>
#include <coax/core/boxed.hpp>
#include <coax/reflect/fields.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

/// Describes option structs as `bind` describes structs, so that its reader, its writer and `json_schema` know them:
/// their members are the settings. What differs is said by `setting_forms.hpp`.
namespace coax::config::detail {

using bind::detail::field_descriptor;
using bind::detail::kind;
using bind::detail::struct_descriptor;
using bind::detail::type_descriptor;

template <class T>
consteval type_descriptor describe_setting();
template <class T>
inline constexpr type_descriptor setting_of = describe_setting<T>();

/// Whether the members of a struct stand among those of the struct that holds it.
template <class T>
inline constexpr bool is_spliced = false;

template <class T>
concept has_setting_text = requires { setting_text<T>::description; };
template <class T>
concept has_setting_form = requires { typename setting_form<T>::type; };
template <class T>
concept setting_group = bind::detail::open_struct<T>;

// --- groups ---

template <class T>
consteval std::size_t count_settings();

/// Whether it can be stated. A group can if one of its members can.
template <class T>
consteval bool is_setting() {
    if constexpr (is_for_programs<T>)
        return false;
    else if constexpr (setting_group<T>)
        return count_settings<T>() != 0;
    else
        return true;
}

template <class T>
struct group_of {
    using members = bind::detail::members_of<T>;

    static consteval bool is_hidden(std::string_view name) {
        return std::ranges::find(members_of_calls<T>, name) != members_of_calls<T>.end();
    }

    /// Places in `struct_descriptor::fields`, those that are skipped included.
    struct slot_counter {
        template <class... Fields>
        static consteval std::size_t visit() {
            return (std::size_t{0} + ... + slots_of<Fields>());
        }
    };
    template <class Field>
    static consteval std::size_t slots_of() {
        if constexpr (is_spliced<Field>)
            return group_of<Field>::slot_count;
        else
            return 1;
    }
    static constexpr std::size_t slot_count = members::template pass<slot_counter>();

    struct field_lister {
        template <class... Fields>
        static consteval auto visit() {
            return []<std::size_t... I>(std::index_sequence<I...>) {
                bind::detail::field_list<slot_count> list{};
                std::size_t at = 0;
                (add<Fields, I>(list, at), ...);
                return list;
            }(std::index_sequence_for<Fields...>{});
        }
    };
    template <class Field, std::size_t I>
    static consteval void add(bind::detail::field_list<slot_count>& list, std::size_t& at) {
        constexpr std::string_view name = reflect::field_names<T>[I];
        if constexpr (is_spliced<Field>) {
            for (std::size_t i = 0; i < group_of<Field>::slot_count; ++i)
                list.entries[at++] = group_of<Field>::fields.entries[i];
        } else {
            if constexpr (!is_hidden(name) && is_setting<Field>()) {
                list.entries[at] = bind::detail::make_field(name, nullptr);
                list.entries[at].type = &setting_of<Field>;
                if constexpr (requires { setting_text<Field>::documentation.pattern; })
                    list.entries[at].documentation = &setting_text<Field>::documentation;
            }
            ++at;
        }
    }
    static constexpr auto fields = members::template pass<field_lister>();

    static void locate(void* object, void** places) {
        reflect::visit_fields(*static_cast<T*>(object), [&places](auto&... each) { (put(each, places), ...); });
    }
    template <class Field>
    static void put(Field& field, void**& places) {
        if constexpr (is_spliced<Field>) {
            group_of<Field>::locate(&field, places);
            places += group_of<Field>::slot_count;
        } else {
            *places++ = &field;
        }
    }

    static constexpr struct_descriptor description = [] {
        struct_descriptor made{};
        made.fields = fields.entries;
        made.field_count = slot_count;
        made.locate = &locate;
        return made;
    }();
};

template <class T>
consteval std::size_t count_settings() {
    std::size_t count = 0;
    for (auto const& field : group_of<T>::fields.entries)
        if (field.type != nullptr) ++count;
    return count;
}

// --- values ---

template <class T>
struct boxed_functions {
    static void* emplace(void* holder) { return &static_cast<boxed<T>*>(holder)->edit(); }
    static void reset(void* holder) { *static_cast<boxed<T>*>(holder) = boxed<T>{}; }
    static void const* get(void const* holder) {
        auto const& box = *static_cast<boxed<T> const*>(holder);
        return box ? &*box : nullptr;
    }
    static constexpr bind::detail::nullable_descriptor description{&emplace, &reset, &get};
};

template <class T>
struct form_functions {
    using form = setting_form<T>;

    static bind::detail::insert_outcome read(void* into, void* context, bind::detail::element_reader read_element) {
        typename form::type shown{};
        if (!read_element(context, &shown)) return bind::detail::insert_outcome::ended;
        auto made = [&] {
            if constexpr (requires { form::from(std::move(shown), *static_cast<T const*>(into)); })
                return form::from(std::move(shown), *static_cast<T const*>(into));
            else
                return form::from(std::move(shown));
        }();
        if (!made) return bind::detail::insert_outcome::rejected;
        *static_cast<T*>(into) = *std::move(made);
        return bind::detail::insert_outcome::inserted;
    }
    static void write(void const* value, void* context, bind::detail::element_visitor visitor) {
        auto const shown = form::to(*static_cast<T const*>(value));
        visitor(context, &shown);
    }
    static constexpr bind::detail::converted_descriptor description{nullptr, &read, &write};
};

template <class T>
struct boxed_value {};
template <class T>
struct boxed_value<boxed<T>> {
    using type = T;
};

template <class T>
consteval void describe_container(type_descriptor& made) {
    if constexpr (requires { typename boxed_value<T>::type; }) {
        using value = typename boxed_value<T>::type;
        made.what = kind::nullable;
        made.inner = &setting_of<value>;
        made.nullable = &boxed_functions<value>::description;
    } else if constexpr (bind::detail::is_a<T, std::optional>) {
        made.what = kind::nullable;
        made.inner = &setting_of<typename T::value_type>;
        made.nullable = &bind::detail::nullable_functions<T>::description;
    } else if constexpr (bind::detail::is_a<T, std::vector>) {
        made.what = kind::sequence;
        made.inner = &setting_of<typename T::value_type>;
        made.sequence = &bind::detail::vector_functions<T>::description;
    } else {
        made.what = kind::map;
        made.inner = &setting_of<typename T::mapped_type>;
        made.map = &bind::detail::map_functions<T>::description;
    }
}

template <class T>
inline constexpr bool is_container = bind::detail::is_a<T, boxed> || bind::detail::is_a<T, std::optional> ||
                                     bind::detail::is_a<T, std::vector> || bind::detail::map_like<T>;

template <class T>
consteval type_descriptor describe_setting() {
    type_descriptor made{};
    made.size = sizeof(T);
    if constexpr (has_setting_text<T>) {
        made.what = kind::formatted;
        made.formatted = &setting_text<T>::description;
    } else if constexpr (has_setting_form<T>) {
        made.what = kind::converted;
        made.name = setting_form<T>::description;
        made.inner = &setting_of<typename setting_form<T>::type>;
        made.converted = &form_functions<T>::description;
    } else if constexpr (is_container<T>) {
        describe_container<T>(made);
    } else if constexpr (setting_group<T>) {
        made.what = kind::object;
        made.name = bind::detail::schema_name<T>.view();
        made.structure = &group_of<T>::description;
    } else {
        made = bind::detail::descriptor_of<T>;
    }
    return made;
}

}  // namespace coax::config::detail
