#pragma once

#include "table/internal/value_shape.hpp"

#include <coax/table/table_source.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace coax::table::detail {

/// The columns that rows turn out to have, in the order in which they come.
class column_set {
public:
    /// @param flat  Objects are told by their members, as `a.b`, unless these are more than `most`.
    explicit column_set(bool flat, std::size_t most = 1'000) : flat_{flat}, most_{most} {}

    void add(json_value const& row);
    /// With types; a column of nulls is text.
    [[nodiscard]] std::vector<table_column> columns() const;

private:
    struct found {
        std::vector<std::string> names{};
        std::vector<value_shape> shapes{};
        std::map<std::string, std::size_t, std::less<>> places{};

        void add(std::string const& name, json_value const& value);
    };

    bool flat_;
    std::size_t most_;
    found members_{};
    found leaves_{};
};

}  // namespace coax::table::detail
