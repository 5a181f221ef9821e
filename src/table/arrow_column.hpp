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
    explicit arrow_column(column_type type);

    [[nodiscard]] char const* format() const noexcept;
    /// False: the value does not fit the type.
    [[nodiscard]] bool add(json_value const& value);
    [[nodiscard]] std::size_t text_bytes() const noexcept { return is_text() ? data_.size() : 0; }
    /// Hands the values over to an array, which owns them.
    [[nodiscard]] ArrowArray finish() &&;

private:
    [[nodiscard]] bool is_text() const noexcept { return type_ == column_type::text || type_ == column_type::json; }
    [[nodiscard]] bool append(json_value const& value);
    [[nodiscard]] bool append_time(std::string const& text);
    template <class T>
    void append_raw(T value);
    void append_bit(std::string& bits, bool set) const;

    column_type type_;
    std::int64_t length_{0};
    std::int64_t null_count_{0};
    std::string validity_{};  ///< One bit a value.
    std::string data_{};      ///< Numbers, bits or text.
    std::vector<std::int32_t> offsets_{};
};

}  // namespace coax::table::detail
