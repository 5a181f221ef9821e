#include "sim/service.hpp"

#include "sim/delivery.hpp"
#include "unit/sim/schema_check.hpp"

#include <gmock/gmock.h>

namespace coax::sim::detail {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

moment const noon{.steady = std::chrono::steady_clock::time_point{1h},
                  .system = std::chrono::system_clock::time_point{std::chrono::seconds{1'795'219'200}}};

request_view openai_chat(std::string_view body) {
    return {.method = "POST", .target = "/v1/chat/completions", .body = body};
}
request_view azure_chat(std::string_view body) {
    return {
        .method = "POST", .target = "/openai/deployments/dep/chat/completions?api-version=2024-10-21", .body = body};
}
request_view anthropic_chat(std::string_view body) {
    return {.method = "POST", .target = "/v1/messages", .body = body, .anthropic_version = "2023-06-01"};
}

std::string const openai_hello = R"({"model":"m","messages":[{"role":"user","content":"Hello there, how are you?"}]})";
std::string const anthropic_hello =
    R"({"model":"m","max_tokens":500,"messages":[{"role":"user","content":"Hello there, how are you?"}]})";

std::string text_at(std::string const& body, std::string_view pointer) {
    boost::system::error_code missing;
    auto const value = json::parse(body);
    auto const* found = value.find_pointer(json::string_view{pointer.data(), pointer.size()}, missing);
    if (found == nullptr) return "(none)";
    return found->is_string() ? std::string{found->as_string().c_str()} : json::serialize(*found);
}

/// The JSON of each `data:` line but `[DONE]`.
std::vector<json::value> events_of(response const& out) {
    std::vector<json::value> events;
    for (auto const& piece : out.pieces) {
        auto const at = piece.find("data: ");
        if (at != std::string::npos && piece.find("[DONE]") == std::string::npos)
            events.push_back(json::parse(piece.substr(at + 6)));
    }
    return events;
}

std::string with_stream(std::string body, std::string_view more = {}) {
    body.pop_back();
    return body.append(R"(,"stream":true)").append(more).append("}");
}

// ---- what is refused -----------------------------------------------------------------------------------------------

struct refusal_case {
    char const* name;
    char const* body;
    char const* message;  ///< Part of it; empty: not refused.
    char const* param{""};
};
void PrintTo(refusal_case const& row, std::ostream* out) { *out << row.name; }

#define COAX_USER R"("model":"m","messages":[{"role":"user","content":"hi"}])"

class OpenaiRefusal : public testing::TestWithParam<refusal_case> {};

TEST_P(OpenaiRefusal, FollowsTheTable) {
    service s{options{}};
    auto const out = s.handle(openai_chat(GetParam().body), noon);
    if (*GetParam().message == '\0') {
        EXPECT_EQ(out.status, 200) << out.body;
        return;
    }
    EXPECT_EQ(out.status, 400) << out.body;
    EXPECT_THAT(text_at(out.body, "/error/message"), HasSubstr(GetParam().message));
    EXPECT_EQ(text_at(out.body, "/error/type"), "invalid_request_error");
    EXPECT_EQ(text_at(out.body, "/error/param"), *GetParam().param == '\0' ? "null" : GetParam().param);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, OpenaiRefusal,
    testing::Values(
        refusal_case{"not_json", "{", "could not parse"}, refusal_case{"not_an_object", "[]", "must be a JSON object"},
        refusal_case{"no_model", R"({"messages":[{"role":"user","content":"hi"}]})", "must provide a model"},
        refusal_case{"no_messages", R"({"model":"m"})", "'messages'", "messages"},
        refusal_case{"empty_messages", R"({"model":"m","messages":[]})", "at least one message", "messages"},
        refusal_case{"unknown_role", R"({"model":"m","messages":[{"role":"bard","content":"hi"}]})", "'bard'",
                     "messages[0].role"},
        refusal_case{"null_user_content", R"({"model":"m","messages":[{"role":"user","content":null}]})", "'content'",
                     "messages[0].content"},
        refusal_case{
            "image_of_assistant",
            R"({"model":"m","messages":[{"role":"assistant","content":[{"type":"image_url","image_url":{"url":"https://x"}}]}]})",
            "not a content part", "messages[0].content"},
        refusal_case{
            "parts",
            R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image_url","image_url":{"url":"https://x"}}]}]})",
            ""},
        refusal_case{
            "developer_and_system",
            R"({"model":"m","messages":[{"role":"developer","content":"d"},{"role":"system","content":"s"},{"role":"user","content":"u"}]})",
            ""},
        refusal_case{"both_limits", R"({)" COAX_USER R"(,"max_tokens":5,"max_completion_tokens":5})",
                     "at the same time", "max_tokens"},
        refusal_case{"null_limit", R"({)" COAX_USER R"(,"max_tokens":null,"max_completion_tokens":5})", ""},
        refusal_case{"zero_limit", R"({)" COAX_USER R"(,"max_tokens":0})", "below minimum", "max_tokens"},
        refusal_case{"old_limit_of_reasoning_model",
                     R"({"model":"o3-mini","messages":[{"role":"user","content":"hi"}],"max_tokens":5})",
                     "Unsupported parameter", "max_tokens"},
        refusal_case{"temperature_of_reasoning_model",
                     R"({"model":"gpt-5","messages":[{"role":"user","content":"hi"}],"temperature":0.2})",
                     "Unsupported value", "temperature"},
        refusal_case{"hot", R"({)" COAX_USER R"(,"temperature":2.5})", "between 0 and 2", "temperature"},
        refusal_case{"too_many_choices", R"({)" COAX_USER R"(,"n":129})", "above maximum", "n"},
        refusal_case{"top_logprobs_alone", R"({)" COAX_USER R"(,"top_logprobs":2})", "'logprobs' is true",
                     "top_logprobs"},
        refusal_case{"unknown_member", R"({)" COAX_USER R"(,"top_k":4})", "Unknown parameter: 'top_k'", "top_k"},
        refusal_case{
            "known_members",
            R"({)" COAX_USER
            R"(,"logprobs":true,"top_logprobs":20,"logit_bias":{"5":-100},"service_tier":"fast","verbosity":"low",)"
            R"("store":true,"prediction":{"type":"content","content":"x"},"safety_identifier":"u","metadata":{"a":"b"},)"
            R"("prompt_cache_key":"k","prompt_cache_options":{"mode":"explicit","ttl":"12h"},"reasoning_effort":"max"})",
            ""},
        refusal_case{"unknown_tier", R"({)" COAX_USER R"(,"service_tier":"standard_only"})", "'standard_only'",
                     "service_tier"},
        refusal_case{"unknown_effort", R"({)" COAX_USER R"(,"reasoning_effort":"huge"})", "'huge'", "reasoning_effort"},
        refusal_case{"unknown_verbosity", R"({)" COAX_USER R"(,"verbosity":"loud"})", "'loud'", "verbosity"},
        refusal_case{"store_of_another_type", R"({)" COAX_USER R"(,"store":"yes"})", "a boolean", "store"},
        refusal_case{"logprobs_of_another_type", R"({)" COAX_USER R"(,"logprobs":2})", "a boolean", "logprobs"},
        refusal_case{"too_much_bias", R"({)" COAX_USER R"(,"logit_bias":{"5":101}})", "between -100 and 100",
                     "logit_bias"},
        refusal_case{"bias_of_a_word", R"({)" COAX_USER R"(,"logit_bias":{"cat":1}})", "Invalid key", "logit_bias"},
        refusal_case{"prediction_of_another_type", R"({)" COAX_USER R"(,"prediction":{"type":"text","content":"x"}})",
                     "'text'", "prediction.type"},
        refusal_case{"number_in_metadata", R"({)" COAX_USER R"(,"metadata":{"a":1}})", "a string", "metadata.a"},
        refusal_case{"unknown_cache_mode", R"({)" COAX_USER R"(,"prompt_cache_options":{"mode":"never"}})", "'never'",
                     "prompt_cache_options.mode"},
        refusal_case{
            "long_identifier",
            R"({)" COAX_USER
            R"(,"safety_identifier":"0123456789012345678901234567890123456789012345678901234567890123456789"})",
            "maximum length 64", "safety_identifier"},
        refusal_case{
            "image_that_is_none",
            R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x.png"}}]}]})",
            "valid URL", "messages[0].content[0].image_url.url"},
        refusal_case{
            "broken_image",
            R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,A-B="}}]}]})",
            "valid URL", "messages[0].content[0].image_url.url"},
        refusal_case{
            "unknown_detail",
            R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x","detail":"huge"}}]}]})",
            "'huge'", "messages[0].content[0].image_url.detail"},
        refusal_case{
            "file_and_sound",
            R"({"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,QUJD"}},)"
            R"({"type":"input_audio","input_audio":{"data":"QUJD","format":"wav"},"prompt_cache_breakpoint":{"mode":"explicit"}}]}]})",
            ""},
        refusal_case{
            "nameless_file",
            R"({"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"QUJD"}}]}]})",
            "filename", "messages[0].content[0].file.filename"},
        refusal_case{
            "sound_of_another_form",
            R"({"model":"m","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"QUJD","format":"flac"}}]}]})",
            "'flac'", "messages[0].content[0].input_audio.format"},
        refusal_case{
            "unknown_member_of_a_part",
            R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}]})",
            "Unknown parameter", "messages[0].content[0].cache_control"},
        refusal_case{"five_stops", R"({)" COAX_USER R"(,"stop":["a","b","c","d","e"]})", "1 to 4", "stop"},
        refusal_case{"stream_options_alone", R"({)" COAX_USER R"(,"stream_options":{"include_usage":true}})",
                     "only allowed when 'stream'", "stream_options"},
        refusal_case{"parallel_without_tools", R"({)" COAX_USER R"(,"parallel_tool_calls":true})",
                     "only allowed when 'tools'", "parallel_tool_calls"},
        refusal_case{"no_tools", R"({)" COAX_USER R"(,"tools":[]})", "empty array", "tools"},
        refusal_case{"choice_without_tools", R"({)" COAX_USER R"(,"tool_choice":"auto"})", "only allowed when 'tools'",
                     "tool_choice"},
        refusal_case{"tool_name",
                     R"({)" COAX_USER R"(,"tools":[{"type":"function","function":{"name":"get weather"}}]})",
                     "does not match pattern", "tools[0].function.name"},
        refusal_case{
            "choice_of_unknown_tool",
            R"({)" COAX_USER
            R"(,"tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":{"type":"function","function":{"name":"b"}}})",
            "no function named 'b'", "tool_choice"},
        refusal_case{
            "strict_tool",
            R"({)" COAX_USER
            R"(,"tools":[{"type":"function","function":{"name":"a","strict":true,"parameters":{"type":"object","properties":{}}}}]})",
            "Invalid schema for function 'a'", "tools[0].function.parameters"},
        refusal_case{
            "loose_tool",
            R"({)" COAX_USER
            R"(,"tools":[{"type":"function","function":{"name":"a","parameters":{"type":"object","properties":{}}}}]})",
            ""},
        refusal_case{
            "unanswered_call",
            R"({"model":"m","messages":[{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"a","arguments":"{}"}}]},{"role":"user","content":"and?"}]})",
            "did not have response messages: c1", "messages[2].role"},
        refusal_case{
            "unanswered_call_at_the_end",
            R"({"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"a","arguments":"{}"}}]}]})",
            "c1", "messages"},
        refusal_case{
            "stray_tool_message",
            R"({"model":"m","messages":[{"role":"user","content":"hi"},{"role":"tool","tool_call_id":"c1","content":"x"}]})",
            "must be a response", "messages[1].role"},
        refusal_case{
            "arguments_as_object",
            R"({"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"a","arguments":{}}}]}]})",
            "expected a string", "messages[0].tool_calls.function"},
        refusal_case{"format_type", R"({)" COAX_USER R"(,"response_format":{"type":"yaml"}})", "'yaml'",
                     "response_format.type"},
        refusal_case{"format_without_name",
                     R"({)" COAX_USER
                     R"(,"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object"}}}})",
                     "json_schema.name", "response_format.json_schema.name"},
        refusal_case{
            "strict_schema",
            R"({)" COAX_USER
            R"(,"response_format":{"type":"json_schema","json_schema":{"name":"X","strict":true,"schema":{"type":"object","properties":{"a":{"type":"string"}},"required":[],"additionalProperties":false}}}})",
            "Invalid schema for response_format 'X': ", "response_format"},
        refusal_case{
            "loose_schema",
            R"({)" COAX_USER
            R"(,"response_format":{"type":"json_schema","json_schema":{"name":"X","schema":{"type":"object"}}}})",
            ""},
        refusal_case{
            "loose_schema_of_a_list",
            R"({)" COAX_USER
            R"(,"response_format":{"type":"json_schema","json_schema":{"name":"X","schema":{"type":"array"}}}})",
            "got 'type: \"array\"'", "response_format"},
        refusal_case{"limit_as_text", R"({)" COAX_USER R"(,"max_tokens":"5"})", "expected an integer", "max_tokens"},
        refusal_case{"temperature_as_text", R"({)" COAX_USER R"(,"temperature":"hot"})", "expected a number",
                     "temperature"},
        refusal_case{"stop_of_numbers", R"({)" COAX_USER R"(,"stop":[1]})", "expected strings", "stop"},
        refusal_case{"stream_as_number", R"({)" COAX_USER R"(,"stream":1})", "expected a boolean", "stream"},
        refusal_case{"parallel_as_number", R"({)" COAX_USER R"(,"parallel_tool_calls":1})", "expected a boolean",
                     "parallel_tool_calls"},
        refusal_case{"tool_type", R"({)" COAX_USER R"(,"tools":[{"type":"robot"}]})", "'function' and 'custom'",
                     "tools[0].type"},
        refusal_case{"tool_without_function", R"({)" COAX_USER R"(,"tools":[{"type":"function"}]})",
                     "Missing required parameter", "tools[0].function"},
        refusal_case{"tool_parameters",
                     R"({)" COAX_USER
                     R"(,"tools":[{"type":"function","function":{"name":"a","parameters":{"type":"array"}}}]})",
                     "type: ", "tools[0].function.parameters"},
        refusal_case{"choice_word",
                     R"({)" COAX_USER
                     R"(,"tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":"maybe"})",
                     "'none', 'auto', and 'required'", "tool_choice"},
        refusal_case{"choice_object",
                     R"({)" COAX_USER
                     R"(,"tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":{"type":"robot"}})",
                     "Invalid value for 'tool_choice'", "tool_choice"},
        refusal_case{
            "allowed_tools",
            R"({)" COAX_USER
            R"(,"tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"a"}}]}}})",
            ""},
        refusal_case{
            "allowed_tools_without_list",
            R"({)" COAX_USER
            R"(,"tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":{"type":"allowed_tools"}})",
            "allowed_tools", "tool_choice"},
        refusal_case{"format_without_schema_object", R"({)" COAX_USER R"(,"response_format":{"type":"json_schema"}})",
                     "Missing required parameter", "response_format.json_schema"},
        refusal_case{"format_name",
                     R"({)" COAX_USER R"(,"response_format":{"type":"json_schema","json_schema":{"name":"a b"}}})",
                     "does not match pattern", "response_format.json_schema.name"},
        refusal_case{"format_without_schema",
                     R"({)" COAX_USER R"(,"response_format":{"type":"json_schema","json_schema":{"name":"a"}}})",
                     "json_schema.schema", "response_format.json_schema.schema"},
        refusal_case{"message_as_text", R"({"model":"m","messages":["hi"]})", "expected an object", "messages[0]"},
        refusal_case{"no_parts", R"({"model":"m","messages":[{"role":"user","content":[]}]})",
                     "a string or an array of parts", "messages[0].content"},
        refusal_case{"part_without_text", R"({"model":"m","messages":[{"role":"user","content":[{"type":"text"}]}]})",
                     "Missing required parameter", "messages[0].content[0]"},
        refusal_case{"silent_assistant", R"({"model":"m","messages":[{"role":"assistant","content":null}]})",
                     "expected a string, got null", "messages[0].content"},
        refusal_case{"tool_message_without_id", R"({"model":"m","messages":[{"role":"tool","content":"x"}]})",
                     "must have a 'tool_call_id'", "messages[0].tool_call_id"},
        refusal_case{"no_calls", R"({"model":"m","messages":[{"role":"assistant","tool_calls":[]}]})", "empty array",
                     "messages[0].tool_calls"},
        refusal_case{"call_without_id",
                     R"({"model":"m","messages":[{"role":"assistant","tool_calls":[{"type":"function"}]}]})",
                     "Missing required parameter", "messages[0].tool_calls.id"},
        refusal_case{"call_without_type",
                     R"({"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"c"}]}]})",
                     "Missing required parameter", "messages[0].tool_calls.type"},
        refusal_case{"unknown_field", R"({)" COAX_USER R"(,"some_new_field":1})", "'some_new_field'", "some_new_field"},
        refusal_case{"unknown_field_of_a_message",
                     R"({"model":"m","messages":[{"role":"user","content":"hi","reasoning_content":"x"}]})",
                     "Unknown parameter: 'messages[0].reasoning_content'.", "messages[0].reasoning_content"}),
    [](auto const& row) { return std::string(row.param.name); });

