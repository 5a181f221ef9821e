#include "schema_tree.hpp"
#include "text.hpp"

#include <coax/json/detail/schema_text.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace coax::json::detail {

namespace bj = boost::json;

namespace {

/// The keywords that a dialect treats by its rules.
struct keyword_bit {
    std::string_view name;
    unsigned bit;
};
constexpr std::array keyword_bits{
    keyword_bit{"minimum", keyword_minimum},
    keyword_bit{"maximum", keyword_maximum},
    keyword_bit{"exclusiveMinimum", keyword_exclusive_minimum},
    keyword_bit{"exclusiveMaximum", keyword_exclusive_maximum},
    keyword_bit{"multipleOf", keyword_multiple_of},
    keyword_bit{"minLength", keyword_min_length},
    keyword_bit{"maxLength", keyword_max_length},
    keyword_bit{"pattern", keyword_pattern},
    keyword_bit{"format", keyword_format},
    keyword_bit{"minItems", keyword_min_items},
    keyword_bit{"maxItems", keyword_max_items},
    keyword_bit{"uniqueItems", keyword_unique_items},
    keyword_bit{"minProperties", keyword_min_properties},
    keyword_bit{"maxProperties", keyword_max_properties},
    keyword_bit{"default", keyword_default},
    keyword_bit{"examples", keyword_examples},
    keyword_bit{"deprecated", keyword_deprecated},
    keyword_bit{"contentEncoding", keyword_encoding},
};

/// Rewritten by `transformer::structure`, or kept as they are.
constexpr std::array<std::string_view, 16> structural{
    "type",  "properties", "required", "additionalProperties", "items", "prefixItems", "enum",  "const",
    "anyOf", "oneOf",      "allOf",    "$ref",                 "$defs", "definitions", "title", "description"};
/// Nothing for a model.
constexpr std::array<std::string_view, 4> dropped{"$schema", "$id", "$comment", "$anchor"};

template <class List>
bool contains(List const& list, std::string_view key) {
    return std::find(list.begin(), list.end(), key) != list.end();
}

bool is_text(bj::value const& value, std::string_view text) { return value.is_string() && value.get_string() == text; }

bj::value null_schema() { return bj::object{{"type", "null"}}; }

class transformer {
public:
    transformer(bj::value const& root, dialect_rules const& rules) : root_{root}, rules_{rules} {}

    result<bj::value> run() {
        if (rules_.object_root && (!root_.is_object() || member(root_.get_object(), "anyOf") ||
                                   member(root_.get_object(), "oneOf") || !is_object_schema(root_.get_object())))
            refuse({}, "the root must be an object in this dialect; put the value into an object with one property");
        auto whole = transform(root_, {});
        if (properties_ > rules_.most_properties) refuse({}, "more properties than the dialect allows");
        if (enum_values_ > rules_.most_enum_values) refuse({}, "more enum values than the dialect allows");
        if (optionals_ > rules_.most_optionals) refuse({}, "more optional properties than the dialect allows");
        if (unions_ > rules_.most_unions) refuse({}, "more unions than the dialect allows");
        if (failure_) return std::move(*failure_);
        if (rules_.upper_types) to_open_api(whole);
        return whole;
    }

private:
    void refuse(std::string where, std::string message) {
        if (!failure_)
            failure_ = error{.code = errc::invalid_argument, .message = std::move(message), .where = std::move(where)};
    }

    static std::string below(std::string const& where, std::string_view key) {
        auto result = where;
        append_pointer(result, key);
        return result;
    }

    static bool is_object_schema(bj::object const& schema) {
        auto const* const type = member(schema, "type");
        return type != nullptr ? is_text(*type, "object") : member(schema, "properties") != nullptr;
    }

    bj::value transform(bj::value const& schema, std::string const& where) {
        if (failure_) return {};
        if (!schema.is_object() && rules_.any_value) return schema;
        if (!schema.is_object()) {
            refuse(where, "every value needs a stated type in this dialect");
            return {};
        }
        auto const& from = schema.get_object();
        if (member(from, "$ref") != nullptr) return transform_reference(from, where);
        auto const* const type = member(from, "type");
        if (type != nullptr && type->is_array()) return split_types(from, type->get_array(), where);
        bj::object out;
        copy_words(from, out);
        copy_structure(from, out, where);
        return out;
    }

    // --- references ---

    bj::value transform_reference(bj::object const& from, std::string const& where) {
        if (!rules_.recursion && is_recursive(*resolve(root_, from.at("$ref").get_string())))
            refuse(where, "a schema cannot contain itself in this dialect");
        if (rules_.upper_types && !failure_) return transform(*resolve(root_, from.at("$ref").get_string()), where + "/");
        bj::object out;
        out["$ref"] = from.at("$ref");  // siblings are not allowed; they are checked on arrival
        if (where.empty()) copy_definitions(from, out, where);
        return out;
    }

