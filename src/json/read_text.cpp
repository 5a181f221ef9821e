#include "reader.hpp"

namespace coax::json::detail {

result<void> read_text(std::string_view text, plan const& type, void* into, read_options const& options) {
    reader whole{text, options};
    whole.read_document(type, into);
    if (whole.violations().empty()) return {};
    return to_error(whole.violations(), text, options.max_violations);
}

std::vector<json::violation> examine_text(std::string_view text, plan const& type, void* into,
                                          read_options const& options) {
    reader whole{text, options};
    whole.read_document(type, into);
    return to_public(whole.violations(), text);
}

}  // namespace coax::json::detail
