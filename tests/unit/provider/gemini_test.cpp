#include "unit/provider/support.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/chat/response_details.hpp>

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

// --- where requests go ---

struct address_case {
    char const* name;
    provider_options options;
    char const* model;
    bool streaming;
    char const* expected;
};
void PrintTo(address_case const& row, std::ostream* out) { *out << row.name; }
class GeminiAddress : public testing::TestWithParam<address_case> {};

TEST_P(GeminiAddress, FollowsTheTable) {
    auto const& row = GetParam();
    auto const request =
        make(row.options)->encode({.model = row.model, .messages = {user("Hi")}}, row.streaming).value();
    EXPECT_EQ(to_string(request.to) + request.target, row.expected);
    EXPECT_EQ(request.method, "POST");
}

provider_options const gemini_by_key{.service = "gemini"};
provider_options const vertex_by_key{.service = "vertex"};

INSTANTIATE_TEST_SUITE_P(
    Rows, GeminiAddress,
    testing::Values(
        address_case{"gemini", gemini_by_key, "gemini-3.6-flash", false,
                     "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.6-flash:generateContent"},
        address_case{"stream", gemini_by_key, "models/gemini-3.6-flash", true,
                     "https://generativelanguage.googleapis.com/v1beta/models/"
                     "gemini-3.6-flash:streamGenerateContent?alt=sse"},
        address_case{"tuned",
                     {.service = "gemini", .api_version = "v1"},
                     "tunedModels/t1",
                     false,
                     "https://generativelanguage.googleapis.com/v1/tunedModels/t1:generateContent"},
        address_case{"base_with_version_and_query",
                     {.service = "gemini", .base_url = "http://h:8080/g/v1?tenant=a"},
                     "m",
                     true,
                     "http://h:8080/g/v1/models/m:streamGenerateContent?alt=sse&tenant=a"},
        address_case{"pasted",
                     {.service = "gemini", .base_url = "https://h/v1beta/models/gemini-2.5-pro:generateContent"},
                     "m",
                     false,
                     "https://h/v1beta/models/m:generateContent"},
        address_case{"vertex_express", vertex_by_key, "m", false,
                     "https://aiplatform.googleapis.com/v1beta1/publishers/google/models/m:generateContent"},
        address_case{"vertex_project",
                     {.service = "vertex", .project = "p-1"},
                     "m",
                     false,
                     "https://aiplatform.googleapis.com/v1beta1/projects/p-1/locations/global/publishers/google/"
                     "models/m:generateContent"},
        address_case{"vertex_region",
                     {.service = "vertex", .api_version = "v1", .project = "p", .location = "europe-west4"},
                     "models/m",
                     true,
                     "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/publishers/"
                     "google/models/m:streamGenerateContent?alt=sse"},
        address_case{"vertex_multi_region",
                     {.service = "vertex", .project = "p", .location = "eu"},
                     "publishers/acme/models/m",
                     false,
                     "https://aiplatform.eu.rep.googleapis.com/v1beta1/projects/p/locations/eu/publishers/acme/models/"
                     "m:generateContent"},
        address_case{"vertex_pasted",
                     {.service = "vertex",
                      .base_url = "https://h/v1/projects/q/locations/us/publishers/google/models/x:generateContent",
                      .project = "p"},
                     "m",
                     false,
                     "https://h/v1/projects/q/locations/us/publishers/google/models/m:generateContent"}),
    [](auto const& row) { return std::string(row.param.name); });

struct key_case {
    char const* name;
    provider_options options;
    char const* field;
    char const* expected;
};
void PrintTo(key_case const& row, std::ostream* out) { *out << row.name; }
class GeminiKey : public testing::TestWithParam<key_case> {};