#define COAX_ASK R"("model":"m","max_tokens":50,"messages":[{"role":"user","content":"hi"}])"
#define COAX_USE \
    R"({"role":"assistant","content":[{"type":"tool_use","id":"u1","name":"a","input":{}},{"type":"tool_use","id":"u2","name":"a","input":{}}]})"

class AnthropicRefusal : public testing::TestWithParam<refusal_case> {};

TEST_P(AnthropicRefusal, FollowsTheTable) {
    service s{options{}};
    auto const out = s.handle(anthropic_chat(GetParam().body), noon);
    if (*GetParam().message == '\0') {
        EXPECT_EQ(out.status, 200) << out.body;
        return;
    }
    EXPECT_EQ(out.status, 400) << out.body;
    EXPECT_EQ(text_at(out.body, "/type"), "error");
    EXPECT_EQ(text_at(out.body, "/error/type"), "invalid_request_error");
    EXPECT_THAT(text_at(out.body, "/error/message"), HasSubstr(GetParam().message));
    EXPECT_THAT(out.headers, HasSubstr("request-id: " + text_at(out.body, "/request_id")));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, AnthropicRefusal,
    testing::Values(
        refusal_case{"not_json", "nope", "could not parse"},
        refusal_case{"no_max_tokens", R"({"model":"m","messages":[{"role":"user","content":"hi"}]})",
                     "max_tokens: Field required"},
        refusal_case{"no_model", R"({"max_tokens":5,"messages":[{"role":"user","content":"hi"}]})",
                     "model: Field required"},
        refusal_case{"no_messages", R"({"model":"m","max_tokens":5})", "messages: Field required"},
        refusal_case{"unknown_field", R"({)" COAX_ASK R"(,"presence_penalty":1})",
                     "presence_penalty: Extra inputs are not permitted"},
        refusal_case{"null_of_a_known_field", R"({)" COAX_ASK R"(,"tools":null})", "tools: Input should be"},
        refusal_case{"system_role", R"({"model":"m","max_tokens":5,"messages":[{"role":"system","content":"s"}]})",
                     "Input should be 'user' or 'assistant'"},
        refusal_case{"empty_text", R"({"model":"m","max_tokens":5,"messages":[{"role":"user","content":""}]})",
                     "must be non-empty"},
        refusal_case{"hot", R"({)" COAX_ASK R"(,"temperature":1.5})", "temperature: range"},
        refusal_case{"unknown_block",
                     R"({"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"image_url"}]}]})",
                     "'image_url'"},
        refusal_case{"tool_without_schema", R"({)" COAX_ASK R"(,"tools":[{"name":"a"}]})",
                     "input_schema: Field required"},
        refusal_case{"openai_tool", R"({)" COAX_ASK R"(,"tools":[{"type":"custom","function":{"name":"a"}}]})",
                     "name: String should match"},
        refusal_case{"string_tool_choice",
                     R"({)" COAX_ASK
                     R"(,"tools":[{"name":"a","input_schema":{"type":"object"}}],"tool_choice":"auto"})",
                     "tool_choice: Input tag"},
        refusal_case{
            "unknown_named_tool",
            R"({)" COAX_ASK
            R"(,"tools":[{"name":"a","input_schema":{"type":"object"}}],"tool_choice":{"type":"tool","name":"b"}})",
            "'b' not found"},
        refusal_case{
            "parallel_of_none",
            R"({)" COAX_ASK
            R"(,"tools":[{"name":"a","input_schema":{"type":"object"}}],"tool_choice":{"type":"none","disable_parallel_tool_use":true}})",
            "Extra inputs"},
        refusal_case{"one_result_missing",
                     R"({"model":"m","max_tokens":5,"messages":[)" COAX_USE
                     R"(,{"role":"user","content":[{"type":"tool_result","tool_use_id":"u1"}]}]})",
                     "without `tool_result` blocks immediately after: u2"},
        refusal_case{
            "text_before_results",
            R"({"model":"m","max_tokens":5,"messages":[)" COAX_USE
            R"(,{"role":"user","content":[{"type":"text","text":"see"},{"type":"tool_result","tool_use_id":"u1"},{"type":"tool_result","tool_use_id":"u2"}]}]})",
            "must come before other content"},
        refusal_case{
            "stray_result",
            R"({"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"u9"}]}]})",
            "unexpected `tool_use_id`"},
        refusal_case{"plain_text_for_results",
                     R"({"model":"m","max_tokens":5,"messages":[)" COAX_USE R"(,{"role":"user","content":"well"}]})",
                     "u1, u2"},
        refusal_case{
            "all_results",
            R"({"model":"m","max_tokens":50,"messages":[)" COAX_USE
            R"(,{"role":"user","content":[{"type":"tool_result","tool_use_id":"u2","content":"4"},{"type":"tool_result","tool_use_id":"u1","is_error":true},{"type":"text","text":"so?"}]}]})",
            ""},
        refusal_case{
            "input_as_text",
            R"({"model":"m","max_tokens":5,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"u1","name":"a","input":"{}"}]}]})",
            "valid dictionary"},
        refusal_case{
            "format_with_name",
            R"({)" COAX_ASK
            R"(,"output_config":{"format":{"type":"json_schema","name":"X","schema":{"type":"object","properties":{},"additionalProperties":false}}}})",
            "format.name: Extra inputs"},
        refusal_case{
            "unsupported_keyword",
            R"({)" COAX_ASK
            R"(,"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"n":{"type":"integer","minimum":1}},"additionalProperties":false}}}})",
            "'minimum' is not supported"},
        refusal_case{
            "good_format",
            R"({)" COAX_ASK
            R"(,"output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false}}}})",
            ""},
        refusal_case{"model_as_number", R"({"model":1,"max_tokens":5,"messages":[]})",
                     "model: Input should be a valid string"},
        refusal_case{"limit_as_text", R"({"model":"m","max_tokens":"5","messages":[]})", "valid integer"},
        refusal_case{"negative_limit", R"({"model":"m","max_tokens":-1,"messages":[]})", "greater than or equal to 0"},
        refusal_case{"messages_as_text", R"({"model":"m","max_tokens":5,"messages":"hi"})", "valid list"},
        refusal_case{"empty_messages", R"({"model":"m","max_tokens":5,"messages":[]})", "at least one message"},
        refusal_case{"message_without_content", R"({"model":"m","max_tokens":5,"messages":[{"role":"user"}]})",
                     "content: Field required"},
        refusal_case{"content_as_object", R"({"model":"m","max_tokens":5,"messages":[{"role":"user","content":{}}]})",
                     "a valid string or a non-empty list"},
        refusal_case{
            "use_by_user",
            R"({"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"tool_use","id":"u","name":"a","input":{}}]}]})",
            "can only be in `assistant` messages"},
        refusal_case{
            "use_without_id",
            R"({"model":"m","max_tokens":5,"messages":[{"role":"assistant","content":[{"type":"tool_use","name":"a","input":{}}]}]})",
            "tool_use.id: Field required"},
        refusal_case{
            "use_without_name",
            R"({"model":"m","max_tokens":5,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"u","input":{}}]}]})",
            "tool_use.name"},
        refusal_case{
            "result_of_assistant",
            R"({"model":"m","max_tokens":5,"messages":[{"role":"assistant","content":[{"type":"tool_result","tool_use_id":"u"}]}]})",
            "can only be in user messages"},
        refusal_case{"temperature_as_text", R"({)" COAX_ASK R"(,"temperature":"hot"})",
                     "temperature: Input should be a valid number"},
        refusal_case{"small_budget", R"({)" COAX_ASK R"(,"thinking":{"type":"enabled","budget_tokens":1023}})",
                     "greater than or equal to 1024"},
        refusal_case{"budget_of_all", R"({)" COAX_ASK R"(,"thinking":{"type":"enabled","budget_tokens":2000}})",
                     "`max_tokens` must be greater"},
        refusal_case{"budget_of_adaptive", R"({)" COAX_ASK R"(,"thinking":{"type":"adaptive","budget_tokens":2000}})",
                     "Extra inputs"},
        refusal_case{"adaptive", R"({)" COAX_ASK R"(,"thinking":{"type":"adaptive","display":"omitted"}})", ""},
        refusal_case{"unknown_thinking", R"({)" COAX_ASK R"(,"thinking":{"type":"deep"}})", "'deep'"},
        refusal_case{"unknown_tier", R"({)" COAX_ASK R"(,"service_tier":"flex"})", "service_tier"},
        refusal_case{"unknown_metadata", R"({)" COAX_ASK R"(,"metadata":{"a":"b"}})", "metadata.a"},
        refusal_case{"parts",
                     R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":[
                {"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}},
                {"type":"document","source":{"type":"text","media_type":"text/plain","data":"a"},"title":"t","context":"c","citations":{"enabled":true}},
                {"type":"document","source":{"type":"url","url":"https://x"},"cache_control":{"type":"ephemeral","ttl":"1h"}}]}]})",
                     ""},
        refusal_case{
            "bitmap",
            R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/bmp","data":"QUJD"}}]}]})",
            "media_type: Input should be"},
        refusal_case{
            "broken_image",
            R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"A-B="}}]}]})",
            "Invalid base64"},
        refusal_case{
            "word_document",
            R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/msword","data":"QUJD"}}]}]})",
            "'application/pdf'"},
        refusal_case{
            "unknown_ttl",
            R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"2h"}}]}]})",
            "'5m' or '1h'"},
        refusal_case{"five_marks",
                     R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":[
                {"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":"b","cache_control":{"type":"ephemeral"}},
                {"type":"text","text":"c","cache_control":{"type":"ephemeral"}},{"type":"text","text":"d","cache_control":{"type":"ephemeral"}},
                {"type":"text","text":"e","cache_control":{"type":"ephemeral"}}]}]})",
                     "maximum of 4 blocks"},
        refusal_case{
            "forged_thought",
            R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"Hm.","signature":"EqQB"},{"type":"text","text":"b"}]},{"role":"user","content":"c"}]})",
            "Invalid `signature`"},
        refusal_case{"fractional_top_k", R"({)" COAX_ASK R"(,"top_k":1.5})", "top_k"},
        refusal_case{"system_as_number", R"({)" COAX_ASK R"(,"system":5})",
                     "system: Input should be a valid string or list"},
        refusal_case{"system_image", R"({)" COAX_ASK R"(,"system":[{"type":"image"}]})", "text blocks"},
        refusal_case{"system_blocks", R"({)" COAX_ASK R"(,"system":[{"type":"text","text":"Be brief."}]})", ""},
        refusal_case{"tools_as_object", R"({)" COAX_ASK R"(,"tools":{}})", "tools: Input should be a valid list"},
        refusal_case{"tool_name", R"({)" COAX_ASK R"(,"tools":[{"name":"a b","input_schema":{"type":"object"}}]})",
                     "custom.name"},
        refusal_case{"tool_schema_type", R"({)" COAX_ASK R"(,"tools":[{"name":"a","input_schema":{"type":"string"}}]})",
                     "input_schema.type"},
        refusal_case{
            "two_tools_of_one_name",
            R"({)" COAX_ASK
            R"(,"tools":[{"name":"a","input_schema":{"type":"object"}},{"name":"a","input_schema":{"type":"object"}}]})",
            "must be unique"},
        refusal_case{"choice_type",
                     R"({)" COAX_ASK
                     R"(,"tools":[{"name":"a","input_schema":{"type":"object"}}],"tool_choice":{"type":"maybe"}})",
                     "'auto', 'any', 'tool', 'none'"},
        refusal_case{"choice_without_tools", R"({)" COAX_ASK R"(,"tool_choice":{"type":"any"}})",
                     "together with tools"},
        refusal_case{"config_as_text", R"({)" COAX_ASK R"(,"output_config":"x"})", "output_config: Input should be"},
        refusal_case{"config_member", R"({)" COAX_ASK R"(,"output_config":{"novel":1}})", "Extra inputs"},
        refusal_case{"effort", R"({)" COAX_ASK R"(,"output_config":{"effort":"none"}})", "output_config.effort"},
        refusal_case{"format_type", R"({)" COAX_ASK R"(,"output_config":{"format":{"type":"text"}}})", "format.type"},
        refusal_case{"format_without_schema", R"({)" COAX_ASK R"(,"output_config":{"format":{"type":"json_schema"}}})",
                     "schema: Field required"},
        refusal_case{"stream_as_number", R"({)" COAX_ASK R"(,"stream":1})", "valid boolean"},
        refusal_case{"stops_as_text", R"({)" COAX_ASK R"(,"stop_sequences":"x"})",
                     "stop_sequences: Input should be a valid list"},
        refusal_case{"stops_of_numbers", R"({)" COAX_ASK R"(,"stop_sequences":[1]})", "valid strings"},
        refusal_case{"beta_format_without_beta",
                     R"({)" COAX_ASK R"(,"output_format":{"type":"json_schema","schema":{"type":"object"}}})",
                     "output_format: Extra inputs"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(AnthropicVersions, DifferInKeysAndFields) {
    service s{options{.api_key = "k"}};
    auto request = anthropic_chat(anthropic_hello);
    EXPECT_EQ(s.handle(request, noon).status, 401);
    request.x_api_key = "k";
    EXPECT_EQ(s.handle(request, noon).status, 200);
    request.anthropic_version = "2026-10-21";
    EXPECT_EQ(s.handle(request, noon).status, 401);
    request.authorization = "Bearer k";
    EXPECT_EQ(s.handle(request, noon).status, 200);
    std::string const warm = R"({)" COAX_ASK R"(,"temperature":0.5})";
    request.body = warm;
    EXPECT_EQ(s.handle(request, noon).status, 400);
    request.anthropic_version = "2023-06-01";
    EXPECT_EQ(s.handle(request, noon).status, 200);
    request.anthropic_version = "";
    EXPECT_EQ(s.handle(request, noon).status, 400);
    request.anthropic_version = "1999-01-01";
    EXPECT_EQ(s.handle(request, noon).status, 400);
}

TEST(Service, WrongKeyGetsEachServicesOwn401) {
    service s{options{.api_key = "good"}};
    auto openai = openai_chat(openai_hello);
    EXPECT_THAT(s.handle(openai, noon).body, HasSubstr("You didn't provide an API key"));
    openai.authorization = "Bearer bad";
    auto const refused = s.handle(openai, noon);
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(text_at(refused.body, "/error/code"), "invalid_api_key");
    openai.authorization = "Bearer sk-proj-0123456789abcdef";
    EXPECT_THAT(text_at(s.handle(openai, noon).body, "/error/message"),
                StartsWith("Incorrect API key provided: sk-proj-************cdef. You can find"));
    openai.authorization = "bearer good";
    EXPECT_EQ(s.handle(openai, noon).status, 200);
    auto azure = azure_chat(openai_hello);
    EXPECT_EQ(text_at(s.handle(azure, noon).body, "/error/code"), "401");
    azure.api_key = "good";
    EXPECT_EQ(s.handle(azure, noon).status, 200);
    EXPECT_EQ(text_at(s.handle(anthropic_chat(anthropic_hello), noon).body, "/error/type"), "authentication_error");
    EXPECT_EQ(s.counted().model_requests, 2U) << "who is turned away does not count";
}

TEST(Service, UnknownModelGetsEachServicesOwn404) {
    service s{options{.models = {"known"}}};
    EXPECT_EQ(text_at(s.handle(openai_chat(openai_hello), noon).body, "/error/code"), "model_not_found");
    EXPECT_EQ(text_at(s.handle(azure_chat(openai_hello), noon).body, "/error/code"), "DeploymentNotFound");
    EXPECT_EQ(text_at(s.handle(anthropic_chat(anthropic_hello), noon).body, "/error/type"), "not_found_error");
    EXPECT_EQ(s.handle({.method = "GET", .target = "/v1/models/known"}, noon).status, 200);
    EXPECT_EQ(s.handle({.method = "GET", .target = "/v1/models/other"}, noon).status, 404);
    EXPECT_EQ(text_at(s.handle({.method = "GET", .target = "/v1/models"}, noon).body, "/data/0/id"), "known");
}

TEST(Service, KnowsItsAddresses) {
    service s{options{}};
    EXPECT_EQ(s.handle({.method = "POST", .target = "/v1/nothing", .body = "{}"}, noon).status, 404);
    EXPECT_EQ(s.handle({.method = "GET", .target = "/v1/chat/completions"}, noon).status, 405);
    EXPECT_EQ(s.handle({.method = "POST", .target = "/any/prefix/chat/completions", .body = openai_hello}, noon).status,
              200);
    EXPECT_EQ(
        s.handle({.method = "POST", .target = "/openai/deployments/d/chat/completions", .body = openai_hello}, noon)
            .status,
        404)
        << "no api-version";
    EXPECT_EQ(s.handle({.method = "POST", .target = "/openai/v1/chat/completions", .body = openai_hello}, noon).status,
              200);
}

// ---- completions ---------------------------------------------------------------------------------------------------

TEST(OpenaiStream, EqualsTheWholeResponse) {
    service s{options{}};
    auto const whole = s.handle(openai_chat(openai_hello), noon);
    auto const streamed =
        s.handle(openai_chat(with_stream(openai_hello, R"(,"stream_options":{"include_usage":true})")), noon);
    auto const events = events_of(streamed);
    ASSERT_GT(events.size(), 5U);
    std::string text;
    for (auto const& event : events) {
        EXPECT_EQ(event.at("object"), "chat.completion.chunk");
        EXPECT_EQ(event.at("id"), events.front().at("id"));
        if (!event.at("choices").as_array().empty())
            if (auto const* content = event.at_pointer("/choices/0/delta").as_object().if_contains("content"))
                text += content->as_string().c_str();
    }
    EXPECT_EQ(text, text_at(whole.body, "/choices/0/message/content"));
    EXPECT_EQ(json::serialize(events.front().at_pointer("/choices/0/delta")),
              R"({"role":"assistant","content":"","refusal":null})");
    EXPECT_EQ(events[events.size() - 2].at_pointer("/choices/0/finish_reason"), "stop");
    EXPECT_TRUE(events[events.size() - 2].at("usage").is_null());
    EXPECT_TRUE(events.back().at("choices").as_array().empty());
    EXPECT_EQ(json::serialize(events.back().at("usage")), text_at(whole.body, "/usage"));
    EXPECT_EQ(streamed.pieces.back(), "data: [DONE]\n\n");
}

TEST(OpenaiStream, HasNoUsageUnlessAsked) {
    service s{options{}};
    for (auto const& event : events_of(s.handle(openai_chat(with_stream(openai_hello)), noon)))
        EXPECT_FALSE(event.as_object().contains("usage"));
}

TEST(AzureStream, BeginsWithTheFilterOfThePrompt) {
    service s{options{}};
    auto const events = events_of(s.handle(azure_chat(with_stream(openai_hello)), noon));
    EXPECT_EQ(events.front().at("id"), "");
    EXPECT_TRUE(events.front().at("choices").as_array().empty());
    EXPECT_TRUE(events.front().as_object().contains("prompt_filter_results"));
    EXPECT_TRUE(events[1].at_pointer("/choices/0").as_object().contains("content_filter_results"));
}

TEST(AnthropicStream, EqualsTheWholeResponse) {
    service s{options{}};
    auto const whole = s.handle(anthropic_chat(anthropic_hello), noon);
    auto const streamed = s.handle(anthropic_chat(with_stream(anthropic_hello)), noon);
    auto const events = events_of(streamed);
    std::string text;
    std::vector<std::string> kinds;
    for (auto const& event : events) {
        std::string kind = event.at("type").as_string().c_str();
        if (kind == "content_block_delta") text += event.at_pointer("/delta/text").as_string().c_str();
        if (kinds.empty() || kinds.back() != kind) kinds.push_back(std::move(kind));
    }
    EXPECT_EQ(text, text_at(whole.body, "/content/0/text"));
    EXPECT_THAT(kinds, testing::ElementsAre("message_start", "content_block_start", "ping", "content_block_delta",
                                            "content_block_stop", "message_delta", "message_stop"));
    EXPECT_THAT(streamed.pieces.front(), StartsWith("event: message_start\ndata: {"));
    EXPECT_EQ(json::serialize(events[events.size() - 2].at_pointer("/usage/output_tokens")),
              text_at(whole.body, "/usage/output_tokens"));
    EXPECT_EQ(text_at(whole.body, "/stop_reason"), "end_turn");
}

constexpr std::string_view two_tools =
    R"("tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":1,"maximum":3}},"required":["city","days"],"additionalProperties":false},"strict":true}},{"type":"function","function":{"name":"get_time"}}])";

std::string ask_tools(std::string_view more = {}) {
    return R"({"model":"m","messages":[{"role":"user","content":"Should I cycle in Oslo now?"}],)" +
           std::string{two_tools} + std::string{more} + "}";
}

TEST(OpenaiTools, AreCalledUntilThereAreResults) {
    service s{options{}};
    auto const called = s.handle(openai_chat(ask_tools()), noon);
    EXPECT_EQ(text_at(called.body, "/choices/0/finish_reason"), "tool_calls");
    EXPECT_EQ(text_at(called.body, "/choices/0/message/content"), "null");
    EXPECT_EQ(text_at(called.body, "/choices/0/message/tool_calls/0/function/name"), "get_weather");
    EXPECT_EQ(text_at(called.body, "/choices/0/message/tool_calls/1"), "(none)");
    auto const arguments = json::parse(text_at(called.body, "/choices/0/message/tool_calls/0/function/arguments"));
    auto const schema = json::parse(
        R"({"type":"object","properties":{"city":{"const":"Oslo"},"days":{"type":"integer","minimum":1,"maximum":3}},"required":["city","days"]})");
    EXPECT_EQ(test::schema_check{schema}(arguments), "");

    auto const message = text_at(called.body, "/choices/0/message");
    auto const id = text_at(called.body, "/choices/0/message/tool_calls/0/id");
    auto const next = R"({"model":"m","messages":[{"role":"user","content":"Should I cycle in Oslo now?"},)" + message +
                      R"(,{"role":"tool","tool_call_id":")" + id + R"(","content":"4 degrees"}],)" +
                      std::string{two_tools} + "}";
    auto const answered = s.handle(openai_chat(next), noon);
    EXPECT_EQ(text_at(answered.body, "/choices/0/finish_reason"), "stop");
    EXPECT_THAT(text_at(answered.body, "/choices/0/message/content"), HasSubstr("4 degrees"));
}

TEST(OpenaiTools, FollowTheChoice) {
    service s{options{.tool_calls_per_turn = 3}};
    auto const names = [&](std::string_view more) {
        auto const out = s.handle(openai_chat(ask_tools(more)), noon);
        std::string all;
        for (int i = 0; i < 4; ++i) {
            auto const name =
                text_at(out.body, "/choices/0/message/tool_calls/" + std::to_string(i) + "/function/name");
            if (name != "(none)") all += name + " ";
        }
        return all + text_at(out.body, "/choices/0/finish_reason");
    };
    EXPECT_EQ(names(""), "get_weather get_time get_weather tool_calls");
    EXPECT_EQ(names(R"(,"parallel_tool_calls":false)"), "get_weather tool_calls");
    EXPECT_EQ(names(R"(,"tool_choice":"none")"), "stop");
    EXPECT_EQ(names(R"(,"tool_choice":{"type":"function","function":{"name":"get_time"}})"), "get_time stop");
    EXPECT_EQ(
        names(
            R"(,"parallel_tool_calls":false,"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"get_time"}}]}})"),
        "get_time tool_calls");
}

