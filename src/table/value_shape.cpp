#include "table/internal/value_shape.hpp"

#include "table/internal/columns.hpp"
#include "table/internal/row_fields.hpp"

#include <coax/bind/read.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace coax::table::detail {

namespace {

constexpr int deepest = 16;
constexpr std::size_t most_members = 200;

/// An integer of more than 64 bits.
bool is_long(json_value const& value) {
    auto const& text = value.text();
    if (value.kind() != json_kind::number || text.find_first_of(".eE") != std::string::npos) return false;
    std::int64_t number = 0;
    return std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc{};
}

}  // namespace

/// Whether values so far and the next one are of one kind.
bool value_shape::becomes(kind wanted) {
    if (kind_ == kind::unknown) kind_ = wanted;
    if (kind_ == wanted) return true;
    kind_ = kind::any;
    children_.clear();
    return false;
}

void value_shape::add(json_value const& value, int depth) {
    if (value.is_null() || kind_ == kind::any) return;
    if (depth > deepest) return void(becomes(kind::any));
    if (value.is_object()) return add_object(value, depth);
    if (value.kind() == json_kind::array) {
        auto const items = json::read<std::vector<json_value>>(value, {.check_utf8 = false, .max_bytes = 0});
        if (!items || !becomes(kind::list)) return void(becomes(kind::any));
        for (auto const& item : *items) member({})->add(item, depth + 1);
        return;
    }
    if (!becomes(is_long(value) ? kind::any : kind::scalar)) return;
    widen(type_, value);
    if (type_ == column_type::json) (void)becomes(kind::any);
}

void value_shape::add_object(json_value const& value, int depth) {
    if (!becomes(kind::object)) return;
    for (auto const& [name, item] : members_of(value)) {
        auto* const of_member = name.empty() ? nullptr : member(name);
        if (of_member == nullptr) return void(becomes(kind::any));
        of_member->add(item, depth + 1);
    }
}

/// Null: there are too many.
value_shape* value_shape::member(std::string const& name) {
    auto const found = std::ranges::find(children_, name, [](auto const& one) -> auto const& { return one.first; });
    if (found != children_.end()) return found->second.get();
    if (children_.size() == most_members) return nullptr;
    return children_.emplace_back(name, std::make_unique<value_shape>()).second.get();
}

table_column value_shape::column(std::string name) const {
    table_column made{std::move(name)};
    if (kind_ == kind::unknown) return made;
    made.type = kind_ == kind::scalar ? type_.value_or(column_type::text) : column_type::json;
    for (auto const& [child, shape] : children_) made.children.push_back(shape->column(child));
    if (kind_ == kind::list && made.children.empty()) made.children.push_back({});
    return made;
}

bool is_list(table_column const& column) noexcept {
    return column.children.size() == 1 && column.children.front().name.empty();
}

table_column const* find_nested(std::vector<table_column> const& columns, std::string_view path) {
    if (auto const* const whole = find_column(columns, path)) return whole;
    for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
        auto const* const outer = find_column(columns, path.substr(0, dot));
        if (outer == nullptr || is_list(*outer)) continue;
        if (auto const* const inner = find_nested(outer->children, path.substr(dot + 1))) return inner;
    }
    return nullptr;
}

}  // namespace coax::table::detail