TEST_P(GeminiKey, TravelsInItsHeader) {
    auto const service = make(GetParam().options);
    auto request = service->encode({.model = "m", .messages = {user("Hi")}}, false).value();
    service->authorize(request, "key");
    EXPECT_EQ(request.headers.find(GetParam().field), GetParam().expected);
    EXPECT_EQ(request.target.find("key"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, GeminiKey,
    testing::Values(key_case{"key", gemini_by_key, "x-goog-api-key", "key"},
                    key_case{"no_bearer", gemini_by_key, "authorization", ""},
                    key_case{"token", {.service = "vertex", .bearer = true}, "authorization", "Bearer key"},
                    key_case{"no_key_beside", {.service = "vertex", .bearer = true}, "x-goog-api-key", ""},
                    key_case{"users_own",
                             {.service = "gemini", .headers = {{"X-Goog-Api-Key", "mine"}}},
                             "x-goog-api-key",
                             "mine"}),
    [](auto const& row) { return std::string(row.param.name); });

// --- what is sent ---

struct config_case {
    char const* name;
    std::function<void(chat_request&)> change;
    char const* expected;  ///< What the body has besides the contents.
    provider_options options{.service = "gemini"};
};
void PrintTo(config_case const& row, std::ostream* out) { *out << row.name; }
class GeminiBody : public testing::TestWithParam<config_case> {};

TEST_P(GeminiBody, HasWhatWasSetAndNoMore) {
    chat_request request{.model = "gemini-3.6-flash", .messages = {user("Hi")}};
    GetParam().change(request);
    auto const body = make(GetParam().options)->encode(request, false);
    ASSERT_TRUE(body) << body.error();
    std::string const more = GetParam().expected;
    EXPECT_TRUE(same_json(body->body, R"({"contents":[{"role":"user","parts":[{"text":"Hi"}]}])" +
                                          (more.empty() ? more : "," + more) + "}"));
}

tool_definition const gemini_clock{.name = "clock",
                                   .description = "The time",
                                   .parameters = R"({"type":"object","properties":{"zone":{"type":"string"}}})",
                                   .strict = true};
constexpr char const* bare_tool = R"("tools":[{"functionDeclarations":[{"name":"t"}]}])";
provider_options const older_form{.service = "gemini", .schema_form = "open_api"};

void with_choice(chat_request& request, tool_choice_mode mode) {
    request.tools = {{.name = "t"}};
    request.tool_choice = {mode, mode == tool_choice_mode::named ? "t" : ""};
}

std::string const with_bare_tool(std::string_view config) {
    return std::string{bare_tool} + R"(,"toolConfig":{"functionCallingConfig":{)" + std::string{config} + "}}";
}
std::string const choice_none = with_bare_tool(R"("mode":"NONE")");
std::string const choice_auto = with_bare_tool(R"("mode":"AUTO")");
std::string const choice_any = with_bare_tool(R"("mode":"ANY")");
std::string const choice_named = with_bare_tool(R"("mode":"ANY","allowedFunctionNames":["t"])");

INSTANTIATE_TEST_SUITE_P(
    Rows, GeminiBody,
    testing::Values(
        config_case{"nothing", [](auto&) {}, ""},
        config_case{"numbers",
                    [](auto& r) {
                        r.temperature = 1.5, r.top_p = 0.25, r.top_k = 5, r.presence_penalty = -0.5,
                        r.frequency_penalty = 1.5;
                        r.max_output_tokens = 100, r.seed = -7;
                    },
                    R"("generationConfig":{"temperature":1.5,"topP":0.25,"topK":5,"presencePenalty":-0.5,)"
                    R"("frequencyPenalty":1.5,"maxOutputTokens":100,"seed":-7})"},
        config_case{"stop", [](auto& r) { r.stop = {"\n", "END"}; },
                    R"("generationConfig":{"stopSequences":["\n","END"]})"},
        config_case{
            "schema",
            [](auto& r) {
                r.response_format = {.kind = response_format_kind::json_schema, .schema = R"({"type":"object"})"};
            },
            R"("generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object"}})"},
        config_case{"older_schema",
                    [](auto& r) {
                        r.response_format = {.kind = response_format_kind::json_schema,
                                             .schema = R"({"type":"OBJECT"})"};
                    },
                    R"("generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT"}})",
                    older_form},
        config_case{"any_json", [](auto& r) { r.response_format.kind = response_format_kind::json_object; },
                    R"("generationConfig":{"responseMimeType":"application/json"})"},
        config_case{"effort", [](auto& r) { r.reasoning_effort = "low"; },
                    R"("generationConfig":{"thinkingConfig":{"thinkingLevel":"LOW","includeThoughts":true}})"},
        config_case{"budget", [](auto& r) { r.model = "models/gemini-2.5-flash", r.reasoning_effort = "medium"; },
                    R"("generationConfig":{"thinkingConfig":{"thinkingBudget":8192,"includeThoughts":true}})"},
        config_case{"no_thinking", [](auto& r) { r.model = "gemini-2.5-flash", r.reasoning_effort = "none"; },
                    R"("generationConfig":{"thinkingConfig":{"thinkingBudget":0}})"},
        config_case{"choices",
                    [](auto& r) { r.advanced = advanced_options{.n = 3, .logprobs = true, .top_logprobs = 2}; },
                    R"("generationConfig":{"candidateCount":3,"responseLogprobs":true,"logprobs":2})"},
        config_case{"tier_and_store",
                    [](auto& r) { r.advanced = advanced_options{.service_tier = "flex", .store = false}; },
                    R"("serviceTier":"flex","store":false)"},
        config_case{"hidden_thoughts",
                    [](auto& r) {
                        r.reasoning_effort = "high";
                        r.advanced = advanced_options{.thinking = {.show = false}};
                    },
                    R"("generationConfig":{"thinkingConfig":{"thinkingLevel":"HIGH","includeThoughts":false}})"},
        config_case{"shown_thoughts", [](auto& r) { r.advanced = advanced_options{.thinking = {.show = true}}; },
                    R"("generationConfig":{"thinkingConfig":{"includeThoughts":true}})"},
        config_case{"own_budget",
                    [](auto& r) {
                        r.model = "gemini-2.5-flash";
                        r.advanced = advanced_options{
                            .thinking = {.mode = thinking_mode::budget, .budget_tokens = 512, .show = false}};
                    },
                    R"("generationConfig":{"thinkingConfig":{"thinkingBudget":512,"includeThoughts":false}})"},
        config_case{"adaptive_budget",
                    [](auto& r) {
                        r.model = "gemini-2.5-pro";
                        r.advanced = advanced_options{.thinking = {.mode = thinking_mode::adaptive}};
                    },
                    R"("generationConfig":{"thinkingConfig":{"thinkingBudget":-1,"includeThoughts":true}})"},
        config_case{"its_own_tools",
                    [](auto& r) {
                        r.tools = {{.raw = json(R"({"googleSearch":{}})")}, {.name = "t"}};
                        r.tool_choice.mode = tool_choice_mode::automatic;
                    },
                    R"("tools":[{"functionDeclarations":[{"name":"t"}]},{"googleSearch":{}}],)"
                    R"("toolConfig":{"functionCallingConfig":{"mode":"AUTO"}})"},
        config_case{"its_own_tools_alone",
                    [](auto& r) {
                        r.tools = {{.raw = json(R"({"googleSearch":{}})")}};
                        r.tool_choice.mode = tool_choice_mode::automatic;
                    },
                    R"("tools":[{"googleSearch":{}}])"},
        config_case{"strict_tool", [](auto& r) { r.tools = {gemini_clock}; },
                    R"("tools":[{"functionDeclarations":[{"name":"clock","description":"The time",)"
                    R"("parametersJsonSchema":{"type":"object","properties":{"zone":{"type":"string"}}}}]}],)"
                    R"("toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"}})"},
        config_case{
            "free_tool_in_its_dialect",
            [](auto& r) {
                r.tools = {gemini_clock};
                r.tools[0].strict = false;
                r.tools[0].parameters = R"({"type":"object","properties":{"zone":{"const":"a"}}})";
            },
            R"("tools":[{"functionDeclarations":[{"name":"clock","description":"The time",)"
            R"("parametersJsonSchema":{"type":"object","properties":{"zone":{"type":"string","enum":["a"]}},"required":[]}}]}])"},
        config_case{"free_tool_in_the_older_form",
                    [](auto& r) {
                        r.tools = {gemini_clock};
                        r.tools[0].strict = false;
                    },
                    R"("tools":[{"functionDeclarations":[{"name":"clock","description":"The time",)"
                    R"("parameters":{"type":"OBJECT","properties":{"zone":{"type":"STRING"}},"required":[]}}]}])",
                    older_form},
        config_case{"choice_default", [](auto& r) { with_choice(r, tool_choice_mode::service_default); }, bare_tool},
        config_case{"choice_none", [](auto& r) { with_choice(r, tool_choice_mode::none); }, choice_none.c_str()},
        config_case{"choice_auto", [](auto& r) { with_choice(r, tool_choice_mode::automatic); }, choice_auto.c_str()},
        config_case{"choice_required", [](auto& r) { with_choice(r, tool_choice_mode::required); }, choice_any.c_str()},
        config_case{"choice_named", [](auto& r) { with_choice(r, tool_choice_mode::named); }, choice_named.c_str()},
        config_case{"labels", [](auto& r) { r.metadata = {{"team", "a"}}; }, R"("labels":{"team":"a"})", vertex_by_key},
        config_case{"extra_in_depth",
                    [](auto& r) {
                        r.temperature = 1;
                        r.extra = json(R"({"generationConfig":{"temperature":0,"topK":1},"serviceTier":"flex"})");
                    },
                    R"("generationConfig":{"temperature":0,"topK":1},"serviceTier":"flex")"}),
    [](auto const& row) { return std::string(row.param.name); });

std::string body_of(chat_request const& request) { return make("gemini")->encode(request, false).value().body; }

TEST(GeminiContents, HoldEveryKindOfMessage) {
    message showing{.parts = {text_part{"What?"}, image_part{.url = "https://x/v1beta/files/a.png"},
                              image_part{.media_type = "image/png", .data = "QUJD"},
                              image_part{.url = "data:image/gif;base64,R0lG"}}};
    message asking{.role = role::assistant, .tool_calls = {{"c1", "clock", R"({"zone":"Oslo"})"}, {"c2", "f", "bad"}}};
    message picture{.role = role::tool,
                    .parts = {text_part{"seen"}, image_part{.media_type = "image/png", .data = "QUJD"}},
                    .tool_call_id = "c2"};
    chat_request const request{.model = "m",
                               .messages = {system("Be \"brief\".\n"),
                                            developer("And kind."),
                                            std::move(showing),
                                            std::move(asking),
                                            tool_result("c1", R"({"hour":12})"),
                                            user("Hurry"),
                                            std::move(picture),
                                            assistant("Noon."),
                                            assistant(""),
                                            {.role = role::assistant, .refusal = "I will not."},
                                            user("")}};
    EXPECT_TRUE(same_json(body_of(request), R"({
        "systemInstruction":{"parts":[{"text":"Be \"brief\".\n"},{"text":"And kind."}]},
        "contents":[
        {"role":"user","parts":[{"text":"What?"},
            {"fileData":{"mimeType":"image/png","fileUri":"https://x/v1beta/files/a.png"}},
            {"inlineData":{"mimeType":"image/png","data":"QUJD"}},
            {"inlineData":{"mimeType":"image/gif","data":"R0lG"}}]},
        {"role":"model","parts":[
            {"functionCall":{"id":"c1","name":"clock","args":{"zone":"Oslo"}},"thoughtSignature":"skip_thought_signature_validator"},
            {"functionCall":{"id":"c2","name":"f","args":{"invalid_json":"bad"}}}]},
        {"role":"user","parts":[
            {"functionResponse":{"id":"c1","name":"clock","response":{"output":{"hour":12}}}},
            {"functionResponse":{"id":"c2","name":"f","response":{"output":"seen"},
                "parts":[{"inlineData":{"mimeType":"image/png","data":"QUJD"}}]}}]},
        {"role":"user","parts":[{"text":"Hurry"}]},
        {"role":"model","parts":[{"text":"Noon."}]},
        {"role":"model","parts":[{"text":"I will not."}]},
        {"role":"user","parts":[{"text":""}]}]})"));
}

TEST(GeminiContents, NameTheToolOfAFailedResultAndNoIdThatWasMadeUp) {
    message asking{.role = role::assistant, .tool_calls = {{"gemini_call_0", "clock", "{}"}}};
    chat_request const request{.model = "m",
                               .messages = {user("x"), asking, tool_result("gemini_call_0", "no such zone", true)}};
    EXPECT_TRUE(same_json(body_of(request), R"({"contents":[{"role":"user","parts":[{"text":"x"}]},
        {"role":"model","parts":[{"functionCall":{"name":"clock","args":{}},"thoughtSignature":"skip_thought_signature_validator"}]},
        {"role":"user","parts":[{"functionResponse":{"name":"clock","response":{"error":"no such zone"}}}]}]})"));
}

// --- what it wants back ---

constexpr std::string_view signed_parts =
    R"([{"text":"Hm.","thought":true},{"functionCall":{"name":"f","args":{"b":1,"a":2}},"thoughtSignature":"S1=="},)"
    R"({"functionCall":{"id":"c2","name":"g","args":{}},"novel":[1]},{"text":"","thoughtSignature":"S2=="}])";

TEST(GeminiReturned, IsWhatItSent) {
    auto const service = make("gemini");
    auto const response = service->decode(ok(R"({"candidates":[{"content":{"role":"model","parts":)" +
                                             std::string{signed_parts} + R"(},"finishReason":"STOP"}]})"),
                                          test_time);
    ASSERT_TRUE(response) << response.error();
    EXPECT_EQ(response->reasoning, "Hm.");
    auto const body = body_of(
        {.model = "m",
         .messages = {user("x"), to_message(*response), tool_result("gemini_call_0", "1"), tool_result("c2", "2")}});
    EXPECT_TRUE(
        same_json(body, R"({"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":)" +
                            std::string{signed_parts} +
                            R"(},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"1"}}},)"
                            R"({"functionResponse":{"id":"c2","name":"g","response":{"output":"2"}}}]}]})"));
}

TEST(GeminiReturned, FromAStreamIsPutTogether) {
    auto const out = run_stream(
        *make("gemini"),
        as_events(
            {R"({"candidates":[{"content":{"parts":[{"text":"H","thought":true}]}}]})",
             R"({"candidates":[{"content":{"parts":[{"text":"m.","thought":true},{"text":"Let "}]}}]})",
             R"({"candidates":[{"content":{"parts":[{"text":"me."}]}}]})",
             R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"S"}]}}]})",
             R"({"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"T"}]},"finishReason":"STOP"}]})"}));
    ASSERT_TRUE(out.response) << out.response.error();
    EXPECT_EQ(
        out.response->raw_content.text(),
        R"([{"text":"Hm.","thought":true},{"text":"Let me."},{"functionCall":{"name":"f","args":{}},"thoughtSignature":"S"},)"
        R"({"text":"","thoughtSignature":"T"}])");
    EXPECT_EQ(out.shown, "Let me.");
    EXPECT_EQ(out.hidden, "Hm.");
}

