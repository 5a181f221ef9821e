#include "sim/service.hpp"

#include <coax/schema/runtime_schema.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

namespace coax::sim::detail {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

moment const gemini_noon{.steady = std::chrono::steady_clock::time_point{1h},
                         .system = std::chrono::system_clock::time_point{std::chrono::seconds{1'795'219'200}}};

request_view gemini_post(std::string_view body, std::string_view target = "/v1beta/models/m:generateContent") {
    return {.method = "POST", .target = target, .body = body};
}

/// The answer of a fresh service.
response answer(std::string_view body, std::string_view target = "/v1beta/models/m:generateContent") {
    return service{options{}}.handle(gemini_post(body, target), gemini_noon);
}

json::value at(std::string const& body, std::string_view pointer) {
    boost::system::error_code missing;
    auto const whole = json::parse(body);
    auto const* const found = whole.find_pointer(json::string_view{pointer.data(), pointer.size()}, missing);
    return found == nullptr ? json::value("(none)") : *found;
}

constexpr std::string_view hi = R"("contents":[{"role":"user","parts":[{"text":"Hello there"}]}])";
std::string with_hi(std::string_view more) { return "{" + std::string{hi} + "," + std::string{more} + "}"; }

struct gemini_refusal {
    char const* name;
    std::string body;
    char const* message;  ///< Part of it; empty: not refused.
    char const* target{"/v1beta/models/m:generateContent"};
};
void PrintTo(gemini_refusal const& row, std::ostream* out) { *out << row.name; }
class GeminiRefusal : public testing::TestWithParam<gemini_refusal> {};

TEST_P(GeminiRefusal, FollowsTheTable) {
    auto const out = answer(GetParam().body, GetParam().target);
    if (*GetParam().message == '\0') {
        EXPECT_EQ(out.status, 200) << out.body;
        return;
    }
    EXPECT_EQ(out.status, 400) << out.body;
    EXPECT_EQ(at(out.body, "/error/status"), "INVALID_ARGUMENT");
    EXPECT_THAT(std::string{at(out.body, "/error/message").as_string().c_str()}, HasSubstr(GetParam().message));
}

std::string config(std::string_view members) { return with_hi(R"("generationConfig":{)" + std::string{members} + "}"); }
std::string declared(std::string_view members, std::string_view more = {}) {
    return with_hi(R"("tools":[{"functionDeclarations":[{)" + std::string{members} + "}]}]" + std::string{more});
}
constexpr char const* vertex_target = "/v1beta1/projects/p/locations/l/publishers/google/models/m:generateContent";

INSTANTIATE_TEST_SUITE_P(
    Fields, GeminiRefusal,
    testing::Values(
        gemini_refusal{"fine", with_hi(R"("safetySettings":[])"), ""},
        gemini_refusal{"snake_case", R"({"contents":{"parts":{"text":"hi"}},"generation_config":{"top_p":"0.5"}})", ""},
        gemini_refusal{"not_an_object", "[]", "Invalid JSON payload received"},
        gemini_refusal{"unknown_name", with_hi(R"("messages":[])"), R"(Unknown name "messages": Cannot find field.)"},
        gemini_refusal{"unknown_name_below", config(R"("max_tokens":5)"),
                       R"(Unknown name "max_tokens" at 'generation_config': Cannot find field.)"},
        gemini_refusal{"misplaced_system", config(R"("systemInstruction":{})"), "Unknown name \"systemInstruction\""},
        gemini_refusal{"wrong_type", config(R"("temperature":"hot")"),
                       R"(Invalid value at 'generation_config.temperature' (TYPE_FLOAT), "hot")"},
        gemini_refusal{"wrong_enum",
                       declared(R"("name":"f")", R"(,"toolConfig":{"functionCallingConfig":{"mode":"auto"}})"),
                       "Invalid value at 'tool_config.function_calling_config.mode' (TYPE_ENUM), \"auto\""},
        gemini_refusal{"labels_of_vertex", with_hi(R"("labels":{"a":"b"})"), "Unknown name \"labels\""},
        gemini_refusal{"labels_on_vertex", with_hi(R"("labels":{"a":"b"})"), "", vertex_target},
        gemini_refusal{"hot", config(R"("temperature":2.5)"), "[0.0, 2.0]"},
        gemini_refusal{"no_limit", config(R"("maxOutputTokens":0)"), "must be positive"},
        gemini_refusal{"six_stops", config(R"("stopSequences":["a","b","c","d","e","f"])"), "at most 5"},
        gemini_refusal{"logprobs_alone", config(R"("logprobs":2)"), "requires response_logprobs"},
        gemini_refusal{"budget_and_level", config(R"("thinkingConfig":{"thinkingBudget":1,"thinkingLevel":"LOW"})"),
                       "only set only one"},
        gemini_refusal{"thinking_off", config(R"("thinkingConfig":{"thinkingBudget":0})"), "only works in thinking"},
        gemini_refusal{"thinking_off_in_2_5", config(R"("thinkingConfig":{"thinkingBudget":0})"), "",
                       "/v1beta/models/gemini-2.5-flash:generateContent"},
        gemini_refusal{"level_in_2_5", config(R"("thinkingConfig":{"thinkingLevel":"LOW"})"), "not supported",
                       "/v1beta/models/gemini-2.5-flash:generateContent"}),
    [](auto const& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Schemas, GeminiRefusal,
    testing::Values(
        gemini_refusal{"schema",
                       config(R"("responseMimeType":"application/json","responseJsonSchema":{"type":"object"})"), ""},
        gemini_refusal{"schema_without_type", config(R"("responseJsonSchema":{"type":"object"})"),
                       "response mime type: 'application/json'"},
        gemini_refusal{
            "both_schemas",
            config(
                R"("responseMimeType":"application/json","responseJsonSchema":{},"responseSchema":{"type":"OBJECT"})"),
            "must not both be set"},
        gemini_refusal{
            "keyword",
            config(R"("responseMimeType":"application/json","responseJsonSchema":{"type":"string","minLength":1})"),
            "'minLength' is not supported"},
        gemini_refusal{
            "keyword_of_the_other_form",
            config(
                R"("responseMimeType":"application/json","responseSchema":{"type":"OBJECT","additionalProperties":false})"),
            "Unknown name \"additionalProperties\""},
        gemini_refusal{
            "recursion_that_must_be",
            config(
                R"("responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]})"),
            "may contain itself only below"},
        gemini_refusal{
            "recursion_that_may_be",
            config(
                R"("responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{"a":{"$ref":"#"}}})"),
            ""},
        gemini_refusal{
            "beside_a_reference",
            config(R"("responseMimeType":"application/json","responseJsonSchema":{"$defs":{"a":{"type":"string"}},)"
                   R"("type":"object","properties":{"b":{"$ref":"#/$defs/a","title":"x"}}})"),
            "only $-keywords"},
        gemini_refusal{"function_name", declared(R"("name":"get weather")"), "Invalid function name"},
        gemini_refusal{
            "both_parameters",
            declared(R"("name":"f","parameters":{"type":"OBJECT"},"parametersJsonSchema":{"type":"object"})"),
            "must not both be set"},
        gemini_refusal{"parameters_of_no_object", declared(R"("name":"f","parametersJsonSchema":{"type":"string"})"),
                       "should be of type OBJECT"},
        gemini_refusal{"choice_without_tools", with_hi(R"("toolConfig":{"functionCallingConfig":{"mode":"ANY"}})"),
                       "set without function_declarations"},
        gemini_refusal{
            "unknown_choice",
            declared(R"("name":"f")",
                     R"(,"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["g"]}})"),
            "'g' is not among"},
        gemini_refusal{
            "choice_in_auto",
            declared(R"("name":"f")",
                     R"(,"toolConfig":{"functionCallingConfig":{"mode":"AUTO","allowedFunctionNames":["f"]}})"),
            "only be set when"}),
    [](auto const& row) { return std::string(row.param.name); });

std::string talk(std::string_view contents) { return R"({"contents":[)" + std::string{contents} + "]}"; }
constexpr std::string_view asked = R"({"role":"user","parts":[{"text":"hi"}]})";
std::string called(std::string_view part) {
    return std::string{asked} + R"(,{"role":"model","parts":[)" + std::string{part} + "]}";
}
constexpr std::string_view unsigned_call = R"({"functionCall":{"id":"c","name":"f","args":{}}})";
constexpr std::string_view skipping_call =
    R"({"functionCall":{"id":"c","name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"})";
constexpr std::string_view result_of_c =
    R"(,{"role":"user","parts":[{"functionResponse":{"id":"c","name":"f","response":{"output":"1"}}}]})";

INSTANTIATE_TEST_SUITE_P(
    Contents, GeminiRefusal,
    testing::Values(
        gemini_refusal{"none", "{}", "contents is not specified"},
        gemini_refusal{"role", talk(R"({"role":"assistant","parts":[{"text":"x"}]})"), "Please use a valid role"},
        gemini_refusal{"no_parts", talk(R"({"role":"user","parts":[]})"), "contents[0].parts: contents.parts must not"},
        gemini_refusal{"empty_part", talk(R"({"role":"user","parts":[{}]})"), "parts[0].data: required oneof field"},
        gemini_refusal{"two_in_one", talk(R"({"role":"user","parts":[{"text":"a","fileData":{"fileUri":"u"}}]})"),
                       "'contents[0].parts[0]' (oneof)"},
        gemini_refusal{"call_of_the_user", talk(R"({"role":"user","parts":[{"functionCall":{"name":"f"}}]})"),
                       "only allowed in turns of the model"},
        gemini_refusal{"no_response", talk(called(skipping_call)), "immediately after a function call turn"},
        gemini_refusal{"text_for_a_response", talk(called(skipping_call) + "," + std::string{asked}),
                       "immediately after a function call turn"},
        gemini_refusal{"signed_elsewhere", talk(called(skipping_call) + std::string{result_of_c}), ""},
        gemini_refusal{"unsigned", talk(called(unsigned_call) + std::string{result_of_c}),
                       "missing a thought_signature"},
        gemini_refusal{"unsigned_in_2_5", talk(called(unsigned_call) + std::string{result_of_c}), "",
                       "/v1beta/models/gemini-2.5-flash:generateContent"},
        gemini_refusal{"unsigned_in_an_older_turn",
                       talk(called(unsigned_call) + std::string{result_of_c} +
                            R"(,{"role":"model","parts":[{"text":"x"}]},)" + std::string{asked}),
                       ""},
        gemini_refusal{"another_signature",
                       talk(called(R"({"functionCall":{"id":"c","name":"f","args":{}},"thoughtSignature":"AAAA"})") +
                            std::string{result_of_c}),
                       "Corrupted thought signature"},
        gemini_refusal{"another_id",
                       talk(called(skipping_call) +
                            R"(,{"role":"user","parts":[{"functionResponse":{"id":"d","name":"f","response":{}}}]})"),
                       "does not match a function call"},
        gemini_refusal{"too_few_responses",
                       talk(called(std::string{skipping_call} + R"(,{"functionCall":{"id":"d","name":"g"}})") +
                            std::string{result_of_c}),
                       "number of function response parts"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(GeminiErrors, ListAllUnknownFields) {
    auto const out = answer(with_hi(R"("a":1,"generationConfig":{"b":2})"));
    EXPECT_EQ(at(out.body, "/error/details/0/fieldViolations").as_array().size(), 2U);
    EXPECT_EQ(at(out.body, "/error/details/0/fieldViolations/1/field"), "generation_config");
}

TEST(GeminiKeys, AreRefusedInItsWords) {
    service keyed{options{.api_key = "k"}};
    auto const status = [&](request_view request) { return keyed.handle(request, gemini_noon).status; };
    auto const body = "{" + std::string{hi} + "}";
    auto request = gemini_post(body);
    EXPECT_EQ(status(request), 403);
    request.x_goog_api_key = "wrong";
    auto const wrong = keyed.handle(request, gemini_noon);
    EXPECT_EQ(wrong.status, 400);
    EXPECT_EQ(at(wrong.body, "/error/details/0/reason"), "API_KEY_INVALID");
    request.x_goog_api_key = "k";
    EXPECT_EQ(status(request), 200);
    EXPECT_EQ(status(gemini_post(body, "/v1beta/models/m:generateContent?key=k")), 200);
    request_view bearer = gemini_post(body, vertex_target);
    bearer.authorization = "Bearer k";
    EXPECT_EQ(status(bearer), 200);
    bearer.target = "/v1beta/models/m:generateContent";
    EXPECT_EQ(status(bearer), 401);
}

std::vector<json::value> chunks_of(response const& out) {
    std::vector<json::value> chunks;
    for (auto const& piece : out.pieces) chunks.push_back(json::parse(piece.substr(piece.find('{'))));
    return chunks;
}

TEST(GeminiStream, EqualsTheWholeResponse) {
    auto const body = config(R"("thinkingConfig":{"includeThoughts":true})");
    auto const whole = answer(body);
    auto const stream = answer(body, "/v1beta/models/m:streamGenerateContent?alt=sse");
    EXPECT_EQ(at(whole.body, "/candidates/0/content/parts/0/thought"), true);
    std::string text;
    for (auto const& chunk : chunks_of(stream)) {
        auto const& part = chunk.at("candidates").at(0).at("content").at("parts").at(0);
        if (!part.as_object().contains("thought")) text += part.at("text").as_string().c_str();
    }
    EXPECT_EQ(text, at(whole.body, "/candidates/0/content/parts/1/text").as_string().c_str());
    EXPECT_EQ(chunks_of(stream).back().at("usageMetadata"), at(whole.body, "/usageMetadata"));
    EXPECT_EQ(chunks_of(stream).back().at("candidates").at(0).at("finishReason"), "STOP");
    EXPECT_EQ(stream.completion_tokens, whole.completion_tokens);
}

TEST(GeminiCalls, AreSignedAndWantedBack) {
    auto const tools =
        R"("tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"]}}]}])";
    auto const out = answer(with_hi(tools));
    auto const part = at(out.body, "/candidates/0/content/parts/0");
    EXPECT_EQ(at(out.body, "/candidates/0/finishReason"), "STOP");
    ASSERT_TRUE(part.as_object().contains("thoughtSignature")) << out.body;
    auto const id = json::serialize(part.at("functionCall").at("id"));
    auto const back = [&](json::value const& sent) {
        return R"({"contents":[{"role":"user","parts":[{"text":"Hello there"}]},{"role":"model","parts":[)" +
               json::serialize(sent) + R"(]},{"role":"user","parts":[{"functionResponse":{"id":)" + id +
               R"(,"name":"f","response":{"output":{"x":1}}}}]}],)" + tools + "}";
    };
    auto const next = answer(back(part));
    EXPECT_EQ(next.status, 200) << next.body;
    EXPECT_THAT(json::serialize(at(next.body, "/candidates/0/content/parts/0/text")), HasSubstr(R"({\"x\":1})"));
    auto changed = part;
    changed.at("functionCall").at("args").at("q") = "something else";
    EXPECT_THAT(answer(back(changed)).body, HasSubstr("Corrupted thought signature"));
}

TEST(GeminiSchemas, OfItsOwnFormAreKept) {
    auto const out = answer(config(
        R"("responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{)"
        R"("a":{"type":"STRING","enum":["x","y"]},"b":{"type":"ARRAY","items":{"type":"INTEGER"},"minItems":2}},"required":["a","b"]})"));
    auto const text = at(out.body, "/candidates/0/content/parts/0/text");
    auto const value = json::parse(text.as_string());
    EXPECT_TRUE(value.at("a") == "x" || value.at("a") == "y") << text;
    EXPECT_GE(value.at("b").as_array().size(), 2U);
    EXPECT_TRUE(value.at("b").at(0).is_int64());
}

/// What coax makes of a schema for either form is what the service takes, and its answer fits the schema.
struct dialect_case {
    char const* name;
    char const* schema;
    bool own_form{true};  ///< The older form can say it.
};
void PrintTo(dialect_case const& row, std::ostream* out) { *out << row.name; }
class GeminiDialects : public testing::TestWithParam<dialect_case> {};

TEST_P(GeminiDialects, AreTakenInBothForms) {
    auto const schema = runtime_schema::parse(GetParam().schema).value();
    for (auto const& [dialect, member] : {std::pair{schema_dialect::gemini, "responseJsonSchema"},
                                          std::pair{schema_dialect::gemini_schema, "responseSchema"}}) {
        auto const text = schema.for_dialect(dialect);
        ASSERT_EQ(text.has_value(), dialect == schema_dialect::gemini || GetParam().own_form);
        if (!text) continue;
        auto const out =
            answer(config(R"("responseMimeType":"application/json",")" + std::string{member} + "\":" + *text));
        ASSERT_EQ(out.status, 200) << *text << "\n" << out.body;
        auto const said = at(out.body, "/candidates/0/content/parts/0/text");
        auto const fits = schema.validate(std::string_view{said.as_string()});
        EXPECT_TRUE(fits) << said << " " << (fits ? error{} : fits.error());
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, GeminiDialects,
    testing::Values(
        dialect_case{
            "object",
            R"({"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer","minimum":1,"maximum":3}},"required":["a","b"]})"},
        dialect_case{
            "optional_and_null",
            R"({"type":"object","properties":{"a":{"type":["string","null"]},"b":{"type":"number"}},"required":["a"]})"},
        dialect_case{
            "bounds_of_texts",
            R"({"type":"object","properties":{"a":{"type":"string","minLength":2,"maxLength":5}},"required":["a"]})"},
        dialect_case{"lists", R"({"type":"array","items":{"type":"string"},"minItems":2,"maxItems":3})"},
        dialect_case{"constant", R"({"type":"object","properties":{"kind":{"const":"x"}},"required":["kind"]})"},
        dialect_case{
            "alternatives",
            R"({"type":"object","properties":{"a":{"anyOf":[{"type":"integer"},{"type":"string"}]}},"required":["a"]})"},
        dialect_case{
            "references",
            R"({"$defs":{"p":{"type":"object","properties":{"x":{"type":"integer"}},"required":["x"]}},"type":"object",)"
            R"("properties":{"a":{"$ref":"#/$defs/p"},"b":{"$ref":"#/$defs/p"}},"required":["a","b"]})"},
        dialect_case{"recursion",
                     R"({"type":"object","properties":{"next":{"$ref":"#"},"n":{"type":"integer"}},"required":["n"]})",
                     false},
        dialect_case{"map", R"({"type":"object","additionalProperties":{"type":"integer"}})", false}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(GeminiCounts, TakeContentsOrAWholeRequest) {
    auto const count = "/v1beta/models/m:countTokens";
    auto const plain = answer("{" + std::string{hi} + "}", count);
    EXPECT_GT(at(plain.body, "/totalTokens").as_int64(), 0);
    auto const whole = answer(
        R"({"generateContentRequest":{"model":"models/m","systemInstruction":{"parts":[{"text":"Be brief and kind."}]},)" +
            std::string{hi} + "}}",
        count);
    EXPECT_GT(at(whole.body, "/totalTokens").as_int64(), at(plain.body, "/totalTokens").as_int64());
    EXPECT_EQ(answer(with_hi(R"("systemInstruction":{"parts":[{"text":"x"}]})"), count).status, 400);
}

TEST(GeminiEmbeddings, ComeAloneOrInABatch) {
    auto const one = answer(R"({"content":{"parts":[{"text":"red apple"}]},"outputDimensionality":8})",
                            "/v1beta/models/m:embedContent");
    EXPECT_EQ(at(one.body, "/embedding/values").as_array().size(), 8U);
    auto const each = R"({"model":"models/m","content":{"parts":[{"text":"red apple"}]},"outputDimensionality":8})";
    auto const batch = "/v1beta/models/m:batchEmbedContents";
    auto const both = answer(R"({"requests":[)" + std::string{each} + "," + each + "]}", batch);
    EXPECT_EQ(at(both.body, "/embeddings").as_array().size(), 2U);
    EXPECT_EQ(at(both.body, "/embeddings/1/values"), at(one.body, "/embedding/values"));
    EXPECT_EQ(answer(R"({"requests":[{"model":"models/other","content":{"parts":[{"text":"x"}]}}]})", batch).status,
              400);
    EXPECT_EQ(answer(R"({"requests":[]})", batch).status, 400);
}

TEST(GeminiEmbeddings, OfVertexHaveItsOwnForms) {
    std::string const models = "/v1beta1/projects/p/locations/l/publishers/google/models/";
    auto const predict = models + "text-embedding-005:predict";
    auto const both = answer(
        R"({"instances":[{"content":"a","task_type":"RETRIEVAL_QUERY"},{"content":"b"}],"parameters":{"outputDimensionality":4,"autoTruncate":false}})",
        predict);
    EXPECT_EQ(at(both.body, "/predictions/1/embeddings/values").as_array().size(), 4U) << both.body;
    EXPECT_EQ(
        answer(R"({"instances":[{"content":"a"},{"content":"b"}]})", models + "gemini-embedding-001:predict").status,
        400);
    EXPECT_EQ(answer(R"({"instances":[]})", predict).status, 400);
    EXPECT_EQ(answer(R"({"content":{"parts":[{"text":"a"}]}})", models + "gemini-embedding-2:embedContent").status,
              200);
    EXPECT_EQ(answer(R"({"instances":[{"content":"a"}]})", "/v1beta/models/m:predict").status, 404);
}

TEST(GeminiModels, AreListed) {
    service known{options{.models = {"a", "b"}}};
    auto const get = [&](std::string_view target) {
        return known.handle({.method = "GET", .target = target}, gemini_noon);
    };
    EXPECT_EQ(at(get("/v1beta/models").body, "/models/1/name"), "models/b");
    EXPECT_EQ(at(get("/v1beta/models/a").body, "/name"), "models/a");
    EXPECT_EQ(get("/v1beta/models/c").status, 404);
    EXPECT_EQ(at(get("/v1beta1/publishers/google/models").body, "/publisherModels/0/name"),
              "publishers/google/models/a");
}

TEST(GeminiLimits, NameTheirWaitInTheDetails) {
    service limited{options{.requests_per_minute = 60, .limit_window = 1s}};
    auto const body = "{" + std::string{hi} + "}";
    EXPECT_EQ(limited.handle(gemini_post(body), gemini_noon).status, 200);
    auto const out = limited.handle(gemini_post(body), gemini_noon);
    EXPECT_EQ(out.status, 429);
    EXPECT_EQ(at(out.body, "/error/details/1/retryDelay"), "1s");
    EXPECT_THAT(json::serialize(at(out.body, "/error/details/0/violations/0/quotaId")), HasSubstr("PerMinute"));
}

TEST(GeminiFaults, BlockThePromptWithoutCandidates) {
    service faulty{options{.script = {{.request = 1, .fault = {.kind = fault_kind::content_filter}},
                                      {.request = 2, .fault = {.kind = fault_kind::refusal}}}}};
    auto const body = "{" + std::string{hi} + "}";
    auto const blocked = faulty.handle(gemini_post(body), gemini_noon).body;
    EXPECT_EQ(at(blocked, "/promptFeedback/blockReason"), "PROHIBITED_CONTENT");
    EXPECT_EQ(at(blocked, "/candidates"), "(none)");
    auto const withheld = faulty.handle(gemini_post(body), gemini_noon).body;
    EXPECT_EQ(at(withheld, "/candidates/0/finishReason"), "SAFETY");
    EXPECT_EQ(at(withheld, "/candidates/0/content"), "(none)");
}

}  // namespace
}  // namespace coax::sim::detail