TEST(OpenaiTools, StreamInSlots) {
    for (int per_turn : {1, 2}) {
        service s{options{.tool_calls_per_turn = per_turn}};
        auto const events = events_of(s.handle(openai_chat(ask_tools(R"(,"stream":true)")), noon));
        std::vector<std::string> arguments(2);
        int openings = 0;
        for (auto const& event : events) {
            auto const* calls = event.at_pointer("/choices/0/delta").as_object().if_contains("tool_calls");
            if (calls == nullptr) continue;
            auto const& slot = calls->as_array().at(0).as_object();
            openings += slot.contains("id") ? 1 : 0;
            arguments.at(slot.at("index").to_number<std::size_t>()) +=
                slot.at("function").at("arguments").as_string().c_str();
        }
        EXPECT_EQ(openings, per_turn);
        EXPECT_TRUE(json::parse(arguments[0]).is_object());
        EXPECT_EQ(events.front().at_pointer("/choices/0/delta").as_object().contains("tool_calls"), per_turn == 1);
        EXPECT_EQ(events.back().at_pointer("/choices/0/finish_reason"), "tool_calls");
    }
}

TEST(AnthropicTools, AreCalledUntilThereAreResults) {
    service s{options{}};
    std::string const tools =
        R"("tools":[{"name":"get_weather","input_schema":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}])";
    std::string const question = R"({"role":"user","content":"Should I cycle in Oslo now?"})";
    auto const called = s.handle(
        anthropic_chat(R"({"model":"m","max_tokens":99,)" + tools + R"(,"messages":[)" + question + "]}"), noon);
    EXPECT_EQ(text_at(called.body, "/stop_reason"), "tool_use");
    EXPECT_EQ(text_at(called.body, "/content/0/input"), R"({"city":"Oslo"})");
    auto const streamed = events_of(s.handle(
        anthropic_chat(R"({"model":"m","stream":true,"max_tokens":99,)" + tools + R"(,"messages":[)" + question + "]}"),
        noon));
    std::string input;
    for (auto const& event : streamed)
        if (event.at("type") == "content_block_delta")
            input += event.at_pointer("/delta/partial_json").as_string().c_str();
    EXPECT_EQ(input, R"({"city":"Oslo"})");
    auto const answered =
        s.handle(anthropic_chat(R"({"model":"m","max_tokens":99,)" + tools + R"(,"messages":[)" + question +
                                R"(,{"role":"assistant","content":)" + text_at(called.body, "/content") +
                                R"(},{"role":"user","content":[{"type":"tool_result","tool_use_id":")" +
                                text_at(called.body, "/content/0/id") +
                                R"(","content":[{"type":"text","text":"4 degrees"}]}]}]})"),
                 noon);
    EXPECT_EQ(text_at(answered.body, "/stop_reason"), "end_turn");
    EXPECT_THAT(text_at(answered.body, "/content/0/text"), HasSubstr("4 degrees"));
}