TEST(GeminiReturned, OfOtherServicesIsWrittenAnew) {
    message const said{.role = role::assistant, .text = "Hi.", .raw_content = json(R"([{"type":"thinking"}])")};
    EXPECT_TRUE(same_json(
        body_of({.model = "m", .messages = {user("x"), said}}),
        R"({"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"text":"Hi."}]}]})"));
}

TEST(GeminiReturned, MeansNothingToOtherServices) {
    message const said{.role = role::assistant, .text = "Hi.", .raw_content = json(signed_parts)};
    for (auto const* service : {"openai", "anthropic"}) {
        auto const body = make(service)->encode({.model = "m", .messages = {user("x"), said}}, false).value().body;
        EXPECT_EQ(body.find("thoughtSignature"), std::string::npos) << body;
        EXPECT_NE(body.find(R"({"role":"assistant","content":"Hi."})"), std::string::npos) << body;
    }
}

TEST(GeminiUsage, CountsThoughtsAsOutputAndToolsAsInput) {
    auto const response = make("gemini")->decode(
        ok(R"({"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"STOP"}],"usageMetadata":{)"
           R"("promptTokenCount":100,"cachedContentTokenCount":60,"candidatesTokenCount":"20","thoughtsTokenCount":30,)"
           R"("toolUsePromptTokenCount":5,"totalTokenCount":155}})"),
        test_time);
    usage const expected{.input_tokens = 105, .output_tokens = 50, .cached_input_tokens = 60, .reasoning_tokens = 30};
    EXPECT_EQ(response.value().usage, expected);
}

