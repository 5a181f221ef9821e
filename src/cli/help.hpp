#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace coax::cli {

/// Pages of help: texts broken at the terminal's width, examples, and the service's flags with each command that asks
/// one. To be called once all commands are added.
void set_help(CLI::App& program);

/// What `coax` alone prints: the things that people do.
[[nodiscard]] std::string overview();

/// Why a command line was refused, with the name that was likely meant. After `program.parse` threw `why`.
[[nodiscard]] std::string usage_error(CLI::App const& program, CLI::ParseError const& why);

}  // namespace coax::cli
