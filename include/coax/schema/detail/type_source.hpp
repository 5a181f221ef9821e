#pragma once

#include <coax/bind/detail/type_descriptor.hpp>
#include <coax/schema/detail/schema_node.hpp>

#include <cstddef>
#include <string_view>

namespace coax::schema::detail {

/// The schema of a C++ type, for `schema_emitter`.
class type_source {
public:
    /// What tells definitions apart.
    using definition_key = bind::detail::type_descriptor const*;
    /// Definitions are for structs that would be written twice, or that contain themselves.
    static constexpr bool keeps_references = false;

    struct node : schema_node {
        definition_key type{nullptr};
        doc const* stated{nullptr};  ///< Of a field or type, with what is meant for its items.
        doc const* form{nullptr};    ///< Of a type with a `json_form`: what is not stated otherwise.
        bool is_item{false};         ///< It is the item of a list or map, of which `stated` tells.
    };

    /// The innermost field around a problem.
    struct location {
        std::string_view field{};
        constexpr void prepend(std::string_view) {}
        constexpr void prepend(std::string_view, std::size_t) {}
        constexpr void prepend(std::string_view, std::string_view property) {
            if (field.empty()) field = property;
        }
        constexpr void prepend_definition(type_source const&, definition_key) {}
        constexpr void prepend_within(node const&) {}
    };

    constexpr explicit type_source(bind::detail::type_descriptor const& root) : root_{&root} {}

    [[nodiscard]] constexpr definition_key root_key() const { return root_; }
    [[nodiscard]] constexpr node root() const {
        return root_->structure != nullptr ? definition(root_) : look(root_, nullptr);
    }
    [[nodiscard]] constexpr std::string_view definition_name(definition_key type) const { return type->name; }
    [[nodiscard]] constexpr node definition(definition_key type) const { return make_object(type, nullptr); }
    [[nodiscard]] constexpr definition_key target(node const& reference) const { return reference.type; }
    /// What is referred to, with the documentation of the reference.
    [[nodiscard]] constexpr node inlined(node const& reference) const {
        auto made = make_object(reference.type, reference.is_item ? nullptr : reference.stated);
        made.nullable = reference.nullable;
        return made;
    }
    /// Calls `visitor` with each definition that one refers to.
    template <class Visitor>
    constexpr void visit_references(definition_key type, bool only_required, Visitor visitor) const {
        if (type->structure == nullptr) return visit_structs(*type, visitor);
        for (std::size_t i = 0; i < type->structure->field_count; ++i)
            if (auto const& field = type->structure->fields[i];
                field.type != nullptr && (field.required || !only_required))
                visit_structs(*field.type, visitor);
    }

    /// Calls `visitor` with each keyword that is stated. Of the documentation of a list or map some is meant for
    /// itself, and some for its items.
    template <class Visitor>
    constexpr void visit_keywords(node const& of, Visitor visitor) const {
        bool const is_container = of.kind == node_kind::array || of.is_map;
        auto const& said = of.stated != nullptr ? *of.stated : nothing;
        if (!is_container) visit_bounds(of, said, visitor);
        visit_sizes(of, of.is_item ? nothing : said, visitor);
    }

    [[nodiscard]] constexpr std::size_t value_count(node const& of) const {
        if (of.is_constant) return 1;
        return of.kind == node_kind::string && of.type->enumeration != nullptr ? of.type->enumeration->count : 0;
    }
    [[nodiscard]] constexpr schema_value value(node const& of, std::size_t index) const {
        return {of.is_constant ? of.stated->constant.view() : of.type->enumeration->names[index]};
    }

    /// Unused: every dialect can list texts.
    [[nodiscard]] constexpr schema_keyword values_keyword(node const&) const { return {}; }

    [[nodiscard]] constexpr std::string_view alternatives_keyword(node const&) const { return "anyOf"; }
    [[nodiscard]] constexpr std::size_t alternative_count(node const& of) const { return of.type->variant->count; }
    [[nodiscard]] constexpr node alternative(node const& of, std::size_t index) const {
        return look(of.type->variant->alternatives[index].type, nullptr);
    }

