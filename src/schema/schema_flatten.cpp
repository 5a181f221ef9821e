#include "schema/schema_flatten.hpp"

#include "schema/schema_definitions.hpp"
#include "schema/schema_keywords.hpp"
#include "schema/schema_merge.hpp"
#include "schema/schema_navigation.hpp"
#include "schema/schema_objects.hpp"
#include "schema/schema_values.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

/// Schemas that one may become: each alternative of one `anyOf` with each of the next is one.
constexpr std::size_t most_alternatives = 64;
/// Keywords looked at, against schemas that grow without end as they are written out.
constexpr std::size_t most_keywords = 200'000;

/// Those that are not merged with others, and what is for programs and no model, such as that of OpenAPI.
constexpr std::string_view apart[] = {"$ref",          "allOf", "anyOf",        "oneOf",    "$defs",
                                      "definitions",   "$id",   "$schema",      "$comment", "components",
                                      "discriminator", "xml",   "externalDocs", "id",       "defaultProperties",
                                      "propertyOrder"};

using alternatives = std::vector<bj::value>;

/// All that holds for one value.
struct conjunction {
    bj::object whole{};
    std::vector<alternatives> choices{};
    std::vector<bj::array const*> lists{};  ///< Those that the choices were read from.
    std::string_view choice_keyword{};      ///< Of the last.
    std::string reference{};                ///< Of the only member, which is nothing else; else empty.
    std::size_t members{0};                 ///< That say more than words.
};

class flattener {
public:
    flattener(bj::value const& root, bool needs_schemas)
        : root_{root}, definitions_{root}, needs_schemas_{needs_schemas} {}

    flat_schema flatten() {
        if (definitions_.has_circular_root()) fail(schema_problem::recursive, "/$ref");
        auto const& start = definitions_.root_origin();
        auto flat = flatten(schema_at(start), start, 0);
        if (!flat) fail(schema_problem::contradiction, contradiction_.empty() ? start : contradiction_);
        bj::object definitions;
        for (std::size_t i = 0; i < definitions_.count() && !failed(); ++i) {
            auto const [name, pointer] = definitions_[i];
            auto one = flatten(schema_at(pointer), pointer, 0);
            if (!one) fail(schema_problem::contradiction, contradiction_.empty() ? pointer : contradiction_);
            if (one) definitions[name] = *std::move(one);
            made_.origins[name] = pointer;
        }
        if (failed()) return std::move(made_);
        made_.root = *std::move(flat);
        made_.root_name = definitions_.root_name();
        made_.root_origin = start;
        add_words_of_root();
        if (!definitions.empty()) made_.root.as_object()["$defs"] = std::move(definitions);
        return std::move(made_);
    }

private:
    using flat = std::optional<bj::value>;  // none: no value fits

    void fail(schema_problem problem, std::string const& where) {
        if (made_.problem != schema_problem::none) return;
        made_.problem = problem;
        made_.where = where;
    }
    /// Nothing fits here. False.
    bool contradict(std::string where) {
        if (contradiction_.empty()) contradiction_ = std::move(where);
        return false;
    }
    [[nodiscard]] bool failed() const { return made_.problem != schema_problem::none; }

    [[nodiscard]] bj::value const& schema_at(std::string const& pointer) const {
        boost::system::error_code failure;
        return *root_.find_pointer(pointer, failure);
    }

    /// Those beside a reference that is all of the root.
    void add_words_of_root() {
        if (made_.root_origin.empty() || !made_.root.is_object()) return;
        for (auto const& [key, value] : root_.get_object())
            if (!stands_apart(root_.get_object(), key)) made_.root.get_object()[key] = value;
    }

    // --- one schema ---

    flat flatten(bj::value const& schema, std::string const& where, std::size_t level) {
        if (failed()) return true;
        if (level > max_schema_depth) fail(schema_problem::too_large, where);
        if (schema.is_bool()) return schema.get_bool() ? flat{schema} : std::nullopt;
        conjunction parts;
        std::vector<std::string> open;
        if (!gather(schema.get_object(), parts, open, where)) return std::nullopt;
        if (parts.members > 1 && !parts.reference.empty())
            if (!gather_target(std::exchange(parts.reference, {}), parts, open, where)) return std::nullopt;
        if (failed()) return true;
        if (!parts.reference.empty()) {
            parts.whole["$ref"] = definitions_.reference_to(parts.reference);
            return parts.whole;
        }
        if (parts.choices.empty()) return flatten_children(std::move(parts.whole), where, level);
        return flatten_choices(std::move(parts), where, level);
    }

