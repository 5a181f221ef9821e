#pragma once

#include <string>

namespace CLI {
class App;
}

namespace coax::cli {

/// coax(1) as man reads it, made from the program's own description.
[[nodiscard]] std::string manual_page(CLI::App const& program, std::string const& version);

}  // namespace coax::cli
