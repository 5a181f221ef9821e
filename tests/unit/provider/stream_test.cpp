#include "unit/provider/support.hpp"

#include <ostream>
#include <vector>

namespace coax {
namespace {

using test::as_events;
using test::describe;
using test::make;
using test::run_stream;

// --- the references' own streams ---

std::string const openai_text =
    R"(data: {"id":"chatcmpl-B1","object":"chat.completion.chunk","created":1760000002,"model":"gpt-5.4","service_tier":"default","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"x1Y"}

data: {"id":"chatcmpl-B1","object":"chat.completion.chunk","created":1760000002,"model":"gpt-5.4","service_tier":"default","choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"q"}

data: {"id":"chatcmpl-B1","object":"chat.completion.chunk","created":1760000002,"model":"gpt-5.4","service_tier":"default","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null,"obfuscation":"Zz8"}

data: {"id":"chatcmpl-B1","object":"chat.completion.chunk","created":1760000002,"model":"gpt-5.4","service_tier":"default","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}

data: [DONE]

)";

std::string const openai_tools =
    R"(data: {"id":"chatcmpl-B2","object":"chat.completion.chunk","created":1760000003,"model":"gpt-5.4","choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"get_weather","arguments":""}}]},"finish_reason":null}]}

data: {"id":"chatcmpl-B2","object":"chat.completion.chunk","created":1760000003,"model":"gpt-5.4","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"ci"}}]},"finish_reason":null}]}

data: {"id":"chatcmpl-B2","object":"chat.completion.chunk","created":1760000003,"model":"gpt-5.4","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"ty\":\"Oslo\"}"}}]},"finish_reason":null}]}

data: {"id":"chatcmpl-B2","object":"chat.completion.chunk","created":1760000003,"model":"gpt-5.4","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"get_time","arguments":"{}"}}]},"finish_reason":null}]}

data: {"id":"chatcmpl-B2","object":"chat.completion.chunk","created":1760000003,"model":"gpt-5.4","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

data: [DONE]

)";

std::string const azure_async_filter =
    R"(data: {"id":"","object":"","created":0,"model":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}],"choices":[],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1760000000,"model":"gpt-4o","choices":[{"index":0,"finish_reason":null,"delta":{"content":"Color"}}],"usage":null}

data: {"id":"","object":"","created":0,"model":"","choices":[{"index":0,"finish_reason":null,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}},"content_filter_offsets":{"check_offset":44,"start_offset":44,"end_offset":198}}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1760000000,"model":"gpt-4o","choices":[{"index":0,"finish_reason":"stop","delta":{}}],"usage":null}

data: {"id":"","object":"","created":0,"model":"","choices":[{"index":0,"finish_reason":"content_filter","content_filter_results":{"protected_material_text":{"detected":true,"filtered":true}},"content_filter_offsets":{"check_offset":65,"start_offset":65,"end_offset":1056}}],"usage":null}

data: [DONE]

)";

std::string const anthropic_tools = R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_01Z","type":"message","role":"assistant","model":"claude-sonnet-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":391,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1,"service_tier":"standard"}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Need the current time."}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQBCk"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Let me look "}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"that up."}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_01Q","name":"clock","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"zone\": \"Eu"}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"rope/Paris\"}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":74}}

event: message_stop
data: {"type":"message_stop"}

)";

std::string const responses_tools = R"(event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","model":"gpt-5.4","output":[],"usage":null,"error":null}}

event: response.in_progress
data: {"type":"response.in_progress","sequence_number":1,"response":{"id":"resp_1","object":"response","status":"in_progress","model":"gpt-5.4","output":[],"usage":null,"error":null}}

event: response.output_item.added
data: {"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[]}}

event: response.reasoning_summary_part.added
data: {"type":"response.reasoning_summary_part.added","sequence_number":3,"item_id":"rs_1","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}}

event: response.reasoning_summary_text.delta
data: {"type":"response.reasoning_summary_text.delta","sequence_number":4,"item_id":"rs_1","output_index":0,"summary_index":0,"delta":"Need ","obfuscation":"x"}

event: response.reasoning_summary_text.delta
data: {"type":"response.reasoning_summary_text.delta","sequence_number":5,"item_id":"rs_1","output_index":0,"summary_index":0,"delta":"it."}

event: response.output_item.done
data: {"type":"response.output_item.done","sequence_number":6,"output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Need it."}],"encrypted_content":"gAAA"}}

