// What the simulated services say to typed questions: as strict as the services themselves.

#include "sim/service.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>

namespace coax::sim::detail::decision_test {
namespace {

using testing::HasSubstr;

response ask(std::string_view target, std::string const& body, options opts = {}) {
    service simulated{opts};
    return simulated.handle({.method = "POST", .target = target, .body = body},
                            {.steady = std::chrono::steady_clock::time_point{std::chrono::hours{1}}});
}

constexpr auto system_one = "/v1/systemone";
constexpr auto openai = "/v1/decisions";
constexpr auto gemini = "/v1beta/decisions";

struct refused_question_case {
    char const* name;
    char const* target;
    std::string body;
    int status;
    char const* says;
};
void PrintTo(refused_question_case const& row, std::ostream* out) { *out << row.name; }
class RefusedQuestion : public testing::TestWithParam<refused_question_case> {};

TEST_P(RefusedQuestion, FollowsTheTable) {
    auto const out = ask(GetParam().target, GetParam().body);
    EXPECT_EQ(out.status, GetParam().status) << out.body;
    EXPECT_THAT(out.body, HasSubstr(GetParam().says));
}

std::string with_question(std::string_view question, std::string_view more = "") {
    return R"({"model":"m","state":"x","questions":{"q":)" + std::string{question} + "}" + std::string{more} + "}";
}
std::string with_openai_question(std::string_view question) {
    return R"({"model":"gpt-6-luna","input":"x","questions":[)" + std::string{question} + "]}";
}
std::string with_gemini_question(std::string_view question) {
    return R"({"model":"models/m","input":"x","questions":{"q":)" + std::string{question} + "}}";
}
std::string levels(int count) {
    std::string list{R"({"type":"score","instructions":"?","criteria":[)"};
    for (int i = 0; i < count; ++i) list.append(i > 0 ? "," : "").append("\"l\"");
    return list + "]}";
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedQuestion,
    testing::Values(
        refused_question_case{"good", system_one, with_question(R"({"type":"noul"})"), 200, "\"noul\":"},
        refused_question_case{"extra_of_the_body", system_one, with_question(R"({"type":"noul"})", R"(,"input":"x")"),
                              422, "Extra inputs"},
        refused_question_case{"no_state", system_one, R"({"model":"m","questions":{"q":{"type":"noul"}}})", 422,
                              "state"},
        refused_question_case{"no_questions", system_one, R"({"model":"m","state":null,"questions":{}})", 422,
                              "at least 1"},
        refused_question_case{"openais_word", system_one, with_question(R"({"type":"predicate"})"), 422,
                              "questions.q.type"},
        refused_question_case{"criteria_of_a_choice", system_one, with_question(R"({"type":"choice"})"), 422,
                              "questions.q.criteria"},
        refused_question_case{"ten_levels", system_one, with_question(levels(10)), 200, "\"score\":"},
        refused_question_case{"eleven_levels", system_one, with_question(levels(11)), 422, "2 to 10 levels"},
        refused_question_case{"one_level", system_one, with_question(levels(1)), 422, "2 to 10 levels"},
        refused_question_case{"perplexity_at_openais_path", openai, with_question(R"({"type":"noul"})"), 200,
                              "answers"},
        refused_question_case{"good_openai", openai,
                              with_openai_question(R"({"type":"predicate","instructions":"?","name":"q"})"), 200,
                              "\"probability\":"},
        refused_question_case{"another_model", openai,
                              R"({"model":"gpt-5","input":"x","questions":[{"type":"predicate","instructions":"?"}]})",
                              400, "only gpt-6-luna"},
        refused_question_case{"no_instructions", openai, with_openai_question(R"({"type":"predicate"})"), 400,
                              "questions[0].instructions"},
        refused_question_case{"one_choice", openai,
                              with_openai_question(R"({"type":"choice","instructions":"?","choices":[{"value":"a"}]})"),
                              400, "2 to 255"},
        refused_question_case{
            "choice_twice", openai,
            with_openai_question(R"({"type":"choice","instructions":"?","choices":[{"value":"a"},{"value":"a"}]})"),
            400, "must be unique"},
        refused_question_case{"criteria_at_openai", openai,
                              with_openai_question(R"({"type":"predicate","instructions":"?","criteria":null})"), 400,
                              "criteria"},
        refused_question_case{"good_gemini", gemini, with_gemini_question(R"({"type":"noul","instructions":"?"})"), 200,
                              "\"confidence\":"},
        refused_question_case{"model_without_its_folder", gemini,
                              R"({"model":"m","input":"x","questions":{"q":{"type":"noul","instructions":"?"}}})", 400,
                              "models/"},
        refused_question_case{
            "null_description", gemini,
            with_gemini_question(R"({"type":"choice","instructions":"?","criteria":{"a":null,"b":"c"}})"), 400,
            "description"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(SimulatedDecision, IsAnErrorWhereARuleSaysSo) {
    options opts;
    opts.answers.push_back({.when = {.prompt = "x"}, .then = {.status = 503, .message = "busy"}});
    auto const out = ask(system_one, with_question(R"({"type":"noul"})"), opts);
    EXPECT_EQ(out.status, 503);
    EXPECT_THAT(out.body, HasSubstr("busy"));
    EXPECT_THAT(out.headers, HasSubstr("x-typesafe-request-id"));
}

TEST(SimulatedDecision, WaitsWhereItsLimitsSaySo) {
    service simulated{{.requests_per_minute = 1}};
    auto const body = with_question(R"({"type":"noul"})");
    moment const at{.steady = std::chrono::steady_clock::time_point{std::chrono::hours{1}}};
    request_view const request{.method = "POST", .target = system_one, .body = body};
    EXPECT_EQ(simulated.handle(request, at).status, 200);
    auto const out = simulated.handle(request, at);
    EXPECT_EQ(out.status, 429);
    EXPECT_THAT(out.headers, HasSubstr("retry-after-ms"));
}

}  // namespace
}  // namespace coax::sim::detail::decision_test