    [[nodiscard]] constexpr std::size_t property_count(node const& of) const {
        return of.type->structure != nullptr ? of.type->structure->field_count : 0;
    }
    [[nodiscard]] constexpr schema_property property(node const& of, std::size_t index) const {
        auto const& field = of.type->structure->fields[index];
        return {field.name, field.required,
                field.documentation != nullptr && !field.documentation->default_value.empty(), field.type == nullptr};
    }
    [[nodiscard]] constexpr node property_schema(node const& of, std::size_t index) const {
        auto const& field = of.type->structure->fields[index];
        return look(field.type, field.documentation);
    }
    [[nodiscard]] constexpr node additional(node const& of) const { return items(of); }

    [[nodiscard]] constexpr std::size_t part_count(node const& of) const {
        return of.type->tuple != nullptr ? of.type->tuple->count : 0;
    }
    [[nodiscard]] constexpr node part(node const& of, std::size_t index) const {
        return look(of.type->tuple->parts[index], nullptr);
    }
    /// What all items are, also where each could have a schema.
    [[nodiscard]] constexpr node items(node const& of) const {
        if (of.type->what == bind::detail::kind::flags) return make_string_of_names(of.type);
        auto const* const type = of.type->tuple != nullptr ? of.type->tuple->parts[0] : of.type->inner;
        return look(type, of.stated, true);
    }

private:
    /// Calls `visitor` with each struct that a value of the type holds, through lists and the like.
    template <class Visitor>
    static constexpr void visit_structs(bind::detail::type_descriptor const& type, Visitor& visitor) {
        if (type.inner != nullptr) return visit_structs(*type.inner, visitor);
        if (type.variant != nullptr)
            for (std::size_t i = 0; i < type.variant->count; ++i)
                visit_structs(*type.variant->alternatives[i].type, visitor);
        if (type.tuple != nullptr)
            for (std::size_t i = 0; i < type.tuple->count; ++i) visit_structs(*type.tuple->parts[i], visitor);
        if (type.structure != nullptr) visitor(&type);
    }

    static constexpr doc nothing{};

    template <class Visitor>
    static constexpr void visit_number(keyword what, doc_number const& number, Visitor& visitor) {
        if (number.is_set()) visitor(schema_keyword{.what = what, .name = name_of(what), .number = number});
    }
    template <class Visitor>
    static constexpr void visit_text(keyword what, std::string_view text, bool quoted, Visitor& visitor) {
        if (!text.empty()) visitor(schema_keyword{.what = what, .name = name_of(what), .text = text, .quoted = quoted});
    }

