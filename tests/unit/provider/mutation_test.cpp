// Every member of a response and of a stream's events replaced by each kind of JSON: whatever comes of it, it is a
// response that can be sent back or an error, and a stream shows what its response holds.

#include "unit/provider/support.hpp"

#include <ostream>
#include <tuple>

namespace coax {
namespace {

using test::for_each_mutation;
using test::make;
using test::ok;
using test::run_stream;
using test::test_time;

namespace bj = boost::json;

struct mutation_case {
    char const* name;
    std::string service;
    std::string whole;
    std::vector<std::string> events;
};
void PrintTo(mutation_case const& row, std::ostream* out) { *out << row.name; }

/// Adds a member that nobody knows to every object.
void add_unknown(bj::value& at) {
    if (auto* const array = at.if_array())
        for (auto& item : *array) add_unknown(item);
    auto* const object = at.if_object();
    if (object == nullptr) return;
    for (auto& member : *object) add_unknown(member.value());
    object->emplace("zz_new", bj::object{{"a", bj::array{1, nullptr, "x"}}});
}

std::string with_unknown(std::string const& text) {
    auto value = bj::parse(text);
    add_unknown(value);
    return bj::serialize(value);
}

class Mutated : public testing::TestWithParam<mutation_case> {
protected:
    void SetUp() override { service_ = make(GetParam().service); }

    void expect_returnable(chat_response const& said, std::string const& of) {
        auto const next = service_->encode({.model = "m", .messages = {user("x"), to_message(said), user("y")}}, false);
        ASSERT_TRUE(next) << next.error() << "\n" << of;
        EXPECT_TRUE(json_value::parse(next->body)) << next->body << "\n" << of;
    }

