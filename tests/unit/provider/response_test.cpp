#include "unit/provider/support.hpp"

#include <chrono>
#include <ostream>

namespace coax {
namespace {

using test::describe;
using test::make;
using test::ok;
using test::test_time;

struct response_case {
    char const* name;
    std::string service;
    std::string body;
    std::string expected;
};
void PrintTo(response_case const& row, std::ostream* out) { *out << row.name; }
class Response : public testing::TestWithParam<response_case> {};

TEST_P(Response, IsRead) {
    auto const response = make(GetParam().service)->decode(ok(GetParam().body), test_time);
    ASSERT_TRUE(response) << response.error();
    EXPECT_EQ(describe(*response), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    OpenAi, Response,
    testing::Values(
        response_case{"text", "openai",
                      R"({"id":"chatcmpl-A1","object":"chat.completion","created":1760000000,"model":"gpt-5.4",
 "choices":[{"index":0,"message":{"role":"assistant","content":"{\"city\":\"Oslo\"}","refusal":null,"annotations":[]},
   "logprobs":null,"finish_reason":"stop"}],
 "usage":{"prompt_tokens":41,"completion_tokens":9,"total_tokens":50,
   "prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},
   "completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},
 "service_tier":"default","system_fingerprint":null})",
                      R"(text={"city":"Oslo"} finish=stop usage=41/9 id=chatcmpl-A1 model=gpt-5.4)"},
        response_case{
            "refusal", "openai",
            R"({"id":"i","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":"I can't help with that."},"finish_reason":"stop"}]})",
            "text= finish=refusal refusal=I can't help with that. usage=0/0 id=i model=m"},
        response_case{
            "tool_calls", "openai",
            R"({"id":"chatcmpl-A2","object":"chat.completion","created":1760000001,"model":"gpt-5.4",
 "choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":null,
   "tool_calls":[{"id":"call_1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Oslo\"}"}},
                 {"id":"call_2","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Bergen\"}"}}]},
   "logprobs":null,"finish_reason":"tool_calls"}],
 "usage":{"prompt_tokens":82,"completion_tokens":34,"total_tokens":116}})",
            R"(text= call=call_1,get_weather,{"city":"Oslo"} call=call_2,get_weather,{"city":"Bergen"} finish=tool_calls usage=82/34 id=chatcmpl-A2 model=gpt-5.4)"},
        response_case{
            "forced_tool_ends_in_stop", "openai",
            R"({"choices":[{"message":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":""}}]},"finish_reason":"stop"}]})",
            "text= call=c,f,{} finish=tool_calls usage=0/0 id= model="},
        response_case{"length", "openai", R"({"choices":[{"message":{"content":"{\"a"},"finish_reason":"length"}]})",
                      R"(text={"a finish=length usage=0/0 id= model=)"},
        response_case{"content_filter", "openai",
                      R"({"choices":[{"message":{"content":null},"finish_reason":"content_filter"}]})",
                      "text= finish=content_filter usage=0/0 id= model="},
        response_case{
            "unknown_values", "openai",
            R"({"novel":{"a":[1]},"choices":[{"message":{"content":"x","novel":1},"finish_reason":"bored"}],"usage":{"novel":1,"prompt_tokens":3}})",
            "text=x finish=unknown usage=3/0 id= model="},
        response_case{
            "nulls_everywhere", "openai",
            R"({"id":null,"model":null,"choices":[{"index":null,"message":{"content":"x","tool_calls":null,"function_call":null},"finish_reason":null}],)"
            R"("usage":{"prompt_tokens":1,"completion_tokens":2,"prompt_tokens_details":null,"completion_tokens_details":{"reasoning_tokens":null}},"error":null})",
            "text=x finish=unknown usage=1/2 id= model="},
        response_case{"null_usage", "openai",
                      R"({"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":null})",
                      "text=x finish=stop usage=0/0 id= model="},
        response_case{
            "choices_out_of_order", "openai",
            R"({"choices":[{"index":1,"message":{"content":"b"}},{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]})",
            "text=a finish=stop usage=0/0 id= model="},
        response_case{
            "custom_tool", "openai",
            R"({"choices":[{"message":{"tool_calls":[{"id":"c","type":"custom","custom":{"name":"sql","input":"SELECT 1"}}]},"finish_reason":"tool_calls"}]})",
            R"(text= call=c,sql,SELECT 1 finish=tool_calls usage=0/0 id= model= )"
            R"(raw={"tool_calls":[{"id":"c","type":"custom","custom":{"name":"sql","input":"SELECT 1"}}]})"},
        response_case{
            "old_function_call", "openai",
            R"({"choices":[{"message":{"content":null,"function_call":{"name":"f","arguments":"{\"a\":1}"}},"finish_reason":"function_call"}]})",
            R"(text= call=call_0,f,{"a":1} finish=tool_calls usage=0/0 id= model=)"}),
    [](auto const& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Azure, Response,
    testing::Values(response_case{
        "filter_findings", "azure",
        R"({"id":"chatcmpl-1","object":"chat.completion","created":1760000000,"model":"gpt-4o-2024-08-06",
 "choices":[{"index":0,"finish_reason":"stop","logprobs":null,"message":{"role":"assistant","content":"Hi","refusal":null},
   "content_filter_results":{"hate":{"filtered":false,"severity":"safe"},
     "protected_material_code":{"filtered":false,"detected":true,"citation":{"URL":"https://x","license":"MIT"}}}}],
 "prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"jailbreak":{"filtered":false,"detected":false},"custom_blocklists":{"filtered":false}}}],
 "usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12}})",
        R"(text=Hi finish=stop usage=10/2 id=chatcmpl-1 model=gpt-4o-2024-08-06 filter={"prompt_filter_results":[{"prompt_index":0,"content_filter_results":)"
        R"({"jailbreak":{"filtered":false,"detected":false},"custom_blocklists":{"filtered":false}}}],"content_filter_results":{"hate":{"filtered":false,"severity":"safe"},)"
        R"("protected_material_code":{"filtered":false,"detected":true,"citation":{"URL":"https://x","license":"MIT"}}}})"}),
    [](auto const& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Compatible, Response,
    testing::Values(
        response_case{
            "arguments_as_object", "compatible",
            R"({"choices":[{"message":{"tool_calls":[{"function":{"name":"f","arguments":{"a": 1}}},{"function":{"name":"g","arguments":"{}"}}]},"finish_reason":"tool_calls"}]})",
            R"(text= call=call_0,f,{"a":1} call=call_1,g,{} finish=tool_calls usage=0/0 id= model=)"},
        response_case{
            "content_as_parts", "compatible",
            R"({"choices":[{"message":{"content":[{"type":"text","text":"Hello "},{"type":"text","text":"you"},{"type":"new"}]},"finish_reason":"stop"}]})",
            "text=Hello you finish=stop usage=0/0 id= model="},
        response_case{"reasoning_content", "compatible",
                      R"({"choices":[{"message":{"content":"x","reasoning_content":"Hm."},"finish_reason":"stop"}]})",
                      "text=x finish=stop reasoning=Hm. usage=0/0 id= model="},
        response_case{"reasoning", "compatible",
                      R"({"choices":[{"message":{"content":"x","reasoning":"Hm."},"finish_reason":"stop"}]})",
                      "text=x finish=stop reasoning=Hm. usage=0/0 id= model="}),
    [](auto const& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Anthropic, Response,
    testing::Values(
        response_case{"text", "anthropic",
                      R"({"id":"msg_01A","type":"message","role":"assistant","model":"claude-sonnet-5",
 "content":[{"type":"text","text":"Hi."}],
 "stop_reason":"end_turn","stop_sequence":null,"stop_details":null,
 "usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,
          "cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},
          "output_tokens":4,"output_tokens_details":{"thinking_tokens":0},
          "server_tool_use":{"web_search_requests":0,"web_fetch_requests":0},
          "service_tier":"standard","inference_geo":"us"}})",
                      "text=Hi. finish=stop usage=12/4 id=msg_01A model=claude-sonnet-5"},
        response_case{
            "thinking_and_tools", "anthropic",
            R"({"type":"message","content":[{"type":"thinking","thinking":"Hm.","signature":"Eq"},{"type":"text","text":"Let me "},)"
            R"({"type":"text","text":"look."},{"type":"tool_use","id":"t1","name":"clock","input":{"zone": "Oslo"}},{"type":"tool_use","id":"t2","name":"now","input":{}}],)"
            R"("stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2}})",
            R"(text=Let me look. call=t1,clock,{"zone":"Oslo"} call=t2,now,{} finish=tool_calls reasoning=Hm. usage=1/2 id= model= raw=)"
            R"([{"type":"thinking","thinking":"Hm.","signature":"Eq"},{"type":"text","text":"Let me "},{"type":"text","text":"look."},)"
            R"({"type":"tool_use","id":"t1","name":"clock","input":{"zone":"Oslo"}},{"type":"tool_use","id":"t2","name":"now","input":{}}])"},
        response_case{
            "refusal", "anthropic",
            R"({"type":"message","content":[],"stop_reason":"refusal","stop_details":{"type":"refusal","category":"bio","explanation":"Not this."}})",
            "text= finish=refusal refusal=Not this. usage=0/0 id= model="},
        response_case{"refusal_without_words", "anthropic",
                      R"({"type":"message","content":[],"stop_reason":"refusal","stop_details":null})",
                      "text= finish=refusal refusal=declined usage=0/0 id= model="},
        response_case{"limit", "anthropic",
                      R"({"type":"message","content":[{"type":"text","text":"a"}],"stop_reason":"max_tokens"})",
                      "text=a finish=length usage=0/0 id= model="},
        response_case{
            "window", "anthropic",
            R"({"type":"message","content":[{"type":"text","text":"a"}],"stop_reason":"model_context_window_exceeded"})",
            "text=a finish=length usage=0/0 id= model="},
        response_case{
            "stop_text", "anthropic",
            R"({"type":"message","content":[{"type":"text","text":"a"}],"stop_reason":"stop_sequence","stop_sequence":"END"})",
            "text=a finish=stop usage=0/0 id= model="},
        response_case{
            "pause_with_unknown_block", "anthropic",
            R"({"type":"message","content":[{"type":"server_tool_use","id":"s1","name":"web_search","input":{"q":"x"}},{"type":"novel","x":[1]}],"stop_reason":"pause_turn"})",
            R"(text= finish=pause usage=0/0 id= model= raw=[{"type":"server_tool_use","id":"s1","name":"web_search","input":{"q":"x"}},{"type":"novel","x":[1]}])"},
        response_case{
            "citations_are_kept", "anthropic",
            R"({"type":"message","content":[{"type":"text","text":"a","citations":[{"type":"char_location"}]}],"stop_reason":"novel"})",
            R"(text=a finish=unknown usage=0/0 id= model= raw=[{"type":"text","text":"a","citations":[{"type":"char_location"}]}])"}),
    [](auto const& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Gemini, Response,
    testing::Values(
        response_case{
            "text", "gemini",
            R"({"candidates":[{"content":{"role":"model","parts":[{"text":"4"}]},"finishReason":"STOP","index":0,
   "safetyRatings":[],"avgLogprobs":-0.01}],
 "usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":1,"thoughtsTokenCount":20,"totalTokenCount":29,
   "promptTokensDetails":[{"modality":"TEXT","tokenCount":8}]},
 "modelVersion":"gemini-3.6-flash","responseId":"6VFka"})",
            "text=4 finish=stop usage=8/21 id=6VFka model=gemini-3.6-flash"},
        response_case{
            "calls_end_in_stop", "gemini",
            R"({"candidates":[{"content":{"parts":[{"text":"So."},{"functionCall":{"name":"f","args":{"x": 1}},"thoughtSignature":"S"},)"
            R"({"functionCall":{"id":"c2","name":"g"}}]},"finishReason":"STOP"}]})",
            R"(text=So. call=gemini_call_0,f,{"x":1} call=c2,g,{} finish=tool_calls usage=0/0 id= model= raw=[{"text":"So."},)"
            R"({"functionCall":{"name":"f","args":{"x":1}},"thoughtSignature":"S"},{"functionCall":{"id":"c2","name":"g"}}])"},
        response_case{
            "thoughts", "gemini",
            R"({"candidates":[{"content":{"parts":[{"text":"Hm. ","thought":true},{"text":"So.","thought":true},{"text":"a"},{"text":"b"}]},"finishReason":"STOP"}]})",
            "text=ab finish=stop reasoning=Hm. So. usage=0/0 id= model="},
        response_case{"limit", "gemini",
                      R"({"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"MAX_TOKENS"}]})",
                      "text=a finish=length usage=0/0 id= model="},
        response_case{"filtered", "gemini", R"({"candidates":[{"finishReason":"SAFETY","index":0}]})",
                      "text= finish=content_filter usage=0/0 id= model="},
        response_case{"nothing_said", "gemini", R"({"candidates":[{"content":{},"finishReason":"STOP"}]})",
                      "text= finish=stop usage=0/0 id= model="},
        response_case{
            "unknown_values", "gemini",
            R"({"novel":1,"candidates":[{"content":{"parts":[{"text":"x","novel":1},7]},"finishReason":"BORED"}]})",
            "text=x finish=unknown usage=0/0 id= model="},
        response_case{
            "other_parts_are_kept", "gemini",
            R"({"candidates":[{"content":{"parts":[{"executableCode":{"language":"PYTHON","code":"1"}},{"text":"x"}]},"finishReason":"STOP"}]})",
            R"(text=x finish=stop usage=0/0 id= model= raw=[{"executableCode":{"language":"PYTHON","code":"1"}},{"text":"x"}])"},
        response_case{
            "candidates_out_of_order", "gemini",
            R"({"candidates":[{"index":1,"content":{"parts":[{"text":"b"}]}},{"index":0,"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]})",
            "text=a finish=stop usage=0/0 id= model="},
        response_case{
            "nulls_everywhere", "vertex",
            R"({"candidates":[{"content":{"role":null,"parts":[{"text":"x","thought":null,"thoughtSignature":null,"functionCall":null}]},)"
            R"("finishReason":null,"index":null}],"promptFeedback":null,"usageMetadata":null,"modelVersion":null,"error":null})",
            "text=x finish=unknown usage=0/0 id= model="}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(AnswerUsage, OfOpenAiHasItsParts) {
    auto const response = make("openai")->decode(
        ok(R"({"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":100,"completion_tokens":50,"prompt_tokens_details":{"cached_tokens":60,"cache_write_tokens":20},)"
           R"("completion_tokens_details":{"reasoning_tokens":30}}})"),
        test_time);
    usage const expected{.input_tokens = 100,
                         .output_tokens = 50,
                         .cached_input_tokens = 60,
                         .cache_write_tokens = 20,
                         .reasoning_tokens = 30};
    EXPECT_EQ(response.value().usage, expected);
}

