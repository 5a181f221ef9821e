// The simulated Responses API.
#include "sim/service.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <ostream>

namespace coax::sim::detail {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

moment const midday{.steady = std::chrono::steady_clock::time_point{1h},
                    .system = std::chrono::system_clock::time_point{std::chrono::seconds{1'795'219'200}}};

response ask(service& of, std::string_view body, std::string_view target = "/v1/responses") {
    return of.handle({.method = "POST", .target = target, .body = body}, midday);
}
response fetch(service& of, std::string_view method, std::string const& target, moment when = midday) {
    return of.handle({.method = method, .target = target}, when);
}

std::string value_at(std::string const& body, std::string_view pointer) {
    boost::system::error_code missing;
    auto const value = json::parse(body);
    auto const* found = value.find_pointer(json::string_view{pointer.data(), pointer.size()}, missing);
    if (found == nullptr) return "(none)";
    return found->is_string() ? std::string{found->as_string().c_str()} : json::serialize(*found);
}

/// A request for `input` with further members.
std::string asking(std::string_view input, std::string_view more = {}) {
    return R"({"model":"m","input":)" + std::string{input} + std::string{more} + "}";
}
std::string items(std::string_view list, std::string_view more = {}) {
    return asking("[" + std::string{list} + "]", more);
}
constexpr std::string_view hello = R"("Hello there, how are you?")";
constexpr std::string_view weather_tool =
    R"(,"tools":[{"type":"function","name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false},"strict":true}])";

// ---- what is refused ----

struct refused_case {
    char const* name;
    std::string body;
    char const* message;  ///< Part of it; empty: not refused.
    char const* param{"null"};
    int status{400};
};
void PrintTo(refused_case const& row, std::ostream* out) { *out << row.name; }
class ResponsesRefusal : public testing::TestWithParam<refused_case> {};

TEST_P(ResponsesRefusal, FollowsTheTable) {
    service s{options{}};
    auto const out = ask(s, GetParam().body);
    if (*GetParam().message == '\0') {
        EXPECT_EQ(out.status, 200) << out.body;
        return;
    }
    EXPECT_EQ(out.status, GetParam().status) << out.body;
    EXPECT_THAT(value_at(out.body, "/error/message"), HasSubstr(GetParam().message));
    EXPECT_EQ(value_at(out.body, "/error/type"), "invalid_request_error");
    EXPECT_EQ(value_at(out.body, "/error/param"), GetParam().param);
}

constexpr std::string_view a_call = R"({"type":"function_call","call_id":"c1","name":"f","arguments":"{}"})";
std::string answered(std::string_view output) { return std::string{a_call} + "," + std::string{output}; }

