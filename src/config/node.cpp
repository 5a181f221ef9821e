#include "config/node.hpp"

#include <algorithm>

namespace coax::config::detail {

std::string to_string(place const& where) {
    if (where.line == 0) return where.source;
    return where.source + ':' + std::to_string(where.line) + ':' + std::to_string(where.column);
}

node const* node::find(std::string_view name) const noexcept {
    auto const found = std::ranges::find(items, name, &node::key);
    return kind != node_kind::map || found == items.end() ? nullptr : &*found;
}

}  // namespace coax::config::detail
