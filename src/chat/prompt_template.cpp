#include "chat/internal/record_text.hpp"
#include "json/internal/member.hpp"

#include <coax/bind/read.hpp>
#include <coax/chat/prompt_template.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace coax {

namespace {

using chat::detail::record_text;
using chat::detail::without_blanks;
using json::detail::find_member;

struct no_members {};

/// Takes the first line, without its end, off `text`.
std::string_view take_line(std::string_view& text) {
    auto const newline = text.find('\n');
    auto line = text.substr(0, newline);
    text = newline == std::string_view::npos ? std::string_view{} : text.substr(newline + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// Line breaks around the whole are the file's, not the prompt's.
std::string_view without_outer_newlines(std::string_view text) {
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

error invalid_line(std::string message, std::string_view where, int line) {
    return invalid_argument(std::string{where} + ':' + std::to_string(line), std::move(message));
}

int count_lines(std::string_view text) { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); }

/// The member that a name means, whole or by its parts.
std::optional<std::string> look_up(std::string_view record, std::string_view name, bool null_is_empty) {
    if (null_is_empty && record == "null") return std::string{};
    if (auto const found = find_member(record, name))
        return null_is_empty && *found == "null" ? std::string{} : record_text(*found);
    auto const dot = name.find('.');
    auto const outer = dot == std::string_view::npos ? std::nullopt : find_member(record, name.substr(0, dot));
    return outer ? look_up(*outer, name.substr(dot + 1), null_is_empty) : std::nullopt;
}

}  // namespace

result<std::vector<prompt_template::piece>> prompt_template::split(std::string_view text, std::string_view where,
                                                                   int line) {
    std::vector<piece> pieces;
    std::string plain;
    for (;;) {
        auto const open = text.find("{{");
        if (open == std::string_view::npos) break;
        line += count_lines(text.substr(0, open));
        if (open > 0 && text[open - 1] == '\\') {
            plain.append(text.substr(0, open - 1)).append("{{");
            text.remove_prefix(open + 2);
            continue;
        }
        plain += text.substr(0, open);
        auto const close = text.find("}}", open + 2);
        if (close == std::string_view::npos) return invalid_line("\"{{\" without \"}}\"", where, line);
        auto const name = without_blanks(text.substr(open + 2, close - open - 2));
        if (name.empty() || name.find_first_of("{}\n") != std::string_view::npos)
            return invalid_line("no field name between \"{{\" and \"}}\"", where, line);
        if (!plain.empty()) pieces.push_back({std::exchange(plain, {}), false});
        pieces.push_back({std::string{name}, true});
        text.remove_prefix(close + 2);
    }
    plain += text;
    if (!plain.empty()) pieces.push_back({std::move(plain), false});
    return pieces;
}

result<prompt_template> prompt_template::parse(std::string_view text, std::string_view where) {
    prompt_template made;
    int line = 1;
    auto rest = text;
    if (without_blanks(take_line(rest)) == "system:") {
        auto const begin = rest;
        for (;;) {
            if (rest.empty()) return invalid_line("the system part has no line \"---\" after it", where, 1);
            auto const before = rest;
            if (without_blanks(take_line(rest)) != "---") continue;
            auto const part = begin.substr(0, static_cast<std::size_t>(before.data() - begin.data()));
            auto pieces = split(without_outer_newlines(part), where, 2);
            if (!pieces) return pieces.error();
            made.system_ = std::move(*pieces);
            line = 3 + count_lines(part);
            break;
        }
    } else {
        rest = text;
    }
    if (without_blanks(rest).empty()) return invalid_line("the prompt is empty", where, line);
    auto pieces = split(without_outer_newlines(rest), where, line);
    if (!pieces) return pieces.error();
    made.user_ = std::move(*pieces);
    return made;
}

result<rendered_prompt> prompt_template::render(json_value const& record, bool null_is_empty) const {
    if (!record.is_object()) return json::read<no_members>(record).error();
    rendered_prompt prompt;
    for (auto const& [from, into] : {std::pair{&system_, &prompt.system}, std::pair{&user_, &prompt.user}}) {
        for (auto const& part : *from) {
            if (!part.is_field) {
                *into += part.text;
            } else if (auto const found = look_up(record.text(), part.text, null_is_empty)) {
                *into += *found;
            } else if (part.text == "record") {
                *into += record.text();
            } else {
                return invalid_argument(part.text, "the record has no field \"" + part.text + '"');
            }
        }
    }
    return prompt;
}

std::vector<std::string> prompt_template::fields() const {
    std::vector<std::string> names;
    for (auto const* part : {&system_, &user_})
        for (auto const& one : *part)
            if (one.is_field) names.push_back(one.text);
    return names;
}

}  // namespace coax