INSTANTIATE_TEST_SUITE_P(
    Rows, ResponsesRefusal,
    testing::Values(
        refused_case{"not_an_object", "[]", "must be a JSON object"},
        refused_case{"no_model", R"({"input":"x"})", "Missing required parameter: 'model'", "model"},
        refused_case{"no_input", R"({"model":"m"})", "'input'", "input"},
        refused_case{"empty_input", items(""), "'input'", "input"},
        refused_case{"unknown_field", asking(hello, R"(,"novel":1)"), "Unknown parameter: 'novel'.", "novel"},
        refused_case{"messages_of_chat_completions", R"({"model":"m","messages":[]})", "has moved to 'input'"},
        refused_case{"format_of_chat_completions", asking(hello, R"(,"response_format":{})"), "moved to 'text.format'"},
        refused_case{"small_limit", asking(hello, R"(,"max_output_tokens":15)"), "Expected a value >= 16",
                     "max_output_tokens"},
        refused_case{"hot", asking(hello, R"(,"temperature":2.5)"), "between 0 and 2", "temperature"},
        refused_case{"temperature_of_reasoning_model", R"({"model":"gpt-5","input":"x","temperature":0.2})",
                     "Unsupported value", "temperature"},
        refused_case{"reasoning_of_another", R"({"model":"gpt-4.1","input":"x","reasoning":{"effort":"low"}})",
                     "not supported with this model", "reasoning.effort"},
        refused_case{"effort", asking(hello, R"(,"reasoning":{"effort":"lots"})"), "'lots'", "reasoning.effort"},
        refused_case{"member_of_reasoning", asking(hello, R"(,"reasoning":{"depth":1})"),
                     "Unknown parameter: 'reasoning.depth'.", "reasoning.depth"},
        refused_case{"store_as_text", asking(hello, R"(,"store":"no")"), "expected a boolean", "store"},
        refused_case{"include", asking(hello, R"(,"include":["everything"])"), "'everything'", "include[0]"},
        refused_case{"include_of_another_model",
                     R"({"model":"gpt-4o","input":"x","include":["reasoning.encrypted_content"]})",
                     "Encrypted content is not supported", "include"},
        refused_case{"usage_in_stream_options",
                     asking(hello, R"(,"stream":true,"stream_options":{"include_usage":true})"),
                     "Unknown parameter: 'stream_options.include_usage'.", "stream_options.include_usage"},
        refused_case{"stream_options_alone", asking(hello, R"(,"stream_options":{})"), "only allowed when 'stream'",
                     "stream_options"},
        refused_case{"tool_of_chat_completions",
                     asking(hello, R"(,"tools":[{"type":"function","function":{"name":"f"}}])"),
                     "Missing required parameter: 'tools[0].name'.", "tools[0].name"},
        refused_case{"member_of_a_tool", asking(hello, R"(,"tools":[{"type":"function","name":"f","novel":1}])"),
                     "Unknown parameter: 'tools[0].novel'.", "tools[0].novel"},
        refused_case{
            "strict_tool",
            asking(
                hello,
                R"(,"tools":[{"type":"function","name":"f","strict":true,"parameters":{"type":"object","properties":{}}}])"),
            "Invalid schema for function 'f'", "tools[0].parameters"},
        refused_case{"choice_of_unknown_tool",
                     asking(hello, std::string{weather_tool} + R"(,"tool_choice":{"type":"function","name":"b"})"),
                     "not found in 'tools'", "tool_choice"},
        refused_case{"format_without_name",
                     asking(hello, R"(,"text":{"format":{"type":"json_schema","schema":{"type":"object"}}})"),
                     "'text.format.name'", "text.format.name"},
        refused_case{"format_as_in_chat_completions",
                     asking(hello, R"(,"text":{"format":{"type":"json_schema","json_schema":{}}})"),
                     "Unknown parameter: 'text.format.json_schema'.", "text.format.json_schema"},
        refused_case{
            "strict_schema",
            asking(
                hello,
                R"(,"text":{"format":{"type":"json_schema","name":"X","strict":true,"schema":{"type":"object","properties":{}}}})"),
            "Invalid schema for response_format 'X'", "text.format.schema"},
        refused_case{"verbosity", asking(hello, R"(,"text":{"verbosity":"loud"})"), "'loud'", "text.verbosity"},
        refused_case{"part_of_chat_completions", items(R"({"role":"user","content":[{"type":"text","text":"x"}]})"),
                     "Supported values are: 'input_text'", "input[0].content[0]"},
        refused_case{"input_part_of_the_assistant",
                     items(R"({"role":"assistant","content":[{"type":"input_text","text":"x"}]})"),
                     "Supported values are: 'output_text', and 'refusal'", "input[0].content[0]"},
        refused_case{"image_without_detail",
                     items(R"({"role":"user","content":[{"type":"input_image","image_url":"https://x"}]})"), "detail",
                     "input[0].content[0].detail"},
        refused_case{
            "image_as_in_chat_completions",
            items(R"({"role":"user","content":[{"type":"input_image","detail":"auto","image_url":{"url":"x"}}]})"),
            "expected an image URL, but got an object", "input[0].content[0].image_url"},
        refused_case{"name_of_a_message", items(R"({"role":"user","name":"n","content":"x"})"),
                     "Unknown parameter: 'input[0].name'.", "input[0].name"},
        refused_case{"role", items(R"({"role":"bard","content":"x"})"), "'bard'", "input[0].role"},
        refused_case{"item", items(R"({"type":"novel"})"), "'novel'", "input[0]"},
        refused_case{"unanswered_call", items(a_call), "No tool output found for function call c1.", "input"},
        refused_case{"stray_output", items(R"({"type":"function_call_output","call_id":"c9","output":"x"})"),
                     "No tool call found for function call output with call_id c9.", "input"},
        refused_case{"output_as_object",
                     items(answered(R"({"type":"function_call_output","call_id":"c1","output":{}})")),
                     "Invalid type for 'input[1].output'", "input[1].output"},
        refused_case{"arguments_as_object",
                     items(R"({"type":"function_call","call_id":"c1","name":"f","arguments":{}})"), "expected a string",
                     "input[0].arguments"},
        refused_case{"foreign_reasoning", items(R"({"type":"reasoning","id":"rs_1","summary":[]})"),
                     "Items are not persisted when `store` is set to false", "input", 404},
        refused_case{"forged_reasoning",
                     items(R"({"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"x"})"),
                     "could not be verified"},
        refused_case{"previous_response", asking(hello, R"(,"previous_response_id":"resp_0")"),
                     "Previous response with id 'resp_0' not found.", "previous_response_id"},
        refused_case{"two_histories", asking(hello, R"(,"conversation":"conv_1","previous_response_id":null)"), ""},
        refused_case{"window_without_background", asking(hello, R"(,"background_options":{"completion_window":"2h"})"),
                     "background", "background_options"},
        refused_case{
            "answered_call",
            items(answered(
                R"({"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"4"}]})")),
            ""},
        refused_case{
            "all_that_is_known",
            asking(
                hello,
                R"(,"instructions":"Be brief.","max_output_tokens":500,"temperature":1,"top_p":1,"metadata":{"a":"b"},"user":"u","store":false,)"
                R"("reasoning":{"effort":"low","summary":"auto"},"text":{"verbosity":"low","format":{"type":"text"}},"truncation":"auto","service_tier":"flex",)"
                R"("parallel_tool_calls":true,"include":["reasoning.encrypted_content"],"prompt_cache_key":"k","safety_identifier":"s","top_logprobs":0)"),
            ""}),
    [](auto const& row) { return std::string(row.param.name); });

