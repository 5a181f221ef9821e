#pragma once

#include <string>
#include <string_view>

namespace coax::bind::detail {

/// A regular expression of ECMA-262, as JSON Schema has them, in the words of PCRE2. What only PCRE2 knows stays.
[[nodiscard]] std::string to_pcre(std::string_view pattern);

}  // namespace coax::bind::detail