event: response.output_item.added
data: {"type":"response.output_item.added","sequence_number":7,"output_index":1,"item":{"type":"message","id":"msg_1","role":"assistant","status":"in_progress","content":[]}}

event: response.content_part.added
data: {"type":"response.content_part.added","sequence_number":8,"item_id":"msg_1","output_index":1,"content_index":0,"part":{"type":"output_text","text":"","annotations":[],"logprobs":[]}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":9,"item_id":"msg_1","output_index":1,"content_index":0,"delta":"Look","logprobs":[]}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":10,"item_id":"msg_1","output_index":1,"content_index":0,"delta":"ing…","logprobs":[]}

event: response.output_text.done
data: {"type":"response.output_text.done","sequence_number":11,"item_id":"msg_1","output_index":1,"content_index":0,"text":"Looking…","logprobs":[]}

event: response.output_item.added
data: {"type":"response.output_item.added","sequence_number":12,"output_index":2,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"get_weather","arguments":"","status":"in_progress"}}

event: response.function_call_arguments.delta
data: {"type":"response.function_call_arguments.delta","sequence_number":13,"item_id":"fc_1","output_index":2,"delta":"{\"city\":","obfuscation":"aa"}

event: response.function_call_arguments.done
data: {"type":"response.function_call_arguments.done","sequence_number":14,"item_id":"fc_1","output_index":2,"arguments":"{\"city\":\"Oslo\"}"}

event: response.output_item.done
data: {"type":"response.output_item.done","sequence_number":15,"output_index":2,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"get_weather","arguments":"{\"city\":\"Oslo\"}","status":"completed"}}

event: response.completed
data: {"type":"response.completed","sequence_number":16,"response":{"id":"resp_1","object":"response","status":"completed","model":"gpt-5.4","error":null,"output":[{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Need it."}],"encrypted_content":"gAAA"},{"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Looking…","annotations":[],"logprobs":[]}]},{"type":"function_call","id":"fc_1","call_id":"call_1","name":"get_weather","arguments":"{\"city\":\"Oslo\"}","status":"completed"}],"usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":0},"output_tokens":40,"output_tokens_details":{"reasoning_tokens":12},"total_tokens":76}}}

)";

struct stream_case {
    char const* name;
    std::string service;
    std::string bytes;
    std::string expected;
    std::string shown;
    std::size_t last_needed;  ///< Events from the end that may be missing while the response is whole.
};
void PrintTo(stream_case const& row, std::ostream* out) { *out << row.name; }
class Stream : public testing::TestWithParam<stream_case> {};

TEST_P(Stream, GivesTheSameAnswerWhereverItIsSplit) {
    auto const service = make(GetParam().service);
    for (std::size_t cut = 0; cut <= GetParam().bytes.size(); ++cut) {
        auto const out = run_stream(*service, GetParam().bytes, cut);
        ASSERT_TRUE(out.response) << cut << ": " << out.response.error();
        ASSERT_EQ(describe(*out.response), GetParam().expected) << cut;
        ASSERT_EQ(out.shown, GetParam().shown) << cut;
        ASSERT_EQ(out.counted, out.response->usage) << cut;
    }
}

std::vector<std::size_t> event_ends(std::string const& bytes) {
    std::vector<std::size_t> ends{0};
    for (auto at = bytes.find("\n\n"); at != std::string::npos; at = bytes.find("\n\n", at + 2)) ends.push_back(at + 2);
    return ends;
}

