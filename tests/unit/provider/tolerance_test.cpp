#include "unit/provider/support.hpp"

#include <ostream>

namespace coax {
namespace {

using test::as_events;
using test::describe;
using test::make;
using test::ok;
using test::run_stream;
using test::test_time;

// --- whole responses that are not quite what was promised ---

struct odd_case {
    char const* name;
    std::string service;
    std::string body;
    std::string expected;
};
void PrintTo(odd_case const& row, std::ostream* out) { *out << row.name; }
class OddResponse : public testing::TestWithParam<odd_case> {};

TEST_P(OddResponse, IsReadAllTheSame) {
    auto const response = make(GetParam().service)->decode(ok(GetParam().body), test_time);
    ASSERT_TRUE(response) << response.error();
    EXPECT_EQ(describe(*response), GetParam().expected);
}

/// A chat completion with other members than usual.
std::string completion(std::string_view members, std::string_view message = R"("content":"x")") {
    std::string body{R"({"choices":[{"message":{)"};
    return body.append(message).append(R"(},"finish_reason":"stop"}])").append(members).append("}");
}

INSTANTIATE_TEST_SUITE_P(
    Rows, OddResponse,
    testing::Values(
        odd_case{
            "numeric_ids", "compatible",
            R"({"id":12345,"choices":[{"message":{"tool_calls":[{"id":9,"function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]})",
            "text= call=9,f,{} finish=tool_calls usage=0/0 id=12345 model="},
        odd_case{"usage_as_text", "openai", completion(R"(,"usage":"none")"),
                 "text=x finish=stop usage=0/0 id= model="},
        odd_case{"counts_as_text", "openai", completion(R"(,"usage":{"prompt_tokens":"7","completion_tokens":2.0})"),
                 "text=x finish=stop usage=7/2 id= model="},
        odd_case{"counts_below_zero", "openai", completion(R"(,"usage":{"prompt_tokens":-1,"completion_tokens":2})"),
                 "text=x finish=stop usage=0/2 id= model="},
        odd_case{"index_as_text", "openai",
                 R"({"choices":[{"index":"0","message":{"content":"x"},"finish_reason":"stop"}]})",
                 "text=x finish=stop usage=0/0 id= model="},
        odd_case{"tool_calls_as_object", "openai", completion("", R"("content":"x","tool_calls":{})"),
                 "text=x finish=stop usage=0/0 id= model="},
        odd_case{"refusal_false", "openai", completion("", R"("content":"x","refusal":false)"),
                 "text=x finish=stop usage=0/0 id= model="},
        odd_case{"nan_in_logprobs", "openai", completion(R"(,"logprobs":[NaN,-Infinity])"),
                 "text=x finish=stop usage=0/0 id= model="},
        odd_case{"lone_surrogate", "openai", completion("", R"("content":"a\ud83d!")"),
                 "text=a\xEF\xBF\xBD! finish=stop usage=0/0 id= model="},
        odd_case{"bad_utf8", "openai", completion("", "\"content\":\"a\xFF!\""),
                 "text=a\xEF\xBF\xBD! finish=stop usage=0/0 id= model="},
        odd_case{"bad_utf8_beside_parts", "openai", completion("", "\"content\":[\"a\xFF\",{\"text\":\"b\"}]"),
                 "text=a\xEF\xBF\xBD\x62 finish=stop usage=0/0 id= model="},
        odd_case{"byte_order_mark", "openai", "\xEF\xBB\xBF" + completion(""),
                 "text=x finish=stop usage=0/0 id= model="},
        odd_case{"raw_line_break", "openai", completion("", "\"content\":\"a\nb\""),
                 "text=a\nb finish=stop usage=0/0 id= model="},
        odd_case{"escape_of_nothing", "openai", completion("", R"("content":"a\'b")"),
                 "text=a'b finish=stop usage=0/0 id= model="},
        odd_case{"more_after_the_end", "openai", completion("") + "\n[DONE]",
                 "text=x finish=stop usage=0/0 id= model="},
        odd_case{"content_as_one_part", "openai", completion("", R"("content":{"type":"text","text":"x"})"),
                 "text=x finish=stop usage=0/0 id= model="},
        odd_case{"gemini_filter", "compatible",
                 R"({"choices":[{"finish_reason":"content_filter: PROHIBITED_CONTENT","index":0}]})",
                 "text= finish=content_filter usage=0/0 id= model="},
        odd_case{
            "anthropic_numeric_id", "anthropic",
            R"({"type":"message","id":5,"content":[{"type":"text","text":"x"}],"stop_reason":"end_turn","usage":[]})",
            "text=x finish=stop usage=0/0 id=5 model="},
        odd_case{"anthropic_bad_utf8_in_thinking", "anthropic",
                 "{\"type\":\"message\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"\xFF\",\"signature\":\"s\"},"
                 "{\"type\":\"text\",\"text\":\"x\"}],\"stop_reason\":\"end_turn\"}",
                 "text=x finish=stop reasoning=\xEF\xBF\xBD usage=0/0 id= model= "
                 "raw=[{\"type\":\"thinking\",\"thinking\":\"\xEF\xBF\xBD\",\"signature\":\"s\"},{\"type\":\"text\","
                 "\"text\":\"x\"}]"},
        odd_case{"anthropic_content_as_text", "anthropic",
                 R"({"type":"message","content":"x","stop_reason":"end_turn"})",
                 "text=x finish=stop usage=0/0 id= model="}),
    [](auto const& row) { return std::string(row.param.name); });

