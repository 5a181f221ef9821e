#pragma once

#include "tokens/unicode_classes.hpp"

#include <string_view>

namespace coax::tokens::detail {

/// Which pattern cuts a text into the words that are encoded one by one.
enum class split_pattern : std::uint8_t { cl100k, o200k };

/// Cuts well-formed UTF-8 as the regular expressions of tiktoken do, in one pass. What it cuts is called a word,
/// whatever it holds; they cover the text.
/// Source: openai/tiktoken, tiktoken_ext/openai_public.py; tests compare it with PCRE2.
class word_splitter {
public:
    word_splitter(std::string_view text, split_pattern pattern) noexcept
        : at_{text.data()}, end_{text.data() + text.size()}, pattern_{pattern} {}

    /// The next word; empty at the end.
    [[nodiscard]] std::string_view next() noexcept {
        if (at_ == end_) return {};
        auto const* const begin = at_;
        at_ = word_end(begin);
        return {begin, static_cast<std::size_t>(at_ - begin)};
    }

private:
    [[nodiscard]] char const* word_end(char const* at) const noexcept;
    /// Each is null where its alternative of the pattern does not match.
    [[nodiscard]] char const* plain_word_end(char const* at, character first) const noexcept;
    [[nodiscard]] char const* cased_word_end(char const* at, character first) const noexcept;
    [[nodiscard]] char const* cased_run_end(char const* at, bool upper_alone) const noexcept;
    [[nodiscard]] char const* contraction_end(char const* at) const noexcept;
    [[nodiscard]] char const* symbols_end(char const* at) const noexcept;
    [[nodiscard]] char const* number_end(char const* at) const noexcept;
    [[nodiscard]] char const* blanks_end(char const* at) const noexcept;
    /// Where the run of characters of a set ends.
    [[nodiscard]] char const* skip(char const* at, unsigned set) const noexcept;

    char const* at_;
    char const* end_;
    split_pattern pattern_;
    char_classes const& classes_{char_classes::unicode()};
};

}  // namespace coax::tokens::detail
