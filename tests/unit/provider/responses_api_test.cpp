// The Responses wire: requests, whole responses, what goes back with the next request.
#include "unit/provider/support.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/chat/response_details.hpp>

#include <functional>
#include <ostream>

namespace coax {
namespace {

using test::describe;
using test::json;
using test::make;
using test::ok;
using test::same_json;
using test::test_time;

std::string responses_body(chat_request const& request, bool streaming = false) {
    auto encoded = make("openai/responses")->encode(request, streaming);
    return encoded ? encoded->body : to_string(encoded.error());
}

// --- requests ---

struct responses_body_case {
    char const* name;
    std::function<void(chat_request&)> change;
    std::string expected;  ///< What the body has besides the model and the input.
};
void PrintTo(responses_body_case const& row, std::ostream* out) { *out << row.name; }
class ResponsesBody : public testing::TestWithParam<responses_body_case> {};

TEST_P(ResponsesBody, HasWhatWasSetAndNoMore) {
    chat_request request{.model = "m", .messages = {user("Hi")}};
    GetParam().change(request);
    std::string expected = R"({"model":"m","input":[{"role":"user","content":"Hi"}])";
    if (!GetParam().expected.empty()) expected.append(",").append(GetParam().expected);
    EXPECT_TRUE(same_json(responses_body(request), expected + "}"));
}

using asked = chat_request&;

INSTANTIATE_TEST_SUITE_P(
    Rows, ResponsesBody,
    testing::Values(
        responses_body_case{"nothing", [](asked) {}, ""},
        responses_body_case{"sampling", [](asked r) { r.temperature = 0.5, r.top_p = 0.25; },
                            R"("temperature":0.5,"top_p":0.25)"},
        responses_body_case{"limit", [](asked r) { r.max_output_tokens = 100; }, R"("max_output_tokens":100)"},
        responses_body_case{"effort", [](asked r) { r.reasoning_effort = "low"; }, R"("reasoning":{"effort":"low"})"},
        responses_body_case{
            "effort_and_summary",
            [](asked r) { r.reasoning_effort = "low", r.extra = json(R"({"reasoning":{"summary":"auto"}})"); },
            R"("reasoning":{"effort":"low","summary":"auto"})"},
        responses_body_case{"labels", [](asked r) { r.metadata = {{"a", "b"}}, r.user = "u1"; },
                            R"("metadata":{"a":"b"},"user":"u1")"},
        responses_body_case{
            "tools",
            [](asked r) {
                r.tools = {{.name = "clock", .description = "The time", .parameters = R"({"type":"object"})"},
                           {.name = "bare", .strict = true}};
                r.parallel_tool_calls = false;
            },
            R"("parallel_tool_calls":false,"tools":[{"type":"function","name":"clock","description":"The time","parameters":{"type":"object"},"strict":false},)"
            R"({"type":"function","name":"bare","parameters":{"type":"object","properties":{},"required":[],"additionalProperties":false},"strict":true}])"},
        responses_body_case{
            "choice_required",
            [](asked r) { r.tools = {{.name = "t"}}, r.tool_choice.mode = tool_choice_mode::required; },
            R"("tool_choice":"required","tools":[{"type":"function","name":"t","parameters":{"type":"object","properties":{}},"strict":false}])"},
        responses_body_case{
            "choice_named", [](asked r) { r.tools = {{.name = "t"}}, r.tool_choice = {tool_choice_mode::named, "t"}; },
            R"("tool_choice":{"type":"function","name":"t"},"tools":[{"type":"function","name":"t","parameters":{"type":"object","properties":{}},"strict":false}])"},
        responses_body_case{
            "schema",
            [](asked r) {
                r.response_format = {.kind = response_format_kind::json_schema,
                                     .name = "city",
                                     .description = "A city",
                                     .schema = R"({"type":"object"})"};
            },
            R"("text":{"format":{"type":"json_schema","name":"city","description":"A city","strict":true,"schema":{"type":"object"}}})"},
        responses_body_case{"any_object", [](asked r) { r.response_format.kind = response_format_kind::json_object; },
                            R"("text":{"format":{"type":"json_object"}})"},
        responses_body_case{
            "advanced",
            [](asked r) {
                r.advanced = advanced_options{.logprobs = true,
                                              .top_logprobs = 2,
                                              .service_tier = "flex",
                                              .verbosity = "low",
                                              .store = false,
                                              .safety_identifier = "s",
                                              .prompt_cache_key = "k"};
                r.reasoning_effort = "low";
            },
            R"("top_logprobs":2,"service_tier":"flex","text":{"verbosity":"low"},"store":false,"safety_identifier":"s","prompt_cache_key":"k",)"
            R"("reasoning":{"effort":"low"},"include":["reasoning.encrypted_content","message.output_text.logprobs"])"},
        responses_body_case{"verbosity_of_json",
                            [](asked r) {
                                r.advanced.edit().verbosity = "high";
                                r.response_format.kind = response_format_kind::json_object;
                            },
                            R"("text":{"format":{"type":"json_object"},"verbosity":"high"})"},
        responses_body_case{"tool_of_the_service",
                            [](asked r) { r.tools = {{.raw = json(R"({"type":"web_search"})")}}; },
                            R"("tools":[{"type":"web_search"}])"},
        responses_body_case{"conversation",
                            [](asked r) { r.extra = json(R"({"previous_response_id":"resp_1","store":true})"); },
                            R"("previous_response_id":"resp_1","store":true)"},
        responses_body_case{"not_stored", [](asked r) { r.extra = json(R"({"store":false})"); }, R"("store":false)"},
        responses_body_case{"not_stored_reasoning",
                            [](asked r) { r.extra = json(R"({"store":false})"), r.reasoning_effort = "high"; },
                            R"("store":false,"reasoning":{"effort":"high"},"include":["reasoning.encrypted_content"])"},
        responses_body_case{"not_stored_no_reasoning",
                            [](asked r) { r.extra = json(R"({"store":false})"), r.reasoning_effort = "none"; },
                            R"("store":false,"reasoning":{"effort":"none"})"},
        responses_body_case{
            "include_of_the_user",
            [](asked r) {
                r.extra = json(R"({"store":false,"include":["message.output_text.logprobs"]})");
                r.reasoning_effort = "high";
            },
            R"("store":false,"reasoning":{"effort":"high"},"include":["message.output_text.logprobs"])"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ResponsesRequest, AsksForWhatReasoningModelsWantBack) {
    for (auto const& [model, wanted] : {std::pair{"gpt-5.4-mini", true},
                                        {"o4-mini", true},
                                        {"gpt-4.1", false},
                                        {"gpt-5-chat-latest", false},
                                        {"deployment", false}}) {
        auto const body =
            responses_body({.model = model, .messages = {user("x")}, .extra = json(R"({"store":false})")});
        EXPECT_EQ(body.find("reasoning.encrypted_content") != std::string::npos, wanted) << body;
    }
}

TEST(ResponsesRequest, AsksForAStream) {
    EXPECT_TRUE(same_json(responses_body({.model = "m", .messages = {user("x")}}, true),
                          R"({"model":"m","input":[{"role":"user","content":"x"}],"stream":true})"));
}

struct input_case {
    char const* name;
    std::vector<message> messages;
    std::string input;  ///< The elements.
    std::string extra{};
};
void PrintTo(input_case const& row, std::ostream* out) { *out << row.name; }
class ResponsesInput : public testing::TestWithParam<input_case> {};

TEST_P(ResponsesInput, IsWrittenAsItems) {
    chat_request request{.model = "m", .messages = GetParam().messages};
    std::string expected = R"({"model":"m","input":[)" + GetParam().input + "]";
    if (!GetParam().extra.empty()) {
        request.extra = json("{" + GetParam().extra + "}");
        expected += "," + GetParam().extra;
    }
    EXPECT_TRUE(same_json(responses_body(request), expected + "}"));
}

message with_items(std::string_view items) {
    return {.role = role::assistant, .text = "x", .raw_content = json(R"({"output":[)" + std::string{items} + "]}")};
}
constexpr char const* thought = R"({"type":"reasoning","id":"rs_1","summary":[]})";
constexpr char const* sealed = R"({"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"gAAA"})";
constexpr char const* function_call =
    R"({"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{}","status":"completed"})";
constexpr char const* custom_call =
    R"({"type":"custom_tool_call","id":"ct_1","call_id":"c2","name":"sql","input":"SELECT"})";

INSTANTIATE_TEST_SUITE_P(
    Rows, ResponsesInput,
    testing::Values(
        input_case{
            "roles",
            {system("s"), developer("d"), user("u"), assistant("a")},
            R"({"role":"system","content":"s"},{"role":"developer","content":"d"},{"role":"user","content":"u"},{"role":"assistant","content":"a"})"},
        input_case{
            "parts",
            {{.parts = {text_part{"look"}, text_part{}, image_part{.url = "https://x/y.png"},
                        image_part{.media_type = "image/png", .data = "QUJD", .detail = "low"}}}},
            R"({"role":"user","content":[{"type":"input_text","text":"look"},{"type":"input_image","image_url":"https://x/y.png","detail":"high"},)"
            R"({"type":"input_image","image_url":"data:image/png;base64,QUJD","detail":"low"}]})"},
        input_case{
            "files",
            {{.parts = {image_part{.file_id = "file-1"},
                        file_part{.name = "a.pdf", .media_type = "application/pdf", .data = "QUJD"},
                        file_part{.text = "T"}, file_part{.url = "https://x/y.pdf"}, file_part{.file_id = "file-2"}}}},
            R"({"role":"user","content":[{"type":"input_image","file_id":"file-1","detail":"high"},)"
            R"({"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,QUJD"},)"
            R"({"type":"input_file","filename":"document","file_data":"data:text/plain;base64,VA=="},)"
            R"({"type":"input_file","file_url":"https://x/y.pdf"},{"type":"input_file","file_id":"file-2"}]})"},
        input_case{
            "calls",
            {{.role = role::assistant, .text = "Hm", .tool_calls = {{.id = "c1", .name = "f", .arguments = "{}"}}},
             tool_result("c1", "4"),
             {.role = role::tool, .parts = {text_part{"see"}}, .tool_call_id = "c1"}},
            R"({"role":"assistant","content":"Hm"},{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},)"
            R"({"type":"function_call_output","call_id":"c1","output":"4"},{"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"see"}]})"},
        input_case{"refusal_and_silence",
                   {user("u"), {.role = role::assistant, .refusal = "No."}, {.role = role::assistant}},
                   R"({"role":"user","content":"u"},{"role":"assistant","content":"No."})"},
        input_case{"items",
                   {with_items(std::string{thought} + "," + function_call), tool_result("c1", "4")},
                   std::string{thought} + "," + function_call +
                       R"(,{"type":"function_call_output","call_id":"c1","output":"4"})"},
        input_case{"custom_call",
                   {with_items(custom_call), tool_result("c2", "4")},
                   std::string{custom_call} + R"(,{"type":"custom_tool_call_output","call_id":"c2","output":"4"})"},
        input_case{"reasoning_that_nobody_keeps",
                   {with_items(std::string{thought} + "," + sealed + "," + function_call)},
                   std::string{sealed} + "," + function_call,
                   R"("store":false)"},
        input_case{"items_of_another_service",
                   {{.role = role::assistant, .text = "x", .raw_content = json(R"([{"type":"text","text":"x"}])")}},
                   R"({"role":"assistant","content":"x"})"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ResponsesItems, MeanNothingToOtherForms) {
    for (auto const* service : {"openai", "anthropic"}) {
        auto const body = make(service)
                              ->encode({.model = "m", .messages = {user("a"), with_items(function_call)}}, false)
                              .value()
                              .body;
        EXPECT_EQ(body.find("output\""), std::string::npos) << body;
        EXPECT_EQ(body.find("fc_1"), std::string::npos) << body;
    }
}

struct refused_request_case {
    char const* name;
    std::function<void(chat_request&)> change;
    std::string where;
};
void PrintTo(refused_request_case const& row, std::ostream* out) { *out << row.name; }
class ResponsesCannot : public testing::TestWithParam<refused_request_case> {};

TEST_P(ResponsesCannot, AreToldBeforeSending) {
    chat_request request{.model = "m", .messages = {user("Hi")}};
    GetParam().change(request);
    auto const encoded = make("openai/responses")->encode(request, false);
    ASSERT_FALSE(encoded) << encoded->body;
    EXPECT_EQ(encoded.error().code, errc::invalid_argument);
    EXPECT_EQ(encoded.error().where, GetParam().where);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ResponsesCannot,
    testing::Values(
        refused_request_case{"stop", [](asked r) { r.stop = {"x"}; }, "stop"},
        refused_request_case{"seed", [](asked r) { r.seed = 1; }, "seed"},
        refused_request_case{"top_k", [](asked r) { r.top_k = 5; }, "top_k"},
        refused_request_case{"presence", [](asked r) { r.presence_penalty = 1; }, "presence_penalty"},
        refused_request_case{"frequency", [](asked r) { r.frequency_penalty = 1; }, "frequency_penalty"},
        refused_request_case{"limit", [](asked r) { r.max_output_tokens = 15; }, "max_output_tokens"},
        refused_request_case{"several", [](asked r) { r.advanced.edit().n = 2; }, "advanced.n"},
        refused_request_case{"bias", [](asked r) { r.advanced.edit().logit_bias = {{1, 2}}; }, "advanced.logit_bias"},
        refused_request_case{"prediction", [](asked r) { r.advanced.edit().prediction = "x"; }, "advanced.prediction"},
        refused_request_case{"thinking", [](asked r) { r.advanced.edit().thinking.mode = thinking_mode::adaptive; },
                             "advanced.thinking"},
        refused_request_case{"tier", [](asked r) { r.advanced.edit().service_tier = "gold"; }, "advanced.service_tier"},
        refused_request_case{
            "sound",
            [](asked r) { r.messages.push_back({.parts = {audio_part{.media_type = "audio/wav", .data = "QUJD"}}}); },
            "messages[1].parts[0]"},
        refused_request_case{"model", [](asked r) { r.model.clear(); }, "model"},
        refused_request_case{
            "nameless_schema",
            [](asked r) { r.response_format = {.kind = response_format_kind::json_schema, .schema = "{}"}; },
            "response_format.name"},
        refused_request_case{
            "image_of_the_system",
            [](asked r) { r.messages.push_back({.role = role::system, .parts = {image_part{.url = "https://x"}}}); },
            "messages[1].parts[0]"}),
    [](auto const& row) { return std::string(row.param.name); });

struct api_url_case {
    char const* name;
    provider_options options;
    std::string expected;  ///< The address, or the option that is wrong.
    std::string model{"m"};
};
void PrintTo(api_url_case const& row, std::ostream* out) { *out << row.name; }
class ResponsesUrl : public testing::TestWithParam<api_url_case> {};

TEST_P(ResponsesUrl, FollowsTheTable) {
    auto const made = make_provider(GetParam().options);
    if (!made) {
        EXPECT_EQ(made.error().where, GetParam().expected) << made.error();
        return;
    }
    auto const request = (*made)->encode({.model = "m", .messages = {user("Hi")}}, false).value();
    EXPECT_EQ(to_string(request.to) + request.target, GetParam().expected);
    EXPECT_NE(request.body.find(R"("model":")" + GetParam().model + "\""), std::string::npos) << request.body;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ResponsesUrl,
    testing::Values(
        api_url_case{"openai", {.api = "responses"}, "https://api.openai.com/v1/responses"},
        api_url_case{"openai_pasted",
                     {.api = "responses", .base_url = "https://api.openai.com/v1/responses"},
                     "https://api.openai.com/v1/responses"},
        api_url_case{"named_default", {.api = "chat_completions"}, "https://api.openai.com/v1/chat/completions"},
        api_url_case{"compatible",
                     {.service = "compatible", .api = "responses", .base_url = "http://h:8000/v1"},
                     "http://h:8000/v1/responses"},
        api_url_case{"azure",
                     {.service = "azure", .api = "responses", .base_url = "https://r.openai.azure.com"},
                     "https://r.openai.azure.com/openai/v1/responses"},
        api_url_case{
            "azure_deployment",
            {.service = "azure", .api = "responses", .base_url = "https://r.openai.azure.com", .deployment = "d"},
            "https://r.openai.azure.com/openai/v1/responses",
            "d"},
        api_url_case{"azure_dated",
                     {.service = "azure",
                      .api = "responses",
                      .base_url = "https://r.openai.azure.com",
                      .api_version = "2025-04-01-preview",
                      .deployment = "d"},
                     "https://r.openai.azure.com/openai/responses?api-version=2025-04-01-preview",
                     "d"},
        api_url_case{"azure_fixed_deployment",
                     {.service = "azure",
                      .api = "responses",
                      .base_url = "https://r.openai.azure.com/openai/deployments/d",
                      .api_version = "2025-04-01-preview"},
                     "base_url"},
        api_url_case{"unknown", {.api = "messages"}, "api"},
        api_url_case{"anthropic", {.service = "anthropic", .api = "responses"}, "api"},
        api_url_case{"gemini", {.service = "gemini", .api = "chat_completions"}, "api"},
        api_url_case{"nobody", {.service = "nobody", .api = "responses"}, "service"}),
    [](auto const& row) { return std::string(row.param.name); });

// --- whole responses ---

struct responses_case {
    char const* name;
    std::string body;
    std::string expected;
};
void PrintTo(responses_case const& row, std::ostream* out) { *out << row.name; }
class WholeResponses : public testing::TestWithParam<responses_case> {};

TEST_P(WholeResponses, AreRead) {
    auto const response = make("azure/responses")->decode(ok(GetParam().body), test_time);
    ASSERT_TRUE(response) << response.error();
    EXPECT_EQ(describe(*response), GetParam().expected);
}

std::string response_with(std::string_view items, std::string_view more = R"("status":"completed")") {
    return R"({"id":"i","object":"response","model":"m","output":[)" + std::string{items} + "]," + std::string{more} +
           "}";
}
constexpr char const* spoken =
    R"({"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hi","annotations":[],"logprobs":[]}]})";
constexpr char const* incomplete = R"("status":"incomplete","incomplete_details":{"reason":)";

INSTANTIATE_TEST_SUITE_P(
    Rows, WholeResponses,
    testing::Values(
        responses_case{
            "reference",
            R"({"id":"resp_1","object":"response","created_at":1760000010,"completed_at":1760000011,"status":"completed","error":null,
 "incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"gpt-5.4",
 "output":[{"type":"reasoning","id":"rs_1","summary":[]},
  {"type":"function_call","id":"fc_1","call_id":"call_1","name":"get_weather","arguments":"{\"city\":\"Oslo\"}","status":"completed"},
  {"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Checking…","annotations":[],"logprobs":[]}]}],
 "parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":"low","summary":null},"store":true,"temperature":1.0,
 "text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled",
 "usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":40,
   "output_tokens_details":{"reasoning_tokens":12},"total_tokens":76},"metadata":{}})",
            R"(text=Checking… call=call_1,get_weather,{"city":"Oslo"} finish=tool_calls usage=36/40 id=resp_1 model=gpt-5.4 raw={"output":[{"type":"reasoning","id":"rs_1","summary":[]},)"
            R"({"type":"function_call","id":"fc_1","call_id":"call_1","name":"get_weather","arguments":"{\"city\":\"Oslo\"}","status":"completed"},)"
            R"({"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Checking…","annotations":[],"logprobs":[]}]}]})"},
        responses_case{"text", response_with(spoken), "text=Hi finish=stop usage=0/0 id=i model=m"},
        responses_case{"two_texts", response_with(std::string{spoken} + "," + spoken),
                       "text=HiHi finish=stop usage=0/0 id=i model=m"},
        responses_case{"nothing", response_with(""), "text= finish=stop usage=0/0 id=i model=m"},
        responses_case{
            "refusal",
            response_with(R"({"type":"message","role":"assistant","content":[{"type":"refusal","refusal":"No."}]})"),
            "text= finish=refusal refusal=No. usage=0/0 id=i model=m"},
        responses_case{"limit", response_with(spoken, std::string{incomplete} + R"("max_output_tokens"})"),
                       "text=Hi finish=length usage=0/0 id=i model=m"},
        responses_case{"filter", response_with(spoken, std::string{incomplete} + R"("content_filter"})"),
                       "text=Hi finish=content_filter usage=0/0 id=i model=m"},
        responses_case{"other_reason", response_with(spoken, std::string{incomplete} + R"("steered"})"),
                       "text=Hi finish=unknown usage=0/0 id=i model=m"},
        responses_case{
            "azure_findings",
            response_with(spoken,
                          R"("status":"completed","content_filters":[{"blocked":false,"source_type":"prompt"}])"),
            R"(text=Hi finish=stop usage=0/0 id=i model=m filter={"content_filters":[{"blocked":false,"source_type":"prompt"}]})"},
        responses_case{
            "summary",
            response_with(
                R"({"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"A"},{"type":"summary_text","text":"B"}],"content":[{"type":"reasoning_text","text":"C"}]},)" +
                std::string{spoken}),
            "text=Hi finish=stop reasoning=A\n\nB\n\nC usage=0/0 id=i model=m raw={\"output\":["
            R"({"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"A"},{"type":"summary_text","text":"B"}],"content":[{"type":"reasoning_text","text":"C"}]},)" +
                std::string{spoken} + "]}"},
        responses_case{
            "phase", response_with(R"({"type":"message","phase":"commentary","content":[{"text":"Hm."}]})"),
            R"(text=Hm. finish=stop usage=0/0 id=i model=m raw={"output":[{"type":"message","phase":"commentary","content":[{"text":"Hm."}]}]})"},
        responses_case{
            "unknown_item", response_with(R"({"type":"novel","content":"?","x":[1]},7,)" + std::string{spoken}),
            R"(text=Hi finish=stop usage=0/0 id=i model=m raw={"output":[{"type":"novel","content":"?","x":[1]},)" +
                std::string{spoken} + "]}"},
        responses_case{
            "arguments_as_object",
            response_with(R"({"type":"function_call","call_id":"c","name":"f","arguments":{"a": 1}})"),
            R"(text= call=c,f,{"a":1} finish=tool_calls usage=0/0 id=i model=m raw={"output":[{"type":"function_call","call_id":"c","name":"f","arguments":{"a":1}}]})"},
        responses_case{
            "custom_tool", response_with(R"({"type":"custom_tool_call","call_id":"c","name":"sql","input":"SELECT"})"),
            R"(text= call=c,sql,SELECT finish=tool_calls usage=0/0 id=i model=m raw={"output":[{"type":"custom_tool_call","call_id":"c","name":"sql","input":"SELECT"}]})"},
        responses_case{
            "fractional_times",
            response_with(
                spoken,
                R"("status":"completed","created_at":1741290958.0,"usage":{"input_tokens":3.0,"output_tokens":"4"})"),
            "text=Hi finish=stop usage=3/4 id=i model=m"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ResponsesRequest, MarksWhatIsCached) {
    chat_request request{.model = "gpt-6-sol", .messages = {system("S"), user("U")}, .cache_prefix = true};
    EXPECT_TRUE(same_json(
        responses_body(request),
        R"({"model":"gpt-6-sol","input":[{"role":"system","content":[{"type":"input_text","text":"S","prompt_cache_breakpoint":{"mode":"explicit"}}]},)"
        R"({"role":"user","content":"U"}],"prompt_cache_options":{"mode":"explicit"}})"));
}

