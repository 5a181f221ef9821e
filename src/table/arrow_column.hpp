#pragma once

#include <coax/json/value.hpp>
#include <coax/table/arrow_stream.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace coax::table::detail {

/// The values of one column, as they lie in Arrow's memory.
class arrow_column {
public:
    explicit arrow_column(table_column const& of);

    [[nodiscard]] char const* format() const noexcept;
    [[nodiscard]] std::string const& name() const noexcept { return name_; }
    /// Of a struct its members, of a list what it holds.
    [[nodiscard]] std::vector<arrow_column> const& children() const noexcept { return children_; }
    /// False: the value does not fit the type.
    [[nodiscard]] bool add(json_value const& value);
    /// Bytes of the longest buffer that offsets lead into, children's too.
    [[nodiscard]] std::size_t offset_bytes() const noexcept;
    /// Hands the values over to an array, which owns them.
    [[nodiscard]] ArrowArray finish() &&;

private:
    enum class layout : unsigned char { scalar, text, structure, list };

    void append_null();
    [[nodiscard]] bool append(json_value const& value);
    [[nodiscard]] bool append_scalar(json_value const& value);
    [[nodiscard]] bool append_members(json_value const& value);
    [[nodiscard]] bool append_items(json_value const& value);
    [[nodiscard]] bool append_time(std::string const& text);
    template <class T>
    void append_raw(T value);
    void append_bit(std::string& bits, bool set) const;

    std::string name_;
    column_type type_;
    layout layout_;
    std::vector<arrow_column> children_{};
    std::int64_t length_{0};
    std::int64_t null_count_{0};
    std::string validity_{};               ///< One bit a value.
    std::string data_{};                   ///< Numbers, bits or text.
    std::vector<std::int32_t> offsets_{};  ///< Of text and lists.
};

}  // namespace coax::table::detail
