#include "config/expand.hpp"

#include <algorithm>
#include <cctype>

namespace coax::config::detail {
namespace {

bool is_scalar(node const& value) { return value.kind == node_kind::plain || value.kind == node_kind::quoted; }

bool is_name(std::string_view text) {
    auto const is_part = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
    return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0 &&
           std::ranges::all_of(text, is_part);
}

/// What stands between "${" and "}".
struct reference {
    std::string name{};
    std::optional<std::string> fallback{};

    explicit reference(std::string_view text) {
        auto const mark = text.find(":-");
        name = text.substr(0, mark);
        if (mark != std::string_view::npos) fallback = text.substr(mark + 2);
    }
};

/// The value of one reference; nothing: it has none, and the problem says so.
std::optional<std::string> value_of(std::string_view text, place const& at, look_up_function const& look_up,
                                    std::vector<problem>& problems) {
    reference const wanted{text};
    if (!is_name(wanted.name)) {
        problems.push_back({at, "\"${" + std::string{text} + "}\" names no variable: write ${NAME}, or $${ for ${"});
        return std::nullopt;
    }
    auto value = look_up(wanted.name);
    if (value && !value->empty()) return value;
    if (!wanted.fallback)
        problems.push_back({at, wanted.name + " is not set; set it, or write ${" + wanted.name + ":-default}"});
    return wanted.fallback;
}

void expand_text(node& value, look_up_function const& look_up, std::vector<problem>& problems) {
    std::string expanded;
    std::string_view rest = value.text;
    for (auto open = rest.find("${"); open != std::string_view::npos; open = rest.find("${")) {
        bool const is_plain = open > 0 && rest[open - 1] == '$';
        expanded += rest.substr(0, open);
        rest.remove_prefix(open + 2);
        if (is_plain) {
            expanded += '{';
            continue;
        }
        auto const close = rest.find('}');
        if (close == std::string_view::npos) return problems.push_back({value.at, "\"${\" without \"}\""});
        expanded += value_of(rest.substr(0, close), value.at, look_up, problems).value_or("");
        value.expanded = true;
        rest.remove_prefix(close + 1);
    }
    value.text = expanded += rest;
}

template <class Visitor>
void for_each_scalar(node& value, Visitor const& visitor) {
    if (is_scalar(value)) visitor(value);
    for (auto& item : value.items) for_each_scalar(item, visitor);
}

}  // namespace

bool has_variable(std::string_view text) {
    auto const at = text.find("${");
    return at != std::string_view::npos && (at == 0 || text[at - 1] != '$' || has_variable(text.substr(at + 2)));
}

void expand(node& value, look_up_function const& look_up, std::vector<problem>& problems) {
    for_each_scalar(value, [&](node& each) {
        if (each.text.find("${") != std::string::npos) expand_text(each, look_up, problems);
    });
}

void drop_variables(node& value) {
    for_each_scalar(value, [](node& each) {
        if (has_variable(each.text)) each.kind = node_kind::null;
    });
}

}  // namespace coax::config::detail