    /// Adds a schema to a conjunction. False: no value fits.
    bool gather(bj::object const& schema, conjunction& into, std::vector<std::string>& open, std::string const& where) {
        if ((keywords_ += schema.size() + 1) > most_keywords) fail(schema_problem::too_large, where);
        bj::object own;
        for (auto const& [key, value] : schema)
            if (!stands_apart(schema, key)) own[key] = value;
        if (says_more_than_words(own)) ++into.members;
        if (!merge(own, into)) return false;
        if (auto const* const reference = member(schema, "$ref"))
            if (!gather_reference(reference->get_string(), into, open, where)) return false;
        if (auto const* const all = member(schema, "allOf"))
            for (auto const& each : all->get_array())
                if (each.is_bool() ? !each.get_bool() : !gather(each.get_object(), into, open, where)) return false;
        for (std::string_view const key : {"anyOf", "oneOf"})
            if (auto const* const list = member(schema, key)) add_choice(key, list->get_array(), into);
        if (is_conditional(schema)) add_condition(schema, into);
        return true;
    }
    /// The first stays a reference as long as nothing else says more than words.
    bool gather_reference(std::string_view reference, conjunction& into, std::vector<std::string>& open,
                          std::string const& where) {
        if (into.members != 0) return gather_target(std::string{reference}, into, open, where);
        ++into.members;
        into.reference = reference;
        return true;
    }
    bool gather_target(std::string const& reference, conjunction& into, std::vector<std::string>& open,
                       std::string const& where) {
        if (failed()) return true;
        auto pointer = pointer_of(reference);
        ++into.members;
        if (std::find(open.begin(), open.end(), pointer) != open.end()) {
            fail(schema_problem::recursive, where);
            return true;
        }
        auto const& target = schema_at(pointer);
        open.push_back(std::move(pointer));
        bool const fits = target.is_bool() ? target.get_bool() : gather(target.get_object(), into, open, where);
        open.pop_back();
        return fits;
    }

    /// Whether a keyword is not merged with those of other schemas, but looked at by itself or not at all.
    static bool stands_apart(bj::object const& schema, std::string_view key) {
        if (key == "if" || key == "then" || key == "else") return is_conditional(schema);
        return std::find(std::begin(apart), std::end(apart), key) != std::end(apart);
    }

    bool merge(bj::object const& own, conjunction& into) {
        if (failed()) return true;
        auto merged = merge_schemas(std::move(into.whole), own);
        if (!merged || !narrow_values(*merged)) return false;
        into.whole = *std::move(merged);
        return true;
    }

    /// A list that is being chosen from already, as parts refer to the whole, asks for nothing more.
    void add_choice(std::string_view key, bj::array const& list, conjunction& into) const {
        if (std::find(chosen_from_.begin(), chosen_from_.end(), &list) != chosen_from_.end()) return;
        bool const is_open =
            std::any_of(list.begin(), list.end(), [](auto const& each) { return each == bj::value(true); });
        if (is_open) return;
        ++into.members;
        into.choice_keyword = key;
        into.choices.emplace_back(list.begin(), list.end());
        into.lists.push_back(&list);
    }
    /// What holds, with what follows from it, or else the rest: a little more than the condition lets through.
    static void add_condition(bj::object const& schema, conjunction& into) {
        auto const part = [&](std::string_view key) {
            auto const* const found = member(schema, key);
            return found != nullptr ? *found : bj::value(true);
        };
        into.choices.push_back({bj::object{{"allOf", bj::array{part("if"), part("then")}}}, part("else")});
        into.choice_keyword = {};
        ++into.members;
    }

    // --- alternatives ---

    flat flatten_choices(conjunction parts, std::string const& where, std::size_t level) {
        bj::object words;
        bj::object rules;
        for (auto const& [key, value] : parts.whole) (is_annotation(key) ? words : rules)[key] = value;
        bool const stays = parts.choices.size() == 1 && rules.empty() && !parts.choice_keyword.empty();
        std::string_view const keyword = stays ? parts.choice_keyword : "anyOf";
        bj::array found;
        std::unordered_set<std::string> texts;
        auto const outer = chosen_from_;
        chosen_from_.insert(chosen_from_.end(), parts.lists.begin(), parts.lists.end());
        for (auto const& each : combinations(parts.choices, where)) {
            auto one = flatten(combined(rules, each), stays ? below(where, keyword) : where, level + 1);
            if (one && texts.insert(canonical_text(*one)).second) found.push_back(*std::move(one));
        }
        chosen_from_ = outer;
        if (found.empty()) return std::nullopt;
        if (found.size() == 1 && found[0].is_object() && !stays) {
            for (auto const& [key, value] : found[0].get_object()) words.emplace(key, value);
            return words;
        }
        if (std::any_of(found.begin(), found.end(), [](auto const& each) { return each.is_bool(); })) return words;
        words[keyword] = std::move(found);
        return words;
    }

