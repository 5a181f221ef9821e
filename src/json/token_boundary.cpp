#include "json/internal/token_boundary.hpp"

#include "json/internal/text.hpp"

namespace coax::json::detail {
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

bool token_boundary::look(std::string_view text, std::size_t begin) {
    char const first = text[begin];
    if (begin_ != begin) {
        begin_ = looked_ = begin;
        open_brackets_ = 0;
        in_string_ = is_whole_ = false;
    }
    if (is_whole_) return true;
    if (first == '{' || first == '[') return is_whole_ = look_through_brackets(text);
    if (first == '"') {
        if (looked_ == begin) ++looked_;
        return is_whole_ = look_through_string(text);
    }
    auto const word = text.substr(begin);  // no delimiter behind it: only these can be at their end
    return word == "null" || word == "true" || word == "false";
}

/// To behind the closing quote, or as far as the text goes.
bool token_boundary::look_through_string(std::string_view text) {
    char const* at = text.data() + looked_;
    char const* const end = text.data() + text.size();
    bool closed = false;
    while (!closed) {
        at = find_plain_end(at, end).end;
        if (at == end || (*at == '\\' && end - at < 2)) break;
        closed = *at == '"';
        at += *at == '\\' ? 2 : 1;  // control characters are for the reader to refuse
    }
    looked_ = static_cast<std::size_t>(at - text.data());
    return closed;
}

bool token_boundary::look_through_brackets(std::string_view text) {
    while (looked_ != text.size()) {
        if (in_string_) {
            if (!look_through_string(text)) return false;
            in_string_ = false;
            continue;
        }
        char const c = text[looked_++];
        in_string_ = c == '"';
        if (c == '{' || c == '[') ++open_brackets_;
        if ((c == '}' || c == ']') && --open_brackets_ == 0) return true;
    }
    return false;
}

}  // namespace coax::json::detail