TEST(Completions, FollowFromSeedAndRequest) {
    auto const say = [](std::uint64_t seed, std::string_view body) {
        service s{options{.seed = seed}};
        (void)s.handle({.method = "GET", .target = "/v1/models"}, noon);
        return text_at(s.handle(openai_chat(body), noon).body, "/choices/0/message/content");
    };
    EXPECT_EQ(say(1, openai_hello), say(1, openai_hello));
    EXPECT_NE(say(1, openai_hello), say(2, openai_hello));
    EXPECT_THAT(say(1, openai_hello), HasSubstr("Hello there, how are you"));
}

TEST(Completions, KeepToLimitsAndStops) {
    service s{options{}};
    auto const cut = s.handle(openai_chat(R"({)" COAX_USER R"(,"max_tokens":3})"), noon);
    EXPECT_EQ(text_at(cut.body, "/choices/0/finish_reason"), "length");
    EXPECT_EQ(text_at(cut.body, "/usage/completion_tokens"), "3");
    auto const stopped = s.handle(anthropic_chat(R"({)" COAX_ASK R"(,"stop_sequences":["asked"]})"), noon);
    EXPECT_EQ(text_at(stopped.body, "/stop_reason"), "stop_sequence");
    EXPECT_EQ(text_at(stopped.body, "/stop_sequence"), "asked");
    EXPECT_EQ(text_at(stopped.body, "/content/0/text"), "You ");
    auto const several = s.handle(openai_chat(R"({)" COAX_USER R"(,"n":2})"), noon);
    EXPECT_EQ(text_at(several.body, "/choices/1/index"), "1");
    EXPECT_NE(text_at(several.body, "/choices/0/message/content"), text_at(several.body, "/choices/1/message/content"));
}

