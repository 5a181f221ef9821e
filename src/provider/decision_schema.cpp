#include "provider/json_text.hpp"

#include <coax/bind/read.hpp>
#include <coax/provider/decision.hpp>

#include <algorithm>
#include <utility>

namespace coax {
namespace {

using detail::json_members;
using detail::read_members;

constexpr std::int64_t most_levels = 10;

/// A schema and where it is.
struct schema_place {
    json_members members{};
    std::string pointer{};

    [[nodiscard]] json_value const* find(std::string const& name) const {
        auto const at = members.find(name);
        return at == members.end() ? nullptr : &at->second;
    }
    [[nodiscard]] error refuse(std::string message) const { return invalid_argument(pointer, std::move(message)); }
};

std::string escaped(std::string name) {
    for (std::size_t at = 0; (at = name.find_first_of("~/", at)) != std::string::npos; at += 2)
        name.replace(at, 1, name[at] == '~' ? "~0" : "~1");
    return name;
}

/// The types that a schema allows, but for null. @param nullable  Whether that was among them.
std::vector<std::string> types_of(schema_place const& at, bool& nullable) {
    auto const* const type = at.find("type");
    std::vector<std::string> types;
    if (type == nullptr) return types;
    if (type->is_string()) types.push_back(detail::text_of(*type));
    if (auto list = json::read<std::vector<std::string>>(*type)) types = *std::move(list);
    nullable |= std::erase(types, "null") > 0;
    return types;
}

/// The texts of an `enum` or a `const`; none: it has other values.
std::optional<std::vector<std::string>> labels_of(schema_place const& at, bool& nullable) {
    auto const* const listed = at.find("enum");
    if (listed == nullptr) return std::nullopt;
    auto const values = json::read<std::vector<json_value>>(*listed);
    if (!values) return std::nullopt;
    std::vector<std::string> labels;
    for (auto const& value : *values) {
        if (value.is_null()) {
            nullable = true;
            continue;
        }
        if (!value.is_string()) return std::nullopt;
        labels.push_back(*json::read<std::string>(value));
    }
    return labels;
}

std::optional<std::int64_t> bound_of(schema_place const& at, std::string const& name) {
    auto const* const bound = at.find(name);
    auto const number = bound == nullptr ? result<std::int64_t>{error{}} : json::read<std::int64_t>(*bound);
    return number ? std::optional{*number} : std::nullopt;
}

result<void> add_levels(schema_place const& at, decision_question& question) {
    auto low = bound_of(at, "minimum");
    auto high = bound_of(at, "maximum");
    if (auto const above = bound_of(at, "exclusiveMinimum"); !low && above) low = *above + 1;
    if (auto const below = bound_of(at, "exclusiveMaximum"); !high && below) high = *below - 1;
    if (!low || !high || at.find("multipleOf") != nullptr)
        return at.refuse("an integer without bounds cannot be decided: give it a minimum and a maximum");
    if (*low >= *high || *high >= *low + most_levels) return at.refuse("a score has 2 to 10 levels");
    question.kind = decision_kind::score;
    for (auto level = *low; level <= *high; ++level) question.options.push_back({.label = std::to_string(level)});
    return {};
}

/// Reads the questions of one property, or of all within it.
result<void> add_questions(schema_place const& at, std::string const& name, std::vector<decision_question>& out);

result<void> add_properties(schema_place const& at, std::string const& prefix, std::vector<decision_question>& out) {
    auto const* const properties = at.find("properties");
    detail::ordered_members listed;
    if (properties == nullptr || !json::read_into(listed, properties->text()) || listed.size() == 0)
        return at.refuse("an object has questions only by its properties");
    for (auto const& [name, schema] : listed) {
        schema_place const inner{.members = read_members(schema),
                                 .pointer = at.pointer + "/properties/" + escaped(name)};
        if (auto added = add_questions(inner, prefix.empty() ? name : prefix + '.' + name, out); !added) return added;
    }
    return {};
}

result<void> add_questions(schema_place const& at, std::string const& name, std::vector<decision_question>& out) {
    decision_question question{.name = name};
    if (auto const* const words = at.find("description")) question.instructions = detail::text_of(*words);
    auto const types = types_of(at, question.may_abstain);
    auto const type = types.size() == 1 ? types.front() : std::string{};
    if (type == "object" && !question.may_abstain) return add_properties(at, name, out);
    if (auto const labels = labels_of(at, question.may_abstain); labels && (type == "string" || types.empty())) {
        question.kind = decision_kind::choice;
        for (auto const& label : *labels) question.options.push_back({.label = label});
    } else if (type == "integer" && at.find("enum") == nullptr) {
        if (auto added = add_levels(at, question); !added) return added;
    } else if (type != "boolean" || at.find("enum") != nullptr) {
        return at.refuse("cannot be decided: use boolean, an enum of texts, or an integer with minimum and maximum");
    }
    out.push_back(std::move(question));
    return {};
}

}  // namespace

result<std::vector<decision_question>> read_decision_questions(std::string_view schema) {
    auto const parsed = json_value::parse(schema);
    if (!parsed) return invalid_argument(parsed.error().where, "is no JSON: " + parsed.error().message);
    if (!parsed->is_object()) return invalid_argument({}, "must be a JSON object");
    std::vector<decision_question> questions;
    schema_place const root{.members = read_members(*parsed)};
    if (auto added = add_properties(root, {}, questions); !added) return std::move(added).error();
    return questions;
}

}  // namespace coax