TEST(ResponsesDetails, AreReadBack) {
    auto const response =
        make("openai/responses")
            ->decode(
                ok(response_with(
                    std::string{spoken} +
                        R"(,{"type":"message","content":[{"type":"output_text","text":"é see","logprobs":[{"token":"é","logprob":-0.5,"bytes":[195,169],"top_logprobs":[{"token":"e","logprob":-2}]}],)"
                        R"("annotations":[{"type":"url_citation","start_index":2,"end_index":5,"url":"https://x","title":"X"},{"type":"file_citation","file_id":"f1","filename":"a.pdf"}]}]})",
                    R"("status":"completed","service_tier":"priority")")),
                test_time);
    ASSERT_TRUE(response) << response.error();
    EXPECT_EQ(response->service_tier, "priority");
    auto const& details = *response->details;
    ASSERT_EQ(details.logprobs.size(), 1U);
    EXPECT_EQ(details.logprobs[0].bytes, "é");
    EXPECT_EQ(details.logprobs[0].top.at(0).token, "e");
    ASSERT_EQ(details.citations.size(), 2U);
    auto const& page = details.citations[0];
    EXPECT_EQ(response->text.substr(page.text_begin, page.text_end - page.text_begin), "see");
    EXPECT_EQ(page.url, "https://x");
    EXPECT_EQ(details.citations[1].title, "a.pdf");
    EXPECT_EQ(details.citations[1].file_id, "f1");
}

