#include "bind/roots.hpp"

#include "bind/thoughts.hpp"

#include <algorithm>
#include <utility>

namespace coax::bind::detail {
namespace {

constexpr std::size_t most_roots = 64;
constexpr std::size_t most_levels = 1000;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

bool is_word_character(char c) {
    return json::detail::is_letter(c) || json::detail::is_digit(c) || c == '_' || c == '$';
}

std::string_view skip_spaces(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    return text;
}

/// Whether a text begins with a key without quotes.
bool is_bare_key(std::string_view text) {
    std::size_t size = 0;
    while (size < text.size() && (is_word_character(text[size]) || text[size] == '-')) ++size;
    return size != 0 && skip_spaces(text.substr(size)).starts_with(':');
}

bool is_comment(std::string_view text) { return text.starts_with("//") || text.starts_with("/*"); }

bool begins_word(std::string_view text, std::string_view word) {
    return text.starts_with(word) && (text.size() == word.size() || !is_word_character(text[word.size()]));
}

bool begins_item(std::string_view text) {
    if (text.empty() || is_comment(text) || json::detail::is_digit(text.front())) return true;
    if (std::string_view{"{[]\"'-"}.find(text.front()) != std::string_view::npos) return true;
    constexpr std::string_view words[] = {"true", "false", "null", "True", "False", "None", "NaN", "Infinity"};
    return std::ranges::any_of(words, [&](std::string_view word) { return begins_word(text, word); });
}

}  // namespace

bool looks_like_json(std::string_view text) {
    auto const inside = skip_spaces(text.substr(1));
    if (text.front() == '[') return begins_item(inside);
    return inside.empty() || is_comment(inside) || is_bare_key(inside) ||
           std::string_view{"\"'}"}.find(inside.front()) != std::string_view::npos;
}

root_finder::root_finder(std::string_view text, json::leniency const& allowed)
    : scanner{text, most_levels, true}, budget_{text.size() * 16 + 4096} {
    set_leniency(allowed);
}

std::vector<root_span> const& root_finder::find() {
    while (at_ != end_ && budget_ != 0) {
        if (auto const [size, opens] = find_thought_mark(rest_of(at_)); size != 0)
            take_mark(size, opens);
        else if (*at_ == '{' || *at_ == '[')
            take_bracket();
        else
            ++at_;
    }
    if (at_ != end_) take_rest();
    return roots_;
}

/// What there is no budget for is one broken value.
void root_finder::take_rest() {
    char const* const begin = std::exchange(at_, end_);
    add(begin, false, false);
}

void root_finder::take_mark(std::size_t size, bool opens) {
    auto const offset = static_cast<std::size_t>(at_ - text().data());
    auto const end = opens ? thought_end(text(), offset) : offset + size;
    at_ = text().data() + end;
    // A value before a thought may be the answer; before an end without a beginning all is thought.
    if (!opens) roots_.clear();
    if (roots_.empty()) answer_begin_ = end;
}

void root_finder::take_bracket() {
    char const* const begin = at_;
    if (!looks_like_json(rest_of(begin))) {
        ++at_;
    } else if (skip_value()) {
        add(begin, true, true);
    } else {
        take_broken(begin);
        forget_failure();
    }
}

/// Behind a bracket at `begin` that begins no value; `at_` is where that shows.
void root_finder::take_broken(char const* begin) {
    bool is_closed = false;
    char const* const stop = find_close(begin, is_closed);
    budget_ -= std::min(budget_, static_cast<std::size_t>(stop - begin));
    if (!is_closed && at_ < stop && goes_on_in_words()) return;
    at_ = stop;
    add(begin, false, is_closed);
}

/// Behind the closing bracket; if there is none, where the code fence, the thought or the text ends.
char const* root_finder::find_close(char const* at, bool& is_closed) const {
    std::size_t open = 0;
    bool in_string = false;
    for (; at != end_; ++at) {
        char const c = *at;
        if (c == '\n' && rest_of(at + 1).starts_with("```")) return at + 1;
        if (auto const mark = find_thought_mark(rest_of(at)); mark.size != 0 && (!mark.opens || !in_string)) return at;
        if (c == '\\' && in_string && at + 1 != end_) ++at;
        if (c == '"') in_string = !in_string;
        if (in_string) continue;
        if (c == '{' || c == '[') ++open;
        is_closed = (c == '}' || c == ']') && --open == 0;
        if (is_closed) return at + 1;
    }
    return at;
}

/// Whether words follow where JSON has a comma, a key or a closing bracket: [0, 1) or {"a": 1, in other words.
bool root_finder::goes_on_in_words() const {
    auto const& expected = violations_.front().expected;
    return depth() == 1 && (expected.starts_with("',' or ") || expected == "a key in quotes") &&
           std::string_view{"{[\"':"}.find(*at_) == std::string_view::npos && !json::detail::is_digit(*at_) &&
           !is_bare_key(rest_of(at_));
}

void root_finder::add(char const* begin, bool is_whole, bool is_closed) {
    if (roots_.size() == most_roots) roots_.erase(roots_.begin());
    auto const offset = [this](char const* at) { return static_cast<std::size_t>(at - text().data()); };
    roots_.push_back({offset(begin), offset(at_), is_whole, is_closed});
}

void root_finder::forget_failure() {
    violations_.clear();
    is_malformed_ = false;
    restore_depth(0);
}

}  // namespace coax::bind::detail
