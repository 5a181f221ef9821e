#include "sim/text.hpp"

#include <algorithm>
#include <array>

namespace coax::sim {
namespace {

constexpr std::size_t max_words = 512;
constexpr std::size_t longest_delta = 12;

constexpr std::array<std::string_view, 54> glad_words{
    "amazing",     "awesome",   "beautiful", "best",      "brilliant",  "charming",  "cheerful", "clean",
    "comfortable", "delicious", "delight",   "delighted", "delightful", "easy",      "enjoy",    "enjoyed",
    "excellent",   "excited",   "fantastic", "fast",      "favorite",   "favourite", "finally",  "friendly",
    "genial",      "glad",      "good",      "grateful",  "great",      "happy",     "helpful",  "impressed",
    "incredible",  "kind",      "love",      "loved",     "lovely",     "nice",      "perfect",  "pleased",
    "proud",       "recommend", "smooth",    "solved",    "superb",     "thank",     "thanks",   "thrilled",
    "welcoming",   "wonderful", "worth",     "wow",       "yay",        "yummy"};

constexpr std::array<std::string_view, 57> sad_words{
    "angry",    "annoyed",    "annoying", "awful",        "bad",           "boring",     "broke",    "broken",
    "bug",      "cancelled",  "cold",     "complaint",    "crash",         "crashed",    "crashes",  "damaged",
    "delay",    "delayed",    "dirty",    "disappointed", "disappointing", "disgusting", "dreadful", "fail",
    "failed",   "failure",    "fault",    "frustrated",   "frustrating",   "garbage",    "hate",     "hated",
    "horrible", "ignored",    "late",     "lost",         "mess",          "miserable",  "never",    "nightmare",
    "noisy",    "overpriced", "pathetic", "poor",         "refund",        "rude",       "ruined",   "sad",
    "slow",     "stuck",      "terrible", "ugly",         "unacceptable",  "useless",    "waited",   "worse",
    "worst"};

constexpr std::array<std::string_view, 8> glad_marks{"😀", "😍", "❤", "👍", "🎉", "😊", "🥰", ":)"};
constexpr std::array<std::string_view, 8> sad_marks{"😡", "😢", "👎", "😭", "💔", "🤬", "😤", ":("};
constexpr std::array<std::string_view, 4> negations{"not", "no", "don't", "isn't"};

static_assert(std::ranges::is_sorted(sad_words));
static_assert(std::ranges::is_sorted(glad_words));

bool is_space(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_upper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}
bool continues_utf8(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

bool is_wordly(char c) noexcept {
    return (c >= 'a' && c <= 'z') || is_upper(c) || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80U;
}

std::string_view trim(std::string_view word) noexcept {
    while (!word.empty() && !is_wordly(word.front())) word.remove_prefix(1);
    while (!word.empty() && !is_wordly(word.back())) word.remove_suffix(1);
    return word;
}

template <class Marks>
int count_marks(std::string_view text, Marks const& marks) noexcept {
    return static_cast<int>(std::ranges::count_if(
        marks, [text](std::string_view mark) { return text.find(mark) != std::string_view::npos; }));
}

}  // namespace

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) noexcept {
    if (text.size() <= max_bytes) return text;
    while (max_bytes > 0 && continues_utf8(text[max_bytes])) --max_bytes;
    return text.substr(0, max_bytes);
}

std::size_t utf8_length(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !continues_utf8(c); }));
}

std::string_view utf8_first(std::string_view text, std::size_t count) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i)
        if (!continues_utf8(text[i]) && count-- == 0) return text.substr(0, i);
    return text;
}

std::string lower_ascii(std::string_view text) {
    std::string lowered{text};
    for (char& c : lowered)
        if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
    return lowered;
}

prompt_reading::prompt_reading(std::string_view text) : text_{text} {
    for (std::size_t at = 0; at < text.size() && words_.size() < max_words;) {
        while (at < text.size() && is_space(text[at])) ++at;
        auto const begin = at;
        while (at < text.size() && !is_space(text[at])) ++at;
        auto const word = trim(text.substr(begin, at - begin));
        if (word.empty()) continue;
        if (is_upper(word.front()) && word.size() > 2 && !words_.empty()) proper_name_ = word;
        words_.push_back(word);
    }
    feel();
}

void prompt_reading::feel() {
    bool negated = false;
    for (auto const word : words_) {
        auto const lowered = lower_ascii(word);
        bool const is_glad = std::ranges::binary_search(glad_words, std::string_view{lowered});
        bool const is_sad = std::ranges::binary_search(sad_words, std::string_view{lowered});
        if (is_glad) ++(negated ? sad_ : glad_);
        if (is_sad) ++(negated ? glad_ : sad_);
        negated = std::ranges::find(negations, std::string_view{lowered}) != negations.end();
    }
    glad_ += count_marks(text_, glad_marks);
    sad_ += count_marks(text_, sad_marks);
}

bool prompt_reading::mentions(std::string_view label) const {
    auto const wanted = lower_ascii(label);
    return std::ranges::any_of(
        words_, [&](std::string_view word) { return word.size() == wanted.size() && lower_ascii(word) == wanted; });
}

std::vector<std::string_view> split_deltas(std::string_view text) {
    std::vector<std::string_view> deltas;
    while (!text.empty()) {
        auto const space = text.find(' ', 1);
        auto const word = text.substr(0, space);
        auto delta = utf8_prefix(word, longest_delta);
        if (delta.empty()) delta = word;
        deltas.push_back(delta);
        text.remove_prefix(delta.size());
    }
    return deltas;
}

}  // namespace coax::sim
