#pragma once

#include <coax/config/configuration.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace coax::test {

using variables = std::map<std::string, std::string, std::less<>>;

/// An environment of these variables alone.
inline auto environment_of(variables set) {
    return [set = std::move(set)](std::string_view name) -> std::optional<std::string> {
        auto const found = set.find(name);
        return found == set.end() ? std::nullopt : std::optional{found->second};
    };
}

/// Read without a service's key: what is not stated is left as it is.
inline result<configuration> read_yaml(std::string_view text, variables set = {}, std::string service = {},
                                       std::vector<setting> overrides = {}) {
    return configuration_from(text, "c.yaml",
                              {.service = std::move(service),
                               .overrides = std::move(overrides),
                               .complete = false,
                               .look_up = environment_of(std::move(set))});
}

inline setting const* find_setting(configuration const& made, std::string_view path) {
    auto const found = std::ranges::find(made.settings, path, &setting::path);
    return found == made.settings.end() ? nullptr : &*found;
}

inline std::string origin_of(configuration const& made, std::string_view path) {
    auto const* const found = find_setting(made, path);
    return found == nullptr ? "no such setting" : found->origin;
}

}  // namespace coax::test
