#pragma once

#include <coax/bind/detail/doc_parts.hpp>
#include <coax/bind/detail/type_descriptor.hpp>
#include <coax/schema/detail/dialect_rules.hpp>
#include <coax/schema/detail/doc_emitter.hpp>
#include <coax/schema/detail/schema_limits.hpp>
#include <coax/schema/detail/schema_sink.hpp>
#include <coax/schema/detail/struct_graph.hpp>

#include <cstddef>
#include <string_view>

namespace coax::schema::detail {

/// Writes the schema of one type in one dialect. For `json_schema` the whole of it runs in the compiler.
class schema_emitter {
public:
    /// @param out  Null: the text is only counted.
    constexpr schema_emitter(bind::detail::type_descriptor const& root, dialect_rules const& rules, char* out)
        : rules_{rules}, sink_{out}, root_{root}, structs_{root}, tally_{rules.most} {}

    constexpr void emit_document() {
        if (rules_.object_root && root_.what != bind::detail::kind::object)
            return tally_.fail(schema_problem::root_not_object);
        if (!rules_.recursion && structs_.has_recursion()) return tally_.fail(schema_problem::recursive);
        if (rules_.optional_recursion && structs_.has_required_recursion())
            return tally_.fail(schema_problem::required_recursion);
        if (root_.what == bind::detail::kind::object) return emit_object(root_, nullptr, false, true);
        emit(root_, nullptr, false);
        if (!structs_.has_recursion()) return;
        sink_.take_back();  // the brace: the root holds the definitions too
        emit_definitions();
        sink_.add('}');
    }

    [[nodiscard]] constexpr std::size_t size() const { return sink_.size(); }
    [[nodiscard]] constexpr schema_problem problem() const { return tally_.problem(); }
    /// The field with the problem; empty: it is the type's own.
    [[nodiscard]] constexpr std::string_view problem_field() const { return problem_field_; }

private:
    /// @param null  Null is a value too.
    constexpr void emit(bind::detail::type_descriptor const& type, doc const* stated, bool null) {
        switch (type.what) {
            case bind::detail::kind::nullable: return emit(*type.inner, stated, true);
            case bind::detail::kind::converted: return emit_converted(type, stated, null);
            case bind::detail::kind::any: return emit_any(stated);
            case bind::detail::kind::variant: return emit_variant(type, stated, null);
            case bind::detail::kind::object:
                if (structs_.is_recursive(type)) return emit_reference(type, stated, null);
                break;
            default: break;
        }
        if (!null || rules_.type_lists || rules_.open_api) return emit_plain(type, stated, null);
        tally_.add_union();
        sink_.add("{\"anyOf\":[");
        emit_plain(type, stated, false);
        sink_.add(",{\"type\":\"null\"}]}");
    }

    /// What has one name for its type.
    constexpr void emit_plain(bind::detail::type_descriptor const& type, doc const* stated, bool null) {
        if (type.what == bind::detail::kind::object) return emit_object(type, stated, null, false);
        sink_.add('{');
        switch (type.what) {
            case bind::detail::kind::boolean: emit_simple("boolean", stated, null); break;
            case bind::detail::kind::signed_integer: emit_simple("integer", stated, null); break;
            case bind::detail::kind::unsigned_integer:
                emit_simple("integer", stated, null, {.implied = &natural});
                break;
            case bind::detail::kind::real: emit_simple("number", stated, null, {.is_real = true}); break;
            case bind::detail::kind::null: emit_simple("null", stated, false); break;
            case bind::detail::kind::formatted:
                emit_simple("string", stated, null,
                            {.implied = type.formatted->documentation, .encoding = type.formatted->encoding});
                break;
            case bind::detail::kind::enumeration: emit_enum(type, stated, null); break;
            case bind::detail::kind::flags:
            case bind::detail::kind::sequence:
            case bind::detail::kind::collection:
            case bind::detail::kind::fixed_array: emit_list(type, stated, null); break;
            case bind::detail::kind::tuple: emit_tuple(*type.tuple, stated, null); break;
            case bind::detail::kind::map: emit_map(type, stated, null); break;
            default: emit_simple("string", stated, null); break;
        }
        sink_.add('}');
    }

    static constexpr doc natural{.minimum = 0};

    constexpr void emit_type(std::string_view name, bool null) {
        if (null) tally_.add_union();
        if (rules_.open_api) {
            sink_.add("\"type\":\"");
            for (char const c : name) sink_.add(static_cast<char>(c - 'a' + 'A'));
            sink_.add(null ? "\",\"nullable\":true" : "\"");
        } else {
            sink_.add(null ? "\"type\":[\"" : "\"type\":\"");
            sink_.add(name);
            sink_.add(null ? "\",\"null\"]" : "\"");
        }
    }

    constexpr void emit_doc(doc const* stated, doc_text description = {}, doc_context const& context = {}) {
        doc_emitter{rules_, sink_}.emit(stated, description, context);
    }

