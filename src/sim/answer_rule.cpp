#include "bind/internal/pattern.hpp"
#include "sim/service_api.hpp"

#include <coax/bind/read.hpp>
#include <coax/sim/answer_rule.hpp>

#include <algorithm>

namespace coax::sim {
namespace {

constexpr std::int64_t longest_delay_ms = 3'600'000;

/// Whether the text can stand in a header: no control characters.
bool is_header_text(std::string_view text) noexcept {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_header_name(std::string_view name) noexcept {
    return detail::is_tool_name(name, 256);  // letters, digits, '-' and '_', as a header's name has them
}

result<void> validate(answer_conditions const& when) {
    using bind::detail::pattern_outcome;
    if (when.prompt_regex && bind::detail::match_pattern(*when.prompt_regex, "") == pattern_outcome::not_a_pattern)
        return invalid_argument("when.prompt_regex", "must be a regular expression of ECMA-262");
    return {};
}

result<void> validate_calls(std::vector<answer_call> const& calls) {
    for (std::size_t i = 0; i < calls.size(); ++i) {
        auto const where = "then.tool_calls[" + std::to_string(i) + "]";
        if (calls[i].name.empty()) return invalid_argument(where + ".name", "must not be empty");
        if (!calls[i].arguments.is_object()) return invalid_argument(where + ".arguments", "must be an object");
    }
    return {};
}

result<void> validate_head(answer_content const& then) {
    if (then.status && (*then.status < 400 || *then.status > 599))
        return invalid_argument("then.status", "must be in [400, 599]");
    if (!then.message.empty() && !then.status) return invalid_argument("then.message", "is the message of a status");
    if (then.delay_ms && (*then.delay_ms < 0 || *then.delay_ms > longest_delay_ms))
        return invalid_argument("then.delay_ms", "must be in [0, 3600000]");
    for (auto const& [name, value] : then.headers)
        if (!is_header_name(name) || !is_header_text(value))
            return invalid_argument("then.headers." + name, "must be a header's name and its text");
    return {};
}

}  // namespace

result<void> validate(answer_rule const& rule) {
    auto const& then = rule.then;
    int const given = static_cast<int>(then.text.has_value()) + static_cast<int>(then.json.has_value()) +
                      static_cast<int>(!then.tool_calls.empty()) + static_cast<int>(then.refusal.has_value()) +
                      static_cast<int>(then.status.has_value());
    if (given != 1) return invalid_argument("then", "must have one of text, json, tool_calls, refusal and status");
    if (auto valid = validate(rule.when); !valid) return valid;
    if (auto valid = validate_calls(then.tool_calls); !valid) return valid;
    return validate_head(then);
}

result<std::vector<answer_rule>> parse_answer_rules(std::string_view text, std::string_view name) {
    std::vector<answer_rule> rules;
    for (std::size_t line_number = 1; !text.empty(); ++line_number) {
        auto const line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        auto const first = line.find_first_not_of(" \t\r");
        if (first == std::string_view::npos || line[first] == '#') continue;
        auto const where = std::string{name} + ":" + std::to_string(line_number);
        auto rule = json::read<answer_rule>(line, {.refuse_unknown_keys = true, .require_fields = false});
        if (!rule) return invalid_argument(where, rule.error().where + " " + rule.error().message);
        if (auto const valid = validate(*rule); !valid)
            return invalid_argument(where, valid.error().where + " " + valid.error().message);
        rules.push_back(*std::move(rule));
    }
    return rules;
}

}  // namespace coax::sim
