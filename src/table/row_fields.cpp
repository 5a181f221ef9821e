#include "table/internal/row_fields.hpp"

#include "table/internal/columns.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/detail/value_access.hpp>

namespace coax::table::detail {

namespace {

/// The bytes of the string at the front of valid JSON, quotes included.
std::size_t string_bytes(std::string_view json) {
    std::size_t at = 1;
    while (json[at] != '"') at += json[at] == '\\' ? 2 : 1;
    return at + 1;
}

/// The bytes of the value at the front of valid JSON without white space.
std::size_t value_bytes(std::string_view json) {
    std::size_t at = 0;
    std::size_t depth = 0;
    do {
        char const c = json[at];
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        if (c == '"')
            at += string_bytes(json.substr(at));
        else
            ++at;
    } while (depth > 0 || (at < json.size() && json[at] != ',' && json[at] != '}' && json[at] != ']'));
    return at;
}

bool has_members(json_value const& value) { return value.is_object() && value.text() != "{}"; }

void visit_leaves(json_value const& object, std::string const& prefix,
                  std::function<void(std::string const&, json_value const&)> const& visit) {
    for (auto& [name, value] : members_of(object)) {
        if (has_members(value))
            visit_leaves(value, prefix + name + '.', visit);
        else
            visit(prefix + name, value);
    }
}

}  // namespace

member_list members_of(json_value const& object) {
    member_list members;
    if (!has_members(object)) return members;
    auto rest = std::string_view{object.text()}.substr(1);
    while (rest.front() != '}') {
        if (rest.front() == ',') rest.remove_prefix(1);
        auto const key = rest.substr(0, string_bytes(rest));
        rest.remove_prefix(key.size() + 1);
        auto const value = rest.substr(0, value_bytes(rest));
        rest.remove_prefix(value.size());
        auto name = json::read<std::string>(key, {.check_utf8 = false, .max_bytes = 0});
        members.emplace_back(name ? std::move(*name) : std::string{key},
                             json::detail::value_access::make(std::string{value}));
    }
    return members;
}

void for_each_leaf(json_value const& object, std::function<void(std::string const&, json_value const&)> const& visit) {
    visit_leaves(object, {}, visit);
}

row_fields::row_fields(json_value const& row) {
    for (auto& [name, value] : members_of(row)) members_.insert_or_assign(std::move(name), std::move(value));
}

json_value const* row_fields::find(std::string const& name) {
    if (auto const found = members_.find(name); found != members_.end()) return &found->second;
    if (name.find('.') == std::string::npos) return nullptr;
    if (!std::exchange(flattened_, true))
        for (auto const& [outer, value] : members_)
            if (has_members(value))
                visit_leaves(value, outer + '.', [&](std::string const& path, json_value const& leaf) {
                    leaves_.insert_or_assign(path, leaf);
                });
    auto const found = leaves_.find(name);
    return found == leaves_.end() ? nullptr : &found->second;
}

void widen(std::optional<column_type>& type, json_value const& value) {
    auto const kind = value.kind();
    if (kind == json_kind::null) return;
    auto const of_value = kind == json_kind::string                                ? column_type::text
                          : kind == json_kind::boolean                             ? column_type::boolean
                          : kind != json_kind::number                              ? column_type::json
                          : value.text().find_first_of(".eE") == std::string::npos ? column_type::integer
                                                                                   : column_type::number;
    type = type ? common_type(*type, of_value) : of_value;
}

}  // namespace coax::table::detail
