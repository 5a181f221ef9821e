#include "table/arrow_type.hpp"

#include <coax/json/writer.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace coax::table::detail {

namespace {

constexpr int deepest_type = 64;
constexpr std::int64_t most_children = 100'000;

struct scalar_name {
    std::string_view format;
    arrow_scalar scalar;
};
constexpr std::array scalar_names{scalar_name{"c", arrow_scalar::i8},  scalar_name{"C", arrow_scalar::u8},
                                  scalar_name{"s", arrow_scalar::i16}, scalar_name{"S", arrow_scalar::u16},
                                  scalar_name{"i", arrow_scalar::i32}, scalar_name{"I", arrow_scalar::u32},
                                  scalar_name{"l", arrow_scalar::i64}, scalar_name{"L", arrow_scalar::u64},
                                  scalar_name{"f", arrow_scalar::f32}, scalar_name{"g", arrow_scalar::f64}};

struct layout_name {
    std::string_view format;
    arrow_layout layout;
    bool is_binary;
    std::size_t children;
};
constexpr std::array layout_names{
    layout_name{"n", arrow_layout::null, false, 0},       layout_name{"b", arrow_layout::boolean, false, 0},
    layout_name{"u", arrow_layout::text, false, 0},       layout_name{"U", arrow_layout::large_text, false, 0},
    layout_name{"z", arrow_layout::text, true, 0},        layout_name{"Z", arrow_layout::large_text, true, 0},
    layout_name{"vu", arrow_layout::text_view, false, 0}, layout_name{"vz", arrow_layout::text_view, true, 0},
    layout_name{"+l", arrow_layout::list, false, 1},      layout_name{"+L", arrow_layout::large_list, false, 1},
    layout_name{"+m", arrow_layout::map, false, 1}};

template <class T>
bool parse_count(std::string_view text, T& into) {
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), into);
    return failure == std::errc{} && end == text.data() + text.size() && into >= 0;
}

/// Dates and timestamps. False: it is none of them.
bool parse_time(arrow_type& type, std::string_view format) {
    constexpr std::array<std::pair<char, std::int64_t>, 4> units{
        {{'s', 1}, {'m', 1'000}, {'u', 1'000'000}, {'n', 1'000'000'000}}};
    type.layout = arrow_layout::fixed_width;
    type.scalar = arrow_scalar::date;
    if (format == "tdD" || format == "tdm") {
        type.ticks_per_second = format == "tdD" ? 0 : 1'000;
        return true;
    }
    type.scalar = arrow_scalar::timestamp;
    if (!format.starts_with("ts") || format.size() < 4 || format[3] != ':') return false;
    type.has_zone = format.size() > 4;
    for (auto const& [letter, ticks] : units)
        if (format[2] == letter) return type.ticks_per_second = ticks, true;
    return false;
}

/// "d:19,10" or "d:19,10,128".
bool parse_decimal(arrow_type& type, std::string_view format) {
    auto const comma = format.find(',');
    if (!format.starts_with("d:") || comma == std::string_view::npos) return false;
    auto scale = format.substr(comma + 1);
    if (scale.ends_with(",128")) scale.remove_suffix(4);
    type.layout = arrow_layout::fixed_width;
    type.scalar = arrow_scalar::decimal;
    return parse_count(scale, type.scale) && type.scale <= 38;
}

/// Reads what a format says of the array itself. False: it is not understood. @param children  How many it needs.
bool parse_format(arrow_type& type, std::string_view format, std::optional<std::size_t>& children) {
    children = 0;
    for (auto const& known : scalar_names)
        if (known.format == format) {
            type.layout = arrow_layout::fixed_width;
            type.scalar = known.scalar;
            return true;
        }
    for (auto const& known : layout_names)
        if (known.format == format) {
            type.layout = known.layout;
            type.is_binary = known.is_binary;
            children = known.children;
            return true;
        }
    if (format == "+s") {
        type.layout = arrow_layout::structure;
        children.reset();
        return true;
    }
    if (format.starts_with("+w:")) {
        type.layout = arrow_layout::fixed_list;
        children = 1;
        return parse_count(format.substr(3), type.list_size);
    }
    return parse_time(type, format) || parse_decimal(type, format);
}

