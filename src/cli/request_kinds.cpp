#include "cli/request_kinds.hpp"

#include <coax/chat/advanced_options.hpp>

namespace coax::cli {
namespace {

struct kind_row {
    std::string_view name;
    std::string_view field;
    void (*change)(chat_request&);
    bool streaming{false};
};

constexpr auto a_schema =
    R"({"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false})";

/// A picture of one point, and a sound of no length.
constexpr auto a_png =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
constexpr auto a_wav = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

tool_definition a_tool() { return {.name = "clock", .description = "The time", .parameters = a_schema}; }

void add_tool(chat_request& r) { r.tools = {a_tool()}; }
void choose(chat_request& r, tool_choice choice) {
    add_tool(r);
    r.tool_choice = std::move(choice);
}
void show(chat_request& r, content_part part) {
    message asking;
    asking.parts = {text_part{"What is this?"}, std::move(part)};
    r.messages = {std::move(asking)};
}
/// A turn of the assistant amid the conversation.
void add_turn(chat_request& r, message said) {
    said.role = role::assistant;
    r.messages.push_back(std::move(said));
    r.messages.push_back(user("Why?"));
}
void add_reasoned_call(chat_request& r, std::string_view raw_content) {
    add_tool(r);
    message asking{.role = role::assistant, .tool_calls = {{"call12345", "clock", R"({"city":"Oslo"})"}}};
    asking.raw_content = json_value::parse(raw_content).value();
    r.messages.push_back(std::move(asking));
    r.messages.push_back(tool_result("call12345", "12:00"));
}

