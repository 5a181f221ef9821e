#pragma once

#include <coax/core/boxed.hpp>
#include <coax/core/result.hpp>

#include <cstddef>
#include <map>
#include <string>

namespace coax {

/// How much of a log is written; each holds those after it.
enum class log_level {
    trace,
    debug,    ///< Each attempt, wait and first token.
    info,     ///< Each call, tool and batch.
    warning,  ///< What went wrong and is tried again, and records that failed.
    error,    ///< Calls and batches that failed.
    off
};

/// What is logged, and where. Never a key; prompts and responses only where `contents` says so.
struct log_options {
    log_level level{log_level::info};
    /// The level of one room in place of `level`: "client" (calls), "http" (attempts), "policy" (waits), "tools",
    /// "batch", "program" (what `traced` was given, and texts of yours).
    std::map<std::string, log_level> rooms{};
    /// On standard error, in colours where that is a terminal and NO_COLOR is not set.
    bool console{true};
    /// Folder of `default.log`, the lines of the console, and `inference.log`, a JSON object a line for each call:
    /// when, model, usage, latency, attempts, outcome, ids. Made if it is not there. Empty: no files.
    std::string directory{};
    /// A file that has grown to this is put aside as `default.1.log` and so on. Range: [1 KiB, 1 TiB].
    std::size_t max_file_bytes{std::size_t{10} << 20U};
    /// How many of these are kept. Range: [1, 1000].
    std::size_t max_files{5};
    /// `inference.log` has messages and responses, too, each up to `content_bytes`.
    bool contents{false};
    std::size_t content_bytes{std::size_t{64} << 10U};
    /// Lines that wait to be written; when there are more the oldest are dropped, and counted. Range: [1, 100'000].
    std::size_t queue{8'192};
};

/// Errors: `errc::invalid_argument`; `error::where` names the first wrong option.
[[nodiscard]] result<void> validate(log_options const& options);

extern template class boxed<log_options>;

}  // namespace coax
