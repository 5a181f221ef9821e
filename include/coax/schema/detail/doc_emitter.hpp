#pragma once

#include <coax/reflect/doc.hpp>
#include <coax/schema/detail/dialect_rules.hpp>
#include <coax/schema/detail/schema_sink.hpp>

#include <string_view>

namespace coax::schema::detail {

/// What only some types need to say of their documentation.
struct doc_context {
    doc const* implied{nullptr};  ///< What the type itself says, such as its format.
    bool is_real{false};
    bool is_map{false};
    std::string_view encoding{};
};

/// One keyword and its value.
struct said_keyword {
    keyword what;
    doc_number number{};
    std::string_view text{};
    bool quoted{false};
};

/// Calls `visitor` with every keyword that is said.
template <class Visitor>
constexpr void visit_keywords(doc const& said, doc const& implied, doc_context const& context, Visitor visitor) {
    using enum keyword;
    auto const number = [&](keyword what, doc_number const& value) {
        if (value.is_set()) visitor(said_keyword{what, value});
    };
    auto const text = [&](keyword what, std::string_view value, bool quoted) {
        if (!value.empty()) visitor(said_keyword{what, {}, value, quoted});
    };
    bool const above = said.minimum.is_set() || said.exclusive_minimum.is_set();
    number(minimum, above ? said.minimum : implied.minimum);
    number(maximum, said.maximum);
    number(exclusive_minimum, said.exclusive_minimum);
    number(exclusive_maximum, said.exclusive_maximum);
    number(multiple_of, said.multiple_of);
    number(min_length, said.min_length);
    number(max_length, said.max_length);
    text(pattern, said.pattern.view(), true);
    text(format, said.format.empty() ? implied.format.view() : said.format.view(), true);
    text(content_encoding, context.encoding, true);
    // An object counts its properties.
    number(context.is_map ? min_properties : min_items, said.min_items);
    number(context.is_map ? max_properties : max_items, said.max_items);
    text(unique_items, said.unique_items ? "true" : "", false);
    text(default_value, said.default_value.view(), false);
    text(examples, said.examples.view(), false);
    text(deprecated, said.deprecated ? "true" : "", false);
}

/// Writes what a `doc` says into a schema: what the dialect has a keyword for, and in the description the rest.
class doc_emitter {
public:
    constexpr doc_emitter(dialect_rules const& rules, schema_sink& sink) : rules_{rules}, sink_{sink} {}

    /// Title, description and keywords, each after a comma.
    /// @param description  Of the type, for want of one in `stated`.
    constexpr void emit(doc const* stated, doc_text description, doc_context const& context) {
        if (stated == nullptr && context.implied == nullptr && description.empty() && context.encoding.empty()) return;
        doc const nothing{};
        doc const& implied = context.implied != nullptr ? *context.implied : nothing;
        doc const& said = stated != nullptr ? *stated : implied;
        auto const stays = [&](said_keyword const& each) {
            return keeps(rules_, each.what, {each.text, each.number.real, !context.is_real});
        };
        bool moves = false;
        visit_keywords(said, implied, context, [&](said_keyword const& each) { moves = moves || !stays(each); });
        if (!said.title.empty()) {
            sink_.add(",\"title\":");
            sink_.add_string(said.title.view());
        }
        if (!said.description.empty()) description = said.description;
        if (!description.empty() || moves) {
            sink_.add(",\"description\":\"");
            sink_.add_escaped(description.view());
            if (moves) {
                sink_.add(description.empty() ? "{" : "\\n\\n{");
                bool first = true;
                visit_keywords(said, implied, context, [&](said_keyword const& each) {
                    if (!stays(each)) emit_moved(each, first);
                });
                sink_.add('}');
            }
            sink_.add('"');
        }
        visit_keywords(said, implied, context, [&](said_keyword const& each) {
            if (stays(each)) emit_kept(each);
        });
    }

private:
    constexpr void emit_kept(said_keyword const& each) {
        sink_.add(",\"");
        sink_.add(name_of(each.what));
        sink_.add("\":");
        if (each.number.is_set())
            sink_.add_number(each.number);
        else if (each.quoted)
            sink_.add_string(each.text);
        else
            sink_.add(each.text);
    }

    constexpr void emit_moved(said_keyword const& each, bool& first) {
        if (!first) sink_.add(", ");
        first = false;
        sink_.add(name_of(each.what));
        sink_.add(": ");
        if (each.number.is_set())
            sink_.add_number(each.number);
        else
            sink_.add_escaped(each.text);
    }

    dialect_rules const& rules_;
    schema_sink& sink_;
};

}  // namespace coax::schema::detail
