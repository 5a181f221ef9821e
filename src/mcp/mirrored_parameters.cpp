#include "mcp/mirrored_parameters.hpp"

#include <coax/bind/read.hpp>
#include <coax/chat/content.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace coax::mcp::detail {
namespace {

using members = std::map<std::string, json_value>;

constexpr std::string_view annotation = "x-mcp-header";
/// Keywords whose values are data, in which a key has no meaning.
constexpr std::array<std::string_view, 5> data_keywords{"const", "default", "enum", "example", "examples"};
/// Keywords whose members have names of their own.
constexpr std::array<std::string_view, 5> named_keywords{"$defs", "definitions", "dependentSchemas",
                                                         "patternProperties", "properties"};

members members_of(json_value const& value) {
    if (!value.is_object()) return {};
    auto read = json::read<members>(value, json::wire_options);
    return read ? *std::move(read) : members{};
}

bool is_token(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               marks.find(c) != std::string_view::npos;
    });
}

/// How many annotations there are in a schema, wherever they are.
std::size_t count_annotations(json_value const& schema, bool names_are_own = false) {
    if (schema.is_array()) {
        std::size_t count = 0;
        for (auto const& each : json::read<std::vector<json_value>>(schema, json::wire_options).value())
            count += count_annotations(each);
        return count;
    }
    std::size_t count = 0;
    for (auto const& [key, value] : members_of(schema)) {
        if (names_are_own) {
            count += count_annotations(value);
        } else if (key == annotation) {
            ++count;
        } else if (std::ranges::find(data_keywords, key) == data_keywords.end()) {
            count += count_annotations(value, std::ranges::find(named_keywords, key) != named_keywords.end());
        }
    }
    return count;
}

error bad_annotation(std::string const& why) { return invalid_argument(std::string{annotation}, why); }

/// Finds those that `properties` lead to.
class parameter_finder {
public:
    result<void> visit(json_value const& schema) {
        auto const keywords = members_of(schema);
        if (auto const found = keywords.find(std::string{annotation}); found != keywords.end())
            if (auto added = add(found->second, keywords); !added) return added;
        auto const properties = keywords.find("properties");
        if (properties == keywords.end()) return {};
        for (auto const& [name, value] : members_of(properties->second)) {
            path_.push_back(name);
            if (auto visited = visit(value); !visited) return visited;
            path_.pop_back();
        }
        return {};
    }
    [[nodiscard]] std::vector<mirrored_parameter> take() && { return std::move(found_); }

private:
    result<void> add(json_value const& name, members const& keywords) {
        auto const text = json::read<std::string>(name);
        if (!text || !is_token(*text)) return bad_annotation("must be a name of a header field");
        auto const type = keywords.find("type");
        auto const kind = type == keywords.end() ? std::string{} : type->second.text();
        if (path_.empty() || (kind != "\"string\"" && kind != "\"integer\"" && kind != "\"boolean\""))
            return bad_annotation("must stand at a string, an integer or a boolean");
        auto header = "Mcp-Param-" + *text;
        if (std::ranges::any_of(found_, [&](auto const& each) { return equal_ignoring_case(each.header, header); }))
            return bad_annotation("two have the same name: " + *text);
        found_.push_back({.path = path_, .header = std::move(header)});
        return {};
    }

    std::vector<std::string> path_{};
    std::vector<mirrored_parameter> found_{};
};

/// The value that a path leads to; null: there is none.
json_value value_at(json_value value, std::vector<std::string> const& path) {
    for (auto const& key : path) {
        auto all = members_of(value);
        auto const found = all.find(key);
        if (found == all.end()) return {};
        value = std::move(found->second);
    }
    return value;
}

}  // namespace

result<std::vector<mirrored_parameter>> mirrored_parameters_of(json_value const& schema) {
    if (schema.text().find(annotation) == std::string::npos) return std::vector<mirrored_parameter>{};
    parameter_finder finder;
    if (auto visited = finder.visit(schema); !visited) return std::move(visited).error();
    auto found = std::move(finder).take();
    if (found.size() != count_annotations(schema)) return bad_annotation("must be reached by properties alone");
    return found;
}

header_list mirrored_fields(std::vector<mirrored_parameter> const& wanted, json_value const& arguments) {
    header_list fields;
    for (auto const& each : wanted) {
        auto const value = value_at(arguments, each.path);
        if (value.is_null()) continue;
        auto const text = value.is_string() ? json::read<std::string>(value).value() : value.text();
        fields.add(each.header, header_text(text));
    }
    return fields;
}

std::string header_text(std::string_view text) {
    constexpr std::string_view begin = "=?base64?";
    constexpr std::string_view end = "?=";
    bool const is_plain = std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7F; });
    bool const is_padded = !text.empty() && (text.front() == ' ' || text.back() == ' ');
    bool const seems_coded = text.starts_with(begin) && text.ends_with(end);
    if (is_plain && !is_padded && !seems_coded) return std::string{text};
    return std::string{begin}.append(base64_data::encode(text).text()).append(end);
}

}  // namespace coax::mcp::detail