// --- streams ---

struct odd_stream_case {
    char const* name;
    std::string service;
    std::string bytes;
    std::string text;
};
void PrintTo(odd_stream_case const& row, std::ostream* out) { *out << row.name; }
class OddEvents : public testing::TestWithParam<odd_stream_case> {};

TEST_P(OddEvents, DoNoHarm) {
    auto const out = run_stream(*make(GetParam().service), GetParam().bytes);
    ASSERT_TRUE(out.response) << out.response.error();
    EXPECT_EQ(out.response->text, GetParam().text);
    EXPECT_EQ(out.shown, GetParam().text);
}

constexpr std::string_view a_chunk = R"({"choices":[{"index":0,"delta":{"content":"a"}}]})";
constexpr std::string_view b_chunk = R"({"choices":[{"index":0,"delta":{"content":"b"}}]})";
constexpr std::string_view end_chunk = R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})";

/// "a", the bytes, then "b" and the end.
std::string amid(std::string_view bytes) {
    return as_events({a_chunk}) + std::string{bytes} + as_events({b_chunk, end_chunk, "[DONE]"});
}

std::string anthropic_amid(std::string_view bytes) {
    return as_events({R"({"type":"message_start","message":{"id":"m"}})",
                      R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}})"}) +
           std::string{bytes} +
           as_events({R"({"type":"content_block_delta","index":"0","delta":{"type":"text_delta","text":"b"}})",
                      R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})"});
}

std::string responses_amid(std::string_view bytes) {
    return as_events({R"({"type":"response.output_text.delta","output_index":0,"delta":"a"})"}) + std::string{bytes} +
           as_events({R"({"type":"response.output_text.delta","output_index":"0","delta":"b"})",
                      R"({"type":"response.completed","response":{"status":"completed"}})"});
}

