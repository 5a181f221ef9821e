#include "cli/version_text.hpp"

#include <coax/version.hpp>

#include <string_view>

namespace coax::cli {

std::string version_text() {
    constexpr std::string_view commit = COAX_COMMIT;
    std::string text = "coax " COAX_VERSION;
    if (!commit.empty()) text.append(" (").append(commit).append(")");
    return text + "\nbuilt with " COAX_LIBRARIES;
}

}  // namespace coax::cli
