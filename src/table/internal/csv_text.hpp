#pragma once

#include <coax/json/value.hpp>

#include <string>
#include <string_view>

namespace coax::table::detail {

/// Appends a field, in quotes where a reader could take it for something else: what has a separator, quote or line
/// break in it, blanks at an end, nothing at all.
void append_csv_text(std::string& out, std::string_view text, char separator);

/// Appends a value as a field: null as nothing, text as it is, the rest as JSON.
void append_csv_value(std::string& out, json_value const& value, char separator);

}  // namespace coax::table::detail
