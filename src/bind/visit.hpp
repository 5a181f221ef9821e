#pragma once

#include <coax/bind/detail/type_descriptor.hpp>

#include <cstddef>
#include <string_view>

namespace coax::bind::detail {

/// The items of a vector, array, set or the like.
[[nodiscard]] inline std::size_t item_count(type_descriptor const& type, void const* list) {
    return type.what == kind::collection ? type.collection->size(list) : type.sequence->view(list).size;
}

/// Calls `visit(item)` for each of them.
template <class Visit>
void for_each_item(type_descriptor const& type, void const* list, Visit visit) {
    if (type.what == kind::collection) {
        type.collection->visit(list, &visit,
                               [](void* context, void const* item) { (*static_cast<Visit*>(context))(item); });
        return;
    }
    auto const items = type.sequence->view(list);
    auto const* at = static_cast<std::byte const*>(items.data);
    for (std::size_t i = 0; i < items.size; ++i, at += type.inner->size) visit(at);
}

/// Calls `visit(key, value)` for each entry of a map.
template <class Visit>
void for_each_entry(type_descriptor const& type, void const* map, Visit visit) {
    type.map->visit(map, &visit, [](void* context, std::string_view key, void const* value) {
        (*static_cast<Visit*>(context))(key, value);
    });
}

/// Calls `visit(shown)` with the value of another type that a value is shown as.
template <class Visit>
void with_converted(type_descriptor const& type, void const* value, Visit visit) {
    type.converted->write(value, &visit,
                          [](void* context, void const* shown) { (*static_cast<Visit*>(context))(shown); });
}

}  // namespace coax::bind::detail
