#include "config/nearest_name.hpp"

#include "config/read_settings.hpp"
#include "core/internal/near_names.hpp"

#include <algorithm>
#include <vector>

namespace coax::config::detail {
namespace {

using bind::detail::field_descriptor;
using bind::detail::type_descriptor;
using core::detail::near_names;
using core::detail::one_of;

/// The settings of a group that a misspelt name is likely to mean.
std::vector<std::string_view> near_in(type_descriptor const& group, std::string_view misspelt) {
    std::vector<std::string_view> known;
    for_each_setting(group, [&](field_descriptor const& field, std::size_t) { known.push_back(field.name); });
    return near_names(misspelt, known);
}

/// The paths of all settings of a name.
void find_all(type_descriptor const& group, std::string const& path, std::string_view name,
              std::vector<std::string>& found) {
    for_each_setting(group, [&](field_descriptor const& field, std::size_t) {
        auto const below = path + (path.empty() ? "" : ".") + std::string{field.name};
        if (field.name == name) found.push_back(below);
        find_all(*field.type, below, name, found);
    });
}

}  // namespace

std::string nearest_name(type_descriptor const& root, std::string_view path, std::string_view misspelt) {
    auto const* group = &root;
    for (auto rest = path; !rest.empty() && group != nullptr;) {
        auto const dot = std::min(rest.find('.'), rest.size());
        group = setting_below(*group, rest.substr(0, dot));
        rest.remove_prefix(std::min(dot + 1, rest.size()));
    }
    if (group == nullptr) return {};
    if (auto const near = near_in(*group, misspelt); !near.empty()) return one_of(near);
    std::vector<std::string> elsewhere;
    find_all(root, {}, misspelt, elsewhere);
    return elsewhere.size() == 1 ? '"' + elsewhere.front() + '"' : std::string{};
}

}  // namespace coax::config::detail
