#include "comments.hpp"
#include "reader.hpp"

namespace coax::json::detail {
namespace {

/// All that is wrong with a text; what is right about it is in `into`.
std::vector<violation> read_all(std::string_view text, plan const& type, void* into, read_options const& options) {
    reader whole{text, options};
    whole.read_document(type, into);
    return whole.violations();
}

std::vector<violation> read_forgiving(std::string_view text, plan const& type, void* into, read_options const& options) {
    bool const is_too_long = options.max_bytes != 0 && text.size() > options.max_bytes;
    if (!options.lenient.comments || is_too_long || text.find('/') == std::string_view::npos)
        return read_all(text, type, into, options);
    return read_all(blank_comments(text, options.lenient.single_quotes), type, into, options);
}

}  // namespace

result<void> read_text(std::string_view text, plan const& type, void* into, read_options const& options) {
    auto const violations = read_forgiving(text, type, into, options);
    if (violations.empty()) return {};
    return to_error(violations, text, options.max_violations);
}

std::vector<json::violation> examine_text(std::string_view text, plan const& type, void* into,
                                          read_options const& options) {
    return to_public(read_forgiving(text, type, into, options), text);
}

}  // namespace coax::json::detail
