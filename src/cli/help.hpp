#pragma once

#include <coax/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace coax::cli {

/// Words of a text in lines of at most `width`, all after the first behind `indent` blanks. Line feeds stay.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

/// Pages of help: texts broken at the terminal's width, examples, and the service's flags with each command that asks
/// one. To be called once all commands are added.
void set_help(CLI::App& program);

/// What `coax` alone prints: the things that people do.
[[nodiscard]] std::string overview();

/// What `--help` prints after the names of a command; none: of the program. Errors: `errc::invalid_argument`, which
/// says what was likely meant.
[[nodiscard]] result<std::string> help_page(CLI::App const& program, std::vector<std::string> const& names);

/// Why a command line was refused, with the name that was likely meant. After `program.parse` threw `why`.
[[nodiscard]] std::string usage_error(CLI::App const& program, CLI::ParseError const& why);

}  // namespace coax::cli
