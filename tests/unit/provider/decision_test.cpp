// Typed questions on the wires of System One, OpenAI and Gemini: what is sent, what is read, what is refused.

#include "unit/provider/support.hpp"

#include <coax/provider/decision.hpp>

#include <gmock/gmock.h>

namespace coax::decision_test {
namespace {

using test::make;
using test::ok;
using test::same_json;
using test::test_time;
using testing::HasSubstr;

std::vector<decision_question> three_questions() {
    return {{.name = "spam", .instructions = "Is it spam?"},
            {.name = "topic",
             .kind = decision_kind::choice,
             .instructions = "What is it about?",
             .options = {{"billing", "Money"}, {"other", ""}}},
            {.name = "tone.harsh",
             .kind = decision_kind::score,
             .options = {{"mild", "Nobody minds"}, {"strong", ""}, {"extreme", ""}}}};
}

decision_request asked(std::string model, std::string text = "I was charged twice.") {
    return {.input = {.model = std::move(model), .messages = {user(std::move(text))}}, .questions = three_questions()};
}

// ---- what is sent --------------------------------------------------------------------------------------------------

struct sent_case {
    char const* name;
    provider_options service;
    decision_request request;
    std::string target;
    std::string body;
};
void PrintTo(sent_case const& row, std::ostream* out) { *out << row.name; }
class DecisionRequest : public testing::TestWithParam<sent_case> {};

TEST_P(DecisionRequest, IsWhatTheServiceDocuments) {
    auto const sent = make(GetParam().service)->encode_decision(GetParam().request);
    ASSERT_TRUE(sent) << sent.error();
    EXPECT_EQ(sent->method, "POST");
    EXPECT_EQ(sent->target, GetParam().target);
    EXPECT_TRUE(same_json(sent->body, GetParam().body));
}

std::string const system_one_questions =
    R"({"spam":{"type":"noul","instructions":"Is it spam?"},
        "topic":{"type":"choice","instructions":"What is it about?","criteria":{"billing":"Money","other":null}},
        "tone.harsh":{"type":"score","instructions":"tone.harsh","criteria":["mild: Nobody minds","strong","extreme"]}})";

std::string system_one_body(std::string_view model, std::string_view state = R"("I was charged twice.")") {
    std::string body{"{"};
    if (!model.empty()) body.append(R"("model":")").append(model).append("\",");
    return body.append(R"("state":)").append(state).append(R"(,"questions":)").append(system_one_questions).append("}");
}

decision_request conversation(std::string model) {
    auto request = asked(std::move(model));
    request.input.messages = {system("Judge the customer."), user("Hello"), assistant("Yes?"), user("Refund!")};
    return request;
}

decision_request with_image(std::string model) {
    auto request = asked(std::move(model));
    request.input.messages = {{.parts = {text_part{"This:"}, image_part{.media_type = "image/png", .data = "QUJD"}}}};
    return request;
}

std::string const openai_questions =
    R"([{"type":"predicate","instructions":"Is it spam?","name":"spam"},
        {"type":"choice","instructions":"What is it about?","name":"topic","choices":[{"value":"billing","description":"Money"},{"value":"other"}]},
        {"type":"score","instructions":"tone.harsh","name":"tone.harsh","levels":[{"label":"mild","description":"Nobody minds"},{"label":"strong"},{"label":"extreme"}]}])";

std::string const gemini_questions =
    R"({"spam":{"type":"noul","instructions":"Is it spam?"},
        "topic":{"type":"choice","instructions":"What is it about?","criteria":{"billing":"Money","other":"other"}},
        "tone.harsh":{"type":"score","instructions":"tone.harsh","criteria":["mild: Nobody minds","strong","extreme"]}})";

