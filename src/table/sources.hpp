#pragma once

#include "table/internal/input_file.hpp"

#include <coax/table/read_table.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace coax::table::detail {

[[nodiscard]] result<std::unique_ptr<table_source>> open_csv(input_file file, table_options const& options);
[[nodiscard]] result<std::unique_ptr<table_source>> open_jsonl(input_file file, table_options const& options);

/// "file:line", and "file:line:column".
[[nodiscard]] std::string place_in(std::string const& file, std::uint64_t line);
[[nodiscard]] std::string place_in(std::string const& file, std::uint64_t line, std::uint64_t column);

}  // namespace coax::table::detail