    std::shared_ptr<provider const> service_;
};

TEST_P(Mutated, WholeResponsesDoNoHarm) {
    auto root = bj::parse(GetParam().whole);
    for_each_mutation(root, root, [this](std::string const& body) {
        auto const response = service_->decode(ok(body), test_time);
        if (response)
            expect_returnable(*response, body);
        else
            EXPECT_EQ(response.error().http_status, 200) << body;
    });
}

TEST_P(Mutated, EventsDoNoHarm) {
    auto const& events = GetParam().events;
    for (std::size_t i = 0; i < events.size(); ++i) {
        auto root = bj::parse(events[i]);
        for_each_mutation(root, root, [&](std::string const& event) {
            std::string bytes;
            for (std::size_t j = 0; j < events.size(); ++j)
                bytes.append("data: ").append(j == i ? event : events[j]).append("\n\n");
            auto const out = run_stream(*service_, bytes);
            if (!out.response) return;
            auto const& [text, refusal] = std::tie(out.response->text, out.response->refusal);
            EXPECT_TRUE(out.shown == text + refusal || out.shown == refusal + text) << out.shown << "\n" << event;
            expect_returnable(*out.response, event);
        });
    }
}

TEST_P(Mutated, UnknownFieldsChangeNothing) {
    auto const known = service_->decode(ok(GetParam().whole), test_time);
    auto const more = service_->decode(ok(with_unknown(GetParam().whole)), test_time);
    ASSERT_TRUE(known && more);
    EXPECT_EQ(known->text, more->text);
    EXPECT_EQ(known->reasoning, more->reasoning);
    EXPECT_EQ(known->tool_calls.size(), more->tool_calls.size());
    EXPECT_EQ(known->usage, more->usage);
    std::string bytes;
    std::string more_bytes;
    for (auto const& event : GetParam().events) {
        bytes.append("data: ").append(event).append("\n\n");
        more_bytes.append("data: ").append(with_unknown(event)).append("\n\n");
    }
    auto const streamed = run_stream(*service_, bytes);
    auto const more_streamed = run_stream(*service_, more_bytes);
    ASSERT_TRUE(streamed.response && more_streamed.response);
    EXPECT_EQ(streamed.response->text, more_streamed.response->text);
    EXPECT_EQ(streamed.response->usage, more_streamed.response->usage);
    EXPECT_EQ(streamed.shown, more_streamed.shown);
}

TEST_P(Mutated, CutStreamsAreErrorsOrWhole) {
    std::string bytes;
    for (auto const& event : GetParam().events) bytes.append("data: ").append(event).append("\n\n");
    auto const whole = run_stream(*service_, bytes);
    ASSERT_TRUE(whole.response) << whole.response.error();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        auto const cut = run_stream(*service_, bytes.substr(0, size));
        if (cut.response) EXPECT_EQ(cut.response->text, whole.response->text) << size;
        EXPECT_EQ(whole.shown.substr(0, cut.shown.size()), cut.shown) << size;
    }
}

std::string const whole_response =
    R"({"id":"i","object":"response","status":"completed","model":"m","error":null,"incomplete_details":null,"output":[)"
    R"({"type":"reasoning","id":"rs","summary":[{"type":"summary_text","text":"s"}],"content":[{"type":"reasoning_text","text":"r"}]},)"
    R"({"type":"message","id":"ms","role":"assistant","phase":"final_answer","content":[{"type":"output_text","text":"t","annotations":[{"type":"url_citation"}],"logprobs":[]},{"type":"refusal","refusal":"no"}]},)"
    R"({"type":"function_call","id":"fc","call_id":"c","name":"f","arguments":"{}"},)"
    R"({"type":"custom_tool_call","id":"ct","call_id":"d","name":"g","input":"x"}],)"
    R"("content_filters":[{"blocked":false}],"usage":{"input_tokens":1,"input_tokens_details":{"cached_tokens":1},"output_tokens":2,"output_tokens_details":{"reasoning_tokens":1}}})";

INSTANTIATE_TEST_SUITE_P(Services, Mutated,
                         testing::Values(mutation_case{"responses",
                                                       "openai/responses",
                                                       whole_response,
                                                       {R"({"type":"response.created","response":{"id":"i","model":"m","status":"in_progress","output":[]}})",
                                                        R"({"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"s"})",
                                                        R"({"type":"response.output_item.added","output_index":1,"item":{"type":"message","id":"ms","content":[]}})",
                                                        R"({"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"t","logprobs":[]})",
                                                        R"({"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","id":"fc","call_id":"c","name":"f","arguments":""}})",
                                                        R"({"type":"response.function_call_arguments.delta","output_index":2,"delta":"{}"})",
                                                        R"({"type":"response.output_item.done","output_index":2,"item":{"type":"function_call","id":"fc","call_id":"c","name":"f","arguments":"{}"}})",
                                                        R"({"type":"response.completed","response":)" + whole_response +
                                                            "}"}},
                                         mutation_case{
                                             "openai",
                                             "openai",
                                             R"({"id":"i","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a","refusal":null,"tool_calls":[{"id":"c","type":"function",)"
                                             R"("function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":1}}})",
                                             {R"({"id":"i","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":null}]})",
                                              R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{}"}}]}}]})",
                                              R"({"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":2}})"}},
                                         mutation_case{
                                             "azure",
                                             "azure",
                                             R"({"id":"i","object":"chat.completion","model":"m","choices":[{"index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}},"message":{"role":"assistant","content":"a","refusal":null,)"
                                             R"("tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}],"annotations":[]},"logprobs":null,"finish_reason":"tool_calls"}],)"
                                             R"("prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"jailbreak":{"filtered":false,"detected":false}}}],"usage":{"prompt_tokens":1,"completion_tokens":2}})",
                                             {R"({"id":"","object":"","created":0,"model":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}],"choices":[]})",
                                              R"({"id":"i","model":"m","choices":[{"index":0,"content_filter_results":{},"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}]})",
                                              R"({"id":"i","choices":[{"index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}},"delta":{"content":"a"},"finish_reason":null}]})",
                                              R"({"id":"i","choices":[{"index":0,"content_filter_offsets":{"check_offset":1,"start_offset":1,"end_offset":2},"delta":{}}]})",
                                              R"({"id":"i","choices":[{"index":0,"content_filter_results":{},"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}})"}},
                                         mutation_case{
                                             "azure_ai",
                                             "azure_ai",
                                             R"({"id":"i","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a",)"
                                             R"("reasoning_content":"t","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],)"
                                             R"("usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"completion_tokens_details":{"reasoning_tokens":1,"audio_tokens":0}}})",
                                             {R"({"id":"i","object":"chat.completion","model":"m","choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"t"}}]})",
                                              R"({"id":"i","choices":[{"index":0,"delta":{"content":"a","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]}}]})",
                                              R"({"id":"i","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":2}})"}},
                                         mutation_case{
                                             "openrouter",
                                             "openrouter",
                                             R"({"id":"i","provider":"p","model":"m","choices":[{"index":0,"native_finish_reason":"stop","message":{"role":"assistant","content":"a","refusal":null,"reasoning":"t",)"
                                             R"("reasoning_details":[{"type":"reasoning.text","text":"t","signature":"s","format":"f","index":0}]},"finish_reason":"stop"}],)"
                                             R"("usage":{"prompt_tokens":1,"completion_tokens":2,"cost":0.01,"is_byok":false,"cost_details":{"upstream_inference_cost":null}}})",
                                             {R"({"id":"i","provider":"p","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"t","reasoning_details":[{"type":"reasoning.text","text":"t","index":0}]}}]})", R"({"id":"i","choices":[{"index":0,"delta":{"content":"a"},"native_finish_reason":null,"error":null}]})", R"({"id":"i","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"cost":0.01}})"}},
                                         mutation_case{
                                             "mistral",
                                             "mistral",
                                             R"({"id":"i","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}],"closed":true},)"
                                             R"({"type":"text","text":"a"},{"type":"reference","reference_ids":[1]}],"tool_calls":null,"prefix":false},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"num_cached_tokens":0}})",
                                             {R"({"id":"i","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]}]},"finish_reason":null}]})",
                                              R"({"id":"i","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]})",
                                              R"({"id":"i","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}})"}},
                                         mutation_case{
                                             "groq",
                                             "groq",
                                             R"({"id":"i","model":"m","system_fingerprint":"f","x_groq":{"id":"r","seed":1},"service_tier":"on_demand","choices":[{"index":0,"logprobs":null,"message":{"role":"assistant","content":"a",)"
                                             R"("reasoning":"t","executed_tools":[]},"finish_reason":"stop"}],"usage":{"queue_time":0.1,"prompt_tokens":1,"completion_tokens":2,"total_time":0.2},"usage_breakdown":null})",
                                             {R"({"id":"i","model":"m","x_groq":{"id":"r"},"choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"t","channel":"analysis"}}]})",
                                              R"({"id":"i","choices":[{"index":0,"delta":{"content":"a"}}]})",
                                              R"({"id":"i","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"r","usage":{"prompt_tokens":1,"completion_tokens":2}}})"}},
                                         mutation_case{
                                             "deepseek",
                                             "deepseek",
                                             R"({"id":"i","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a","reasoning_content":"t","tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
                                             R"("logprobs":null,"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"prompt_cache_hit_tokens":1,"prompt_cache_miss_tokens":2,"completion_tokens_details":{"reasoning_tokens":1}}})",
                                             {R"({"id":"i","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":"t"},"logprobs":null,"finish_reason":null}],"usage":null})", R"({"id":"i","choices":[{"index":0,"delta":{"content":"a","reasoning_content":null,"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null}]})",
                                              R"({"id":"i","choices":[{"index":0,"delta":{"content":""},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"completion_tokens":2}})"}},
                                         mutation_case{
                                             "llama_cpp",
                                             "llama.cpp",
                                             R"({"id":"i","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a","reasoning_content":"t"},"finish_reason":"stop"}],)"
                                             R"("usage":{"prompt_tokens":1,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":0}},"timings":{"cache_n":0,"prompt_ms":1.5}})",
                                             {R"({"id":"i","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}]})",
                                              R"({"id":"i","choices":[{"index":0,"delta":{"reasoning_content":"t"}}]})",
                                              R"({"id":"i","choices":[{"index":0,"delta":{"content":"a"}}]})",
                                              R"({"id":"i","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"timings":{"predicted_n":2}})",
                                              R"({"id":"i","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}})"}},
                                         mutation_case{
                                             "vllm",
                                             "vllm",
                                             R"({"id":"i","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a","refusal":null,"annotations":null,"audio":null,"function_call":null,)"
                                             R"("tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}],"reasoning":"t"},"logprobs":null,"finish_reason":"tool_calls","stop_reason":null,"token_ids":null}],)"
                                             R"("service_tier":null,"usage":{"prompt_tokens":1,"total_tokens":3,"completion_tokens":2,"prompt_tokens_details":null},"prompt_logprobs":null,"kv_transfer_params":null})",
                                             {R"({"id":"i","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null})",
                                              R"({"id":"i","choices":[{"index":0,"delta":{"reasoning":"t"},"logprobs":null,"finish_reason":null,"token_ids":null}]})",
                                              R"({"id":"i","choices":[{"index":0,"delta":{"content":"a","tool_calls":[{"id":"c","type":"function","index":0,"function":{"name":"f","arguments":"{}"}}]},"finish_reason":null}]})",
                                              R"({"id":"i","choices":[{"index":0,"delta":{"content":""},"finish_reason":"tool_calls","stop_reason":null}]})",
                                              R"({"id":"i","choices":[],"usage":{"prompt_tokens":1,"total_tokens":3,"completion_tokens":2}})"}},
                                         mutation_case{
                                             "ollama",
                                             "ollama",
                                             R"({"id":"chatcmpl-1","object":"chat.completion","model":"m","system_fingerprint":"fp_ollama","choices":[{"index":0,"message":{"role":"assistant","content":"a","reasoning":"t",)"
                                             R"("tool_calls":[{"id":"c","index":0,"type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})",
                                             {R"({"id":"chatcmpl-1","object":"chat.completion.chunk","model":"m","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"t"},"finish_reason":null}]})",
                                              R"({"id":"chatcmpl-1","choices":[{"index":0,"delta":{"role":"assistant","content":"a","tool_calls":[{"id":"c","index":0,"type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null}]})",
                                              R"({"id":"chatcmpl-1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"tool_calls"}]})",
                                              R"({"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})"}},
                                         mutation_case{"lmstudio",
                                                       "lmstudio",
                                                       R"({"id":"chatcmpl-1","object":"chat.completion","model":"m","choices":[{"index":0,"logprobs":null,"finish_reason":"tool_calls","message":{"role":"assistant","content":"a","reasoning_content":"t",)"
                                                       R"("tool_calls":[{"type":"function","id":"c","function":{"name":"f","arguments":"{}"}}]}}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3},"stats":{},"system_fingerprint":"m"})",
                                                       {R"({"id":"chatcmpl-1","object":"chat.completion.chunk","model":"m","system_fingerprint":"m","choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"t"},"logprobs":null,"finish_reason":null}]})", R"({"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"a","tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},"logprobs":null,"finish_reason":null}]})", R"({"id":"chatcmpl-1","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}]})",
                                                        R"({"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})"}},
                                         mutation_case{
                                             "anthropic",
                                             "anthropic",
                                             R"({"type":"message","id":"i","model":"m","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"text","text":"a"},)"
                                             R"({"type":"tool_use","id":"c","name":"f","input":{"x":1}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2}})",
                                             {R"({"type":"message_start","message":{"id":"i","model":"m","usage":{"input_tokens":1}}})",
                                              R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
                                              R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}})",
                                              R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"c","name":"f","input":{}}})",
                                              R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{}"}})",
                                              R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":2}})",
                                              R"({"type":"message_stop"})"}},
                                         mutation_case{
                                             "gemini",
                                             "gemini",
                                             R"({"candidates":[{"content":{"role":"model","parts":[{"text":"t","thought":true},{"text":"a"},{"functionCall":{"id":"c","name":"f","args":{"x":1}},"thoughtSignature":"S"}]},)"
                                             R"("finishReason":"STOP","finishMessage":"m","index":0}],"promptFeedback":{"blockReason":"","safetyRatings":[]},)"
                                             R"("usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2},"modelVersion":"m","responseId":"i"})",
                                             {R"({"candidates":[{"content":{"parts":[{"text":"t","thought":true}]},"index":0}],"responseId":"i","modelVersion":"m"})",
                                              R"({"candidates":[{"content":{"parts":[{"text":"a"},{"functionCall":{"name":"f","args":{}},"thoughtSignature":"S"}]}}]})",
                                              R"({"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2}})"}}),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax
