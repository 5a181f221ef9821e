#include "provider/openai_calls.hpp"

#include <algorithm>
#include <utility>

namespace coax::detail {
namespace {

bool is_complete_object(std::string const& text) { return text.ends_with('}') && json_value::parse(text).has_value(); }

}  // namespace

result<void> growing_calls::add(fragment piece, response_size& size, std::vector<tool_call>& shown) {
    auto* known = find(piece);
    if (known == nullptr) {
        if (piece.id.empty() && piece.name.empty() && piece.arguments.empty() && piece.index < 0) return {};
        if (calls_.size() >= max_tool_calls) return response_too_large(service_, "more than 128 tool calls");
        known = &calls_.emplace_back(partial_call{.index = piece.index});
    }
    auto& call = known->call;
    if (call.id.empty()) call.id = std::move(piece.id);
    auto named = size.count(piece.name.size());
    if (!piece.name.empty()) join_name(call, std::move(piece.name));
    if (!piece.extra.is_null()) known->extra = std::move(piece.extra);
    known->custom |= piece.custom;
    if (!named) return named;
    auto appended = size.append(call.arguments, piece.arguments);
    auto const position = static_cast<std::size_t>(known - calls_.data());
    shown.push_back({.id = call.id.empty() ? placeholder_call_id(position) : call.id,
                     .name = call.name,
                     .arguments = std::move(piece.arguments)});
    return appended;
}

/// The call that a fragment goes on with; null: it begins one.
growing_calls::partial_call* growing_calls::find(fragment const& piece) {
    auto const same_id = [&](partial_call const& each) {
        return each.call.id == piece.id && (piece.index < 0 || each.index == piece.index);
    };
    auto const same_index = [&](partial_call const& each) { return each.index == piece.index; };
    auto found = calls_.rend();
    if (!piece.id.empty()) found = std::find_if(calls_.rbegin(), calls_.rend(), same_id);
    if (found != calls_.rend()) return &*found;
    found = piece.index < 0 ? calls_.rbegin() : std::find_if(calls_.rbegin(), calls_.rend(), same_index);
    bool const goes_on = piece.id.empty() && piece.name.empty();
    if (found == calls_.rend() && goes_on && !calls_.empty() && calls_.back().index < 0) return &calls_.back();
    return found == calls_.rend() || begins_another(*found, piece) ? nullptr : &*found;
}

bool growing_calls::begins_another(partial_call const& known, fragment const& piece) {
    if (piece.name.empty()) return false;
    if (!piece.id.empty()) return !known.call.id.empty();
    if (known.call.arguments.empty()) return piece.index < 0 && known.call.id.empty() && !known.call.name.empty();
    return piece.index < 0 || (!piece.arguments.empty() && is_complete_object(known.call.arguments));
}

/// Some servers repeat the whole name, some send it so far, some send it in pieces.
void growing_calls::join_name(tool_call& call, std::string&& piece) {
    if (call.arguments.empty() && !piece.starts_with(call.name))
        call.name += piece;
    else
        call.name = std::move(piece);
}

std::vector<tool_call> growing_calls::take() {
    std::vector<tool_call> calls;
    calls.reserve(calls_.size());
    for (auto& [index, call, extra, custom] : calls_) {
        if (call.id.empty()) call.id = placeholder_call_id(calls.size());
        if (call.arguments.empty()) call.arguments = "{}";
        calls.push_back(std::move(call));
    }
    return calls;
}

void growing_calls::take_returned(returned_reasoning& back) {
    for (auto& each : calls_) {
        back.of_calls.push_back(std::move(each.extra));
        if (each.custom) back.set_custom(back.of_calls.size() - 1);
    }
}

}  // namespace coax::detail