    constexpr void emit_simple(std::string_view name, doc const* stated, bool null, doc_context const& context = {}) {
        emit_type(name, null);
        if (stated != nullptr && !stated->constant.empty()) emit_constant(stated->constant.view(), null);
        emit_doc(stated, {}, context);
    }

    // --- enums and constants ---

    constexpr void emit_constant(std::string_view text, bool null) {
        if (!rules_.constants || null) return emit_values(&text, 1, null);
        tally_.add_characters(text.size());
        sink_.add(",\"const\":");
        sink_.add_string(text);
    }

    constexpr void emit_enum(bind::detail::type_descriptor const& type, doc const* stated, bool null) {
        emit_type("string", null);
        auto const& own = *type.enumeration;
        if (stated != nullptr && !stated->constant.empty())
            emit_constant(stated->constant.view(), null);
        else
            emit_values(own.names, own.count, null);
        emit_doc(stated, own.documentation != nullptr ? own.documentation->description : doc_text{});
    }

    constexpr void emit_values(std::string_view const* values, std::size_t count, bool null) {
        std::size_t characters = 0;
        for (std::size_t i = 0; i < count; ++i) {
            sink_.add(i == 0 ? ",\"enum\":[" : ",");
            sink_.add_string(values[i]);
            characters += values[i].size();
        }
        sink_.add(null && !rules_.open_api ? ",null]" : "]");
        tally_.add_enum(count, characters);
    }

    // --- lists and maps ---

    constexpr void emit_inner(bind::detail::type_descriptor const& inner, doc const* stated) {
        doc const each = stated != nullptr ? bind::detail::of_items(*stated) : doc{};
        emit(inner, each == doc{} ? nullptr : &each, false);
    }

    constexpr void emit_list(bind::detail::type_descriptor const& type, doc const* stated, bool null) {
        tally_.enter();
        emit_type("array", null);
        sink_.add(",\"items\":");
        doc own = bind::detail::of_list(stated);
        if (type.what == bind::detail::kind::flags) {
            emit_flag_names(*type.enumeration);
            own.unique_items = true;
            if (own.description.empty() && type.enumeration->documentation != nullptr)
                own.description = type.enumeration->documentation->description;
        } else {
            emit_inner(*type.inner, stated);
        }
        if (type.what == bind::detail::kind::fixed_array)
            own.min_items = own.max_items = doc_number{static_cast<long long>(type.sequence->fixed_size)};
        if (type.what == bind::detail::kind::collection && type.collection->unique) own.unique_items = true;
        emit_doc(own == doc{} ? nullptr : &own);
        tally_.leave();
    }

    constexpr void emit_flag_names(bind::detail::enum_descriptor const& flags) {
        sink_.add('{');
        emit_type("string", false);
        emit_values(flags.names, flags.count, false);
        sink_.add('}');
    }

    constexpr void emit_tuple(bind::detail::tuple_descriptor const& tuple, doc const* stated, bool null) {
        if (!rules_.tuples && !tuple.uniform) return tally_.fail(schema_problem::tuple);
        tally_.enter();
        emit_type("array", null);
        if (!rules_.tuples) {
            sink_.add(",\"items\":");
            emit_inner(*tuple.parts[0], stated);
        } else if (tuple.count != 0) {
            for (std::size_t i = 0; i < tuple.count; ++i) {
                sink_.add(i == 0 ? ",\"prefixItems\":[" : ",");
                emit(*tuple.parts[i], nullptr, false);
            }
            sink_.add(']');
        }
        doc own = bind::detail::of_list(stated);
        own.min_items = own.max_items = doc_number{static_cast<long long>(tuple.count)};
        emit_doc(&own);
        tally_.leave();
    }

    constexpr void emit_map(bind::detail::type_descriptor const& type, doc const* stated, bool null) {
        if (!rules_.maps) return tally_.fail(schema_problem::map);
        tally_.enter();
        emit_type("object", null);
        sink_.add(",\"additionalProperties\":");
        emit_inner(*type.inner, stated);
        doc const own = bind::detail::of_list(stated);
        emit_doc(&own, {}, {.is_map = true});
        tally_.leave();
    }

    // --- what has no type of its own ---

    constexpr void emit_any(doc const* stated) {
        if (!rules_.any_value) return tally_.fail(schema_problem::any_value);
        sink_.add(stated != nullptr ? "{\"type\":[\"object\",\"array\",\"string\",\"number\",\"boolean\",\"null\"]"
                                    : "{");
        if (stated != nullptr) emit_doc(stated);
        sink_.add('}');
    }

