#include "provider/encode.hpp"
#include "provider/json_text.hpp"
#include "provider/openai_advanced.hpp"
#include "provider/responses_content.hpp"
#include "provider/responses_wire.hpp"

#include <coax/bind/read.hpp>
#include <coax/chat/advanced_options.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <array>

namespace coax::detail {

/// What of `chat_request::extra` decides about the rest of the body.
struct responses_extra {
    std::optional<bool> store{};
};

/// The parts of an item by which it is known again.
struct responses_item_head {
    std::string type{};
    std::string call_id{};
    json_value encrypted_content{};
};

namespace {

using json::writer;

// --- what this wire cannot express ---

result<void> check_advanced(openai_profile const& profile, advanced_options const& options) {
    constexpr std::array tiers{"", "auto", "default", "flex", "scale", "priority", "fast", "ultrafast"};
    constexpr std::array verbosities{"", "low", "medium", "high"};
    constexpr std::array ttls{"", "30m", "12h"};
    auto const is_one_of = [](auto const& words, std::string const& word) {
        return std::ranges::find(words, word) != words.end();
    };
    bool const strict = profile.known_values;
    constexpr auto no_such = "has no such parameter in the Responses API: api \"chat_completions\" may";
    struct rule {
        char const* field;
        bool broken;
        char const* message;
    };
    rule const rules[]{
        {"n", options.n > 1, "makes one response in the Responses API"},
        {"logit_bias", !options.logit_bias.empty(), no_such},
        {"prediction", !options.prediction.empty(), no_such},
        {"thinking", options.thinking != thinking_options{}, "has no such parameter: `reasoning_effort` is its word"},
        {"service_tier", strict && !is_one_of(tiers, options.service_tier),
         "takes auto, default, flex, scale, priority, fast or ultrafast"},
        {"verbosity", strict && !is_one_of(verbosities, options.verbosity), "takes low, medium or high"},
        {"safety_identifier", strict && options.safety_identifier.size() > 128, "takes at most 128 characters"},
        {"cache_ttl", !is_one_of(ttls, options.cache_ttl), "takes 30m or 12h"},
    };
    for (auto const& [field, broken, message] : rules)
        if (broken)
            return invalid_argument(std::string{"advanced."} + field, std::string{profile.service} + ' ' + message);
    return {};
}

result<void> check_request(openai_profile const& profile, chat_request const& request) {
    if (auto valid = validate(request); !valid) return valid;
    struct rule {
        char const* field;
        bool broken;
        char const* message;
    };
    constexpr auto no_such = "the Responses API has no such parameter: api \"chat_completions\" may";
    rule const rules[]{
        {"presence_penalty", request.presence_penalty.has_value(), no_such},
        {"frequency_penalty", request.frequency_penalty.has_value(), no_such},
        {"seed", request.seed.has_value(), no_such},
        {"stop", !request.stop.empty(), no_such},
        {"top_k", request.top_k.has_value(), no_such},
        {"max_output_tokens", request.max_output_tokens && *request.max_output_tokens < 16,
         "the Responses API takes no limit below 16"},
        {"response_format.name",
         request.response_format.kind == response_format_kind::json_schema && request.response_format.name.empty(),
         "the Responses API needs a name for the schema"},
    };
    for (auto const& [field, broken, message] : rules)
        if (broken) return invalid_argument(field, std::string{profile.service} + ": " + message);
    if (request.advanced)
        if (auto valid = check_advanced(profile, *request.advanced); !valid) return valid;
    if (auto valid = check_members(profile.service, profile.known, request); !valid) return valid;
    return check_responses_parts(profile, request.messages);
}

// --- items ---

std::string_view speaker_name(role speaker, openai_profile const& profile) {
    switch (speaker) {
        case role::system: return "system";
        case role::developer: return profile.known.has(request_member::developer_role) ? "developer" : "system";
        case role::assistant: return "assistant";
        case role::user:
        case role::tool: break;
    }
    return "user";
}

/// Writes the items of one conversation.
class item_writer {
public:
    /// @param stored  The service keeps items, so that their ids alone name them.
    item_writer(writer& out, openai_profile const& profile, bool stored)
        : out_{out}, profile_{profile}, stored_{stored} {}

