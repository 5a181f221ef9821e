// The simulated Azure AI model inference.
#include "sim/service.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <ostream>

namespace coax::sim::detail {
namespace {

using testing::HasSubstr;

constexpr std::string_view chat_target = "/models/chat/completions?api-version=2024-05-01-preview";
constexpr std::string_view embeddings_target = "/models/embeddings?api-version=2024-05-01-preview";

std::string inference_chat(std::string_view more = {}, std::string_view message = {}) {
    return R"({"model":"m","messages":[)" +
           std::string{message.empty() ? R"({"role":"user","content":"Is it cold in Oslo?"})" : message} + "]" +
           std::string{more} + "}";
}
constexpr std::string_view weather_tools =
    R"(,"tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}])";

std::string found_at(std::string const& body, std::string_view pointer) {
    boost::system::error_code missing;
    auto const value = json::parse(body);
    auto const* found = value.find_pointer(json::string_view{pointer.data(), pointer.size()}, missing);
    if (found == nullptr) return "(none)";
    return found->is_string() ? std::string{view(found->get_string())} : json::serialize(*found);
}

struct inference_case {
    char const* name;
    std::string body;
    int status;
    char const* message;  ///< Part of it.
    std::string_view target{chat_target};
    std::string_view extras{};
};
void PrintTo(inference_case const& row, std::ostream* out) { *out << row.name; }
class AzureAiRequest : public testing::TestWithParam<inference_case> {};

