#include "config/stated_settings.hpp"

#include "config/file_settings.hpp"
#include "config/parse_file.hpp"
#include "config/read_settings.hpp"
#include "config/setting_values.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace coax::config::detail {
namespace {

struct known_variable {
    std::string_view name;
    std::string_view path;
};

/// Variables with names of their own. COAX_API_KEY is not among them: it goes with COAX_BASE_URL.
constexpr std::array known_variables{known_variable{"COAX_PROVIDER", "service.provider.service"},
                                     known_variable{"COAX_BASE_URL", "service.provider.base_url"},
                                     known_variable{"COAX_API", "service.provider.api"},
                                     known_variable{"COAX_MODEL", "service.model"},
                                     known_variable{"COAX_EMBEDDING_MODEL", "service.embedding_model"},
                                     known_variable{"COAX_CACHE", "response_cache.where"}};

std::string_view without_blanks(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    auto const first = std::min(text.find_first_not_of(blanks), text.size());
    return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

/// Takes the part before the first `mark` off the text.
std::string_view take_until(std::string_view& text, char mark) {
    auto const end = std::min(text.find(mark), text.size());
    auto const part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

void put(node& root, std::string_view path, node value) {
    auto* at = &root;
    while (!path.empty()) {
        auto const name = take_until(path, '.');
        at->kind = node_kind::map;
        auto const found = std::ranges::find(at->items, name, &node::key);
        at = found != at->items.end()
                 ? &*found
                 : &at->items.emplace_back(node{.at = value.at, .key = std::string{name}, .key_at = value.at});
    }
    value.key = at->key;
    value.key_at = at->key_at;
    *at = std::move(value);
}

/// All places in a value become that of the setting.
void put_at(node& value, place const& where) {
    value.at = value.key_at = where;
    for (auto& item : value.items) put_at(item, where);
}

node list_of(std::string_view text, place const& where) {
    node list{.kind = node_kind::list, .at = where};
    while (!text.empty())
        list.items.push_back(
            {.kind = node_kind::plain, .text = std::string{without_blanks(take_until(text, ','))}, .at = where});
    return list;
}

/// A text as the value of a setting: lists of texts by commas, what else has parts as JSON.
parsed_file value_of(std::string const& text, type_descriptor const* type, place const& where) {
    auto const* const shown = type != nullptr ? &shown_type(*type) : nullptr;
    bool const is_json = text.starts_with('{') || text.starts_with('[');
    bool const has_parts = shown != nullptr && (shown->what == kind::sequence || shown->what == kind::map ||
                                                shown->what == kind::any || shown->what == kind::object);
    if (!has_parts || (!is_json && shown->what != kind::sequence))
        return node{.kind = node_kind::plain, .text = text, .at = where};
    if (!is_json) return list_of(text, where);
    auto parsed = parse_json(text, where.source);
    if (auto* const value = std::get_if<node>(&parsed)) put_at(*value, where);
    return parsed;
}

void put_text(node& root, std::string const& path, std::string const& text, type_descriptor const* type, place where,
              std::vector<problem>* problems) {
    auto value = value_of(text, type, where);
    if (auto* const made = std::get_if<node>(&value))
        put(root, path, std::move(*made));
    else if (problems != nullptr)
        problems->push_back({std::move(where), path + ": " + std::get<problem>(value).message});
    else  // refused when it is read
        put(root, path, {.kind = node_kind::quoted, .text = text, .at = std::move(where)});
}

type_descriptor const* type_at(std::string_view path) {
    auto const* type = &type_of_settings_in_use;
    while (type != nullptr && !path.empty()) type = setting_below(*type, take_until(path, '.'));
    return type;
}

}  // namespace

std::optional<std::string> non_empty(look_up_function const& look_up, std::string_view name) {
    auto const value = look_up(name);
    auto const text = without_blanks(value ? std::string_view{*value} : std::string_view{});
    return text.empty() ? std::nullopt : std::optional{std::string{text}};
}

std::string variable_of(std::string_view path) {
    std::string name = "COAX_";
    for (char const c : path)
        c == '.' ? static_cast<void>(name.append("__"))
                 : name.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
    return name;
}

node stated_by(look_up_function const& look_up, bool has_address) {
    node root{.kind = node_kind::map, .at = {"environment"}};
    auto const take = [&](std::string const& name, std::string const& path, type_descriptor const* type) {
        if (auto const value = non_empty(look_up, name))
            put_text(root, path, *value, type, {"environment " + name}, nullptr);
    };
    for (auto const& [name, path] : known_variables) take(std::string{name}, std::string{path}, type_at(path));
    if (has_address || non_empty(look_up, "COAX_BASE_URL")) take("COAX_API_KEY", "service.api_key", &type_of_secret);
    for (auto const& leaf : leaves_of(type_of_settings_in_use)) take(variable_of(leaf.path), leaf.path, leaf.type);
    return root;
}

node stated_by(std::vector<setting> const& overrides, std::vector<problem>& problems) {
    node root{.kind = node_kind::map, .at = {"overrides"}};
    for (auto const& each : overrides)
        put_text(root, each.path, each.value, type_at(each.path), {each.origin}, &problems);
    return root;
}

node const* find_below(node const& root, std::string_view path) {
    auto const* at = &root;
    while (at != nullptr && !path.empty()) at = at->find(take_until(path, '.'));
    return at;
}

}  // namespace coax::config::detail