TEST(GeminiDetails, HaveChoicesAndLogprobs) {
    auto const response = make("gemini")->decode(
        ok(R"({"candidates":[{"index":1,"content":{"parts":[{"text":"b"},{"functionCall":{"name":"f"}}]},"finishReason":"STOP"},)"
           R"({"index":0,"content":{"parts":[{"text":"a"}]},"finishReason":"STOP","logprobsResult":{"chosenCandidates":[)"
           R"({"token":"a","tokenId":5,"logProbability":-0.5}],"topCandidates":[{"candidates":[{"token":"a","logProbability":-0.5},)"
           R"({"token":"c","logProbability":-2}]}]}}]})"),
        test_time);
    ASSERT_TRUE(response) << response.error();
    EXPECT_EQ(response->text, "a");
    auto const& details = *response->details;
    ASSERT_EQ(details.choices.size(), 1U);
    EXPECT_EQ(details.choices[0].text, "b");
    EXPECT_EQ(details.choices[0].tool_calls.at(0).name, "f");
    ASSERT_EQ(details.logprobs.size(), 1U);
    EXPECT_EQ(details.logprobs[0].token, "a");
    EXPECT_EQ(details.logprobs[0].logprob, -0.5);
    EXPECT_EQ(details.logprobs[0].top.at(1).token, "c");
}