TEST_P(AzureAiRequest, FollowsTheTable) {
    service of{options{}};
    auto const& row = GetParam();
    auto const out =
        of.handle({.method = "POST", .target = row.target, .body = row.body, .extra_parameters = row.extras}, {});
    EXPECT_EQ(out.status, row.status) << out.body;
    if (row.status == 200) return;
    EXPECT_THAT(found_at(out.body, "/error/message"), HasSubstr(row.message));
    EXPECT_NE(found_at(out.body, "/error/code"), "(none)");
    EXPECT_EQ(found_at(out.body, "/error/type"), "(none)");
}
INSTANTIATE_TEST_SUITE_P(
    Rows, AzureAiRequest,
    testing::Values(
        inference_case{"plain", inference_chat(), 200, ""},
        inference_case{"serverless", R"({"messages":[{"role":"user","content":"a"}]})", 200, "",
                       "/chat/completions?api-version=2025-05-01"},
        inference_case{"no_version", inference_chat(), 400, "'api-version' is missing", "/models/chat/completions"},
        inference_case{"unknown_version", inference_chat(), 400, "not supported",
                       "/models/chat/completions?api-version=2020-01-01"},
        inference_case{"extra", inference_chat(R"(,"n":2)"), 400, "Extra parameters ['n'] are not allowed"},
        inference_case{"extra_refused", inference_chat(R"(,"n":2)"), 400, "Extra parameters", chat_target, "error"},
        inference_case{"extra_passed_through", inference_chat(R"(,"n":2)"), 200, "", chat_target, "pass-through"},
        inference_case{"extra_dropped", inference_chat(R"(,"n":2)"), 200, "", chat_target, "drop"},
        inference_case{"extra_header", inference_chat(), 400, "'extra-parameters' must be", chat_target, "ignore"},
        inference_case{"newer_limit", inference_chat(R"(,"max_completion_tokens":2)"), 400, "max_completion_tokens"},
        inference_case{"temperature", inference_chat(R"(,"temperature":1.5)"), 400, "between 0 and 1"},
        inference_case{"one_stop", inference_chat(R"(,"stop":"a")"), 400, "an array of at least one string"},
        inference_case{"stops", inference_chat(R"(,"stop":["a"])"), 200, ""},
        inference_case{"no_tools", inference_chat(R"(,"tools":[])"), 400, "at least one entry"},
        inference_case{"strict_tool",
                       inference_chat(R"(,"tools":[{"type":"function","function":{"name":"f","strict":true}}])"), 400,
                       "strict"},
        inference_case{"custom_tool", inference_chat(R"(,"tools":[{"type":"custom","custom":{"name":"f"}}])"), 400,
                       "custom"},
        inference_case{"tool_choice", inference_chat(std::string{weather_tools} + R"(,"tool_choice":"any")"), 400,
                       "'auto', 'none', and 'required'"},
        inference_case{"other_tool",
                       inference_chat(std::string{weather_tools} +
                                      R"(,"tool_choice":{"type":"function","function":{"name":"g"}})"),
                       400, "names no function"},
        inference_case{"modality", inference_chat(R"(,"modalities":["text","audio"])"), 422, "'text' alone"},
        inference_case{"schema",
                       inference_chat(R"(,"response_format":{"type":"json_schema","json_schema":{"name":"a"}})"), 400,
                       "response_format.json_schema.schema"},
        inference_case{"format", inference_chat(R"(,"response_format":{"type":"xml"})"), 400, "xml"},
        inference_case{"name", inference_chat("", R"({"role":"user","content":"a","name":"b"})"), 400, "name"},
        inference_case{"system_parts",
                       inference_chat("", R"({"role":"system","content":[{"type":"text","text":"a"}]})"), 400,
                       "a string"},
        inference_case{"user_parts",
                       inference_chat("", R"({"role":"user","content":[{"type":"text","text":"a"},)"
                                          R"({"type":"audio_url","audio_url":{"url":"https://x/y.mp3"}}]})"),
                       200, ""},
        inference_case{"file_part",
                       inference_chat("", R"({"role":"user","content":[{"type":"file","file":{"file_id":"a"}}]})"), 400,
                       "file"},
        inference_case{"role", inference_chat("", R"({"role":"function","content":"a"})"), 400, "function"},
        inference_case{"embeddings", R"({"model":"m","input":["a"],"input_type":"query","dimensions":8})", 200, "",
                       embeddings_target},
        inference_case{"one_input", R"({"model":"m","input":"a"})", 400, "an array of strings", embeddings_target},
        inference_case{"input_type", R"({"input":["a"],"input_type":"title"})", 400, "title", embeddings_target},
        inference_case{"small_numbers", R"({"input":["a"],"encoding_format":"int8"})", 422, "int8", embeddings_target},
        inference_case{"user_of_embeddings", R"({"input":["a"],"user":"u"})", 400, "Extra parameters ['user']",
                       embeddings_target}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST(AzureAi, TakesTheKeyInEitherHeader) {
    service of{options{.api_key = "k"}};
    auto const body = inference_chat();
    request_view const asked{.method = "POST", .target = chat_target, .body = body};
    auto by_key = asked;
    by_key.api_key = "k";
    auto by_token = asked;
    by_token.authorization = "Bearer k";
    EXPECT_EQ(of.handle(by_key, {}).status, 200);
    EXPECT_EQ(of.handle(by_token, {}).status, 200);
    EXPECT_EQ(of.handle(asked, {}).status, 401);
}

TEST(AzureAi, TellsOfItsModel) {
    service of{options{.models = {"mistral-large", "cohere-embed-v3"}}};
    auto const info = [&](std::string_view target) { return of.handle({.method = "GET", .target = target}, {}); };
    auto const first = info("/models/info?api-version=2025-04-01");
    EXPECT_EQ(found_at(first.body, "/model_name"), "mistral-large");
    EXPECT_EQ(found_at(first.body, "/model_type"), "chat-completion");
    auto const named = info("/models/info?api-version=2025-04-01&model=cohere-embed-v3");
    EXPECT_EQ(found_at(named.body, "/model_type"), "embeddings");
    EXPECT_EQ(info("/models/info?api-version=2025-04-01&model=other").status, 404);
    EXPECT_EQ(info("/models/info").status, 400);
}

TEST(AzureAi, AnswersInItsOwnForm) {
    service of{options{}};
    auto const body = inference_chat();
    auto const out = of.handle({.method = "POST", .target = chat_target, .body = body}, {});
    for (auto const* const required : {"/id", "/object", "/created", "/model", "/choices/0/message/content", "/usage"})
        EXPECT_NE(found_at(out.body, required), "(none)") << required;
    for (auto const* const foreign : {"/system_fingerprint", "/service_tier", "/choices/0/message/refusal"})
        EXPECT_EQ(found_at(out.body, foreign), "(none)") << foreign;
    auto const vectors =
        of.handle({.method = "POST", .target = embeddings_target, .body = R"({"input":["a","b"],"dimensions":4})"}, {});
    EXPECT_NE(found_at(vectors.body, "/id"), "(none)");
    EXPECT_NE(found_at(vectors.body, "/data/1/embedding/3"), "(none)");
}

TEST(AzureAi, StreamsCallsByTheirIds) {
    service of{options{}};
    auto const body = inference_chat(std::string{weather_tools} + R"(,"stream":true)");
    auto const out = of.handle({.method = "POST", .target = chat_target, .body = body}, {});
    std::string arguments;
    for (auto const& piece : out.pieces) {
        EXPECT_EQ(piece.find("\"index\":1"), std::string::npos);
        if (piece.find("tool_calls\":[") == std::string::npos) continue;
        auto const event = json::parse(piece.substr(6));
        auto const& call = event.at("choices").at(0).at("delta").at("tool_calls").at(0);
        EXPECT_NE(call.as_object().if_contains("id"), nullptr);
        EXPECT_EQ(call.as_object().if_contains("index"), nullptr);
        arguments += view(call.at("function").at("arguments").as_string());
    }
    EXPECT_EQ(json::parse(arguments).at("city"), "Oslo");
    EXPECT_EQ(out.pieces.back(), "data: [DONE]\n\n");
}

}  // namespace
}  // namespace coax::sim::detail
