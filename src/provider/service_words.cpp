#include "provider/service_words.hpp"

#include "provider/json_text.hpp"

#include <coax/bind/read.hpp>

#include <algorithm>
#include <vector>

namespace coax::detail {
namespace {

constexpr int deepest_words = 6;
constexpr std::size_t most_words = 8;

std::string words_below(json_value const& value, int depth);

std::string words_of_list(json_value const& list, int depth) {
    std::string words;
    auto const items = json::read<std::vector<json_value>>(list.text(), json::wire_options);
    for (std::size_t i = 0; items && i < std::min(items->size(), most_words); ++i) {
        auto const more = words_below((*items)[i], depth);
        if (!more.empty()) words.append(words.empty() ? "" : "; ").append(more);
    }
    return words;
}

/// FastAPI's `loc`: "body.stream_options: ".
std::string place_of(json_value const& loc) {
    std::string place;
    auto const steps = json::read<std::vector<json_value>>(loc.text(), json::wire_options);
    if (!steps) return place;
    for (auto const& step : *steps) place.append(place.empty() ? "" : ".").append(text_of(step));
    return place.empty() ? place : place + ": ";
}

std::string words_of_object(json_value const& object, int depth) {
    auto all = read_members(object);
    for (auto const* name : {"message", "msg", "detail", "error", "description", "error_description", "error_msg",
                             "status_msg", "faultstring", "fault", "errors", "reason", "title"})
        if (auto words = words_below(all[name], depth); !words.empty()) return place_of(all["loc"]) + words;
    return object.text() == "{}" ? "" : object.text();
}

std::string words_below(json_value const& value, int depth) {
    if (depth == 0) return value.is_null() ? "" : value.text();
    if (value.is_array()) return words_of_list(value, depth - 1);
    return value.is_object() ? words_of_object(value, depth - 1) : text_of(value);
}

bool is_key_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '*';
}

}  // namespace

std::string words_of(json_value const& value) { return words_below(value, deepest_words); }

std::string words_of_text(std::string_view body) {
    auto const begin = body.find("<title>");
    auto const end = body.find("</title>", begin == std::string_view::npos ? 0 : begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) return std::string{body};
    return std::string{body.substr(begin + 7, end - begin - 7)};
}

void hide_keys(std::string& text) {
    constexpr std::string_view mark = "sk-";
    constexpr std::string_view stars = "***";  // as services mask the middle of a key of any kind
    constexpr std::string_view hidden = "[secret]";
    for (auto at = text.find(stars); at != std::string::npos; at = text.find(stars, at + 1)) {
        auto end = at;
        while (at > 0 && is_key_character(text[at - 1])) --at;
        while (end < text.size() && is_key_character(text[end])) ++end;
        if (text.find_first_not_of('*', at) < end)
            text.replace(at, end - at, hidden);
        else
            at = end;  // no more than stars
    }
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
        if (at > 0 && is_key_character(text[at - 1])) continue;  // inside a word
        auto end = at + mark.size();
        while (end < text.size() && is_key_character(text[end])) ++end;
        text.replace(at, end - at, hidden);
    }
}

std::string one_line(std::string text, std::size_t limit) {
    if (text.size() > limit) {
        while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
        text.resize(limit);
    }
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    while (!text.empty() && text.back() == ' ') text.pop_back();
    text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
    return text;
}

}  // namespace coax::detail