    /// Whether a schema holds, directly or through others, a reference to itself.
    bool is_recursive(bj::value const& target) const {
        std::set<bj::value const*> seen;
        return leads_to(target, target, seen);
    }
    bool leads_to(bj::value const& target, bj::value const& schema, std::set<bj::value const*>& seen) const {
        if (schema.is_array())
            return std::any_of(schema.get_array().begin(), schema.get_array().end(),
                               [&](bj::value const& each) { return leads_to(target, each, seen); });
        if (!schema.is_object()) return false;
        for (auto const& [key, value] : schema.get_object()) {
            if (key == "$defs" || key == "definitions") continue;
            auto const* const named = key == "$ref" && value.is_string() ? resolve(root_, value.get_string()) : nullptr;
            if (named == &target) return true;
            if (named != nullptr && seen.insert(named).second && leads_to(target, *named, seen)) return true;
            if (leads_to(target, value, seen)) return true;
        }
        return false;
    }

    // --- words: title, description, and what moves there ---

    [[nodiscard]] bool keeps(bj::object const& from, std::string_view key, bj::value const& value) const {
        for (auto const& each : keyword_bits) {
            if (each.name != key) continue;
            if ((rules_.kept & each.bit) == 0) return false;
            if (each.bit == keyword_format) return keeps_format(rules_, value.get_string());
            if (each.bit == keyword_pattern) return keeps_pattern(rules_, value.get_string());
            if ((each.bit & keyword_bounds) != 0 && rules_.integer_bounds) {
                auto const* const type = member(from, "type");
                return type != nullptr && is_text(*type, "integer");
            }
            return each.bit != keyword_min_items ||
                   value.to_number<double>() <= static_cast<double>(rules_.largest_min_items);
        }
        return false;
    }

    void copy_words(bj::object const& from, bj::object& out) {
        std::string moved;
        for (auto const& [key, value] : from) {
            if (contains(structural, key) || contains(dropped, key) || keeps(from, key, value)) continue;
            moved += (moved.empty() ? "{" : ", ") + std::string{key} + ": ";
            moved += value.is_string() ? std::string{value.get_string()} : bj::serialize(value);
        }
        if (auto const* const title = member(from, "title")) out["title"] = *title;
        auto const* const stated = member(from, "description");
        std::string description = stated != nullptr ? std::string{stated->get_string()} : std::string{};
        if (!moved.empty()) description += (description.empty() ? "" : "\n\n") + moved + "}";
        if (!description.empty()) out["description"] = description;
    }

    // --- structure ---

    void copy_structure(bj::object const& from, bj::object& out, std::string const& where) {
        copy_alternatives(from, out, where);
        copy_type(from, out, where);
        for (auto const& [key, value] : from)
            if (keeps(from, key, value)) out[key] = value;
        if (auto const* const choices = member(from, "enum")) out["enum"] = *choices;
        if (auto const* const only = member(from, "const")) {
            if (rules_.constants)
                out["const"] = *only;
            else
                out["enum"] = bj::array{*only};
        }
        if (auto const* const choices = member(from, "enum")) enum_values_ += choices->get_array().size();
        if (is_object_schema(from)) copy_object(from, out, where);
        if (auto const* const type = member(from, "type"); type != nullptr && is_text(*type, "array"))
            copy_items(from, out, where);
        if (where.empty()) copy_definitions(from, out, where);
    }

    void copy_type(bj::object const& from, bj::object& out, std::string const& where) {
        if (out.contains("anyOf") || out.contains("allOf")) return;
        if (auto const* const type = member(from, "type")) {
            out["type"] = *type;
        } else if (is_object_schema(from)) {
            out["type"] = "object";
        } else if (auto const common = common_type(from); !common.empty()) {
            out["type"] = common;
        } else if (!rules_.any_value) {
            refuse(where, "every value needs a stated type in this dialect");
        }
    }

    /// The type of a `const`, or of all values of an `enum`.
    static std::string_view common_type(bj::object const& from) {
        auto const type_of = [](bj::value const& value) -> std::string_view {
            if (value.is_string()) return "string";
            if (value.is_bool()) return "boolean";
            if (value.is_int64() || value.is_uint64()) return "integer";
            if (value.is_double()) return "number";
            return {};
        };
        if (auto const* const only = member(from, "const")) return type_of(*only);
        auto const* const choices = member(from, "enum");
        if (choices == nullptr) return {};
        auto const first = type_of(choices->get_array().front());
        for (auto const& each : choices->get_array())
            if (type_of(each) != first) return {};
        return first;
    }

