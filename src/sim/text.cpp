#include "sim/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace coax::sim::detail {
namespace {

constexpr std::size_t max_words = 512;
constexpr std::size_t longest_delta = 12;

constexpr std::array<std::string_view, 110> positive_words{
    "adore",       "adorei",    "amazing",     "awesome",    "beautiful",   "beautifully", "bellissimo",  "best",
    "blessed",     "brilliant", "brilliantly", "celebrate",  "celebrating", "charming",    "cheerful",    "clean",
    "comfortable", "danke",     "delicious",   "delight",    "delighted",   "delightful",  "dziękuję",    "easy",
    "encanta",     "enjoy",     "enjoyed",     "excelente",  "excellent",   "excited",     "fantastic",   "fantastisk",
    "fast",        "favorite",  "favourite",   "feliz",      "finally",     "flott",       "friendly",    "fun",
    "generous",    "genial",    "gern",        "glad",       "good",        "gorgeous",    "gracias",     "grateful",
    "grazie",      "great",     "grinning",    "génial",     "happy",       "healed",      "helpful",     "hyvä",
    "ihana",       "impressed", "impressive",  "incredible", "kiitos",      "kind",        "laugh",       "laughed",
    "liebe",       "love",      "loved",       "lovely",     "magnifique",  "mahtava",     "maravilloso", "merci",
    "nice",        "obrigado",  "ottimo",      "parfait",    "perfect",     "perfectly",   "pleased",     "proud",
    "quiet",       "recommend", "refreshing",  "reunited",   "smile",       "smiled",      "smooth",      "solved",
    "stunning",    "super",     "superb",      "takk",       "thank",       "thanks",      "thrilled",    "toll",
    "warm",        "welcoming", "win",         "won",        "wonderful",   "worth",       "wow",         "wunderbar",
    "yay",         "yummy",     "świetny",     "люблю",      "отлично",     "спасибо"};

constexpr std::array<std::string_view, 119> negative_words{
    "affreux",       "angry",     "annoyed",      "annoying",    "awful",       "bad",       "boring",
    "broke",         "broken",    "brutto",       "bug",         "cancel",      "cancelled", "cancels",
    "cold",          "complaint", "crash",        "crashed",     "crashes",     "cried",     "crying",
    "damaged",       "dead",      "delay",        "delayed",     "died",        "dirty",     "disappointed",
    "disappointing", "disgrace",  "disgusting",   "dreadful",    "dårlig",      "déteste",   "déçu",
    "enttäuscht",    "error",     "errors",       "exhausted",   "fail",        "failed",    "failure",
    "fatal",         "fault",     "fluchen",      "forferdelig", "freezes",     "freezing",  "frustrated",
    "frustrating",   "furchtbar", "garbage",      "hate",        "hated",       "headache",  "horrible",
    "huono",         "hurts",     "ignored",      "kamala",      "kaputt",      "late",      "leak",
    "leaking",       "leider",    "lonely",       "lost",        "malo",        "mess",      "miserable",
    "miss",          "missed",    "never",        "nightmare",   "noisy",       "nul",       "nunca",
    "odeio",         "odio",      "overpriced",   "pain",        "painful",     "pathetic",  "pessimo",
    "pettynyt",      "poor",      "péssimo",      "refund",      "rip-off",     "ripped",    "rude",
    "ruined",        "sad",       "scam",         "schlecht",    "schrecklich", "shame",     "sick",
    "slow",          "spam",      "stole",        "stolen",      "stuck",       "terrible",  "tired",
    "triste",        "ugly",      "unacceptable", "useless",     "vihaan",      "waited",    "waste",
    "wasted",        "worse",     "worst",        "worthless",   "ненавижу",    "плохо",     "ужасно"};

constexpr std::array<std::string_view, 23> positive_marks{
    "😀",   "😍",   "❤",    "👍",   "🎉",   "😊",   "🥰",     ":)", "最高", "素晴らしい", "ありがとう", "嬉しい",
    "很好", "太棒", "喜欢", "谢谢", "최고", "شكرا", "धन्यवाद", "😂", "🙌",   "✨",         "💯"};
constexpr std::array<std::string_view, 22> negative_marks{
    "😡",   "😢",   "👎",   "😭",   "💔",  "🤬",   "😤", ":(", "最悪", "残念", "ひどい",
    "糟糕", "失望", "太差", "최악", "سيء", "खराब", "🤮", "🙄", "😞",   "😠",   "💀"};
constexpr std::array<std::string_view, 4> negations{"not", "no", "don't", "isn't"};

static_assert(std::ranges::is_sorted(negative_words));
static_assert(std::ranges::is_sorted(positive_words));

bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool continues_utf8(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

bool is_word_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || is_upper(c) || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80U;
}

std::string_view trim(std::string_view word) noexcept {
    while (!word.empty() && !is_word_character(word.front())) word.remove_prefix(1);
    while (!word.empty() && !is_word_character(word.back())) word.remove_suffix(1);
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

std::string make_id(std::uint64_t seed, std::size_t count) {
    constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuv";
    std::string id;
    id.reserve(count);
    for (std::uint64_t bits = 0; id.size() < count; bits >>= 5U) {
        if (id.size() % 12 == 0) bits = seed = scramble(seed + 1);
        id.push_back(digits[bits & 31U]);
    }
    return id;
}

std::string make_uuid(random_source& random) {
    std::array<char, 40> text{};
    auto const a = random.next();
    auto const b = random.next();
    auto const count =
        std::snprintf(text.data(), text.size(), "%08x-%04x-4%03x-a%03x-%012llx", static_cast<unsigned>(a),
                      static_cast<unsigned>((a >> 32U) & 0xffffU), static_cast<unsigned>((a >> 48U) & 0xfffU),
                      static_cast<unsigned>(b & 0xfffU), static_cast<unsigned long long>(b >> 16U));
    return {text.data(), static_cast<std::size_t>(count)};
}

std::string quoted(std::string_view text) { return "'" + std::string{text} + "'"; }

std::string lower_ascii(std::string_view text) {
    std::string lowered{text};
    for (char& c : lowered)
        if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
    return lowered;
}

prompt_words::prompt_words(std::string_view text) : text_{text} {
    for (std::size_t at = 0; at < text.size() && words_.size() < max_words;) {
        while (at < text.size() && is_space(text[at])) ++at;
        auto const begin = at;
        while (at < text.size() && !is_space(text[at])) ++at;
        auto const word = trim(text.substr(begin, at - begin));
        if (word.empty()) continue;
        if (is_upper(word.front()) && word.size() > 2 && !words_.empty()) proper_name_ = word;
        words_.push_back(word);
    }
    count_sentiment();
}

void prompt_words::count_sentiment() {
    bool negated = false;
    for (auto const word : words_) {
        auto const lowered = lower_ascii(word);
        bool const is_positive = std::ranges::binary_search(positive_words, std::string_view{lowered});
        bool const is_negative = std::ranges::binary_search(negative_words, std::string_view{lowered});
        if (is_positive) ++(negated ? negative_ : positive_);
        if (is_negative) ++(negated ? positive_ : negative_);
        negated = std::ranges::find(negations, std::string_view{lowered}) != negations.end();
    }
    positive_ += count_marks(text_, positive_marks);
    negative_ += count_marks(text_, negative_marks);
}

bool prompt_words::mentions(std::string_view label) const {
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

}  // namespace coax::sim::detail
