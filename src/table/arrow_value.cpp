#include "json/internal/text.hpp"
#include "table/arrow_type.hpp"

#include <coax/bind/detail/formatted_types.hpp>
#include <coax/json/writer.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

namespace coax::table::detail {

namespace {

using text_pointer = char const*;

/// A number of a buffer, which need not be aligned.
template <class T>
T load(void const* buffer, std::int64_t at) {
    T value;
    std::memcpy(&value, static_cast<char const*>(buffer) + static_cast<std::size_t>(at) * sizeof(T), sizeof(T));
    return value;
}

bool bit(void const* bits, std::int64_t at) {
    return (load<unsigned char>(bits, at / 8) >> static_cast<unsigned>(at % 8) & 1U) != 0;
}

/// Buffers that an array has; -1: two at least.
std::int64_t buffer_count(arrow_layout layout) {
    switch (layout) {
        case arrow_layout::null: return 0;
        case arrow_layout::structure:
        case arrow_layout::fixed_list: return 1;
        case arrow_layout::text:
        case arrow_layout::large_text: return 3;
        case arrow_layout::text_view: return -1;
        default: return 2;
    }
}

bool has_validity(arrow_layout layout) { return layout != arrow_layout::null; }

/// Whether a buffer besides the validity must be there where there are values. That of text may hold nothing.
bool has_values(arrow_layout layout) {
    return layout != arrow_layout::null && layout != arrow_layout::structure && layout != arrow_layout::fixed_list;
}

char const* buffer_contradiction(arrow_type const& type, ArrowArray const& array) {
    auto const wanted = buffer_count(type.layout);
    if (wanted < 0 ? array.n_buffers < 3 : array.n_buffers != wanted) return "a wrong number of buffers";
    if (wanted != 0 && array.buffers == nullptr) return "no buffers";
    if (array.length == 0) return nullptr;
    if (has_values(type.layout) && array.buffers[1] == nullptr) return "a buffer of values is missing";
    if (has_validity(type.layout) && array.null_count > 0 && array.buffers[0] == nullptr)
        return "nulls without the buffer that tells them";
    return nullptr;
}

/// Values that the children need, by the counts alone.
std::int64_t child_length(arrow_type const& type, ArrowArray const& array) {
    auto const end = array.offset + array.length;
    if (type.layout == arrow_layout::structure) return end;
    if (type.layout != arrow_layout::fixed_list) return 0;
    return type.list_size != 0 && end > std::numeric_limits<std::int64_t>::max() / type.list_size
               ? std::numeric_limits<std::int64_t>::max()
               : end * type.list_size;
}

/// Where a text or list begins and ends. False: that cannot be.
template <class Offset>
bool span_of(ArrowArray const& array, std::int64_t at, std::int64_t& begin, std::int64_t& end) {
    begin = load<Offset>(array.buffers[1], at);
    end = load<Offset>(array.buffers[1], at + 1);
    return begin >= 0 && begin <= end;
}

bool span_of(arrow_type const& type, ArrowArray const& array, std::int64_t at, std::int64_t& begin, std::int64_t& end) {
    bool const is_large = type.layout == arrow_layout::large_text || type.layout == arrow_layout::large_list;
    return is_large ? span_of<std::int64_t>(array, at, begin, end) : span_of<std::int32_t>(array, at, begin, end);
}

char const* append_text(std::string& out, arrow_type const& type, std::string_view text) {
    if (type.is_binary) {
        out += '"';
        bind::detail::append_base64(out, reinterpret_cast<std::byte const*>(text.data()), text.size());
        out += '"';
        return nullptr;
    }
    if (json::detail::find_invalid_utf8(text.data(), text.data() + text.size()) != text.data() + text.size())
        return "text that is not UTF-8";
    json::append_string(out, text);
    return nullptr;
}

char const* append_offset_text(std::string& out, arrow_type const& type, ArrowArray const& array, std::int64_t at) {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    if (!span_of(type, array, at, begin, end)) return "offsets that go backwards";
    if (begin == end) return append_text(out, type, {});
    auto const* const text = static_cast<text_pointer>(array.buffers[2]);
    if (text == nullptr) return "text without its buffer";
    return append_text(out, type, {text + begin, static_cast<std::size_t>(end - begin)});
}

/// Source: Arrow Columnar Format, "Variable-size Binary View Layout": up to 12 bytes in place, else in a buffer.
char const* append_view(std::string& out, arrow_type const& type, ArrowArray const& array, std::int64_t at) {
    constexpr std::int32_t most_in_place = 12;
    auto const* const view = static_cast<text_pointer>(array.buffers[1]) + at * 16;
    auto const size = load<std::int32_t>(view, 0);
    if (size < 0) return "text of a negative length";
    if (size <= most_in_place) return append_text(out, type, {view + 4, static_cast<std::size_t>(size)});
    auto const which = load<std::int32_t>(view + 8, 0);
    auto const begin = load<std::int32_t>(view + 12, 0);
    auto const count = array.n_buffers - 3;  // the last one has the sizes of the others
    if (which < 0 || which >= count || begin < 0) return "text in a buffer that there is not";
    auto const* const text = static_cast<text_pointer>(array.buffers[2 + which]);
    if (text == nullptr || array.buffers[array.n_buffers - 1] == nullptr) return "text without its buffer";
    auto const bytes = load<std::int64_t>(array.buffers[array.n_buffers - 1], which);
    if (begin > bytes || size > bytes - begin) return "text beyond its buffer";
    return append_text(out, type, {text + begin, static_cast<std::size_t>(size)});
}

template <class T>
void append_float(std::string& out, T value) {
    std::array<char, 32> digits{};
    if (!std::isfinite(value)) {
        out += "null";
        return;
    }
    auto const written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out.append(digits.data(), written.ptr);
}

/// A decimal of 128 bits, low half first, digit by digit.
void append_decimal(std::string& out, void const* values, std::int64_t at, int scale) {
    auto low = load<std::uint64_t>(values, at * 2);
    auto high = load<std::uint64_t>(values, at * 2 + 1);
    bool const negative = (high >> 63U) != 0;
    if (negative) {
        low = ~low + 1;
        high = ~high + (low == 0 ? 1 : 0);
    }
    std::string digits;
    std::array<std::uint64_t, 4> parts{high >> 32U, high & 0xFFFFFFFFU, low >> 32U, low & 0xFFFFFFFFU};
    while (parts != std::array<std::uint64_t, 4>{} || digits.size() <= static_cast<std::size_t>(scale)) {
        std::uint64_t rest = 0;
        for (auto& part : parts) {
            auto const whole = rest << 32U | part;
            part = whole / 10;
            rest = whole % 10;
        }
        if (scale > 0 && digits.size() == static_cast<std::size_t>(scale)) digits.insert(0, 1, '.'), ++scale;
        digits.insert(0, 1, static_cast<char>('0' + rest));
    }
    out.append(negative ? "-" : "").append(digits);
}

/// Ticks since 1970 in whole units and a rest that is not negative.
std::int64_t floor_divide(std::int64_t ticks, std::int64_t by) { return ticks / by - (ticks % by < 0 ? 1 : 0); }

char const* append_time(std::string& out, arrow_type const& type, std::int64_t ticks) {
    constexpr std::int64_t day = 86'400;
    out += '"';
    if (type.scalar == arrow_scalar::date) {
        auto const days = type.ticks_per_second == 0 ? ticks : floor_divide(ticks, type.ticks_per_second * day);
        if (!bind::detail::append_date(out, days)) return "a day that no date has";
    } else {
        bind::detail::moment time{};
        if (!bind::detail::from_ticks(ticks, 1, type.ticks_per_second, time) ||
            !bind::detail::append_date_time(out, time))
            return "a time that no date has";
        if (!type.has_zone) out.pop_back();  // the Z
    }
    out += '"';
    return nullptr;
}

std::int64_t integer_of(arrow_type const& type, ArrowArray const& array, std::int64_t at) {
    auto const* const values = array.buffers[1];
    switch (type.scalar) {
        case arrow_scalar::i8: return load<std::int8_t>(values, at);
        case arrow_scalar::u8: return load<std::uint8_t>(values, at);
        case arrow_scalar::i16: return load<std::int16_t>(values, at);
        case arrow_scalar::u16: return load<std::uint16_t>(values, at);
        case arrow_scalar::i32: return load<std::int32_t>(values, at);
        case arrow_scalar::u32: return load<std::uint32_t>(values, at);
        default: return load<std::int64_t>(values, at);
    }
}

char const* append_scalar(std::string& out, arrow_type const& type, ArrowArray const& array, std::int64_t at) {
    auto const* const values = array.buffers[1];
    switch (type.scalar) {
        case arrow_scalar::f32: append_float(out, load<float>(values, at)); return nullptr;
        case arrow_scalar::f64: append_float(out, load<double>(values, at)); return nullptr;
        case arrow_scalar::decimal: append_decimal(out, values, at, type.scale); return nullptr;
        case arrow_scalar::u64: out += std::to_string(load<std::uint64_t>(values, at)); return nullptr;
        case arrow_scalar::date:
            return append_time(
                out, type,
                type.ticks_per_second == 0 ? load<std::int32_t>(values, at) : load<std::int64_t>(values, at));
        case arrow_scalar::timestamp: return append_time(out, type, load<std::int64_t>(values, at));
        default: out += std::to_string(integer_of(type, array, at)); return nullptr;
    }
}

char const* append_structure(std::string& out, arrow_type const& type, ArrowArray const& array, std::int64_t at) {
    out += '{';
    for (std::size_t child = 0; child < type.children.size(); ++child) {
        out.append(child == 0 ? "" : ",").append(type.children[child].key);
        if (auto const* const wrong = append_arrow_value(out, type.children[child], *array.children[child], at))
            return wrong;
    }
    out += '}';
    return nullptr;
}

/// @param begin  Of the child's values; `end` may be no place in it.
char const* append_list(std::string& out, arrow_type const& type, ArrowArray const& array, std::int64_t begin,
                        std::int64_t end) {
    auto const& child = *array.children[0];
    bool const is_map = type.layout == arrow_layout::map;
    if (end > child.length) return "a list beyond its values";
    out += is_map ? '{' : '[';
    for (auto at = begin; at < end; ++at) {
        if (at > begin) out += ',';
        auto const& entry = type.children[0];
        auto const first = is_map ? at + child.offset : 0;
        auto const* wrong = is_map ? append_arrow_value(out, entry.children[0], *child.children[0], first)
                                   : append_arrow_value(out, entry, child, at);
        if (is_map && wrong == nullptr) {
            if (out.ends_with("null")) return "a key that is null";
            out += ':';
            wrong = append_arrow_value(out, entry.children[1], *child.children[1], first);
        }
        if (wrong != nullptr) return wrong;
    }
    out += is_map ? '}' : ']';
    return nullptr;
}

char const* append_indexed(std::string& out, arrow_type const& type, ArrowArray const& array, std::int64_t at) {
    auto const index = integer_of(type, array, at);
    if (index < 0 || index >= array.dictionary->length) return "an index beyond its dictionary";
    return append_arrow_value(out, *type.dictionary, *array.dictionary, index);
}

}  // namespace

char const* contradiction(arrow_type const& type, ArrowArray const* array, std::int64_t length) {
    if (array == nullptr) return "a missing array";
    constexpr auto most = std::numeric_limits<std::int64_t>::max() / 32;
    if (array->length < 0 || array->offset < 0 || array->length > most || array->offset > most) return "a wrong length";
    if (array->length < length) return "a column that is shorter than the others";
    if (array->null_count < -1 || array->null_count > array->length) return "a wrong number of nulls";
    if (auto const* const wrong = buffer_contradiction(type, *array)) return wrong;
    if (type.dictionary != nullptr)
        if (auto const* const wrong = contradiction(*type.dictionary, array->dictionary, 0)) return wrong;
    if (array->n_children != static_cast<std::int64_t>(type.children.size())) return "a wrong number of children";
    if (!type.children.empty() && array->children == nullptr) return "missing children";
    for (std::size_t child = 0; child < type.children.size(); ++child)
        if (auto const* const wrong =
                contradiction(type.children[child], array->children[child], child_length(type, *array)))
            return wrong;
    return nullptr;
}

char const* append_arrow_value(std::string& out, arrow_type const& type, ArrowArray const& array, std::int64_t at) {
    auto const place = array.offset + at;
    bool const is_null = type.layout == arrow_layout::null ||
                         (array.null_count != 0 && array.buffers[0] != nullptr && !bit(array.buffers[0], place));
    if (is_null) return out += "null", nullptr;
    std::int64_t begin = place * type.list_size;
    std::int64_t end = begin + type.list_size;
    switch (type.layout) {
        case arrow_layout::boolean: return out += bit(array.buffers[1], place) ? "true" : "false", nullptr;
        case arrow_layout::fixed_width: return append_scalar(out, type, array, place);
        case arrow_layout::text:
        case arrow_layout::large_text: return append_offset_text(out, type, array, place);
        case arrow_layout::text_view: return append_view(out, type, array, place);
        case arrow_layout::structure: return append_structure(out, type, array, place);
        case arrow_layout::fixed_list: return append_list(out, type, array, begin, end);
        case arrow_layout::dictionary: return append_indexed(out, type, array, place);
        default: break;
    }
    if (!span_of(type, array, place, begin, end)) return "offsets that go backwards";
    return append_list(out, type, array, begin, end);
}

}  // namespace coax::table::detail
