#include "sim/schema_value.hpp"

#include "sim/pattern_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <unordered_map>

namespace coax::sim {
namespace {

constexpr int frugal_depth = 5;  // from here on only what must be there
constexpr int deepest = 48;      // beyond this a schema has no end
constexpr std::size_t frugal_values = 4096;
constexpr std::size_t most_values = 32'768;  // beyond this a value is left unfinished
constexpr std::size_t most_items = 10'000;
constexpr std::size_t most_padding = std::size_t{1} << 20U;
constexpr int search_steps = 2'000;
constexpr double largest_exact = 9'007'199'254'740'991.0;

// ---- what the schema says ------------------------------------------------------------------------------------------

/// A bound that stands in the description as "{minimum: 0, maximum: 1}": there the official clients put what the
/// service does not enforce, and a good model heeds it.
std::optional<double> hinted_number(json::value const& schema, std::string_view keyword) noexcept {
    auto hints = text_member(schema, "description");
    auto const begin = hints.rfind('{');
    if (begin == std::string_view::npos || !hints.ends_with('}')) return std::nullopt;
    hints.remove_prefix(begin + 1);
    for (auto at = hints.find(keyword); at != std::string_view::npos; at = hints.find(keyword, at + 1)) {
        auto const rest = hints.substr(at + keyword.size());
        bool const whole_word = at == 0 || hints[at - 1] == ' ';
        double value{};
        if (whole_word && rest.starts_with(": ") &&
            std::from_chars(rest.data() + 2, rest.data() + rest.size(), value).ec == std::errc{})
            return value;
    }
    return std::nullopt;
}

std::optional<double> number_of(json::value const& schema, std::string_view keyword) noexcept {
    auto const* found = member(schema, keyword);
    if (found == nullptr) return hinted_number(schema, keyword);
    if (!found->is_number()) return std::nullopt;
    auto const number = found->to_number<double>();
    return std::isfinite(number) ? std::optional{number} : std::nullopt;
}

std::size_t size_of(json::value const& schema, std::string_view keyword, std::size_t otherwise) noexcept {
    auto const found = number_of(schema, keyword);
    return found && *found >= 0 ? static_cast<std::size_t>(std::min(*found, 1e9)) : otherwise;
}

json::array const* array_of(json::value const& schema, std::string_view keyword) noexcept {
    auto const* found = member(schema, keyword);
    return found != nullptr ? found->if_array() : nullptr;
}

json::object const* object_of(json::value const& schema, std::string_view keyword) noexcept {
    auto const* found = member(schema, keyword);
    return found != nullptr ? found->if_object() : nullptr;
}

json::array const* variants_of(json::value const& schema) noexcept {
    auto const* any = array_of(schema, "anyOf");
    return any != nullptr ? any : array_of(schema, "oneOf");
}

bool is_required(json::value const& schema, std::string_view name) noexcept {
    auto const* names = array_of(schema, "required");
    return names != nullptr && std::ranges::any_of(*names, [name](json::value const& entry) {
               return entry.is_string() && view(entry.get_string()) == name;
           });
}

std::string_view inferred_type(json::value const& schema) noexcept {
    struct hint {
        std::string_view keyword;
        std::string_view type;
    };
    for (auto const& [keyword, type] :
         {hint{"properties", "object"}, hint{"additionalProperties", "object"}, hint{"required", "object"},
          hint{"items", "array"}, hint{"prefixItems", "array"}, hint{"minItems", "array"}, hint{"multipleOf", "number"},
          hint{"minimum", "number"}, hint{"maximum", "number"}})
        if (member(schema, keyword) != nullptr) return type;
    return "string";
}

/// allOf, folded into one schema: members and required names add up, other keywords come from whoever has them first.
json::value folded(json::value const& schema, json::value const& root) {
    auto const* parts = array_of(schema, "allOf");
    json::object whole = schema.get_object();
    whole.erase("allOf");
    for (auto const& entry : *parts) {
        json::value const* part = &entry;
        if (auto const ref = text_member(entry, "$ref"); !ref.empty()) part = resolve_ref(root, ref);
        if (part == nullptr || !part->is_object()) continue;
        for (auto const& [name, value] : part->get_object()) {
            auto* mine = whole.if_contains(name);
            if (mine == nullptr) {
                whole.emplace(name, value);
            } else if (mine->is_object() && value.is_object() && name == "properties") {
                for (auto const& property : value.get_object()) mine->get_object().insert(property);
            } else if (mine->is_array() && value.is_array() && name == "required") {
                for (auto const& required : value.get_array()) mine->get_array().push_back(required);
            }
        }
    }
    return whole;
}

/// How many levels a value of this schema needs at least; large where it has no end.
class shallowest {
public:
    explicit shallowest(json::value const& root) noexcept : root_{root} {}

