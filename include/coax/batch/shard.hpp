#pragma once

#include <coax/core/result.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace coax {

/// One of several equal parts of a batch, each for a machine of its own. A row belongs to the one that the hash of its
/// key tells, wherever it stands and on whatever machine.
struct batch_shard {
    std::uint32_t number{1};  ///< Range: [1, count].
    std::uint32_t count{1};   ///< Range: [1, 65535].

    [[nodiscard]] bool holds(std::string_view key) const noexcept;
};

[[nodiscard]] result<void> validate(batch_shard const& shard);

/// "2/10".
[[nodiscard]] std::string to_string(batch_shard const& shard);

/// Reads "2/10", and "auto/10": the number that `found_shard` tells, of 10.
/// Errors: `errc::invalid_argument`.
/// @param look_up  The environment.
[[nodiscard]] result<batch_shard> parse_shard(
    std::string_view text, std::function<std::optional<std::string>(std::string_view)> const& look_up);

/// The shard that an engine's environment tells: a Slurm job array (SLURM_ARRAY_TASK_ID, _MIN, _STEP, _COUNT). Nothing:
/// none does.
/// Errors: `errc::invalid_argument`: an array with gaps; or an indexed job of Kubernetes (JOB_COMPLETION_INDEX), which
/// does not tell how many there are.
[[nodiscard]] result<std::optional<batch_shard>> found_shard(
    std::function<std::optional<std::string>(std::string_view)> const& look_up);

}  // namespace coax
