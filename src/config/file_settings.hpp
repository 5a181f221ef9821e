#pragma once

#include "config/setting_types.hpp"

#include <coax/config/configuration.hpp>

#include <map>
#include <string>
#include <vector>

namespace coax::config::detail {

/// What a file may state for one of its services, or for all of them.
struct service_settings {
    client_options client{};
    chat_request request{};
    std::vector<std::string> exclude_fields{};
};

/// What is in use in the end.
struct settings_in_use {
    service_settings service{};
    batch_options batch{};
    boxed<log_options> log{};
    boxed<router_options> router{};
    std::map<std::string, coax::mcp::session_options> mcp{};
};

/// All that a file may state.
struct file_settings {
    settings_in_use common{};
    std::map<std::string, service_settings> services{};
    std::string default_service{};
};

template <>
inline constexpr bool is_spliced<client_options> = true;
template <>
inline constexpr bool is_spliced<service_settings> = true;
template <>
inline constexpr bool is_spliced<settings_in_use> = true;

/// Each is described where `setting_table.cpp` is compiled.
extern bind::detail::type_descriptor const& type_of_settings_in_use;
extern bind::detail::type_descriptor const& type_of_file;
extern bind::detail::type_descriptor const& type_of_secret;

}  // namespace coax::config::detail
