#include "table/internal/column_set.hpp"

#include "table/internal/row_fields.hpp"

namespace coax::table::detail {

void column_set::found::add(std::string const& name, json_value const& value) {
    auto const [place, is_new] = places.emplace(name, names.size());
    if (is_new) {
        names.push_back(name);
        shapes.emplace_back();
    }
    shapes[place->second].add(value);
}

void column_set::add(json_value const& row) {
    for (auto const& [name, value] : members_of(row)) members_.add(name, value);
    if (!flat_) return;
    for_each_leaf(row, [&](std::string const& path, json_value const& leaf) { leaves_.add(path, leaf); });
    if (leaves_.names.size() <= most_) return;
    flat_ = false;
    leaves_ = {};
}

std::vector<table_column> column_set::columns() const {
    auto const& wanted = flat_ ? leaves_ : members_;
    std::vector<table_column> list;
    list.reserve(wanted.names.size());
    for (std::size_t at = 0; at < wanted.names.size(); ++at) list.push_back(wanted.shapes[at].column(wanted.names[at]));
    return list;
}

}  // namespace coax::table::detail