    /// Bounds of numbers and strings.
    template <class Visitor>
    static constexpr void visit_bounds(node const& of, doc const& said, Visitor& visitor) {
        using enum keyword;
        auto const& form = of.form != nullptr ? *of.form : nothing;
        auto const states = [&](doc_number doc::* bound) { return (said.*bound).is_set() ? said.*bound : form.*bound; };
        visit_range(*of.type, states(&doc::minimum), states(&doc::maximum), states(&doc::exclusive_minimum),
                    states(&doc::exclusive_maximum), visitor);
        visit_number(multiple_of, states(&doc::multiple_of), visitor);
        visit_number(min_length, states(&doc::min_length), visitor);
        visit_number(max_length, states(&doc::max_length), visitor);
        visit_text(pattern, (said.pattern.empty() ? form : said).pattern.view(), true, visitor);
        visit_text(format, format_of(of, said.format.empty() ? form : said), true, visitor);
        if (of.type->formatted != nullptr) visit_text(content_encoding, of.type->formatted->encoding, true, visitor);
    }
    /// The bounds of a number: of those that are stated and those of an integer's type the closer.
    template <class Visitor>
    static constexpr void visit_range(bind::detail::type_descriptor const& type, doc_number least, doc_number most,
                                      doc_number above, doc_number below, Visitor& visitor) {
        using enum keyword;
        if (auto const low = lowest_of(type); !low.empty() && !reaches(type, least) && !reaches(type, above))
            visit_text(minimum, low, false, visitor);
        else
            visit_number(minimum, least, visitor);
        if (auto const high = highest_of(type); !high.empty() && !stays_below(type, most) && !stays_below(type, below))
            visit_text(maximum, high, false, visitor);
        else
            visit_number(maximum, most, visitor);
        visit_number(exclusive_minimum, above, visitor);
        visit_number(exclusive_maximum, below, visitor);
    }
    /// The least integer of a type, as JSON; empty: it is no integer type.
    static constexpr std::string_view lowest_of(bind::detail::type_descriptor const& type) {
        constexpr std::string_view texts[] = {"-128", "-32768", "-2147483648", "-9223372036854775808"};
        if (type.what == bind::detail::kind::unsigned_integer) return "0";
        return type.what == bind::detail::kind::signed_integer ? texts[size_index(type)] : std::string_view{};
    }
    static constexpr std::string_view highest_of(bind::detail::type_descriptor const& type) {
        constexpr std::string_view texts[] = {"127", "32767", "2147483647", "9223372036854775807"};
        constexpr std::string_view unsigned_texts[] = {"255", "65535", "4294967295", "18446744073709551615"};
        if (type.what == bind::detail::kind::unsigned_integer) return unsigned_texts[size_index(type)];
        return type.what == bind::detail::kind::signed_integer ? texts[size_index(type)] : std::string_view{};
    }
    static constexpr std::size_t size_index(bind::detail::type_descriptor const& type) {
        return type.bytes == 1 ? 0 : type.bytes == 2 ? 1 : type.bytes == 4 ? 2 : 3;
    }
    /// Whether a stated lower bound is not below an integer type's own.
    static constexpr bool reaches(bind::detail::type_descriptor const& type, doc_number const& bound) {
        if (!bound.is_set()) return false;
        if (type.what == bind::detail::kind::unsigned_integer) return bound.real >= 0;
        return bound.real >= -static_cast<double>(1ULL << (type.bytes * 8U - 1));
    }
    /// Whether a stated upper bound is not above an integer type's own.
    static constexpr bool stays_below(bind::detail::type_descriptor const& type, doc_number const& bound) {
        auto const bits = type.bytes * 8U - (type.what == bind::detail::kind::unsigned_integer ? 0U : 1U);
        auto const most = ~0ULL >> (64U - bits);
        if (!bound.is_set() || bound.kind == doc_number::form::real)
            return bound.is_set() && bound.real <= static_cast<double>(most);
        return bound.integer < 0 || static_cast<unsigned long long>(bound.integer) <= most;
    }
    static constexpr std::string_view format_of(node const& of, doc const& said) {
        bool const is_implied = said.format.empty() && of.type->formatted != nullptr;
        doc const* const implied = is_implied ? of.type->formatted->documentation : nullptr;
        return (implied != nullptr ? *implied : said).format.view();
    }

    /// Sizes of lists and maps, and what is said of the value as a whole.
    template <class Visitor>
    static constexpr void visit_sizes(node const& of, doc const& said, Visitor& visitor) {
        using enum keyword;
        auto const size = fixed_size_of(*of.type);
        visit_number(of.is_map ? min_properties : min_items, size.is_set() ? size : said.min_items, visitor);
        visit_number(of.is_map ? max_properties : max_items, size.is_set() ? size : said.max_items, visitor);
        visit_text(unique_items, said.unique_items || is_set(*of.type) ? "true" : "", false, visitor);
        visit_text(default_value, said.default_value.view(), false, visitor);
        visit_text(examples, said.examples.view(), false, visitor);
        visit_text(deprecated, said.deprecated ? "true" : "", false, visitor);
    }
    static constexpr doc_number fixed_size_of(bind::detail::type_descriptor const& type) {
        if (type.tuple != nullptr) return static_cast<long long>(type.tuple->count);
        if (type.what == bind::detail::kind::fixed_array) return static_cast<long long>(type.sequence->fixed_size);
        return {};
    }
    static constexpr bool is_set(bind::detail::type_descriptor const& type) {
        return type.what == bind::detail::kind::flags || (type.collection != nullptr && type.collection->unique);
    }

