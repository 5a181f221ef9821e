#pragma once

#include <coax/json/value.hpp>
#include <coax/table/table_source.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax::table::detail {

/// The members of a row, in their order.
using member_list = std::vector<std::pair<std::string, json_value>>;
[[nodiscard]] member_list members_of(json_value const& object);

/// Calls `visit` for each value that is no object, or an empty one, with its path: `a.b` for a member of a member.
void for_each_leaf(json_value const& object, std::function<void(std::string const&, json_value const&)> const& visit);

/// The values of a row by name, or by path where no member has the name.
class row_fields {
public:
    explicit row_fields(json_value const& row);
    /// Null: the row has none.
    [[nodiscard]] json_value const* find(std::string const& name);

private:
    std::map<std::string, json_value> members_;
    std::map<std::string, json_value> leaves_{};
    bool flattened_{false};
};

/// The type of one value; a null has none, which is said by `type` staying as it is.
void widen(std::optional<column_type>& type, json_value const& value);

}  // namespace coax::table::detail