TEST_P(Stream, CutAtAnEventIsAnErrorUntilTheServiceSaidWhyItEnded) {
    auto const service = make(GetParam().service);
    auto const ends = event_ends(GetParam().bytes);
    for (std::size_t i = 0; i < ends.size(); ++i) {
        auto const out = run_stream(*service, GetParam().bytes.substr(0, ends[i]));
        bool const whole = i + GetParam().last_needed >= ends.size() - 1;
        ASSERT_EQ(out.response.has_value(), whole) << i;
        if (whole) continue;
        EXPECT_EQ(out.response.error().code, errc::connection_lost) << i;
        EXPECT_EQ(out.response.error().http_status, 200);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Stream,
    testing::Values(
        stream_case{"openai_text", "openai", openai_text, "text=Hi finish=stop usage=9/2 id=chatcmpl-B1 model=gpt-5.4",
                    "Hi", 2},
        stream_case{
            "openai_tools", "openai", openai_tools,
            R"(text= call=call_1,get_weather,{"city":"Oslo"} call=call_2,get_time,{} finish=tool_calls usage=0/0 id=chatcmpl-B2 model=gpt-5.4)",
            "", 1},
        stream_case{
            "azure_late_filter", "azure", azure_async_filter,
            R"(text=Color finish=content_filter usage=0/0 id=chatcmpl-1 model=gpt-4o filter={"prompt_filter_results":[{"prompt_index":0,)"
            R"("content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}],"content_filter_results":{"protected_material_text":{"detected":true,"filtered":true}}})",
            "Color", 2},
        stream_case{
            "anthropic_tools", "anthropic", anthropic_tools,
            R"(text=Let me look that up. call=toolu_01Q,clock,{"zone": "Europe/Paris"} finish=tool_calls reasoning=Need the current time. usage=391/74 id=msg_01Z model=claude-sonnet-5 raw=)"
            R"([{"type":"thinking","thinking":"Need the current time.","signature":"EqQBCk"},{"type":"text","text":"Let me look that up."},)"
            R"({"type":"tool_use","id":"toolu_01Q","name":"clock","input":{"zone":"Europe/Paris"}}])",
            "Let me look that up.", 1},
        stream_case{
            "responses_tools", "openai/responses", responses_tools,
            R"(text=Looking… call=call_1,get_weather,{"city":"Oslo"} finish=tool_calls reasoning=Need it. usage=36/40 id=resp_1 model=gpt-5.4 raw=)"
            R"({"output":[{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Need it."}],"encrypted_content":"gAAA"},)"
            R"({"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Looking…","annotations":[],"logprobs":[]}]},)"
            R"({"type":"function_call","id":"fc_1","call_id":"call_1","name":"get_weather","arguments":"{\"city\":\"Oslo\"}","status":"completed"}]})",
            "Looking…", 0}),
    [](auto const& row) { return std::string(row.param.name); });

std::string const gemini_tools =
    R"(data: {"candidates":[{"content":{"role":"model","parts":[{"text":"**Need** the time.","thought":true}]},"index":0}],"usageMetadata":{"promptTokenCount":41,"thoughtsTokenCount":9,"totalTokenCount":50},"modelVersion":"gemini-3.6-flash","responseId":"r1"}

data: {"candidates":[{"content":{"role":"model","parts":[{"text":"Let me "}]},"index":0}],"usageMetadata":{"promptTokenCount":41,"candidatesTokenCount":2,"thoughtsTokenCount":9,"totalTokenCount":52},"modelVersion":"gemini-3.6-flash","responseId":"r1"}

data: {"candidates":[{"content":{"role":"model","parts":[{"text":"look."},{"functionCall":{"id":"c1","name":"clock","args":{"zone":"Europe/Paris"}},"thoughtSignature":"EqQBCk=="}]},"index":0}],"usageMetadata":{"promptTokenCount":41,"candidatesTokenCount":9,"thoughtsTokenCount":9,"totalTokenCount":59},"modelVersion":"gemini-3.6-flash","responseId":"r1"}

data: {"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":41,"candidatesTokenCount":11,"thoughtsTokenCount":9,"totalTokenCount":61},"modelVersion":"gemini-3.6-flash","responseId":"r1"}

)";

INSTANTIATE_TEST_SUITE_P(
    Gemini, Stream,
    testing::Values(stream_case{
        "tools", "gemini", gemini_tools,
        R"(text=Let me look. call=c1,clock,{"zone":"Europe/Paris"} finish=tool_calls reasoning=**Need** the time. usage=41/20 id=r1 model=gemini-3.6-flash )"
        R"(raw=[{"text":"**Need** the time.","thought":true},{"text":"Let me look."},)"
        R"({"functionCall":{"id":"c1","name":"clock","args":{"zone":"Europe/Paris"}},"thoughtSignature":"EqQBCk=="},{"text":""}])",
        "Let me look.", 0}),
    [](auto const& row) { return std::string(row.param.name); });

