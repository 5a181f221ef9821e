#pragma once

#include <coax/client/options.hpp>
#include <coax/config/configuration.hpp>
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
    std::string config{};   ///< A configuration. Empty: COAX_CONFIG names it, if there is one.
    std::string service{};  ///< Which of its services.
    std::string provider{};
    std::string model{};
    std::string base_url{};
    std::string api{};
    std::string api_version{};
    std::string deployment{};
    std::string ca_file{};
    std::string client_certificate{};  ///< A file; its key, where that is not in it.
    std::string client_key{};
    std::string http2{};    ///< off, automatic or on.
    std::string profile{};  ///< A file that holds a `service_profile` as JSON.
    std::string token_limit_name{};
    std::vector<std::string> omit{};
    std::string organization{};
    std::string project{};
    std::string location{};
    bool bearer{false};
    std::string log_level{};
    std::string log_folder{};
};

/// Adds the flags to the program or one of its commands.
void add_service_flags(CLI::App& app, service_flags& flags);

using environment = std::function<std::optional<std::string>(std::string_view name)>;

/// The variables of this process.
[[nodiscard]] std::optional<std::string> process_environment(std::string_view name);

/// What a command states besides the flags of services.
struct command_settings {
    configuration defaults{};      ///< What holds for it where nobody states anything else.
    std::vector<setting> flags{};  ///< Its own flags.
    bool complete{true};           ///< As in `configuration_options`.
    bool logs{true};               ///< The log begins, if one is wanted.
};

/// What flags, environment and configuration set, in this order; a log that is wanted observes the client.
/// Errors: `errc::invalid_argument`: an unknown provider (`where` "--provider"), a missing key (`where` its variable),
/// a wrong profile (`where` "--profile"), those of `load_configuration`; `errc::io_failed`: a file cannot be read.
[[nodiscard]] result<configuration> resolve_all(service_flags const& flags, environment const& look_up,
                                                command_settings command = {});

/// The client's options of it, for commands that chat nothing: without a response cache.
[[nodiscard]] result<client_options> resolve(service_flags const& flags, environment const& look_up);

/// The file of the configuration that is used; empty: none.
[[nodiscard]] std::string configuration_path(service_flags const& flags, environment const& look_up);

/// The flags again, for another process.
[[nodiscard]] std::vector<std::string> to_arguments(service_flags const& flags);

/// A text as JSON, a list of texts.
[[nodiscard]] std::string json_list(std::vector<std::string> const& texts);

/// The exit code for an error of `resolve`: a missing key is not wrong usage.
[[nodiscard]] int resolve_exit_code(error const& why);

}  // namespace coax::cli
