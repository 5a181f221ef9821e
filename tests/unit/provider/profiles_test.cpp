#include "unit/provider/support.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/provider/embedding.hpp>
#include <coax/provider/model_info.hpp>

#include <functional>
#include <ostream>

namespace coax {
namespace {

using test::as_events;
using test::json;
using test::make;
using test::ok;
using test::run_stream;
using test::same_json;
using test::test_time;

struct said_case {
    char const* name;
    char const* service;
    std::function<void(chat_request&)> change;
    std::string expected;  ///< The body.
    bool streaming{false};
};
void PrintTo(said_case const& row, std::ostream* out) { *out << row.name; }
class Profile : public testing::TestWithParam<said_case> {};

TEST_P(Profile, SaysItInTheServicesWords) {
    chat_request request{.model = "m", .messages = {user("Hi")}};
    GetParam().change(request);
    auto const encoded = make(GetParam().service)->encode(request, GetParam().streaming);
    ASSERT_TRUE(encoded) << encoded.error();
    EXPECT_TRUE(same_json(encoded->body, GetParam().expected));
}

std::string with_hi(std::string_view more) {
    return R"({"model":"m","messages":[{"role":"user","content":"Hi"}],)" + std::string{more} + "}";
}
response_format const a_city{.kind = response_format_kind::json_schema,
                             .name = "city",
                             .description = "A city",
                             .schema = R"({"type":"object"})"};

INSTANTIATE_TEST_SUITE_P(
    Rows, Profile,
    testing::Values(
        said_case{"seed_of_mistral", "mistral", [](auto& r) { r.seed = 5; }, with_hi(R"("random_seed":5)")},
        said_case{"limit_of_groq", "groq", [](auto& r) { r.max_output_tokens = 5; },
                  with_hi(R"("max_completion_tokens":5)")},
        said_case{"limit_of_azure_ai", "azure_ai", [](auto& r) { r.max_output_tokens = 5; },
                  with_hi(R"("max_tokens":5)")},
        said_case{"effort_of_openrouter", "openrouter", [](auto& r) { r.reasoning_effort = "low"; },
                  with_hi(R"("reasoning":{"effort":"low"})")},
        said_case{"effort_of_deepseek", "deepseek", [](auto& r) { r.reasoning_effort = "high"; },
                  with_hi(R"("reasoning_effort":"high")")},
        said_case{"no_reasoning_of_deepseek", "deepseek", [](auto& r) { r.reasoning_effort = "none"; },
                  with_hi(R"("thinking":{"type":"disabled"})")},
        said_case{"schema_of_llama_cpp", "llama.cpp", [](auto& r) { r.response_format = a_city; },
                  with_hi(R"("response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object"}}})")},
        said_case{
            "schema_of_vllm", "vllm", [](auto& r) { r.response_format = a_city; },
            with_hi(
                R"("response_format":{"type":"json_schema","json_schema":{"name":"city","description":"A city","strict":true,"schema":{"type":"object"}}})")},
        said_case{
            "schema_of_deepseek", "deepseek", [](auto& r) { r.response_format = a_city; },
            R"({"model":"m","messages":[{"role":"system","content":"Respond with JSON alone, which must fit this JSON Schema:\n{\"type\":\"object\"}"},)"
            R"({"role":"user","content":"Hi"}],"response_format":{"type":"json_object"}})"},
        said_case{
            "tool_of_mistral", "mistral", [](auto& r) { r.tools = {{.name = "f"}}; },
            with_hi(
                R"("tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{},"required":[],"additionalProperties":false}}}])")},
        said_case{"auto_of_ollama", "ollama",
                  [](auto& r) {
                      r.tools = {{.name = "f", .parameters = "{}", .strict = true}};
                      r.tool_choice.mode = tool_choice_mode::automatic;
                  },
                  with_hi(R"("tools":[{"type":"function","function":{"name":"f","parameters":{}}}])")},
        said_case{"stream_of_groq", "groq", [](auto&) {}, with_hi(R"("stream":true)"), true},
        said_case{"stream_of_vllm", "vllm", [](auto&) {},
                  with_hi(R"("stream":true,"stream_options":{"include_usage":true})"), true},
        said_case{"developer_of_vllm", "vllm", [](auto& r) { r.messages = {developer("a"), user("Hi")}; },
                  R"({"model":"m","messages":[{"role":"system","content":"a"},{"role":"user","content":"Hi"}]})"},
        said_case{"refusal_of_groq", "groq",
                  [](auto& r) { r.messages = {{.role = role::assistant, .refusal = "No."}}; },
                  R"({"model":"m","messages":[{"role":"assistant","content":"No."}]})"},
        said_case{"parts_of_deepseek", "deepseek",
                  [](auto& r) { r.messages = {{.parts = {text_part{"a"}, text_part{"b"}}}}; },
                  R"({"model":"m","messages":[{"role":"user","content":"a\n\nb"}]})"},
        said_case{
            "system_parts_of_azure_ai", "azure_ai",
            [](auto& r) {
                r.messages = {{.role = role::system, .parts = {text_part{"a"}}}, {.parts = {text_part{"b"}}}};
            },
            R"({"model":"m","messages":[{"role":"system","content":"a"},{"role":"user","content":[{"type":"text","text":"b"}]}]})"},
        said_case{
            "image_of_ollama", "ollama",
            [](auto& r) { r.messages = {{.parts = {image_part{.media_type = "image/png", .data = "QUJD"}}}}; },
            R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}]}]})"}),
    [](auto const& row) { return std::string(row.param.name); });