    /// @param ends_cached_prefix  The service's prompt cache keeps all up to here.
    void write(message const& msg, bool ends_cached_prefix) {
        if (msg.role == role::tool) return write_tool_output(msg, ends_cached_prefix);
        if (msg.role != role::assistant) return write_message(msg, ends_cached_prefix);
        auto const returned = read_members(msg.raw_content)["output"];
        if (returned.is_array()) return write_returned(returned);
        write_spoken(msg);
        for (auto const& call : msg.tool_calls) write_call(call);
    }

private:
    void write_message(message const& msg, bool ends_cached_prefix) {
        out_.begin_object().member("role", speaker_name(msg.role, profile_));
        write_responses_content(out_, "content", profile_, msg, ends_cached_prefix);
        out_.end_object();
    }

    /// What the assistant said, as one text: lists of parts are of another form for it.
    void write_spoken(message const& msg) {
        auto text = msg.text;
        for (auto const& part : msg.parts)
            if (part.text() != nullptr) text += part.text()->text;
        auto const& said = text.empty() ? msg.refusal : text;
        if (!said.empty()) out_.begin_object().member("role", "assistant").member("content", said).end_object();
    }

    void write_call(tool_call const& call) {
        out_.begin_object().member("type", "function_call").member("call_id", call.id).member("name", call.name);
        out_.member("arguments", call.arguments.empty() ? std::string_view{"{}"} : call.arguments).end_object();
    }

    /// Items as the service sent them. Reasoning that it neither keeps nor can read says nothing to it.
    void write_returned(json_value const& items) {
        auto const list = json::read<std::vector<json_value>>(items.text(), json::wire_options);
        if (!list) return;
        for (auto const& item : *list) {
            auto const head = json::read<responses_item_head>(item.text(), json::wire_options);
            if (head && head->type == "custom_tool_call") custom_calls_.push_back(head->call_id);
            if (head && head->type == "reasoning" && !stored_ && !head->encrypted_content.is_string()) continue;
            out_.raw(item.text());
        }
    }

    void write_tool_output(message const& msg, bool ends_cached_prefix) {
        bool const custom = std::ranges::find(custom_calls_, msg.tool_call_id) != custom_calls_.end();
        out_.begin_object().member("type", custom ? "custom_tool_call_output" : "function_call_output");
        out_.member("call_id", msg.tool_call_id);
        write_responses_content(out_, "output", profile_, msg, ends_cached_prefix);
        out_.end_object();
    }

