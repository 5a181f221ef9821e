#include "provider/openai_reasoning.hpp"

#include "provider/json_text.hpp"

#include <coax/bind/read.hpp>

#include <algorithm>
#include <utility>

namespace coax::detail {
namespace {

bool has_members(json_value const& value) { return value.is_object() && value.text() != "{}"; }
json_value member(json_members const& of, std::string const& name) {
    auto const found = of.find(name);
    return found == of.end() ? json_value{} : found->second;
}

bool has_items(json_value const& value) { return value.is_array() && value.text() != "[]"; }

}  // namespace

json_value to_raw_content(returned_reasoning const& reasoning, std::vector<tool_call> const& calls) {
    bool const signed_calls = std::ranges::any_of(reasoning.of_calls, has_members);
    bool const texts = !calls.empty() && !(reasoning.content.empty() && reasoning.plain.empty());
    bool const details = has_items(reasoning.details);
    bool const custom_calls = std::ranges::count(reasoning.custom_calls, true) > 0;
    if (!signed_calls && !custom_calls && !texts && !details && !has_members(reasoning.extra_content)) return {};
    std::string text;
    json::writer out{text};
    out.begin_object();
    if (texts && !reasoning.content.empty()) out.member("reasoning_content", reasoning.content);
    if (texts && !reasoning.plain.empty() && !details) out.member("reasoning", reasoning.plain);
    if (details) out.key("reasoning_details").raw(reasoning.details.text());
    if (has_members(reasoning.extra_content)) out.key("extra_content").raw(reasoning.extra_content.text());
    if (signed_calls || custom_calls) write_tool_calls(out, calls, reasoning);
    out.end_object();
    auto parsed = json_value::parse(text);
    return parsed ? *std::move(parsed) : json_value{};
}

void growing_details::append(json_value const& pieces) {
    auto const list = json::read<std::vector<json_value>>(pieces.text(), json::wire_options);
    if (!list) return;
    for (auto const& piece : *list) append_piece(piece);
}

void growing_details::append_piece(json_value const& piece) {
    auto const members = read_members(piece);
    if (blocks_.empty() || !continues(blocks_.back(), members)) blocks_.emplace_back();
    auto& last = blocks_.back();
    last.text += text_of(member(members, "text"));
    last.summary += text_of(member(members, "summary"));
    for (auto const& [key, value] : members)
        if (auto& known = last.members[key]; !value.is_null()) known = value;
}

/// The same type and index, and text that grows.
bool growing_details::continues(block const& last, json_members const& piece) {
    if (last.text.empty() && last.summary.empty()) return false;
    auto const same = [&](char const* name) { return member(last.members, name) == member(piece, name); };
    bool const has_no_id = member(piece, "id").is_null() || member(last.members, "id").is_null();
    return same("type") && same("index") && (has_no_id || same("id"));
}

json_value growing_details::finish() const {
    if (blocks_.empty()) return {};
    std::string text;
    json::writer out{text};
    out.begin_array();
    for (auto const& block : blocks_) {
        out.begin_object();
        for (auto const& [key, value] : block.members) {
            if (key == "text" && value.is_string())
                out.member(key, block.text);
            else if (key == "summary" && value.is_string())
                out.member(key, block.summary);
            else
                out.key(key).raw(value.text());
        }
        out.end_object();
    }
    out.end_array();
    auto parsed = json_value::parse(text);
    return parsed ? *std::move(parsed) : json_value{};
}

void write_tool_calls(json::writer& out, std::vector<tool_call> const& calls, returned_reasoning const& back) {
    out.key("tool_calls").begin_array();
    for (std::size_t i = 0; i < calls.size(); ++i) {
        auto const& call = calls[i];
        bool const custom = i < back.custom_calls.size() && back.custom_calls[i];
        std::string_view const arguments = call.arguments.empty() ? std::string_view{"{}"} : call.arguments;
        auto const* const type = custom ? "custom" : "function";
        out.begin_object().member("id", call.id).member("type", type).key(type).begin_object();
        out.member("name", call.name).member(custom ? "input" : "arguments", arguments).end_object();
        if (i < back.of_calls.size() && has_members(back.of_calls[i]))
            out.key("extra_content").raw(back.of_calls[i].text());
        out.end_object();
    }
    out.end_array();
}

}  // namespace coax::detail
