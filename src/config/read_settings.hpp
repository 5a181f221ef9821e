#pragma once

#include "config/node.hpp"

#include <coax/bind/detail/type_descriptor.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace coax::config::detail {

/// Where each setting was stated, by its path: "policies.retry.max_attempts".
using places = std::map<std::string, place, std::less<>>;

/// The setting below a type: the type of its value, without what holds it. Null: there is none of that name.
[[nodiscard]] bind::detail::type_descriptor const* setting_below(bind::detail::type_descriptor const& type,
                                                                 std::string_view name);
/// A type without the optionals and boxes around it, and what converts it.
[[nodiscard]] bind::detail::type_descriptor const& shown_type(bind::detail::type_descriptor const& type);

/// Whether it has settings below it, of which each may come from another source.
[[nodiscard]] bool is_group(bind::detail::type_descriptor const& type);

/// Calls `visitor` with each setting of a group and its place among the fields.
template <class Visitor>
void for_each_setting(bind::detail::type_descriptor const& group, Visitor visitor) {
    auto const* const structure = shown_type(group).structure;
    for (std::size_t i = 0; structure != nullptr && i < structure->field_count; ++i)
        if (structure->fields[i].type != nullptr) visitor(structure->fields[i], i);
}

/// Reads what `stated` states into `*into`; what it does not state stays. A text without quotes is what its setting
/// wants: "no" a text for a text, and no boolean.
/// @param stated_at  Gets the place of each setting that is stated.
/// @param problems   Gets all that is wrong: unknown names with the nearest that is known, wrong types.
void read_settings(node const& stated, bind::detail::type_descriptor const& type, void* into, places& stated_at,
                   std::vector<problem>& problems);

}  // namespace coax::config::detail
