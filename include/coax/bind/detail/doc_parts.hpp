#pragma once

#include <coax/reflect/doc.hpp>

namespace coax::bind::detail {

/// The part of a list's or map's documentation that is about the list itself.
constexpr doc of_list(doc const* stated) {
    doc own{};
    if (stated == nullptr) return own;
    own.title = stated->title;
    own.description = stated->description;
    own.min_items = stated->min_items;
    own.max_items = stated->max_items;
    own.unique_items = stated->unique_items;
    own.default_value = stated->default_value;
    own.examples = stated->examples;
    own.deprecated = stated->deprecated;
    return own;
}

/// The part that is about its items: bounds of numbers and strings.
constexpr doc of_items(doc const& stated) {
    doc each = stated;
    each.description = each.title = each.name = each.default_value = each.examples = {};
    each.min_items = each.max_items = {};
    each.unique_items = each.deprecated = each.skip = false;
    return each;
}

}  // namespace coax::bind::detail
