#include "mcp/tool_names.hpp"

#include <coax/core/detail/name.hpp>

#include <algorithm>

namespace coax::mcp::detail {

std::string service_name(std::string_view prefix, std::string_view name, toolbox const& box) {
    constexpr auto most = core::detail::max_name_length;
    auto wanted = prefix.empty() ? std::string{name} : std::string{prefix} + "__" + std::string{name};
    std::ranges::replace_if(wanted, [](char c) { return !core::detail::is_name_character(c); }, '_');
    wanted.resize(std::min(wanted.size(), most));
    auto made = wanted;
    for (int number = 2; box.find(made) != nullptr; ++number) {
        auto const ending = '_' + std::to_string(number);
        made = wanted.substr(0, most - ending.size()) + ending;
    }
    return made;
}

}  // namespace coax::mcp::detail
