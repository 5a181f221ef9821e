#include "bind/reader.hpp"
#include "json/internal/comments.hpp"

namespace coax::bind::detail {
namespace {

/// All that is wrong with a text; what is right about it is in `into`.
std::vector<json::detail::violation> read_all(std::string_view text, type_descriptor const& type, void* into,
                                              json::read_options const& options) {
    reader whole{text, options};
    whole.read_document(type, into);
    return whole.violations();
}

std::vector<json::detail::violation> read_forgiving(std::string_view text, type_descriptor const& type, void* into,
                                                    json::read_options const& options) {
    bool const is_too_long = options.max_bytes != 0 && text.size() > options.max_bytes;
    if (!options.leniency.comments || is_too_long || text.find('/') == std::string_view::npos)
        return read_all(text, type, into, options);
    return read_all(json::detail::blank_comments(text, options.leniency.single_quotes), type, into, options);
}

}  // namespace

result<void> read_text(std::string_view text, type_descriptor const& type, void* into,
                       json::read_options const& options) {
    auto const violations = read_forgiving(text, type, into, options);
    if (violations.empty()) return {};
    return json::detail::to_error(violations, text, options.max_violations);
}

std::vector<json::violation> examine_text(std::string_view text, type_descriptor const& type, void* into,
                                          json::read_options const& options) {
    return json::detail::to_public(read_forgiving(text, type, into, options), text);
}

}  // namespace coax::bind::detail
