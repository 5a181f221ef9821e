#include "table/arrow_column.hpp"

#include "table/internal/row_fields.hpp"
#include "table/internal/value_shape.hpp"

#include <coax/bind/detail/formatted_types.hpp>
#include <coax/bind/read.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

namespace coax::table::detail {

namespace {

/// What an array that was handed out owns. Its children own themselves, for they may be moved out of it.
struct array_data {
    std::string validity{};
    std::string data{};
    std::vector<std::int32_t> offsets{};
    std::array<void const*, 3> buffers{};
    std::vector<ArrowArray> children{};
    std::vector<ArrowArray*> pointers{};
};

void release_array(ArrowArray* array) {
    auto const* const data = static_cast<array_data*>(array->private_data);
    for (auto* child : data->pointers)
        if (child->release != nullptr) child->release(child);
    delete data;
    array->release = nullptr;
}

template <class T>
std::optional<T> value_as(json_value const& value) {
    auto read = json::read<T>(value, {.check_utf8 = false, .max_bytes = 0});
    return read ? std::optional{std::move(*read)} : std::nullopt;
}

}  // namespace

arrow_column::arrow_column(table_column const& of) : name_{of.name}, type_{of.type}, layout_{layout::scalar} {
    bool const is_json = type_ == column_type::json;
    if (is_json && is_list(of))
        layout_ = layout::list;
    else if (is_json && !of.children.empty())
        layout_ = layout::structure;
    else if (is_json || type_ == column_type::text)
        layout_ = layout::text;
    if (layout_ == layout::list || layout_ == layout::text) offsets_.push_back(0);
    if (layout_ == layout::list || layout_ == layout::structure)
        for (auto const& child : of.children) children_.emplace_back(child);
    if (layout_ == layout::list) children_.front().name_ = "item";
}

char const* arrow_column::format() const noexcept {
    if (layout_ == layout::structure) return "+s";
    if (layout_ == layout::list) return "+l";
    switch (type_) {
        case column_type::integer: return "l";
        case column_type::number: return "g";
        case column_type::boolean: return "b";
        case column_type::date: return "tdD";
        case column_type::timestamp: return "tsu:UTC";
        default: return "u";
    }
}

std::size_t arrow_column::offset_bytes() const noexcept {
    auto most = layout_ == layout::text ? data_.size() : 0;
    for (auto const& child : children_)
        most = std::max({most, child.data_.size(), child.offsets_.size() * sizeof(std::int32_t), child.offset_bytes()});
    return most;
}

bool arrow_column::add(json_value const& value) {
    bool const is_null = value.is_null();
    if (is_null) {
        append_null();
        ++null_count_;
    } else if (!append(value)) {
        return false;
    }
    append_bit(validity_, !is_null);
    if (layout_ == layout::text) offsets_.push_back(static_cast<std::int32_t>(data_.size()));
    if (layout_ == layout::list) offsets_.push_back(static_cast<std::int32_t>(children_.front().length_));
    ++length_;
    return true;
}

/// What stands in the place of a value.
void arrow_column::append_null() {
    if (layout_ == layout::structure)
        for (auto& child : children_) (void)child.add({});
    if (layout_ != layout::scalar) return;
    if (type_ == column_type::boolean)
        append_bit(data_, false);
    else if (type_ == column_type::date)
        append_raw(std::int32_t{0});
    else
        append_raw(std::int64_t{0});
}

/// Appends a value that is no null.
bool arrow_column::append(json_value const& value) {
    if (layout_ == layout::structure) return append_members(value);
    if (layout_ == layout::list) return append_items(value);
    if (layout_ == layout::scalar) return append_scalar(value);
    auto const text =
        type_ == column_type::text && value.is_string() ? value_as<std::string>(value) : std::optional<std::string>{};
    auto const& bytes = text ? *text : value.text();
    if (bytes.size() > std::numeric_limits<std::int32_t>::max() - data_.size()) return false;
    data_ += bytes;
    return true;
}

bool arrow_column::append_scalar(json_value const& value) {
    if (type_ == column_type::integer) {
        auto const number = value_as<std::int64_t>(value);
        if (number) append_raw(*number);
        return number.has_value();
    }
    if (type_ == column_type::number) {
        auto const number = value_as<double>(value);
        if (number) append_raw(*number);
        return number.has_value();
    }
    if (type_ == column_type::boolean) {
        auto const flag = value_as<bool>(value);
        if (flag) append_bit(data_, *flag);
        return flag.has_value();
    }
    auto const text = value.is_string() ? value_as<std::string>(value) : std::nullopt;
    return text && append_time(*text);
}

bool arrow_column::append_members(json_value const& value) {
    if (!value.is_object()) return false;
    auto const members = members_of(value);
    auto const is_known = [this](auto const& member) {
        return std::ranges::find(children_, member.first, &arrow_column::name_) != children_.end();
    };
    if (!std::ranges::all_of(members, is_known)) return false;
    for (auto& child : children_) {
        auto const found =
            std::ranges::find(members, child.name_, [](auto const& one) -> auto const& { return one.first; });
        if (!child.add(found == members.end() ? json_value{} : found->second)) return false;
    }
    return true;
}

bool arrow_column::append_items(json_value const& value) {
    auto const items = value.kind() == json_kind::array ? value_as<std::vector<json_value>>(value) : std::nullopt;
    auto& child = children_.front();
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    if (!items || static_cast<std::int64_t>(items->size()) > most - child.length_) return false;
    return std::ranges::all_of(*items, [&child](json_value const& item) { return child.add(item); });
}

bool arrow_column::append_time(std::string const& text) {
    long long count = 0;
    if (type_ == column_type::date) {
        if (!bind::detail::parse_date(text, count)) return false;
        append_raw(static_cast<std::int32_t>(count));
        return true;
    }
    bind::detail::moment time{};
    bool const is_time = bind::detail::parse_date_time(text, time) || bind::detail::parse_date_time(text + 'Z', time);
    if (!is_time || !bind::detail::to_ticks(time, 1, 1'000'000, false, count)) return false;
    append_raw(std::int64_t{count});
    return true;
}

template <class T>
void arrow_column::append_raw(T value) {
    data_.append(reinterpret_cast<char const*>(&value), sizeof value);
}

void arrow_column::append_bit(std::string& bits, bool set) const {
    auto const place = static_cast<unsigned>(length_ % 8);
    if (place == 0) bits += '\0';
    if (set) bits.back() = static_cast<char>(static_cast<unsigned char>(bits.back()) | 1U << place);
}

ArrowArray arrow_column::finish() && {
    auto data = std::make_unique<array_data>(array_data{std::move(validity_), std::move(data_), std::move(offsets_)});
    for (auto& child : children_) data->children.push_back(std::move(child).finish());
    for (auto& child : data->children) data->pointers.push_back(&child);
    bool const has_offsets = layout_ == layout::text || layout_ == layout::list;
    data->buffers[0] = null_count_ == 0 ? nullptr : data->validity.data();
    data->buffers[1] = has_offsets ? static_cast<void const*>(data->offsets.data()) : data->data.data();
    data->buffers[2] = data->data.data();
    auto& owned = *data;
    return {.length = length_,
            .null_count = null_count_,
            .offset = 0,
            .n_buffers = layout_ == layout::structure ? 1
                         : layout_ == layout::text    ? 3
                                                      : 2,
            .n_children = static_cast<std::int64_t>(owned.pointers.size()),
            .buffers = owned.buffers.data(),
            .children = owned.pointers.empty() ? nullptr : owned.pointers.data(),
            .dictionary = nullptr,
            .release = &release_array,
            .private_data = data.release()};
}

}  // namespace coax::table::detail
