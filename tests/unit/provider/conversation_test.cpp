#include "unit/provider/support.hpp"

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

std::string body_of(provider const& service, chat_request const& request) {
    return service.encode(request, false).value().body;
}

// --- what services want back of their own message ---

struct returned_case {
    char const* name;
    std::string message;   ///< As the service sends it, whole.
    std::string returned;  ///< As it is sent back.
};
void PrintTo(returned_case const& row, std::ostream* out) { *out << row.name; }
class Returned : public testing::TestWithParam<returned_case> {};

TEST_P(Returned, WithTheNextRequest) {
    auto const service = make("compatible");
    auto const response = service->decode(
        ok(R"({"choices":[{"message":)" + GetParam().message + R"(,"finish_reason":"stop"}]})"), test_time);
    ASSERT_TRUE(response) << response.error();
    EXPECT_TRUE(same_json(body_of(*service, {.messages = {to_message(*response)}}),
                          R"({"messages":[)" + GetParam().returned + "]}"));
}

constexpr char const* call = R"({"id":"c","type":"function","function":{"name":"f","arguments":"{}"}})";

INSTANTIATE_TEST_SUITE_P(
    Rows, Returned,
    testing::Values(
        returned_case{
            "deepseek",
            std::string{R"({"role":"assistant","content":"","reasoning_content":"Hm.","tool_calls":[)"} + call + "]}",
            std::string{R"({"role":"assistant","content":null,"reasoning_content":"Hm.","tool_calls":[)"} + call +
                "]}"},
        returned_case{
            "vllm", std::string{R"({"content":null,"reasoning":"Hm.","tool_calls":[)"} + call + "]}",
            std::string{R"({"role":"assistant","content":null,"reasoning":"Hm.","tool_calls":[)"} + call + "]}"},
        returned_case{"plain_reasoning_without_calls", R"({"content":"x","reasoning_content":"Hm."})",
                      R"({"role":"assistant","content":"x"})"},
        returned_case{
            "openrouter",
            R"({"content":"x","reasoning":"Hm.","reasoning_details":[{"type":"reasoning.text","text":"Hm.","signature":"s"}]})",
            R"({"role":"assistant","content":"x","reasoning_details":[{"type":"reasoning.text","text":"Hm.","signature":"s"}]})"},
        returned_case{
            "gemini",
            R"({"content":null,"tool_calls":[{"id":"c","extra_content":{"google":{"thought_signature":"S=="}},"function":{"name":"f","arguments":"{}"}}]})",
            R"({"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"S=="}}}]})"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ReturnedFromAStream, IsPutTogether) {
    auto const service = make("compatible");
    auto const out = run_stream(
        *service,
        as_events(
            {R"({"choices":[{"delta":{"reasoning_details":[{"type":"reasoning.text","text":"H","index":0}]}}]})",
             R"({"choices":[{"delta":{"reasoning_details":[{"type":"reasoning.text","text":"m.","index":0}]}}]})",
             R"({"choices":[{"delta":{"reasoning_details":[{"type":"reasoning.text","signature":"s","index":0}]}}]})",
             R"({"choices":[{"delta":{"reasoning_details":[{"type":"reasoning.encrypted","data":"D","index":1}]}}]})",
             R"({"choices":[{"delta":{"reasoning_content":"A","tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"S"}}}]}}]})",
             R"({"choices":[{"delta":{"reasoning_content":"B"},"finish_reason":"tool_calls"}]})"}));
    ASSERT_TRUE(out.response) << out.response.error();
    EXPECT_TRUE(same_json(
        body_of(*service, {.messages = {to_message(*out.response)}}),
        R"({"messages":[{"role":"assistant","content":null,"reasoning_content":"AB","reasoning_details":[)"
        R"({"type":"reasoning.text","text":"Hm.","signature":"s","index":0},{"type":"reasoning.encrypted","data":"D","index":1}],)"
        R"("tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"S"}}}]}]})"));
}

TEST(CustomCalls, GoBackAsTheyCame) {
    auto const service = make("openai");
    auto const streamed = test::run_stream(
        *service,
        test::as_events(
            {R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"f","function":{"name":"f","arguments":"{}"}}]}}]})",
             R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"c","type":"custom","custom":{"name":"sql","input":"SEL"}}]}}]})",
             R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"custom":{"input":"ECT"}}]},"finish_reason":"tool_calls"}]})"}));
    ASSERT_TRUE(streamed.response);
    EXPECT_EQ(streamed.response->tool_calls.at(1), (tool_call{.id = "c", .name = "sql", .arguments = "SELECT"}));
    EXPECT_TRUE(same_json(
        body_of(*service, {.model = "m", .messages = {user("a"), to_message(*streamed.response)}}),
        R"({"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[
            {"id":"f","type":"function","function":{"name":"f","arguments":"{}"}},
            {"id":"c","type":"custom","custom":{"name":"sql","input":"SELECT"}}]}]})"));
}

TEST(ReturnedReasoning, MeansNothingToAnthropic) {
    message const said{.role = role::assistant, .text = "x", .raw_content = json(R"({"reasoning_content":"Hm."})")};
    auto const body = body_of(*make("anthropic"), {.model = "m", .messages = {user("a"), said}});
    EXPECT_EQ(body.find("reasoning"), std::string::npos) << body;
}

