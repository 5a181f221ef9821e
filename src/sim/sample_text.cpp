#include "sim/sample_text.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace coax::sim::detail {
namespace {

constexpr std::array<std::string_view, 24> plain_words{"steady", "harbour", "window", "lantern", "quiet",  "morning",
                                                       "paper",  "orchard", "signal", "copper",  "river",  "garden",
                                                       "letter", "winter",  "bridge", "kettle",  "market", "thread",
                                                       "island", "ribbon",  "valley", "pocket",  "shadow", "meadow"};
constexpr std::array<std::string_view, 6> person_names{"Mira", "Anton", "Ines", "Jonas", "Aiko", "Samuel"};
constexpr std::array<std::string_view, 6> cities{"Oslo", "Turku", "Lisbon", "Kyoto", "Bergen", "Ghent"};
constexpr std::array<std::string_view, 6> countries{"Norway", "Finland", "Portugal", "Japan", "Belgium", "Chile"};
constexpr std::array<std::string_view, 6> positive_feelings{"joy",        "gratitude", "relief",
                                                            "excitement", "pride",     "trust"};
constexpr std::array<std::string_view, 6> negative_feelings{"anger",   "frustration", "disappointment",
                                                            "sadness", "impatience",  "worry"};
constexpr std::array<std::string_view, 6> neutral_feelings{"curiosity", "calm", "interest",
                                                           "surprise",  "hope", "doubt"};

constexpr std::array<std::string_view, 12> positive_labels{"positive",  "pos",   "good",      "happy",
                                                           "glad",      "great", "favorable", "favourable",
                                                           "satisfied", "joy",   "like",      "approve"};
constexpr std::array<std::string_view, 12> negative_labels{"negative",     "neg",   "bad",         "unhappy",
                                                           "sad",          "angry", "unfavorable", "unfavourable",
                                                           "dissatisfied", "anger", "dislike",     "reject"};
constexpr std::array<std::string_view, 7> neutral_labels{"neutral", "mixed", "none",     "unclear",
                                                         "unknown", "other", "undecided"};
constexpr std::array<std::string_view, 3> mixed_labels{"mixed", "ambivalent", "conflicted"};

template <class Words>
bool names_one_of(Words const& words, std::string_view label) {
    auto lowered = lower_ascii(label);
    for (auto const prefix : {"very_", "very ", "strongly_", "strongly ", "somewhat_"})
        if (lowered.starts_with(prefix)) lowered.erase(0, std::string_view{prefix}.size());
    return std::ranges::find(words, std::string_view{lowered}) != words.end();
}

bool is_strong(std::string_view label) {
    auto const lowered = lower_ascii(label);
    return lowered.starts_with("very") || lowered.starts_with("strongly");
}

std::string padded(int value, int width) {
    auto digits = std::to_string(value);
    return digits.size() < static_cast<std::size_t>(width)
               ? std::string(static_cast<std::size_t>(width) - digits.size(), '0') + digits
               : digits;
}

template <class Words>
std::vector<json::value const*> matching(json::array const& values, Words const& words) {
    std::vector<json::value const*> found;
    for (auto const& value : values)
        if (value.is_string() && names_one_of(words, view(value.get_string()))) found.push_back(&value);
    return found;
}

}  // namespace

int sample_text::between(int low, int high) {
    return low + static_cast<int>(random_.below(static_cast<std::size_t>(high - low) + 1));
}

std::string sample_text::date() { return "2026-" + padded(between(1, 12), 2) + "-" + padded(between(1, 28), 2); }
std::string sample_text::time() {
    return padded(between(0, 23), 2) + ":" + padded(between(0, 59), 2) + ":" + padded(between(0, 59), 2);
}

std::string_view sample_text::plain_word() { return plain_words[random_.below(plain_words.size())]; }

