#include "provider/json_text.hpp"
#include "provider/openai_decode.hpp"
#include "provider/openai_details.hpp"
#include "provider/response_headers.hpp"
#include "provider/response_limits.hpp"
#include "provider/responses_wire.hpp"
#include "provider/service_error.hpp"
#include "provider/tolerant_read.hpp"
#include "provider/unusable_response.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <utility>

namespace coax::detail {

/// The items as received, to be sent back unchanged.
struct responses_raw_output {
    std::vector<json_value> output{};
};

namespace {

bool is_message(responses_item const& item) {
    return item.type == "message" || (item.type.empty() && !item.content.empty());
}

/// Whether `message::text` alone says what the item does.
bool is_plain_message(responses_item const& item) {
    return is_message(item) && item.phase.empty() && std::ranges::none_of(item.content, [](responses_part const& part) {
               return has_elements(part.annotations);
           });
}

/// What a part tells besides its text, which follows that of the response so far.
void take_details(chat_response& out, responses_part const& part) {
    if (has_elements(part.annotations))
        add_responses_citations(out.details.edit().citations, part.annotations, part.text, out.text.size());
    if (!has_elements(part.logprobs)) return;
    auto const list = json_value::parse(R"({"content":)" + part.logprobs.text() + "}");
    if (list) add_openai_logprobs(out.details.edit().logprobs, *list);
}

void take_message(chat_response& out, responses_item& item) {
    for (auto& part : item.content) {
        take_details(out, part);
        auto& whole = part.type == "refusal" ? out.refusal : out.text;
        auto& piece = part.type == "refusal" && part.text.empty() ? part.refusal : part.text;
        if (whole.empty())
            whole = std::move(piece);
        else
            whole += piece;
    }
}

void take_reasoning(chat_response& out, std::vector<responses_part> const& parts) {
    for (auto const& part : parts) {
        if (part.text.empty()) continue;
        if (!out.reasoning.empty()) out.reasoning += "\n\n";
        out.reasoning += part.text;
    }
}

void take_call(chat_response& out, responses_item& item) {
    bool const custom = item.type == "custom_tool_call";
    tool_call call{.id = std::move(item.call_id.empty() ? item.id : item.call_id),
                   .name = std::move(item.name),
                   .arguments = custom ? std::move(item.input) : take_arguments(item.arguments)};
    if (call.id.empty()) call.id = placeholder_call_id(out.tool_calls.size());
    if (call.arguments.empty()) call.arguments = "{}";
    out.tool_calls.push_back(std::move(call));
}

void take_item(chat_response& out, responses_item& item) {
    if (is_message(item)) {
        take_message(out, item);
    } else if (is_call(item)) {
        take_call(out, item);
    } else if (item.type == "reasoning") {
        take_reasoning(out, item.summary);
        take_reasoning(out, item.content);
    }
}

/// `{"output":[…]}`, of which only objects can be sent back.
json_value raw_output(std::string_view text) {
    responses_raw_output raw;
    (void)read_tolerantly(raw, text);
    std::string kept;
    json::writer out{kept};
    out.begin_object().key("output").begin_array();
    for (auto const& item : raw.output)
        if (item.is_object()) out.raw(item.text());
    out.end_array().end_object();
    auto parsed = json_value::parse(kept);
    return parsed ? *std::move(parsed) : json_value{};
}

json_value filter_json(json_value const& findings) {
    if (!has_elements(findings)) return {};
    auto parsed = json_value::parse(R"({"content_filters":)" + findings.text() + "}");
    return parsed ? *std::move(parsed) : json_value{};
}

finish_reason finish_of(responses_object const& wire) {
    if (wire.status == "completed") return finish_reason::stop;
    auto const& why = wire.incomplete_details.reason;
    if (why == "max_output_tokens") return finish_reason::length;
    if (why == "content_filter") return finish_reason::content_filter;
    return finish_reason::unknown;
}

/// Why there is no response in the object, if there is none. It does not hold the tokens.
std::optional<error> find_failure(std::string_view service, responses_object const& wire, std::string_view text,
                                  std::string_view request_id) {
    if (is_truthy(wire.error)) return make_reported_error(service, text, request_id);
    if (wire.status == "failed")
        return make_reported_error(service, R"({"error":{"message":"the status is \"failed\""}})", request_id);
    if (wire.status == "cancelled")
        return error{.code = errc::cancelled,
                     .message = std::string{service} + ": the response was cancelled",
                     .http_status = 200,
                     .request_id = std::string{request_id}};
    if (wire.status != "queued" && wire.status != "in_progress") return std::nullopt;
    return make_protocol_error(
        service,
        "the response is still " + wire.status + ": it runs in the background, where background_responses waits for it",
        {.where = "/status"}, request_id);
}

}  // namespace

