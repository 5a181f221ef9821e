#include "table/internal/csv_text.hpp"

#include <coax/bind/read.hpp>

namespace coax::table::detail {

void append_csv_text(std::string& out, std::string_view text, char separator) {
    auto const is_blank = [](char c) { return c == ' ' || c == '\t'; };
    bool const quoted = text.empty() || is_blank(text.front()) || is_blank(text.back()) ||
                        text.find_first_of("\"\r\n") != std::string_view::npos ||
                        text.find(separator) != std::string_view::npos;
    if (!quoted) {
        out += text;
        return;
    }
    out += '"';
    for (char const c : text) out.append(c == '"' ? 2 : 1, c);
    out += '"';
}

void append_csv_value(std::string& out, json_value const& value, char separator) {
    switch (value.kind()) {
        case json_kind::null: return;
        case json_kind::string: {
            auto const text = json::read<std::string>(value, {.check_utf8 = false, .max_bytes = 0});
            return append_csv_text(out, text ? *text : value.text(), separator);
        }
        case json_kind::boolean:
        case json_kind::number: out += value.text(); return;
        default: append_csv_text(out, value.text(), separator);
    }
}

}  // namespace coax::table::detail
