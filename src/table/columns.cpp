#include "table/internal/columns.hpp"

#include "core/internal/near_names.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace coax {

bool table_column::operator==(table_column const& other) const = default;

namespace {

constexpr std::array type_names{
    std::pair{std::string_view{"text"}, column_type::text},
    std::pair{std::string_view{"integer"}, column_type::integer},
    std::pair{std::string_view{"number"}, column_type::number},
    std::pair{std::string_view{"boolean"}, column_type::boolean},
    std::pair{std::string_view{"date"}, column_type::date},
    std::pair{std::string_view{"timestamp"}, column_type::timestamp},
    std::pair{std::string_view{"json"}, column_type::json},
    std::pair{std::string_view{"string"}, column_type::text},
    std::pair{std::string_view{"str"}, column_type::text},
    std::pair{std::string_view{"int"}, column_type::integer},
    std::pair{std::string_view{"int64"}, column_type::integer},
    std::pair{std::string_view{"float"}, column_type::number},
    std::pair{std::string_view{"double"}, column_type::number},
    std::pair{std::string_view{"bool"}, column_type::boolean},
};

}  // namespace

std::string_view to_string(column_type type) noexcept { return type_names[static_cast<std::size_t>(type)].first; }

result<column_type> parse_column_type(std::string_view name) {
    for (auto const& [known, type] : type_names)
        if (known == name) return type;
    return invalid_argument(std::string{name},
                            "no type of columns: it is one of text, integer, number, boolean, date, "
                            "timestamp, json");
}

namespace table::detail {

std::vector<std::string> names_of(std::span<table_column const> columns) {
    std::vector<std::string> names;
    for (auto const& column : columns) names.push_back(column.name);
    return names;
}

table_column const* find_column(std::span<table_column const> columns, std::string_view name) {
    auto const found = std::ranges::find(columns, name, &table_column::name);
    return found == columns.end() ? nullptr : &*found;
}

error unknown_column(std::string where, std::string_view name, std::span<table_column const> columns) {
    constexpr std::size_t most_listed = 20;
    std::vector<std::string_view> known;
    for (auto const& column : columns) known.emplace_back(column.name);
    auto message = "no column \"" + std::string{name} + '"';
    if (auto const near = core::detail::near_names(name, known); !near.empty())
        message += ": did you mean " + core::detail::one_of(near) + '?';
    if (!known.empty()) message += message.ends_with('?') ? " There are" : "; there are";
    for (std::size_t at = 0; at < std::min(known.size(), most_listed); ++at)
        message.append(at == 0 ? " \"" : ", \"").append(known[at]) += '"';
    if (known.size() > most_listed) message += " and " + std::to_string(known.size() - most_listed) + " more";
    return invalid_argument(std::move(where), std::move(message));
}

column_type common_type(column_type a, column_type b) noexcept {
    auto const is_number = [](column_type type) { return type == column_type::integer || type == column_type::number; };
    auto const is_text = [](column_type type) {
        return type == column_type::text || type == column_type::date || type == column_type::timestamp;
    };
    if (a == b) return a;
    if (is_number(a) && is_number(b)) return column_type::number;
    return is_text(a) && is_text(b) ? column_type::text : column_type::json;
}

std::optional<std::size_t> find_repeated(std::span<std::string const> names) {
    std::set<std::string_view> seen;
    for (std::size_t at = 0; at < names.size(); ++at)
        if (!seen.insert(names[at]).second) return at;
    return std::nullopt;
}

}  // namespace table::detail
}  // namespace coax
