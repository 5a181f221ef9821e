#pragma once

#include <coax/core/detail/toolchain.hpp>

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#if defined(__cpp_impl_reflection) && __has_include(<meta>)
#include <meta>
#endif

namespace coax {

/// A string literal inside a `doc`. It is of a structural type, so that a `doc` may be a template argument or an
/// annotation.
struct doc_text {
    char const* data{nullptr};
    std::size_t size{0};

    constexpr doc_text() = default;
#if defined(__cpp_lib_define_static)
    consteval doc_text(char const* literal)  // an annotation may not hold a literal's own address
        : data{std::define_static_string(std::string_view{literal})}, size{std::string_view{literal}.size()} {}
#else
    consteval doc_text(char const* literal) : data{literal}, size{std::string_view{literal}.size()} {}
#endif
    [[nodiscard]] constexpr std::string_view view() const { return {data, size}; }
    [[nodiscard]] constexpr bool empty() const { return size == 0; }
    friend bool operator==(doc_text const&, doc_text const&) = default;
};

/// A number inside a `doc`: unset by default, exact for every `long long`.
struct doc_number {
    enum class form : unsigned char { unset, integer, real };

    form kind{form::unset};
    long long integer{0};
    double real{0};

    constexpr doc_number() = default;
    template <std::integral T>
    constexpr doc_number(T value)
        : kind{form::integer}, integer{static_cast<long long>(value)}, real{static_cast<double>(value)} {}
    constexpr doc_number(double value) : kind{form::real}, real{value} {}

    [[nodiscard]] constexpr bool is_set() const { return kind != form::unset; }
    friend bool operator==(doc_number const&, doc_number const&) = default;
};

/// Documentation and constraints of a field, a type or an enumerator. Title, description and examples are for the
/// model; everything else is also checked when a response is read, and does not compile where its type cannot keep it.
/// Members left out state nothing.
struct doc {
    doc_text description{};          ///< For the model.
    doc_text name{};                 ///< The key on the wire, or an enumerator's text. Empty: the name as written.
    doc_text title{};                ///< A short heading.
    doc_number minimum{};            ///< Of a number, inclusive.
    doc_number maximum{};            ///< Of a number, inclusive.
    doc_number exclusive_minimum{};  ///< Of a number: it must be more.
    doc_number exclusive_maximum{};  ///< Of a number: it must be less.
    doc_number multiple_of{};        ///< Of a number: it must be a whole multiple. Must be > 0.
    doc_number min_length{};         ///< Of a string, in code points.
    doc_number max_length{};         ///< Of a string, in code points.
    doc_text pattern{};              ///< Perl-compatible; must match in the string. That any can match is not checked.
    /// Of a string. Checked: date-time, date, time, duration, email, hostname, ipv4, ipv6, uri, uuid.
    doc_text format{};
    doc_number min_items{};    ///< Of a list or map.
    doc_number max_items{};    ///< Of a list or map.
    bool unique_items{false};  ///< Of a list: no item twice.
    /// The only value that a string or an enum may have: the tag that tells the structs of a variant apart. It is
    /// written whatever the member holds.
    doc_text constant{};
    /// As JSON text: the value of a field that is missing from the response, which makes the field optional.
    doc_text default_value{};
    doc_text examples{};     ///< As the text of a JSON array.
    bool deprecated{false};  ///< Should not be used any more.
    bool skip{false};        ///< The field is no part of the JSON: not in the schema, not read, not written.

    friend bool operator==(doc const&, doc const&) = default;
};

/// One line of a `coax_schema` table: a member and its documentation.
template <class Class, class Member>
struct field_doc {
    Member Class::* member;
    doc documentation;
};

/// Documents one member: `field(&person::age, {.description = "In years", .minimum = 0})`.
template <class Class, class Member>
[[nodiscard]] consteval field_doc<Class, Member> field(Member Class::* member, doc documentation) {
    return {member, documentation};
}

/// Describes one member: `field(&person::name, "As written")`.
template <class Class, class Member>
[[nodiscard]] consteval field_doc<Class, Member> field(Member Class::* member, doc_text description) {
    return {member, doc{.description = description}};
}

/// Lists one member without documentation: for a class whose members only its table names.
template <class Class, class Member>
[[nodiscard]] consteval field_doc<Class, Member> field(Member Class::* member) {
    return {member, doc{}};
}

/// One line of an enum's table: an enumerator and its documentation.
template <class Enum>
struct value_doc {
    Enum value;
    doc documentation;
};

/// Names or documents one enumerator: `value(colour::red, {.name = "RED"})`. `skip` keeps it out of the JSON.
template <class Enum>
[[nodiscard]] consteval value_doc<Enum> value(Enum enumerator, doc documentation) {
    return {enumerator, documentation};
}

/// Gives one enumerator its text on the wire: `value(colour::red, "RED")`.
template <class Enum>
[[nodiscard]] consteval value_doc<Enum> value(Enum enumerator, doc_text name) {
    return {enumerator, doc{.name = name}};
}

/// Lists one enumerator that lies outside `enum_range`.
template <class Enum>
[[nodiscard]] consteval value_doc<Enum> value(Enum enumerator) {
    return {enumerator, doc{}};
}

namespace reflect::detail {

template <class... Fields>
struct field_docs {};
template <class First, class... Rest>
struct field_docs<First, Rest...> {
    First first;
    field_docs<Rest...> rest;
};

constexpr field_docs<> list_field_docs() { return {}; }
template <class First, class... Rest>
constexpr field_docs<First, Rest...> list_field_docs(First first, Rest... rest) {
    return {first, list_field_docs(rest...)};
}

}  // namespace reflect::detail

/// What a struct's `coax_schema` holds. Made by `describe`.
template <class... Fields>
struct schema_table {
    doc documentation;
    reflect::detail::field_docs<Fields...> fields;
};

/// Documents a struct. Fields not named need no line:
/// `static constexpr auto coax_schema = coax::describe("A person", coax::field(&person::age, "In years"));`
template <class... Fields>
[[nodiscard]] consteval schema_table<Fields...> describe(doc documentation, Fields... fields) {
    return {documentation, reflect::detail::list_field_docs(fields...)};
}

template <class... Fields>
[[nodiscard]] consteval schema_table<Fields...> describe(doc_text description, Fields... fields) {
    return {doc{.description = description}, reflect::detail::list_field_docs(fields...)};
}

/// Documents a type that is not yours, or an enum: specialize it with a static constexpr member `coax_schema`.
/// A class with private members, base classes or constructors is read and written through the members that its table
/// lists; a table outside the class needs `friend struct coax::schema_for<the_class>;` for the private ones.
///
/// Beside `coax_schema`, here or in the type itself, may stand `static std::string coax_check(T const&)`: a rule for
/// the whole value, checked when all of its fields are there. What it returns goes back to the model; empty: all is
/// well.
template <class T>
struct schema_for;

/// The JSON of a type that is no struct: specialize it with
/// `using type = ...;`, a type that has a JSON form, `static type to(T const&)`, `static std::optional<T> from(type)`
/// (empty: not a value of this type) and, if wanted, `static constexpr coax::doc documentation`.
template <class T>
struct json_form;

/// Whether an enum is a set of flags: JSON then has an array of the names of the bits set. Only enumerators that are
/// powers of two count.
template <class Enum>
inline constexpr bool is_flags = false;

}  // namespace coax