// --- OpenAI's rules, and what compatible servers make of them ---

struct chunk_case {
    char const* name;
    std::vector<std::string> choices;  ///< The elements of `choices`, a chunk each.
    std::string expected;
};
void PrintTo(chunk_case const& row, std::ostream* out) { *out << row.name; }
class Chunks : public testing::TestWithParam<chunk_case> {};

TEST_P(Chunks, AddUpToTheAnswer) {
    std::string bytes;
    for (auto const& choice : GetParam().choices) bytes += R"(data: {"choices":[)" + choice + "]}\n\n";
    auto const out = run_stream(*make("compatible"), bytes + "data: [DONE]\n\n");
    ASSERT_TRUE(out.response) << out.response.error();
    EXPECT_EQ(describe(*out.response), GetParam().expected + " usage=0/0 id= model=");
}

std::string delta(std::string_view members) { return R"({"index":0,"delta":{)" + std::string{members} + "}}"; }
std::string called(std::string_view members) { return delta(R"("tool_calls":[{)" + std::string{members} + "}]"); }
std::string end(std::string_view reason) {
    return R"({"index":0,"delta":{},"finish_reason":")" + std::string{reason} + "\"}";
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Chunks,
    testing::Values(
        chunk_case{"refusal",
                   {delta(R"("content":null,"refusal":"")"), delta(R"("refusal":"I'm")"),
                    delta(R"("refusal":" sorry")"), end("stop")},
                   "text= finish=refusal refusal=I'm sorry"},
        chunk_case{"reasoning",
                   {delta(R"("reasoning_content":"Hm")"), delta(R"("reasoning":"m.")"), delta(R"("content":"x")"),
                    end("stop")},
                   "text=x finish=stop reasoning=Hmm."},
        chunk_case{"index_counts_the_chunks",
                   {R"({"index":0,"delta":{"content":"a"},"message":{"content":"a"}})",
                    R"({"index":1,"delta":{"content":"b"},"message":{"content":"b"}})",
                    R"({"index":2,"delta":{"content":""},"finish_reason":"stop"})"},
                   "text=ab finish=stop"},
        chunk_case{"names_are_repeated",
                   {called(R"("index":0,"id":"c1","function":{"name":"f","arguments":"{\"a\""})"),
                    called(R"("index":0,"id":"c1","function":{"name":"f","arguments":":1}"})"), end("tool_calls")},
                   R"(text= call=c1,f,{"a":1} finish=tool_calls)"},
        chunk_case{"calls_interleave",
                   {called(R"("index":1,"id":"b","function":{"name":"g","arguments":"{"})"),
                    called(R"("index":0,"id":"a","function":{"name":"f","arguments":"{"})"),
                    called(R"("index":1,"function":{"arguments":"}"})"),
                    called(R"("index":0,"function":{"arguments":"}"})"), end("tool_calls")},
                   "text= call=b,g,{} call=a,f,{} finish=tool_calls"},
        chunk_case{"no_index_but_ids",
                   {called(R"("id":"a","function":{"name":"f","arguments":"{"})"),
                    called(R"("id":"b","function":{"name":"g","arguments":"{"})"),
                    called(R"("id":"a","function":{"arguments":"}"})"),
                    called(R"("id":"b","function":{"arguments":"}"})"), end("tool_calls")},
                   "text= call=a,f,{} call=b,g,{} finish=tool_calls"},
        chunk_case{"neither_index_nor_ids",
                   {called(R"("function":{"name":"f","arguments":"{"})"), called(R"("function":{"arguments":"}"})"),
                    called(R"("function":{"name":"g","arguments":"{}"})"), end("tool_calls")},
                   "text= call=call_0,f,{} call=call_1,g,{} finish=tool_calls"},
        chunk_case{"arguments_as_object",
                   {called(R"("index":0,"id":"a","function":{"name":"f","arguments":{"x": 1}})"), end("tool_calls")},
                   R"(text= call=a,f,{"x":1} finish=tool_calls)"},
        chunk_case{"no_arguments",
                   {called(R"("index":0,"id":"a","function":{"name":"f"})"), end("stop")},
                   "text= call=a,f,{} finish=tool_calls"},
        chunk_case{"old_function_call",
                   {delta(R"("function_call":{"name":"f","arguments":"{"})"),
                    delta(R"("function_call":{"arguments":"}"})"), end("function_call")},
                   "text= call=call_0,f,{} finish=tool_calls"},
        chunk_case{"unknown_members",
                   {delta(R"("content":"a","novel":{"x":1})"), R"({"index":0,"novel":2})", end("bored")},
                   "text=a finish=unknown"},
        chunk_case{"filter_stays",
                   {delta(R"("content":"a")"), end("content_filter"), end("stop")},
                   "text=a finish=content_filter"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(StreamUsage, IsTheLastThatWasTold) {
    auto const out = run_stream(
        *make("compatible"),
        as_events(
            {R"({"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}})",
             R"({"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":7,"completion_tokens_details":{"reasoning_tokens":3}}})",
             R"({"choices":[],"usage":null})", "[DONE]"}));
    usage const expected{.input_tokens = 1, .output_tokens = 7, .reasoning_tokens = 3};
    EXPECT_EQ(out.response.value().usage, expected);
}