// --- reasoning goes to the services that know it, whoever sent it ---

struct back_case {
    char const* name;
    char const* service;
    char const* members;  ///< Of the message that is sent back, besides its role, content and call.
};
void PrintTo(back_case const& row, std::ostream* out) { *out << row.name; }
class ReturnedTo : public testing::TestWithParam<back_case> {};

TEST_P(ReturnedTo, WhatItKnows) {
    message said{.role = role::assistant, .tool_calls = {{"c", "f", "{}"}}};
    said.raw_content = json(
        R"({"reasoning_content":"A","reasoning":"B","reasoning_details":[1],"extra_content":{"x":1},"output":[1],"x":1})");
    auto const body =
        make(GetParam().service)->encode({.model = "m", .messages = {said, tool_result("c", "1")}}, false).value().body;
    EXPECT_TRUE(same_json(
        body,
        R"({"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}])" +
            std::string{GetParam().members} + R"(},{"role":"tool","content":"1","tool_call_id":"c"}]})"));
}
INSTANTIATE_TEST_SUITE_P(
    Rows, ReturnedTo,
    testing::Values(back_case{"openai", "openai", ""}, back_case{"groq", "groq", R"(,"reasoning":"B")"},
                    back_case{"mistral", "mistral", ""},
                    back_case{"deepseek", "deepseek", R"(,"reasoning_content":"A")"},
                    back_case{"llama_cpp", "llama.cpp", R"(,"reasoning_content":"A")"},
                    back_case{"openrouter", "openrouter", R"(,"reasoning":"B","reasoning_details":[1])"},
                    back_case{
                        "compatible", "compatible",
                        R"(,"reasoning_content":"A","reasoning":"B","reasoning_details":[1],"extra_content":{"x":1})"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ReturnedTo, CallsWithSignaturesOnlyWhereTheseAreKnown) {
    message said{.role = role::assistant, .tool_calls = {{"c", "f", "{}"}}};
    said.raw_content = json(R"({"tool_calls":[{"id":"c","extra_content":{"google":{}}}]})");
    auto const body_of = [&](char const* service) {
        return make(service)->encode({.model = "m", .messages = {said}}, false).value().body;
    };
    EXPECT_EQ(body_of("openai").find("extra_content"), std::string::npos);
    EXPECT_NE(body_of("openai").find(R"("name":"f")"), std::string::npos);
    EXPECT_NE(body_of("compatible").find("extra_content"), std::string::npos);
}

TEST(Profile, HoldsForTheResponsesApiToo) {
    auto const vllm = make("vllm/responses");
    chat_request request{.model = "m", .messages = {user("Hi")}, .temperature = 0.5};
    EXPECT_TRUE(vllm->encode(request, false));
    request.advanced.edit().service_tier = "flex";
    auto const refused = vllm->encode(request, false);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().where, "advanced.service_tier");
    EXPECT_TRUE(make("openai/responses")->encode(request, false));
}

// --- what services of this wire add to it ---

TEST(Groq, TellsTheUsageOfAStreamInAPartOfItsOwn) {
    auto const out = run_stream(
        *make("groq"),
        as_events(
            {R"({"choices":[{"delta":{"content":"a"}}],"x_groq":{"id":"r"}})",
             R"({"choices":[{"delta":{},"finish_reason":"stop"}],"x_groq":{"usage":{"prompt_tokens":7,"completion_tokens":2}}})"}));
    ASSERT_TRUE(out.response) << out.response.error();
    EXPECT_EQ(out.response->usage.input_tokens, 7);
    EXPECT_EQ(out.response->usage.output_tokens, 2);
}

TEST(DeepSeek, TellsWhatItsCacheHad) {
    auto const response =
        make("deepseek")
            ->decode(
                ok(R"({"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_cache_hit_tokens":6}})"),
                test_time);
    ASSERT_TRUE(response) << response.error();
    EXPECT_EQ(response->usage.cached_input_tokens, 6);
}

TEST(Mistral, SendsThoughtsAsPartsOfTheContent) {
    auto const response = make("mistral")->decode(
        ok(R"({"choices":[{"message":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm."}]},{"type":"text","text":"x"}]},"finish_reason":"stop"}]})"),
        test_time);
    ASSERT_TRUE(response) << response.error();
    EXPECT_EQ(response->text, "x");
    EXPECT_EQ(response->reasoning, "Hm.");
    auto const out = run_stream(
        *make("mistral"),
        as_events(
            {R"({"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"H"}]}]}}]})",
             R"({"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"m."}]}]}}]})",
             R"({"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]})"}));
    ASSERT_TRUE(out.response) << out.response.error();
    EXPECT_EQ(out.response->text, "x");
    EXPECT_EQ(out.response->reasoning, "Hm.");
    EXPECT_EQ(out.hidden, "Hm.");
}