/// A few words in a row from the prompt.
std::string sample_text::quote() {
    auto const& words = prompt_.words();
    auto const count = std::min<std::size_t>(words.size(), 2 + random_.below(4));
    auto at = random_.below(words.size() - count + 1);
    std::string text;
    for (std::size_t i = 0; i < count; ++i, ++at) {
        if (!text.empty()) text += ' ';
        text += utf8_prefix(words[at], 40);
    }
    return text;
}

template <class Words>
std::string sample_text::one_of(Words const& words) {
    return std::string{words[random_.below(words.size())]};
}

std::string sample_text::feeling() {
    if (prompt_.sentiment() > 0) return one_of(positive_feelings);
    return prompt_.sentiment() < 0 ? one_of(negative_feelings) : one_of(neutral_feelings);
}

/// The label of the prompt's sentiment; nullptr where the labels are not about sentiment.
json::value const* sample_text::sentiment_label(json::array const& values) {
    auto const positive = matching(values, positive_labels);
    auto const negative = matching(values, negative_labels);
    if (positive.empty() || negative.empty()) return nullptr;
    auto const sentiment = prompt_.sentiment();
    if (sentiment == 0) {
        if (auto const mixed = matching(values, mixed_labels); prompt_.mixed() && !mixed.empty()) return mixed.front();
        auto const neutral = matching(values, neutral_labels);
        return neutral.empty() ? (random_.chance(0.5) ? positive.front() : negative.front()) : neutral.front();
    }
    auto const& fitting = sentiment > 0 ? positive : negative;
    bool const strong = std::abs(sentiment) >= 3;
    for (auto const* label : fitting)
        if (is_strong(view(label->get_string())) == strong) return label;
    return fitting.front();
}

std::string sample_text::formatted(std::string_view format) {
    if (format == "date-time") return date() + "T" + time() + "Z";
    if (format == "date") return date();
    if (format == "time") return time() + "Z";
    if (format == "duration") return "PT" + std::to_string(between(1, 9)) + "H" + std::to_string(between(1, 59)) + "M";
    if (format == "email") return lower_ascii(person_names[random_.below(person_names.size())]) + "@example.com";
    if (format == "hostname") return std::string{plain_word()} + ".example.com";
    if (format == "uri") return "https://example.com/" + std::string{plain_word()};
    if (format == "ipv4") return "192.0.2." + std::to_string(between(1, 254));
    if (format == "ipv6") return "2001:db8::" + std::to_string(between(1, 9999));
    if (format == "uuid") return make_uuid(random_);
    return {};
}

std::string sample_text::word() {
    auto const& words = prompt_.words();
    if (!words.empty() && random_.chance(0.6))
        if (auto const picked = words[random_.below(words.size())]; picked.size() <= 24) return std::string{picked};
    return std::string{plain_word()};
}

std::string sample_text::phrase(std::string_view property) {
    auto const name = lower_ascii(property);
    if (contains(name, "emotion") || contains(name, "feeling")) return feeling();
    if (contains(name, "city") || contains(name, "location") || contains(name, "place"))
        return prompt_.proper_name().empty() ? one_of(cities) : std::string{prompt_.proper_name()};
    if (contains(name, "country")) return one_of(countries);
    if (contains(name, "email")) return formatted("email");
    if (contains(name, "url")) return formatted("uri");
    if (contains(name, "date")) return date();
    if (name == "language" || name == "lang") return "en";
    if (name == "name" || contains(name, "person") || contains(name, "author"))
        return prompt_.proper_name().empty() ? one_of(person_names) : std::string{prompt_.proper_name()};
    if (prompt_.words().size() >= 2 && random_.chance(0.75)) return quote();
    return std::string{plain_word()} + " " + std::string{plain_word()};
}

json::value sample_text::choose_label(json::array const& values) {
    if (auto const* label = sentiment_label(values)) return *label;
    for (auto const& value : values)
        if (value.is_string() && value.get_string().size() > 2 && prompt_.mentions(view(value.get_string())))
            return value;
    return values[random_.below(values.size())];
}

}  // namespace coax::sim::detail
