#pragma once

#include <coax/core/result.hpp>
#include <coax/mcp/session.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <sys/types.h>

namespace coax::mcp::detail {

/// A file descriptor that is closed in the end.
class descriptor {
public:
    descriptor() noexcept = default;
    explicit descriptor(int number) noexcept : number_{number} {}
    descriptor(descriptor&& other) noexcept : number_{other.release()} {}
    descriptor& operator=(descriptor&& other) noexcept;
    ~descriptor();

    [[nodiscard]] int get() const noexcept { return number_; }
    [[nodiscard]] int release() noexcept;

private:
    int number_{-1};
};

/// A process that was started, in a process group of its own, and our ends of its standard streams.
struct child_process {
    pid_t id{0};
    descriptor input{};   ///< A socket: writing to one that the child has closed raises no signal.
    descriptor output{};  ///< The end of a pipe, as the next.
    descriptor errors{};
};

/// Errors: `errc::io_failed`: it cannot be started; `where` is the program.
[[nodiscard]] result<child_process> start_process(session_options const& options);

/// Waits on a thread of its own until a process whose input was closed has ended; asks its group to after `grace`, and
/// makes it after another. Then calls `ended` with how it ended, such as "exit status 1".
void reap_process(pid_t id, std::chrono::milliseconds grace, std::function<void(std::string how)> ended);

}  // namespace coax::mcp::detail
