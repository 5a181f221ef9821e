#include "provider/encode.hpp"
#include "provider/gemini_wire.hpp"
#include "provider/json_text.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/json/writer.hpp>
#include <coax/schema/runtime_schema.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace coax::detail {
namespace {

using json::writer;

// --- thinking ---

struct effort_row {
    std::string_view effort;
    std::string_view level;     ///< From Gemini 3 on. Empty: it cannot be said.
    std::optional<int> budget;  ///< Up to Gemini 2.5, in tokens. Empty: it cannot be said.
};

/// Source: reference gemini.md, section 8, which tells the budgets of the OpenAI-compatible endpoint.
constexpr std::array efforts{effort_row{"none", "", 0},          effort_row{"minimal", "MINIMAL", 1'024},
                             effort_row{"low", "LOW", 1'024},    effort_row{"medium", "MEDIUM", 8'192},
                             effort_row{"high", "HIGH", 24'576}, effort_row{"xhigh", "XHIGH", std::nullopt}};

/// Whether the model takes a budget of tokens, not a level.
bool takes_budget(std::string_view model) {
    auto const name = model.substr(model.rfind('/') + 1);
    return name.starts_with("gemini-2") || name.starts_with("gemini-1");
}

effort_row const* find_effort(std::string_view effort) {
    auto const row = std::ranges::find(efforts, effort, &effort_row::effort);
    return row == efforts.end() ? nullptr : &*row;
}

result<void> check_effort(chat_request const& request) {
    if (request.reasoning_effort.empty()) return {};
    auto const* const row = find_effort(request.reasoning_effort);
    auto const model = std::string_view{request.model}.substr(request.model.rfind('/') + 1);
    bool const always_thinks = model.starts_with("gemini-2.5-pro") && request.reasoning_effort == "none";
    bool const is_known = row != nullptr && (takes_budget(model) ? row->budget.has_value() : !row->level.empty());
    if (is_known && !always_thinks) return {};
    if (request.reasoning_effort == "none")
        return invalid_argument("reasoning_effort", "this model cannot but think: minimal is the least");
    return invalid_argument("reasoning_effort", takes_budget(model) ? "must be none, minimal, low, medium or high"
                                                                    : "must be minimal, low, medium, high or xhigh");
}

void write_thinking(writer& out, chat_request const& request) {
    auto const* const row = find_effort(request.reasoning_effort);
    if (row == nullptr) return;
    out.key("thinkingConfig").begin_object();
    if (takes_budget(request.model))
        out.member("thinkingBudget", *row->budget);
    else
        out.member("thinkingLevel", row->level);
    if (row->budget != 0) out.member("includeThoughts", true);
    out.end_object();
}

// --- what this wire cannot express ---

bool asks_for_several(json_value const& extra) {
    auto const count = read_members(read_members(extra)["generationConfig"])["candidateCount"];
    return !count.is_null() && count.text() != "1";
}

std::string_view refusal_of(content_part const& part, role speaker) {
    if (part.text() != nullptr) return {};
    if (speaker != role::user && speaker != role::tool)
        return "takes images, files and sound from the user and tools only";
    auto const* file = part.file();
    return file != nullptr && (file->citations || !file->context.empty())
               ? "knows no citations and no context of a file"
               : "";
}

result<void> check_advanced(gemini_body_options const& options, advanced_options const& wanted) {
    auto known = advanced_options{.headers = wanted.headers, .keep_raw = wanted.keep_raw};
    if (wanted == known) return {};
    return invalid_argument("advanced", std::string{options.service} + " takes headers and keep_raw alone");
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
    if (request.advanced)
        if (auto valid = check_advanced(options, *request.advanced); !valid) return valid;
    for (std::size_t i = 0; i < request.tools.size(); ++i)
        if (!request.tools[i].raw.is_null())
            return invalid_argument("tools[" + std::to_string(i) + "].raw",
                                    std::string{options.service} + " takes such tools by `extra` alone");
    if (asks_for_several(request.extra))
        return invalid_argument("extra.generationConfig.candidateCount", "one response is read: ask again for another");
    return check_effort(request);
}

result<void> check_messages(std::string_view service, std::vector<message> const& messages) {
    auto const is_system = [](message const& msg) { return msg.role == role::system || msg.role == role::developer; };
    if (std::ranges::all_of(messages, is_system))
        return invalid_argument("messages", std::string{service} + " needs one besides the system's");
    return check_parts(messages, service, refusal_of);
}

// --- tools ---

/// The schema in the form that the service reads: what a strict tool has already.
result<std::string> parameters_of(tool_definition const& tool, schema_dialect dialect) {
    if (tool.strict) return tool.parameters;
    auto const schema = runtime_schema::parse(tool.parameters);
    return schema ? schema->for_dialect(dialect) : result<std::string>{schema.error()};
}

result<void> write_tools(writer& out, std::vector<tool_definition> const& tools, bool open_api) {
    out.key("tools").begin_array().begin_object().key("functionDeclarations").begin_array();
    for (std::size_t i = 0; i < tools.size(); ++i) {
        auto const& tool = tools[i];
        out.begin_object().member("name", tool.name);
        if (!tool.description.empty()) out.member("description", tool.description);
        if (!tool.parameters.empty()) {
            auto text = parameters_of(tool, open_api ? schema_dialect::gemini_schema : schema_dialect::gemini);
            if (!text)
                return invalid_argument("tools[" + std::to_string(i) + "].parameters" + text.error().where,
                                        text.error().message);
            out.key(open_api ? "parameters" : "parametersJsonSchema").raw(*text);
        }
        out.end_object();
    }
    out.end_array().end_object().end_array();
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

void write_tool_choice(writer& out, chat_request const& request) {
    auto const mode = mode_of(request);
    if (mode.empty()) return;
    out.key("toolConfig").begin_object().key("functionCallingConfig").begin_object().member("mode", mode);
    if (request.tool_choice.mode == tool_choice_mode::named)
        out.key("allowedFunctionNames").begin_array().value(request.tool_choice.name).end_array();
    out.end_object().end_object();
}

// --- generationConfig ---

template <class T>
void write_if_set(writer& out, std::string_view name, std::optional<T> const& value) {
    if (value) out.member(name, *value);
}

void write_format(writer& out, response_format const& format, bool open_api) {
    if (format.kind == response_format_kind::text) return;
    out.member("responseMimeType", "application/json");
    if (format.kind == response_format_kind::json_schema)
        out.key(open_api ? "responseSchema" : "responseJsonSchema").raw(format.schema);
}

std::string generation_config(chat_request const& request, bool open_api) {
    std::string text;
    writer out{text};
    out.begin_object();
    write_if_set(out, "temperature", request.temperature);
    write_if_set(out, "topP", request.top_p);
    write_if_set(out, "topK", request.top_k);
    write_if_set(out, "presencePenalty", request.presence_penalty);
    write_if_set(out, "frequencyPenalty", request.frequency_penalty);
    write_if_set(out, "maxOutputTokens", request.max_output_tokens);
    write_if_set(out, "seed", request.seed);
    if (!request.stop.empty()) write_strings(out, "stopSequences", request.stop);
    write_format(out, request.response_format, open_api);
    write_thinking(out, request);
    out.end_object();
    return text;
}

void write_labels(writer& out, std::vector<metadata_entry> const& labels) {
    out.key("labels").begin_object();
    for (auto const& [key, value] : labels) out.member(key, value);
    out.end_object();
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
    if (auto written = write_gemini_contents(out, request.messages); !written) return std::move(written).error();
    if (!request.tools.empty()) {
        if (auto written = write_tools(out, request.tools, options.open_api); !written)
            return std::move(written).error();
        write_tool_choice(out, request);
    }
    if (auto const config = generation_config(request, options.open_api); config != "{}")
        out.key("generationConfig").raw(config);
    if (!request.metadata.empty()) write_labels(out, request.metadata);
    out.end_object();
    return with_extra(std::move(body), request);
}

}  // namespace coax::detail