    /// A field's own words win over those of the form.
    constexpr void emit_converted(bind::detail::type_descriptor const& type, doc const* stated, bool null) {
        doc const* const form = type.converted->documentation;
        if (form == nullptr || stated == nullptr) return emit(*type.inner, form != nullptr ? form : stated, null);
        doc both = *stated;
        if (both.description.empty()) both.description = form->description;
        if (both.title.empty()) both.title = form->title;
        if (both.format.empty()) both.format = form->format;
        if (both.pattern.empty()) both.pattern = form->pattern;
        emit(*type.inner, &both, null);
    }

    constexpr void emit_variant(bind::detail::type_descriptor const& type, doc const* stated, bool null) {
        tally_.add_union();
        sink_.add("{\"anyOf\":[");
        bool first = true;
        for (std::size_t i = 0; i < type.variant->count; ++i) {
            auto const& alternative = *type.variant->alternatives[i].type;
            null = null || alternative.what == bind::detail::kind::null;
            if (alternative.what == bind::detail::kind::null) continue;
            if (!first) sink_.add(',');
            first = false;
            emit(alternative, nullptr, false);
        }
        if (null && !rules_.open_api) sink_.add(first ? "{\"type\":\"null\"}" : ",{\"type\":\"null\"}");
        sink_.add(null && rules_.open_api ? "],\"nullable\":true" : "]");
        emit_doc(stated);
        sink_.add('}');
    }

    // --- structs ---

    constexpr void emit_reference(bind::detail::type_descriptor const& type, doc const* stated, bool null) {
        if (null) {
            tally_.add_union();
            sink_.add("{\"anyOf\":[");
        }
        sink_.add("{\"$ref\":\"#");
        if (&type != &root_) {
            sink_.add("/$defs/");
            add_definition_name(type);
        }
        sink_.add('"');
        if (null) sink_.add("},{\"type\":\"null\"}]");
        if (null || rules_.reference_siblings) emit_doc(stated);
        sink_.add('}');
    }

    /// Two structs of one name in different namespaces are told apart by a number.
    constexpr void add_definition_name(bind::detail::type_descriptor const& type) {
        auto const number = structs_.number_among_namesakes(type);
        sink_.add(type.name);
        if (number == 1) return;
        sink_.add('_');
        sink_.add_number(number);
    }

    constexpr void emit_object(bind::detail::type_descriptor const& type, doc const* stated, bool null, bool is_root) {
        tally_.enter();
        auto const& structure = *type.structure;
        sink_.add('{');
        emit_type("object", null);
        emit_doc(stated != nullptr ? stated : structure.documentation,
                 structure.documentation != nullptr ? structure.documentation->description : doc_text{});
        sink_.add(",\"properties\":{");
        std::size_t count = 0;
        for (std::size_t i = 0; i < structure.field_count; ++i) {
            if (structure.fields[i].type == nullptr) continue;
            if (count++ != 0) sink_.add(',');
            emit_field(structure.fields[i]);
        }
        sink_.add('}');
        emit_keys("required", structure, rules_.all_required);
        if (rules_.open_api && count > 1) emit_keys("propertyOrdering", structure, true);
        if (rules_.closed) sink_.add(",\"additionalProperties\":false");
        if (is_root) emit_definitions();
        sink_.add('}');
        tally_.leave();
    }

    constexpr void emit_field(bind::detail::field_descriptor const& field) {
        tally_.add_property(field.name, field.required);
        sink_.add_string(field.name);
        sink_.add(':');
        auto const* type = field.type;
        if (!rules_.type_lists && !field.required && type->what == bind::detail::kind::nullable)
            type = type->inner;  // left out instead
        emit(*type, field.documentation, false);
        if (problem() != schema_problem::none && problem_field_.empty()) problem_field_ = field.name;
    }

    /// The keys that are required, or all of them, in their order.
    constexpr void emit_keys(std::string_view keyword, bind::detail::struct_descriptor const& structure, bool all) {
        sink_.add(",\"");
        sink_.add(keyword);
        sink_.add("\":[");
        bool first = true;
        for (std::size_t i = 0; i < structure.field_count; ++i) {
            auto const& field = structure.fields[i];
            if (field.type == nullptr || (!field.required && !all)) continue;
            if (!first) sink_.add(',');
            first = false;
            sink_.add_string(field.name);
        }
        sink_.add(']');
    }

    constexpr void emit_definitions() {
        bool first = true;
        for (std::size_t i = 0; i < structs_.size(); ++i) {
            auto const& type = structs_[i];
            if (!structs_.is_recursive(type) || &type == &root_) continue;
            sink_.add(first ? ",\"$defs\":{\"" : ",\"");
            first = false;
            add_definition_name(type);
            tally_.add_characters(type.name.size());
            sink_.add("\":");
            emit_object(type, nullptr, false, false);
        }
        if (!first) sink_.add('}');
    }

    dialect_rules const& rules_;
    schema_sink sink_;
    bind::detail::type_descriptor const& root_;
    struct_graph structs_;
    schema_limit_counter tally_;
    std::string_view problem_field_{};
};

}  // namespace coax::schema::detail
