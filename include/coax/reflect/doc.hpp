#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#if defined(__cpp_impl_reflection) && __has_include(<meta>)
#include <meta>
#endif

namespace coax {

/// A string literal inside a `doc`: static, structural, so that a `doc` may be a template argument or an annotation.
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

/// What is said of a field or a type: for the model that fills it, and for the check of what the model wrote.
/// Each member left out says nothing.
struct doc {
    doc_text description{};   ///< For the model.
    doc_text name{};          ///< The key on the wire. Empty: the field's own name.
    doc_text title{};         ///< A short heading.
    doc_number minimum{};     ///< Of a number, inclusive.
    doc_number maximum{};     ///< Of a number, inclusive.
    doc_number min_length{};  ///< Of a string, in code points.
    doc_number max_length{};  ///< Of a string, in code points.
    doc_text pattern{};       ///< A Perl-compatible expression that must match somewhere in the string.
    doc_text format{};        ///< Of a string, such as "email". Told to the model, not checked.
    doc_number min_items{};   ///< Of a list or map.
    doc_number max_items{};   ///< Of a list or map.
    bool skip{false};         ///< The field is no part of the JSON: neither told, read nor written.

    friend bool operator==(doc const&, doc const&) = default;
};

/// One line of a `coax_schema` table: a member and what is said of it.
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

namespace detail {

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

}  // namespace detail

/// What a struct's `coax_schema` holds. Made by `describe`.
template <class... Fields>
struct schema_table {
    doc documentation;
    detail::field_docs<Fields...> fields;
};

/// Documents a struct. Fields not named need no line:
/// `static constexpr auto coax_schema = coax::describe("A person", coax::field(&person::age, "In years"));`
template <class... Fields>
[[nodiscard]] consteval schema_table<Fields...> describe(doc documentation, Fields... fields) {
    return {documentation, detail::list_field_docs(fields...)};
}

template <class... Fields>
[[nodiscard]] consteval schema_table<Fields...> describe(doc_text description, Fields... fields) {
    return {doc{.description = description}, detail::list_field_docs(fields...)};
}

/// Documents a struct that is not yours: specialize it with a static constexpr member `coax_schema`.
template <class T>
struct schema_for;

}  // namespace coax