TEST(Embeddings, LieNearWhereTextsShareWords) {
    service s{options{}};
    auto const out = s.handle(
        {.method = "POST",
         .target = "/v1/embeddings",
         .body =
             R"({"model":"e","input":["the red cat sleeps","the red cat eats","stock markets fell"],"dimensions":256})"},
        noon);
    auto const body = json::parse(out.body);
    auto const near = [&](std::size_t a, std::size_t b) {
        double sum = 0;
        for (std::size_t i = 0; i < 256; ++i)
            sum += body.at("data").at(a).at("embedding").at(i).to_number<double>() *
                   body.at("data").at(b).at("embedding").at(i).to_number<double>();
        return sum;
    };
    EXPECT_NEAR(near(0, 0), 1, 1e-4);
    EXPECT_GT(near(0, 1), 0.5);
    EXPECT_LT(near(0, 2), 0.3);
    EXPECT_EQ(
        s.handle({.method = "POST", .target = "/v1/embeddings", .body = R"({"model":"e","input":[]})"}, noon).status,
        400);
}

// ---- limits and faults ---------------------------------------------------------------------------------------------

class EmbeddingRefusal : public testing::TestWithParam<refusal_case> {};

TEST_P(EmbeddingRefusal, FollowsTheTable) {
    service s{options{}};
    auto const out = s.handle({.method = "POST", .target = "/v1/embeddings", .body = GetParam().body}, noon);
    EXPECT_EQ(out.status, 400) << out.body;
    EXPECT_THAT(text_at(out.body, "/error/message"), HasSubstr(GetParam().message));
    EXPECT_EQ(text_at(out.body, "/error/param"), *GetParam().param == '\0' ? "null" : GetParam().param);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, EmbeddingRefusal,
    testing::Values(refusal_case{"no_model", R"({"input":"a"})", "model parameter"},
                    refusal_case{"no_input", R"({"model":"m"})", "'input'", "input"},
                    refusal_case{"empty_input", R"({"model":"m","input":""})", "'$.input' is invalid", "input"},
                    refusal_case{"mixed_input", R"({"model":"m","input":["a",[]]})", "'$.input' is invalid", "input"},
                    refusal_case{"format", R"({"model":"m","input":"a","encoding_format":"hex"})", "Invalid",
                                 "encoding_format"},
                    refusal_case{"dimensions", R"({"model":"m","input":"a","dimensions":0})", "Invalid", "dimensions"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(RateLimits, HaveEachServicesOwnForm) {
    options const wanted{.requests_per_minute = 2, .tokens_per_minute = 100'000};
    service openai{wanted};
    EXPECT_THAT(openai.handle(openai_chat(openai_hello), noon).headers,
                HasSubstr("x-ratelimit-remaining-requests: 1\r\nx-ratelimit-reset-requests: 30s\r\n"));
    (void)openai.handle(openai_chat(openai_hello), noon);
    auto const refused = openai.handle(openai_chat(openai_hello), noon);
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(text_at(refused.body, "/error/code"), "rate_limit_exceeded");
    EXPECT_EQ(text_at(refused.body, "/error/type"), "requests");
    EXPECT_THAT(refused.headers, HasSubstr("retry-after-ms: 30000\r\nretry-after: 30\r\n"));
    EXPECT_THAT(refused.headers, HasSubstr("x-ratelimit-reset-requests: 1m0s\r\n"));
    auto later = noon;
    later.steady += 30s;
    EXPECT_EQ(openai.handle(openai_chat(openai_hello), later).status, 200);

    service azure{wanted};
    EXPECT_THAT(azure.handle(azure_chat(openai_hello), noon).headers, HasSubstr("x-ratelimit-reset-requests: 30\r\n"));
    (void)azure.handle(azure_chat(openai_hello), noon);
    EXPECT_EQ(text_at(azure.handle(azure_chat(openai_hello), noon).body, "/error/code"), "429");

    service anthropic{wanted};
    EXPECT_THAT(anthropic.handle(anthropic_chat(anthropic_hello), noon).headers,
                HasSubstr("anthropic-ratelimit-requests-reset: 2026-11-21T00:00:30Z\r\n"));
    (void)anthropic.handle(anthropic_chat(anthropic_hello), noon);
    auto const last = anthropic.handle(anthropic_chat(anthropic_hello), noon);
    EXPECT_EQ(text_at(last.body, "/error/type"), "rate_limit_error");
    EXPECT_THAT(last.headers, HasSubstr("retry-after: 30\r\n"));
}

TEST(RateLimits, RefuseAtOnceWhatCanNeverPass) {
    service s{options{.tokens_per_minute = 100}};
    auto const refused = s.handle(openai_chat(R"({)" COAX_USER R"(,"max_tokens":500})"), noon);
    EXPECT_EQ(refused.status, 429);
    EXPECT_THAT(text_at(refused.body, "/error/message"), StartsWith("Request too large"));
    EXPECT_THAT(refused.headers, testing::Not(HasSubstr("retry-after")));
}

response with_fault(fault what, std::string_view body, bool anthropic = false) {
    service s{options{.faults = {what}}};
    auto out = s.handle(anthropic ? anthropic_chat(body) : openai_chat(body), noon);
    EXPECT_EQ(s.counted().faults.at(what.kind), 1U);
    return out;
}

TEST(Faults, NameWaitsInEveryForm) {
    auto const headers = [](retry_after_form form) {
        return with_fault({.kind = fault_kind::rate_limited, .retry_after = form, .wait = 1500ms}, openai_hello)
            .headers;
    };
    EXPECT_THAT(headers(retry_after_form::seconds), HasSubstr("retry-after: 2\r\n"));
    EXPECT_THAT(headers(retry_after_form::milliseconds), HasSubstr("retry-after-ms: 1500\r\n"));
    EXPECT_THAT(headers(retry_after_form::http_date), HasSubstr("retry-after: Sat, 21 Nov 2026 00:00:02 GMT\r\n"));
    EXPECT_THAT(headers(retry_after_form::none), testing::Not(HasSubstr("retry-after")));
}

struct status_case {
    int status;
    char const* openai;  ///< The error's type.
    char const* anthropic;
};
void PrintTo(status_case const& row, std::ostream* out) { *out << row.status; }
class StatusFault : public testing::TestWithParam<status_case> {};

TEST_P(StatusFault, HasTheErrorOfEachService) {
    service s{options{.faults = {{.kind = fault_kind::http_status, .http_status = GetParam().status}}}};
    auto const openai = s.handle(openai_chat(openai_hello), noon);
    EXPECT_EQ(openai.status, GetParam().status);
    EXPECT_EQ(text_at(openai.body, "/error/type"), GetParam().openai);
    auto const anthropic = s.handle(anthropic_chat(anthropic_hello), noon);
    EXPECT_EQ(anthropic.status, GetParam().status);
    EXPECT_EQ(text_at(anthropic.body, "/error/type"), GetParam().anthropic);
}

INSTANTIATE_TEST_SUITE_P(Rows, StatusFault,
                         testing::Values(status_case{400, "invalid_request_error", "invalid_request_error"},
                                         status_case{401, "invalid_request_error", "authentication_error"},
                                         status_case{402, "invalid_request_error", "billing_error"},
                                         status_case{403, "invalid_request_error", "permission_error"},
                                         status_case{404, "invalid_request_error", "not_found_error"},
                                         status_case{409, "invalid_request_error", "conflict_error"},
                                         status_case{413, "invalid_request_error", "request_too_large"},
                                         status_case{429, "requests", "rate_limit_error"},
                                         status_case{500, "server_error", "api_error"},
                                         status_case{503, "server_error", "api_error"},
                                         status_case{504, "server_error", "timeout_error"},
                                         status_case{529, "server_error", "overloaded_error"}),
                         [](auto const& row) { return "status_" + std::to_string(row.param.status); });

TEST(Faults, HaveEachServicesStatus) {
    EXPECT_EQ(with_fault({.kind = fault_kind::overloaded}, openai_hello).status, 503);
    auto const out = with_fault({.kind = fault_kind::overloaded}, anthropic_hello, true);
    EXPECT_EQ(out.status, 529);
    EXPECT_EQ(text_at(out.body, "/error/type"), "overloaded_error");
    EXPECT_EQ(with_fault({.kind = fault_kind::http_status, .http_status = 418}, openai_hello).status, 418);
}

TEST(Faults, NameWhatNoWaitEnds) {
    auto const quota = with_fault({.kind = fault_kind::quota_exhausted}, openai_hello);
    EXPECT_EQ(quota.status, 429);
    EXPECT_EQ(text_at(quota.body, "/error/code"), "insufficient_quota");
    EXPECT_THAT(quota.headers, testing::Not(HasSubstr("retry-after")));
    auto const spend = with_fault({.kind = fault_kind::quota_exhausted}, anthropic_hello, true);
    EXPECT_EQ(text_at(spend.body, "/error/details/error_code"), "enforced_spend_limit_reached");
    EXPECT_THAT(spend.headers, testing::Not(HasSubstr("retry-after")));
    EXPECT_EQ(text_at(with_fault({.kind = fault_kind::context_too_long}, openai_hello).body, "/error/code"),
              "context_length_exceeded");
    EXPECT_EQ(with_fault({.kind = fault_kind::context_too_long}, anthropic_hello, true).status, 400);
}

TEST(Faults, MakeArgumentsOverlongToo) {
    auto const out = with_fault({.kind = fault_kind::overlong, .at_byte = 5000}, ask_tools());
    auto const arguments = text_at(out.body, "/choices/0/message/tool_calls/0/function/arguments");
    EXPECT_EQ(arguments.size(), 5000U);
    EXPECT_TRUE(json::parse(arguments).is_object());
}

TEST(Faults, ChangeTheCompletion) {
    std::string const route =
        R"({)" COAX_USER
        R"(,"response_format":{"type":"json_schema","json_schema":{"name":"X","schema":{"type":"object","properties":{"n":{"type":"integer","minimum":1,"maximum":2}},"required":["n"],"additionalProperties":false}}}})";
    auto const schema = json::parse(
        R"({"type":"object","properties":{"n":{"type":"integer","minimum":1,"maximum":2}},"required":["n"],"additionalProperties":false})");
    auto const content = [&](fault what) {
        return text_at(with_fault(what, route).body, "/choices/0/message/content");
    };
    EXPECT_NE(test::schema_check{schema}(json::parse(content({.kind = fault_kind::schema_violation}))), "");
    EXPECT_EQ(content({.kind = fault_kind::refusal}), "null");
    EXPECT_GT(content({.kind = fault_kind::overlong, .at_byte = 5000}).size(), 4999U);
    boost::system::error_code failure;
    (void)json::parse(content({.kind = fault_kind::length}), failure);
    EXPECT_TRUE(failure);
    (void)json::parse(with_fault({.kind = fault_kind::malformed_json}, route).body, failure);
    EXPECT_TRUE(failure);
    EXPECT_EQ(text_at(with_fault({.kind = fault_kind::refusal}, route).body, "/choices/0/message/refusal"),
              "I'm sorry, but I can't help with that.");
    EXPECT_EQ(text_at(with_fault({.kind = fault_kind::length}, route).body, "/choices/0/finish_reason"), "length");
    EXPECT_EQ(text_at(with_fault({.kind = fault_kind::refusal}, anthropic_hello, true).body, "/stop_reason"),
              "refusal");
    EXPECT_EQ(text_at(with_fault({.kind = fault_kind::content_filter}, openai_hello).body, "/choices/0/finish_reason"),
              "content_filter");
}

TEST(Faults, BlockThePromptAsAzureDoes) {
    service s{options{.faults = {{.kind = fault_kind::content_filter}}}};
    auto const out = s.handle(azure_chat(openai_hello), noon);
    EXPECT_EQ(out.status, 400);
    EXPECT_EQ(text_at(out.body, "/error/code"), "content_filter");
    EXPECT_EQ(text_at(out.body, "/error/innererror/code"), "ResponsibleAIPolicyViolation");
    EXPECT_EQ(text_at(out.body, "/error/innererror/content_filter_result/hate/filtered"), "true");
}

TEST(Faults, EndStreamsWithAnError) {
    auto const openai = with_fault({.kind = fault_kind::stream_error}, with_stream(openai_hello));
    EXPECT_THAT(openai.pieces.back(), StartsWith("data: {\"error\":{"));
    auto const anthropic = with_fault({.kind = fault_kind::stream_error}, with_stream(anthropic_hello), true);
    EXPECT_THAT(anthropic.pieces.back(), StartsWith("event: error\ndata: {\"type\":\"error\""));
    EXPECT_EQ(with_fault({.kind = fault_kind::stream_error}, openai_hello).status, 500);
}

// ---- delivery ------------------------------------------------------------------------------------------------------

std::string all_bytes(delivery const& plan) {
    std::string bytes;
    for (auto const& part : plan.segments) bytes += part.bytes;
    return bytes;
}

response small() { return {.body = "0123456789"}; }

response small(fault what) {
    auto out = small();
    out.fault = what;
    return out;
}

TEST(Delivery, FramesByLengthOrInChunks) {
    auto const whole = deliver(small(), {.date = "D"});
    EXPECT_EQ(all_bytes(whole),
              "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n0123456789");
    EXPECT_EQ(whole.then, connection_end::keep);
    auto const chunked = deliver({.pieces = {"ab", "cde"}, .chunked = true}, {});
    EXPECT_THAT(all_bytes(chunked),
                testing::EndsWith("Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"));
    EXPECT_EQ(chunked.segments.size(), 1U);
    auto const paced = deliver({.pieces = {"ab", "cde"}, .chunked = true, .between_pieces = 5ms}, {});
    EXPECT_EQ(paced.segments.size(), 2U);
    EXPECT_EQ(paced.segments[1].pause, 5ms);
    EXPECT_EQ(all_bytes(paced), all_bytes(chunked));
    EXPECT_THAT(all_bytes(deliver({.pieces = {"ab", "cde"}, .chunked = true}, {.http_1_0 = true})),
                testing::EndsWith("Content-Length: 5\r\n\r\nabcde"));
}

TEST(Delivery, AppliesFaults) {
    auto const whole = all_bytes(deliver(small(), {}));
    auto const reset = deliver(small({.kind = fault_kind::reset, .at_byte = 20}), {});
    EXPECT_EQ(all_bytes(reset), whole.substr(0, 20));
    EXPECT_EQ(reset.then, connection_end::reset);
    EXPECT_TRUE(deliver(small({.kind = fault_kind::reset}), {}).segments.empty());
    auto const truncated = deliver(small({.kind = fault_kind::truncated_body}), {});
    EXPECT_EQ(all_bytes(truncated), whole.substr(0, whole.size() - 5));
    EXPECT_EQ(truncated.then, connection_end::cut);
    EXPECT_EQ(deliver(small({.kind = fault_kind::stall}), {}).then, connection_end::stall);
    EXPECT_EQ(deliver(small({.kind = fault_kind::close_before_response}), {}).then, connection_end::cut);
    auto const slow = deliver(small({.kind = fault_kind::slow, .wait = 1ms}), {});
    EXPECT_EQ(all_bytes(slow), whole);
    EXPECT_GT(slow.segments.size(), 10U);
    EXPECT_LE(deliver(small({.kind = fault_kind::slow, .wait = 10ms}), {.longest = 30ms}).segments.size(), 3U);
}

struct duration_case {
    std::chrono::nanoseconds span;
    char const* text;
};
void PrintTo(duration_case const& row, std::ostream* out) { *out << row.text; }
class ShortDuration : public testing::TestWithParam<duration_case> {};

TEST_P(ShortDuration, ReadsAsTheServiceWritesIt) { EXPECT_EQ(short_duration(GetParam().span), GetParam().text); }

INSTANTIATE_TEST_SUITE_P(Rows, ShortDuration,
                         testing::Values(duration_case{0ns, "0ms"}, duration_case{1ns, "1ms"},
                                         duration_case{20ms, "20ms"}, duration_case{1s, "1s"},
                                         duration_case{1500ms, "1.5s"}, duration_case{1020ms, "1.02s"},
                                         duration_case{6min, "6m0s"}, duration_case{3723s, "1h2m3s"}));

}  // namespace
}  // namespace coax::sim::detail
