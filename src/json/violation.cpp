#include "violation.hpp"

#include "text.hpp"

namespace coax::json::detail {
namespace {

std::string describe(violation const& what, std::string_view text) {
    auto const [line, column] = position_of(text, what.offset);
    return what.message + " (line " + std::to_string(line) + ", column " + std::to_string(column) + ")";
}

}  // namespace

error to_error(std::vector<violation> const& violations, std::string_view text) {
    auto const& first = violations.front();
    if (violations.size() == 1)
        return {.code = errc::invalid_json, .message = describe(first, text), .where = first.pointer};
    std::string message = violations.size() == most_violations ? "at least " : "";
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
