#include "schema/schema_validate.hpp"

#include "bind/internal/format.hpp"
#include "bind/internal/messages.hpp"
#include "bind/internal/pattern.hpp"
#include "json/internal/text.hpp"
#include "schema/schema_alternatives.hpp"
#include "schema/schema_description.hpp"
#include "schema/schema_navigation.hpp"
#include "schema/schema_values.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

class validator {
public:
    validator(bj::value const& root, std::size_t most_checks) : root_{root}, most_checks_{most_checks} {}

    std::vector<json::violation> run(bj::value const& response) {
        std::string pointer;
        check(root_, response, pointer, 0);
        if (checks_ > most_checks_)
            return {{.expected = "a value that fewer alternatives of the schema must be tried for",
                     .found = "a larger one"}};
        return std::move(found_);
    }

private:
    bool is_full() const { return found_.size() >= json::detail::most_violations || checks_ > most_checks_; }

    /// @param expected  Empty: `found` alone says what is wrong.
    void add(std::string const& pointer, std::string expected, std::string found) {
        if (!is_full())
            found_.push_back({.pointer = pointer, .expected = std::move(expected), .found = std::move(found)});
    }

    void check(bj::value const& schema, bj::value const& value, std::string& pointer, std::size_t level) {
        if (is_full()) return;
        ++checks_;
        if (level > max_schema_depth)
            return add(pointer, "less nesting than this, or the schema refers to itself without end", {});
        if (schema.is_bool()) {
            if (!schema.get_bool()) add(pointer, "nothing here", describe(value));
            return;
        }
        auto const& rules = schema.get_object();
        if (auto const* const reference = member(rules, "$ref"))
            check_target(*resolve(root_, reference->get_string()), value, pointer, level);
        if (!check_kind(rules, value, pointer)) return;  // the rest would only repeat it
        if (value.is_number()) check_number(rules, value, pointer);
        if (value.is_string()) check_string(rules, value.get_string(), pointer);
        if (value.is_array()) check_array(rules, value.get_array(), pointer, level);
        if (value.is_object()) check_object(rules, value.get_object(), pointer, level);
        check_combinations(rules, value, pointer, level);
    }

    /// What is being checked already, as its parts refer to it, asks for nothing more.
    void check_target(bj::value const& target, bj::value const& value, std::string& pointer, std::size_t level) {
        std::pair const both{&target, &value};
        if (std::find(targets_.begin(), targets_.end(), both) != targets_.end()) return;
        targets_.push_back(both);
        check(target, value, pointer, level + 1);
        targets_.pop_back();
    }

    /// Whether the value is of a stated type, and one of the stated values.
    bool check_kind(bj::object const& rules, bj::value const& value, std::string const& pointer) {
        if (is_of_kind(rules, value)) return true;
        bool const is_listed = member(rules, "enum") != nullptr || member(rules, "const") != nullptr;
        auto const found = is_listed ? json::detail::shorten(canonical_text(value)) : describe(value);
        add(pointer, description_of(root_, rules), found);
        return false;
    }

    void check_number(bj::object const& rules, bj::value const& value, std::string const& pointer) {
        struct bound {
            std::string_view keyword;
            std::string_view words;
            bool (*holds)(int order);
        };
        static constexpr bound bounds[] = {{"minimum", "at least ", [](int order) { return order >= 0; }},
                                           {"maximum", "at most ", [](int order) { return order <= 0; }},
                                           {"exclusiveMinimum", "more than ", [](int order) { return order > 0; }},
                                           {"exclusiveMaximum", "less than ", [](int order) { return order < 0; }}};
        for (auto const& each : bounds) {
            auto const* const limit = member(rules, each.keyword);
            if (limit == nullptr || each.holds(compare(value, *limit))) continue;
            add(pointer, std::string{each.words} + canonical_text(*limit), canonical_text(value));
        }
        if (auto const* const step = member(rules, "multipleOf"); step != nullptr && !is_multiple(value, *step))
            add(pointer, "a multiple of " + canonical_text(*step), canonical_text(value));
    }

    /// Checks `count` against two keywords.
    void check_count(bj::object const& rules, std::string_view fewest, std::string_view most, std::size_t count,
                     std::string_view things, std::string const& pointer) {
        auto const refuse = [&](std::string_view relation, bj::value const& bound) {
            add(pointer, std::string{relation}.append(canonical_text(bound)).append(" ").append(things),
                std::to_string(count));
        };
        auto const found = static_cast<double>(count);
        if (auto const* const bound = member(rules, fewest);
            bound && member(rules, most) && *bound == *member(rules, most)) {
            if (found != bound->to_number<double>()) refuse("", *bound);
            return;
        }
        if (auto const* const bound = member(rules, fewest); bound && found < bound->to_number<double>())
            refuse("at least ", *bound);
        if (auto const* const bound = member(rules, most); bound && found > bound->to_number<double>())
            refuse("at most ", *bound);
    }

