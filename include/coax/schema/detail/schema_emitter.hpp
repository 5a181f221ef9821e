#pragma once

#include <coax/schema/detail/annotations.hpp>
#include <coax/schema/detail/definition_graph.hpp>
#include <coax/schema/detail/dialect_rules.hpp>
#include <coax/schema/detail/limit_counter.hpp>
#include <coax/schema/detail/schema_node.hpp>
#include <coax/schema/detail/text_sink.hpp>

#include <cstddef>
#include <string_view>

namespace coax::schema::detail {

/// Writes a schema in one dialect: of a type, for `json_schema` in the compiler, and of a file at run time.
/// @tparam Source  `type_source` or `json_source`.
template <class Source>
class schema_emitter {
public:
    /// @param out  Null: the text is only counted.
    constexpr schema_emitter(Source& source, dialect_rules const& rules, char* out)
        : source_{source}, rules_{rules}, sink_{out}, definitions_{source}, counter_{rules.most} {}

    /// @param wraps  Where the root must be an object and is none, it becomes the property `wrapped_key` of one.
    constexpr void emit_document(bool wraps = false) {
        auto const root = source_.root();
        wrapped_ = rules_.object_root && !is_plain_object(root);
        if (wrapped_ && !wraps) return fail(schema_problem::root_not_object);
        for (std::size_t i = 1; i < definitions_.size(); ++i)
            if (definitions_[i].is_definition() && !rules_.open_api)
                counter_.add_characters(source_.definition_name(definitions_[i].what).size());
        definitions_[0].open = true;
        if (wrapped_)
            emit_wrapped(root);
        else
            emit(root);
        emit_definitions();
    }

    [[nodiscard]] constexpr std::size_t size() const { return sink_.size(); }
    [[nodiscard]] constexpr schema_problem problem() const { return counter_.problem(); }
    /// Where the problem is.
    [[nodiscard]] constexpr typename Source::location const& location() const { return location_; }

private:
    using node = typename Source::node;
    using definition = typename definition_graph<Source>::entry;

    /// Schemas written or walked through, against those that grow without end where references are written out.
    static constexpr std::size_t most_steps = 200'000;
    static constexpr std::size_t most_depth = 256;

    constexpr void fail(schema_problem problem) { counter_.fail(problem); }
    [[nodiscard]] constexpr bool failed() const { return problem() != schema_problem::none; }

    // --- schemas ---

    constexpr void emit_wrapped(node const& root) {
        counter_.enter();
        counter_.add_property(wrapped_key, true);
        sink_.add("{\"type\":\"object\",\"properties\":{");
        sink_.add_string(wrapped_key);
        sink_.add(':');
        emit(root);
        sink_.add("},\"required\":[");
        sink_.add_string(wrapped_key);
        sink_.add("],\"additionalProperties\":false}");
        counter_.leave();
    }

    constexpr void emit(node const& schema) {
        if (failed()) return;
        if (++steps_ > most_steps || depth_ == most_depth) return fail(schema_problem::too_large);
        ++depth_;
        emit_one(schema);
        --depth_;
    }
    constexpr void emit_one(node const& schema) {
        if (schema.kind == node_kind::nothing) return emit_nothing();
        if (schema.kind == node_kind::reference) return emit_reference(schema);
        bool const allows_null =
            schema.kind == node_kind::null || (schema.kind == node_kind::anything && !schema.has_alternatives);
        bool const adds_null = schema.nullable && !allows_null;
        if (!adds_null || schema.has_alternatives || rules_.type_lists || rules_.open_api)
            return emit_object(schema, adds_null);
        counter_.add_union();
        sink_.add("{\"anyOf\":[");
        emit_object(schema, false);
        sink_.add(",{\"type\":\"null\"}]}");
    }

    constexpr void emit_nothing() {
        if (!rules_.any_value) return fail(schema_problem::any_value);
        sink_.add("false");
    }

    /// A problem inside of the schema is located by the keyword that holds it, and the name or index below that.
    template <class... Name>
    constexpr void emit_below(node const& schema, std::string_view keyword, Name... name) {
        if (failed()) return;
        emit(schema);
        if (!failed()) return;
        location_.prepend_within(schema);
        location_.prepend(keyword, name...);
    }
    constexpr void emit_member(std::string_view keyword, node const& schema) {
        sink_.add_key(keyword);
        emit_below(schema, keyword);
    }
    constexpr void fail_at(std::string_view keyword, schema_problem problem) {
        if (failed()) return;
        fail(problem);
        location_.prepend(keyword);
    }

