#pragma once

#include "tokens/vocabulary.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

/// Byte-pair encoding of one word in time linear in its length.
///
/// A row of tokens is the encoding of its text if each two neighbours may stand side by side
/// (`vocabulary::can_follow`), and there is one such row for each text. So the last token of each beginning of a word
/// is unique, and found without merging anything. Source: github.com/github/rust-gems, crates/bpe/README.md.
namespace coax::tokens::detail {

/// The last token of a beginning of a word, and how many tokens it is.
struct prefix_encoding {
    token_id last{no_token};
    std::uint32_t count{0};
};

/// Calls `f(size, prefix_encoding)` for each beginning of a word, shortest first. Needs room for the longest token
/// only.
template <class F>
void for_each_prefix(vocabulary const& words, std::string_view text, F f) {
    constexpr std::size_t window = max_token_bytes + 1;
    std::array<prefix_encoding, window> ahead{};
    prefix_encoding here{};
    for (std::size_t size = 0; size < text.size();) {
        words.for_each_match(text.substr(size), [&](vocabulary::match const& one) {
            auto& there = ahead[(size + one.size) % window];
            if (there.last == no_token && (size == 0 || words.can_follow(here.last, one.token)))
                there = {one.token, here.count + 1};
        });
        ++size;
        here = std::exchange(ahead[size % window], {});
        f(size, here);
    }
}

/// The tokens of a word so far, of which the last can be taken back: all of them, behind what else is in a list, or
/// their number and the last of them.
class token_list {
public:
    explicit token_list(std::vector<token_id>& out) noexcept : out_{out}, begin_{out.size()} {}

    [[nodiscard]] std::size_t size() const noexcept { return out_.size() - begin_; }
    [[nodiscard]] token_id last() const noexcept { return out_.back(); }
    void push(token_id one) { out_.push_back(one); }
    void pop() noexcept { out_.pop_back(); }
    void clear() noexcept { out_.resize(begin_); }

private:
    std::vector<token_id>& out_;
    std::size_t begin_;
};

class token_ring {
public:
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] token_id last() const noexcept { return ring_[(size_ - 1) % ring_.size()]; }
    void push(token_id one) noexcept { ring_[size_++ % ring_.size()] = one; }
    void pop() noexcept { --size_; }
    void clear() noexcept { size_ = 0; }

private:
    std::array<token_id, 1'024> ring_;  ///< More than `word_encoder::window` bytes can be tokens.
    std::size_t size_{0};
};

/// Takes the longest token at each place, and goes back where none can follow. A place from which there was no way on
/// is not tried again.
class word_encoder {
public:
    /// How far it can go back, in bytes. No known vocabulary makes it go back more than a few tokens.
    static constexpr std::size_t window = 512;

    explicit word_encoder(vocabulary const& words) noexcept : words_{words} {}

    /// Puts the tokens of a word into `tokens`, which is empty. @returns Whether that was possible within the window.
    template <class Tokens>
    [[nodiscard]] bool encode(std::string_view word, Tokens& tokens) {
        auto next = words_.longest_match(word);
        if (next.size == word.size()) return tokens.push(next.token), true;
        dead_ = {};
        furthest_ = 0;
        std::size_t at = 0;
        while (next.token != no_token) {
            if (auto const taken = longest_that_fits(next, at, tokens); taken.token != no_token) {
                tokens.push(taken.token);
                at += taken.size;
                reach(at);
                next = words_.longest_match(word.substr(at));
            } else {
                mark_dead(at);
                next = {tokens.last(), words_.size_of(tokens.last())};
                at -= next.size;
                tokens.pop();
                if (furthest_ - at > window) return false;
            }
        }
        return true;
    }

private:
    template <class Tokens>
    [[nodiscard]] vocabulary::match longest_that_fits(vocabulary::match one, std::size_t at,
                                                      Tokens const& tokens) const noexcept {
        while (one.token != no_token) {
            if (!is_dead(at + one.size) && (tokens.size() == 0 || words_.can_follow(tokens.last(), one.token))) break;
            one.token = words_.longest_prefix(one.token);
            if (one.token != no_token) one.size = words_.size_of(one.token);
        }
        return one;
    }

    /// The marks are kept for twice the window behind the furthest place.
    static constexpr std::size_t marks = 2 * window;

    void reach(std::size_t at) noexcept {
        if (at > marks)
            for (auto place = std::max(furthest_, marks); place < at;) clear_mark(++place);
        furthest_ = std::max(furthest_, at);
    }
    void clear_mark(std::size_t at) noexcept { dead_[at % marks / 64] &= ~(std::uint64_t{1} << (at % 64)); }
    void mark_dead(std::size_t at) noexcept { dead_[at % marks / 64] |= std::uint64_t{1} << (at % 64); }
    [[nodiscard]] bool is_dead(std::size_t at) const noexcept {
        return at <= furthest_ && ((dead_[at % marks / 64] >> (at % 64)) & 1U) != 0;
    }

    vocabulary const& words_;
    std::array<std::uint64_t, marks / 64> dead_{};
    std::size_t furthest_{0};
};

/// The number of a word's tokens, with nothing on the heap.
[[nodiscard]] inline std::size_t count_tokens(vocabulary const& words, std::string_view word) {
    token_ring tokens;
    if (word_encoder{words}.encode(word, tokens)) return tokens.size();
    std::size_t count = 0;
    for_each_prefix(words, word, [&](std::size_t, prefix_encoding const& whole) { count = whole.count; });
    return count;
}

inline void append_tokens(vocabulary const& words, std::string_view word, std::vector<token_id>& out) {
    token_list tokens{out};
    if (word_encoder{words}.encode(word, tokens)) return;
    tokens.clear();
    std::vector<token_id> last;
    last.reserve(word.size());
    for_each_prefix(words, word, [&](std::size_t, prefix_encoding const& one) { last.push_back(one.last); });
    auto const begin = static_cast<std::ptrdiff_t>(out.size());
    for (auto size = word.size(); size > 0; size -= words.size_of(out.back())) out.push_back(last[size - 1]);
    std::reverse(out.begin() + begin, out.end());
}

}  // namespace coax::tokens::detail
