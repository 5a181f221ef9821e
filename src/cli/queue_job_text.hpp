#pragma once

#include "cli/batch_job.hpp"

#include <coax/config/configuration.hpp>
#include <coax/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace coax::cli {

/// What the workers of a batch are told of it. Never where a service is, nor a key: a queue that someone else has
/// written to must not get at these.
struct queued_job {
    std::string service{};  ///< As outputs name it: a worker that asks another one would give other answers.
    std::string model{};
    std::map<std::string, std::string> settings{};  ///< Paths and values.
    std::string schema{};                           ///< JSON Schema; empty: none.
    bool any_json{false};
    std::string decide{};  ///< JSON Schema of typed questions; empty: none.
    std::string decide_form{};
    double threshold{0};
    bool embeds{false};          ///< Rows are texts whose vectors are wanted.
    std::int64_t dimensions{0};  ///< Of these; 0: as the model has them.
    std::size_t texts_per_request{0};
};

/// The settings of a configuration that all workers need.
/// Errors: `errc::invalid_argument`: one that is secret.
[[nodiscard]] result<std::map<std::string, std::string>> told_settings(configuration const& set);

[[nodiscard]] std::string to_text(queued_job const& job);
/// Errors: `errc::invalid_argument`: another version of coax wrote it.
[[nodiscard]] result<queued_job> read_queued_job(std::string const& text);

/// The limits that hold for all workers.
[[nodiscard]] result<fleet_limits> fleet_limits_of(batch_job const& job, batch_flags const& flags);

}  // namespace coax::cli
