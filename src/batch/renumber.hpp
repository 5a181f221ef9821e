#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace coax::detail {

/// A line of `to_json_line` at another index: with its key where that is the index, with its checksum anew.
/// @param new_index  Of the row whose answer it is, if it is another one's.
[[nodiscard]] std::string renumbered(std::string const& line, std::uint64_t from, std::uint64_t to,
                                     std::function<std::optional<std::uint64_t>(std::uint64_t)> const& new_index);

/// A line with a checksum that says of its run what another line said.
[[nodiscard]] std::string with_run(std::string const& line, std::string const& run);

}  // namespace coax::detail
