#include "json/internal/violation.hpp"

#include "json/internal/text.hpp"

#include <algorithm>

namespace coax::json::detail {
namespace {

std::string describe(violation const& what, std::string_view text) {
    auto const [line, column] = position_of(text, what.offset);
    return what.message + " (line " + std::to_string(line) + ", column " + std::to_string(column) + ")";
}

/// Moves `at` to the beginning of its code point.
std::size_t to_code_point(std::string_view text, std::size_t at) {
    while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
    return at;
}

std::string around(std::string_view text, std::size_t offset) {
    constexpr std::size_t before = 20;
    constexpr std::size_t after = 35;
    offset = std::min(offset, text.size());
    auto const from = to_code_point(text, offset > before ? offset - before : 0);
    auto const to = to_code_point(text, std::min(offset + after, text.size()));
    std::string near{text.substr(from, offset - from)};
    near.append(" >>> ").append(text.substr(offset, std::max(to, offset) - offset));
    for (char& c : near)
        if (static_cast<unsigned char>(c) < ' ') c = ' ';
    return near;
}

json::violation to_public(violation const& what, std::string_view text) {
    constexpr std::string_view intro = "expected ";
    constexpr std::string_view middle = ", found ";
    auto const [line, column] = position_of(text, what.offset);
    json::violation result{.pointer = what.pointer, .near = around(text, what.offset), .line = line, .column = column};
    std::string_view message = what.message;
    if (message.starts_with(intro)) message.remove_prefix(intro.size());
    auto const split = message.find(middle);
    result.expected = message.substr(0, split);
    if (split != std::string_view::npos) result.found = message.substr(split + middle.size());
    return result;
}

}  // namespace

std::vector<json::violation> to_public(std::vector<violation> const& violations, std::string_view text) {
    std::vector<json::violation> result;
    result.reserve(violations.size());
    for (auto const& each : violations) result.push_back(to_public(each, text));
    return result;
}

error to_error(std::vector<violation> const& violations, std::string_view text, std::size_t most) {
    auto const& first = violations.front();
    if (violations.size() == 1)
        return {.code = errc::invalid_json, .message = describe(first, text), .where = first.pointer};
    std::string message = violations.size() >= most ? "at least " : "";
    message += std::to_string(violations.size()) + " violations";
    char const* before = ": ";
    for (auto const& each : violations) {
        message += before;
        before = "; ";
        message += each.pointer.empty() ? "the whole value" : each.pointer;
        message += ": " + describe(each, text);
    }
    return {.code = errc::invalid_json, .message = std::move(message), .where = first.pointer};
}

}  // namespace coax::json::detail

std::string coax::json::to_string(std::vector<violation> const& violations) {
    std::string list;
    for (auto const& each : violations) {
        list.append("- ").append(each.pointer.empty() ? "the whole value" : each.pointer);
        list.append(": expected ").append(each.expected);
        if (!each.found.empty()) list.append(", found ").append(each.found);
        if (each.line != 0) {
            list.append(" (line ").append(std::to_string(each.line));
            list.append(", column ").append(std::to_string(each.column));
            list.append(", near: ").append(each.near).append(")");
        }
        list.push_back('\n');
    }
    return list;
}
