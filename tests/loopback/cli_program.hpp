#pragma once

#include "unit/batch/temp_file.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace coax::test {

/// What a run of the program left behind.
struct program_end {
    int exit_code{-1};  ///< 128 + n when signal n ended it.
    std::string output{};
    std::string errors{};
};

/// A child process of the `coax` program with nothing in its environment but what is given.
class program {
public:
    using environment = std::vector<std::pair<std::string, std::string>>;

    /// @param terminal  The path of a terminal that standard error is; empty: a file.
    program(std::vector<std::string> arguments, environment variables, std::string input = {},
            std::string terminal = {});
    program(program const&) = delete;
    program& operator=(program const&) = delete;
    ~program();  ///< Kills the child if it still runs.

    void signal(int number) const;
    /// Waits for the end; a child that takes longer than `limit` is killed, and the test fails.
    program_end wait(std::chrono::seconds limit = std::chrono::seconds{30});
    /// What the child has written to standard output or standard error so far.
    [[nodiscard]] std::string output() const { return temp_folder::read(folder_.path("out")); }
    [[nodiscard]] std::string errors() const { return temp_folder::read(folder_.path("err")); }

private:
    friend program_end run_shell(std::string line, environment variables);
    struct whole_command {};
    program(whole_command, std::vector<std::string> command, environment variables, std::string const& input,
            std::string const& terminal = {});

    temp_folder folder_{};
    pid_t child_{-1};
};

/// Runs the program to its end.
[[nodiscard]] program_end run_program(std::vector<std::string> arguments, program::environment variables,
                                      std::string input = {});

/// The program and its arguments as a shell takes them.
[[nodiscard]] std::string quoted(std::vector<std::string> const& arguments);

/// Runs a line of shell to its end.
[[nodiscard]] program_end run_shell(std::string line, program::environment variables);

/// Asks again and again until `condition` holds; false: it did not within ten seconds.
[[nodiscard]] bool eventually(std::function<bool()> const& condition);

}  // namespace coax::test
