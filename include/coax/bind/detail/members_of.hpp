#pragma once

#include <coax/bind/detail/type_descriptor.hpp>
#include <coax/reflect/fields.hpp>
#if defined(__cpp_impl_reflection)
#include <coax/reflect/detail/annotations.hpp>
#endif

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace coax::bind::detail {

#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif

template <class T>
concept documents_itself = requires { T::coax_schema.documentation; };
template <class T>
concept documented_outside = requires { schema_for<T>::coax_schema.documentation; };

/// Where a type's `coax_schema` is.
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

/// An aggregate whose fields can all be seen.
template <class T>
concept open_struct = reflect::aggregate<T> && !reflect::detail::has_bases<T>;

/// A class whose fields are those that its table lists.
template <class T>
concept listed_class = std::is_class_v<T> && !open_struct<T> && documented<T>;

#if defined(__cpp_impl_reflection)
/// With C++26 any class shows its members, private ones and those of its bases too.
template <class T>
concept reflected_class = reflect::detail::lists_members<T> && !listed_class<T>;
#else
template <class T>
concept reflected_class = false;
#endif

// --- whole-type checks ---

template <class T>
concept checks_itself = requires(T const& value) { std::string{T::coax_check(value)}; };
template <class T>
concept checked_outside = requires(T const& value) { std::string{schema_for<T>::coax_check(value)}; };

template <class T>
std::string check_whole(void const* object) {
    if constexpr (checks_itself<T>)
        return std::string{T::coax_check(*static_cast<T const*>(object))};
    else
        return std::string{schema_for<T>::coax_check(*static_cast<T const*>(object))};
}

// --- the members of a class, found in one of three ways ---

/// `count`, `name<I>()`, `documentation<I>()`, `locate(object, members)`, and `pass<Visitor>()`, which returns
/// `Visitor::template visit<Types...>()` with the members' types.
template <class T>
struct members_of;

template <std::size_t Count>
struct doc_list {
    doc const* entries[Count + 1]{};
    std::size_t listed_twice{no_field};
};
template <std::size_t Count>
struct address_list {
    void const* entries[Count + 1]{};
};

template <class T>
consteval auto member_addresses() {
    return reflect::visit_fields(reflect::detail::undefined_object<T>::object.value, [](auto const&... members) {
        return address_list<sizeof...(members)>{{static_cast<void const*>(&members)...}};
    });
}

template <class T>
consteval void assign_docs(auto&, auto const&, coax::reflect::detail::field_docs<> const&) {}
template <class T, class First, class... Rest>
consteval void assign_docs(auto& docs, auto const& addresses,
                           coax::reflect::detail::field_docs<First, Rest...> const& fields) {
    void const* const wanted = &(reflect::detail::undefined_object<T>::object.value.*fields.first.member);
    for (std::size_t i = 0; i < reflect::field_count<T>; ++i)
        if (addresses.entries[i] == wanted) {
            if (docs.entries[i] != nullptr) docs.listed_twice = i;
            docs.entries[i] = &fields.first.documentation;
        }
    assign_docs<T>(docs, addresses, fields.rest);
}

/// A plain struct: its fields in order, documented by the table entries that name them.
template <class T>
    requires(open_struct<T> && !reflected_class<T>)
struct members_of<T> {
    static constexpr std::size_t count = reflect::field_count<T>;

    static constexpr doc_list<count> docs = [] {
        doc_list<count> list{};
        if constexpr (documented<T>) assign_docs<T>(list, member_addresses<T>(), documentation_of<T>::table.fields);
        return list;
    }();
    /// The field that the table lists twice, or `no_field`.
    static consteval std::size_t listed_twice() { return docs.listed_twice; }
    template <std::size_t I>
    static consteval std::string_view name() {
        return reflect::field_names<T>[I];
    }
    template <std::size_t I>
    static consteval doc const* documentation() {
        return docs.entries[I];
    }
    template <class Visitor>
    static consteval auto pass() {
        if constexpr (std::is_move_assignable_v<T>)
            return reflect::visit_fields(
                reflect::detail::undefined_object<T>::object.value,
                []<class... Fields>(Fields const&...) { return Visitor::template visit<Fields...>(); });
        else  // a member may be const
            return reflect::visit_fields(
                reflect::detail::undefined_variable<T>::object.value,
                []<class... Fields>(Fields&...) { return Visitor::template visit<Fields...>(); });
    }
    static void locate(void* object, void** members) {
        reflect::visit_fields(*static_cast<T*>(object), [members](auto&... fields) {
            [[maybe_unused]] void** at = members;
            ((*at++ = const_cast<void*>(static_cast<void const volatile*>(std::addressof(fields)))), ...);
        });
    }
};

template <std::size_t I, class Fields>
consteval auto const& line_at(Fields const& fields) {
    if constexpr (I == 0)
        return fields.first;
    else
        return line_at<I - 1>(fields.rest);
}

template <class... Lines>
consteval std::size_t count_lines(coax::reflect::detail::field_docs<Lines...> const&) {
    return sizeof...(Lines);
}

consteval std::size_t find_repeated(std::initializer_list<std::string_view> names) {
    for (std::size_t i = 0; i < names.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (names.begin()[i] == names.begin()[j]) return i;
    return no_field;
}

template <class Class, class Member>
Member member_type(field_doc<Class, Member> const&);

/// A class whose members cannot be seen: those that its table lists, in that order.
template <listed_class T>
struct members_of<T> {
    static constexpr auto const& lines = documentation_of<T>::table.fields;
    static constexpr std::size_t count = count_lines(lines);

    template <std::size_t I>
    static consteval std::string_view name() {
        constexpr auto piece = reflect::detail::member_name<line_at<I>(lines).member>();
        return {piece.begin, piece.size};
    }
    static consteval std::size_t listed_twice() {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return find_repeated({name<I>()...});
        }(std::make_index_sequence<count>{});
    }
    template <std::size_t I>
    static consteval doc const* documentation() {
        return &line_at<I>(lines).documentation;
    }
    template <class Visitor>
    static consteval auto pass() {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return Visitor::template visit<decltype(member_type(line_at<I>(lines)))...>();
        }(std::make_index_sequence<count>{});
    }
    static void locate(void* object, void** members) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((members[I] = const_cast<void*>(static_cast<void const volatile*>(
                  std::addressof(static_cast<T*>(object)->*line_at<I>(lines).member)))),
             ...);
        }(std::make_index_sequence<count>{});
    }
};

