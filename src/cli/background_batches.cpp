#include "cli/background_batches.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to the program

namespace coax::cli {
namespace {

constexpr std::streamoff most_log_bytes = 4'096;
constexpr std::size_t most_line_bytes = std::size_t{64} << 20U;

error file_failure(std::string const& what, int number, std::string const& where) {
    std::error_code const cause{number, std::generic_category()};
    return {.code = errc::io_failed, .message = what + ": " + cause.message(), .where = where, .cause = cause};
}

std::vector<std::string> order_arguments(batch_order const& order, std::vector<std::string> const& service) {
    std::vector<std::string> all{"coax", "batch", order.input, "--prompt", order.prompt, "--out", order.out};
    auto const add = [&all](char const* flag, std::optional<std::string> const& value) {
        if (value) all.insert(all.end(), {flag, *value});
    };
    add("--schema", order.schema);
    add("--system", order.system);
    add("--max-cost", order.max_cost);
    if (order.limit) add("--limit", std::to_string(*order.limit));
    if (order.resume.value_or(false)) all.emplace_back("--resume");
    all.insert(all.end(), service.begin(), service.end());
    all.insert(all.end(), {"--progress-every", "1"});
    return all;
}

/// Starts this program again, in a group of its own. @returns A number of `errno`; 0: it runs.
int start_program(std::vector<std::string> arguments, std::string const& log, pid_t& id) {
    std::vector<char*> pointers;
    pointers.reserve(arguments.size() + 1);
    for (auto& each : arguments) pointers.push_back(each.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    int const wrong = posix_spawn(&id, "/proc/self/exe", &files, &attributes, pointers.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return wrong;
}

std::string last_of_log(std::string const& path) {
    std::ifstream in{path, std::ios::binary | std::ios::ate};
    if (!in) return {};
    auto const size = static_cast<std::streamoff>(in.tellg());
    in.seekg(std::max<std::streamoff>(0, size - most_log_bytes));
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// Counts the lines of an output, of which a torn last one is none.
void count_lines(std::string const& path, batch_status& status) {
    std::ifstream in{path, std::ios::binary};
    std::string line;
    while (std::getline(in, line) && !in.eof() && line.size() < most_line_bytes) {
        bool const failed = line.find("\"status\":\"error\"") < line.find("\"output\":");
        ++(failed ? status.failed : status.ok);
    }
}

}  // namespace

void background_batches::look_at(process& one) const {
    int ended = 0;
    if (one.exit_code || waitpid(one.id, &ended, WNOHANG) != one.id) return;
    one.exit_code = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
}

result<batch_status> background_batches::start(batch_order const& order) {
    if (auto const found = started_.find(order.out); found != started_.end()) {
        look_at(found->second);
        if (!found->second.exit_code) return invalid_argument("out", "a batch with this output is running");
    }
    process made;
    auto const log = order.out + ".log";
    if (int const wrong = start_program(order_arguments(order, service_), log, made.id); wrong != 0)
        return file_failure("the batch cannot be started", wrong, log);
    started_.insert_or_assign(order.out, made);
    std::this_thread::sleep_for(std::chrono::milliseconds{200});  // what is wrong with its input is known by then
    return status(order.out);
}

result<batch_status> background_batches::status(std::string const& out) {
    batch_status made{.out = out};
    if (auto const found = started_.find(out); found != started_.end()) {
        look_at(found->second);
        made.exit_code = found->second.exit_code;
        made.running = !made.exit_code;
    } else if (::access(out.c_str(), R_OK) != 0) {
        return file_failure("there is no such output", errno, out);
    }
    count_lines(out, made);
    made.log = last_of_log(out + ".log");
    return made;
}

result<batch_status> background_batches::stop(std::string const& out) {
    auto const found = started_.find(out);
    if (found != started_.end()) look_at(found->second);
    if (found == started_.end() || found->second.exit_code)
        return invalid_argument("out", "no batch with this output is running that was started here");
    kill(found->second.id, SIGINT);
    return status(out);
}

}  // namespace coax::cli
