#pragma once

#include <coax/json/value.hpp>
#include <coax/table/table_source.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coax::table::detail {

/// The form that all values of a column have: of objects their members', of lists that of what they hold. Values of
/// several kinds, and what is deeper or wider than anyone wants in a table, are JSON of any form.
class value_shape {
public:
    void add(json_value const& value) { add(value, 0); }
    /// A column of such values. Where no value was more than null it is text.
    [[nodiscard]] table_column column(std::string name) const;

private:
    enum class kind { unknown, scalar, object, list, any };

    void add(json_value const& value, int depth);
    void add_object(json_value const& value, int depth);
    [[nodiscard]] bool becomes(kind wanted);
    [[nodiscard]] value_shape* member(std::string const& name);

    kind kind_{kind::unknown};
    std::optional<column_type> type_{};  ///< Of scalars.
    /// Of objects, in the order in which they come; of lists one without a name.
    std::vector<std::pair<std::string, std::unique_ptr<value_shape>>> children_{};
};

/// Whether a column's values are lists, with what they hold as its one child.
[[nodiscard]] bool is_list(table_column const& column) noexcept;

/// The column that a path names, "a.b" for a member of objects; null: there is none.
[[nodiscard]] table_column const* find_nested(std::vector<table_column> const& columns, std::string_view path);

}  // namespace coax::table::detail
