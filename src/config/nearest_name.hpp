#pragma once

#include <coax/bind/detail/type_descriptor.hpp>

#include <string>
#include <string_view>

namespace coax::config::detail {

/// The setting that a misspelt name below `path` most likely means, as text for people: `"max_attempts"`, `"top_p" or
/// "top_k"` where several are as near, or the whole path of one that is elsewhere. Empty: none is near.
[[nodiscard]] std::string nearest_name(bind::detail::type_descriptor const& root, std::string_view path,
                                       std::string_view misspelt);

}  // namespace coax::config::detail