INSTANTIATE_TEST_SUITE_P(
    Rows, DecisionRequest,
    testing::Values(
        sent_case{"typesafe", {.service = "typesafe"}, asked("jev-1"), "/v1/systemone", system_one_body("jev-1")},
        sent_case{"typesafe_with_a_version",
                  {.service = "typesafe", .base_url = "https://host/eu/v1/"},
                  asked("jev-1"),
                  "/eu/v1/systemone",
                  system_one_body("jev-1")},
        sent_case{"perplexity", {.service = "perplexity"}, asked("m"), "/v1/decisions", system_one_body("m")},
        sent_case{"vllm", {.service = "vllm"}, asked(""), "/v1/systemone", system_one_body("")},
        sent_case{"ollama", {.service = "ollama"}, asked("llama3.2"), "/v1/systemone", system_one_body("llama3.2")},
        sent_case{"compatible_at_its_path",
                  {.service = "compatible", .base_url = "https://api.fireworks.ai/inference/v1/systemone"},
                  asked("m"),
                  "/inference/v1/systemone",
                  system_one_body("m")},
        sent_case{
            "conversation_as_state",
            {.service = "typesafe"},
            conversation("jev-1"),
            "/v1/systemone",
            system_one_body(
                "jev-1",
                R"([{"role":"system","content":"Judge the customer."},{"role":"user","content":"Hello"},{"role":"assistant","content":"Yes?"},{"role":"user","content":"Refund!"}])")},
        sent_case{"openai",
                  {},
                  asked("gpt-6-luna"),
                  "/v1/decisions",
                  R"({"model":"gpt-6-luna","input":"I was charged twice.","questions":)" + openai_questions + "}"},
        sent_case{
            "openai_image",
            {},
            with_image("gpt-6-luna"),
            "/v1/decisions",
            R"({"model":"gpt-6-luna","input":[{"role":"user","content":[{"type":"input_text","text":"This:"},{"type":"input_image","image_url":"data:image/png;base64,QUJD"}]}],"questions":)" +
                openai_questions + "}"},
        sent_case{
            "gemini",
            {.service = "gemini"},
            asked("gemini-4-argon"),
            "/v1beta/decisions",
            R"({"model":"models/gemini-4-argon","input":"I was charged twice.","questions":)" + gemini_questions + "}"},
        sent_case{
            "gemini_image",
            {.service = "gemini", .api_version = "v1"},
            with_image("gemini-4-argon"),
            "/v1/decisions",
            R"({"model":"models/gemini-4-argon","input":[{"type":"text","text":"This:"},{"type":"image","data":"QUJD","mime_type":"image/png"}],"questions":)" +
                gemini_questions + "}"}),
    [](auto const& row) { return std::string(row.param.name); });

// ---- what is refused before ----------------------------------------------------------------------------------------

struct refused_case {
    char const* name;
    std::string_view service;
    void (*change)(decision_request&);
    std::string where;
    std::string says;
};
void PrintTo(refused_case const& row, std::ostream* out) { *out << row.name; }
class RefusedDecision : public testing::TestWithParam<refused_case> {};

TEST_P(RefusedDecision, NamesWhatIsWrong) {
    auto const& row = GetParam();
    auto request = asked("m");
    row.change(request);
    auto const service = make({.service = std::string{row.service}, .base_url = "http://localhost"});
    auto const sent = service->encode_decision(request);
    ASSERT_FALSE(sent) << sent->body;
    EXPECT_EQ(sent.error().code, errc::invalid_argument);
    EXPECT_EQ(sent.error().where, row.where);
    EXPECT_THAT(sent.error().message, HasSubstr(row.says));
}

