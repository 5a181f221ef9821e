#pragma once

#include <coax/core/error.hpp>
#include <coax/table/read_table.hpp>
#include <coax/table/table_source.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coax::table::detail {

[[nodiscard]] std::vector<std::string> names_of(std::span<table_column const> columns);

/// The first column of a name; null: there is none.
[[nodiscard]] table_column const* find_column(std::span<table_column const> columns, std::string_view name);

/// "no column "txet": did you mean "text"? There are "id", "text"".
[[nodiscard]] error unknown_column(std::string where, std::string_view name, std::span<table_column const> columns);

/// The type that has the values of both.
[[nodiscard]] column_type common_type(column_type a, column_type b) noexcept;

/// The first name that stands twice; none: all are different.
[[nodiscard]] std::optional<std::size_t> find_repeated(std::span<std::string const> names);

/// Errors: `errc::invalid_argument`: it is that of another library's files, and that is not there.
[[nodiscard]] result<void> check_format(table_format format, std::string const& path);
/// The format that a name's end tells. Errors: as `check_format`.
[[nodiscard]] result<table_format> known_format(std::string const& path);

}  // namespace coax::table::detail