    int operator()(json::value const& schema, int depth = 0) {
        if (depth > deepest || ++steps_ > search_steps) return deepest;
        if (auto const ref = text_member(schema, "$ref"); !ref.empty()) {
            auto const* target = resolve_ref(root_, ref);
            return target != nullptr ? 1 + (*this)(*target, depth + 1) : 0;
        }
        int least = 0;
        if (auto const* variants = variants_of(schema); variants != nullptr && !variants->empty()) {
            least = deepest;
            for (auto const& variant : *variants) least = std::min(least, (*this)(variant, depth + 1));
            return least;
        }
        if (auto const* properties = object_of(schema, "properties"))
            for (auto const& [name, property] : *properties)
                if (is_required(schema, {name.data(), name.size()}))
                    least = std::max(least, 1 + (*this)(property, depth + 1));
        if (auto const* items = member(schema, "items"); items != nullptr && size_of(schema, "minItems", 0) > 0)
            least = std::max(least, 1 + (*this)(*items, depth + 1));
        return least;
    }

private:
    json::value const& root_;
    int steps_{0};
};

// ---- words ---------------------------------------------------------------------------------------------------------

constexpr std::array<std::string_view, 24> plain_words{"steady", "harbour", "window", "lantern", "quiet",  "morning",
                                                       "paper",  "orchard", "signal", "copper",  "river",  "garden",
                                                       "letter", "winter",  "bridge", "kettle",  "market", "thread",
                                                       "island", "ribbon",  "valley", "pocket",  "shadow", "meadow"};
constexpr std::array<std::string_view, 6> names{"Mira", "Anton", "Ines", "Jonas", "Aiko", "Samuel"};
constexpr std::array<std::string_view, 6> cities{"Oslo", "Turku", "Lisbon", "Kyoto", "Bergen", "Ghent"};
constexpr std::array<std::string_view, 6> countries{"Norway", "Finland", "Portugal", "Japan", "Belgium", "Chile"};
constexpr std::array<std::string_view, 6> glad_feelings{"joy", "gratitude", "relief", "excitement", "pride", "trust"};
constexpr std::array<std::string_view, 6> sad_feelings{"anger",   "frustration", "disappointment",
                                                       "sadness", "impatience",  "worry"};
constexpr std::array<std::string_view, 6> calm_feelings{"curiosity", "calm", "interest", "surprise", "hope", "doubt"};

constexpr std::array<std::string_view, 12> glad_labels{"positive",  "pos",   "good",      "happy",
                                                       "glad",      "great", "favorable", "favourable",
                                                       "satisfied", "joy",   "like",      "approve"};
constexpr std::array<std::string_view, 12> sad_labels{"negative",     "neg",   "bad",         "unhappy",
                                                      "sad",          "angry", "unfavorable", "unfavourable",
                                                      "dissatisfied", "anger", "dislike",     "reject"};
constexpr std::array<std::string_view, 7> calm_labels{"neutral", "mixed", "none",     "unclear",
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

bool contains(std::string_view text, std::string_view part) noexcept {
    return text.find(part) != std::string_view::npos;
}

std::string padded(int value, int width) {
    auto digits = std::to_string(value);
    return digits.size() < static_cast<std::size_t>(width)
               ? std::string(static_cast<std::size_t>(width) - digits.size(), '0') + digits
               : digits;
}

// ---- the maker -----------------------------------------------------------------------------------------------------

class value_maker {
public:
    value_maker(json::value const& root, prompt_reading const& prompt, random_source& random, member_order order)
        : root_{root}, prompt_{prompt}, random_{random}, order_{order} {}

    json::value make(json::value const& schema, std::string_view name) {
        if (depth_ >= deepest || exhausted()) return nullptr;
        ++depth_;
        ++made_;
        auto value = make_here(schema, name);
        --depth_;
        return value;
    }

private:
    [[nodiscard]] bool exhausted() const noexcept { return made_ > most_values; }
    [[nodiscard]] bool frugal() const noexcept { return depth_ > frugal_depth || made_ > frugal_values; }

    json::value make_here(json::value const& schema, std::string_view name) {
        if (!schema.is_object()) return json::value(phrase(name));
        if (auto const ref = text_member(schema, "$ref"); !ref.empty()) {
            auto const* target = resolve_ref(root_, ref);
            return target != nullptr ? make(*target, name) : json::value{};
        }
        if (auto const* constant = member(schema, "const")) return *constant;
        if (auto const* values = array_of(schema, "enum"); values != nullptr && !values->empty())
            return choose_label(*values);
        if (auto const* parts = array_of(schema, "allOf"); parts != nullptr) return make(folded(schema, root_), name);
        if (auto const* variants = variants_of(schema); variants != nullptr && !variants->empty())
            return make(choose_variant(*variants), name);
        return make_typed(schema, type_of(schema), name);
    }

    json::value make_typed(json::value const& schema, std::string_view type, std::string_view name) {
        if (type == "object") return make_object(schema);
        if (type == "array") return make_array(schema, name);
        if (type == "integer") return make_integer(schema);
        if (type == "number") return make_number(schema, name);
        if (type == "boolean") return random_.chance(0.5);
        if (type == "null") return nullptr;
        return json::value(make_string(schema, name));
    }

    std::string_view type_of(json::value const& schema) {
        auto const* type = member(schema, "type");
        if (type == nullptr) return inferred_type(schema);
        if (type->is_string()) return view(type->get_string());
        auto const* types = type->if_array();
        if (types == nullptr || types->empty()) return inferred_type(schema);
        std::vector<std::string_view> real;
        bool nullable = false;
        for (auto const& entry : *types) {
            if (!entry.is_string()) continue;
            if (view(entry.get_string()) == "null")
                nullable = true;
            else
                real.push_back(view(entry.get_string()));
        }
        if (real.empty() || (nullable && (frugal() || random_.chance(0.25)))) return "null";
        return real[random_.below(real.size())];
    }

    json::value const& choose_variant(json::array const& variants) {
        if (frugal()) return shallowest_of(variants);
        auto const& first = variants[random_.below(variants.size())];
        if (text_member(first, "type") != "null" || random_.chance(0.5)) return first;
        return variants[random_.below(variants.size())];
    }

    json::value const& shallowest_of(json::array const& variants) {
        auto const [known, is_new] = shallowest_.try_emplace(&variants, nullptr);
        if (is_new)
            known->second = &*std::ranges::min_element(variants, {}, [this](json::value const& variant) {
                return text_member(variant, "type") == "null" ? -1 : shallowest{root_}(variant);
            });
        return *known->second;
    }

    // -- objects and arrays --

    json::value make_object(json::value const& schema) {
        json::object made;
        if (auto const* properties = object_of(schema, "properties")) {
            bool const split = order_ == member_order::required_first;
            add_members(made, schema, *properties, true, !split);
            if (split) add_members(made, schema, *properties, false, true);
        }
        if (auto const* others = member(schema, "additionalProperties"); others != nullptr && others->is_object())
            add_free_members(made, schema, *others);
        return made;
    }

    void add_members(json::object& made, json::value const& schema, json::object const& properties, bool required,
                     bool optional) {
        for (auto const& [name, property] : properties) {
            std::string_view const key{name.data(), name.size()};
            bool const wanted = is_required(schema, key) ? required : optional && !frugal() && random_.chance(0.75);
            if (wanted) made.emplace(key, make(property, key));
        }
    }

    void add_free_members(json::object& made, json::value const& schema, json::value const& others) {
        auto const least = size_of(schema, "minProperties", 0);
        auto const most = std::max(least, size_of(schema, "maxProperties", std::max<std::size_t>(least, 3)));
        auto const wanted =
            frugal() ? least : std::max<std::size_t>(least, std::min<std::size_t>(most, 1 + random_.below(3)));
        for (std::size_t tries = 0; made.size() < std::min(wanted, most_items) && !exhausted(); ++tries) {
            auto key = lower_ascii(word());
            if (made.contains(key)) key += std::to_string(tries);
            made.emplace(key, make(others, key));
        }
    }

    json::value make_array(json::value const& schema, std::string_view name) {
        json::array made;
        if (auto const* prefix = array_of(schema, "prefixItems"))
            for (auto const& item : *prefix) made.push_back(make(item, name));
        auto const least = size_of(schema, "minItems", 0);
        auto const most = size_of(schema, "maxItems", std::max<std::size_t>(least, 3));
        auto wanted = frugal() ? least : std::max(least, std::min<std::size_t>(most, 1 + random_.below(3)));
        wanted = std::min(std::min(wanted, most), most_items);
        static json::value const anything = json::object{};
        auto const* items = member(schema, "items");
        if (items != nullptr && items->is_bool()) return made;
        auto const* unique = member(schema, "uniqueItems");
        bool const distinct = unique != nullptr && unique->is_bool() && unique->get_bool();
        for (std::size_t tries = 0; made.size() < wanted && tries < wanted * 4 + 32 && !exhausted(); ++tries) {
            auto item = make(items != nullptr ? *items : anything, name);
            if ((distinct || made.size() >= least) && std::ranges::find(made, item) != made.end()) continue;
            made.push_back(std::move(item));
        }
        return made;
    }

    // -- numbers --

    struct range {
        double low;
        double high;
    };

    static range range_of(json::value const& schema, double usual_low, double usual_high) {
        auto const low = number_of(schema, "minimum");
        auto const high = number_of(schema, "maximum");
        auto const above = number_of(schema, "exclusiveMinimum");
        auto const below = number_of(schema, "exclusiveMaximum");
        std::optional<double> from = low;
        std::optional<double> to = high;
        if (above) from = std::max(from.value_or(*above), *above);
        if (below) to = std::min(to.value_or(*below), *below);
        double const span = usual_high - usual_low;
        if (from && to) return {*from, *to};
        if (from) return {*from, std::max(usual_high, *from + span)};
        if (to) return {std::min(usual_low, *to - span), *to};
        return {usual_low, usual_high};
    }

    static bool excluded(json::value const& schema, double value) {
        auto const above = number_of(schema, "exclusiveMinimum");
        auto const below = number_of(schema, "exclusiveMaximum");
        return (above && value <= *above) || (below && value >= *below);
    }

    /// A whole multiple of `step` in the range, or nothing where there is none.
    std::optional<double> multiple_in(json::value const& schema, range limits, double step) {
        double first = std::ceil(limits.low / step);
        double last = std::floor(limits.high / step);
        if (excluded(schema, first * step)) first += 1;
        if (excluded(schema, last * step)) last -= 1;
        if (!(first <= last) || !std::isfinite(first) || !std::isfinite(last)) return std::nullopt;
        auto const count = std::min(last - first + 1, 1e6);
        return (first + static_cast<double>(random_.below(static_cast<std::size_t>(count)))) * step;
    }

    json::value make_integer(json::value const& schema) {
        auto limits = range_of(schema, 0, 100);
        limits.low = std::clamp(limits.low, -largest_exact, largest_exact);
        limits.high = std::clamp(limits.high, -largest_exact, largest_exact);
        auto const step = std::clamp(std::ceil(number_of(schema, "multipleOf").value_or(1)), 1.0, largest_exact);
        auto const found = multiple_in(schema, limits, step);
        return static_cast<std::int64_t>(found.value_or(std::ceil(limits.low)));
    }

    json::value make_number(json::value const& schema, std::string_view name) {
        auto limits = range_of(schema, 0, 100);
        if (auto const step = number_of(schema, "multipleOf"); step && *step > 0)
            return multiple_in(schema, limits, *step).value_or(limits.low);
        bool const sure =
            limits.low == 0 && limits.high == 1 && (contains(name, "confiden") || contains(name, "score"));
        double const share = sure ? 0.6 + 0.39 * random_.unit() : random_.unit();
        double const exact = limits.low + (limits.high - limits.low) * share;
        if (!std::isfinite(exact)) return limits.low;
        double const rounded = std::round(exact * 100) / 100;
        bool const fits = rounded >= limits.low && rounded <= limits.high && !excluded(schema, rounded);
        if (fits) return rounded;
        return excluded(schema, exact) ? limits.low + (limits.high - limits.low) / 2 : exact;
    }

    // -- strings --

    std::string make_string(json::value const& schema, std::string_view name) {
        if (auto const pattern = text_member(schema, "pattern"); !pattern.empty()) {
            for (int tries = 0; tries < 32; ++tries) {
                auto text = text_matching(pattern, random_);
                if (!text) break;
                if (fits_length(schema, *text)) return *text;
            }
        }
        if (auto const format = text_member(schema, "format"); !format.empty())
            if (auto text = formatted(format); !text.empty()) return text;
        return fitted(schema, phrase(name));
    }

    static bool fits_length(json::value const& schema, std::string_view text) {
        auto const length = utf8_length(text);
        return length >= size_of(schema, "minLength", 0) &&
               length <= size_of(schema, "maxLength", std::numeric_limits<std::size_t>::max());
    }

    std::string fitted(json::value const& schema, std::string text) {
        auto const least = std::min(size_of(schema, "minLength", 0), padding_left_);
        for (auto length = utf8_length(text); length < least;) {
            auto const more = " " + word();
            length += utf8_length(more);
            padding_left_ -= std::min(padding_left_, more.size());
            text += more;
        }
        auto const most = size_of(schema, "maxLength", std::numeric_limits<std::size_t>::max());
        if (auto const cut = utf8_first(text, most); cut.size() < text.size()) {
            text.resize(cut.size());
            if (!text.empty() && text.back() == ' ') text.back() = '.';
        }
        return text;
    }

    int between(int low, int high) {
        return low + static_cast<int>(random_.below(static_cast<std::size_t>(high - low + 1)));
    }

    std::string date() { return "2026-" + padded(between(1, 12), 2) + "-" + padded(between(1, 28), 2); }
    std::string time() {
        return padded(between(0, 23), 2) + ":" + padded(between(0, 59), 2) + ":" + padded(between(0, 59), 2);
    }

    std::string uuid() {
        std::array<char, 40> text{};
        auto const a = random_.next();
        auto const b = random_.next();
        auto const count =
            std::snprintf(text.data(), text.size(), "%08x-%04x-4%03x-a%03x-%012llx", static_cast<unsigned>(a),
                          static_cast<unsigned>((a >> 32U) & 0xffffU), static_cast<unsigned>((a >> 48U) & 0xfffU),
                          static_cast<unsigned>(b & 0xfffU), static_cast<unsigned long long>(b >> 16U));
        return {text.data(), static_cast<std::size_t>(count)};
    }

    std::string formatted(std::string_view format) {
        if (format == "date-time") return date() + "T" + time() + "Z";
        if (format == "date") return date();
        if (format == "time") return time() + "Z";
        if (format == "duration")
            return "PT" + std::to_string(between(1, 9)) + "H" + std::to_string(between(1, 59)) + "M";
        if (format == "email") return lower_ascii(names[random_.below(names.size())]) + "@example.com";
        if (format == "hostname") return std::string{plain_word()} + ".example.com";
        if (format == "uri") return "https://example.com/" + std::string{plain_word()};
        if (format == "ipv4") return "192.0.2." + std::to_string(between(1, 254));
        if (format == "ipv6") return "2001:db8::" + std::to_string(between(1, 9999));
        if (format == "uuid") return uuid();
        return {};
    }

    std::string_view plain_word() { return plain_words[random_.below(plain_words.size())]; }

    std::string word() {
        auto const& words = prompt_.words();
        if (!words.empty() && random_.chance(0.6))
            if (auto const picked = words[random_.below(words.size())]; picked.size() <= 24) return std::string{picked};
        return std::string{plain_word()};
    }

    /// A few words in a row from the prompt.
    std::string quote() {
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
    std::string one_of(Words const& words) {
        return std::string{words[random_.below(words.size())]};
    }

    std::string feeling() {
        if (prompt_.mood() > 0) return one_of(glad_feelings);
        return prompt_.mood() < 0 ? one_of(sad_feelings) : one_of(calm_feelings);
    }

    std::string phrase(std::string_view property) {
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
            return prompt_.proper_name().empty() ? one_of(names) : std::string{prompt_.proper_name()};
        if (prompt_.words().size() >= 2 && random_.chance(0.75)) return quote();
        return std::string{plain_word()} + " " + std::string{plain_word()};
    }

    // -- labels --

    json::value choose_label(json::array const& values) {
        if (auto const* felt = felt_label(values)) return *felt;
        for (auto const& value : values)
            if (value.is_string() && value.get_string().size() > 2 && prompt_.mentions(view(value.get_string())))
                return value;
        return values[random_.below(values.size())];
    }

    template <class Words>
    static std::vector<json::value const*> matching(json::array const& values, Words const& words) {
        std::vector<json::value const*> found;
        for (auto const& value : values)
            if (value.is_string() && names_one_of(words, view(value.get_string()))) found.push_back(&value);
        return found;
    }

    /// Of labels that tell moods apart, the one the prompt's mood asks for; nullptr where these are no such labels.
    json::value const* felt_label(json::array const& values) {
        auto const glad = matching(values, glad_labels);
        auto const sad = matching(values, sad_labels);
        if (glad.empty() || sad.empty()) return nullptr;
        auto const mood = prompt_.mood();
        if (mood == 0) {
            if (auto const mixed = matching(values, mixed_labels); prompt_.mixed() && !mixed.empty())
                return mixed.front();
            auto const calm = matching(values, calm_labels);
            return calm.empty() ? (random_.chance(0.5) ? glad.front() : sad.front()) : calm.front();
        }
        auto const& fitting = mood > 0 ? glad : sad;
        bool const strong = std::abs(mood) >= 3;
        for (auto const* label : fitting)
            if (is_strong(view(label->get_string())) == strong) return label;
        return fitting.front();
    }

    json::value const& root_;
    prompt_reading const& prompt_;
    random_source& random_;
    member_order order_;
    int depth_{0};
    std::size_t made_{0};
    std::size_t padding_left_{most_padding};
    std::unordered_map<json::array const*, json::value const*> shallowest_;
};

// ---- breaking ------------------------------------------------------------------------------------------------------

bool allows(json::value const& schema, std::string_view type) {
    auto const* given = member(schema, "type");
    if (given == nullptr) return false;
    if (given->is_string()) return view(given->get_string()) == type;
    auto const* several = given->if_array();
    return several != nullptr && std::ranges::find(*several, json::value(type)) != several->end();
}

json::value of_another_type(json::value const& value, json::value const& schema) {
    if (!value.is_string() && !allows(schema, "string")) return json::value("not what was asked for");
    if (!value.is_number() && !allows(schema, "number") && !allows(schema, "integer")) return json::value(12345);
    if (!value.is_bool() && !allows(schema, "boolean")) return json::value(true);
    return json::object{{"unexpected", true}};
}

/// Takes a number out of its range; false where the schema gives none.
bool leave_range(json::value& made, json::value const& schema) {
    auto const high = number_of(schema, "maximum");
    auto const low = number_of(schema, "minimum");
    if (!made.is_number() || (!high && !low)) return false;
    auto const value = high ? *high + 1000 : *low - 1000;
    if (std::abs(value) > largest_exact) return false;
    if (made.is_int64())
        made = static_cast<std::int64_t>(value);
    else
        made = value;
    return true;
}

}  // namespace

json::value make_value(json::value const& schema, prompt_reading const& prompt, random_source& random,
                       member_order order) {
    return value_maker{schema, prompt, random, order}.make(schema, {});
}

void break_value(json::value& made, json::value const& schema, random_source& random) {
    auto* object = made.if_object();
    auto const* properties = object_of(schema, "properties");
    if (object == nullptr || properties == nullptr || object->empty()) {
        made = of_another_type(made, schema);
        return;
    }
    auto const way = random.below(3);
    if (way == 0)
        for (auto const& [name, value] : *object)
            if (auto* property = properties->if_contains(name);
                property != nullptr && leave_range(object->at(name), *property))
                return;
    auto const chosen = object->begin() + static_cast<std::ptrdiff_t>(random.below(object->size()));
    if (way == 1 && is_required(schema, {chosen->key().data(), chosen->key().size()})) {
        object->stable_erase(chosen);
        return;
    }
    auto const* property = properties->if_contains(chosen->key());
    bool const typed =
        property != nullptr && (member(*property, "type") != nullptr || member(*property, "enum") != nullptr ||
                                member(*property, "$ref") != nullptr);
    if (typed) {
        chosen->value() = of_another_type(chosen->value(), *property);
        return;
    }
    made = of_another_type(made, schema);
}

}  // namespace coax::sim
