#pragma once

#include "http/cassette_file.hpp"

#include <string>
#include <vector>

namespace coax::http::detail {

/// The same for requests that a cassette takes for the same: method, path, query and body, JSON without regard to the
/// order of members.
[[nodiscard]] std::string match_key(recorded_request const& request);

/// The message for a request that is none of these, which were not replayed yet: the nearest one, and what differs.
[[nodiscard]] std::string describe_miss(recorded_request const& sent,
                                        std::vector<numbered_exchange const*> const& among);

}  // namespace coax::http::detail
