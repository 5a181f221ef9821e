#pragma once

#include <coax/reflect/doc.hpp>

namespace coax::bind::detail {

/// The part of a list's or map's documentation that is about its items: bounds of numbers and strings.
constexpr doc of_items(doc const& stated) {
    doc each = stated;
    each.description = each.title = each.name = each.default_value = each.examples = {};
    each.min_items = each.max_items = {};
    each.unique_items = each.deprecated = each.skip = false;
    return each;
}

}  // namespace coax::bind::detail
