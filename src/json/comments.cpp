#include "json/internal/comments.hpp"

#include <algorithm>

namespace coax::json::detail {
namespace {

/// Behind the string whose opening quote is at `at`.
std::size_t skip_quoted(std::string_view text, std::size_t at) {
    char const quote = text[at++];
    while (at < text.size() && text[at] != quote) at += text[at] == '\\' ? 2 : 1;
    return std::min(at + 1, text.size());
}

/// Behind the comment that starts at `at`; `at` itself if none does.
std::size_t skip_comment(std::string_view text, std::size_t at) {
    auto const start = text.substr(at, 2);
    if (start == "//") return std::min(text.find('\n', at), text.size());
    if (start != "/*") return at;
    auto const end = text.find("*/", at + 2);
    return end == std::string_view::npos ? at : end + 2;
}

}  // namespace

std::string blank_comments(std::string_view text, bool single_quotes) {
    std::string blanked{text};
    for (auto at = text.find_first_of("{["); at < text.size();) {
        if (text[at] == '"' || (single_quotes && text[at] == '\'')) {
            at = skip_quoted(text, at);
        } else if (auto const end = skip_comment(text, at); end != at) {
            for (; at != end; ++at)
                if (blanked[at] != '\n') blanked[at] = ' ';
        } else {
            ++at;
        }
    }
    return blanked;
}

}  // namespace coax::json::detail
