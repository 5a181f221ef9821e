#include "sim/text.hpp"

#include <algorithm>
#include <array>

namespace coax::sim::detail {
namespace {

constexpr std::size_t max_words = 512;
constexpr std::size_t longest_delta = 12;

constexpr std::array<std::string_view, 110> glad_words{
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

constexpr std::array<std::string_view, 119> sad_words{
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

constexpr std::array<std::string_view, 23> glad_marks{
    "😀",   "😍",   "❤",    "👍",   "🎉",   "😊",   "🥰",     ":)", "最高", "素晴らしい", "ありがとう", "嬉しい",
    "很好", "太棒", "喜欢", "谢谢", "최고", "شكرا", "धन्यवाद", "😂", "🙌",   "✨",         "💯"};
constexpr std::array<std::string_view, 22> sad_marks{"😡",   "😢",   "👎",     "😭",   "💔",   "🤬",   "😤",   ":(",
                                                     "最悪", "残念", "ひどい", "糟糕", "失望", "太差", "최악", "سيء",
                                                     "खराब", "🤮",   "🙄",     "😞",   "😠",   "💀"};
constexpr std::array<std::string_view, 4> negations{"not", "no", "don't", "isn't"};

static_assert(std::ranges::is_sorted(sad_words));
static_assert(std::ranges::is_sorted(glad_words));

bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool continues_utf8(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

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

std::string quoted(std::string_view text) { return "'" + std::string{text} + "'"; }

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

}  // namespace coax::sim::detail