TEST(ResponsesUsage, HasItsParts) {
    auto const response =
        make("openai/responses")
            ->decode(
                ok(response_with(
                    spoken,
                    R"("status":"completed","usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":60,"cache_write_tokens":20},)"
                    R"("output_tokens":50,"output_tokens_details":{"reasoning_tokens":30},"total_tokens":150})")),
                test_time);
    usage const expected{.input_tokens = 100,
                         .output_tokens = 50,
                         .cached_input_tokens = 60,
                         .cache_write_tokens = 20,
                         .reasoning_tokens = 30};
    EXPECT_EQ(response.value().usage, expected);
}

TEST(ResponsesErrors, TellWhatTheyCost) {
    std::string const cost = R"(,"usage":{"input_tokens":10,"output_tokens":5})";
    for (auto const& [body, code] :
         {std::pair{response_with("", R"("status":"failed","error":{"code":"server_error","message":"m"})" + cost),
                    errc::server_error},
          {response_with("", std::string{incomplete} + R"("max_output_tokens"})" + cost), errc::spent_on_reasoning}}) {
        auto const response = make("openai/responses")->decode(ok(body, {{"x-request-id", "req_1"}}), test_time);
        ASSERT_FALSE(response);
        EXPECT_EQ(response.error().code, code) << response.error();
        EXPECT_EQ(response.error().input_tokens, 10);
        EXPECT_EQ(response.error().output_tokens, 5);
        EXPECT_EQ(response.error().request_id, "req_1");
    }
}

}  // namespace
}  // namespace coax