bool is_call(responses_item const& item) noexcept {
    return item.type == "function_call" || item.type == "custom_tool_call";
}

usage to_usage(responses_usage const& wire) noexcept {
    auto const known = [](std::int64_t count) { return std::max<std::int64_t>(count, 0); };  // -1: not told
    return {.input_tokens = known(wire.input_tokens),
            .output_tokens = known(wire.output_tokens),
            .cached_input_tokens = known(wire.input_tokens_details.cached_tokens),
            .cache_write_tokens = known(wire.input_tokens_details.cache_write_tokens),
            .reasoning_tokens = known(wire.output_tokens_details.reasoning_tokens)};
}

result<responses_object> read_responses_object(std::string_view& text, std::string& repaired) {
    {
        responses_object wire;
        if (json::read_into(wire, text, json::wire_options)) return wire;
    }
    auto const object = parse_tolerantly(text);
    if (!object) return object.error();
    text = repaired = object->text();
    responses_object wire;
    (void)json::read_into(wire, text, tolerant_options);
    return wire;
}

result<chat_response> to_chat_response(std::string_view service, responses_object& wire, std::string_view text,
                                       std::string_view request_id) {
    auto const spent = to_usage(wire.usage);
    if (auto failed = find_failure(service, wire, text, request_id)) return with_tokens(*std::move(failed), spent);
    if (wire.output.size() > max_content_blocks)
        return with_tokens(response_too_large(service, "more than 4,096 items"), spent);
    if (std::ranges::count_if(wire.output, is_call) > std::ptrdiff_t{max_tool_calls})
        return with_tokens(response_too_large(service, "more than 128 tool calls"), spent);
    chat_response out;
    bool const plain = std::ranges::all_of(wire.output, is_plain_message);
    for (auto& item : wire.output) take_item(out, item);
    if (!plain) out.raw_content = raw_output(text);
    out.finish_reason = refine_finish_reason(finish_of(wire), !out.refusal.empty(), !out.tool_calls.empty());
    out.usage = spent;
    out.id = std::move(wire.id);
    out.model = std::move(wire.model);
    out.service_tier = std::move(wire.service_tier);
    out.content_filter = filter_json(wire.content_filters);
    out.request_id = request_id;
    return out;
}

result<chat_response> decode_responses_response(openai_profile const& profile, http_response const& response,
                                                std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return make_service_error(profile.service, response, now);
    std::string_view text = response.body;
    std::string repaired;
    auto wire = read_responses_object(text, repaired);
    bool const is_response = wire && (wire->object == "response" || !wire->status.empty() || !wire->output.empty() ||
                                      is_truthy(wire->error));
    if (!is_response)
        return make_unreadable_error(profile.service, "a response object", response,
                                     wire ? error{.where = "/status"} : wire.error());
    auto out = to_chat_response(profile.service, *wire, text, request_id(response.headers));
    if (!out) return out;
    if (auto starved = find_starved(profile.service, *out)) return with_tokens(*std::move(starved), out->usage);
    out->rate_limits = openai_rate_limits(response.headers);
    return out;
}

}  // namespace coax::detail