TEST(AnswerUsage, OfAnthropicCountsCachedTokensAsInput) {
    auto const response =
        make("anthropic")
            ->decode(
                ok(R"({"type":"message","content":[],"usage":{"input_tokens":10,"cache_creation_input_tokens":20,"cache_read_input_tokens":30,"output_tokens":5,"output_tokens_details":{"thinking_tokens":4}}})"),
                test_time);
    usage const expected{.input_tokens = 60,
                         .output_tokens = 5,
                         .cached_input_tokens = 30,
                         .cache_write_tokens = 20,
                         .reasoning_tokens = 4};
    EXPECT_EQ(response.value().usage, expected);
}

TEST(AnswerHeaders, AreKept) {
    auto const body = R"({"type":"message","content":[],"choices":[{"message":{"content":"x"}}]})";
    auto const openai =
        make("openai")
            ->decode(ok(body, {{"x-request-id", "req_1"}, {"x-ratelimit-remaining-tokens", "5"}}), test_time)
            .value();
    EXPECT_EQ(openai.request_id, "req_1");
    EXPECT_EQ(openai.rate_limits.remaining_tokens, 5);
    auto const anthropic =
        make("anthropic")
            ->decode(ok(body, {{"request-id", "req_2"}, {"anthropic-ratelimit-tokens-remaining", "6"}}), test_time)
            .value();
    EXPECT_EQ(anthropic.request_id, "req_2");
    EXPECT_EQ(anthropic.rate_limits.remaining_tokens, 6);
}

