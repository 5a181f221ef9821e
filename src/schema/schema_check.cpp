#include "schema/schema_check.hpp"

#include "bind/internal/pattern.hpp"
#include "json/internal/text.hpp"
#include "schema/schema_keywords.hpp"
#include "schema/schema_navigation.hpp"
#include "schema/schema_references.hpp"

#include <coax/schema/detail/schema_node.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <unordered_set>
#include <utility>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

/// Schemas that others refer to. The largest public ones have fewer; each costs time with each other.
constexpr std::size_t most_targets = 1'000;

bool is_type_name(bj::value const& value) {
    return value.is_string() && !value.get_string().empty() &&
           std::find(std::begin(type_names), std::end(type_names), std::string_view{value.get_string()}) !=
               std::end(type_names);
}

bool is_text_list(bj::value const& value) {
    return value.is_array() && std::all_of(value.get_array().begin(), value.get_array().end(),
                                           [](auto const& each) { return each.is_string(); });
}

bool is_type_list(bj::value const& value) {
    return value.is_array() && !value.get_array().empty() &&
           std::all_of(value.get_array().begin(), value.get_array().end(), is_type_name);
}

bool is_positive(bj::value const& value) { return value.is_number() && value.to_number<double>() > 0; }

/// 2.0 is one, too.
bool is_count(bj::value const& value) {
    if (!value.is_number()) return false;
    auto const number = value.to_number<double>();
    return number >= 0 && number < 1e15 && std::trunc(number) == number;
}

class schema_checker {
public:
    explicit schema_checker(bj::value const& root) : root_{root}, index_{root} {}

    result<schema_places> check() {
        check_schema(root_, {}, 0);
        while (!targets_.empty() && !failure_) {
            auto const pointer = std::move(targets_.back());
            targets_.pop_back();
            boost::system::error_code failure;
            check_schema(*root_.find_pointer(pointer, failure), pointer, 0);
        }
        if (failure_) return std::move(*failure_);
        return std::move(places_);
    }

private:
    void refuse(std::string where, std::string message) {
        if (failure_) return;
        failure_ = error{.code = errc::invalid_argument,
                         .message = "not a usable JSON Schema: " + std::move(message),
                         .where = std::move(where)};
    }

    void check_schema(bj::value const& schema, std::string const& where, std::size_t level) {
        if (failure_ || !visited_.insert(&schema).second) return;
        if (level > max_schema_depth) return refuse(where, "nested too deep");
        if (schema.is_bool()) return;
        if (!schema.is_object()) return refuse(where, "expected an object, true or false");
        places_.schemas.push_back(where);
        for (auto const& [key, value] : schema.get_object()) check_operand(key, value, below(where, key), level);
    }

    void check_operand(std::string_view key, bj::value const& value, std::string const& where, std::size_t level) {
        using enum operand;
        auto const what = operand_of(key);
        switch (what) {
            case schema:
            case schema_or_list:
            case schemas:
            case named_schemas:
            case patterned_schemas:
            case dependencies: return check_schemas(what, key, value, where, level);
            case reference: return check_reference(key, value, where);
            case unsupported: return refuse(where, "the keyword " + std::string{key} + " is not supported");
            case regular_expression: return check_pattern(value, where);
            case named_names: return check_named_names(value, where);
            default: return check_scalar(what, value, where);
        }
    }

    void check_scalar(operand what, bj::value const& value, std::string const& where) {
        using enum operand;
        switch (what) {
            case number: return demand(value.is_number(), where, "expected a number");
            case number_or_flag:
                return demand(value.is_number() || value.is_bool(), where, "expected a number, or true or false");
            case positive: return demand(is_positive(value), where, "expected a number above 0");
            case count: return demand(is_count(value), where, "expected a whole number, 0 or more");
            case text: return demand(value.is_string(), where, "expected a string");
            case flag: return demand(value.is_bool(), where, "expected true or false");
            case names: return demand(is_text_list(value), where, "expected an array of strings");
            case values: return demand(value.is_array(), where, "expected an array of values");
            case types:
                return demand(is_type_name(value) || is_type_list(value), where,
                              "expected one or more of null, boolean, integer, number, string, array, object");
            default: return;
        }
    }

    void demand(bool holds, std::string const& where, char const* message) {
        if (!holds) refuse(where, message);
    }

    void check_pattern(bj::value const& value, std::string const& where) {
        if (!value.is_string()) return refuse(where, "expected a string");
        if (bind::detail::match_pattern(value.get_string(), {}) == bind::detail::pattern_outcome::not_a_pattern)
            refuse(where, "the pattern cannot be compiled");
    }

    void check_schemas(operand what, std::string_view key, bj::value const& value, std::string const& where,
                       std::size_t level) {
        using enum operand;
        if (what == schemas && (!value.is_array() || value.get_array().empty()))
            return refuse(where, "expected an array with at least one schema");
        bool const wants_object = what == named_schemas || what == patterned_schemas || what == dependencies;
        if (wants_object && !value.is_object()) return refuse(where, "expected an object of schemas");
        if (what == patterned_schemas)
            for (auto const& each : value.get_object()) check_pattern(bj::value(each.key()), below(where, each.key()));
        if (what == dependencies) check_dependencies(value.get_object(), where);
        visit_schemas(key, value, where, [&](std::string const& pointer, bj::value const& each) {
            check_schema(each, pointer, level + 1);
        });
    }

    void check_dependencies(bj::object const& value, std::string const& where) {
        for (auto const& [key, each] : value)
            demand(!each.is_array() || is_text_list(each), below(where, key), "expected an array of strings");
    }

    void check_named_names(bj::value const& value, std::string const& where) {
        if (!value.is_object()) return refuse(where, "expected an object of arrays of strings");
        for (auto const& [key, each] : value.get_object())
            demand(is_text_list(each), below(where, key), "expected an array of strings");
    }

    void check_reference(std::string_view key, bj::value const& value, std::string const& where) {
        if (!value.is_string()) return refuse(where, "expected a string");
        auto const from = where.substr(0, where.rfind('/'));
        std::string_view const text{value.get_string()};
        auto target = key == "$ref" ? index_.find(from, text) : index_.find_dynamic(from, text);
        if (!target && key != "$ref" && index_.find(from, text))
            return refuse(where, "the keyword " + std::string{key} + " is not supported where it has a choice");
        if (!target)
            return refuse(where, "expected a reference such as \"#/$defs/name\" to a schema in this file, found \"" +
                                     json::detail::shorten(text) + "\"");
        if (known_targets_.insert(*target).second) targets_.push_back(*target);
        if (known_targets_.size() > most_targets)
            return refuse(where, "more than " + std::to_string(most_targets) + " schemas are referred to");
        places_.references.emplace(where, *std::move(target));
    }

    bj::value const& root_;
    reference_index index_;
    schema_places places_{};
    std::unordered_set<bj::value const*> visited_{};
    std::unordered_set<std::string> known_targets_{};
    std::vector<std::string> targets_{};  ///< Those still to be checked.
    std::optional<error> failure_{};
};

}  // namespace

result<schema_places> check_schema(bj::value const& root) { return schema_checker{root}.check(); }

}  // namespace coax::schema::detail