    void check_string(bj::object const& rules, std::string_view text, std::string const& pointer) {
        if (member(rules, "minLength") || member(rules, "maxLength"))
            check_count(rules, "minLength", "maxLength", json::detail::count_code_points(text), "characters", pointer);
        if (auto const* const pattern = member(rules, "pattern");
            pattern != nullptr &&
            bind::detail::match_pattern(pattern->get_string(), text) != bind::detail::pattern_outcome::matches)
            add(pointer, "a string that matches " + std::string{pattern->get_string()}, "another");
        if (auto const* const format = member(rules, "format"))
            if (auto const form = bind::detail::find_format(format->get_string());
                form.holds != nullptr && !form.holds(text))
                add(pointer, std::string{form.name}, bind::detail::quoted(json::detail::shorten(text)));
    }

    void check_array(bj::object const& rules, bj::array const& items, std::string& pointer, std::size_t level) {
        check_count(rules, "minItems", "maxItems", items.size(), "items", pointer);
        auto const size = pointer.size();
        auto const* const each = member(rules, "items");
        auto const* const parts = member(rules, "prefixItems");
        auto const* const unique = member(rules, "uniqueItems");
        bool const is_set = unique != nullptr && unique->get_bool();
        std::unordered_set<std::string> seen;
        for (std::size_t i = 0; i < items.size() && !is_full(); ++i) {
            pointer.append("/").append(std::to_string(i));
            if (parts != nullptr && i < parts->get_array().size())
                check(parts->get_array()[i], items[i], pointer, level + 1);
            else if (each != nullptr)
                check(*each, items[i], pointer, level + 1);
            if (is_set && !seen.insert(canonical_text(items[i])).second)
                add(pointer, {}, std::string{bind::detail::duplicate_item});
            pointer.resize(size);
        }
        check_contains(rules, items, pointer, level);
    }

    void check_contains(bj::object const& rules, bj::array const& items, std::string& pointer, std::size_t level) {
        auto const* const wanted = member(rules, "contains");
        if (wanted == nullptr) return;
        std::size_t count = 0;
        for (auto const& item : items) count += try_schema(*wanted, item, pointer, level).empty() ? 1 : 0;
        check_count(rules, "minContains", "maxContains", count, "items of the wanted kind", pointer);
        if (count == 0 && member(rules, "minContains") == nullptr)
            add(pointer, "at least 1 item that fits " + json::detail::shorten(to_text(*wanted)), "none");
    }

    void check_object(bj::object const& rules, bj::object const& object, std::string& pointer, std::size_t level) {
        check_count(rules, "minProperties", "maxProperties", object.size(), "members", pointer);
        auto const* const properties = member(rules, "properties");
        auto const* const others = member(rules, "additionalProperties");
        auto const size = pointer.size();
        for (auto const& [key, value] : object) {
            json::detail::append_pointer(pointer, key);
            auto const* const known = properties != nullptr ? member(properties->get_object(), key) : nullptr;
            // Null for an optional property: a strict dialect has no other way to say "not there".
            bool const is_absent = value.is_null() && !is_required(rules, key);
            bool const matched = check_patterned(rules, key, value, pointer, level);
            check_name(rules, key, pointer, level);
            if (known != nullptr) {
                if (!is_absent) check(*known, value, pointer, level + 1);
            } else if (matched) {
            } else if (others != nullptr && others->is_bool() && !others->get_bool()) {
                add(pointer, {}, std::string{bind::detail::unknown_key});
            } else if (others != nullptr) {
                check(*others, value, pointer, level + 1);
            }
            pointer.resize(size);
        }
        check_required(rules, object, pointer);
        check_dependent(rules, object, pointer, level);
    }

    /// Whether a pattern of `patternProperties` fits the key; the value is held against each that does.
    bool check_patterned(bj::object const& rules, std::string_view key, bj::value const& value, std::string& pointer,
                         std::size_t level) {
        auto const* const patterns = member(rules, "patternProperties");
        if (patterns == nullptr) return false;
        bool matched = false;
        for (auto const& each : patterns->get_object()) {
            if (bind::detail::match_pattern(each.key(), key) != bind::detail::pattern_outcome::matches) continue;
            matched = true;
            check(each.value(), value, pointer, level + 1);
        }
        return matched;
    }

    void check_name(bj::object const& rules, std::string_view key, std::string& pointer, std::size_t level) {
        auto const* const names = member(rules, "propertyNames");
        if (names == nullptr) return;
        bj::value const name(bj::string_view{key.data(), key.size()});
        for (auto& each : try_schema(*names, name, pointer, level))
            add(pointer, "a key that is " + each.expected, bind::detail::quoted(json::detail::shorten(key)));
    }

    void check_dependent(bj::object const& rules, bj::object const& object, std::string& pointer, std::size_t level) {
        if (auto const* const lists = member(rules, "dependentRequired"))
            for (auto const& each : lists->get_object())
                if (member(object, each.key()) != nullptr)
                    check_required(bj::object{{"required", each.value()}}, object, pointer);
        if (auto const* const schemas = member(rules, "dependentSchemas"))
            for (auto const& each : schemas->get_object())
                if (member(object, each.key()) != nullptr) check(each.value(), object, pointer, level + 1);
    }

    void check_required(bj::object const& rules, bj::object const& object, std::string& pointer) {
        auto const* const required = member(rules, "required");
        if (required == nullptr) return;
        auto const size = pointer.size();
        for (auto const& name : required->get_array()) {
            if (member(object, name.get_string()) != nullptr) continue;
            auto const* const properties = member(rules, "properties");
            auto const* const wanted =
                properties != nullptr ? member(properties->get_object(), name.get_string()) : nullptr;
            json::detail::append_pointer(pointer, name.get_string());
            add(pointer, wanted != nullptr ? description_of(root_, *wanted) : "a value",
                std::string{bind::detail::missing_key});
            pointer.resize(size);
        }
    }

    // --- anyOf and its like ---

    std::vector<json::violation> try_schema(bj::value const& schema, bj::value const& value, std::string& pointer,
                                            std::size_t level) {
        auto const before = std::exchange(found_, {});
        check(schema, value, pointer, level + 1);
        return std::exchange(found_, before);
    }

    void check_combinations(bj::object const& rules, bj::value const& value, std::string& pointer, std::size_t level) {
        if (auto const* const all = member(rules, "allOf"))
            for (auto const& each : all->get_array()) check(each, value, pointer, level + 1);
        if (auto const* const any = member(rules, "anyOf"))
            check_alternatives(any->get_array(), value, pointer, level, false);
        if (auto const* const one = member(rules, "oneOf"))
            check_alternatives(one->get_array(), value, pointer, level, true);
        if (auto const* const condition = member(rules, "if")) {
            bool const holds = try_schema(*condition, value, pointer, level).empty();
            if (auto const* const then = member(rules, holds ? "then" : "else"))
                check(*then, value, pointer, level + 1);
        }
        if (auto const* const none = member(rules, "not");
            none != nullptr && try_schema(*none, value, pointer, level).empty())
            add(pointer, "a value that does not fit " + json::detail::shorten(to_text(*none)), "one that does");
    }

    void check_alternatives(bj::array const& schemas, bj::value const& value, std::string& pointer, std::size_t level,
                            bool only_one) {
        if (auto const tag = find_tag(root_, schemas); !tag.empty() && value.is_object())
            return check_tagged(schemas, tag, value, pointer, level);
        std::size_t fits = 0;
        std::size_t most_alike = 0;
        std::vector<json::violation> closest;
        for (auto const& each : schemas) {
            auto differences = try_schema(each, value, pointer, level);
            if (differences.empty()) {
                if (++fits == 1 && !only_one) return;
            } else if (auto const alike = likeness_of(root_, each, value); alike > most_alike) {
                most_alike = alike;
                closest = std::move(differences);
            }
        }
        if (fits > 1) return add(pointer, "a value that fits one alternative", "one that fits " + std::to_string(fits));
        if (fits == 1) return;
        if (closest.empty()) return add(pointer, description_of(root_, schemas), describe(value));
        for (auto& each : closest) add(each.pointer, std::move(each.expected), std::move(each.found));
    }

    void check_tagged(bj::array const& schemas, std::string_view tag, bj::value const& value, std::string& pointer,
                      std::size_t level) {
        auto const* const found = member(value.get_object(), tag);
        for (auto const& each : schemas)
            if (found != nullptr && is_text(*found, tag_of(root_, each, tag)))
                return check(each, value, pointer, level + 1);
        auto expected = bind::detail::one_of(
            schemas.size(), [&](std::size_t i) { return bind::detail::quoted(tag_of(root_, schemas[i], tag)); });
        auto const size = pointer.size();
        json::detail::append_pointer(pointer, tag);
        add(pointer, std::move(expected),
            found == nullptr ? std::string{bind::detail::missing_key} : json::detail::shorten(canonical_text(*found)));
        pointer.resize(size);
    }

    bj::value const& root_;
    std::vector<json::violation> found_{};
    std::vector<std::pair<bj::value const*, bj::value const*>> targets_{};  ///< References being followed.
    std::size_t checks_{0};
    std::size_t most_checks_;  ///< Alternatives inside alternatives could take exponential time.
};

}  // namespace

std::vector<json::violation> validate_tree(bj::value const& root, bj::value const& response, std::size_t most_checks) {
    return validator{root, most_checks}.run(response);
}

}  // namespace coax::schema::detail
