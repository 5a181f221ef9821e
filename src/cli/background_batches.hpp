#pragma once

#include "cli/service_flags.hpp"

#include <coax/core/result.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace coax::cli {

/// What `coax batch` is to do in a process of its own.
struct batch_order {
    std::string input{};
    std::string prompt{};
    std::string out{};
    std::optional<std::string> schema{};
    std::optional<std::string> system{};
    std::optional<std::int64_t> limit{};
    std::optional<std::string> max_cost{};
    std::optional<bool> resume{};
};

/// How far such a batch is.
struct batch_status {
    std::string out{};
    bool running{false};
    std::optional<int> exit_code{};  ///< Of one that has ended.
    std::uint64_t ok{0};             ///< Lines of its output.
    std::uint64_t failed{0};
    std::string log{};  ///< The end of what it tells: its progress, or its summary and why it ended.
};

/// Batches that run as processes of their own, so that they outlive who began them. Each tells of itself in OUT.log.
/// Thread safety: one thread.
class background_batches {
public:
    /// @param service  Of all of them.
    explicit background_batches(service_flags const& service) : service_{to_arguments(service)} {}

    /// Errors: `errc::invalid_argument`: one with this output is running; `errc::io_failed`: it cannot be started.
    [[nodiscard]] result<batch_status> start(batch_order const& order);
    /// Also of one that another process began, of which nobody knows whether it runs. Errors: `errc::io_failed`.
    [[nodiscard]] result<batch_status> status(std::string const& out);
    /// Lets the records in work finish and begins no more. Errors: `errc::invalid_argument`: none is running.
    [[nodiscard]] result<batch_status> stop(std::string const& out);

private:
    struct process {
        pid_t id{0};
        std::optional<int> exit_code{};
    };

    void look_at(process& one) const;

    std::vector<std::string> service_;
    std::map<std::string, process> started_{};  ///< By their outputs.
};

}  // namespace coax::cli
