#include "bind/thoughts.hpp"

#include "json/internal/text.hpp"

#include <algorithm>

namespace coax::bind::detail {
namespace {

/// What models put their thoughts between, as in <think> and </think>, in any case and with attributes.
constexpr std::string_view tags[] = {"think",    "thinking",   "thought",    "thoughts",   "reasoning",
                                     "analysis", "reflection", "scratchpad", "seed:think", "antthinking"};

struct mark_pair {
    std::string_view opening;
    std::string_view closing;
};
/// What is no tag: of Magistral, Kimi, OpenThinker, Command and gpt-oss.
constexpr mark_pair others[] = {{"[THINK]", "[/THINK]"},
                                {"\u25C1think\u25B7", "\u25C1/think\u25B7"},
                                {"<|begin_of_thought|>", "<|end_of_thought|>"},
                                {"<|START_THINKING|>", "<|END_THINKING|>"},
                                {"<|channel|>analysis", "<|channel|>final"}};

constexpr std::size_t longest_tag = 80;

bool is_same_word(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

thought_mark find_tag(std::string_view text) {
    text = text.substr(0, longest_tag);
    bool const closes = text.substr(1).starts_with('/');
    std::size_t const begin = closes ? 2 : 1;
    auto const end = text.find_first_of(" \t\n>", begin);
    auto const last = text.find('>', begin);
    if (last == std::string_view::npos || text.find('<', begin) < last) return {};
    auto const name = text.substr(begin, end - begin);
    bool const is_thought = std::ranges::any_of(tags, [&](std::string_view tag) { return is_same_word(tag, name); });
    return is_thought ? thought_mark{last + 1, !closes} : thought_mark{};
}

}  // namespace

thought_mark find_thought_mark(std::string_view text) {
    if (text.empty() || (text.front() != '<' && text.front() != '[' && text.front() != '\xE2')) return {};
    for (auto const& [opening, closing] : others) {
        if (text.starts_with(opening)) return {opening.size(), true};
        if (text.starts_with(closing)) return {closing.size(), false};
    }
    return text.front() == '<' ? find_tag(text) : thought_mark{};
}

std::size_t thought_scanner::find_end(std::string_view text) {
    while (true) {
        at_ = std::min(text.find_first_of("<[\xE2", at_), text.size());
        if (at_ == text.size()) return std::string_view::npos;
        auto const mark = find_thought_mark(text.substr(at_));
        if (mark.size == 0 && text.size() - at_ < longest_tag &&
            text.find_first_of(">]\xB7", at_) == std::string_view::npos)
            return std::string_view::npos;  // it may not be all there
        at_ += std::max<std::size_t>(mark.size, 1);
        if (mark.size == 0) continue;
        if (mark.opens) {
            ++depth_;
            continue;
        }
        last_close_ = at_;
        if (--depth_ == 0) return at_;
    }
}

std::size_t thought_end(std::string_view text, std::size_t begin) {
    thought_scanner scanner{begin};
    auto const end = scanner.find_end(text);
    // One that only speaks of an opening mark ends with the last closing one.
    return end != std::string_view::npos ? end : std::min(scanner.last_close_, text.size());
}

}  // namespace coax::bind::detail
