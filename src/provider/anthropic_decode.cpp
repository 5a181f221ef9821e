#include "provider/anthropic_citations.hpp"
#include "provider/anthropic_wire.hpp"
#include "provider/json_text.hpp"
#include "provider/response_headers.hpp"
#include "provider/response_limits.hpp"
#include "provider/service_error.hpp"
#include "provider/tolerant_read.hpp"
#include "provider/unusable_response.hpp"

#include <coax/bind/read.hpp>

#include <utility>
#include <vector>

namespace coax::detail {

struct anthropic_response {
    std::string type{};
    std::string id{};
    std::string model{};
    std::vector<anthropic_block> content{};
    std::string stop_reason{};
    anthropic_stop_details stop_details{};
    anthropic_usage usage{};
    json_value error{};
};

struct anthropic_raw_response {
    json_value content{};
};

namespace {

void take_block(chat_response& out, anthropic_block& block) {
    if (block.type == "text") {
        auto const begin = out.text.size();
        if (out.text.empty())
            out.text = std::move(block.text);
        else
            out.text += block.text;
        if (has_citations(block.citations))
            add_anthropic_citations(out.details.edit().citations, block.citations, begin, out.text.size());
    } else if (block.type == "thinking") {
        out.reasoning += block.thinking;
    } else if (block.type == "tool_use") {
        out.tool_calls.push_back({.id = std::move(block.id),
                                  .name = std::move(block.name),
                                  .arguments = block.input.is_null() ? "{}" : block.input.text()});
    }
}

/// The content as received, to be sent back unchanged.
json_value raw_content(std::string_view body) {
    auto raw = json::read<anthropic_raw_response>(body, json::wire_options);
    return raw ? std::move(raw->content) : json_value{};
}

bool is_message(anthropic_response const& wire) {
    return wire.type == "message" || (wire.type.empty() && (!wire.content.empty() || !wire.stop_reason.empty()));
}

/// @param body  JSON, of which `wire` is read.
result<chat_response> to_response(anthropic_response& wire, http_response const& response, std::string_view body,
                                  std::chrono::system_clock::time_point now) {
    auto id = request_id(response.headers);
    auto const spent = to_usage(wire.usage);
    if (is_truthy(wire.error)) return with_tokens(make_reported_error("anthropic", body, id), spent);
    if (!is_message(wire)) return make_unreadable_error("anthropic", "a message", response, {.where = "/type"});
    if (wire.content.size() > max_content_blocks)
        return with_tokens(response_too_large("anthropic", "more than 4,096 content blocks"), spent);

    chat_response out;
    bool const plain = wire.content.empty() ||
                       is_plain_text(wire.content.front().type, wire.content.front().citations, wire.content.size());
    for (auto& block : wire.content) take_block(out, block);
    if (out.tool_calls.size() > max_tool_calls)
        return with_tokens(response_too_large("anthropic", "more than 128 tool calls"), spent);
    if (!plain) out.raw_content = raw_content(body);
    if (wire.content.empty()) out.text = text_of(raw_content(body));  // gateways send a bare text
    out.finish_reason = anthropic_finish_reason(wire.stop_reason);
    if (out.finish_reason == finish_reason::refusal) out.refusal = refusal_text(wire.stop_details, out.text);
    out.usage = spent;
    out.service_tier = std::move(wire.usage.service_tier);
    out.id = std::move(wire.id);
    out.model = std::move(wire.model);
    out.request_id = std::move(id);
    if (auto starved = find_starved("anthropic", out)) return with_tokens(*std::move(starved), spent);
    out.rate_limits = anthropic_rate_limits(response.headers, now);
    return out;
}

}  // namespace

void anthropic_usage::update(anthropic_usage const& later) {
    auto const take = [](std::optional<std::int64_t>& count, std::optional<std::int64_t> const& newer) {
        if (newer) count = newer;
    };
    take(input_tokens, later.input_tokens);
    take(cache_creation_input_tokens, later.cache_creation_input_tokens);
    take(cache_read_input_tokens, later.cache_read_input_tokens);
    take(output_tokens, later.output_tokens);
    take(output_tokens_details.thinking_tokens, later.output_tokens_details.thinking_tokens);
    if (!later.service_tier.empty()) service_tier = later.service_tier;
}

usage to_usage(anthropic_usage const& wire) noexcept {
    auto const written = wire.cache_creation_input_tokens.value_or(0);
    auto const cached = wire.cache_read_input_tokens.value_or(0);
    // The service's input_tokens leaves out what came from or went into the cache.
    return {.input_tokens = wire.input_tokens.value_or(0) + written + cached,
            .output_tokens = wire.output_tokens.value_or(0),
            .cached_input_tokens = cached,
            .cache_write_tokens = written,
            .reasoning_tokens = wire.output_tokens_details.thinking_tokens.value_or(0)};
}

finish_reason anthropic_finish_reason(std::string_view name) noexcept {
    if (name == "end_turn" || name == "stop_sequence") return finish_reason::stop;
    if (name == "max_tokens" || name == "model_context_window_exceeded") return finish_reason::length;
    if (name == "tool_use") return finish_reason::tool_calls;
    if (name == "refusal") return finish_reason::refusal;
    if (name == "pause_turn") return finish_reason::pause;
    return finish_reason::unknown;
}

std::string refusal_text(anthropic_stop_details const& why, std::string const& text) {
    if (!why.explanation.empty()) return why.explanation;
    if (!text.empty()) return text;
    return why.category.empty() ? "declined" : why.category;
}

bool is_plain_text(std::string_view type, json_value const& citations, std::size_t block_count) {
    return block_count == 1 && type == "text" && !has_citations(citations);
}

result<chat_response> decode_anthropic_response(http_response const& response,
                                                std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return make_service_error("anthropic", response, now);
    anthropic_response wire;
    if (json::read_into(wire, response.body, json::wire_options))
        return to_response(wire, response, response.body, now);
    auto const repaired = parse_tolerantly(response.body);
    if (!repaired) return make_unreadable_error("anthropic", "a message", response, repaired.error());
    wire = {};
    (void)json::read_into(wire, repaired->text(), tolerant_options);
    return to_response(wire, response, repaired->text(), now);
}

}  // namespace coax::detail
