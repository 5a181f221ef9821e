#pragma once

#include <coax/schema/detail/dialect_rules.hpp>
#include <coax/schema/detail/schema_problem.hpp>

#include <cstddef>
#include <string_view>

namespace coax::schema::detail {

/// Counts what a dialect limits, and keeps the first problem: a limit that is passed, or one told by `fail`.
class limit_counter {
public:
    constexpr explicit limit_counter(dialect_limits const& most) : most_{most} {}

    /// Around what is inside an object or array.
    constexpr void enter() {
        if (++level_ > most_.levels) fail(schema_problem::too_deep);
    }
    constexpr void leave() { --level_; }
    [[nodiscard]] constexpr std::size_t level() const { return level_; }

    /// Counts nothing but levels from here on, or all but levels.
    constexpr void set_only_levels() { most_ = {.levels = most_.levels}; }
    constexpr void set_no_levels() { most_.levels = no_limit; }
    [[nodiscard]] constexpr bool limits_levels() const { return most_.levels != no_limit; }

    constexpr void add_property(std::string_view name, bool is_required) {
        add_characters(name.size());
        if (++properties_ > most_.properties) fail(schema_problem::too_many_properties);
        if (!is_required && ++optionals_ > most_.optionals) fail(schema_problem::too_many_optionals);
    }
    constexpr void add_union() {
        if (++unions_ > most_.unions) fail(schema_problem::too_many_unions);
    }
    constexpr void add_enum(std::size_t values, std::size_t characters) {
        add_characters(characters);
        if ((enum_values_ += values) > most_.enum_values) fail(schema_problem::too_many_enum_values);
        if (values > 250 && characters > most_.enum_characters) fail(schema_problem::too_many_characters);
    }
    /// Of a constant, or the name of a definition.
    constexpr void add_characters(std::size_t characters) {
        if ((characters_ += characters) > most_.characters) fail(schema_problem::too_many_characters);
    }

    constexpr void fail(schema_problem problem) {
        if (problem_ == schema_problem::none) problem_ = problem;
    }
    [[nodiscard]] constexpr schema_problem problem() const { return problem_; }

private:
    dialect_limits most_;
    schema_problem problem_{schema_problem::none};
    std::size_t level_{0};
    std::size_t properties_{0};
    std::size_t optionals_{0};
    std::size_t unions_{0};
    std::size_t enum_values_{0};
    std::size_t characters_{0};
};

}  // namespace coax::schema::detail
