#pragma once

#include "sim/random.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coax::sim::detail {

/// The longest prefix of at most `max_bytes` that does not cut a UTF-8 sequence.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) noexcept;

[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

/// The first `count` code points.
[[nodiscard]] std::string_view utf8_first(std::string_view text, std::size_t count) noexcept;

[[nodiscard]] inline bool contains(std::string_view text, std::string_view part) noexcept {
    return text.find(part) != std::string_view::npos;
}

/// 'text'
[[nodiscard]] std::string quoted(std::string_view text);

[[nodiscard]] std::string lower_ascii(std::string_view text);

/// Tokens as a service would bill them, roughly: four bytes each, and never 0.
[[nodiscard]] constexpr std::size_t token_count(std::size_t bytes) noexcept { return bytes == 0 ? 1 : (bytes + 3) / 4; }

/// `count` lower-case letters and digits that follow from `seed`.
[[nodiscard]] std::string make_id(std::uint64_t seed, std::size_t count);

[[nodiscard]] std::string make_uuid(random_source& random);

/// The words of a prompt and its sentiment: the material of completions. Views into the text.
class prompt_words {
public:
    explicit prompt_words(std::string_view text);

    /// In order, without the punctuation around them; at most the first 512.
    [[nodiscard]] std::vector<std::string_view> const& words() const noexcept { return words_; }
    /// Positive words minus negative words: 0 also where both balance.
    [[nodiscard]] int sentiment() const noexcept { return positive_ - negative_; }
    [[nodiscard]] bool mixed() const noexcept { return positive_ > 0 && negative_ > 0; }
    /// The last word with a capital that does not begin the text, as names have it. Empty: none.
    [[nodiscard]] std::string_view proper_name() const noexcept { return proper_name_; }
    /// Whether the text has `label` as a word, in any case.
    [[nodiscard]] bool mentions(std::string_view label) const;

private:
    void count_sentiment();

    std::string_view text_;
    std::vector<std::string_view> words_;
    std::string_view proper_name_;
    int positive_{0};
    int negative_{0};
};

/// Cuts text where a model's tokens might end: after every word, and inside long ones, never inside a UTF-8 sequence.
[[nodiscard]] std::vector<std::string_view> split_deltas(std::string_view text);

}  // namespace coax::sim::detail