TEST(AzureAi, PassesExtraMembersOnAndSaysSo) {
    auto const service = make("azure_ai");
    chat_request request{.model = "m", .messages = {user("Hi")}, .extra = json(R"({"safe_prompt":true})")};
    EXPECT_EQ(service->encode(request, false).value().headers.find("extra-parameters"), "pass-through");
    request.extra = {};
    request.temperature = 1.5;
    EXPECT_EQ(service->encode(request, false).error().where, "temperature");
}

TEST(AzureAi, MakesVectorsAndTellsOfItsModel) {
    auto const service = make("azure_ai");
    auto const vectors =
        service->encode_embedding({.texts = {"a"}, .model = "m", .input_type = "query", .extra = json(R"({"x":1})")});
    ASSERT_TRUE(vectors) << vectors.error();
    EXPECT_EQ(vectors->target, "/models/embeddings?api-version=2024-05-01-preview");
    EXPECT_EQ(vectors->headers.find("extra-parameters"), "pass-through");
    EXPECT_TRUE(same_json(vectors->body,
                          R"({"model":"m","input":["a"],"encoding_format":"base64","input_type":"query","x":1})"));
    EXPECT_EQ(service->encode_models({}).value().target, "/models/info?api-version=2024-05-01-preview");
    auto const page = service->decode_models(
        ok(R"({"model_name":"Phi-4","model_type":"chat-completion","model_provider_name":"Microsoft"})"), test_time);
    ASSERT_TRUE(page) << page.error();
    EXPECT_EQ(page->models.at(0).id, "Phi-4");
    EXPECT_EQ(page->models.at(0).owner, "Microsoft");
    EXPECT_FALSE(service->decode_models(ok(R"({"x":1})"), test_time));
}

TEST(Embeddings, AreAskedForAsTheServiceKnowsThem) {
    embedding_request request{.texts = {"a"}, .model = "m"};
    EXPECT_EQ(make("groq")->encode_embedding(request).error().where, "service");
    EXPECT_TRUE(same_json(make("lmstudio")->encode_embedding(request).value().body, R"({"model":"m","input":["a"]})"));
    EXPECT_TRUE(same_json(make("vllm")->encode_embedding(request).value().body,
                          R"({"model":"m","input":["a"],"encoding_format":"base64"})"));
    request.dimensions = 8;
    EXPECT_EQ(make("mistral")->encode_embedding(request).error().where, "dimensions");
    request.dimensions.reset();
    request.user = "u";
    EXPECT_EQ(make("ollama")->encode_embedding(request).error().where, "user");
}

}  // namespace
}  // namespace coax