    void copy_alternatives(bj::object const& from, bj::object& out, std::string const& where) {
        for (std::string_view const key : {"anyOf", "oneOf"})
            if (auto const* const list = member(from, key)) {
                ++unions_;
                out["anyOf"] = transform_list(list->get_array(), below(where, key));
            }
        auto const* const all = member(from, "allOf");
        if (all == nullptr || out.contains("anyOf")) return;
        if (all->get_array().size() != 1 || !all->get_array().front().is_object())
            return refuse(below(where, "allOf"),
                          "several schemas at once cannot be said in this dialect; write them as one");
        auto const only = transform(all->get_array().front(), below(below(where, "allOf"), "0"));
        if (failure_) return;
        out["anyOf"] = bj::array{only};
    }

    bj::array transform_list(bj::array const& list, std::string const& where) {
        bj::array out;
        std::size_t index = 0;
        for (auto const& each : list) out.push_back(transform(each, below(where, std::to_string(index++))));
        return out;
    }

    void copy_object(bj::object const& from, bj::object& out, std::string const& where) {
        enter(where);
        auto const* const properties = member(from, "properties");
        auto const* const others = member(from, "additionalProperties");
        if (!rules_.maps && others != nullptr && others->is_object() && (properties == nullptr || properties->get_object().empty()))
            refuse(below(where, "additionalProperties"),
                   "objects are closed in this dialect, so a map cannot be said; use an array of objects with a key "
                   "and a value");
        bj::object members;
        bj::array required;
        if (properties != nullptr) {
            for (auto const& [key, value] : properties->get_object()) {
                ++properties_;
                bool const wanted = is_required(from, key);
                auto schema = transform(value, below(below(where, "properties"), key));
                if (failure_) return;
                if (!wanted) ++optionals_;
                if (!wanted && rules_.all_required) schema = or_null(std::move(schema));
                if (wanted || rules_.all_required) required.emplace_back(key);
                members[key] = std::move(schema);
            }
        }
        if (rules_.ordering && members.size() > 1) {
            bj::array order;
            for (auto const& each : members) order.emplace_back(each.key());
            out["propertyOrdering"] = std::move(order);
        }
        if (!members.empty() || rules_.closed) out["properties"] = std::move(members);
        out["required"] = std::move(required);
        if (rules_.closed)
            out["additionalProperties"] = false;
        else if (rules_.maps && others != nullptr)
            out["additionalProperties"] =
                others->is_object() ? transform(*others, below(where, "additionalProperties")) : *others;
        --level_;
    }

    static bool is_required(bj::object const& from, std::string_view key) {
        auto const* const required = member(from, "required");
        if (required == nullptr) return false;
        return std::any_of(required->get_array().begin(), required->get_array().end(),
                           [&](bj::value const& each) { return each.get_string() == key; });
    }

    void copy_items(bj::object const& from, bj::object& out, std::string const& where) {
        auto const* const items = member(from, "items");
        auto const* const parts = member(from, "prefixItems");
        if (parts != nullptr && !rules_.tuples)
            return refuse(below(where, "prefixItems"),
                          "all items of an array have one type in this dialect; use an object instead");
        if (parts != nullptr) {
            enter(where);
            out["prefixItems"] = transform_list(parts->get_array(), below(where, "prefixItems"));
            if (items != nullptr) out["items"] = items->is_bool() ? *items : transform(*items, below(where, "items"));
            --level_;
            return;
        }
        if (items == nullptr && rules_.any_value) return;
        if (items == nullptr) return refuse(where, "an array needs \"items\" in this dialect");
        enter(where);
        out["items"] = transform(*items, below(where, "items"));
        --level_;
    }

    void copy_definitions(bj::object const& from, bj::object& out, std::string const& where) {
        if (rules_.upper_types) return;  // they are written out where they are named
        for (std::string_view const key : {"$defs", "definitions"}) {
            auto const* const definitions = member(from, key);
            if (definitions == nullptr) continue;
            bj::object transformed;
            for (auto const& [name, schema] : definitions->get_object())
                transformed[name] = transform(schema, below(below(where, key), name));
            out[key] = std::move(transformed);
        }
    }

