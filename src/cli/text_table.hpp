#pragma once

#include <coax/json/value.hpp>
#include <coax/table/table_source.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace coax::cli {

/// Rows under the names of their columns, aligned, in lines of at most `width` columns of a terminal. Columns that
/// would leave no room for others are cut; those for which none is left are counted below the names.
/// @param columns  Names, or paths such as `a.b`; numbers stand at the right.
[[nodiscard]] std::string to_text_table(std::vector<table_column> const& columns, std::vector<json_value> const& rows,
                                        std::size_t width);

}  // namespace coax::cli
