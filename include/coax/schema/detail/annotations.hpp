#pragma once

#include <coax/schema/detail/dialect_rules.hpp>
#include <coax/schema/detail/limit_counter.hpp>
#include <coax/schema/detail/schema_node.hpp>
#include <coax/schema/detail/text_sink.hpp>

#include <cstddef>
#include <string_view>

/// What a schema says of its values besides their structure: title, description, keywords, and the values themselves.
namespace coax::schema::detail {

template <class Source>
constexpr bool is_documented(Source& source, typename Source::node const& schema) {
    if (!schema.documented) return false;
    bool found = !schema.title.empty() || !schema.description.empty();
    source.visit_keywords(schema, [&](schema_keyword const&) { found = true; });
    return found;
}

constexpr void emit_kept(text_sink& sink, schema_keyword const& each) {
    sink.add_key(each.name);
    if (each.quoted)
        sink.add_string(each.text);
    else if (each.text.empty())
        sink.add_number(each.number);
    else
        sink.add(each.text);
}

constexpr void emit_moved(text_sink& sink, schema_keyword const& each, bool& is_first) {
    if (!is_first) sink.add(", ");
    is_first = false;
    sink.add_escaped(each.name);
    sink.add(": ");
    if (each.text.empty() && !each.quoted)
        sink.add_number(each.number);
    else
        sink.add_escaped(each.text);
}

/// Keywords that the dialect lacks move into the description.
/// @param moves_values  So do the values of the enum or constant.
template <class Source>
constexpr void emit_documentation(Source& source, dialect_rules const& rules, text_sink& sink,
                                  typename Source::node const& schema, bool moves_values) {
    if (!schema.documented && !moves_values) return;
    auto const stays = [&](schema_keyword const& each) {
        return keeps(rules, each, schema.kind == node_kind::integer);
    };
    bool moves = moves_values;
    source.visit_keywords(schema, [&](schema_keyword const& each) { moves = moves || !stays(each); });
    if (!schema.title.empty()) {
        sink.add_key("title");
        sink.add_string(schema.title);
    }
    if (moves || !schema.description.empty()) {
        sink.add_key("description");
        sink.add('"');
        sink.add_escaped(schema.description);
        if (moves) {
            sink.add(schema.description.empty() ? "{" : "\\n\\n{");
            bool is_first = true;
            if (moves_values) emit_moved(sink, source.values_keyword(schema), is_first);
            source.visit_keywords(schema, [&](schema_keyword const& each) {
                if (!stays(each)) emit_moved(sink, each, is_first);
            });
            sink.add('}');
        }
        sink.add('"');
    }
    source.visit_keywords(schema, [&](schema_keyword const& each) {
        if (stays(each)) emit_kept(sink, each);
    });
}

template <class Source>
constexpr bool may_list_all(Source& source, dialect_rules const& rules, typename Source::node const& schema,
                            std::size_t count) {
    if (rules.values == listed_values::anything) return true;
    for (std::size_t i = 0; i < count; ++i)
        if (!may_list(rules, source.value(schema, i).kind)) return false;
    return true;
}

/// The values of an enum, or the constant.
template <class Source>
constexpr void emit_values(Source& source, dialect_rules const& rules, text_sink& sink, limit_counter& counter,
                           typename Source::node const& schema, bool null) {
    auto const count = source.value_count(schema);
    std::size_t characters = 0;
    bool const is_constant = schema.is_constant && rules.constants && !null;
    sink.add_key(is_constant ? "const" : "enum");
    for (std::size_t i = 0; i < count; ++i) {
        auto const value = source.value(schema, i);
        if (!is_constant) sink.add(i == 0 ? '[' : ',');
        if (value.kind == value_kind::text) {
            sink.add_string(value.text);
            characters += value.text.size();
        } else {
            sink.add(value.text);
        }
    }
    if (is_constant) return counter.add_characters(characters);
    sink.add(null && !rules.open_api ? ",null]" : "]");
    counter.add_enum(count, characters);
}

}  // namespace coax::schema::detail