INSTANTIATE_TEST_SUITE_P(
    Rows, OddEvents,
    testing::Values(
        odd_stream_case{"foreign_plain_text", "compatible", amid("event: heartbeat\ndata: still here\n\n"), "ab"},
        odd_stream_case{"foreign_json_text", "compatible", amid("event: heartbeat\ndata: \"still here\"\n\n"), "ab"},
        odd_stream_case{"foreign_object", "compatible",
                        amid("event: tool.progress\ndata: {\"tool\":\"x\",\"error\":\"none found\"}\n\n"), "ab"},
        odd_stream_case{"nameless_text", "compatible", amid("data: keep-alive\n\n"), "ab"},
        odd_stream_case{"chunks_with_a_name", "compatible",
                        "event: chunk\ndata: " + std::string{a_chunk} + "\n\n" + as_events({end_chunk}), "a"},
        odd_stream_case{"halves_of_a_pair", "compatible",
                        as_events({R"({"choices":[{"delta":{"content":"\ud83d"}}]})",
                                   R"({"choices":[{"delta":{"content":"\ude00"}}]})", end_chunk}),
                        "\xEF\xBF\xBD\xEF\xBF\xBD"},
        odd_stream_case{"message_for_a_delta", "compatible",
                        as_events({R"({"choices":[{"message":{"content":"ab"},"finish_reason":"stop"}]})"}), "ab"},
        odd_stream_case{"responses_foreign_text", "compatible/responses",
                        responses_amid("event: progress\ndata: 12 %\n\n"), "ab"},
        odd_stream_case{"responses_novel_event", "compatible/responses",
                        responses_amid(as_events({R"({"type":"response.novel","delta":7,"item":[]})"})), "ab"},
        odd_stream_case{"responses_without_deltas", "compatible/responses",
                        as_events({R"({"type":"response.completed","response":{"output":[{"type":"message",)"
                                   R"("content":[{"type":"output_text","text":"ab"}]}]}})"}),
                        "ab"},
        odd_stream_case{
            "responses_without_output", "compatible/responses",
            as_events(
                {R"({"type":"response.output_item.done","output_index":1,"item":{"type":"message","content":[{"text":"b"}]}})",
                 R"({"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"text":"a"}]}})",
                 R"({"type":"response.completed","response":{"output":[]}})"}),
            "ab"},
        odd_stream_case{"anthropic_foreign_text", "anthropic", anthropic_amid("event: progress\ndata: 12 %\n\n"), "ab"},
        odd_stream_case{"anthropic_foreign_error", "anthropic",
                        anthropic_amid("event: progress\ndata: {\"error\":\"none\"}\n\n"), "ab"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(AnErrorEvent, MayBePlainText) {
    for (auto const* service : {"compatible", "anthropic"}) {
        auto const out = run_stream(*make(service), "event: error\ndata: upstream timed out\n\n");
        ASSERT_FALSE(out.response);
        EXPECT_EQ(out.response.error().code, errc::server_error);
        EXPECT_EQ(out.response.error().service_message, "upstream timed out");
    }
}

TEST(TextInsteadOfChunks, IsWhyTheStreamEnded) {
    auto const out = run_stream(*make("compatible"), "data: upstream timed out\n\n");
    ASSERT_FALSE(out.response);
    EXPECT_EQ(out.response.error().code, errc::connection_lost);
    EXPECT_EQ(out.response.error().service_message, "upstream timed out");
}

// --- parallel calls as servers stream them ---

struct calls_case {
    char const* name;
    std::vector<std::string> fragments;
    std::string expected;
};
void PrintTo(calls_case const& row, std::ostream* out) { *out << row.name; }
class StreamedCalls : public testing::TestWithParam<calls_case> {};

TEST_P(StreamedCalls, AreToldApart) {
    std::string bytes;
    for (auto const& fragment : GetParam().fragments)
        bytes += R"(data: {"choices":[{"index":0,"delta":{"tool_calls":[)" + fragment + "]}}]}\n\n";
    bytes += R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]})"
             "\n\n";
    auto const out = run_stream(*make("compatible"), bytes);
    ASSERT_TRUE(out.response) << out.response.error();
    std::string calls;
    for (auto const& call : out.response->tool_calls)
        calls.append(calls.empty() ? "" : " ").append(call.id + "," + call.name + "," + call.arguments);
    EXPECT_EQ(calls, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, StreamedCalls,
    testing::Values(
        calls_case{"one_index_new_ids",
                   {R"({"index":0,"id":"a","function":{"name":"f","arguments":"{\"q\":1}"}})",
                    R"({"index":0,"id":"b","function":{"name":"f","arguments":"{\"q\":2}"}})"},
                   R"(a,f,{"q":1} b,f,{"q":2})"},
        calls_case{"one_index_new_ids_in_pieces",
                   {R"({"index":0,"id":"a","function":{"name":"f","arguments":"{"}})",
                    R"({"index":0,"function":{"arguments":"}"}})",
                    R"({"index":0,"id":"b","function":{"name":"g","arguments":"{"}})",
                    R"({"index":0,"function":{"arguments":"}"}})"},
                   "a,f,{} b,g,{}"},
        calls_case{"one_index_no_ids",
                   {R"({"index":0,"function":{"name":"f","arguments":"{\"q\":1}"}})",
                    R"({"index":0,"function":{"name":"f","arguments":"{\"q\":2}"}})"},
                   R"(call_0,f,{"q":1} call_1,f,{"q":2})"},
        calls_case{"id_changes_without_a_name",
                   {R"({"index":0,"id":"a","function":{"name":"f","arguments":"{"}})",
                    R"({"index":0,"id":"b","function":{"arguments":"}"}})"},
                   "a,f,{}"},
        calls_case{
            "no_index_id_changes_without_a_name",
            {R"({"id":"a","function":{"name":"f","arguments":"{"}})", R"({"id":"b","function":{"arguments":"}"}})"},
            "a,f,{}"},
        calls_case{
            "two_whole_calls_in_a_chunk",
            {R"({"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"f","arguments":"{}"}})"},
            "a,f,{} b,f,{}"},
        calls_case{"name_in_pieces",
                   {R"({"index":0,"id":"a","function":{"name":"web_","arguments":""}})",
                    R"({"index":0,"function":{"name":"search","arguments":"{}"}})"},
                   "a,web_search,{}"},
        calls_case{"name_so_far",
                   {R"({"index":0,"id":"a","function":{"name":"web_"}})",
                    R"({"index":0,"id":"a","function":{"name":"web_search"}})",
                    R"({"index":0,"function":{"arguments":"{}"}})"},
                   "a,web_search,{}"},
        calls_case{"name_repeated_while_interleaved",
                   {R"({"index":0,"id":"a","function":{"name":"f","arguments":""}})",
                    R"({"index":1,"id":"b","function":{"name":"f","arguments":""}})",
                    R"({"index":0,"function":{"name":"f","arguments":"{\"q\":"}})",
                    R"({"index":1,"function":{"name":"f","arguments":"{\"q\":"}})",
                    R"({"index":1,"function":{"arguments":"2}"}},{"index":0,"function":{"arguments":"1}"}})"},
                   R"(a,f,{"q":1} b,f,{"q":2})"},
        calls_case{"index_as_text",
                   {R"({"index":"0","id":"a","function":{"name":"f","arguments":"{"}})",
                    R"({"index":"0","function":{"arguments":"}"}})"},
                   "a,f,{}"}),
    [](auto const& row) { return std::string(row.param.name); });