    writer& out_;
    openai_profile const& profile_;
    bool stored_;
    std::vector<std::string> custom_calls_{};
};

// --- the rest ---

void write_flat_tools(writer& out, std::vector<tool_definition> const& tools) {
    out.key("tools").begin_array();
    for (auto const& tool : tools) {
        if (!tool.raw.is_null()) {
            out.raw(tool.raw.text());
            continue;
        }
        out.begin_object().member("type", "function").member("name", tool.name);
        if (!tool.description.empty()) out.member("description", tool.description);
        auto const nothing = tool.strict ? strict_no_parameters : R"({"type":"object","properties":{}})";
        out.key("parameters").raw(tool.parameters.empty() ? nothing : tool.parameters);
        out.member("strict", tool.strict).end_object();  // without it some are made strict by the service
    }
    out.end_array();
}

void write_flat_choice(writer& out, tool_choice const& choice) {
    switch (choice.mode) {
        case tool_choice_mode::service_default: break;
        case tool_choice_mode::none: out.member("tool_choice", "none"); break;
        case tool_choice_mode::automatic: out.member("tool_choice", "auto"); break;
        case tool_choice_mode::required: out.member("tool_choice", "required"); break;
        case tool_choice_mode::named:
            out.key("tool_choice").begin_object().member("type", "function").member("name", choice.name).end_object();
            break;
    }
}

void write_text_format(writer& out, response_format const& format) {
    out.key("format").begin_object();
    if (format.kind == response_format_kind::json_object) {
        out.member("type", "json_object");
    } else {
        out.member("type", "json_schema").member("name", format.name);
        if (!format.description.empty()) out.member("description", format.description);
        out.member("strict", format.strict).key("schema").raw(format.schema);
    }
    out.end_object();
}

void write_text_options(writer& out, chat_request const& request) {
    bool const has_format = request.response_format.kind != response_format_kind::text;
    auto const& verbosity = request.advanced->verbosity;
    if (!has_format && verbosity.empty()) return;
    out.key("text").begin_object();
    if (has_format) write_text_format(out, request.response_format);
    if (!verbosity.empty()) out.member("verbosity", verbosity);
    out.end_object();
}

void write_advanced(writer& out, advanced_options const& options) {
    auto const text = [&](std::string_view name, std::string const& value) {
        if (!value.empty()) out.member(name, value);
    };
    if (options.top_logprobs > 0) out.member("top_logprobs", options.top_logprobs);
    text("service_tier", options.service_tier);
    if (options.store) out.member("store", *options.store);
    text("safety_identifier", options.safety_identifier);
    text("prompt_cache_key", options.prompt_cache_key);
}

void write_settings(writer& out, chat_request const& request) {
    if (request.temperature) out.member("temperature", *request.temperature);
    if (request.top_p) out.member("top_p", *request.top_p);
    if (request.max_output_tokens) out.member("max_output_tokens", *request.max_output_tokens);
    if (!request.reasoning_effort.empty())
        out.key("reasoning").begin_object().member("effort", request.reasoning_effort).end_object();
    if (!request.metadata.empty()) {
        out.key("metadata").begin_object();
        for (auto const& [key, value] : request.metadata) out.member(key, value);
        out.end_object();
    }
    if (!request.user.empty()) out.member("user", request.user);
}

/// Whether the model thinks before it answers: others refuse to be asked for their reasoning. Names as of 2026-11.
bool is_reasoning_model(std::string_view model, chat_request const& request) {
    if (!request.reasoning_effort.empty()) return request.reasoning_effort != "none";
    constexpr std::array families{"o1", "o3", "o4", "gpt-5", "gpt-6", "codex"};
    return model.find("-chat") == std::string_view::npos &&
           std::ranges::any_of(families, [&](std::string_view family) { return model.starts_with(family); });
}

/// What the response is asked to hold besides. Where nothing is stored, reasoning goes back encrypted.
void write_include(writer& out, std::string_view model, chat_request const& request, bool stored) {
    std::vector<std::string> wanted;
    if (!stored && is_reasoning_model(model, request)) wanted.emplace_back("reasoning.encrypted_content");
    if (request.advanced->logprobs) wanted.emplace_back("message.output_text.logprobs");
    if (!wanted.empty()) write_strings(out, "include", wanted);
}

responses_extra read_extra(chat_request const& request) {
    if (!request.extra.is_object()) return {};
    auto told = json::read<responses_extra>(request.extra, json::wire_options);
    return told ? *std::move(told) : responses_extra{};
}

}  // namespace

result<std::string> encode_responses_body(openai_body_options const& options, chat_request const& request) {
    if (auto valid = check_request(options.profile, request); !valid) return std::move(valid).error();
    bool const stored = read_extra(request).store.value_or(request.advanced->store.value_or(true));
    std::string body;
    body.reserve(expected_bytes(request));
    writer out{body};
    out.begin_object();
    if (!options.model.empty()) out.member("model", options.model);
    out.key("input").begin_array();
    openai_cache_marks const marks{options.profile, options.model, request};
    item_writer items{out, options.profile, stored};
    for (std::size_t i = 0; i < request.messages.size(); ++i)
        items.write(request.messages[i], marks.any() && marks.at(request, i));
    out.end_array();
    write_settings(out, request);
    if (request.advanced) write_advanced(out, *request.advanced);
    if (marks.any()) marks.write_options(out, *request.advanced);
    write_include(out, options.model, request, stored);
    if (!request.tools.empty()) {
        write_flat_tools(out, request.tools);
        write_flat_choice(out, request.tool_choice);
        if (request.parallel_tool_calls) out.member("parallel_tool_calls", *request.parallel_tool_calls);
    }
    write_text_options(out, request);
    if (options.streaming) out.member("stream", true);
    out.end_object();
    return with_extra(std::move(body), request);
}

}  // namespace coax::detail
