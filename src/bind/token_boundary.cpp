#include "bind/token_boundary.hpp"

#include "json/internal/text.hpp"

namespace coax::bind::detail {
namespace {

bool is_delimiter(char c) { return c == ',' || c == '}' || c == ']' || static_cast<unsigned char>(c) <= ' '; }

}  // namespace

void token_boundary::extend(std::string_view text, std::size_t added_bytes) {
    for (auto at = text.size(); at != text.size() - added_bytes; --at) {
        if (!is_delimiter(text[at - 1])) continue;
        delimiter_ = at - 1;
        return;
    }
}

bool token_boundary::scan(std::string_view text, std::size_t begin) {
    char const first = text[begin];
    if (begin_ != begin) {
        begin_ = scanned_ = begin;
        open_brackets_ = 0;
        in_string_ = is_complete_ = false;
    }
    if (is_complete_) return true;
    if (first == '{' || first == '[') return is_complete_ = scan_brackets(text);
    if (first == '"') {
        if (scanned_ == begin) ++scanned_;
        return is_complete_ = scan_string(text);
    }
    auto const word = text.substr(begin);  // nothing behind it ends it: only these are complete
    return word == "null" || word == "true" || word == "false";
}

/// Scans to behind the closing quote, or as far as the text goes.
bool token_boundary::scan_string(std::string_view text) {
    char const* at = text.data() + scanned_;
    char const* const end = text.data() + text.size();
    bool closed = false;
    while (!closed) {
        at = json::detail::find_plain_end(at, end).end;
        if (at == end || (*at == '\\' && end - at < 2)) break;
        closed = *at == '"';
        at += *at == '\\' ? 2 : 1;  // the reader refuses control characters
    }
    scanned_ = static_cast<std::size_t>(at - text.data());
    return closed;
}

bool token_boundary::scan_brackets(std::string_view text) {
    while (scanned_ != text.size()) {
        if (in_string_) {
            if (!scan_string(text)) return false;
            in_string_ = false;
            continue;
        }
        char const c = text[scanned_++];
        in_string_ = c == '"';
        if (c == '{' || c == '[') ++open_brackets_;
        if ((c == '}' || c == ']') && --open_brackets_ == 0) return true;
    }
    return false;
}

}  // namespace coax::bind::detail
