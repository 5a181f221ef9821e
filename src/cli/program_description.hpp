#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace coax::cli {

struct flag_description {
    std::vector<std::string> names{};  ///< "--model", "-h".
    std::string description{};
    std::string value{};                 ///< What it takes, such as "TEXT"; empty: nothing.
    std::vector<std::string> choices{};  ///< The only values that it takes; empty: any.
};

struct command_description {
    std::string name{};         ///< "config check"; empty: the program.
    std::string description{};  ///< On one line.
    std::string arguments{};    ///< "FILE".
    std::string footer{};
    std::vector<flag_description> flags{};
};

/// The program first, then its commands, each before its own.
[[nodiscard]] std::vector<command_description> describe_program(CLI::App const& program);

}  // namespace coax::cli