#if defined(__cpp_impl_reflection)
/// Any class, by reflection; documented by annotations, or by its table.
template <reflected_class T>
struct members_of<T> {
    static constexpr auto members = reflect::detail::all_members<T>;
    static constexpr std::size_t count = members.size();

    template <std::size_t I>
    static consteval std::string_view name() {
        return std::meta::identifier_of(members[I]);
    }
    static consteval std::size_t listed_twice() {
        if constexpr (documented<T>)
            return find_listed_twice(std::make_index_sequence<count_lines(documentation_of<T>::table.fields)>{});
        else
            return no_field;
    }
    template <std::size_t I>
    static consteval doc const* documentation() {
        constexpr doc const* annotation = reflect::detail::find_annotation(members[I]);
        if constexpr (annotation == nullptr && documented<T>)
            return documentation_in_table(name<I>());
        else
            return annotation;
    }
    template <class Visitor>
    static consteval auto pass() {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return Visitor::template visit<typename[:std::meta::type_of(members[I]):]...>();
        }(std::make_index_sequence<count>{});
    }
    static void locate(void* object, void** addresses) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((addresses[I] = const_cast<void*>(
                  static_cast<void const volatile*>(std::addressof(static_cast<T*>(object)->[:members[I]:])))),
             ...);
        }(std::make_index_sequence<count>{});
    }

private:
    template <std::size_t... I>
    static consteval std::size_t find_listed_twice(std::index_sequence<I...>) {
        std::string_view const names[] = {line_name<I>()..., {}};
        auto const line = find_repeated({line_name<I>()...});
        std::size_t field = 0;
        while (line != no_field && field < count && std::meta::identifier_of(members[field]) != names[line]) ++field;
        return line != no_field ? field : no_field;
    }
    template <std::size_t I>
    static consteval std::string_view line_name() {
        constexpr auto piece = reflect::detail::member_name<line_at<I>(documentation_of<T>::table.fields).member>();
        return {piece.begin, piece.size};
    }
    static consteval doc const* documentation_in_table(std::string_view wanted) {
        doc const* found = nullptr;
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            auto const look = [&](reflect::detail::text_piece piece, doc const& entry) {
                if (std::string_view{piece.begin, piece.size} == wanted) found = &entry;
            };
            (look(reflect::detail::member_name<line_at<I>(documentation_of<T>::table.fields).member>(),
                  line_at<I>(documentation_of<T>::table.fields).documentation),
             ...);
        }(std::make_index_sequence<count_lines(documentation_of<T>::table.fields)>{});
        return found;
    }
};
#endif

#ifdef __clang__
#pragma clang diagnostic pop
#endif

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

}  // namespace coax::bind::detail