    /// One of each list, in all ways.
    std::vector<alternatives> combinations(std::vector<alternatives> const& choices, std::string const& where) {
        std::vector<alternatives> all{{}};
        for (auto const& choice : choices) {
            std::vector<alternatives> longer;
            if (choices.size() > 1 && all.size() * choice.size() > most_alternatives)
                fail(schema_problem::several_schemas, where);
            if (failed()) return {};
            for (auto const& before : all)
                for (auto const& each : choice) {
                    longer.push_back(before);
                    longer.back().push_back(each);
                }
            all = std::move(longer);
        }
        return all;
    }

    /// An alternative that states the type itself needs no other to do so, and may stay a reference.
    [[nodiscard]] bj::value combined(bj::object const& rules, alternatives const& chosen) const {
        bool const only_type = rules.size() == 1 && rules.begin()->key() == "type" && chosen.size() == 1;
        if (chosen.size() == 1 && (rules.empty() || (only_type && states_type(chosen[0], rules.begin()->value()))))
            return chosen[0];
        bj::array all;
        if (!rules.empty()) all.push_back(rules);
        for (auto const& each : chosen) all.push_back(each);
        return bj::object{{"allOf", std::move(all)}};
    }
    [[nodiscard]] bool states_type(bj::value const& schema, bj::value const& type) const {
        auto const& end = follow(root_, schema);
        auto const* const stated = end.is_object() ? member(end.get_object(), "type") : nullptr;
        return stated != nullptr && *stated == type;
    }

    // --- what is inside ---

    flat flatten_children(bj::object schema, std::string const& where, std::size_t level) {
        auto const outer = std::exchange(chosen_from_, {});  // those of this value
        auto made = flatten_children_of(std::move(schema), where, level);
        chosen_from_ = outer;
        return made;
    }
    flat flatten_children_of(bj::object schema, std::string const& where, std::size_t level) {
        infer_type(schema);
        drop_foreign_keywords(schema);
        auto const wrong = complete_object(root_, schema, needs_schemas_);
        auto const place = below(below(where, "required"), std::to_string(wrong.index));
        if (wrong.problem == schema_problem::contradiction) {
            contradict(place);
            return std::nullopt;
        }
        if (wrong.problem != schema_problem::none) fail(wrong.problem, place);
        if (!flatten_properties(schema, where, level) || !flatten_items(schema, where, level)) return std::nullopt;
        if (auto* const others = schema.if_contains("additionalProperties")) {
            auto one = flatten(*others, below(where, "additionalProperties"), level + 1);
            *others = one ? *std::move(one) : bj::value(false);
        }
        return schema;
    }

    /// Properties that can have no value are left out.
    bool flatten_properties(bj::object& schema, std::string const& where, std::size_t level) {
        auto* const properties = schema.if_contains("properties");
        if (properties == nullptr) return true;
        bj::object kept;
        for (auto const& [key, value] : properties->get_object()) {
            auto one = flatten(value, below(below(where, "properties"), key), level + 1);
            if (!one && is_required(schema, key)) return contradict(below(below(where, "properties"), key));
            if (one) kept[key] = *std::move(one);
        }
        *properties = std::move(kept);
        return true;
    }

    /// Items that can have no value bound the size.
    bool flatten_items(bj::object& schema, std::string const& where, std::size_t level) {
        bj::array parts;
        bool is_closed = false;
        if (auto const* const given = member(schema, "prefixItems")) {
            for (auto const& each : given->get_array()) {
                auto one = flatten(each, below(below(where, "prefixItems"), std::to_string(parts.size())), level + 1);
                is_closed = !one;
                if (is_closed) break;
                parts.push_back(*std::move(one));
            }
        }
        if (auto const* const given = member(schema, "items"); given != nullptr && !is_closed) {
            auto one = flatten(*given, below(where, "items"), level + 1);
            is_closed = !one;
            if (one) schema["items"] = *std::move(one);
        }
        if (is_closed && !close_array(schema, parts.size())) return false;
        if (parts.empty())
            schema.stable_erase("prefixItems");
        else
            schema["prefixItems"] = std::move(parts);
        return true;
    }

    bj::value const& root_;
    flat_schema made_{};
    definition_list definitions_;
    std::vector<bj::array const*> chosen_from_{};  ///< The lists of alternatives that are being written out.
    std::size_t keywords_{0};
    std::string contradiction_{};  ///< Where what is required first contradicts itself.
    bool needs_schemas_;
};

}  // namespace

flat_schema flatten_schema(bj::value const& root, bool needs_schemas) {
    return flattener{root, needs_schemas}.flatten();
}

}  // namespace coax::schema::detail