    /// A list of types becomes alternatives, one for each.
    bj::value split_types(bj::object const& from, bj::array const& types, std::string const& where) {
        if (auto const* const type = only_type_beside_null(types); type != nullptr && rules_.null_union) {
            bj::object one = from;
            one["type"] = *type;
            if (auto* const choices = one.if_contains("enum")) keep_values_of(choices->get_array(), type->get_string());
            auto out = transform(one, where);
            return failure_ ? bj::value{} : or_null(std::move(out));
        }
        bj::array alternatives;
        for (auto const& type : types) {
            bj::object one;
            for (auto const& [key, value] : from)
                if (key != "type" && key != "title" && key != "description" && belongs_to(key, type.get_string()))
                    one[key] = value;
            one["type"] = type;
            if (auto* const choices = one.if_contains("enum")) keep_values_of(choices->get_array(), type.get_string());
            alternatives.push_back(transform(one, where.empty() ? "/" : where));
        }
        bj::object out;
        for (std::string_view const key : {"title", "description"})
            if (auto const* const words = member(from, key)) out[key] = *words;
        if (alternatives.size() == 1) return alternatives.front();
        ++unions_;
        out["anyOf"] = std::move(alternatives);
        return out;
    }

    /// Upper-case types, and `nullable` for an alternative that is null.
    static void to_open_api(bj::value& schema) {
        if (schema.is_array())
            for (auto& each : schema.get_array()) to_open_api(each);
        if (!schema.is_object()) return;
        auto& object = schema.get_object();
        if (auto* const type = object.if_contains("type"); type != nullptr && type->is_string())
            for (char& c : type->get_string()) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        if (auto* const list = object.if_contains("anyOf")) {
            auto& alternatives = list->get_array();
            auto const null = std::find(alternatives.begin(), alternatives.end(), null_schema());
            if (null != alternatives.end()) {
                alternatives.erase(null);
                object["nullable"] = true;
            }
            to_open_api(object["anyOf"]);
        }
        if (auto* const properties = object.if_contains("properties"))
            for (auto& each : properties->get_object()) to_open_api(each.value());
        if (auto* const items = object.if_contains("items")) to_open_api(*items);
    }

    static bj::value const* only_type_beside_null(bj::array const& types) {
        if (types.size() != 2 || is_text(types[0], "null") == is_text(types[1], "null")) return nullptr;
        return is_text(types[0], "null") ? &types[1] : &types[0];
    }

    static bool belongs_to(std::string_view key, std::string_view type) {
        static constexpr std::array<std::string_view, 4> of_strings{"minLength", "maxLength", "pattern", "format"};
        static constexpr std::array<std::string_view, 5> of_numbers{"minimum", "maximum", "exclusiveMinimum",
                                                                    "exclusiveMaximum", "multipleOf"};
        static constexpr std::array<std::string_view, 4> of_arrays{"items", "minItems", "maxItems", "uniqueItems"};
        static constexpr std::array<std::string_view, 5> of_objects{"properties", "required", "additionalProperties",
                                                                    "minProperties", "maxProperties"};
        if (contains(of_strings, key)) return type == "string";
        if (contains(of_numbers, key)) return type == "number" || type == "integer";
        if (contains(of_arrays, key)) return type == "array";
        if (contains(of_objects, key)) return type == "object";
        return key != "enum" || type != "null";
    }

    static void keep_values_of(bj::array& choices, std::string_view type) {
        bj::array kept;
        for (auto const& each : choices) {
            bool const fits = (type == "string" && each.is_string()) || (type == "boolean" && each.is_bool()) ||
                              ((type == "number" || type == "integer") && each.is_number());
            if (fits) kept.push_back(each);
        }
        choices = std::move(kept);
    }

    /// The schema's value, or null: how a strict dialect says "optional".
    static bj::value or_null(bj::value schema) {
        auto& object = schema.get_object();
        if (auto* const list = object.if_contains("anyOf"); list != nullptr) {
            auto& alternatives = list->get_array();
            if (std::find(alternatives.begin(), alternatives.end(), null_schema()) == alternatives.end())
                alternatives.push_back(null_schema());
            return schema;
        }
        auto* const type = object.if_contains("type");
        if (type != nullptr && type->is_array()) return schema;  // already so
        if (type != nullptr && type->is_string() && !object.contains("const")) {
            if (is_text(*type, "null")) return schema;
            *type = bj::array{*type, "null"};
            if (auto* const choices = object.if_contains("enum")) choices->get_array().push_back(nullptr);
            return schema;
        }
        bj::object out;
        out["anyOf"] = bj::array{std::move(schema), null_schema()};
        return out;
    }

    void enter(std::string const& where) {
        if (++level_ > rules_.most_levels) refuse(where, "nested deeper than the dialect allows; flatten it");
    }

    bj::value const& root_;
    dialect_rules const& rules_;
    std::optional<error> failure_{};
    std::size_t level_{0};
    std::size_t properties_{0};
    std::size_t enum_values_{0};
    std::size_t optionals_{0};
    std::size_t unions_{0};
};

}  // namespace

result<bj::value> transform_schema(bj::value const& root, schema_dialect dialect) {
    if (dialect == schema_dialect::json_schema) return root;
    return transformer{root, rules_of(dialect)}.run();
}

}  // namespace coax::json::detail
