#pragma once

#include <string>

namespace CLI {
class App;
}

namespace coax::cli {

/// Scripts that complete the program's commands, flags and values in a shell, made from its own description.
[[nodiscard]] std::string bash_completion(CLI::App const& program);
[[nodiscard]] std::string zsh_completion(CLI::App const& program);
[[nodiscard]] std::string fish_completion(CLI::App const& program);

}  // namespace coax::cli
