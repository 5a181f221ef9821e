#pragma once

#include <coax/core/result.hpp>
#include <coax/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// What the values of a column are.
enum class column_type {
    text,
    integer,  ///< 64 bits.
    number,   ///< A double; its digits are kept as they came.
    boolean,
    date,       ///< Text, "2026-11-29".
    timestamp,  ///< Text, "2026-11-29T08:00:00Z".
    json,       ///< Anything: objects, arrays, values of several types.
};

/// "text", "integer" and so on.
[[nodiscard]] std::string_view to_string(column_type type) noexcept;

/// By the names above and the usual others: string, str, int, int64, float, double, bool.
/// Errors: `errc::invalid_argument`.
[[nodiscard]] result<column_type> parse_column_type(std::string_view name);

/// One column of a table.
struct table_column {
    std::string name{};
    column_type type{column_type::text};
    /// Of JSON, where all its values have one form: the members of objects, each with a name; or one column without a
    /// name, what lists hold. Empty: values of any form.
    std::vector<table_column> children{};

    [[nodiscard]] bool operator==(table_column const& other) const;
};

/// One row of a table.
struct table_row {
    std::uint64_t line{0};  ///< Where it begins, from 1, as an editor counts; of a table without lines: which row.
    std::string where{};    ///< "file:line", as errors name it.
    json_value fields{};    ///< The object of its values; null where `problem` is set.
    /// It is no row: `errc::invalid_json` or `errc::too_large`; `where` is "file:line" or "file:line:column".
    std::optional<error> problem{};
};

/// Rows one by one: one is held at a time, however long the table.
/// Thread safety: one thread at a time. `next` blocks for the disk.
class table_source {
public:
    table_source() = default;
    table_source(table_source const&) = delete;
    table_source& operator=(table_source const&) = delete;
    virtual ~table_source() = default;

    /// The columns in their order, where they are known before the rows; else none: each row says its own.
    [[nodiscard]] virtual std::vector<table_column> const& columns() const noexcept = 0;

    /// The next row; none at the end. A bad one is a row with its `problem`, and reading goes on.
    /// Errors: `errc::io_failed`: nothing more can be read.
    [[nodiscard]] virtual result<std::optional<table_row>> next() = 0;
};

}  // namespace coax