    constexpr void emit_object(node const& schema, bool null) {
        bool const nests = schema.kind == node_kind::object || schema.kind == node_kind::array;
        if (nests) counter_.enter();
        sink_.open_object();
        auto const values = source_.value_count(schema);
        bool const lists_values = may_list_all(source_, rules_, schema, values);
        emit_type(schema, null, values != 0 && lists_values);
        emit_documentation(source_, rules_, sink_, schema, !lists_values);
        if (lists_values && values != 0) emit_values(source_, rules_, sink_, counter_, schema, null);
        if (schema.has_alternatives) emit_alternatives(schema, null);
        if (schema.kind == node_kind::object) emit_properties(schema);
        if (schema.kind == node_kind::array) emit_items(schema);
        sink_.close_object();
        if (nests) counter_.leave();
    }

    constexpr void emit_type(node const& schema, bool null, bool has_values) {
        if (schema.has_alternatives) return;
        if (schema.kind == node_kind::anything) {
            if (!rules_.any_value) return fail(schema_problem::any_value);
            if (has_values || !is_documented(source_, schema)) return;
            sink_.add_key("type");
            return sink_.add("[\"object\",\"array\",\"string\",\"number\",\"boolean\",\"null\"]");
        }
        auto const name = type_names[static_cast<std::size_t>(schema.kind)];
        if (null) counter_.add_union();
        sink_.add_key("type");
        if (rules_.open_api) {
            sink_.add('"');
            for (char const c : name) sink_.add(static_cast<char>(c - 'a' + 'A'));
            sink_.add(null ? "\",\"nullable\":true" : "\"");
        } else {
            sink_.add(null ? "[\"" : "\"");
            sink_.add(name);
            sink_.add(null ? "\",\"null\"]" : "\"");
        }
    }

    // --- alternatives ---

    constexpr void emit_alternatives(node const& schema, bool null) {
        counter_.add_union();
        sink_.add_key("anyOf");
        sink_.add('[');
        bool is_first = true;
        for (std::size_t i = 0; i < source_.alternative_count(schema); ++i) {
            auto const each = source_.alternative(schema, i);
            if (each.kind == node_kind::null) continue;
            if (!is_first) sink_.add(',');
            is_first = false;
            emit_below(each, source_.alternatives_keyword(schema), i);
        }
        if (null && !rules_.open_api) sink_.add(is_first ? "{\"type\":\"null\"}" : ",{\"type\":\"null\"}");
        sink_.add(null && rules_.open_api ? "],\"nullable\":true" : "]");
        sink_.end_member();
    }

    // --- objects ---

    constexpr void emit_properties(node const& schema) {
        if (!rules_.maps && schema.is_map) return fail_at("additionalProperties", schema_problem::map);
        auto const count = source_.property_count(schema);
        std::size_t shown = 0;
        for (std::size_t i = 0; i < count; ++i) {
            auto const each = source_.property(schema, i);
            if (each.hidden) continue;
            counter_.add_property(each.name, each.required);
            ++shown;
        }
        if (schema.has_properties || rules_.closed) {
            sink_.add_key("properties");
            sink_.open_object();
            for (std::size_t i = 0; i < count; ++i) emit_property(schema, i);
            sink_.close_object();
            emit_names("required", schema, count, rules_.all_required);
        }
        if (rules_.open_api && shown > 1) emit_names("propertyOrdering", schema, count, true);
        if (rules_.closed) {
            sink_.add_key("additionalProperties");
            sink_.add("false");
        } else if (rules_.maps && schema.has_additional) {
            emit_member("additionalProperties", source_.additional(schema));
        }
    }

    /// A property that is not required is nullable where every key has to be there, and left out where a nullable
    /// value would be a union.
    constexpr void emit_property(node const& schema, std::size_t index) {
        auto const property = source_.property(schema, index);
        if (property.hidden || failed()) return;
        auto value = source_.property_schema(schema, index);
        if (!property.required && !rules_.type_lists) value.nullable = false;
        if (!property.required && rules_.all_required && !property.has_default) value.nullable = true;
        sink_.add_escaped_key(property.name);
        emit_below(value, "properties", property.name);
        sink_.end_member();
    }

    constexpr void emit_names(std::string_view keyword, node const& schema, std::size_t count, bool all) {
        sink_.add_key(keyword);
        sink_.add('[');
        bool is_first = true;
        for (std::size_t i = 0; i < count; ++i) {
            auto const each = source_.property(schema, i);
            if (each.hidden || (!each.required && !all)) continue;
            if (!is_first) sink_.add(',');
            is_first = false;
            sink_.add_string(each.name);
        }
        sink_.add(']');
    }

