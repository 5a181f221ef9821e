#pragma once

#include <cstddef>
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

/// Tokens as a service would bill them, roughly: four bytes each, never 0 for text.
[[nodiscard]] constexpr std::size_t estimate_tokens(std::size_t bytes) noexcept { return (bytes + 3) / 4; }

/// What answers are made of: the words of a prompt and how it feels. Views into the text it was made from.
class prompt_reading {
public:
    explicit prompt_reading(std::string_view text);

    /// In order, without the punctuation around them; at most the first 512.
    [[nodiscard]] std::vector<std::string_view> const& words() const noexcept { return words_; }
    /// Glad words minus sad words. 0 where `mixed()` as well as where nothing was felt.
    [[nodiscard]] int mood() const noexcept { return glad_ - sad_; }
    [[nodiscard]] bool mixed() const noexcept { return glad_ > 0 && sad_ > 0; }
    /// A word with a capital that does not begin the text, as names do; the last one. Empty: none.
    [[nodiscard]] std::string_view proper_name() const noexcept { return proper_name_; }
    /// Whether `label` stands in the text as a word, without regard to case.
    [[nodiscard]] bool mentions(std::string_view label) const;

private:
    void feel();

    std::string_view text_;
    std::vector<std::string_view> words_;
    std::string_view proper_name_;
    int glad_{0};
    int sad_{0};
};

/// Cuts text where a model's tokens might end: after every word, and inside long ones, never inside a UTF-8 sequence.
[[nodiscard]] std::vector<std::string_view> split_deltas(std::string_view text);

}  // namespace coax::sim::detail
