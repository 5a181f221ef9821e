#include "client/value_unwrapper.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/value.hpp>
#include <coax/schema/detail/schema_node.hpp>

#include <optional>
#include <utility>

namespace coax::detail {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// How far a text begins with `{`, the key and `:`, with white space between them.
struct head_match {
    bool fits{true};
    std::size_t size{0};  ///< Of all of it; 0: more of the text is needed.
};
head_match match_head(std::string_view text) {
    auto const key = "\"" + std::string{schema::detail::wrapped_key} + "\"";
    std::size_t at = 0;
    for (std::string_view const token : {std::string_view{"{"}, std::string_view{key}, std::string_view{":"}}) {
        while (at < text.size() && is_space(text[at])) ++at;
        auto const rest = text.substr(at, token.size());
        if (!token.starts_with(rest)) return {.fits = false};
        if (rest.size() < token.size()) return {};
        at += token.size();
    }
    return {.size = at};
}

/// The value in a text that is the object and nothing else.
std::optional<std::string> find_value(std::string_view text) {
    auto const head = match_head(text);
    if (head.size == 0) return std::nullopt;
    auto value = value_unwrapper{}.feed(text);
    auto rest = text.substr(head.size + value.size());
    while (!rest.empty() && is_space(rest.back())) rest.remove_suffix(1);
    return rest == "}" ? std::optional{std::move(value)} : std::nullopt;
}

}  // namespace

std::string value_unwrapper::feed(std::string_view part) {
    if (phase_ == phase::bare) return std::string{part};
    std::string begun;
    if (phase_ == phase::before) {
        head_.append(part);
        auto const head = match_head(head_);
        if (head.fits && head.size == 0) return {};
        phase_ = head.fits ? phase::inside : phase::bare;
        begun = std::exchange(head_, {}).substr(head.size);
        if (phase_ == phase::bare) return begun;
        part = begun;
    }
    return std::string{part.substr(0, take(part))};
}

/// How many bytes of a part belong to the value.
std::size_t value_unwrapper::take(std::string_view part) {
    if (phase_ == phase::after) return 0;
    for (std::size_t i = 0; i < part.size(); ++i) {
        char const c = part[i];
        if (in_string_) {
            in_string_ = escaped_ || c != '"';
            escaped_ = !escaped_ && c == '\\';
            continue;
        }
        if (depth_ == 0 && (c == '}' || c == ',' || c == ']')) {
            phase_ = phase::after;
            return i;
        }
        in_string_ = c == '"';
        if (c == '{' || c == '[') ++depth_;
        if (c == '}' || c == ']') --depth_;
    }
    return part.size();
}

std::string value_unwrapper::finish() { return std::exchange(head_, {}); }

std::string unwrapped(std::string const& text, json::leniency const& leniency) {
    if (auto value = find_value(text)) return *std::move(value);
    if (auto const found = json::read<json_value>(text, {.leniency = leniency}))
        if (auto value = find_value(found->text())) return *std::move(value);
    return text;
}

}  // namespace coax::detail
