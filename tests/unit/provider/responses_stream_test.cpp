// What only streams of the Responses wire do; what all streams must do is in stream_test.cpp.
#include "unit/provider/support.hpp"

#include <ostream>

namespace coax {
namespace {

using test::as_events;
using test::describe;
using test::make;
using test::run_stream;

struct events_case {
    char const* name;
    std::vector<std::string_view> events;
    std::string expected;
    std::string raw{};
};
void PrintTo(events_case const& row, std::ostream* out) { *out << row.name; }
class ResponsesEvents : public testing::TestWithParam<events_case> {};

TEST_P(ResponsesEvents, AddUpToTheResponse) {
    auto const out = run_stream(*make("openai/responses"), as_events(GetParam().events));
    ASSERT_TRUE(out.response) << out.response.error();
    EXPECT_EQ(describe(*out.response), GetParam().expected + " usage=0/0 id=i model=" + GetParam().raw);
    EXPECT_EQ(out.shown, out.response->text + out.response->refusal);
    EXPECT_EQ(out.hidden, out.response->reasoning);
}

constexpr std::string_view completed = R"({"type":"response.completed","response":{"id":"i","output":[]}})";

INSTANTIATE_TEST_SUITE_P(
    Rows, ResponsesEvents,
    testing::Values(
        events_case{"refusal",
                    {R"({"type":"response.refusal.delta","delta":"I'm"})",
                     R"({"type":"response.refusal.delta","delta":" sorry"})", completed},
                    "text= finish=refusal refusal=I'm sorry"},
        events_case{
            "rest_of_the_text",
            {R"({"type":"response.output_text.delta","delta":"a"})",
             R"({"type":"response.completed","response":{"id":"i","output":[{"type":"message","content":[{"text":"ab"}]}]}})"},
            "text=ab finish=stop"},
        events_case{
            "other_text_than_shown",
            {R"({"type":"response.output_text.delta","delta":"x"})",
             R"({"type":"response.completed","response":{"id":"i","output":[{"type":"message","content":[{"text":"ab"}]}]}})"},
            "text=x finish=stop"},
        events_case{"parts_of_a_summary",
                    {R"({"type":"response.reasoning_summary_text.delta","summary_index":0,"delta":"A"})",
                     R"({"type":"response.reasoning_summary_text.delta","summary_index":1,"delta":"B"})",
                     R"({"type":"response.reasoning_summary_text.delta","summary_index":1,"delta":"C"})",
                     R"({"type":"response.reasoning_text.delta","content_index":0,"delta":"D"})", completed},
                    "text= finish=stop reasoning=A\n\nBC\n\nD"},
        events_case{
            "summary_at_the_end",
            {R"({"type":"response.reasoning_summary_text.delta","summary_index":0,"delta":"A"})",
             R"({"type":"response.completed","response":{"id":"i","output":[{"type":"reasoning","summary":[{"text":"A"},{"text":"B"}]}]}})"},
            "text= finish=stop reasoning=A\n\nB",
            " raw={\"output\":[{\"type\":\"reasoning\",\"summary\":[{\"text\":\"A\"},"
            "{\"text\":\"B\"}]}]}"},
        events_case{
            "limit",
            {R"({"type":"response.output_text.delta","delta":"a"})",
             R"({"type":"response.incomplete","response":{"id":"i","incomplete_details":{"reason":"max_output_tokens"}}})"},
            "text=a finish=length"},
        events_case{
            "filter",
            {R"({"type":"response.output_text.delta","delta":"a"})",
             R"({"type":"response.incomplete","response":{"id":"i","incomplete_details":{"reason":"content_filter"}}})"},
            "text=a finish=content_filter"},
        events_case{
            "tools_of_the_service",
            {R"({"type":"response.web_search_call.searching","output_index":0,"item_id":"ws_1"})",
             R"({"type":"response.code_interpreter_call_code.delta","delta":"import os"})",
             R"({"type":"response.output_item.done","output_index":0,"item":{"type":"web_search_call","id":"ws_1"}})",
             completed},
            "text= finish=stop",
            R"( raw={"output":[{"type":"web_search_call","id":"ws_1"}]})"},
        events_case{
            "custom_tool",
            {R"({"type":"response.output_item.added","item":{"type":"custom_tool_call","call_id":"c","name":"sql","input":""}})",
             R"({"type":"response.custom_tool_call_input.delta","delta":"SEL"})",
             R"({"type":"response.output_item.done","item":{"type":"custom_tool_call","call_id":"c","name":"sql","input":"SELECT"}})",
             completed},
            "text= call=c,sql,SELECT finish=tool_calls",
            R"( raw={"output":[{"type":"custom_tool_call","call_id":"c","name":"sql","input":"SELECT"}]})"},
        events_case{"done_after_the_end", {completed, "[DONE]"}, "text= finish=stop"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ResponsesStream, GrowsWhileArgumentsAreWritten) {
    auto const decoder = make("openai/responses")->decode_stream({}, test::test_time);
    chat_delta delta;
    ASSERT_TRUE(decoder->feed({.data = R"({"type":"response.function_call_arguments.delta","delta":"{\"a"})"}, delta));
    EXPECT_EQ(decoder->content_bytes(), 3U);
    EXPECT_TRUE(delta.text.empty());
    ASSERT_TRUE(decoder->feed({.data = R"({"type":"response.in_progress"})"}, delta));
    EXPECT_EQ(decoder->content_bytes(), 3U);
    EXPECT_FALSE(decoder->complete());
}

TEST(ResponsesStream, ShowsCallsWhileTheyAreWritten) {
    auto const decoder = make("openai/responses")->decode_stream({}, test::test_time);
    std::vector<tool_call> shown;
    for (
        auto const* event :
        {R"({"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","call_id":"c","name":"f"}})",
         R"({"type":"response.function_call_arguments.delta","output_index":1,"delta":"[1"})",
         R"({"type":"response.function_call_arguments.delta","output_index":1,"delta":",2]"})"}) {
        chat_delta delta;
        ASSERT_TRUE(decoder->feed({.data = event}, delta));
        shown.insert(shown.end(), delta.tool_calls.begin(), delta.tool_calls.end());
    }
    EXPECT_EQ(shown, (std::vector<tool_call>{{.id = "c", .name = "f"},
                                             {.id = "c", .name = "f", .arguments = "[1"},
                                             {.id = "c", .name = "f", .arguments = ",2]"}}));
}

TEST(ResponsesStream, TellsWhatAFailureCost) {
    auto const out = run_stream(
        *make("openai/responses"),
        as_events(
            {R"({"type":"response.failed","response":{"error":{"code":"server_error","message":"x"},"usage":{"input_tokens":9,"output_tokens":2}}})"}));
    ASSERT_FALSE(out.response);
    EXPECT_EQ(out.response.error().code, errc::server_error);
    EXPECT_EQ(out.counted.input_tokens, 9);
}

}  // namespace
}  // namespace coax