constexpr kind_row rows[]{
    {"plain text", "messages", [](chat_request&) {}},
    {"system message", "messages", [](chat_request& r) { r.messages.insert(r.messages.begin(), system("Be brief.")); }},
    {"developer message", "messages",
     [](chat_request& r) { r.messages.insert(r.messages.begin(), developer("Be brief.")); }},
    {"text in parts", "message::parts",
     [](chat_request& r) {
         message told{.role = role::system};
         told.parts = {text_part{"Be brief."}, text_part{"And kind."}};
         r.messages.insert(r.messages.begin(), std::move(told));
     }},
    {"conversation", "messages", [](chat_request& r) { add_turn(r, assistant("Noon.")); }},
    {"refusal in a conversation", "message::refusal", [](chat_request& r) { add_turn(r, {.refusal = "I will not."}); }},
    {"speaker's name", "message::name", [](chat_request& r) { r.messages[0].name = "ann"; }},
    {"stream", "", [](chat_request&) {}, true},
    {"temperature", "temperature", [](chat_request& r) { r.temperature = 0.5; }},
    {"top_p", "top_p", [](chat_request& r) { r.top_p = 0.5; }},
    {"top_k", "top_k", [](chat_request& r) { r.top_k = 5; }},
    {"presence penalty", "presence_penalty", [](chat_request& r) { r.presence_penalty = 0.5; }},
    {"frequency penalty", "frequency_penalty", [](chat_request& r) { r.frequency_penalty = 0.5; }},
    {"token limit", "max_output_tokens", [](chat_request& r) { r.max_output_tokens = 100; }},
    {"stop texts", "stop", [](chat_request& r) { r.stop = {"END"}; }},
    {"seed", "seed", [](chat_request& r) { r.seed = 7; }},
    {"reasoning effort", "reasoning_effort", [](chat_request& r) { r.reasoning_effort = "low"; }},
    {"no reasoning", "reasoning_effort", [](chat_request& r) { r.reasoning_effort = "none"; }},
    {"metadata", "metadata", [](chat_request& r) { r.metadata = {{"a", "b"}}; }},
    {"user's id", "user", [](chat_request& r) { r.user = "u1"; }},
    {"any JSON object", "response_format",
     [](chat_request& r) {
         r.messages[0].text = "Say hello in JSON.";
         r.response_format.kind = response_format_kind::json_object;
     }},
    {"JSON of a schema", "response_format",
     [](chat_request& r) {
         r.response_format = {.kind = response_format_kind::json_schema, .name = "city", .schema = a_schema};
     }},
    {"tools", "tools", add_tool},
    {"strict tools", "tool_definition::strict", [](chat_request& r) { add_tool(r), r.tools[0].strict = true; }},
    {"tool without parameters", "tools", [](chat_request& r) { r.tools = {{.name = "now"}}; }},
    {"tool choice: none", "tool_choice", [](chat_request& r) { choose(r, {tool_choice_mode::none, ""}); }},
    {"tool choice: auto", "tool_choice", [](chat_request& r) { choose(r, {tool_choice_mode::automatic, ""}); }},
    {"tool choice: required", "tool_choice", [](chat_request& r) { choose(r, {tool_choice_mode::required, ""}); }},
    {"tool choice: one by name", "tool_choice", [](chat_request& r) { choose(r, {tool_choice_mode::named, "clock"}); }},
    {"one tool call at a time", "parallel_tool_calls",
     [](chat_request& r) { add_tool(r), r.parallel_tool_calls = false; }},
    {"results of tools", "tool_result", [](chat_request& r) { add_reasoned_call(r, "null"); }},
    {"reasoning goes back (`reasoning_content`)", "message::raw_content",
     [](chat_request& r) { add_reasoned_call(r, R"({"reasoning_content":"Hm."})"); }},
    {"reasoning goes back (`reasoning`)", "message::raw_content",
     [](chat_request& r) { add_reasoned_call(r, R"({"reasoning":"Hm."})"); }},
    {"reasoning goes back (`reasoning_details`)", "message::raw_content",
     [](chat_request& r) {
         add_reasoned_call(r, R"({"reasoning_details":[{"type":"reasoning.text","text":"Hm."}]})");
     }},
    {"image by content", "image_part",
     [](chat_request& r) { show(r, image_part{.media_type = "image/png", .data = a_png}); }},
    {"image by address", "image_part",
     [](chat_request& r) { show(r, image_part{.url = "https://example.com/a.png"}); }},
    {"image in a given detail", "image_part::detail",
     [](chat_request& r) { show(r, image_part{.media_type = "image/png", .data = a_png, .detail = "low"}); }},
    {"sound", "audio_part", [](chat_request& r) { show(r, audio_part{.media_type = "audio/wav", .data = a_wav}); }},
    {"file", "file_part",
     [](chat_request& r) {
         show(r, file_part{.name = "a.pdf", .media_type = "application/pdf", .data = "JVBERi0xLjQK"});
     }},
    {"several responses", "advanced_options::n", [](chat_request& r) { r.advanced.edit().n = 2; }},
    {"probabilities of tokens", "advanced_options::logprobs",
     [](chat_request& r) { r.advanced.edit().logprobs = true, r.advanced.edit().top_logprobs = 2; }},
    {"likelier tokens", "advanced_options::logit_bias",
     [](chat_request& r) { r.advanced.edit().logit_bias = {{50256, -100}}; }},
    {"service tier", "advanced_options::service_tier",
     [](chat_request& r) { r.advanced.edit().service_tier = "auto"; }},
    {"verbosity", "advanced_options::verbosity", [](chat_request& r) { r.advanced.edit().verbosity = "low"; }},
    {"store or not", "advanced_options::store", [](chat_request& r) { r.advanced.edit().store = false; }},
    {"expected text", "advanced_options::prediction", [](chat_request& r) { r.advanced.edit().prediction = "Hello."; }},
    {"safety identifier", "advanced_options::safety_identifier",
     [](chat_request& r) { r.advanced.edit().safety_identifier = "u1"; }},
    {"prompt cache key", "advanced_options::prompt_cache_key",
     [](chat_request& r) { r.advanced.edit().prompt_cache_key = "k"; }},
    {"thinking as the model sees fit", "advanced_options::thinking",
     [](chat_request& r) { r.advanced.edit().thinking.mode = thinking_mode::adaptive; }},
    {"cached prefix", "cache_prefix",
     [](chat_request& r) {
         r.messages.insert(r.messages.begin(), system("Be brief."));
         r.cache_prefix = true;
     }},
};

}  // namespace

std::vector<request_kind> request_kinds() {
    std::vector<request_kind> all;
    for (auto const& row : rows) {
        chat_request request{.model = "gpt-5.6", .messages = {user("What time is it?")}};
        row.change(request);
        all.push_back(
            {.name = row.name, .field = row.field, .request = std::move(request), .streaming = row.streaming});
    }
    return all;
}

}  // namespace coax::cli
