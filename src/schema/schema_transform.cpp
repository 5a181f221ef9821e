#include "schema/schema_null.hpp"
#include "schema/schema_problem.hpp"
#include "schema/schema_tree.hpp"
#include "schema/schema_values.hpp"

#include <array>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

template <std::size_t Size>
using names = std::array<std::string_view, Size>;

/// Rewritten one by one, and so neither kept nor moved as they are.
constexpr names<16> structural{"type",  "properties",  "required", "additionalProperties",
                               "items", "prefixItems", "enum",     "const",
                               "anyOf", "oneOf",       "allOf",    "$ref",
                               "$defs", "definitions", "title",    "description"};
/// Nothing for a model.
constexpr names<4> dropped{"$schema", "$id", "$comment", "$anchor"};

constexpr names<4> of_strings{"minLength", "maxLength", "pattern", "format"};
constexpr names<5> of_numbers{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"};
constexpr names<8> of_arrays{"items",    "prefixItems", "minItems",    "maxItems",
                             "contains", "minContains", "maxContains", "uniqueItems"};
constexpr names<9> of_objects{"properties",        "required",          "additionalProperties",
                              "minProperties",     "maxProperties",     "propertyNames",
                              "patternProperties", "dependentRequired", "dependentSchemas"};

template <class List>
bool contains(List const& list, std::string_view key) {
    return std::find(list.begin(), list.end(), key) != list.end();
}

bool says_values(std::string_view key) { return key == "enum" || key == "const"; }

/// Whether a keyword speaks of values of certain types only.
bool is_typed(std::string_view key) {
    return contains(of_strings, key) || contains(of_numbers, key) || contains(of_arrays, key) ||
           contains(of_objects, key) || says_values(key);
}
bool belongs_to(std::string_view key, std::string_view type) {
    if (says_values(key)) return type != "null";
    return (type == "string" && contains(of_strings, key)) ||
           ((type == "number" || type == "integer") && contains(of_numbers, key)) ||
           (type == "array" && contains(of_arrays, key)) || (type == "object" && contains(of_objects, key));
}

bool is_object_schema(bj::object const& schema) {
    auto const* const type = member(schema, "type");
    return type != nullptr ? is_text(*type, "object") : member(schema, "properties") != nullptr;
}

/// The types of the values that an `enum` or `const` lists, each once; none if objects or arrays are among them.
bj::array types_of_values(bj::object const& schema) {
    bj::array values;
    if (auto const* const only = member(schema, "const"))
        values.push_back(*only);
    else if (auto const* const choices = member(schema, "enum"))
        values = choices->get_array();
    bool const has_fractions =
        std::any_of(values.begin(), values.end(), [](auto const& each) { return each.is_double(); });
    bj::array types;
    for (auto const& each : values) {
        if (each.is_structured()) return {};
        bj::value const type(each.is_number() && has_fractions ? "number" : type_of(each));
        if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
    }
    return types;
}

class transformer {
public:
    transformer(bj::value const& root, dialect_rules const& rules) : root_{root}, rules_{rules} {}

    result<bj::value> run() {
        auto const& start = rules_.object_root ? follow(root_, root_) : root_;  // a root may only name a definition
        if (rules_.object_root && (!start.is_object() || member(start.get_object(), "anyOf") ||
                                   member(start.get_object(), "oneOf") || !is_object_schema(start.get_object())))
            refuse({}, schema_problem::root_not_object);
        auto whole = transform(start, {});
        if (!rules_.open_api && whole.is_object()) copy_definitions(whole.get_object());
        if (failure_) return std::move(*failure_);
        if (auto failure = check_limits(whole, rules_.most)) return std::move(*failure);
        if (rules_.open_api) to_open_api(whole);
        return whole;
    }

private:
    void refuse(std::string where, std::string_view message) {
        if (!failure_)
            failure_ =
                error{.code = errc::invalid_argument, .message = std::string{message}, .where = std::move(where)};
    }
    void refuse(std::string where, schema_problem problem) { refuse(std::move(where), explain(problem)); }

    bj::value transform(bj::value const& schema, std::string const& where) {
        if (failure_) return {};
        if (!schema.is_object()) {
            if (!rules_.any_value) refuse(where, schema_problem::any_value);
            return schema;
        }
        auto const& from = schema.get_object();
        if (member(from, "$ref") != nullptr) return transform_reference(from, where);
        auto const* const type = member(from, "type");
        auto const types = type == nullptr ? types_of_values(from) : type->is_array() ? type->get_array() : bj::array{};
        if (types.size() > 1 || (type != nullptr && types.size() == 1)) return split_types(from, types, where);
        bj::object out;
        copy_words(from, out);
        copy_structure(from, out, where);
        return out;
    }

    // --- references ---

    bj::value transform_reference(bj::object const& from, std::string const& where) {
        auto const& named = *resolve(root_, from.at("$ref").get_string());
        if (!rules_.recursion && is_recursive(root_, named, false)) refuse(where, schema_problem::recursive);
        if (rules_.optional_recursion && is_recursive(root_, named, true))
            refuse(where, schema_problem::required_recursion);
        if (failure_) return {};
        if (!rules_.open_api) return bj::object{{"$ref", from.at("$ref")}};  // what stands beside is checked on arrival
        auto out = transform(named, where);
        if (out.is_object()) copy_own_words(from, out.get_object());
        return out;
    }

    void copy_definitions(bj::object& out) {
        if (!root_.is_object()) return;
        for (std::string_view const key : {"$defs", "definitions"}) {
            auto const* const definitions = member(root_.get_object(), key);
            if (definitions == nullptr) continue;
            bj::object transformed;
            for (auto const& [name, schema] : definitions->get_object())
                transformed[name] = transform(schema, below(below({}, key), name));
            out[key] = std::move(transformed);
        }
    }

    // --- words: title, description, and what moves there ---

    [[nodiscard]] bool stays(bj::object const& from, std::string_view key, bj::value const& value) const {
        for (std::size_t i = 0; i < std::size(keyword_table); ++i) {
            if (keyword_table[i].name != key) continue;
            auto const* const type = member(from, "type");
            return keeps(
                rules_, static_cast<keyword>(i),
                {value.is_string() ? std::string_view{value.get_string()} : std::string_view{},
                 value.is_number() ? value.to_number<double>() : 0, type != nullptr && is_text(*type, "integer")});
        }
        return false;
    }

    /// Whether an `enum` or `const` may list this value.
    [[nodiscard]] bool may_list(bj::value const& value) const {
        switch (rules_.values) {
            case listed::anything: break;
            case listed::scalars: return !value.is_structured();
            case listed::texts_and_numbers: return value.is_string() || value.is_number();
            case listed::texts: return value.is_string();
        }
        return true;
    }
    [[nodiscard]] bool may_list_all(std::string_view key, bj::value const& value) const {
        if (key == "const") return may_list(value);
        return std::all_of(value.get_array().begin(), value.get_array().end(),
                           [this](auto const& each) { return may_list(each); });
    }

    [[nodiscard]] bool moves(bj::object const& from, std::string_view key, bj::value const& value) const {
        if (says_values(key)) return !may_list_all(key, value);
        return !contains(structural, key) && !contains(dropped, key) && !stays(from, key, value);
    }

    static void copy_own_words(bj::object const& from, bj::object& out) {
        for (std::string_view const key : {"title", "description"})
            if (auto const* const words = member(from, key)) out[key] = *words;
    }

    void copy_words(bj::object const& from, bj::object& out) {
        copy_own_words(from, out);
        std::string moved;
        for (auto const& [key, value] : from) {
            if (!moves(from, key, value)) continue;
            moved += (moved.empty() ? "{" : ", ") + std::string{key} + ": ";
            bool const is_plain = key == "pattern" || key == "format" || key == "contentEncoding";
            moved += is_plain ? std::string{value.get_string()} : to_text(value);
        }
        if (moved.empty()) return;
        auto const* const stated = member(from, "description");
        std::string description{stated != nullptr ? std::string_view{stated->get_string()} : std::string_view{}};
        description += (description.empty() ? "" : "\n\n") + moved + "}";
        out["description"] = description;
    }

    // --- structure ---

    void copy_structure(bj::object const& from, bj::object& out, std::string const& where) {
        copy_alternatives(from, out, where);
        copy_type(from, out, where);
        for (auto const& [key, value] : from)
            if (stays(from, key, value)) out[key] = value;
        copy_values(from, out);
        if (is_object_schema(from)) copy_object(from, out, where);
        if (auto const* const type = member(from, "type"); type != nullptr && is_text(*type, "array"))
            copy_items(from, out, where);
    }

    void copy_values(bj::object const& from, bj::object& out) {
        if (auto const* const choices = member(from, "enum"); choices != nullptr && may_list_all("enum", *choices))
            out["enum"] = *choices;
        auto const* const only = member(from, "const");
        if (only == nullptr || !may_list(*only)) return;
        if (rules_.constants)
            out["const"] = *only;
        else
            out["enum"] = bj::array{*only};
    }

    void copy_type(bj::object const& from, bj::object& out, std::string const& where) {
        if (out.contains("anyOf")) return;
        auto const implied = types_of_values(from);
        if (auto const* const type = member(from, "type"))
            out["type"] = *type;
        else if (is_object_schema(from))
            out["type"] = "object";
        else if (implied.size() == 1)
            out["type"] = implied.front();
        else if (!rules_.any_value)
            refuse(where, schema_problem::any_value);
    }

    void copy_alternatives(bj::object const& from, bj::object& out, std::string const& where) {
        for (std::string_view const key : {"anyOf", "oneOf"})
            if (auto const* const list = member(from, key))
                out["anyOf"] = transform_list(list->get_array(), below(where, key));
        auto const* const all = member(from, "allOf");
        if (all == nullptr || out.contains("anyOf")) return;
        if (all->get_array().size() != 1 || !all->get_array().front().is_object())
            return refuse(below(where, "allOf"),
                          "several schemas at once cannot be said in this dialect; write them as one");
        out["anyOf"] = transform_list(all->get_array(), below(where, "allOf"));
    }

    bj::array transform_list(bj::array const& list, std::string const& where) {
        bj::array out;
        std::size_t index = 0;
        for (auto const& each : list) out.push_back(transform(each, below(where, std::to_string(index++))));
        return out;
    }

    void copy_object(bj::object const& from, bj::object& out, std::string const& where) {
        auto const* const properties = member(from, "properties");
        auto const* const others = member(from, "additionalProperties");
        if (!rules_.maps && others != nullptr && others->is_object() &&
            (properties == nullptr || properties->get_object().empty()))
            return refuse(below(where, "additionalProperties"), schema_problem::map);
        bj::object members;
        if (properties != nullptr)
            for (auto const& [key, value] : properties->get_object())
                members[key] = transform_property(from, key, value, below(below(where, "properties"), key));
        bj::array required;
        bj::array order;
        for (auto const& each : members) {
            order.emplace_back(each.key());
            if (rules_.all_required || is_required(from, each.key())) required.emplace_back(each.key());
        }
        if (rules_.open_api && members.size() > 1) out["propertyOrdering"] = std::move(order);
        if (properties != nullptr || rules_.closed) {
            out["properties"] = std::move(members);
            out["required"] = std::move(required);
        }
        if (rules_.closed)
            out["additionalProperties"] = false;
        else if (rules_.maps && others != nullptr)
            out["additionalProperties"] = transform_open(*others, below(where, "additionalProperties"));
    }

    /// A property that is not required: null where every key must be there, left out where null would be a union.
    bj::value transform_property(bj::object const& owner, std::string_view key, bj::value const& schema,
                                 std::string const& where) {
        if (is_required(owner, key)) return transform(schema, where);
        if (!rules_.type_lists) return transform(without_null(schema), where);
        auto out = transform(schema, where);
        bool const has_default = schema.is_object() && member(schema.get_object(), "default") != nullptr;
        if (failure_ || !rules_.all_required || has_default || !out.is_object()) return out;
        return with_null(std::move(out), rules_.type_lists);
    }

    /// A schema in a place where `true` and `false` are schemas in every dialect.
    bj::value transform_open(bj::value const& schema, std::string const& where) {
        return schema.is_bool() ? schema : transform(schema, where);
    }

    void copy_items(bj::object const& from, bj::object& out, std::string const& where) {
        auto const* const items = member(from, "items");
        auto const* const parts = member(from, "prefixItems");
        if (parts != nullptr && !rules_.tuples) return copy_uniform_parts(parts->get_array(), items, out, where);
        if (parts != nullptr) out["prefixItems"] = transform_list(parts->get_array(), below(where, "prefixItems"));
        if (items != nullptr)
            out["items"] = parts != nullptr ? transform_open(*items, below(where, "items"))
                                            : transform(*items, below(where, "items"));
        else if (!rules_.any_value)
            refuse(where, "an array needs \"items\" in this dialect");
    }

    /// A tuple whose parts have one type is a list of it.
    void copy_uniform_parts(bj::array const& parts, bj::value const* items, bj::object& out, std::string const& where) {
        bool const is_uniform =
            std::all_of(parts.begin(), parts.end(), [&](auto const& each) { return each == parts[0]; });
        if (!is_uniform || (items != nullptr && !items->is_bool()))
            return refuse(below(where, "prefixItems"), schema_problem::tuple);
        out["items"] = transform(parts[0], below(below(where, "prefixItems"), "0"));
    }

    /// A list of types becomes alternatives, one for each; null may stay in the list.
    bj::value split_types(bj::object const& from, bj::array const& types, std::string const& where) {
        if (types.size() == 1) return transform(with_type(from, types[0]), where);
        if (types.size() == 2 && is_text(types[0], "null") != is_text(types[1], "null")) {
            auto out = transform(with_type(from, types[is_text(types[0], "null") ? 1 : 0]), where);
            return failure_ ? bj::value{} : with_null(std::move(out), rules_.type_lists);
        }
        bj::object untyped;
        for (auto const& [key, value] : from)
            if (key != "type" && !is_typed(key)) untyped[key] = value;
        bj::object out;
        copy_words(untyped, out);
        bj::array alternatives;
        for (auto const& type : types) alternatives.push_back(transform(only_of(from, type.get_string()), where));
        out["anyOf"] = std::move(alternatives);
        return out;
    }

    static bj::value with_type(bj::object const& from, bj::value const& type) {
        bj::object one = from;
        one["type"] = type;
        keep_values(one, type.get_string());
        return one;
    }

    /// What a schema says of the values of one type.
    static bj::value only_of(bj::object const& from, std::string_view type) {
        bj::object one;
        one["type"] = type;
        for (auto const& [key, value] : from)
            if (belongs_to(key, type)) one[key] = value;
        keep_values(one, type);
        return one;
    }

    static void keep_values(bj::object& schema, std::string_view type) {
        auto* const choices = schema.if_contains("enum");
        if (choices == nullptr) return;
        bj::array kept;
        for (auto const& each : choices->get_array())
            if (has_type(each, type)) kept.push_back(each);
        *choices = std::move(kept);
    }

    bj::value const& root_;
    dialect_rules const& rules_;
    std::optional<error> failure_{};
};

}  // namespace

result<bj::value> transform_schema(bj::value const& root, schema_dialect dialect) {
    if (dialect == schema_dialect::json_schema) return root;
    return transformer{root, rules_of(dialect)}.run();
}

}  // namespace coax::schema::detail
