#include "table/arrow_column.hpp"

#include <coax/bind/detail/formatted_types.hpp>
#include <coax/bind/read.hpp>

#include <limits>
#include <memory>
#include <utility>

namespace coax::table::detail {

namespace {

/// What an array that was handed out owns.
struct array_data {
    std::string validity{};
    std::string data{};
    std::vector<std::int32_t> offsets{};
    std::array<void const*, 3> buffers{};
};

void release_array(ArrowArray* array) {
    delete static_cast<array_data*>(array->private_data);
    array->release = nullptr;
}

template <class T>
std::optional<T> value_as(json_value const& value) {
    auto read = json::read<T>(value, {.check_utf8 = false, .max_bytes = 0});
    return read ? std::optional{std::move(*read)} : std::nullopt;
}

}  // namespace

arrow_column::arrow_column(column_type type) : type_{type} {
    if (is_text()) offsets_.push_back(0);
}

char const* arrow_column::format() const noexcept {
    switch (type_) {
        case column_type::integer: return "l";
        case column_type::number: return "g";
        case column_type::boolean: return "b";
        case column_type::date: return "tdD";
        case column_type::timestamp: return "tsu:UTC";
        default: return "u";
    }
}

bool arrow_column::add(json_value const& value) {
    bool const is_null = value.is_null();
    if (is_null) {
        if (type_ == column_type::boolean) append_bit(data_, false);
        if (type_ == column_type::date) append_raw(std::int32_t{0});
        if (type_ == column_type::integer || type_ == column_type::number || type_ == column_type::timestamp)
            append_raw(std::int64_t{0});
        ++null_count_;
    } else if (!append(value)) {
        return false;
    }
    append_bit(validity_, !is_null);
    if (is_text()) offsets_.push_back(static_cast<std::int32_t>(data_.size()));
    ++length_;
    return true;
}

/// Appends a value that is no null.
bool arrow_column::append(json_value const& value) {
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
    if (type_ == column_type::date || type_ == column_type::timestamp) return text && append_time(*text);
    bool const as_text = text && type_ == column_type::text;
    auto const& bytes = as_text ? *text : value.text();
    if (bytes.size() > std::numeric_limits<std::int32_t>::max() - data_.size()) return false;
    data_ += bytes;
    return true;
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
    data->buffers[0] = null_count_ == 0 ? nullptr : data->validity.data();
    data->buffers[1] = is_text() ? static_cast<void const*>(data->offsets.data()) : data->data.data();
    data->buffers[2] = data->data.data();
    auto* const buffers = data->buffers.data();
    return {.length = length_,
            .null_count = null_count_,
            .offset = 0,
            .n_buffers = is_text() ? 3 : 2,
            .n_children = 0,
            .buffers = buffers,
            .children = nullptr,
            .dictionary = nullptr,
            .release = &release_array,
            .private_data = data.release()};
}

}  // namespace coax::table::detail