error wrong_type(std::string const& column, std::string message) {
    return invalid_argument("column \"" + column + '"', std::move(message));
}

/// A map is an object where its keys are text.
bool has_text_keys(arrow_type const& map) {
    auto const& entry = map.children[0];
    if (entry.layout != arrow_layout::structure || entry.children.size() != 2) return false;
    auto const layout = entry.children[0].layout;
    bool const is_text =
        layout == arrow_layout::text || layout == arrow_layout::large_text || layout == arrow_layout::text_view;
    return is_text && !entry.children[0].is_binary;
}

result<void> parse_children(arrow_type& type, ArrowSchema const& schema, int depth) {
    for (std::int64_t at = 0; at < schema.n_children; ++at) {
        if (schema.children == nullptr || schema.children[at] == nullptr)
            return wrong_type(type.name, "a schema without the children that it counts");
        auto child = parse_arrow_type(*schema.children[at], depth + 1);
        if (!child) return child.error();
        type.children.push_back(std::move(*child));
    }
    return {};
}

result<void> parse_dictionary(arrow_type& type, ArrowSchema const& schema, int depth) {
    bool const is_index = type.layout == arrow_layout::fixed_width && type.scalar <= arrow_scalar::u64;
    if (!is_index) return wrong_type(type.name, "a dictionary whose indices are no integers");
    auto values = parse_arrow_type(*schema.dictionary, depth + 1);
    if (!values) return values.error();
    type.layout = arrow_layout::dictionary;
    type.dictionary = std::make_unique<arrow_type>(std::move(*values));
    return {};
}

}  // namespace

column_type arrow_type::column() const noexcept {
    switch (layout) {
        case arrow_layout::boolean: return column_type::boolean;
        case arrow_layout::dictionary: return dictionary->column();
        case arrow_layout::null:
        case arrow_layout::text:
        case arrow_layout::large_text:
        case arrow_layout::text_view: return column_type::text;
        case arrow_layout::fixed_width: break;
        default: return column_type::json;
    }
    if (scalar == arrow_scalar::date) return column_type::date;
    if (scalar == arrow_scalar::timestamp) return column_type::timestamp;
    return scalar <= arrow_scalar::i64 ? column_type::integer : column_type::number;
}

table_column arrow_type::as_column() const {
    table_column made{name, column()};
    if (layout == arrow_layout::dictionary) made.children = dictionary->as_column().children;
    bool const is_list =
        layout == arrow_layout::list || layout == arrow_layout::large_list || layout == arrow_layout::fixed_list;
    if (is_list) {
        made.children.push_back(children.front().as_column());
        made.children.front().name.clear();
    }
    if (layout != arrow_layout::structure) return made;
    for (auto const& member : children) made.children.push_back(member.as_column());
    auto const nameless = [](table_column const& member) { return member.name.empty(); };
    if (std::ranges::any_of(made.children, nameless)) made.children.clear();
    return made;
}

result<arrow_type> parse_arrow_type(ArrowSchema const& schema, int depth) {
    arrow_type type{.name = schema.name == nullptr ? "" : schema.name};
    json::append_string(type.key, type.name);
    type.key += ':';
    if (depth > deepest_type) return wrong_type(type.name, "types within types, deeper than 64 levels");
    if (schema.format == nullptr) return wrong_type(type.name, "a schema without a format");
    std::optional<std::size_t> children;
    if (!parse_format(type, schema.format, children))
        return wrong_type(type.name, "Arrow's type \"" + std::string{schema.format} +
                                         "\" has no form in JSON: cast the column, or leave it out");
    if (schema.n_children < 0 || schema.n_children > most_children ||
        (children && static_cast<std::size_t>(schema.n_children) != *children))
        return wrong_type(type.name, "a wrong number of children");
    if (auto parsed = parse_children(type, schema, depth); !parsed) return parsed.error();
    if (type.layout == arrow_layout::map && !has_text_keys(type))
        return wrong_type(type.name, "a map whose keys are no text has no form in JSON");
    if (schema.dictionary != nullptr)
        if (auto parsed = parse_dictionary(type, schema, depth); !parsed) return parsed.error();
    return type;
}

}  // namespace coax::table::detail