void give_options(decision_request& request, std::size_t question, std::size_t count) {
    auto& options = request.questions[question].options;
    options.clear();
    for (std::size_t i = 0; i < count; ++i) options.push_back({.label = std::to_string(i)});
}
void ask_often(decision_request& request, std::size_t count) {
    request.questions.clear();
    for (std::size_t i = 0; i < count; ++i) request.questions.push_back({.name = "q" + std::to_string(i)});
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedDecision,
    testing::Values(
        refused_case{"options_of_vllm", "vllm", [](auto& r) { give_options(r, 1, 27); }, "topic",
                     "vllm takes 26 options of a choice at most, not 27"},
        refused_case{"options_of_typesafe", "typesafe", [](auto& r) { give_options(r, 1, 256); }, "topic", "255"},
        refused_case{"one_option_of_openai", "openai", [](auto& r) { give_options(r, 1, 1); }, "topic",
                     "openai takes 2 options of a choice at least, not 1"},
        refused_case{"levels_of_typesafe", "typesafe", [](auto& r) { give_options(r, 2, 11); }, "tone.harsh",
                     "typesafe takes 10 levels of a score at most, not 11"},
        refused_case{"questions_of_vllm", "vllm", [](auto& r) { ask_often(r, 65); }, "questions",
                     "64 questions in a request at most, not 65"},
        refused_case{"questions_of_perplexity", "perplexity", [](auto& r) { ask_often(r, 129); }, "questions", "128"},
        refused_case{"questions_of_openai", "openai", [](auto& r) { ask_often(r, 401); }, "questions", "400"},
        refused_case{"bytes_of_ollama", "ollama", [](auto& r) { r.input.messages = {user(std::string(70'000, 'x'))}; },
                     "input", "65536 bytes"},
        refused_case{"no_questions", "typesafe", [](auto& r) { r.questions.clear(); }, "questions", "at least one"},
        refused_case{"same_name", "typesafe", [](auto& r) { r.questions[0].name = "topic"; }, "questions", "same name"},
        refused_case{"same_label", "typesafe", [](auto& r) { r.questions[1].options[1].label = "billing"; }, "topic",
                     "label twice"},
        refused_case{"one_level", "gemini", [](auto& r) { give_options(r, 2, 1); }, "tone.harsh", "two levels"},
        refused_case{"temperature", "openai", [](auto& r) { r.input.temperature = 0; }, "temperature",
                     "no such parameter"},
        refused_case{"image_as_state", "typesafe",
                     [](auto& r) { r.input.messages = {{.parts = {image_part{.url = "https://x/y.png"}}}}; },
                     "messages[0].parts[0]", "texts only"},
        refused_case{"tool_call", "openai", [](auto& r) { r.input.messages.push_back(tool_result("c", "x")); },
                     "messages[1]", "tool calls"},
        refused_case{"anthropic", "anthropic", [](auto&) {}, "service", "no endpoint for decisions"},
        refused_case{"azure", "azure", [](auto&) {}, "service", "no endpoint for decisions"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(DecisionService, AnswersNoChats) {
    for (auto const* service : {"typesafe", "perplexity"}) {
        auto const sent = make({.service = service})->encode({.model = "m", .messages = {user("Hi")}}, false);
        ASSERT_FALSE(sent);
        EXPECT_EQ(sent.error().where, "service");
        EXPECT_THAT(sent.error().message, HasSubstr("typed questions only"));
    }
}

TEST(DecisionSupport, DependsOnServiceAndModel) {
    auto const standard = [](std::string_view service, std::string_view model) {
        return make({.service = std::string{service}, .base_url = "http://localhost"})->decisions_of(model).standard;
    };
    EXPECT_TRUE(standard("openai", "gpt-6-luna"));
    EXPECT_TRUE(standard("openai", "gpt-6-luna-2026-10-06"));
    EXPECT_FALSE(standard("openai", "gpt-5.4-mini"));
    for (auto const* service : {"typesafe", "perplexity", "vllm", "ollama", "gemini"})
        EXPECT_TRUE(standard(service, "m"));
    for (auto const* service : {"compatible", "anthropic", "azure", "vertex", "llama.cpp"})
        EXPECT_FALSE(standard(service, "m"));
}

// ---- what is read --------------------------------------------------------------------------------------------------

std::string answers_of(std::string_view spam, std::string_view topic, std::string_view harsh,
                       std::string_view more = "") {
    std::string body{R"({"model":"jev-1.13.0","answers":{"spam":)"};
    body.append(spam).append(R"(,"topic":)").append(topic).append(R"(,"tone.harsh":)").append(harsh).append(more);
    return body.append(R"(},"usage":{"input_tokens":37,"output_tokens":4},"diagnostics":{}})");
}

constexpr auto spam = R"({"type":"noul","noul":0.25})";
constexpr auto topic =
    R"({"type":"choice","choice":"billing","confidence":0.9,"probabilities":{"billing":0.9,"other":0.1}})";
constexpr auto harsh =
    R"({"type":"score","score":1.5,"confidence":0.6,"legend":{"0":"mild"},"probabilities":{"0":0.1,"1":0.3,"2":0.6}})";

std::vector<decision_answer> const right_answers{
    {.name = "spam", .label = "false", .probability = 0.75, .distribution = {{"true", 0.25}, {"false", 0.75}}},
    {.name = "topic",
     .kind = decision_kind::choice,
     .label = "billing",
     .probability = 0.9,
     .confidence = 0.9,
     .distribution = {{"billing", 0.9}, {"other", 0.1}}},
    {.name = "tone.harsh",
     .kind = decision_kind::score,
     .label = "extreme",
     .probability = 0.6,
     .confidence = 0.6,
     .score = 1.5,
     .distribution = {{"mild", 0.1}, {"strong", 0.3}, {"extreme", 0.6}}}};

result<decision_response> decoded(std::string service, std::string const& body) {
    return make({.service = std::move(service)})->decode_decision(asked("m"), ok(body), test_time);
}

TEST(DecisionResponse, HasAnswersInTheOrderOfTheQuestions) {
    auto const got = decoded("typesafe", answers_of(spam, topic, harsh, R"(,"another":{"type":"noul","noul":0.5})"));
    ASSERT_TRUE(got) << got.error();
    EXPECT_EQ(got->answers, right_answers);
    EXPECT_TRUE(got->measured);
    EXPECT_EQ(got->model, "jev-1.13.0");
    EXPECT_EQ(got->usage, (usage{.input_tokens = 37}));  // answers are free
    ASSERT_NE(got->find("topic"), nullptr);
    EXPECT_EQ(got->find("topic")->label, "billing");
    EXPECT_EQ(got->find("nothing"), nullptr);
}

TEST(DecisionResponse, OfOpenaiIsAListWithRefusals) {
    auto const got = decoded("openai",
                             R"({"model":"gpt-6-luna","answers":[{"type":"refusal","name":"spam"},
            {"type":"choice","name":"topic","choice":"billing","confidence":0.9,"probabilities":[{"value":"billing","probability":0.9},{"value":"other","probability":0.1}]},
            {"type":"score","name":null,"score":2.5,"confidence":0.6,"probabilities":[{"label":"mild","value":1,"probability":0.1},{"label":"strong","value":2,"probability":0.3},{"label":"extreme","value":3,"probability":0.6}]}],
            "usage":{"input_tokens":50,"input_tokens_details":{"cached_tokens":20,"cache_write_tokens":5},"output_tokens":3,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":53}})");
    ASSERT_TRUE(got) << got.error();
    EXPECT_EQ(got->answers[0], (decision_answer{.name = "spam", .refused = true}));
    EXPECT_EQ(got->answers[1], right_answers[1]);
    EXPECT_EQ(got->answers[2], right_answers[2]);
    EXPECT_EQ(got->usage, (usage{.input_tokens = 50, .cached_input_tokens = 20, .cache_write_tokens = 5}));
}

TEST(DecisionResponse, OfGeminiHasItsOwnUsage) {
    auto const got = decoded("gemini", R"({"answers":{"spam":{"type":"noul","noul":0.25,"confidence":0.75},"topic":)" +
                                           std::string{topic} + R"(,"tone.harsh":)" + harsh +
                                           R"(},"usage":{"total_input_tokens":12,"total_output_tokens":1}})");
    ASSERT_TRUE(got) << got.error();
    EXPECT_EQ(got->answers[0].confidence, 0.75);
    EXPECT_EQ(got->answers[2], right_answers[2]);
    EXPECT_EQ(got->usage, (usage{.input_tokens = 12, .output_tokens = 1}));
}

TEST(DecisionResponse, IsContentFilteredWhereGeminiBlocksTheInput) {
    auto const got = decoded(
        "gemini",
        R"({"prompt_feedback":{"block_reason":"SAFETY","block_reason_message":"no"},"usage":{"total_input_tokens":12}})");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::content_filtered);
    EXPECT_EQ(got.error().service_message, "no");
    EXPECT_EQ(got.error().input_tokens, 12);
}

struct lenient_case {
    char const* name;
    std::string topic;
    std::optional<double> probability;
};
void PrintTo(lenient_case const& row, std::ostream* out) { *out << row.name; }
class LenientDecision : public testing::TestWithParam<lenient_case> {};

TEST_P(LenientDecision, IsReadAllTheSame) {
    auto const got = decoded("typesafe", answers_of(spam, GetParam().topic, harsh));
    ASSERT_TRUE(got) << got.error();
    EXPECT_EQ(got->answers[1].label, "billing");
    EXPECT_EQ(got->answers[1].probability, GetParam().probability);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, LenientDecision,
    testing::Values(
        lenient_case{"no_probabilities", R"({"type":"choice","choice":"billing","confidence":0.8})", 0.8},
        lenient_case{"nothing_but_the_choice", R"({"type":"choice","choice":"billing"})", std::nullopt},
        lenient_case{"numbers_in_strings",
                     R"({"type":"choice","choice":"billing","probabilities":{"billing":"0.7","other":"0.3"}})", 0.7},
        lenient_case{
            "extra_members",
            R"({"type":"choice","id":1,"choice":"billing","probabilities":{"billing":0.7},"diagnostics":{"label_mass":1}})",
            0.7},
        lenient_case{"rounded_up", R"({"type":"choice","choice":"billing","probabilities":{"billing":1.0000000002}})",
                     1.0}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(LenientDecision, ScoreWithoutProbabilitiesIsRounded) {
    auto const got = decoded("typesafe", answers_of(spam, topic, R"({"type":"score","score":1.2,"confidence":0.7})"));
    ASSERT_TRUE(got) << got.error();
    EXPECT_EQ(got->answers[2].label, "strong");
    EXPECT_EQ(got->answers[2].probability, 0.7);
}

struct wrong_case {
    char const* name;
    std::string service;
    std::string body;
    std::string says;
};
void PrintTo(wrong_case const& row, std::ostream* out) { *out << row.name; }
class WrongDecision : public testing::TestWithParam<wrong_case> {};

TEST_P(WrongDecision, IsNoAnswer) {
    auto const got = decoded(GetParam().service, GetParam().body);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::protocol_error) << got.error();
    EXPECT_THAT(got.error().message, HasSubstr(GetParam().says)) << got.error();
    EXPECT_FALSE(is_retryable(got.error()));  // it was paid for
}

std::string openai_answers(std::string_view answers) {
    return R"({"model":"m","answers":[)" + std::string{answers} + R"(],"usage":{"input_tokens":9}})";
}

INSTANTIATE_TEST_SUITE_P(
    Rows, WrongDecision,
    testing::Values(
        wrong_case{"missing", "typesafe", R"({"answers":{"spam":{"type":"noul","noul":0.5}}})",
                   R"(the answer to "topic" is missing)"},
        wrong_case{"no_answers", "typesafe", R"({"model":"m"})", R"("spam" is missing)"},
        wrong_case{"another_kind", "typesafe", answers_of(topic, topic, harsh), R"("spam" is of the kind "choice")"},
        wrong_case{"above_one", "typesafe", answers_of(R"({"type":"noul","noul":1.1})", topic, harsh), "is none"},
        wrong_case{"below_zero", "typesafe", answers_of(R"({"type":"noul","noul":-0.1})", topic, harsh), "is none"},
        wrong_case{"no_number", "typesafe", answers_of(R"({"type":"noul","noul":NaN})", topic, harsh), ""},
        wrong_case{"no_probability", "typesafe", answers_of(R"({"type":"noul"})", topic, harsh), "has no probability"},
        wrong_case{"unknown_choice", "typesafe",
                   answers_of(spam, R"({"type":"choice","choice":"weather","confidence":0.9})", harsh),
                   R"("weather", which was not offered)"},
        wrong_case{"unknown_label", "typesafe",
                   answers_of(spam, R"({"type":"choice","choice":"billing","probabilities":{"weather":0.9}})", harsh),
                   R"("weather", which was not offered)"},
        wrong_case{"no_choice", "typesafe", answers_of(spam, R"({"type":"choice"})", harsh), "chooses nothing"},
        wrong_case{"score_beyond", "typesafe", answers_of(spam, topic, R"({"type":"score","score":2.5})"), "beyond"},
        wrong_case{"level_beyond", "typesafe", answers_of(spam, topic, R"({"type":"score","probabilities":{"3":1}})"),
                   R"("3", which was not)"},
        wrong_case{"no_score", "typesafe", answers_of(spam, topic, R"({"type":"score"})"), "neither a score"},
        wrong_case{"too_few", "openai", openai_answers(R"({"type":"predicate","probability":0.5})"), "as many answers"},
        wrong_case{"of_another_question", "openai",
                   openai_answers(std::string{R"({"type":"predicate","name":"ham","probability":0.5},)"} +
                                  R"({"type":"refusal"},{"type":"refusal"})"),
                   R"("spam" is for another question, "ham")"},
        wrong_case{"html", "openai", "<html>", "answers to questions"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(DecisionError, OfAServerWithoutTheEndpointSaysWhatToDo) {
    auto const got =
        make({.service = "vllm"})
            ->decode_decision(asked("m"), {.status = 501, .body = R"({"detail":"not supported"})"}, test_time);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().http_status, 501);
    EXPECT_THAT(got.error().message, HasSubstr("structured_output"));
}

TEST(DecisionError, OfTypesafeHasItsRequestIdAndWait) {
    http_response refused{.status = 429, .body = R"({"detail":"Too many requests"})"};
    refused.headers.add("x-typesafe-request-id", "req-7");
    refused.headers.add("retry-after-ms", "1500");
    auto const got = make({.service = "typesafe"})->decode_decision(asked("m"), refused, test_time);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::rate_limited);
    EXPECT_EQ(got.error().request_id, "req-7");
    EXPECT_EQ(got.error().retry_after, std::chrono::milliseconds{1500});
    EXPECT_EQ(got.error().service_message, "Too many requests");
}

TEST(DecisionError, OfValidationNamesThePlace) {
    http_response const refused{
        .status = 422,
        .body = R"({"detail":[{"loc":["body","questions","spam"],"msg":"Field required","type":"missing"}]})"};
    auto const got = make({.service = "typesafe"})->decode_decision(asked("m"), refused, test_time);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::bad_request);
    EXPECT_THAT(got.error().service_message, HasSubstr("Field required"));
}

// ---- questions of a schema -----------------------------------------------------------------------------------------

TEST(DecisionSchema, PropertiesAreQuestionsInTheirOrder) {
    auto const questions = read_decision_questions(R"({"type":"object","properties":{
        "urgent":{"type":"boolean","description":"Must it be answered today?"},
        "topic":{"type":["string","null"],"enum":["billing","other",null]},
        "stars":{"type":"integer","minimum":1,"maximum":3},
        "tone":{"type":"object","properties":{"polite":{"type":"boolean"}}}}})");
    ASSERT_TRUE(questions) << questions.error();
    std::vector<decision_question> const expected{
        {.name = "urgent", .instructions = "Must it be answered today?"},
        {.name = "topic",
         .kind = decision_kind::choice,
         .options = {{"billing", ""}, {"other", ""}},
         .may_abstain = true},
        {.name = "stars", .kind = decision_kind::score, .options = {{"1", ""}, {"2", ""}, {"3", ""}}},
        {.name = "tone.polite"}};
    EXPECT_EQ(*questions, expected);
}

struct schema_case {
    char const* name;
    std::string property;
    std::string where;
    std::string says;
};
void PrintTo(schema_case const& row, std::ostream* out) { *out << row.name; }
class UndecidableSchema : public testing::TestWithParam<schema_case> {};

TEST_P(UndecidableSchema, NamesThePlace) {
    auto const got =
        read_decision_questions(R"({"properties":{"ok":{"type":"boolean"},"a/b":)" + GetParam().property + "}}");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::invalid_argument);
    EXPECT_EQ(got.error().where, GetParam().where);
    EXPECT_THAT(got.error().message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, UndecidableSchema,
    testing::Values(
        schema_case{"text", R"({"type":"string"})", "/properties/a~1b", "cannot be decided"},
        schema_case{"number", R"({"type":"number","minimum":0,"maximum":1})", "/properties/a~1b", "cannot be decided"},
        schema_case{"free_integer", R"({"type":"integer","minimum":0})", "/properties/a~1b", "without bounds"},
        schema_case{"many_levels", R"({"type":"integer","minimum":0,"maximum":10})", "/properties/a~1b", "2 to 10"},
        schema_case{"list", R"({"type":"array","items":{"type":"boolean"}})", "/properties/a~1b", "cannot be decided"},
        schema_case{"numbers_as_labels", R"({"enum":[1,2]})", "/properties/a~1b", "cannot be decided"},
        schema_case{"inner", R"({"type":"object","properties":{"c":{"type":"string"}}})",
                    "/properties/a~1b/properties/c", "cannot be decided"},
        schema_case{"no_properties", R"({"type":"object"})", "/properties/a~1b", "only by its properties"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(UndecidableSchema, IsNoJson) { EXPECT_FALSE(read_decision_questions("{")); }

}  // namespace
}  // namespace coax::decision_test