// --- turns that say nothing ---

TEST(EmptyTurns, AreLeftOutForAnthropic) {
    chat_request const request{
        .model = "m",
        .messages = {
            system(" "), user("a"), assistant(""), user("b"), {.role = role::assistant, .raw_content = json("[]")}}};
    EXPECT_TRUE(same_json(
        body_of(*make("anthropic"), request),
        R"({"model":"m","max_tokens":4096,"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]})"));
}

TEST(EmptyParts, AreLeftOut) {
    message const asked{.parts = {text_part{""}, text_part{"a"}}};
    EXPECT_TRUE(same_json(body_of(*make("openai"), {.model = "m", .messages = {asked}}),
                          R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]})"));
    message const nothing{.parts = {text_part{""}}};
    EXPECT_TRUE(same_json(body_of(*make("openai"), {.model = "m", .messages = {nothing}}),
                          R"({"model":"m","messages":[{"role":"user","content":""}]})"));
}

struct refused_turn {
    char const* name;
    char const* service;
    void (*change)(chat_request&);
    char const* where;
};
void PrintTo(refused_turn const& row, std::ostream* out) { *out << row.name; }
class Refused : public testing::TestWithParam<refused_turn> {};

TEST_P(Refused, BeforeSending) {
    chat_request request{.model = "m", .messages = {user("a")}};
    GetParam().change(request);
    auto const encoded = make(GetParam().service)->encode(request, false);
    ASSERT_FALSE(encoded);
    EXPECT_EQ(encoded.error().code, errc::invalid_argument);
    EXPECT_EQ(encoded.error().where, GetParam().where);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Refused,
    testing::Values(
        refused_turn{"empty_question", "anthropic", [](auto& r) { r.messages.push_back(user("\n")); }, "messages[1]"},
        refused_turn{"empty_parts", "anthropic", [](auto& r) { r.messages.push_back({.parts = {text_part{""}}}); },
                     "messages[1]"},
        refused_turn{"unknown_effort", "anthropic", [](auto& r) { r.reasoning_effort = "huge"; }, "reasoning_effort"}),
    [](auto const& row) { return std::string(row.param.name); });

// --- what a server can be told to be sent ---

TEST(TokenLimit, HasTheNameThatTheServerWants) {
    chat_request const request{.model = "m", .messages = {user("a")}, .max_output_tokens = 5};
    for (auto const& [name, expected] :
         {std::pair{"", "\"max_tokens\":5"}, std::pair{"max_completion_tokens", "\"max_completion_tokens\":5"}}) {
        auto const service =
            make({.service = "compatible", .base_url = "http://localhost/v1", .token_limit_name = name});
        EXPECT_NE(body_of(*service, request).find(expected), std::string::npos);
    }
}

TEST(OmittedMembers, AreNeverSent) {
    auto const strict = make({.service = "compatible", .base_url = "http://localhost/v1", .omit = {"stream_options"}});
    auto const body = strict->encode({.model = "m", .messages = {user("a")}}, true).value().body;
    EXPECT_TRUE(same_json(body, R"({"model":"m","messages":[{"role":"user","content":"a"}],"stream":true})"));
    auto const bare = make({.service = "anthropic", .omit = {"max_tokens"}});
    EXPECT_EQ(body_of(*bare, {.model = "m", .messages = {user("a")}}).find("max_tokens"), std::string::npos);
}

struct pasted_case {
    char const* name;
    provider_options options;
    char const* expected;
};
void PrintTo(pasted_case const& row, std::ostream* out) { *out << row.name; }
class PastedAddress : public testing::TestWithParam<pasted_case> {};

TEST_P(PastedAddress, IsNotDoubled) {
    auto const request = make(GetParam().options)->encode({.model = "m", .messages = {user("Hi")}}, false).value();
    EXPECT_EQ(to_string(request.to) + request.target, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, PastedAddress,
    testing::Values(
        pasted_case{"compatible",
                    {.service = "compatible", .base_url = "http://h/v1/chat/completions/"},
                    "http://h/v1/chat/completions"},
        pasted_case{"openai",
                    {.base_url = "https://api.openai.com/v1/chat/completions"},
                    "https://api.openai.com/v1/chat/completions"},
        pasted_case{"another_method",
                    {.base_url = "https://api.openai.com/v1/responses"},
                    "https://api.openai.com/v1/chat/completions"},
        pasted_case{"anthropic",
                    {.service = "anthropic", .base_url = "https://api.anthropic.com/v1/messages"},
                    "https://api.anthropic.com/v1/messages"},
        pasted_case{
            "azure_deployment",
            {.service = "azure",
             .base_url = "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
             .api_version = "2024-10-21"},
            "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"},
        pasted_case{
            "azure_other_version",
            {.service = "azure",
             .base_url = "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-02-01",
             .api_version = "2024-10-21"},
            "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"},
        pasted_case{"azure_v1",
                    {.service = "azure", .base_url = "https://r.openai.azure.com/openai/v1/chat/completions"},
                    "https://r.openai.azure.com/openai/v1/chat/completions"}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax
