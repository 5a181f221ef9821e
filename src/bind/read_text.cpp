#include "bind/reader.hpp"

#include <algorithm>

namespace coax::bind::detail {
namespace {

/// Behind the string whose opening quote is at `at`.
std::size_t string_end(std::string_view text, std::size_t at) {
    char const quote = text[at++];
    while (at < text.size() && text[at] != quote) at += text[at] == '\\' ? 2 : 1;
    return std::min(at + 1, text.size());
}

/// Behind the comment that starts at `at`; `at` itself if none does.
std::size_t comment_end(std::string_view text, std::size_t at) {
    auto const start = text.substr(at, 2);
    if (start == "//") return std::min(text.find('\n', at), text.size());
    if (start != "/*") return at;
    auto const end = text.find("*/", at + 2);
    return end == std::string_view::npos ? at : end + 2;
}

/// The text with spaces in place of its comments, so that every other byte keeps its position. Comments are looked for
/// from the first bracket on, among prose inside of brackets only, and outside of strings.
std::string blank_comments(std::string_view text, json::leniency const& allowed) {
    std::string blanked{text};
    std::size_t open = 0;
    for (auto at = text.find_first_of("{["); at < text.size();) {
        char const c = text[at];
        bool const is_prose = open == 0 && allowed.prose;
        if (!is_prose && (c == '"' || (allowed.single_quotes && c == '\''))) {
            at = string_end(text, at);
        } else if (auto const end = is_prose ? at : comment_end(text, at); end != at) {
            for (; at != end; ++at)
                if (blanked[at] != '\n') blanked[at] = ' ';
        } else {
            if (c == '{' || c == '[') ++open;
            if ((c == '}' || c == ']') && open != 0) --open;
            ++at;
        }
    }
    return blanked;
}

/// Everything wrong with a text; what is right is in `into`.
std::vector<json::violation> read_all(std::string_view text, type_descriptor const& type, void* into,
                                      json::read_options const& options) {
    std::string blanked;
    bool const is_too_long = options.max_bytes != 0 && text.size() > options.max_bytes;
    if (options.leniency.comments && !is_too_long && text.find('/') != std::string_view::npos)
        text = blanked = blank_comments(text, options.leniency);
    reader whole{text, options};
    whole.read_document(type, into);
    return whole.violations();
}

}  // namespace

result<void> read_text(std::string_view text, type_descriptor const& type, void* into,
                       json::read_options const& options) {
    auto const violations = read_all(text, type, into, options);
    if (violations.empty()) return {};
    return json::detail::to_error(violations, text, options.max_violations);
}

std::vector<json::violation> examine_text(std::string_view text, type_descriptor const& type, void* into,
                                          json::read_options const& options) {
    return json::detail::add_positions(read_all(text, type, into, options), text);
}

}  // namespace coax::bind::detail
