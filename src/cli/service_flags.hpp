#pragma once

#include <coax/client/options.hpp>
#include <coax/core/result.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace coax::cli {

/// Which service, as flags say it. Empty: the environment says it. Keys come from the environment only: the arguments
/// of a process can be read by every user of its machine.
struct service_flags {
    std::string provider{};
    std::string model{};
    std::string base_url{};
    std::string api{};
    std::string api_version{};
    std::string deployment{};
    std::string ca_file{};
    std::string profile{};  ///< A file that holds a `service_profile` as JSON.
    std::string token_limit_name{};
    std::vector<std::string> omit{};
    std::string organization{};
    std::string project{};
    bool bearer{false};
};

/// Adds the flags to the program or one of its commands.
void add_service_flags(CLI::App& app, service_flags& flags);

using environment = std::function<std::optional<std::string>(std::string_view name)>;

/// The variables of this process.
[[nodiscard]] std::optional<std::string> process_environment(std::string_view name);

/// The client's options from flags first, then the environment.
/// Errors: `errc::invalid_argument`: an unknown provider (`where` "--provider"), a missing key (`where` its variable),
/// a wrong profile (`where` "--profile"); `errc::io_failed`: its file cannot be read.
[[nodiscard]] result<client_options> resolve(service_flags const& flags, environment const& look_up);

/// The exit code for an error of `resolve`: a missing key is not wrong usage.
[[nodiscard]] int resolve_exit_code(error const& why);

}  // namespace coax::cli