TEST(StreamHeaders, AreKept) {
    auto const out = run_stream(*make("openai"), openai_text, 0,
                                {{"x-request-id", "req_1"}, {"x-ratelimit-remaining-requests", "3"}});
    EXPECT_EQ(out.response.value().request_id, "req_1");
    EXPECT_EQ(out.response.value().rate_limits.remaining_requests, 3);
}

TEST(StreamEnd, IsDoneAndIgnoresTheRest) {
    for (auto const& [service, bytes] :
         {std::pair{"openai", openai_text}, {"anthropic", anthropic_tools}, {"openai/responses", responses_tools}}) {
        auto const decoder = make(service)->decode_stream({}, test::test_time);
        sse_decoder events;
        events.feed(bytes);
        chat_delta delta;
        for (auto event = events.next(); event.value(); event = events.next()) {
            EXPECT_FALSE(decoder->done());
            ASSERT_TRUE(decoder->feed(**event, delta));
        }
        EXPECT_TRUE(decoder->done());
        delta.clear();
        EXPECT_TRUE(decoder->feed({.data = "not JSON"}, delta));
        EXPECT_TRUE(delta.empty());
    }
}

struct bad_stream_case {
    char const* name;
    std::string service;
    std::string bytes;
    errc expected;
};
void PrintTo(bad_stream_case const& row, std::ostream* out) { *out << row.name; }
class BadStream : public testing::TestWithParam<bad_stream_case> {};

/// Stands for a mebibyte of text, in an event that comes seventeen times: rows are copied at each start of the program.
constexpr char large = '\x1A';

std::string long_text(std::string_view before, std::string_view after) {
    return std::string{"data: "}.append(before).append(1, large).append(after).append("\n\n");
}

std::string written_out(std::string const& bytes) {
    auto const at = bytes.find(large);
    if (at == std::string::npos) return bytes;
    auto event = bytes;
    event.replace(at, 1, 1U << 20U, 'x');
    std::string all;
    for (int i = 0; i < 17; ++i) all += event;
    return all;
}

TEST_P(BadStream, IsAnError) {
    auto const out = run_stream(*make(GetParam().service), written_out(GetParam().bytes));
    ASSERT_FALSE(out.response);
    EXPECT_EQ(out.response.error().code, GetParam().expected);
}

std::string many_calls(int count) {
    std::string bytes;
    for (int i = 0; i < count; ++i)
        bytes += R"(data: {"choices":[)" + called("\"index\":" + std::to_string(i)) + "]}\n\n";
    return bytes;
}

std::string many_blocks(int count) {
    std::string bytes;
    for (int i = 0; i < count; ++i)
        bytes += R"(data: {"type":"content_block_start","index":)" + std::to_string(i) +
                 R"(,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}})" + "\n\n";
    return bytes;
}

