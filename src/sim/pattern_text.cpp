#include "sim/pattern_text.hpp"

#include <algorithm>
#include <vector>

namespace coax::sim::detail {
namespace {

constexpr int max_repeats = 256;
constexpr int max_depth = 32;
constexpr std::size_t max_text_bytes = std::size_t{64} * 1024;

/// Reads a pattern and makes a text in one pass. Every alternative is made, and one of them is used.
class pattern_sampler {
public:
    pattern_sampler(std::string_view pattern, random_source& random) : pattern_{pattern}, random_{random} {}

    std::optional<std::string> run() {
        auto text = alternatives();
        if (failed_ || at_ != pattern_.size()) return std::nullopt;
        return text;
    }

private:
    [[nodiscard]] bool done() const noexcept { return at_ >= pattern_.size(); }
    [[nodiscard]] char peek() const noexcept { return pattern_[at_]; }
    bool take(char wanted) noexcept {
        if (done() || peek() != wanted) return false;
        ++at_;
        return true;
    }
    std::string fail() {
        failed_ = true;
        at_ = pattern_.size();
        return {};
    }

    std::string alternatives() {
        if (++depth_ > max_depth) return fail();
        std::vector<std::string> choices{sequence()};
        while (take('|')) choices.push_back(sequence());
        --depth_;
        return std::move(choices[random_.below(choices.size())]);
    }

    std::string sequence() {
        std::string text;
        while (!failed_ && !done() && peek() != '|' && peek() != ')') text += repeated();
        return text;
    }

    /// One atom and its quantifier. The atom is read anew for each repetition, so that each may differ.
    std::string repeated() {
        auto const begin = at_;
        std::string const first = atom();
        auto [least, most] = quantifier();
        if (failed_) return {};
        auto const end = at_;
        auto const count = least + static_cast<int>(random_.below(static_cast<std::size_t>(most - least) + 1));
        if (count == 0) return {};
        std::string text = first;
        for (int i = 1; i < count && !failed_ && written_ < max_text_bytes; ++i) {
            at_ = begin;
            text += atom();
            written_ += text.size();
        }
        if (!failed_) at_ = end;
        return text;
    }

    struct bounds {
        int least;
        int most;
    };

    bounds quantifier() {
        bounds found{1, 1};
        if (take('*')) {
            found = {0, 3};
        } else if (take('+')) {
            found = {1, 4};
        } else if (take('?')) {
            found = {0, 1};
        } else if (!done() && peek() == '{') {
            ++at_;
            found.least = number();
            found.most = take(',') ? (!done() && peek() == '}' ? found.least + 3 : number()) : found.least;
            if (!take('}') || found.most < found.least || found.most > max_repeats) fail();
        } else {
            return found;
        }
        take('?');
        return found;
    }

    int number() {
        int value = 0;
        bool any = false;
        for (; !done() && peek() >= '0' && peek() <= '9' && value <= max_repeats; ++at_, any = true)
            value = value * 10 + (peek() - '0');
        if (!any) fail();
        return value;
    }

    std::string atom() {
        if (done()) return fail();
        char const c = pattern_[at_++];
        switch (c) {
            case '^':
            case '$': return {};
            case '.': return std::string(1, pick("abcdefghijklmnopqrstuvwxyz"));
            case '(': return group();
            case '[': return character_class();
            case '\\': return escape();
            case '*':
            case '+':
            case '?':
            case '{':
            case ')': return fail();
            default: return std::string(1, c);
        }
    }

    std::string group() {
        if (take('?') && !take(':')) return fail();
        auto text = alternatives();
        if (!take(')')) return fail();
        return text;
    }

    /// The characters an escape stands for; empty: unknown.
    static std::string_view class_of(char letter) noexcept {
        switch (letter) {
            case 'd': return "0123456789";
            case 'w': return "abcdefghijklmnopqrstuvwxyz0123456789_";
            case 's': return " ";
            case 'D':
            case 'S':
            case 'W': return letter == 'W' ? "-" : "abcdefghijklmnopqrstuvwxyz";
            default: return {};
        }
    }

    static std::optional<char> plain_escape(char letter) noexcept {
        switch (letter) {
            case 'n': return '\n';
            case 't': return '\t';
            case 'r': return '\r';
            default: break;
        }
        bool const alphanumeric =
            (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
        if (alphanumeric) return std::nullopt;
        return letter;
    }

    std::string escape() {
        if (done()) return fail();
        char const letter = pattern_[at_++];
        if (auto const known = class_of(letter); !known.empty()) return std::string(1, pick(known));
        if (auto const plain = plain_escape(letter)) return std::string(1, *plain);
        return fail();
    }

    std::string character_class() {
        bool const negated = take('^');
        std::string members;
        for (bool first = true; !done() && (first || peek() != ']'); first = false) {
            char low = pattern_[at_++];
            if (low == '\\') {
                if (done()) return fail();
                char const letter = pattern_[at_++];
                if (auto const known = class_of(letter); !known.empty()) {
                    members += known;
                    continue;
                }
                auto const plain = plain_escape(letter);
                if (!plain) return fail();
                low = *plain;
            }
            if (static_cast<unsigned char>(low) >= 0x80U) return fail();
            char high = low;
            if (at_ + 1 < pattern_.size() && peek() == '-' && pattern_[at_ + 1] != ']') {
                high = pattern_[at_ + 1];
                at_ += 2;
            }
            if (static_cast<unsigned char>(high) >= 0x80U) return fail();
            for (int c = static_cast<unsigned char>(low); c <= static_cast<unsigned char>(high); ++c)
                members.push_back(static_cast<char>(c));
        }
        if (!take(']')) return fail();
        if (negated) members = others(members);
        if (members.empty()) return fail();
        return std::string(1, pick(members));
    }

    static std::string others(std::string_view members) {
        std::string rest;
        for (int c = ' '; c < 0x7f; ++c)
            if (members.find(static_cast<char>(c)) == std::string_view::npos) rest.push_back(static_cast<char>(c));
        return rest;
    }

    char pick(std::string_view from) noexcept { return from[random_.below(from.size())]; }

    std::string_view pattern_;
    random_source& random_;
    std::size_t at_{0};
    std::size_t written_{0};
    int depth_{0};
    bool failed_{false};
};

}  // namespace

std::optional<std::string> text_matching(std::string_view pattern, random_source& random) {
    return pattern_sampler{pattern, random}.run();
}

}  // namespace coax::sim::detail
