#pragma once

#include <coax/batch/journal.hpp>
#include <coax/json/value.hpp>

#include <optional>
#include <string>

namespace coax::detail {

/// What a line says of the run that it is the first of.
struct run_description {
    std::optional<std::string> prompt{};
    std::optional<std::string> model{};
    std::optional<std::string> schema{};
    std::optional<std::string> service{};
    std::optional<std::string> parameters{};
    std::optional<std::string> shard{};
    std::optional<std::uint64_t> records{};
};

/// A run as JSON for its first line, without what is long.
[[nodiscard]] std::string run_text(run_identity const& run);
/// One without members where it cannot be read.
[[nodiscard]] run_description parse_run(json_value const& text);

/// The parts that differ, with what they were and are: "another model ("m" then, "n" now)"; empty: none.
/// @param then  Of `was`, as far as known.
[[nodiscard]] std::string differences(response_origin const& was, run_description const& then, run_identity const& now);

}  // namespace coax::detail
