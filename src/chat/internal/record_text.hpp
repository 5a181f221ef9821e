#pragma once

#include <coax/bind/read.hpp>
#include <coax/json/value.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace coax::chat::detail {

/// A member of a record as it stands in a prompt or a key: text as it is, anything else as JSON.
[[nodiscard]] inline std::string record_text(json_value const& member) {
    if (!member.is_string()) return member.text();
    if (auto text = json::read<std::string>(member)) return std::move(*text);
    return member.text();
}

[[nodiscard]] inline std::string_view without_blanks(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    auto const first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace coax::chat::detail