    // --- arrays ---

    constexpr void emit_items(node const& schema) {
        auto const parts = source_.part_count(schema);
        if (parts != 0 && !rules_.tuples) {
            if (schema.is_uniform) return emit_member("items", source_.items(schema));
            return fail_at("prefixItems", schema_problem::tuple);
        }
        if (parts != 0) {
            sink_.add_key("prefixItems");
            for (std::size_t i = 0; i < parts; ++i) {
                sink_.add(i == 0 ? '[' : ',');
                emit_below(source_.part(schema, i), "prefixItems", i);
            }
            sink_.add(']');
        }
        if (schema.has_items)
            emit_member("items", source_.items(schema));
        else if (!rules_.any_value)
            fail(schema_problem::no_items);
    }

    // --- references and definitions ---

    constexpr void emit_reference(node const& schema) {
        auto& target = definitions_.at(source_.target(schema));
        check_recursion(target);
        if (failed()) return;
        auto const where = rules_.docs_of_references;
        bool const documented = is_documented(source_, schema);
        if (rules_.open_api || !target.is_definition() ||
            (documented && !schema.nullable && where == reference_docs::instead))
            return emit(source_.inlined(schema));
        check_levels(target);
        if (failed()) return;
        bool const is_wrapped = schema.nullable || (documented && where == reference_docs::around);
        if (is_wrapped) counter_.add_union();
        sink_.open_object();
        sink_.add_key(is_wrapped ? "anyOf" : "$ref");
        if (is_wrapped) sink_.add("[{\"$ref\":");
        add_reference(target);
        if (is_wrapped) sink_.add(schema.nullable ? "},{\"type\":\"null\"}]" : "}]");
        if (is_wrapped || where == reference_docs::beside) emit_documentation(source_, rules_, sink_, schema, false);
        sink_.close_object();
    }
    constexpr void add_reference(definition& target) {
        if (rules_.root_references && !wrapped_ && &target == &definitions_[0]) return sink_.add("\"#\"");
        target.referred = true;
        sink_.add("\"#/$defs/");
        add_definition_name(target);
        sink_.add('"');
    }
    constexpr void add_definition_name(definition const& target) {
        sink_.add_escaped(source_.definition_name(target.what));
        if (target.namesake == 1) return;
        sink_.add('_');
        sink_.add_number(target.namesake);
    }

    constexpr void check_recursion(definition const& target) {
        if (!target.recursive || rules_.recursive == recursion::allowed) return;
        if (rules_.recursive == recursion::refused) return fail(schema_problem::recursive);
        if (definitions_.recurs_by_required(target.what)) fail(schema_problem::required_recursion);
    }

    /// Walks through a definition for the levels below this reference to it; what is written meanwhile is dropped.
    constexpr void check_levels(definition& target) {
        auto const level = counter_.level() + 1;
        if (!sink_.is_counting() || !counter_.limits_levels() || target.open || target.deepest >= level) return;
        target.deepest = level;
        target.open = true;
        auto const size = sink_.size();
        auto const before = counter_;
        counter_.set_only_levels();
        emit(source_.definition(target.what));
        auto const found = problem();
        counter_ = before;
        fail(found);
        sink_.shrink(size);
        target.open = false;
    }

    /// They follow the last member of the root. The text of one may refer to others, also to those before it.
    constexpr void emit_definitions() {
        counter_.set_no_levels();
        bool any = false;
        for (auto* next = find_referred(); next != nullptr && !failed(); next = find_referred()) {
            if (!any) sink_.shrink(sink_.size() - 1);  // the closing brace of the root
            sink_.add(any ? ",\"" : ",\"$defs\":{\"");
            any = true;
            next->written = true;
            add_definition_name(*next);
            sink_.add("\":");
            emit(source_.definition(next->what));
            if (failed()) location_.prepend_definition(source_, next->what);
        }
        if (any) sink_.add("}}");
    }
    /// The first definition that is referred to and not yet written.
    constexpr definition* find_referred() {
        for (std::size_t i = 0; i < definitions_.size(); ++i)
            if (definitions_[i].referred && !definitions_[i].written) return &definitions_[i];
        return nullptr;
    }

    Source& source_;
    dialect_rules const& rules_;
    text_sink sink_;
    definition_graph<Source> definitions_;
    limit_counter counter_;
    std::size_t steps_{0};
    std::size_t depth_{0};
    bool wrapped_{false};
    typename Source::location location_{};
};

}  // namespace coax::schema::detail