std::string many_call_items(int count) {
    std::string bytes;
    for (int i = 0; i < count; ++i)
        bytes += R"(data: {"type":"response.output_item.added","item":{"type":"function_call","name":"f"}})"
                 "\n\n";
    return bytes;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadStream,
    testing::Values(
        bad_stream_case{"nothing", "openai", "", errc::connection_lost},
        bad_stream_case{"done_alone", "openai", "data: [DONE]\n\n", errc::connection_lost},
        bad_stream_case{"done_without_a_reason", "openai",
                        as_events({R"({"choices":[{"index":0,"delta":{"content":"a"}}]})", "[DONE]"}),
                        errc::connection_lost},
        bad_stream_case{"garbage", "openai", "data: {\"choices\":[\n\n", errc::protocol_error},
        bad_stream_case{"error_chunk", "openai",
                        as_events({R"({"choices":[{"index":0,"delta":{"content":"a"}}]})",
                                   R"({"error":{"message":"x","type":"server_error","param":null,"code":null}})"}),
                        errc::server_error},
        bad_stream_case{"error_text", "compatible", as_events({R"({"error":"out of memory"})"}), errc::server_error},
        bad_stream_case{"rate_limit_in_stream", "openai", as_events({R"({"error":{"code":"rate_limit_exceeded"}})"}),
                        errc::rate_limited},
        bad_stream_case{"error_event_wrapped", "openai",
                        "event: error\ndata: {\"error\":{\"code\":\"insufficient_quota\"}}\n\n", errc::quota_exhausted},
        bad_stream_case{"error_event_flat", "openai",
                        "event: error\ndata: {\"code\":\"context_length_exceeded\",\"message\":\"x\"}\n\n",
                        errc::context_too_long},
        bad_stream_case{"too_many_calls", "openai", many_calls(129), errc::too_large},
        bad_stream_case{"too_long", "openai", long_text(R"({"choices":[{"index":0,"delta":{"content":")", R"("}}]})"),
                        errc::too_large},
        bad_stream_case{
            "too_long_arguments", "openai",
            long_text(R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":")",
                      R"("}}]}}]})"),
            errc::too_large},
        bad_stream_case{"responses_nothing", "openai/responses", "", errc::connection_lost},
        bad_stream_case{"responses_done_alone", "openai/responses", "data: [DONE]\n\n", errc::connection_lost},
        bad_stream_case{"responses_garbage", "openai/responses", "event: response.created\ndata: {\n\n",
                        errc::protocol_error},
        bad_stream_case{"responses_flat_error", "openai/responses",
                        as_events({R"({"type":"error","code":"rate_limit_exceeded","message":"x","param":null})"}),
                        errc::rate_limited},
        bad_stream_case{"responses_nested_error", "openai/responses",
                        as_events({R"({"type":"error","error":{"code":"insufficient_quota","message":"x"}})"}),
                        errc::quota_exhausted},
        bad_stream_case{
            "responses_failed", "openai/responses",
            as_events(
                {R"({"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"x"}}})"}),
            errc::server_error},
        bad_stream_case{"responses_failed_without_a_word", "openai/responses",
                        as_events({R"({"type":"response.failed"})"}), errc::server_error},
        bad_stream_case{
            "responses_lost_call", "openai/responses",
            as_events({R"({"type":"response.output_item.added","item":{"type":"function_call","name":"f"}})",
                       R"({"type":"response.completed","response":{"output":[]}})"}),
            errc::protocol_error},
        bad_stream_case{
            "responses_starved", "openai/responses",
            as_events(
                {R"({"type":"response.incomplete","response":{"incomplete_details":{"reason":"max_output_tokens"}}})"}),
            errc::spent_on_reasoning},
        bad_stream_case{"responses_too_many_calls", "openai/responses", many_call_items(129), errc::too_large},
        bad_stream_case{"responses_too_long", "openai/responses",
                        long_text(R"({"type":"response.output_text.delta","delta":")", "\"}"), errc::too_large},
        bad_stream_case{"responses_too_long_arguments", "openai/responses",
                        long_text(R"({"type":"response.function_call_arguments.delta","delta":")", "\"}"),
                        errc::too_large},
        bad_stream_case{"responses_too_long_items", "openai/responses",
                        long_text(R"({"type":"response.output_item.done","item":{"x":")", "\"}}"), errc::too_large},
        bad_stream_case{"anthropic_error", "anthropic",
                        "event: error\ndata: "
                        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
                        errc::overloaded},
        bad_stream_case{"anthropic_garbage", "anthropic", "event: message_start\ndata: {\n\n", errc::protocol_error},
        bad_stream_case{
            "anthropic_delta_of_nothing", "anthropic",
            as_events(
                {R"({"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"x"}})"}),
            errc::protocol_error},
        bad_stream_case{"anthropic_stop_alone", "anthropic", as_events({R"({"type":"message_stop"})"}),
                        errc::connection_lost},
        bad_stream_case{"anthropic_too_many_calls", "anthropic", many_blocks(129), errc::too_large},
        bad_stream_case{
            "anthropic_too_long", "anthropic",
            as_events({R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"}) +
                long_text(R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":")", R"("}})"),
            errc::too_large}),
    [](auto const& row) { return std::string(row.param.name); });

