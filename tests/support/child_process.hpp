#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

extern char** environ;

namespace coax::test {

/// A program that runs beside the test, killed at its end.
class child_process {
public:
    child_process() = default;
    /// @param arguments  The program's path first.
    /// @param settings  "NAME=value", besides the environment of the test.
    explicit child_process(std::vector<std::string> arguments, std::vector<std::string> settings = {}) {
        std::vector<char*> argv;
        for (auto& each : arguments) argv.push_back(each.data());
        argv.push_back(nullptr);
        std::vector<char*> envp;
        for (auto& each : settings) envp.push_back(each.data());
        for (auto** each = environ; *each != nullptr; ++each) envp.push_back(*each);
        envp.push_back(nullptr);
        if (::posix_spawnp(&pid_, argv[0], nullptr, nullptr, argv.data(), envp.data()) != 0) pid_ = -1;
    }
    child_process(child_process&& other) noexcept : pid_{std::exchange(other.pid_, -1)} {}
    child_process& operator=(child_process&& other) noexcept {
        std::swap(pid_, other.pid_);
        return *this;
    }
    ~child_process() { kill(SIGKILL); }

    [[nodiscard]] bool started() const noexcept { return pid_ > 0; }
    /// Sends a signal that ends it, and waits for that.
    void kill(int number) {
        if (pid_ <= 0) return;
        ::kill(pid_, number);
        (void)wait();
    }
    void send(int number) const { ::kill(pid_, number); }
    /// Waits for its end. @returns Its exit code; -1: it was killed.
    int wait() {
        int status = 0;
        if (pid_ <= 0 || ::waitpid(std::exchange(pid_, -1), &status, 0) < 0) return -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

private:
    pid_t pid_{-1};
};

/// This test program again, for one test that is disabled otherwise.
inline child_process run_disabled_test(std::string const& name, std::vector<std::string> settings) {
    return child_process{
        {"/proc/self/exe", "--gtest_also_run_disabled_tests", "--gtest_brief=1", "--gtest_filter=" + name},
        std::move(settings)};
}

}  // namespace coax::test
