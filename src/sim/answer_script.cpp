#include "sim/answer_script.hpp"

#include "bind/internal/pattern.hpp"
#include "sim/text.hpp"

#include <algorithm>

namespace coax::sim::detail {
namespace {

using bind::detail::match_pattern;
using bind::detail::pattern_outcome;

bool is_named(std::string_view name, std::string_view wanted) {
    if (!wanted.ends_with('*')) return name == wanted;
    wanted.remove_suffix(1);
    return name.starts_with(wanted);
}

bool is_schema(json::value const* schema, std::string_view wanted) {
    if (schema == nullptr) return false;
    auto const* properties = member(*schema, "properties");
    return text_member(*schema, "title") == wanted || (properties != nullptr && member(*properties, wanted) != nullptr);
}

bool mentions(std::string_view text, std::string_view part) { return contains(lower_ascii(text), lower_ascii(part)); }

bool holds(answer_conditions const& when, parsed_chat const& chat) {
    if (when.model && !is_named(chat.model, *when.model)) return false;
    if (when.prompt && !mentions(chat.last_user_text, *when.prompt)) return false;
    if (when.schema && !is_schema(chat.schema, *when.schema)) return false;
    if (when.tool && std::ranges::find(chat.tools, *when.tool, &tool_spec::name) == chat.tools.end()) return false;
    auto const in_result = [&](std::string const& result) { return contains(result, *when.tool_result); };
    if (when.tool_result && std::ranges::none_of(chat.tool_results, in_result)) return false;
    return !when.prompt_regex || match_pattern(*when.prompt_regex, chat.last_user_text) == pattern_outcome::matches;
}

}  // namespace

answer_rule const* answer_script::pick(parsed_chat const& chat) {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        if (rules_[i].times != 0 && used_[i] >= rules_[i].times) continue;
        if (!holds(rules_[i].when, chat)) continue;
        ++used_[i];
        return &rules_[i];
    }
    return nullptr;
}

std::string filled_in(std::string_view text, parsed_chat const& chat) {
    constexpr std::string_view prompt = "{prompt}";
    constexpr std::string_view results = "{tool_results}";
    std::string filled;
    while (!text.empty()) {
        auto const at = std::min(text.find(prompt), text.find(results));
        filled += text.substr(0, at);
        if (at == std::string_view::npos) break;
        text.remove_prefix(at);
        bool const is_prompt = text.starts_with(prompt);
        text.remove_prefix(is_prompt ? prompt.size() : results.size());
        if (is_prompt) filled += chat.last_user_text;
        if (!is_prompt)
            for (auto const& result : chat.tool_results)
                filled.append(&result == &chat.tool_results.front() ? "" : "; ").append(result);
    }
    return filled;
}

}  // namespace coax::sim::detail