TEST(GeminiStream, ShowsACallAsItComes) {
    auto const decoder = make("gemini")->decode_stream({}, test_time);
    chat_delta delta;
    ASSERT_TRUE(decoder->feed(
        {.data = R"({"candidates":[{"content":{"parts":[{"functionCall":{"id":"c","name":"f","args":{"x":1}}}]}}]})"},
        delta));
    EXPECT_EQ(delta.tool_calls, (std::vector<tool_call>{{"c", "f", R"({"x":1})"}}));
}

TEST(GeminiStreamAsArray, IsReadAsOneResponse) {
    auto const response = make("gemini")->decode(
        ok(R"([{"candidates":[{"content":{"parts":[{"text":"a"}]}}]},)"
           R"({"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}],"responseId":"r"}])"),
        test_time);
    ASSERT_TRUE(response) << response.error();
    EXPECT_EQ(response->text, "ab");
    EXPECT_EQ(response->request_id, "r");
}

TEST(GeminiBlockedPrompt, SaysWhyAndWhatItCost) {
    std::string_view const blocked =
        R"({"promptFeedback":{"blockReason":"SAFETY","blockReasonMessage":"No."},"usageMetadata":{"promptTokenCount":7}})";
    auto const whole = make("gemini")->decode(ok(blocked), test_time);
    auto const out = run_stream(*make("gemini"), as_events({blocked}));
    for (auto const* outcome : {&whole, &out.response}) {
        ASSERT_FALSE(*outcome);
        EXPECT_EQ(outcome->error().code, errc::content_filtered);
        EXPECT_EQ(outcome->error().service_code, "SAFETY");
        EXPECT_EQ(outcome->error().service_message, "No.");
        EXPECT_FALSE(is_retryable(outcome->error()));
    }
    EXPECT_EQ(whole.error().input_tokens, 7);
    EXPECT_EQ(out.counted.input_tokens, 7);
}

}  // namespace
}  // namespace coax
