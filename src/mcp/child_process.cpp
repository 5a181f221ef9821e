#include "mcp/child_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <spawn.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to the program

namespace coax::mcp::detail {
namespace {

using std::chrono::milliseconds;

/// What a program needs to run, and holds no key.
constexpr std::array<std::string_view, 12> harmless_variables{"HOME", "LANG",  "LC_ALL",         "LOGNAME",
                                                              "PATH", "SHELL", "TERM",           "TMPDIR",
                                                              "TZ",   "USER",  "XDG_CACHE_HOME", "XDG_CONFIG_HOME"};

error cannot_start(std::string const& program, int number) {
    std::error_code const cause{number, std::generic_category()};
    return {
        .code = errc::io_failed, .message = "cannot be started: " + cause.message(), .where = program, .cause = cause};
}

/// "NAME=value", each.
std::vector<std::string> environment_of(session_options const& options) {
    std::vector<std::string> all;
    if (options.inherit_all) {
        for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
            std::string_view const text{*each};
            if (!options.environment.contains(std::string{text.substr(0, text.find('='))})) all.emplace_back(text);
        }
    } else {
        for (auto const name : harmless_variables)
            if (char const* const value = std::getenv(std::string{name}.c_str());
                value != nullptr && !options.environment.contains(std::string{name}))
                all.push_back(std::string{name} + '=' + value);
    }
    for (auto const& [name, value] : options.environment) all.push_back(name + '=' + value.reveal());
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (auto& each : texts) pointers.push_back(each.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// What happens between fork and exec. Errors are numbers of `errno`; 0: none.
class spawn_actions {
public:
    spawn_actions() {
        posix_spawn_file_actions_init(&files_);
        posix_spawnattr_init(&attributes_);
    }
    spawn_actions(spawn_actions const&) = delete;
    spawn_actions& operator=(spawn_actions const&) = delete;
    ~spawn_actions() {
        posix_spawn_file_actions_destroy(&files_);
        posix_spawnattr_destroy(&attributes_);
    }

    [[nodiscard]] int connect(int ours, int theirs) { return posix_spawn_file_actions_adddup2(&files_, ours, theirs); }
    [[nodiscard]] int change_directory(std::string const& path) {
        return path.empty() ? 0 : posix_spawn_file_actions_addchdir_np(&files_, path.c_str());
    }
    /// Signals as a program expects them, and a group of its own, so that its children end with it.
    [[nodiscard]] int isolate() {
        sigset_t all;
        sigset_t none;
        sigfillset(&all);
        sigemptyset(&none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setpgroup(&attributes_, 0);
        return posix_spawnattr_setflags(&attributes_,
                                        POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    }
    [[nodiscard]] int run(pid_t& id, std::vector<std::string> arguments, std::vector<std::string> environment) const {
        auto const argv = pointers_to(arguments);
        auto const envp = pointers_to(environment);
        return posix_spawnp(&id, argv.front(), &files_, &attributes_, argv.data(), envp.data());
    }

private:
    posix_spawn_file_actions_t files_{};
    posix_spawnattr_t attributes_{};
};

/// A child's three streams: its ends and ours.
struct stream_pairs {
    descriptor child[3]{};
    descriptor ours[3]{};
};

int open_pair(stream_pairs& streams, int which) {
    int both[2]{};
    bool const is_input = which == STDIN_FILENO;
    if ((is_input ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) : pipe2(both, O_CLOEXEC)) != 0)
        return errno;
    streams.ours[which] = descriptor{both[0]};
    streams.child[which] = descriptor{both[1]};
    return 0;
}

/// How it ended, once it has.
std::optional<std::string> end_of(pid_t id) {
    int status = 0;
    auto const found = waitpid(id, &status, WNOHANG);
    if (found == 0) return std::nullopt;
    if (found < 0) return "it is not there any more";  // someone else waited for it
    if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
    return "exit status " + std::to_string(WEXITSTATUS(status));
}

std::optional<std::string> wait_for_end(pid_t id, milliseconds limit) {
    auto const until = std::chrono::steady_clock::now() + limit;
    for (milliseconds pause{1};; pause = std::min(2 * pause, milliseconds{50})) {
        if (auto how = end_of(id)) return how;
        if (std::chrono::steady_clock::now() >= until) return std::nullopt;
        std::this_thread::sleep_for(pause);
    }
}

std::string stop_process(pid_t id, milliseconds grace) {
    auto how = wait_for_end(id, grace);
    if (!how) {
        kill(-id, SIGTERM);
        how = wait_for_end(id, grace);
    }
    kill(-id, SIGKILL);  // also the rest of its group, if it left one behind
    return how ? *how : wait_for_end(id, std::chrono::hours{1}).value_or("it cannot be ended");
}

}  // namespace

descriptor& descriptor::operator=(descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
}

descriptor::~descriptor() {
    if (number_ >= 0) ::close(number_);
}

int descriptor::release() noexcept { return std::exchange(number_, -1); }

result<child_process> start_process(session_options const& options) {
    spawn_actions actions;
    stream_pairs streams;
    child_process made;
    int wrong = actions.isolate();
    for (int which = 0; which < 3 && wrong == 0; ++which) wrong = open_pair(streams, which);
    for (int which = 0; which < 3 && wrong == 0; ++which) wrong = actions.connect(streams.child[which].get(), which);
    if (wrong == 0) wrong = actions.change_directory(options.directory);
    if (wrong == 0) wrong = actions.run(made.id, options.command, environment_of(options));
    if (wrong != 0) return cannot_start(options.command.front(), wrong);
    made.input = std::move(streams.ours[STDIN_FILENO]);
    made.output = std::move(streams.ours[STDOUT_FILENO]);
    made.errors = std::move(streams.ours[STDERR_FILENO]);
    return made;
}

void reap_process(pid_t id, milliseconds grace, std::function<void(std::string how)> ended) try {
    std::thread{[id, grace, ended] { ended(stop_process(id, grace)); }}.detach();
} catch (std::system_error const&) {  // no thread is to be had
    ended(stop_process(id, milliseconds::zero()));
}

}  // namespace coax::mcp::detail
