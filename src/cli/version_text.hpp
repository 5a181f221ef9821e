#pragma once

#include <string>

namespace coax::cli {

/// What `--version` prints: the version, the commit where it is known, and what the program was built with.
[[nodiscard]] std::string version_text();

}  // namespace coax::cli
