#pragma once

#include <coax/bind/read.hpp>
#include <coax/json/value.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace coax::chat::detail {

/// A member of a record as it stands in a prompt or a key: text as it is, anything else as JSON.
/// @param member  JSON.
[[nodiscard]] inline std::string record_text(std::string_view member) {
    if (member.starts_with('"'))
        if (auto text = json::read<std::string>(member)) return std::move(*text);
    return std::string{member};
}
[[nodiscard]] inline std::string record_text(json_value const& member) {
    return record_text(std::string_view{member.text()});
}

/// Whether JSON is a number.
[[nodiscard]] inline bool is_json_number(std::string_view json) {
    return !json.empty() && (json.front() == '-' || (json.front() >= '0' && json.front() <= '9'));
}

[[nodiscard]] inline std::string_view without_blanks(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    auto const first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace coax::chat::detail
