#pragma once

#include <coax/core/result.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace coax {

/// How the parts of a batch become one output.
struct merge_options {
    /// Parts or rows may be missing; they are told all the same.
    bool partial{false};
};

/// What was merged.
struct merge_report {
    std::uint64_t ok{0};
    std::uint64_t failed{0};
    std::uint64_t missing{0};        ///< Rows of the input without a line, as far as the parts tell how many there are.
    std::uint64_t first_missing{0};  ///< The index of the first of them.
    std::vector<std::string> shards{};  ///< Those of which no line came, as "3/10".
};

/// Joins the outputs of the shards of a batch: all lines of the first, then those of the second, and so on, as they
/// are. The file is there whole or not at all. One bit is held for each row.
///
/// Errors: `errc::io_failed`: a file cannot be read or written, or `out` is not empty. `errc::invalid_json` (`where` is
/// "path:line"): a line that no batch wrote, or that is damaged: resume that part. `errc::invalid_argument`: a part of
/// another run (the message tells the difference) or of another division, a row that is there twice; and rows that are
/// missing, unless they may.
[[nodiscard]] result<merge_report> merge_outputs(std::vector<std::string> const& parts, std::string const& out,
                                                 merge_options options = {});

}  // namespace coax