    static constexpr node look(definition_key type, doc const* stated, bool is_item = false) {
        using bind::detail::kind;
        node made;
        made.is_item = is_item;
        set_documentation(made, stated);
        for (; type->what == kind::nullable || type->what == kind::converted; type = type->inner) {
            if (type->what == kind::nullable)
                made.nullable = true;
            else
                set_form(made, type->converted->documentation);
        }
        made.type = type;
        describe(made);
        return made;
    }
    static constexpr void set_documentation(node& made, doc const* stated) {
        made.stated = stated;
        if (stated == nullptr) return;
        made.documented = true;
        if (made.is_item) return;
        made.title = stated->title.view();
        made.description = stated->description.view();
    }
    /// A field's own words win over those of its type's form.
    static constexpr void set_form(node& made, doc const* form) {
        if (form == nullptr || made.stated == nullptr)
            return set_documentation(made, form != nullptr ? form : made.stated);
        made.form = form;
        if (made.description.empty()) made.description = form->description.view();
        if (made.title.empty()) made.title = form->title.view();
    }
    static constexpr void describe_if_silent(node& made, doc const* own) {
        if (own == nullptr || !made.description.empty()) return;
        made.documented = true;
        made.description = own->description.view();
    }

    static constexpr void describe(node& made) {
        using bind::detail::kind;
        auto const& type = *made.type;
        made.kind = kind_of(type.what);
        made.is_constant = (made.kind == node_kind::string || made.kind == node_kind::boolean) &&
                           made.stated != nullptr && !made.stated->constant.empty();
        made.is_map = made.has_additional = type.what == kind::map;
        made.has_items = made.kind == node_kind::array && type.tuple == nullptr;
        made.is_uniform = type.tuple != nullptr && type.tuple->uniform;
        if (type.enumeration != nullptr) describe_if_silent(made, type.enumeration->documentation);
        if (type.variant != nullptr) describe_variant(made);
        made.documented = made.documented || made.kind == node_kind::integer || type.formatted != nullptr ||
                          type.tuple != nullptr || type.what == kind::fixed_array || is_set(type);
    }
    static constexpr node_kind kind_of(bind::detail::kind what) {
        using bind::detail::kind;
        switch (what) {
            case kind::boolean: return node_kind::boolean;
            case kind::signed_integer:
            case kind::unsigned_integer: return node_kind::integer;
            case kind::real: return node_kind::number;
            case kind::null: return node_kind::null;
            case kind::flags:
            case kind::sequence:
            case kind::collection:
            case kind::fixed_array:
            case kind::tuple: return node_kind::array;
            case kind::map: return node_kind::object;
            case kind::object: return node_kind::reference;
            case kind::variant:
            case kind::any: return node_kind::anything;
            default: return node_kind::string;
        }
    }
    static constexpr void describe_variant(node& made) {
        made.has_alternatives = true;
        for (std::size_t i = 0; i < made.type->variant->count; ++i)
            if (made.type->variant->alternatives[i].type->what == bind::detail::kind::null) made.nullable = true;
    }

    static constexpr node make_object(definition_key type, doc const* stated) {
        node made;
        auto const* const own = type->structure->documentation;
        set_documentation(made, stated != nullptr ? stated : own);
        describe_if_silent(made, own);
        made.type = type;
        made.kind = node_kind::object;
        made.has_properties = true;
        return made;
    }
    static constexpr node make_string_of_names(definition_key flags) {
        node made;
        made.type = flags;
        made.kind = node_kind::string;
        return made;
    }

    definition_key root_;
};

}  // namespace coax::schema::detail
