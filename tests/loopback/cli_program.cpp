#include "loopback/cli_program.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace coax::test {

namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (auto& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

}  // namespace

program::program(std::vector<std::string> arguments, environment variables, std::string input, std::string terminal)
    : program{whole_command{},
              [&] {
                  arguments.insert(arguments.begin(), COAX_PROGRAM);
                  return std::move(arguments);
              }(),
              std::move(variables), input, terminal} {}

program::program(whole_command, std::vector<std::string> arguments, environment variables, std::string const& input,
                 std::string const& terminal) {
    std::vector<std::string> settings;
    for (auto const& [name, value] : variables) settings.push_back(name + '=' + value);
    // scripts/coverage counts the program's lines, too.
    if (auto const* const profile = std::getenv("LLVM_PROFILE_FILE"))
        settings.push_back(std::string{"LLVM_PROFILE_FILE="} + profile);
    auto const in = folder_.write("in", input);
    auto const out = folder_.path("out");
    auto const err = terminal.empty() ? folder_.path("err") : terminal;

    posix_spawn_file_actions_t files{};
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, in.c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT, 0600);
    auto const argv = pointers(arguments);
    auto const envp = pointers(settings);
    if (::posix_spawn(&child_, argv[0], &files, nullptr, argv.data(), envp.data()) != 0) {
        child_ = -1;
        ADD_FAILURE() << "cannot start " << argv[0];
    }
    posix_spawn_file_actions_destroy(&files);
}

program::~program() {
    if (child_ < 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
}

void program::signal(int number) const {
    if (child_ > 0) ::kill(child_, number);
}

program_end program::wait(std::chrono::seconds limit) {
    program_end end;
    if (child_ < 0) return end;
    auto const deadline = std::chrono::steady_clock::now() + limit;
    int status = 0;
    while (::waitpid(child_, &status, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() > deadline) {
            ADD_FAILURE() << "the program did not end; it said: " << errors();
            ::kill(child_, SIGKILL);
            ::waitpid(child_, &status, 0);
            break;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    child_ = -1;
    end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    end.output = output();
    end.errors = errors();
    return end;
}

program_end run_program(std::vector<std::string> arguments, program::environment variables, std::string input) {
    return program{std::move(arguments), std::move(variables), std::move(input)}.wait();
}

std::string quoted(std::vector<std::string> const& arguments) {
    std::string line = COAX_PROGRAM;
    for (auto const& argument : arguments) line.append(" '").append(argument).append("'");
    return line;
}

program_end run_shell(std::string line, program::environment variables) {
    return program{program::whole_command{}, {"/bin/sh", "-c", std::move(line)}, std::move(variables), {}}.wait();
}

bool eventually(std::function<bool()> const& condition) {
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return true;
}

}  // namespace coax::test
