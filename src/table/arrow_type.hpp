#pragma once

#include <coax/table/arrow_stream.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace coax::table::detail {

/// How the values of an array lie in memory.
enum class arrow_layout : unsigned char {
    null,
    boolean,
    fixed_width,  ///< Numbers, dates, times.
    text,         ///< Offsets of 32 bits.
    large_text,   ///< Of 64.
    text_view,
    structure,
    list,
    large_list,
    fixed_list,
    map,
    dictionary,
};

/// What a value of fixed width means.
enum class arrow_scalar : unsigned char { i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, decimal, date, timestamp };

/// A column's type, as its schema says it.
struct arrow_type {
    std::string name{};
    std::string key{};  ///< `"name":`
    arrow_layout layout{};
    arrow_scalar scalar{};
    bool is_binary{false};             ///< Text that is bytes.
    bool has_zone{false};              ///< Of timestamps.
    std::int64_t ticks_per_second{1};  ///< Of dates and timestamps; a date of days has 0.
    int scale{0};                      ///< Digits behind the point of a decimal.
    std::int64_t list_size{0};         ///< Of lists of fixed size.
    std::vector<arrow_type> children{};
    std::unique_ptr<arrow_type> dictionary{};  ///< What the indices stand for.

    [[nodiscard]] column_type column() const noexcept;
    /// That with what structs and lists have.
    [[nodiscard]] table_column as_column() const;
};

/// Errors: `errc::invalid_argument`: a type that is not understood, or a schema that contradicts itself.
[[nodiscard]] result<arrow_type> parse_arrow_type(ArrowSchema const& schema, int depth = 0);

/// Whether an array has what its type needs, and at least `length` values. What is wrong; null: nothing.
[[nodiscard]] char const* contradiction(arrow_type const& type, ArrowArray const* array, std::int64_t length);

/// Appends one value of an array without contradiction as JSON. What is wrong with it; null: nothing.
/// @param at  From 0, before the array's offset.
[[nodiscard]] char const* append_arrow_value(std::string& out, arrow_type const& type, ArrowArray const& array,
                                             std::int64_t at);

}  // namespace coax::table::detail
