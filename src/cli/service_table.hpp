#pragma once

#include <string>

namespace coax::cli {

/// What each service can be asked for, as tables in Markdown. Made by encoding a request of each kind for each service:
/// what is refused before it is sent is "–".
[[nodiscard]] std::string service_table();

}  // namespace coax::cli
