#include "unit/provider/support.hpp"

#include <coax/chat/advanced_options.hpp>

#include <functional>
#include <ostream>

namespace coax {
namespace {

using test::json;
using test::make;
using test::same_json;

TEST(Registry, KnowsItsServices) {
    EXPECT_EQ(provider_names(),
              (std::vector<std::string_view>{"openai", "azure", "azure_ai", "compatible", "llama.cpp", "vllm", "ollama",
                                             "lmstudio", "openrouter", "mistral", "deepseek", "groq", "anthropic",
                                             "gemini", "vertex", "typesafe", "perplexity"}));
    for (auto const name : provider_names()) EXPECT_EQ(make(std::string{name})->name(), name);
}

TEST(Registry, KnowsTheDialectOfEach) {
    EXPECT_EQ(make("openai")->dialect(), schema_dialect::openai_strict);
    EXPECT_EQ(make("azure")->dialect(), schema_dialect::azure_strict);
    EXPECT_EQ(make("compatible")->dialect(), schema_dialect::openai_strict);
    EXPECT_EQ(make("anthropic")->dialect(), schema_dialect::anthropic);
    EXPECT_EQ(make("gemini")->dialect(), schema_dialect::gemini);
    EXPECT_EQ(make("vertex")->dialect(), schema_dialect::gemini);
    EXPECT_EQ(make({.service = "gemini", .schema_form = "open_api"})->dialect(), schema_dialect::gemini_schema);
}

struct option_case {
    char const* name;
    provider_options options;
    std::string where;
};
void PrintTo(option_case const& row, std::ostream* out) { *out << row.name; }
class WrongOption : public testing::TestWithParam<option_case> {};

TEST_P(WrongOption, IsRefusedByName) {
    auto const made = make_provider(GetParam().options);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, errc::invalid_argument);
    EXPECT_EQ(made.error().where, GetParam().where);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, WrongOption,
    testing::Values(option_case{"unknown_service", {.service = "acme"}, "service"},
                    option_case{"azure_without_base", {.service = "azure"}, "base_url"},
                    option_case{"compatible_without_base", {.service = "compatible"}, "base_url"},
                    option_case{"bad_url", {.base_url = "ftp://x"}, "base_url"},
                    option_case{"vertex_location", {.service = "vertex", .location = "a.b/"}, "location"},
                    option_case{"gemini_form", {.service = "gemini", .schema_form = "xml"}, "schema_form"},
                    option_case{"header_with_line_end", {.headers = {{"X-A", "b\r\nX-C: d"}}}, "headers"},
                    option_case{"header_without_name", {.headers = {{"", "b"}}}, "headers"},
                    option_case{"dated_v1",
                                {.service = "azure",
                                 .base_url = "https://r.openai.azure.com/openai/v1",
                                 .api_version = "2024-10-21"},
                                "api_version"},
                    option_case{"undated_deployment",
                                {.service = "azure", .base_url = "https://r.openai.azure.com/openai/deployments/d"},
                                "api_version"}),
    [](auto const& row) { return std::string(row.param.name); });

struct url_case {
    char const* name;
    provider_options options;
    std::string expected;  ///< Origin and target.
};
void PrintTo(url_case const& row, std::ostream* out) { *out << row.name; }
class Url : public testing::TestWithParam<url_case> {};

TEST_P(Url, FollowsTheTable) {
    auto const request =
        make(GetParam().options)->encode({.model = "my model", .messages = {user("Hi")}}, false).value();
    EXPECT_EQ(to_string(request.to) + request.target, GetParam().expected);
    EXPECT_EQ(request.method, "POST");
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Url,
    testing::Values(
        url_case{"openai", {}, "https://api.openai.com/v1/chat/completions"},
        url_case{"openai_elsewhere",
                 {.base_url = "https://eu.api.openai.com/v1/"},
                 "https://eu.api.openai.com/v1/chat/completions"},
        url_case{"anthropic", {.service = "anthropic"}, "https://api.anthropic.com/v1/messages"},
        url_case{"anthropic_with_v1",
                 {.service = "anthropic", .base_url = "https://proxy/claude/v1"},
                 "https://proxy/claude/v1/messages"},
        url_case{"anthropic_with_prefix",
                 {.service = "anthropic", .base_url = "https://proxy/claude"},
                 "https://proxy/claude/v1/messages"},
        url_case{"compatible",
                 {.service = "compatible", .base_url = "http://127.0.0.1:8000/api/v1"},
                 "http://127.0.0.1:8000/api/v1/chat/completions"},
        url_case{"public_profile", {.service = "groq"}, "https://api.groq.com/openai/v1/chat/completions"},
        url_case{"local_profile", {.service = "ollama"}, "http://localhost:11434/v1/chat/completions"},
        url_case{"profile_elsewhere",
                 {.service = "vllm", .base_url = "http://gpu:9000/v1"},
                 "http://gpu:9000/v1/chat/completions"},
        url_case{"azure_ai",
                 {.service = "azure_ai", .base_url = "https://r.services.ai.azure.com"},
                 "https://r.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview"},
        url_case{"azure_ai_elsewhere",
                 {.service = "azure_ai", .base_url = "https://gateway/foundry/models"},
                 "https://gateway/foundry/models/chat/completions?api-version=2024-05-01-preview"},
        url_case{"azure_ai_whole",
                 {.service = "azure_ai",
                  .base_url = "https://r.services.ai.azure.com/models/chat/completions?api-version=2025-04-01"},
                 "https://r.services.ai.azure.com/models/chat/completions?api-version=2025-04-01"},
        url_case{
            "azure_ai_serverless",
            {.service = "azure_ai", .base_url = "https://h.eastus.models.ai.azure.com", .api_version = "2025-05-01"},
            "https://h.eastus.models.ai.azure.com/chat/completions?api-version=2025-05-01"},
        url_case{"foundry_project",
                 {.service = "azure", .base_url = "https://r.services.ai.azure.com/api/projects/p"},
                 "https://r.services.ai.azure.com/api/projects/p/openai/v1/chat/completions"},
        url_case{"base_with_query",
                 {.service = "compatible", .base_url = "http://h/v1?tenant=a"},
                 "http://h/v1/chat/completions?tenant=a"},
        url_case{"azure_v1",
                 {.service = "azure", .base_url = "https://r.openai.azure.com"},
                 "https://r.openai.azure.com/openai/v1/chat/completions"},
        url_case{"azure_v1_whole",
                 {.service = "azure", .base_url = "https://r.services.ai.azure.com/openai/v1/"},
                 "https://r.services.ai.azure.com/openai/v1/chat/completions"},
        url_case{"azure_v1_preview",
                 {.service = "azure", .base_url = "https://r.openai.azure.com/openai", .api_version = "preview"},
                 "https://r.openai.azure.com/openai/v1/chat/completions?api-version=preview"},
        url_case{"azure_classic",
                 {.service = "azure",
                  .base_url = "https://r.openai.azure.com/",
                  .api_version = "2024-10-21",
                  .deployment = "gpt-4o"},
                 "https://r.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"},
        url_case{"azure_classic_by_model",
                 {.service = "azure", .base_url = "https://r.openai.azure.com/openai", .api_version = "2024-10-21"},
                 "https://r.openai.azure.com/openai/deployments/my%20model/chat/completions?api-version=2024-10-21"},
        url_case{"azure_classic_whole",
                 {.service = "azure",
                  .base_url = "https://r.openai.azure.com/openai/deployments/d",
                  .api_version = "2024-10-21"},
                 "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"},
        url_case{
            "azure_version_in_the_base",
            {.service = "azure", .base_url = "https://r.openai.azure.com/openai/deployments/d?api-version=2024-10-21"},
            "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"}),
    [](auto const& row) { return std::string(row.param.name); });

struct header_case {
    char const* name;
    provider_options options;
    std::string field;
    std::string expected;
};
void PrintTo(header_case const& row, std::ostream* out) { *out << row.name; }
class Header : public testing::TestWithParam<header_case> {};

TEST_P(Header, FollowsTheTable) {
    auto options = GetParam().options;
    if (options.service.starts_with("azure")) options.base_url = "https://r.openai.azure.com";
    if (options.service == "compatible") options.base_url = "http://localhost/v1";
    auto const service = make(options);
    auto request = service->encode({.model = "m", .messages = {user("Hi")}}, false).value();
    service->authorize(request, "key");
    EXPECT_EQ(request.headers.find(GetParam().field), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Header,
    testing::Values(
        header_case{"openai_key", {}, "authorization", "Bearer key"},
        header_case{"json", {}, "content-type", "application/json"},
        header_case{"accepts_json", {}, "accept", "application/json"},
        header_case{"organization", {.organization = "org_1"}, "openai-organization", "org_1"},
        header_case{"no_organization", {}, "openai-organization", ""},
        header_case{"project", {.project = "proj_1"}, "openai-project", "proj_1"},
        header_case{"azure_key", {.service = "azure"}, "api-key", "key"},
        header_case{"azure_no_bearer", {.service = "azure"}, "authorization", ""},
        header_case{"azure_token", {.service = "azure", .bearer = true}, "authorization", "Bearer key"},
        header_case{"azure_token_no_key", {.service = "azure", .bearer = true}, "api-key", ""},
        header_case{"azure_ai_key", {.service = "azure_ai"}, "api-key", "key"},
        header_case{"azure_ai_key_again", {.service = "azure_ai"}, "authorization", "Bearer key"},
        header_case{"azure_ai_token", {.service = "azure_ai", .bearer = true}, "authorization", "Bearer key"},
        header_case{"azure_ai_token_no_key", {.service = "azure_ai", .bearer = true}, "api-key", ""},
        header_case{"azure_ai_no_extras", {.service = "azure_ai"}, "extra-parameters", ""},
        header_case{"profile_key", {.service = "groq"}, "authorization", "Bearer key"},
        header_case{"anthropic_key", {.service = "anthropic"}, "x-api-key", "key"},
        header_case{"anthropic_version", {.service = "anthropic"}, "anthropic-version", "2023-06-01"},
        header_case{"anthropic_newer_version",
                    {.service = "anthropic", .api_version = "2026-10-21"},
                    "anthropic-version",
                    "2026-10-21"},
        header_case{"anthropic_newer_key",
                    {.service = "anthropic", .api_version = "2026-10-21"},
                    "authorization",
                    "Bearer key"},
        header_case{
            "anthropic_newer_no_old_key", {.service = "anthropic", .api_version = "2026-10-21"}, "x-api-key", ""},
        header_case{"anthropic_token", {.service = "anthropic", .bearer = true}, "authorization", "Bearer key"},
        header_case{"compatible_key", {.service = "compatible"}, "authorization", "Bearer key"},
        header_case{"users_field", {.headers = {{"X-Team", "a"}}}, "x-team", "a"},
        header_case{"users_field_wins", {.headers = {{"accept", "*/*"}}}, "Accept", "*/*"},
        header_case{"users_credential_wins", {.headers = {{"Authorization", "Basic x"}}}, "authorization", "Basic x"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Authorize, WithAnEmptyKeyAddsNothing) {
    for (auto const name : test::chat_services()) {
        auto const service = make(std::string{name});
        auto const before = service->encode({.model = "m", .messages = {user("Hi")}}, false).value();
        auto request = before;
        service->authorize(request, {});
        EXPECT_EQ(request.headers, before.headers) << name;
    }
}

TEST(Authorize, AgainReplacesTheKey) {
    auto const service = make("openai");
    auto request = service->encode({.model = "m", .messages = {user("Hi")}}, false).value();
    service->authorize(request, "old");
    auto const fields = request.headers.size();
    service->authorize(request, "new");
    EXPECT_EQ(request.headers.find("Authorization"), "Bearer new");
    EXPECT_EQ(request.headers.size(), fields);
}

// --- bodies ---

struct body_case {
    char const* name;
    std::function<void(chat_request&)> change;
    std::string expected;  ///< What the body has besides the model and the messages.
};
void PrintTo(body_case const& row, std::ostream* out) { *out << row.name; }

std::string body_of(std::string service, chat_request const& request, bool streaming = false) {
    return make(std::move(service))->encode(request, streaming).value().body;
}

/// `base` without its closing brace, and the members of `more`.
std::string with(std::string base, std::string_view more) {
    base.pop_back();
    if (!more.empty()) base.append(",").append(more);
    return base + '}';
}

class OpenAiBody : public testing::TestWithParam<body_case> {};

TEST_P(OpenAiBody, HasWhatWasSetAndNoMore) {
    chat_request request{.model = "m", .messages = {user("Hi")}};
    GetParam().change(request);
    EXPECT_TRUE(same_json(body_of("openai", request),
                          with(R"({"model":"m","messages":[{"role":"user","content":"Hi"}]})", GetParam().expected)));
}

tool_definition const clock_tool{
    .name = "clock", .description = "The time", .parameters = R"({"type":"object","properties":{}})", .strict = true};
response_format const city_format{.kind = response_format_kind::json_schema,
                                  .name = "city",
                                  .description = "A city",
                                  .schema = R"({"type":"object"})"};

INSTANTIATE_TEST_SUITE_P(
    Rows, OpenAiBody,
    testing::Values(
        body_case{"nothing", [](auto&) {}, ""},
        body_case{"temperature", [](auto& r) { r.temperature = 0.5; }, R"("temperature":0.5)"},
        body_case{"top_p", [](auto& r) { r.top_p = 0.25; }, R"("top_p":0.25)"},
        body_case{"penalties", [](auto& r) { r.presence_penalty = -0.5, r.frequency_penalty = 1.5; },
                  R"("presence_penalty":-0.5,"frequency_penalty":1.5)"},
        body_case{"limit", [](auto& r) { r.max_output_tokens = 100; }, R"("max_completion_tokens":100)"},
        body_case{"stop", [](auto& r) { r.stop = {"\n", "END"}; }, R"("stop":["\n","END"])"},
        body_case{"seed", [](auto& r) { r.seed = 1234567890123; }, R"("seed":1234567890123)"},
        body_case{"effort", [](auto& r) { r.reasoning_effort = "low"; }, R"("reasoning_effort":"low")"},
        body_case{"metadata", [](auto& r) { r.metadata = {{"a", "b"}}; }, R"("metadata":{"a":"b"})"},
        body_case{"user", [](auto& r) { r.user = "u1"; }, R"("user":"u1")"},
        body_case{
            "tools", [](auto& r) { r.tools = {clock_tool, {.name = "bare"}}; },
            R"("tools":[{"type":"function","function":{"name":"clock","description":"The time","parameters":{"type":"object","properties":{}},"strict":true}},)"
            R"({"type":"function","function":{"name":"bare"}}])"},
        body_case{"choice_none",
                  [](auto& r) {
                      r.tools = {{.name = "t"}};
                      r.tool_choice.mode = tool_choice_mode::none;
                  },
                  R"("tools":[{"type":"function","function":{"name":"t"}}],"tool_choice":"none")"},
        body_case{"choice_auto",
                  [](auto& r) {
                      r.tools = {{.name = "t"}};
                      r.tool_choice.mode = tool_choice_mode::automatic;
                  },
                  R"("tools":[{"type":"function","function":{"name":"t"}}],"tool_choice":"auto")"},
        body_case{"choice_without_tools",
                  [](auto& r) { r.tool_choice.mode = tool_choice_mode::none, r.parallel_tool_calls = false; }, ""},
        body_case{
            "strict_tool_without_parameters", [](auto& r) { r.tools = {{.name = "t", .strict = true}}; },
            R"("tools":[{"type":"function","function":{"name":"t","parameters":{"type":"object","properties":{},"required":[],"additionalProperties":false},"strict":true}}])"},
        body_case{"choice_required",
                  [](auto& r) {
                      r.tools = {{.name = "t"}};
                      r.tool_choice.mode = tool_choice_mode::required;
                  },
                  R"("tools":[{"type":"function","function":{"name":"t"}}],"tool_choice":"required")"},
        body_case{
            "choice_named",
            [](auto& r) {
                r.tools = {{.name = "t"}};
                r.tool_choice = {tool_choice_mode::named, "t"};
            },
            R"("tools":[{"type":"function","function":{"name":"t"}}],"tool_choice":{"type":"function","function":{"name":"t"}})"},
        body_case{"one_at_a_time",
                  [](auto& r) {
                      r.tools = {{.name = "t"}};
                      r.parallel_tool_calls = false;
                  },
                  R"("tools":[{"type":"function","function":{"name":"t"}}],"parallel_tool_calls":false)"},
        body_case{
            "schema", [](auto& r) { r.response_format = city_format; },
            R"("response_format":{"type":"json_schema","json_schema":{"name":"city","description":"A city","strict":true,"schema":{"type":"object"}}})"},
        body_case{"json_object", [](auto& r) { r.response_format.kind = response_format_kind::json_object; },
                  R"("response_format":{"type":"json_object"})"},
        body_case{"extra", [](auto& r) { r.extra = json(R"({"service_tier":"flex","logit_bias":{"50256":-100}})"); },
                  R"("service_tier":"flex","logit_bias":{"50256":-100})"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(OpenAiBodies, StreamWithUsage) {
    EXPECT_TRUE(same_json(
        body_of("openai", {.model = "m", .messages = {user("Hi")}}, true),
        R"({"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true,"stream_options":{"include_usage":true}})"));
}

TEST(OpenAiBodies, LetExtraWin) {
    chat_request request{
        .model = "m", .messages = {user("Hi")}, .temperature = 1, .extra = json(R"({"model":"n","temperature":0})")};
    EXPECT_TRUE(same_json(body_of("openai", request),
                          R"({"model":"n","messages":[{"role":"user","content":"Hi"}],"temperature":0})"));
}

/// A conversation in which every kind of message occurs.
chat_request conversation() {
    message showing{.parts = {text_part{"What is this?"}, image_part{.url = "https://x/y.png", .detail = "low"},
                              image_part{.media_type = "image/png", .data = "QUJD"}}};
    message asking{.role = role::assistant, .tool_calls = {{"c1", "clock", R"({"zone":"Oslo"})"}, {"c2", "clock", ""}}};
    asking.raw_content = json_value{};
    return {.model = "m",
            .messages = {system("Be \"brief\".\n"),
                         developer("And kind."),
                         std::move(showing),
                         std::move(asking),
                         tool_result("c1", "12:00"),
                         tool_result("c2", "no such zone", true),
                         assistant("Noon."),
                         {.role = role::assistant, .refusal = "I will not."},
                         {.text = "Why?", .name = "ann"}}};
}

TEST(OpenAiBodies, HoldEveryKindOfMessage) {
    EXPECT_TRUE(same_json(body_of("openai", conversation()), R"({"model":"m","messages":[
        {"role":"system","content":"Be \"brief\".\n"},
        {"role":"developer","content":"And kind."},
        {"role":"user","content":[{"type":"text","text":"What is this?"},
            {"type":"image_url","image_url":{"url":"https://x/y.png","detail":"low"}},
            {"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD","detail":"high"}}]},
        {"role":"assistant","content":null,"tool_calls":[
            {"id":"c1","type":"function","function":{"name":"clock","arguments":"{\"zone\":\"Oslo\"}"}},
            {"id":"c2","type":"function","function":{"name":"clock","arguments":"{}"}}]},
        {"role":"tool","content":"12:00","tool_call_id":"c1"},
        {"role":"tool","content":"no such zone","tool_call_id":"c2"},
        {"role":"assistant","content":"Noon."},
        {"role":"assistant","content":null,"refusal":"I will not."},
        {"role":"user","content":"Why?","name":"ann"}]})"));
}

TEST(AzureBodies, NameTheDeploymentWhereThePathDoesNot) {
    chat_request const request{.model = "gpt", .messages = {user("Hi")}, .max_output_tokens = 9};
    provider_options options{.service = "azure", .base_url = "https://r.openai.azure.com", .deployment = "dep"};
    EXPECT_TRUE(same_json(make(options)->encode(request, false).value().body,
                          R"({"model":"dep","messages":[{"role":"user","content":"Hi"}],"max_completion_tokens":9})"));
    options.api_version = "2024-10-21";
    EXPECT_TRUE(same_json(make(options)->encode(request, false).value().body,
                          R"({"model":"gpt","messages":[{"role":"user","content":"Hi"}],"max_completion_tokens":9})"));
}

TEST(AzureBodies, UseOldNamesWithOldVersions) {
    chat_request const request{.messages = {user("Hi")}, .max_output_tokens = 9};
    auto const service = make({.service = "azure",
                               .base_url = "https://r.openai.azure.com",
                               .api_version = "2024-06-01",
                               .deployment = "dep"});
    EXPECT_TRUE(same_json(service->encode(request, true).value().body,
                          R"({"messages":[{"role":"user","content":"Hi"}],"max_tokens":9,"stream":true})"));
}

TEST(CompatibleBodies, UseTheOldestForms) {
    chat_request const request{.messages = {developer("Be brief."), user("Hi")}, .top_k = 40, .max_output_tokens = 9};
    EXPECT_TRUE(same_json(
        body_of("compatible", request),
        R"({"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],"top_k":40,"max_tokens":9})"));
}

class AnthropicBody : public testing::TestWithParam<body_case> {};

TEST_P(AnthropicBody, HasWhatWasSetAndNoMore) {
    chat_request request{.model = "m", .messages = {user("Hi")}, .max_output_tokens = 100};
    GetParam().change(request);
    EXPECT_TRUE(same_json(
        body_of("anthropic", request),
        with(R"({"model":"m","max_tokens":100,"messages":[{"role":"user","content":"Hi"}]})", GetParam().expected)));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, AnthropicBody,
    testing::Values(
        body_case{"nothing", [](auto&) {}, ""},
        body_case{"sampling", [](auto& r) { r.temperature = 0.5, r.top_p = 0.25, r.top_k = 5; },
                  R"("temperature":0.5,"top_p":0.25,"top_k":5)"},
        body_case{"stop", [](auto& r) { r.stop = {"END"}; }, R"("stop_sequences":["END"])"},
        body_case{"user", [](auto& r) { r.user = "u1"; }, R"("metadata":{"user_id":"u1"})"},
        body_case{
            "tools", [](auto& r) { r.tools = {clock_tool, {.name = "bare"}}; },
            R"("tools":[{"name":"clock","description":"The time","input_schema":{"type":"object","properties":{}},"strict":true},)"
            R"({"name":"bare","input_schema":{"type":"object","properties":{}}}])"},
        body_case{
            "choice_none",
            [](auto& r) {
                r.tools = {{.name = "t"}};
                r.tool_choice.mode = tool_choice_mode::none, r.parallel_tool_calls = false;
            },
            R"("tools":[{"name":"t","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"none"})"},
        body_case{
            "choice_auto",
            [](auto& r) {
                r.tools = {{.name = "t"}};
                r.tool_choice.mode = tool_choice_mode::automatic;
            },
            R"("tools":[{"name":"t","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"auto"})"},
        body_case{"choice_without_tools", [](auto& r) { r.tool_choice.mode = tool_choice_mode::none; }, ""},
        body_case{
            "strict_tool_without_parameters", [](auto& r) { r.tools = {{.name = "t", .strict = true}}; },
            R"("tools":[{"name":"t","input_schema":{"type":"object","properties":{},"required":[],"additionalProperties":false},"strict":true}])"},
        body_case{"least_effort", [](auto& r) { r.reasoning_effort = "minimal"; },
                  R"("output_config":{"effort":"low"})"},
        body_case{
            "choice_required",
            [](auto& r) {
                r.tools = {{.name = "t"}};
                r.tool_choice.mode = tool_choice_mode::required;
                r.parallel_tool_calls = false;
            },
            R"("tools":[{"name":"t","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"any","disable_parallel_tool_use":true})"},
        body_case{
            "choice_named",
            [](auto& r) {
                r.tools = {{.name = "t"}};
                r.tool_choice = {tool_choice_mode::named, "t"};
                r.parallel_tool_calls = true;
            },
            R"("tools":[{"name":"t","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"tool","name":"t"})"},
        body_case{
            "one_at_a_time",
            [](auto& r) {
                r.tools = {{.name = "t"}};
                r.parallel_tool_calls = false;
            },
            R"("tools":[{"name":"t","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true})"},
        body_case{"one_at_a_time_without_tools", [](auto& r) { r.parallel_tool_calls = false; }, ""},
        body_case{"schema", [](auto& r) { r.response_format = city_format; },
                  R"("output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}})"},
        body_case{"effort", [](auto& r) { r.reasoning_effort = "low"; }, R"("output_config":{"effort":"low"})"},
        body_case{"no_effort", [](auto& r) { r.reasoning_effort = "none"; }, R"("thinking":{"type":"disabled"})"},
        body_case{
            "extra_in_depth",
            [](auto& r) {
                r.response_format = city_format;
                r.extra = json(R"({"thinking":{"type":"adaptive"},"output_config":{"effort":"max"}})");
            },
            R"("output_config":{"format":{"type":"json_schema","schema":{"type":"object"}},"effort":"max"},"thinking":{"type":"adaptive"})"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(AnthropicBodies, StreamAndHaveADefaultLimit) {
    EXPECT_TRUE(same_json(
        body_of("anthropic", {.model = "m", .messages = {system("Be brief."), user("Hi")}}, true),
        R"({"model":"m","max_tokens":4096,"system":"Be brief.","messages":[{"role":"user","content":"Hi"}],"stream":true})"));
}

TEST(AnthropicBodies, HoldEveryKindOfMessage) {
    EXPECT_TRUE(same_json(body_of("anthropic", conversation()), R"({"model":"m","max_tokens":4096,
        "system":[{"type":"text","text":"Be \"brief\".\n"},{"type":"text","text":"And kind."}],
        "messages":[
        {"role":"user","content":[{"type":"text","text":"What is this?"},
            {"type":"image","source":{"type":"url","url":"https://x/y.png"}},
            {"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}}]},
        {"role":"assistant","content":[
            {"type":"tool_use","id":"c1","name":"clock","input":{"zone":"Oslo"}},
            {"type":"tool_use","id":"c2","name":"clock","input":{}}]},
        {"role":"user","content":[
            {"type":"tool_result","tool_use_id":"c1","content":"12:00"},
            {"type":"tool_result","tool_use_id":"c2","content":"no such zone","is_error":true}]},
        {"role":"assistant","content":"Noon."},
        {"role":"assistant","content":"I will not."},
        {"role":"user","content":"Why?"}]})"));
}

TEST(AnthropicBodies, PutToolAnswersBeforeWhatTheUserSays) {
    message asking{
        .role = role::assistant, .text = "Let me look.", .tool_calls = {{"c1", "f", "{}"}, {"c2", "f", "not json"}}};
    message picture{
        .role = role::tool, .parts = {image_part{.media_type = "image/png", .data = "QUJD"}}, .tool_call_id = "c2"};
    chat_request const request{.model = "m",
                               .messages = {user("Go"), asking, tool_result("c1", ""), user("Hurry"), picture}};
    EXPECT_TRUE(same_json(body_of("anthropic", request), R"({"model":"m","max_tokens":4096,"messages":[
        {"role":"user","content":"Go"},
        {"role":"assistant","content":[{"type":"text","text":"Let me look."},
            {"type":"tool_use","id":"c1","name":"f","input":{}},
            {"type":"tool_use","id":"c2","name":"f","input":{"invalid_json":"not json"}}]},
        {"role":"user","content":[
            {"type":"tool_result","tool_use_id":"c1"},
            {"type":"tool_result","tool_use_id":"c2","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}}]},
            {"type":"text","text":"Hurry"}]}]})"));
}

TEST(AnthropicBodies, SendRawContentBackUnchanged) {
    auto const blocks =
        R"([{"type":"thinking","thinking":"Hm.","signature":"EqQB"},{"type":"tool_use","id":"c1","name":"f","input":{"b":1,"a":2}}])";
    message asking{
        .role = role::assistant, .text = "ignored", .tool_calls = {{"c1", "f", "{}"}}, .raw_content = json(blocks)};
    auto const body = body_of("anthropic", {.model = "m", .messages = {user("Go"), asking, tool_result("c1", "x")}});
    EXPECT_NE(body.find(std::string{R"({"role":"assistant","content":)"} + blocks + "}"), std::string::npos) << body;
}

TEST(RawContent, MeansNothingToOtherServices) {
    message const said{.role = role::assistant, .text = "Hi.", .raw_content = json(R"([{"type":"thinking"}])")};
    EXPECT_TRUE(same_json(body_of("openai", {.model = "m", .messages = {said}}),
                          R"({"model":"m","messages":[{"role":"assistant","content":"Hi."}]})"));
}

// --- what a service has no word for ---

struct refused_case {
    char const* name;
    provider_options options;
    std::function<void(chat_request&)> change;
    std::string where;
};
void PrintTo(refused_case const& row, std::ostream* out) { *out << row.name; }
class Inexpressible : public testing::TestWithParam<refused_case> {};

TEST_P(Inexpressible, IsRefusedBeforeSending) {
    chat_request request{.model = "m", .messages = {user("Hi")}};
    GetParam().change(request);
    auto const encoded = make(GetParam().options)->encode(request, false);
    ASSERT_FALSE(encoded);
    EXPECT_EQ(encoded.error().code, errc::invalid_argument);
    EXPECT_EQ(encoded.error().where, GetParam().where);
}

provider_options const openai{};
provider_options const azure_v1{.service = "azure", .base_url = "https://r.openai.azure.com"};
provider_options const anthropic{.service = "anthropic"};
provider_options const newer_anthropic{.service = "anthropic", .api_version = "2026-10-21"};
void no_model(chat_request& request) { request.model.clear(); }

INSTANTIATE_TEST_SUITE_P(
    Rows, Inexpressible,
    testing::Values(
        refused_case{"invalid_anyway", openai, [](auto& r) { r.messages.clear(); }, "messages"},
        refused_case{"openai_without_model", openai, no_model, "model"},
        refused_case{"azure_without_model", azure_v1, no_model, "model"},
        refused_case{"anthropic_without_model", anthropic, no_model, "model"},
        refused_case{"openai_top_k", openai, [](auto& r) { r.top_k = 1; }, "top_k"},
        refused_case{"openai_nameless_schema", openai,
                     [](auto& r) {
                         r.response_format = city_format;
                         r.response_format.name.clear();
                     },
                     "response_format.name"},
        refused_case{"openai_assistants_picture", openai,
                     [](auto& r) {
                         r.messages.push_back({.role = role::assistant, .parts = {image_part{.url = "https://x/y"}}});
                     },
                     "messages[1].parts[0]"},
        refused_case{"anthropic_system_alone", anthropic, [](auto& r) { r.messages = {system("Be brief.")}; },
                     "messages"},
        refused_case{"anthropic_hot", anthropic, [](auto& r) { r.temperature = 1.5; }, "temperature"},
        refused_case{"anthropic_seed", anthropic, [](auto& r) { r.seed = 1; }, "seed"},
        refused_case{"anthropic_presence", anthropic, [](auto& r) { r.presence_penalty = 1; }, "presence_penalty"},
        refused_case{"anthropic_frequency", anthropic, [](auto& r) { r.frequency_penalty = 1; }, "frequency_penalty"},
        refused_case{"anthropic_metadata", anthropic, [](auto& r) { r.metadata = {{"a", "b"}}; }, "metadata"},
        refused_case{"anthropic_any_json", anthropic,
                     [](auto& r) { r.response_format.kind = response_format_kind::json_object; },
                     "response_format.kind"},
        refused_case{
            "anthropic_systems_picture", anthropic,
            [](auto& r) { r.messages.push_back({.role = role::system, .parts = {image_part{.url = "https://x/y"}}}); },
            "messages[1].parts[0]"},
        refused_case{"anthropic_cited_schema", anthropic,
                     [](auto& r) {
                         r.messages.push_back({.parts = {file_part{.text = "a", .citations = true}}});
                         r.response_format = city_format;
                     },
                     "messages[1].parts"},
        refused_case{"newer_anthropic_temperature", newer_anthropic, [](auto& r) { r.temperature = 0.5; },
                     "temperature"},
        refused_case{"newer_anthropic_top_p", newer_anthropic, [](auto& r) { r.top_p = 0.5; }, "top_p"},
        refused_case{"newer_anthropic_top_k", newer_anthropic, [](auto& r) { r.top_k = 5; }, "top_k"}),
    [](auto const& row) { return std::string(row.param.name); });

provider_options const by_gemini{.service = "gemini"};

INSTANTIATE_TEST_SUITE_P(
    Gemini, Inexpressible,
    testing::Values(
        refused_case{"without_model", by_gemini, no_model, "model"},
        refused_case{"a_query_for_a_model", by_gemini, [](auto& r) { r.model = "m?key=1"; }, "model"},
        refused_case{"a_path_for_a_model", by_gemini, [](auto& r) { r.model = "../../x"; }, "model"},
        refused_case{"system_alone", by_gemini, [](auto& r) { r.messages = {system("Be brief.")}; }, "messages"},
        refused_case{"metadata", by_gemini, [](auto& r) { r.metadata = {{"a", "b"}}; }, "metadata"},
        refused_case{"user", by_gemini, [](auto& r) { r.user = "u"; }, "user"},
        refused_case{"one_at_a_time", by_gemini, [](auto& r) { r.parallel_tool_calls = false; }, "parallel_tool_calls"},
        refused_case{"large_seed", by_gemini, [](auto& r) { r.seed = 1234567890123; }, "seed"},
        refused_case{"large_limit", by_gemini, [](auto& r) { r.max_output_tokens = 1234567890123; },
                     "max_output_tokens"},
        refused_case{"several_candidates", by_gemini,
                     [](auto& r) { r.extra = json(R"({"generationConfig":{"candidateCount":2}})"); },
                     "extra.generationConfig.candidateCount"},
        refused_case{"unknown_effort", by_gemini, [](auto& r) { r.reasoning_effort = "huge"; }, "reasoning_effort"},
        refused_case{"no_thinking", by_gemini, [](auto& r) { r.reasoning_effort = "none"; }, "reasoning_effort"},
        refused_case{"no_thinking_of_a_pro", by_gemini,
                     [](auto& r) { r.model = "gemini-2.5-pro", r.reasoning_effort = "none"; }, "reasoning_effort"},
        refused_case{"more_than_a_budget_says", by_gemini,
                     [](auto& r) { r.model = "gemini-2.5-flash", r.reasoning_effort = "xhigh"; }, "reasoning_effort"},
        refused_case{"nine_choices", by_gemini, [](auto& r) { r.advanced = advanced_options{.n = 9}; }, "advanced.n"},
        refused_case{"bias", by_gemini, [](auto& r) { r.advanced = advanced_options{.logit_bias = {{5, 1}}}; },
                     "advanced.logit_bias"},
        refused_case{"tier", by_gemini, [](auto& r) { r.advanced = advanced_options{.service_tier = "scale"}; },
                     "advanced.service_tier"},
        refused_case{"verbosity", by_gemini, [](auto& r) { r.advanced = advanced_options{.verbosity = "low"}; },
                     "advanced.verbosity"},
        refused_case{"store_of_vertex",
                     {.service = "vertex"},
                     [](auto& r) { r.advanced = advanced_options{.store = true}; },
                     "advanced.store"},
        refused_case{"prediction", by_gemini, [](auto& r) { r.advanced = advanced_options{.prediction = "x"}; },
                     "advanced.prediction"},
        refused_case{"budget_of_a_level", by_gemini,
                     [](auto& r) {
                         r.advanced = advanced_options{.thinking = {.mode = thinking_mode::budget, .budget_tokens = 5}};
                     },
                     "advanced.thinking.mode"},
        refused_case{"effort_and_budget", by_gemini,
                     [](auto& r) {
                         r.model = "gemini-2.5-flash", r.reasoning_effort = "low";
                         r.advanced = advanced_options{.thinking = {.mode = thinking_mode::budget, .budget_tokens = 5}};
                     },
                     "advanced.thinking.mode"},
        refused_case{"between_tools", by_gemini,
                     [](auto& r) { r.advanced = advanced_options{.thinking = {.mode = thinking_mode::between_tools}}; },
                     "advanced.thinking.mode"},
        refused_case{"result_of_no_call", by_gemini, [](auto& r) { r.messages.push_back(tool_result("c", "x")); },
                     "messages[1].tool_call_id"},
        refused_case{"tool_that_recurs",
                     {.service = "gemini", .schema_form = "open_api"},
                     [](auto& r) {
                         r.tools = {
                             {.name = "t", .parameters = R"({"type":"object","properties":{"a":{"$ref":"#"}}})"}};
                     },
                     "tools[0].parameters/properties/a"}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax
