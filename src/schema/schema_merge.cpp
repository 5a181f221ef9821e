#include "schema/schema_merge.hpp"

#include "bind/internal/pattern.hpp"
#include "schema/schema_keywords.hpp"
#include "schema/schema_navigation.hpp"
#include "schema/schema_values.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

bool is_one_of(std::string_view key, std::initializer_list<std::string_view> keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

bj::value both(bj::value const& a, bj::value const& b) {
    if (a == b || b == bj::value(true)) return a;
    if (a == bj::value(true)) return b;
    return bj::object{{"allOf", bj::array{a, b}}};
}

bool lists(bj::array const& list, bj::value const& value) {
    auto const text = canonical_text(value);
    return std::any_of(list.begin(), list.end(), [&](auto const& each) { return canonical_text(each) == text; });
}

bj::array types_in(bj::value const& type) { return type.is_array() ? type.get_array() : bj::array{type}; }

/// The types that both allow: an integer is a number, too.
bj::array common_types(bj::value const& a, bj::value const& b) {
    bj::array common;
    auto const a_types = types_in(a);
    auto const b_types = types_in(b);
    for (auto const& each : a_types)
        if (lists(b_types, each) || (each == "integer" && lists(b_types, "number"))) common.push_back(each);
    for (auto const& each : b_types)
        if (each == "integer" && lists(a_types, "number") && !lists(common, each)) common.push_back(each);
    return common;
}

/// Whether an object schema says of itself, not only as one of the others, what a key holds.
bool knows(bj::object const& schema, std::string_view key) {
    auto const* const properties = member(schema, "properties");
    if (properties != nullptr && member(properties->get_object(), key) != nullptr) return true;
    auto const* const patterns = member(schema, "patternProperties");
    return patterns != nullptr &&
           std::any_of(patterns->get_object().begin(), patterns->get_object().end(), [&](auto const& each) {
               return bind::detail::match_pattern(each.key(), key) == bind::detail::pattern_outcome::matches;
           });
}

/// What a schema says of a key that only the other one lists.
bj::value const* rule_for_others(bj::object const& schema, std::string_view key) {
    return knows(schema, key) ? nullptr : member(schema, "additionalProperties");
}

class merger {
public:
    merger(bj::object a, bj::object const& b) : a_{std::move(a)}, b_{b} {}

    std::optional<bj::object> merge() {
        merge_properties();
        merge_items();
        for (auto const& [key, value] : b_)
            if (!is_one_of(key, {"properties", "items", "prefixItems"})) merge_keyword(key, value);
        if (contradiction_) return std::nullopt;
        return std::move(a_);
    }

private:
    void merge_keyword(std::string_view key, bj::value const& value) {
        auto* const mine = a_.if_contains(key);
        if (mine == nullptr) {
            a_[key] = value;
            return;
        }
        if (*mine == value || is_annotation(key)) return;
        if (key == "type") return merge_types(*mine, value);
        if (key == "enum") return merge_enums(*mine, value);
        if (key == "const") {
            contradiction_ = contradiction_ || canonical_text(*mine) != canonical_text(value);
        } else if (key == "uniqueItems") {
            *mine = mine->get_bool() || value.get_bool();
        } else if (operand_of(key) == operand::count || operand_of(key) == operand::number_or_flag ||
                   operand_of(key) == operand::number) {
            merge_bound(key, *mine, value);
        } else if (key == "multipleOf" && (is_multiple(value, *mine) || is_multiple(*mine, value))) {
            if (is_multiple(value, *mine)) *mine = value;
        } else {
            merge_schema_keyword(key, *mine, value);
        }
    }

    void merge_schema_keyword(std::string_view key, bj::value& mine, bj::value const& value) {
        if (is_one_of(key, {"additionalProperties", "propertyNames"})) {
            mine = both(mine, value);
        } else if (key == "not") {
            mine = bj::object{{"anyOf", bj::array{mine, value}}};
        } else if (key == "required") {
            add_names(mine.get_array(), value.get_array());
        } else if (is_one_of(key, {"patternProperties", "dependentSchemas", "$defs", "definitions"})) {
            for (auto const& each : value.get_object()) {
                auto& kept = mine.get_object()[each.key()];
                kept = kept.is_null() ? each.value() : both(kept, each.value());
            }
        } else if (key == "dependentRequired") {
            for (auto const& each : value.get_object()) {
                auto& kept = mine.get_object()[each.key()];
                if (kept.is_null()) kept = bj::array{};
                add_names(kept.get_array(), each.value().get_array());
            }
        } else {
            leave(key, value);
        }
    }

    /// What cannot stand beside what is there.
    void leave(std::string_view key, bj::value const& value) {
        auto& rest = a_["allOf"];
        if (!rest.is_array()) rest = bj::array{};
        rest.get_array().push_back(bj::object{{key, value}});
    }

    static void add_names(bj::array& names, bj::array const& more) {
        for (auto const& each : more)
            if (!lists(names, each)) names.push_back(each);
    }

    void merge_types(bj::value& mine, bj::value const& value) {
        auto common = common_types(mine, value);
        contradiction_ = contradiction_ || common.empty();
        if (common.size() == 1)
            mine = bj::value(common[0]);
        else
            mine = std::move(common);
    }

    void merge_enums(bj::value& mine, bj::value const& value) {
        bj::array common;
        for (auto const& each : mine.get_array())
            if (lists(value.get_array(), each)) common.push_back(each);
        contradiction_ = contradiction_ || common.empty();
        mine = std::move(common);
    }

    static void merge_bound(std::string_view key, bj::value& mine, bj::value const& value) {
        bool const is_lower = key.starts_with("min") || key == "exclusiveMinimum";
        if ((compare(value, mine) > 0) == is_lower) mine = value;
    }

    // --- children ---

    void merge_properties() {
        auto const* const theirs = member(b_, "properties");
        bj::object merged;
        if (auto const* const mine = member(a_, "properties"))
            for (auto const& each : mine->get_object()) {
                auto const* const listed = theirs != nullptr ? member(theirs->get_object(), each.key()) : nullptr;
                auto const* const other = listed != nullptr ? listed : rule_for_others(b_, each.key());
                merged[each.key()] = other != nullptr ? both(each.value(), *other) : each.value();
            }
        else if (theirs == nullptr)
            return;
        if (theirs != nullptr)
            for (auto const& each : theirs->get_object()) {
                if (merged.contains(each.key())) continue;
                auto const* const other = rule_for_others(a_, each.key());
                merged[each.key()] = other != nullptr ? both(each.value(), *other) : each.value();
            }
        a_["properties"] = std::move(merged);
    }

    static bj::value const* rule_for_item(bj::object const& schema, std::size_t index) {
        auto const* const parts = member(schema, "prefixItems");
        if (parts != nullptr && index < parts->get_array().size()) return &parts->get_array()[index];
        return member(schema, "items");
    }

    void merge_items() {
        auto const size_of = [](bj::value const* parts) { return parts != nullptr ? parts->get_array().size() : 0; };
        auto const count = std::max(size_of(member(a_, "prefixItems")), size_of(member(b_, "prefixItems")));
        bj::array parts;
        for (std::size_t i = 0; i < count; ++i) parts.push_back(item(i));
        auto const others = member(a_, "items") != nullptr || member(b_, "items") != nullptr
                                ? std::optional<bj::value>{item(static_cast<std::size_t>(-1))}
                                : std::nullopt;
        if (!parts.empty()) a_["prefixItems"] = std::move(parts);
        if (others) a_["items"] = *others;
    }
    [[nodiscard]] bj::value item(std::size_t index) const {
        auto const* const mine = rule_for_item(a_, index);
        auto const* const theirs = rule_for_item(b_, index);
        if (mine == nullptr || theirs == nullptr)
            return mine != nullptr ? *mine : theirs != nullptr ? *theirs : bj::value(true);
        return both(*mine, *theirs);
    }

    bj::object a_;
    bj::object const& b_;
    bool contradiction_{false};
};

}  // namespace

std::optional<bj::object> merge_schemas(bj::object a, bj::object const& b) { return merger{std::move(a), b}.merge(); }

}  // namespace coax::schema::detail