struct bad_response_case {
    char const* name;
    std::string service;
    http_response response;
    errc expected;
};
void PrintTo(bad_response_case const& row, std::ostream* out) { *out << row.name; }
class BadResponse : public testing::TestWithParam<bad_response_case> {};

TEST_P(BadResponse, IsAnError) {
    auto const response = make(GetParam().service)->decode(GetParam().response, test_time);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, GetParam().expected);
    EXPECT_EQ(response.error().http_status, GetParam().response.status);
    EXPECT_TRUE(response.error().message.starts_with(GetParam().service.substr(0, GetParam().service.find('/'))));
}

std::string with_calls(std::size_t count) {
    std::string calls;
    for (std::size_t i = 0; i < count; ++i)
        calls.append(i == 0 ? "" : ",").append(R"({"id":"c","function":{"name":"f","arguments":"{}"}})");
    return R"({"choices":[{"message":{"tool_calls":[)" + calls + "]}}]}";
}

std::string with_call_items(std::size_t count) {
    std::string items;
    for (std::size_t i = 0; i < count; ++i)
        items.append(i == 0 ? "" : ",").append(R"({"type":"function_call","call_id":"c","name":"f","arguments":"{}"})");
    return R"({"status":"completed","output":[)" + items + "]}";
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadResponse,
    testing::Values(
        bad_response_case{"empty", "openai", ok(""), errc::protocol_error},
        bad_response_case{"page", "azure", ok("<html></html>"), errc::protocol_error},
        bad_response_case{"cut", "openai", ok(R"({"choices":[{"message":{"content":"x)"), errc::protocol_error},
        bad_response_case{"no_choices", "openai", ok(R"({"choices":[]})"), errc::protocol_error},
        bad_response_case{"other_object", "compatible", ok(R"({"object":"list","data":[]})"), errc::protocol_error},
        bad_response_case{"array", "openai", ok("[]"), errc::protocol_error},
        bad_response_case{"error_in_200", "compatible", ok(R"({"error":{"message":"x","code":429}})"),
                          errc::rate_limited},
        bad_response_case{"too_many_calls", "openai", ok(with_calls(129)), errc::too_large},
        bad_response_case{"anthropic_empty", "anthropic", ok(""), errc::protocol_error},
        bad_response_case{"anthropic_other_type", "anthropic", ok(R"({"type":"completion","completion":"x"})"),
                          errc::protocol_error},
        bad_response_case{"anthropic_nothing", "anthropic", ok("{}"), errc::protocol_error},
        bad_response_case{"anthropic_error_in_200", "anthropic",
                          ok(R"({"type":"error","error":{"type":"overloaded_error","message":"x"}})"),
                          errc::overloaded},
        bad_response_case{"responses_empty", "openai/responses", ok(""), errc::protocol_error},
        bad_response_case{"responses_of_chat_completions", "openai/responses",
                          ok(R"({"choices":[{"message":{"content":"x"}}]})"), errc::protocol_error},
        bad_response_case{"responses_failed", "openai/responses",
                          ok(R"({"status":"failed","error":{"code":"rate_limit_exceeded","message":"x"},"output":[]})"),
                          errc::rate_limited},
        bad_response_case{"responses_failed_without_a_word", "openai/responses",
                          ok(R"({"status":"failed","error":null,"output":[]})"), errc::server_error},
        bad_response_case{"responses_policy", "openai/responses",
                          ok(R"({"status":"failed","error":{"code":"bio_policy","message":"x"},"output":[]})"),
                          errc::content_filtered},
        bad_response_case{"responses_cancelled", "openai/responses", ok(R"({"status":"cancelled","output":[]})"),
                          errc::cancelled},
        bad_response_case{"responses_under_way", "openai/responses", ok(R"({"status":"queued","output":[]})"),
                          errc::protocol_error},
        bad_response_case{"responses_too_many_calls", "openai/responses", ok(with_call_items(129)), errc::too_large},
        bad_response_case{"openai_500", "openai", {.status = 500}, errc::server_error},
        bad_response_case{"azure_filter",
                          "azure",
                          {.status = 400, .body = R"({"error":{"code":"content_filter"}})"},
                          errc::content_filtered},
        bad_response_case{"anthropic_529", "anthropic", {.status = 529, .body = "overloaded"}, errc::overloaded},
        bad_response_case{
            "compatible_404", "compatible", {.status = 404, .body = R"({"detail":"Not Found"})"}, errc::not_found}),
    [](auto const& row) { return std::string(row.param.name); });

std::string with_parts(std::string_view part, std::size_t count) {
    std::string parts;
    for (std::size_t i = 0; i < count; ++i) parts.append(i == 0 ? "" : ",").append(part);
    return R"({"candidates":[{"content":{"parts":[)" + parts + R"(]},"finishReason":"STOP"}]})";
}

std::string ended_by(std::string_view reason) {
    return R"({"candidates":[{"finishReason":")" + std::string{reason} + R"(","finishMessage":"because"}]})";
}

INSTANTIATE_TEST_SUITE_P(
    Gemini, BadResponse,
    testing::Values(
        bad_response_case{"empty", "gemini", ok(""), errc::protocol_error},
        bad_response_case{"page", "vertex", ok("<html></html>"), errc::protocol_error},
        bad_response_case{"no_candidates", "gemini", ok(R"({"candidates":[]})"), errc::protocol_error},
        bad_response_case{"bare_candidate", "gemini", ok(R"({"candidates":[{}]})"), errc::protocol_error},
        bad_response_case{"empty_array", "gemini", ok("[]"), errc::protocol_error},
        bad_response_case{"another_services", "gemini", ok(R"({"choices":[{"message":{"content":"x"}}]})"),
                          errc::protocol_error},
        bad_response_case{"malformed_call", "gemini", ok(ended_by("MALFORMED_FUNCTION_CALL")), errc::server_error},
        bad_response_case{"no_signature", "gemini", ok(ended_by("MISSING_THOUGHT_SIGNATURE")), errc::bad_request},
        bad_response_case{"spent", "gemini", ok(ended_by("MAX_TOKENS")), errc::spent_on_reasoning},
        bad_response_case{"error_in_200", "gemini", ok(R"([{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}])"),
                          errc::rate_limited},
        bad_response_case{"too_many_calls", "gemini", ok(with_parts(R"({"functionCall":{"name":"f"}})", 129)),
                          errc::too_large},
        bad_response_case{"unavailable", "gemini", {.status = 503, .body = "{}"}, errc::overloaded}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(BadResponses, AllowAsManyCallsAsTheBound) {
    EXPECT_EQ(make("openai")->decode(ok(with_calls(128)), test_time).value().tool_calls.size(), 128U);
}

TEST(BadResponses, CutAnywhereAreErrors) {
    std::string const whole =
        R"({"id":"i","model":"m","choices":[{"index":0,"message":{"content":"h\u00e9\"llo","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{\"a\":1}"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":12}})";
    auto const service = make("openai");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        auto const response = service->decode(ok(whole.substr(0, size)), test_time);
        ASSERT_FALSE(response) << size;
        EXPECT_EQ(response.error().code, errc::protocol_error) << size;
    }
    EXPECT_TRUE(service->decode(ok(whole), test_time));
}

TEST(BadResponses, KeepTheRequestIdAndThePlace) {
    auto const response =
        make("openai")->decode(ok(R"({"choices":[{"message":7}]})", {{"x-request-id", "req_1"}}), test_time);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().request_id, "req_1");
    EXPECT_EQ(response.error().where, "/choices/0/message");
}

TEST(RetryAfterDates, AreWaitsFromNow) {
    auto const response = make("openai")->decode(
        {.status = 429, .headers = {{"retry-after", "Fri, 29 Sep 2023 16:28:37 GMT"}}}, test_time);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().retry_after, std::chrono::minutes{2});
}

TEST(RateLimitResets, AreWaitsFromNow) {
    auto const limits =
        make("anthropic")->rate_limits({{"anthropic-ratelimit-requests-reset", "2023-09-29T16:26:40Z"}}, test_time);
    EXPECT_EQ(limits.reset_requests, std::chrono::seconds{3});
}

}  // namespace
}  // namespace coax