// ---- responses ----

std::vector<json::value> events_in(response const& out) {
    std::vector<json::value> events;
    for (auto const& piece : out.pieces) events.push_back(json::parse(piece.substr(piece.find("data: ") + 6)));
    return events;
}

TEST(ResponsesStream, EqualsTheWholeResponse) {
    service s{options{}};
    auto const whole = ask(s, asking(hello, R"(,"reasoning":{"effort":"low","summary":"auto"})"));
    auto const streamed = ask(s, asking(hello, R"(,"stream":true,"reasoning":{"effort":"low","summary":"auto"})"));
    auto const events = events_in(streamed);
    ASSERT_GT(events.size(), 10U);
    std::string text;
    std::string summary;
    for (std::size_t i = 0; i < events.size(); ++i) {
        EXPECT_EQ(events[i].at("sequence_number").to_number<std::size_t>(), i);
        EXPECT_THAT(streamed.pieces[i],
                    HasSubstr("event: " + std::string{events[i].at("type").as_string().c_str()} + "\n"));
        if (events[i].at("type") == "response.output_text.delta") text += events[i].at("delta").as_string().c_str();
        if (events[i].at("type") == "response.reasoning_summary_text.delta")
            summary += events[i].at("delta").as_string().c_str();
    }
    EXPECT_EQ(events.front().at("type"), "response.created");
    EXPECT_EQ(events.back().at("type"), "response.completed");
    auto const last = json::serialize(events.back().at("response"));
    EXPECT_EQ(text, value_at(whole.body, "/output/1/content/0/text"));
    EXPECT_EQ(text, value_at(last, "/output/1/content/0/text"));
    EXPECT_EQ(summary, value_at(whole.body, "/output/0/summary/0/text"));
    EXPECT_EQ(value_at(last, "/usage"), value_at(whole.body, "/usage"));
    EXPECT_EQ(value_at(whole.body, "/usage/output_tokens_details/reasoning_tokens"), "16");
}

TEST(ResponsesTools, AreCalledUntilThereAreResults) {
    service s{options{}};
    std::string const question = R"({"role":"user","content":"Should I cycle in Oslo now?"})";
    std::string const more = std::string{weather_tool} + R"(,"reasoning":{"effort":"low"})";
    auto const called = ask(s, items(question, more));
    EXPECT_EQ(value_at(called.body, "/output/1/arguments"), R"({"city":"Oslo"})");
    auto const call_id = value_at(called.body, "/output/1/call_id");
    auto const thought = value_at(called.body, "/output/0");
    auto const call = value_at(called.body, "/output/1");
    auto const result = R"({"type":"function_call_output","call_id":")" + call_id + R"(","output":"4 degrees"})";
    auto const answered_body = ask(s, items(question + "," + thought + "," + call + "," + result, more)).body;
    EXPECT_THAT(value_at(answered_body, "/output/1/content/0/text"), HasSubstr("4 degrees"));
    // What the model thought belongs to what it did.
    EXPECT_THAT(ask(s, items(question + "," + call + "," + result, more)).body,
                HasSubstr("provided without its required 'reasoning' item"));
    EXPECT_THAT(ask(s, items(question + "," + thought, more)).body, HasSubstr("without its required following item"));
    auto const next =
        ask(s, items(result, more + R"(,"previous_response_id":")" + value_at(called.body, "/id") + "\""));
    EXPECT_THAT(value_at(next.body, "/output/1/content/0/text"), HasSubstr("4 degrees")) << next.body;
}

