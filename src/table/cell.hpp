#pragma once

#include <coax/table/table_source.hpp>

#include <string>
#include <string_view>

namespace coax::table::detail {

/// Which types the values of a column can have so that each value is written as it came.
class type_guess {
public:
    void add(std::string_view text);
    /// The narrowest; text where there was no value.
    [[nodiscard]] column_type type() const noexcept;

private:
    bool any_{false};
    bool integers_{true};
    bool numbers_{true};
    bool booleans_{true};
    bool dates_{true};
};

/// Whether it is written as JSON writes it.
[[nodiscard]] bool is_integer(std::string_view text) noexcept;  ///< Of 64 bits.
[[nodiscard]] bool is_number(std::string_view text) noexcept;
[[nodiscard]] bool is_boolean(std::string_view text) noexcept;
[[nodiscard]] bool is_date(std::string_view text) noexcept;  ///< "2026-11-29".

/// Appends a field as JSON, in a type that was found out: what does not fit it is text.
void append_guessed(std::string& out, std::string_view text, column_type type);

/// Appends a field as JSON, in a type that was given; other spellings ("+1", "TRUE") are understood. False: it does not
/// fit.
[[nodiscard]] bool append_given(std::string& out, std::string_view text, column_type type);

}  // namespace coax::table::detail
