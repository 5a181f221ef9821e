#include "json/internal/violation.hpp"

#include "json/internal/text.hpp"

#include <algorithm>

namespace coax::json {
namespace detail {
namespace {

std::string message_of(violation const& what) {
    if (what.expected.empty()) return what.found;
    return "expected " + what.expected + (what.found.empty() ? "" : ", found ") + what.found;
}

std::string_view place_of(violation const& what) {
    return what.pointer.empty() ? std::string_view{"the whole value"} : what.pointer;
}

std::string message_with_position(violation const& what, std::string_view text) {
    auto const [line, column] = position_of(text, what.offset);
    return message_of(what) + " (line " + std::to_string(line) + ", column " + std::to_string(column) + ")";
}

/// The beginning of the code point that the byte `at` belongs to.
std::size_t code_point_begin(std::string_view text, std::size_t at) {
    while (at > 0 && at < text.size() && is_continuation(text[at])) --at;
    return at;
}

std::string excerpt(std::string_view text, std::size_t offset) {
    constexpr std::size_t before = 20;
    constexpr std::size_t after = 35;
    offset = std::min(offset, text.size());
    auto const from = code_point_begin(text, offset > before ? offset - before : 0);
    auto const to = code_point_begin(text, std::min(offset + after, text.size()));
    std::string near{text.substr(from, offset - from)};
    near.append(" >>> ").append(text.substr(offset, std::max(to, offset) - offset));
    for (char& c : near)
        if (static_cast<unsigned char>(c) < ' ') c = ' ';
    return near;
}

}  // namespace

std::vector<violation> add_positions(std::vector<violation> violations, std::string_view text) {
    for (auto& each : violations) {
        auto const [line, column] = position_of(text, each.offset);
        each.line = line;
        each.column = column;
        each.near = excerpt(text, each.offset);
    }
    return violations;
}

error to_error(std::vector<violation> const& violations, std::string_view text, std::size_t most) {
    auto const& first = violations.front();
    if (violations.size() == 1)
        return {.code = errc::invalid_json, .message = message_with_position(first, text), .where = first.pointer};
    std::string message = violations.size() >= most ? "at least " : "";
    message += std::to_string(violations.size()) + " violations";
    for (auto const& each : violations) {
        message.append(&each == &first ? ": " : "; ").append(place_of(each));
        message.append(": ").append(message_with_position(each, text));
    }
    return {.code = errc::invalid_json, .message = std::move(message), .where = first.pointer};
}

}  // namespace detail

std::string to_string(std::vector<violation> const& violations) {
    std::string list;
    for (auto const& each : violations) {
        list.append("- ").append(detail::place_of(each)).append(": ").append(detail::message_of(each));
        if (each.line != 0) {
            list.append(" (line ").append(std::to_string(each.line));
            list.append(", column ").append(std::to_string(each.column));
            list.append(", near: ").append(each.near).append(")");
        }
        list.push_back('\n');
    }
    return list;
}

}  // namespace coax::json