constexpr std::string_view gemini_text = R"({"candidates":[{"content":{"parts":[{"text":"a"}]}}]})";

INSTANTIATE_TEST_SUITE_P(
    Gemini, BadStream,
    testing::Values(
        bad_stream_case{"nothing", "gemini", "", errc::connection_lost},
        bad_stream_case{"no_reason", "gemini", as_events({gemini_text}), errc::connection_lost},
        bad_stream_case{"garbage", "gemini", "data: {\"candidates\":[\n\n", errc::protocol_error},
        bad_stream_case{"error_chunk", "gemini",
                        as_events({gemini_text, R"({"error":{"code":503,"message":"x","status":"UNAVAILABLE"}})"}),
                        errc::overloaded},
        bad_stream_case{"error_array", "gemini", "event: error\ndata: [{\"error\":{\"code\":429}}]\n\n",
                        errc::rate_limited},
        bad_stream_case{"blocked", "gemini", as_events({R"({"promptFeedback":{"blockReason":"BLOCKLIST"}})"}),
                        errc::content_filtered},
        bad_stream_case{"malformed_call", "gemini",
                        as_events({gemini_text, R"({"candidates":[{"finishReason":"UNEXPECTED_TOOL_CALL"}]})"}),
                        errc::server_error},
        bad_stream_case{"too_long", "gemini",
                        long_text(R"({"candidates":[{"content":{"parts":[{"text":")", R"("}]}}]})"), errc::too_large}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(BadStreams, TellWhatWasCountedSoFar) {
    auto const cut = anthropic_tools.substr(0, anthropic_tools.find("event: message_delta"));
    auto const out = run_stream(*make("anthropic"), cut);
    EXPECT_FALSE(out.response);
    EXPECT_EQ(out.counted.input_tokens, 391);
    EXPECT_EQ(out.counted.output_tokens, 1);
}

// --- Anthropic's rules ---

std::string anthropic_stream(std::vector<std::string_view> const& middle, std::string_view reason) {
    auto const last = R"({"type":"message_delta","delta":{"stop_reason":")" + std::string{reason} +
                      R"("},"usage":{"output_tokens":3}})";
    return as_events(
               {R"({"type":"message_start","message":{"id":"i","model":"m","usage":{"input_tokens":1,"output_tokens":1}}})"}) +
           as_events(middle) + as_events({last, R"({"type":"message_stop"})"});
}

TEST(AnthropicStream, FinishesAToolThatTheLimitCut) {
    auto const out = run_stream(
        *make("anthropic"),
        anthropic_stream(
            {R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}})",
             R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\": [1,"}})"},
            "max_tokens"));
    EXPECT_EQ(
        describe(out.response.value()),
        R"(text= call=t,f,{"a": [1, finish=length usage=1/3 id=i model=m raw=[{"type":"tool_use","id":"t","name":"f","input":{}}])");
}

TEST(AnthropicStream, WithOneTextNeedsNoRawContent) {
    auto const out = run_stream(
        *make("anthropic"),
        anthropic_stream({R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}})",
                          R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"b"}})",
                          R"({"type":"content_block_stop","index":0})"},
                         "end_turn"));
    EXPECT_EQ(describe(out.response.value()), "text=ab finish=stop usage=1/3 id=i model=m");
    EXPECT_EQ(out.shown, "ab");
}

/// Blocks of all kinds and deltas that do not fit them: the deltas must be the response, whatever the service does.
struct odd_stream {
    char const* name;
    std::vector<std::string_view> events;
    char const* text;
    char const* reasoning;
};
void PrintTo(odd_stream const& row, std::ostream* out) { *out << row.name; }
class OddStream : public testing::TestWithParam<odd_stream> {};

