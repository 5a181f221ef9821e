#pragma once

#include "schema/schema_flatten.hpp"

#include <coax/schema/detail/schema_node.hpp>

#include <boost/json/value.hpp>

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace coax::schema::detail {

/// A schema from a file, for `schema_emitter`.
///
/// What JSON Schema can say in several ways arrives in one: a list of types as one type or as alternatives, null as
/// `nullable`, `oneOf` as `anyOf`, and the type that an enum's values imply as a type.
class json_source {
public:
    /// What tells definitions apart: the schema that a `$ref` leads to.
    using definition_key = boost::json::value const*;
    /// What a file refers to stays a definition.
    static constexpr bool keeps_references = true;

    struct node : schema_node {
        boost::json::object const* schema{nullptr};
        std::string_view alternatives_keyword{};
        std::vector<boost::json::value const*> alternatives{};
        std::vector<schema_value> values{};
        std::vector<schema_keyword> keywords{};
        std::string within{};  ///< Where it stands in the schema whose only alternative it is.
    };

    /// A JSON pointer.
    struct location {
        std::string pointer{};
        void prepend(std::string_view keyword);
        void prepend(std::string_view keyword, std::size_t index);
        void prepend(std::string_view keyword, std::string_view property);
        void prepend_within(node const& schema) { pointer = schema.within + pointer; }
        void prepend_definition(json_source const& source, definition_key definition);
    };

    /// @param schema  Outlives the source.
    explicit json_source(flat_schema const& schema);

    [[nodiscard]] definition_key root_key() const { return &schema_.root; }
    [[nodiscard]] node root() { return look(schema_.root); }
    [[nodiscard]] std::string_view definition_name(definition_key definition) const { return names_.at(definition); }
    [[nodiscard]] node definition(definition_key definition) { return look(*definition); }
    [[nodiscard]] definition_key target(node const& reference);
    /// What is referred to, with the title and description of the reference.
    [[nodiscard]] node inlined(node const& reference);
    /// Calls `visitor` with each definition that a schema refers to.
    template <class Visitor>
    void visit_references(definition_key schema, bool only_required, Visitor visitor) {
        std::vector<definition_key> found;
        find_references(*schema, only_required, found);
        for (auto const each : found) visitor(each);
    }

    /// Calls `visitor` with each keyword that is stated.
    template <class Visitor>
    void visit_keywords(node const& of, Visitor visitor) const {
        for (auto const& each : of.keywords) visitor(each);
    }
    [[nodiscard]] std::size_t value_count(node const& of) const { return of.values.size(); }
    [[nodiscard]] schema_value value(node const& of, std::size_t index) const { return of.values[index]; }
    /// All of them as one keyword, for a description.
    [[nodiscard]] schema_keyword values_keyword(node const& of);
    [[nodiscard]] std::string_view alternatives_keyword(node const& of) const { return of.alternatives_keyword; }
    [[nodiscard]] std::size_t alternative_count(node const& of) const { return of.alternatives.size(); }
    [[nodiscard]] node alternative(node const& of, std::size_t index) { return look(*of.alternatives[index]); }
    [[nodiscard]] std::size_t property_count(node const& of) const;
    [[nodiscard]] schema_property property(node const& of, std::size_t index);
    [[nodiscard]] node property_schema(node const& of, std::size_t index);
    [[nodiscard]] node additional(node const& of) { return look(of.schema->at("additionalProperties")); }
    [[nodiscard]] std::size_t part_count(node const& of) const;
    [[nodiscard]] node part(node const& of, std::size_t index);
    [[nodiscard]] node items(node const& of);

private:
    bool requires_key(boost::json::object const& schema, std::string_view key);
    node look(boost::json::value const& schema);
    node look_at_alternatives(node made, std::string_view keyword, boost::json::array const& alternatives);
    node split(node const& made, std::vector<std::string_view> const& types);
    node look_at_copy(boost::json::object copy);
    void add_documentation(node& made);
    void add_values(node& made);
    void add_shape(node& made);
    void find_references(boost::json::value const& schema, bool only_required, std::vector<definition_key>& found);
    std::string_view keep(boost::json::value const& value);

    flat_schema const& schema_;
    std::map<definition_key, std::string_view> names_{};
    std::map<boost::json::object const*, std::unordered_set<std::string_view>> required_{};
    std::deque<std::string> texts_{};           ///< Of values, for nodes to view.
    std::deque<boost::json::value> schemas_{};  ///< Rewritten ones, for nodes to point to.
};

}  // namespace coax::schema::detail
