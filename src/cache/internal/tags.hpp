#pragma once

#include <coax/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace coax::cache::detail {

/// Errors: `errc::invalid_argument` with this `where`: too many, an empty or a long one.
[[nodiscard]] result<void> check_tags(std::string_view where, std::vector<std::string> const& tags,
                                      std::size_t most = 64);

}  // namespace coax::cache::detail
