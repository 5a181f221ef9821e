#include "provider/encode.hpp"
#include "provider/gemini_advanced.hpp"
#include "provider/gemini_wire.hpp"
#include "provider/json_text.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/json/writer.hpp>
#include <coax/schema/runtime_schema.hpp>

#include <algorithm>
#include <limits>
#include <optional>

namespace coax::detail {
namespace {

using json::writer;

// --- what this wire cannot express ---

bool asks_for_candidates(json_value const& extra) {
    auto const count = read_members(read_members(extra)["generationConfig"])["candidateCount"];
    return !count.is_null() && count.text() != "1";
}

std::string_view gemini_refusal_of(content_part const& part, role speaker) {
    if (part.text() != nullptr) return {};
    if (speaker != role::user && speaker != role::tool)
        return "takes images, files and sound from the user and tools only";
    auto const* file = part.file();
    return file != nullptr && (file->citations || !file->context.empty())
               ? "knows no citations and no context of a file"
               : "";
}

result<void> check_parameters(gemini_body_options const& options, chat_request const& request) {
    struct rule {
        char const* field;
        bool broken;
        std::string_view message;
    };
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    rule const rules[]{
        {"seed", request.seed && (*request.seed > most || *request.seed < -most - 1), "must fit 32 bits"},
        {"max_output_tokens", request.max_output_tokens > most, "must fit 32 bits"},
        {"parallel_tool_calls", request.parallel_tool_calls == false, "has no such parameter"},
        {"metadata", !request.metadata.empty() && options.service != vertex, "has no such parameter"},
        {"user", !request.user.empty(), "has no such parameter"},
    };
    for (auto const& [field, broken, message] : rules)
        if (broken) return invalid_argument(field, std::string{options.service}.append(" ").append(message));
    if (asks_for_candidates(request.extra))
        return invalid_argument("extra.generationConfig.candidateCount", "one response is read: ask again for another");
    return check_gemini_advanced(options.service, request, options.streaming);
}

result<void> check_messages(std::string_view service, std::vector<message> const& messages) {
    auto const is_system = [](message const& msg) { return msg.role == role::system || msg.role == role::developer; };
    if (std::ranges::all_of(messages, is_system))
        return invalid_argument("messages", std::string{service} + " needs one besides the system's");
    return check_parts(messages, service, gemini_refusal_of);
}

// --- tools ---

/// The schema in the form that the service reads: what a strict tool has already.
result<std::string> parameters_of(tool_definition const& tool, schema_dialect dialect) {
    if (tool.strict) return tool.parameters;
    auto const schema = runtime_schema::parse(tool.parameters);
    return schema ? schema->for_dialect(dialect) : result<std::string>{schema.error()};
}

bool is_function(tool_definition const& tool) { return tool.raw.is_null(); }

result<void> write_function(writer& out, tool_definition const& tool, bool open_api) {
    out.begin_object().member("name", tool.name);
    if (!tool.description.empty()) out.member("description", tool.description);
    if (!tool.parameters.empty()) {
        auto text = parameters_of(tool, open_api ? schema_dialect::gemini_schema : schema_dialect::gemini);
        if (!text) return std::move(text).error();
        out.key(open_api ? "parameters" : "parametersJsonSchema").raw(*text);
    }
    out.end_object();
    return {};
}

/// All functions are in one list; the service's own tools follow.
result<void> write_gemini_tools(writer& out, std::vector<tool_definition> const& tools, bool open_api) {
    out.key("tools").begin_array();
    if (std::ranges::any_of(tools, is_function)) {
        out.begin_object().key("functionDeclarations").begin_array();
        for (std::size_t i = 0; i < tools.size(); ++i) {
            if (!is_function(tools[i])) continue;
            if (auto written = write_function(out, tools[i], open_api); !written)
                return invalid_argument("tools[" + std::to_string(i) + "].parameters" + written.error().where,
                                        written.error().message);
        }
        out.end_array().end_object();
    }
    for (auto const& tool : tools)
        if (!is_function(tool)) out.raw(tool.raw.text());
    out.end_array();
    return {};
}

/// Where schemas are to be enforced, the service's own default does not do.
std::string_view mode_of(chat_request const& request) {
    auto const is_strict = [](tool_definition const& tool) { return tool.strict; };
    bool const enforced = std::ranges::any_of(request.tools, is_strict);
    switch (request.tool_choice.mode) {
        case tool_choice_mode::service_default: return enforced ? "VALIDATED" : "";
        case tool_choice_mode::automatic: return enforced ? "VALIDATED" : "AUTO";
        case tool_choice_mode::none: return "NONE";
        case tool_choice_mode::required:
        case tool_choice_mode::named: return "ANY";
    }
    return "";
}

void write_calling_config(writer& out, chat_request const& request) {
    auto const mode = mode_of(request);
    if (mode.empty() || std::ranges::none_of(request.tools, is_function)) return;
    out.key("toolConfig").begin_object().key("functionCallingConfig").begin_object().member("mode", mode);
    if (request.tool_choice.mode == tool_choice_mode::named)
        out.key("allowedFunctionNames").begin_array().value(request.tool_choice.name).end_array();
    out.end_object().end_object();
}

// --- generationConfig ---

template <class T>
void write_given(writer& out, std::string_view name, std::optional<T> const& value) {
    if (value) out.member(name, *value);
}

void write_gemini_format(writer& out, response_format const& format, bool open_api) {
    if (format.kind == response_format_kind::text) return;
    out.member("responseMimeType", "application/json");
    if (format.kind == response_format_kind::json_schema)
        out.key(open_api ? "responseSchema" : "responseJsonSchema").raw(format.schema);
}

std::string generation_config(chat_request const& request, bool open_api) {
    std::string text;
    writer out{text};
    out.begin_object();
    write_given(out, "temperature", request.temperature);
    write_given(out, "topP", request.top_p);
    write_given(out, "topK", request.top_k);
    write_given(out, "presencePenalty", request.presence_penalty);
    write_given(out, "frequencyPenalty", request.frequency_penalty);
    write_given(out, "maxOutputTokens", request.max_output_tokens);
    write_given(out, "seed", request.seed);
    if (!request.stop.empty()) write_strings(out, "stopSequences", request.stop);
    write_gemini_format(out, request.response_format, open_api);
    if (request.advanced) write_gemini_choices(out, *request.advanced);
    write_gemini_thinking(out, request);
    out.end_object();
    return text;
}

void write_labels(writer& out, std::vector<metadata_entry> const& labels) {
    out.key("labels").begin_object();
    for (auto const& [key, value] : labels) out.member(key, value);
    out.end_object();
}

/// The token of what a response began with, where the conversation ends with that: the same request is sent again.
std::string take_continuation(std::span<message const>& messages) {
    std::string newest;
    while (!messages.empty() && messages.back().role == role::assistant) {
        auto token = continuation_of(messages.back().raw_content);
        if (token.empty()) break;
        if (newest.empty()) newest = std::move(token);
        messages = messages.first(messages.size() - 1);
    }
    return newest;
}

}  // namespace

result<std::string> encode_gemini_body(gemini_body_options const& options, chat_request const& request) {
    if (auto valid = validate(request); !valid) return std::move(valid).error();
    if (auto valid = check_parameters(options, request); !valid) return std::move(valid).error();
    if (auto valid = check_messages(options.service, request.messages); !valid) return std::move(valid).error();
    std::string body;
    body.reserve(expected_bytes(request));
    writer out{body};
    out.begin_object();
    std::span<message const> messages{request.messages};
    auto const continuation = take_continuation(messages);
    if (auto written = write_gemini_contents(out, messages); !written) return std::move(written).error();
    if (!continuation.empty()) out.member(continuation_key, continuation);
    if (!request.tools.empty()) {
        if (auto written = write_gemini_tools(out, request.tools, options.open_api); !written)
            return std::move(written).error();
        write_calling_config(out, request);
    }
    if (auto const config = generation_config(request, options.open_api); config != "{}")
        out.key("generationConfig").raw(config);
    if (!request.metadata.empty()) write_labels(out, request.metadata);
    if (request.advanced && !request.advanced->service_tier.empty())
        out.member("serviceTier", request.advanced->service_tier);
    if (request.advanced && request.advanced->store) out.member("store", *request.advanced->store);
    out.end_object();
    return with_extra(std::move(body), request);
}

}  // namespace coax::detail
