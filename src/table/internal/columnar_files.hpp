#pragma once

#include "table/internal/output_file.hpp"

#include <coax/core/result.hpp>
#include <coax/table/read_table.hpp>
#include <coax/table/table_source.hpp>

#include <memory>
#include <string>

namespace coax::table::detail {

/// Files whose bytes another library reads and writes.
struct columnar_files {
    /// @param name  For errors.
    result<std::unique_ptr<table_source>> (*read)(table_format format, std::string const& path, std::string name);
    /// The rows, whose columns are known, to a file that is committed afterwards.
    result<void> (*write)(table_format format, std::unique_ptr<table_source> rows, output_file& file);
};

[[nodiscard]] bool is_columnar(table_format format) noexcept;

/// Those of `use_arrow_files`; null: it was not called.
[[nodiscard]] columnar_files const* known_columnar_files() noexcept;
/// @param files  Must stay.
void set_columnar_files(columnar_files const& files) noexcept;

}  // namespace coax::table::detail