TEST(ResponsesReasoning, GoesBackEncryptedWhereNothingIsKept) {
    service s{options{}};
    std::string const more = R"(,"store":false,"reasoning":{"effort":"low"},"include":["reasoning.encrypted_content"])";
    auto const first = ask(s, asking(hello, more));
    auto const said = value_at(first.body, "/output/0") + "," + value_at(first.body, "/output/1");
    auto const user = R"(,{"role":"user","content":"And then?"})";
    EXPECT_EQ(ask(s, items(said + user, more)).status, 200);
    auto const bare = ask(s, asking(hello, R"(,"store":false,"reasoning":{"effort":"low"})"));
    EXPECT_EQ(ask(s, items(value_at(bare.body, "/output/0") + "," + value_at(bare.body, "/output/1") + user)).status,
              404);
}

TEST(ResponsesLimit, MayBeSpentOnReasoning) {
    service s{options{}};
    auto const starved = ask(s, asking(hello, R"(,"max_output_tokens":16,"reasoning":{"effort":"high"})"));
    EXPECT_EQ(value_at(starved.body, "/status"), "incomplete");
    EXPECT_EQ(value_at(starved.body, "/incomplete_details/reason"), "max_output_tokens");
    EXPECT_EQ(value_at(starved.body, "/output/1"), "(none)");
}

// ---- what is kept ----

TEST(KeptResponses, AreShownContinuedAndDeleted) {
    service s{options{}};
    auto const first = ask(s, asking(hello));
    auto const target = "/v1/responses/" + value_at(first.body, "/id");
    EXPECT_EQ(fetch(s, "GET", target).body, first.body);
    EXPECT_EQ(value_at(fetch(s, "DELETE", target).body, "/deleted"), "true");
    EXPECT_EQ(fetch(s, "GET", target).status, 404);
    EXPECT_EQ(fetch(s, "DELETE", target).status, 404);
    auto const streamed = ask(s, asking(hello, R"(,"stream":true)"));
    auto const id = value_at(json::serialize(events_in(streamed).back().at("response")), "/id");
    EXPECT_EQ(fetch(s, "GET", "/v1/responses/" + id).status, 200);
    auto const unkept = ask(s, asking(hello, R"(,"store":false)"));
    EXPECT_EQ(fetch(s, "GET", "/v1/responses/" + value_at(unkept.body, "/id")).status, 404);
    EXPECT_THAT(ask(s, "{}", "/v1/responses/" + id + "/cancel").body,
                HasSubstr("Cannot cancel a synchronous response"));
    EXPECT_EQ(ask(s, asking(hello), "/v1/responses/" + id).status, 405);
}

TEST(BackgroundResponses, AreQueuedThenRunThenEnd) {
    service s{options{.latency = {.first_byte = 100ms}}};
    auto const begun = ask(s, asking(hello, R"(,"background":true)"));
    EXPECT_EQ(begun.first_byte, 0ns);
    EXPECT_EQ(value_at(begun.body, "/status"), "queued");
    EXPECT_EQ(value_at(begun.body, "/output"), "[]");
    auto const target = "/v1/responses/" + value_at(begun.body, "/id");
    auto const later = [](auto wait) { return moment{.steady = midday.steady + wait, .system = midday.system}; };
    EXPECT_EQ(value_at(fetch(s, "GET", target, later(10ms)).body, "/status"), "in_progress");
    auto const ended = fetch(s, "GET", target, later(200ms)).body;
    EXPECT_EQ(value_at(ended, "/status"), "completed");
    EXPECT_THAT(value_at(ended, "/output/0/content/0/text"), HasSubstr("Hello there"));
    auto const other = ask(s, asking(hello, R"(,"background":true)"));
    auto const other_target = "/v1/responses/" + value_at(other.body, "/id");
    EXPECT_EQ(value_at(ask(s, "", other_target + "/cancel").body, "/status"), "cancelled");
    EXPECT_EQ(value_at(fetch(s, "GET", other_target, later(200ms)).body, "/status"), "cancelled");
}

TEST(Responses, AreServedByAzureAsWell) {
    service s{options{}};
    auto const out = ask(s, asking(hello), "/openai/v1/responses");
    EXPECT_EQ(value_at(out.body, "/content_filters/0/blocked"), "false");
    EXPECT_EQ(ask(s, asking(hello), "/openai/responses?api-version=2025-04-01-preview").status, 200);
    EXPECT_EQ(value_at(ask(s, asking(hello), "/v1/responses/input_tokens").body, "/object"), "response.input_tokens");
}

}  // namespace
}  // namespace coax::sim::detail