// --- what looks like a response and is none ---

struct no_answer_case {
    char const* name;
    std::string service;
    http_response response;
    errc code;
    bool retryable;
    std::string says;  ///< In the error's one line.
    std::int64_t tokens;
};
void PrintTo(no_answer_case const& row, std::ostream* out) { *out << row.name; }
class NoAnswer : public testing::TestWithParam<no_answer_case> {};

TEST_P(NoAnswer, IsAnErrorOfItsKindWithWhatItCost) {
    auto const& row = GetParam();
    auto const response = make(row.service)->decode(row.response, test_time);
    ASSERT_FALSE(response) << describe(*response);
    auto const& why = response.error();
    EXPECT_EQ(why.code, row.code) << why;
    EXPECT_EQ(is_retryable(why), row.retryable) << why;
    EXPECT_NE(to_string(why).find(row.says), std::string::npos) << why;
    EXPECT_EQ(why.input_tokens + why.output_tokens, row.tokens) << why;
}

http_response page(std::string type, std::string body) {
    return {.status = 200, .headers = {{"Content-Type", std::move(type)}}, .body = std::move(body)};
}
constexpr std::string_view cost = R"(,"usage":{"prompt_tokens":10,"completion_tokens":5}})";
std::string costly(std::string_view choice) {
    return std::string{R"({"choices":[{)"} + std::string{choice} + "}]" + std::string{cost};
}

