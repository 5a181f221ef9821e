#include "http/cassette_match.hpp"

#include "json/internal/text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace coax::http::detail {
namespace {

/// As much as one comparison looks at, and as a message shows.
constexpr std::size_t most_differences = 100;
constexpr std::size_t most_shown = 3;

boost::json::value tree_of(json_value const& body) {
    boost::system::error_code failure;
    boost::json::parse_options parsing;
    parsing.max_depth = 256;
    auto value = boost::json::parse(body.text(), failure, {}, parsing);
    return failure ? boost::json::value(body.text()) : value;
}

void append_sorted(std::string& out, boost::json::value const& value) {
    if (auto const* const object = value.if_object()) {
        std::vector<boost::json::key_value_pair const*> members;
        for (auto const& member : *object) members.push_back(&member);
        std::ranges::sort(members, {}, [](auto const* member) { return member->key(); });
        out += '{';
        for (auto const* const member : members) {
            out.append(boost::json::serialize(member->key())).append(1, ':');
            append_sorted(out, member->value());
            out += ',';
        }
        out += '}';
    } else if (auto const* const array = value.if_array()) {
        out += '[';
        for (auto const& each : *array) append_sorted(out, each), out += ',';
        out += ']';
    } else {
        out += boost::json::serialize(value);
    }
}

struct difference {
    std::string where;  ///< A JSON pointer into the body; or what else of a request differs.
    std::string sent;
    std::string recorded;
};

/// Of two texts what is around the first byte that differs.
std::pair<std::string, std::string> excerpts(std::string_view sent, std::string_view recorded) {
    constexpr std::size_t before = 10;
    auto const same = static_cast<std::size_t>(std::ranges::mismatch(sent, recorded).in1 - sent.begin());
    auto begin = same - std::min(same, before);
    while (begin > 0 && json::detail::is_continuation(sent[begin])) --begin;
    auto const shown = [&](std::string_view text) {
        auto const part = text.substr(std::min(begin, text.size()));
        return (begin > 0 ? "\"..." : "\"") + json::detail::shorten(part) + "\"";
    };
    return {shown(sent), shown(recorded)};
}

std::string shown(boost::json::value const& value) {
    if (value.is_object()) return "an object";
    if (value.is_array()) return "a list of " + std::to_string(value.get_array().size());
    return json::detail::shorten(boost::json::serialize(value));
}

/// Finds what differs between two bodies.
class comparison {
public:
    void compare(boost::json::value const& sent, boost::json::value const& recorded, std::string const& at) {
        if (found_.size() >= most_differences || sent == recorded) return;
        if (sent.is_object() && recorded.is_object()) return members(sent.get_object(), recorded.get_object(), at);
        if (sent.is_array() && recorded.is_array()) return elements(sent.get_array(), recorded.get_array(), at);
        if (sent.is_string() && recorded.is_string()) {
            auto [one, other] = excerpts(sent.get_string(), recorded.get_string());
            return add(at, std::move(one), std::move(other));
        }
        add(at, shown(sent), shown(recorded));
    }
    void add(std::string where, std::string sent, std::string recorded) {
        found_.push_back({where.empty() ? "body" : std::move(where), std::move(sent), std::move(recorded)});
    }
    [[nodiscard]] std::vector<difference> take() && { return std::move(found_); }

private:
    void members(boost::json::object const& sent, boost::json::object const& recorded, std::string const& at) {
        for (auto const& [name, value] : sent) {
            auto const* const other = recorded.if_contains(name);
            other != nullptr ? compare(value, *other, below(at, name)) : add(below(at, name), shown(value), "nothing");
        }
        for (auto const& [name, value] : recorded)
            if (!sent.contains(name)) add(below(at, name), "nothing", shown(value));
    }
    void elements(boost::json::array const& sent, boost::json::array const& recorded, std::string const& at) {
        auto const common = std::min(sent.size(), recorded.size());
        for (std::size_t i = 0; i < common; ++i) compare(sent[i], recorded[i], below(at, std::to_string(i)));
        for (std::size_t i = common; i < std::max(sent.size(), recorded.size()); ++i)
            add(below(at, std::to_string(i)), i < sent.size() ? shown(sent[i]) : "nothing",
                i < recorded.size() ? shown(recorded[i]) : "nothing");
    }
    static std::string below(std::string at, std::string_view name) {
        json::detail::append_pointer(at, name);
        return at;
    }

    std::vector<difference> found_{};
};

std::vector<difference> differences(recorded_request const& sent, recorded_request const& recorded) {
    comparison found;
    if (sent.method != recorded.method) found.add("method", sent.method, recorded.method);
    if (sent.path != recorded.path) found.add("path", sent.path, recorded.path);
    found.compare(tree_of(sent.body), tree_of(recorded.body), {});
    return std::move(found).take();
}

/// Another path is farther than any body.
std::size_t distance(std::vector<difference> const& found) {
    auto const elsewhere = std::ranges::count_if(found, [](auto const& one) { return !one.where.starts_with('/'); });
    return found.size() + static_cast<std::size_t>(elsewhere) * most_differences;
}

std::string list_of(std::vector<difference> const& found) {
    std::string text;
    for (std::size_t i = 0; i < std::min(found.size(), most_shown); ++i) {
        auto const& [where, sent, recorded] = found[i];
        text.append(i > 0 ? "; " : "").append(where).append(": sent ").append(sent);
        text.append(", recorded ").append(recorded);
    }
    if (found.size() > most_shown)
        text.append("; and ").append(std::to_string(found.size() - most_shown)).append(" more");
    return text;
}

}  // namespace

std::string match_key(recorded_request const& request) {
    auto key = request.method + ' ' + request.path + '\n';
    append_sorted(key, tree_of(request.body));
    return key;
}

std::string describe_miss(recorded_request const& sent, std::vector<numbered_exchange const*> const& among) {
    auto text = sent.method + ' ' + sent.path + " is not on the cassette";
    if (among.empty()) return text + ", all of which was replayed already; record it anew, or set `repeat`";
    numbered_exchange const* nearest = nullptr;
    std::vector<difference> least;
    for (auto const* const one : among) {
        auto found = differences(sent, one->exchange.request);
        if (nearest == nullptr || distance(found) < distance(least)) nearest = one, least = std::move(found);
    }
    return text + "; nearest is line " + std::to_string(nearest->line) + ": " + list_of(least);
}

}  // namespace coax::http::detail
