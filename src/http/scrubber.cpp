#include "http/scrubber.hpp"

#include "http/internal/secret_names.hpp"

#include <coax/json/writer.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/url/pct_string_view.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace coax::http::detail {
namespace {

constexpr std::string_view mask = "[secret]";

bool is_among(std::vector<std::string> const& names, std::string_view name) {
    return std::ranges::any_of(names, [&](std::string const& one) { return equal_ignoring_case(one, name); });
}

/// Calls `visitor` with name and value of each parameter, and what joins it to the one before.
template <class Visitor>
void for_each_parameter(std::string_view target, Visitor visitor) {
    for (auto at = target.find('?'); at < target.size();) {
        auto const end = std::min(target.find('&', at + 1), target.size());
        auto const pair = target.substr(at + 1, end - at - 1);
        auto const equals = std::min(pair.find('='), pair.size());
        visitor(target[at], pair.substr(0, equals), pair.substr(equals));
        at = end;
    }
}

/// @returns Whether anything was hidden.
bool hide_members(boost::json::value& value, std::vector<std::string> const& names) {
    bool hidden = false;
    if (auto* const object = value.if_object()) {
        for (auto& member : *object) {
            bool const is_named = is_among(names, member.key());
            if (is_named) member.value() = boost::json::string_view{mask};
            hidden |= is_named || hide_members(member.value(), names);
        }
    } else if (auto* const array = value.if_array()) {
        for (auto& each : *array) hidden |= hide_members(each, names);
    }
    return hidden;
}

/// The text as it is where it is no JSON or has no such member.
std::string without_members(std::string text, std::vector<std::string> const& names) {
    if (names.empty()) return text;
    boost::system::error_code failure;
    boost::json::parse_options parsing;
    parsing.max_depth = 256;
    auto value = boost::json::parse(text, failure, {}, parsing);
    if (failure || !hide_members(value, names)) return text;
    return boost::json::serialize(value);
}

std::string lower(std::string_view name) {
    std::string text{name};
    for (auto& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return text;
}

void add_header(recorded_headers& into, std::string_view name, std::string_view value) {
    auto& text = into[lower(name)];
    text.append(text.empty() ? "" : ", ").append(value);
}

}  // namespace

scrubber::scrubber(hidden_names names, std::vector<secret> const& texts, http_request const& request)
    : names_{std::move(names)} {
    for (auto const& one : texts) learn(one.reveal());
    for (auto const& [name, value] : request.headers)
        if (names_credential(name)) learn(without_scheme(std::string{value}));
    for_each_parameter(request.target, [this](char, std::string_view name, std::string_view value) {
        if (!names_credential(name) || value.empty()) return;
        auto const encoded = boost::urls::make_pct_string_view({value.data() + 1, value.size() - 1});
        if (encoded) learn(encoded->decode());
        learn(std::string{value.substr(1)});
    });
    std::ranges::sort(texts_, std::greater{}, [](secret const& one) { return one.reveal().size(); });
}

/// Also in the form that it has inside of JSON and of an address.
void scrubber::learn(std::string value) {
    std::string quoted;
    json::append_string(quoted, value);
    auto const escaped = quoted.substr(1, quoted.size() - 2);
    auto const encoded = percent_encode(value);
    if (escaped != value) texts_.emplace_back(escaped);
    if (encoded != value) texts_.emplace_back(encoded);
    texts_.emplace_back(std::move(value));
}

std::string scrubber::plain(std::string text) const {
    for (auto const& one : texts_) text = redact(std::move(text), one);
    return text;
}

bool scrubber::hides_parameter(std::string_view name) const {
    return names_credential(name) || is_among(names_.query, name);
}

std::string scrubber::target(std::string_view text) const {
    std::string shown{text.substr(0, text.find('?'))};
    for_each_parameter(text, [&](char before, std::string_view name, std::string_view value) {
        bool const hides = !value.empty() && hides_parameter(name);
        shown.append(1, before).append(name).append(hides ? "=" : value).append(hides ? mask : "");
    });
    return plain(std::move(shown));
}

recorded_request scrubber::request(http_request const& given) const {
    recorded_request shown{.method = given.method, .origin = plain(to_string(given.to)), .path = target(given.target)};
    for (auto const& [name, value] : given.headers) {
        bool const hides = names_credential(name) || is_among(names_.headers, name);
        add_header(shown.headers, name, hides ? std::string{mask} : plain(std::string{value}));
    }
    shown.body = to_recorded(body(given.body));
    return shown;
}

recorded_headers scrubber::response_headers(header_list const& headers) const {
    recorded_headers shown;
    for (auto const& [name, value] : headers) {
        bool const hides = equal_ignoring_case(name, "set-cookie") || is_among(names_.headers, name);
        add_header(shown, name, hides ? std::string{mask} : plain(std::string{value}));
    }
    return shown;
}

std::string scrubber::body(std::string text) const { return plain(without_members(std::move(text), names_.members)); }

std::string scrubber::events(std::string_view lines) const {
    constexpr std::string_view field = "data:";
    std::string shown;
    while (!lines.empty()) {
        auto const line = lines.substr(0, lines.find_first_of("\r\n"));
        bool const is_data = line.starts_with(field);
        shown.append(is_data ? field : "");
        auto const value = is_data ? line.substr(field.size()) : line;
        auto const blank = value.substr(0, std::min(value.find_first_not_of(' '), value.size()));
        shown.append(blank).append(without_members(std::string{value.substr(blank.size())}, names_.members));
        lines.remove_prefix(line.size());
        auto const ends = lines.substr(0, std::min(lines.find_first_not_of("\r\n"), lines.size()));
        shown.append(ends);
        lines.remove_prefix(ends.size());
    }
    return plain(std::move(shown));
}

}  // namespace coax::http::detail
