#pragma once

#include <string>

namespace coax::cli {

/// What each service can be asked for, as tables in Markdown. Made by encoding a request of each kind for each service:
/// what is refused before it is sent is "–".
[[nodiscard]] std::string service_table();

/// A request of each kind for each service, as a line of JSON: its `body`, or why it is `refused` before it is sent.
[[nodiscard]] std::string request_lines();

}  // namespace coax::cli