TEST_P(OddStream, ShowsWhatTheAnswerHolds) {
    auto const out = run_stream(*make("anthropic"), anthropic_stream(GetParam().events, "end_turn"));
    ASSERT_TRUE(out.response) << out.response.error();
    EXPECT_EQ(out.response->text, GetParam().text);
    EXPECT_EQ(out.shown, GetParam().text);
    EXPECT_EQ(out.response->reasoning, GetParam().reasoning);
    EXPECT_EQ(out.hidden, GetParam().reasoning);
}

constexpr std::string_view text_begins =
    R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})";
constexpr std::string_view second_begins =
    R"({"type":"content_block_start","index":1,"content_block":{"type":"text","text":"b"}})";
constexpr std::string_view tool_begins =
    R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}})";
constexpr std::string_view novelty_begins =
    R"({"type":"content_block_start","index":0,"content_block":{"type":"novel","text":"x"}})";
constexpr std::string_view words =
    R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}})";
constexpr std::string_view thoughts =
    R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"t"}})";

INSTANTIATE_TEST_SUITE_P(Rows, OddStream,
                         testing::Values(odd_stream{"text_in_a_tool", {tool_begins, words}, "", ""},
                                         odd_stream{"text_in_a_novelty", {novelty_begins, words}, "", ""},
                                         odd_stream{"thoughts_in_a_text", {text_begins, words, thoughts}, "a", ""},
                                         odd_stream{"blocks_in_turns", {text_begins, second_begins, words}, "ba", ""},
                                         odd_stream{
                                             "index_used_twice", {text_begins, words, text_begins, words}, "aa", ""}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(AnthropicStream, KeepsWhatItDoesNotKnow) {
    auto const out = run_stream(
        *make("anthropic"),
        anthropic_stream(
            {R"({"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"xyz"}})",
             R"({"type":"novel_event","index":9})",
             R"({"type":"content_block_delta","index":0,"delta":{"type":"novel_delta","x":1}})",
             R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"f","input":{},"caller":{"type":"direct"}}})",
             R"({"type":"content_block_start","index":2,"content_block":{"type":"text","text":"","citations":[]}})",
             R"({"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"a"}})",
             R"({"type":"content_block_delta","index":2,"delta":{"type":"citations_delta","citation":{"n":1}}})",
             R"({"type":"content_block_delta","index":2,"delta":{"type":"citations_delta","citation":{"n":2}}})"},
            "tool_use"));
    EXPECT_EQ(
        describe(out.response.value()),
        R"(text=a call=t,f,{} finish=tool_calls usage=1/3 id=i model=m raw=[{"type":"redacted_thinking","data":"xyz"},)"
        R"({"type":"tool_use","id":"t","name":"f","input":{},"caller":{"type":"direct"}},{"type":"text","text":"a","citations":[{"n":1},{"n":2}]}])");
}

TEST(AnthropicStream, ShowsThinkingApart) {
    EXPECT_EQ(run_stream(*make("anthropic"), anthropic_tools).hidden, "Need the current time.");
}

TEST(AnthropicStream, TellsARefusal) {
    auto const bytes = as_events(
        {R"({"type":"message_start","message":{"id":"i"}})",
         R"({"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"type":"refusal","category":"cyber","explanation":null}}})",
         R"({"type":"message_stop"})"});
    EXPECT_EQ(describe(run_stream(*make("anthropic"), bytes).response.value()),
              "text= finish=refusal refusal=cyber usage=0/0 id=i model=");
}

TEST(AnthropicStream, UsageIsATotalNotASum) {
    auto const bytes = as_events(
        {R"({"type":"message_start","message":{"usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1}}})",
         R"({"type":"message_delta","delta":{"stop_reason":null},"usage":{"output_tokens":20}})",
         R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":11,"output_tokens":30,"output_tokens_details":{"thinking_tokens":4}}})"});
    usage const expected{.input_tokens = 16, .output_tokens = 30, .cached_input_tokens = 5, .reasoning_tokens = 4};
    EXPECT_EQ(run_stream(*make("anthropic"), bytes).response.value().usage, expected);
}

}  // namespace
}  // namespace coax