INSTANTIATE_TEST_SUITE_P(
    Rows, NoAnswer,
    testing::Values(
        no_answer_case{"html", "openai", page("text/html; charset=utf-8", "<html><title>Sign in</title></html>"),
                       errc::protocol_error, false, "the response is text/html, not a chat completion", 0},
        no_answer_case{"html_title", "openai", page("text/html", "<html><title>Sign in</title></html>"),
                       errc::protocol_error, false, "Sign in", 0},
        no_answer_case{"empty", "anthropic", ok(""), errc::protocol_error, false, "the response is empty", 0},
        no_answer_case{"words_and_no_choices", "compatible", ok(R"({"code":40001,"msg":"no such tenant"})"),
                       errc::protocol_error, false, "no such tenant", 0},
        no_answer_case{"no_choices_but_a_bill", "openai", ok("{\"choices\":[]" + std::string{cost}),
                       errc::protocol_error, false, "not a chat completion", 15},
        no_answer_case{"cut_but_a_bill", "openai",
                       ok(R"({"usage":{"prompt_tokens":10,"completion_tokens":5},"choices":[{"mess)"),
                       errc::protocol_error, false, "not a chat completion", 15},
        no_answer_case{"no_message", "openai", ok(costly(R"("finish_reason":"stop")")), errc::protocol_error, false,
                       "no message", 15},
        no_answer_case{"null_message", "openai", ok(costly(R"("message":null,"finish_reason":"stop")")),
                       errc::protocol_error, false, "no message", 15},
        no_answer_case{"calls_that_are_none", "openai",
                       ok(costly(R"("message":{"tool_calls":{}},"finish_reason":"tool_calls")")), errc::protocol_error,
                       false, "names none", 15},
        no_answer_case{"error_of_the_choice", "compatible",
                       ok(costly(R"("error":{"code":502,"message":"upstream died"},"message":{"content":""})")),
                       errc::server_error, true, "upstream died", 15},
        no_answer_case{"finish_reason_error", "compatible",
                       ok(costly(R"("message":{"content":"half"},"finish_reason":"error")")), errc::server_error, true,
                       "finish_reason", 15},
        no_answer_case{
            "all_into_reasoning", "openai",
            ok(R"({"choices":[{"message":{"content":""},"finish_reason":"length"}],"usage":{"prompt_tokens":9,)"
               R"("completion_tokens":4096,"completion_tokens_details":{"reasoning_tokens":4096}}})"),
            errc::spent_on_reasoning, false, "4096 output tokens, 4096 of them", 4105},
        no_answer_case{
            "remedy", "openai",
            ok(R"({"choices":[{"message":{"content":null,"reasoning_content":"Hm"},"finish_reason":"length"}]})"),
            errc::spent_on_reasoning, false, "raise `max_output_tokens` or lower `reasoning_effort`", 0},
        no_answer_case{"anthropic_all_into_thinking", "anthropic",
                       ok(R"({"type":"message","content":[{"type":"thinking","thinking":"Hm","signature":"s"}],)"
                          R"("stop_reason":"max_tokens","usage":{"input_tokens":9,"output_tokens":20}})"),
                       errc::spent_on_reasoning, false, "max_output_tokens", 29}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(NoText, IsFineWhereTheCacheIsOnlyWarmed) {
    auto const response =
        make("anthropic")
            ->decode(
                ok(R"({"type":"message","content":[],"stop_reason":"max_tokens","usage":{"input_tokens":9,"output_tokens":0}})"),
                test_time);
    ASSERT_TRUE(response) << response.error();
    EXPECT_EQ(response->finish_reason, finish_reason::length);
}

TEST(AStreamWithoutText, IsAnErrorAsWell) {
    auto const out = run_stream(
        *make("compatible"),
        as_events(
            {R"({"choices":[{"delta":{"reasoning_content":"Hm"}}]})",
             R"({"choices":[{"delta":{},"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":8}})"}));
    ASSERT_FALSE(out.response);
    EXPECT_EQ(out.response.error().code, errc::spent_on_reasoning);
    EXPECT_EQ(out.counted.output_tokens, 8);
}

}  // namespace
}  // namespace coax
