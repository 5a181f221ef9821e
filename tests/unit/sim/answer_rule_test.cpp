// Rules by which the simulated model answers.
#include "sim/service.hpp"

#include <coax/sim/answer_rule.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <ostream>

namespace coax::sim::detail {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::vector<answer_rule> rules_of(std::string_view text) { return parse_answer_rules(text, "rules").value(); }

// --- the file ---

struct bad_rule_case {
    char const* name;
    std::string_view line;
    char const* message;
};
void PrintTo(bad_rule_case const& row, std::ostream* out) { *out << row.name; }
class BadAnswerRule : public testing::TestWithParam<bad_rule_case> {};

TEST_P(BadAnswerRule, IsRefusedWithItsLine) {
    auto const text = "# first\n\n{\"then\":{\"text\":\"a\"}}\n" + std::string{GetParam().line} + "\n";
    auto const rules = parse_answer_rules(text, "rules.jsonl");
    ASSERT_FALSE(rules);
    EXPECT_EQ(rules.error().code, errc::invalid_argument);
    EXPECT_EQ(rules.error().where, "rules.jsonl:4");
    EXPECT_THAT(rules.error().message, HasSubstr(GetParam().message));
}
INSTANTIATE_TEST_SUITE_P(
    Rows, BadAnswerRule,
    testing::Values(
        bad_rule_case{"no_json", "then: text", ""},
        bad_rule_case{"unknown_member", R"({"if":{},"then":{"text":"a"}})", "if"},
        bad_rule_case{"unknown_condition", R"({"when":{"promt":"a"},"then":{"text":"a"}})", "promt"},
        bad_rule_case{"wrong_type", R"({"then":{"text":1}})", "text"},
        bad_rule_case{"nothing_said", R"({"when":{"prompt":"a"}})", "one of text, json"},
        bad_rule_case{"two_things_said", R"({"then":{"text":"a","status":500}})", "one of text, json"},
        bad_rule_case{"pattern", R"({"when":{"prompt_regex":"("},"then":{"text":"a"}})", "when.prompt_regex must be"},
        bad_rule_case{"status", R"({"then":{"status":200}})", "then.status must be in [400, 599]"},
        bad_rule_case{"message_of_no_error", R"({"then":{"text":"a","message":"b"}})", "then.message"},
        bad_rule_case{"delay", R"({"then":{"text":"a","delay_ms":-1}})", "then.delay_ms must be"},
        bad_rule_case{"header", R"({"then":{"text":"a","headers":{"a b":"c"}}})", "then.headers.a b"},
        bad_rule_case{"header_text", R"({"then":{"text":"a","headers":{"a":"c\r\nd: e"}}})", "then.headers.a"},
        bad_rule_case{"arguments", R"({"then":{"tool_calls":[{"name":"f","arguments":[1]}]}})",
                      "then.tool_calls[0].arguments must be an object"}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST(AnswerRules, AreCheckedWithTheOptionsOfAServer) {
    options wrong{.answers = {answer_rule{}}};
    auto const valid = validate(wrong);
    ASSERT_FALSE(valid);
    EXPECT_EQ(valid.error().where, "answers[0].then");
}

// --- what is answered ---

struct wire {
    char const* name;
    std::string_view target;
    std::string_view anthropic_version;
    std::string (*body)(std::string_view prompt, std::string_view more);
    std::string_view said;  ///< Pointer to the text.
};
void PrintTo(wire const& row, std::ostream* out) { *out << row.name; }

std::string messages_body(std::string_view prompt, std::string_view more) {
    return R"({"model":"m","max_tokens":500,"messages":[{"role":"user","content":")" + std::string{prompt} + "\"}]" +
           std::string{more} + "}";
}
std::string input_body(std::string_view prompt, std::string_view more) {
    return R"({"model":"m","input":")" + std::string{prompt} + "\"" + std::string{more} + "}";
}
std::string contents_body(std::string_view prompt, std::string_view more) {
    return R"({"contents":[{"role":"user","parts":[{"text":")" + std::string{prompt} + "\"}]}]" + std::string{more} +
           "}";
}

class AnswersByRule : public testing::TestWithParam<wire> {
protected:
    static response ask(service& of, std::string_view prompt, std::string_view more = {}) {
        auto const body = GetParam().body(prompt, more);
        return of.handle({.method = "POST",
                          .target = GetParam().target,
                          .body = body,
                          .anthropic_version = GetParam().anthropic_version},
                         {});
    }
    static std::string said(response const& out, std::string_view pointer = GetParam().said) {
        auto const value = json::parse(out.body);
        boost::system::error_code missing;
        auto const* found = value.find_pointer(json::string_view{pointer.data(), pointer.size()}, missing);
        return found != nullptr && found->is_string() ? std::string{view(found->get_string())} : out.body;
    }
};
INSTANTIATE_TEST_SUITE_P(
    Services, AnswersByRule,
    testing::Values(wire{"openai", "/v1/chat/completions", "", messages_body, "/choices/0/message/content"},
                    wire{"responses", "/v1/responses", "", input_body, "/output/0/content/0/text"},
                    wire{"anthropic", "/v1/messages", "2023-06-01", messages_body, "/content/0/text"},
                    wire{"gemini", "/v1beta/models/m:generateContent", "", contents_body,
                         "/candidates/0/content/parts/0/text"}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST_P(AnswersByRule, TheFirstThatFitsAndMakesUpTheRest) {
    service of{options{.answers = rules_of(R"({"when":{"prompt":"capital of norway"},"then":{"text":"Oslo."}}
{"when":{"prompt_regex":"^[0-9]+ \\+ [0-9]+$"},"then":{"text":"You asked {prompt}."}}
{"when":{"prompt":"capital"},"then":{"json":{"city":"Bergen"}}})")}};
    EXPECT_EQ(said(ask(of, "What is the Capital of Norway?")), "Oslo.");
    EXPECT_EQ(said(ask(of, "12 + 30")), "You asked 12 + 30.");
    EXPECT_EQ(said(ask(of, "Another capital")), R"({"city":"Bergen"})");
    EXPECT_THAT(said(ask(of, "Hello")), HasSubstr("You asked: \"Hello\""));
}

TEST_P(AnswersByRule, WithErrorsAsOftenAsTheySay) {
    service of{options{
        .answers = rules_of(R"({"times":2,"then":{"status":503,"message":"Down.","headers":{"retry-after":"7"}}})")}};
    for (int i = 0; i < 2; ++i) {
        auto const out = ask(of, "a");
        EXPECT_EQ(out.status, 503);
        EXPECT_EQ(said(out, "/error/message"), "Down.");
        EXPECT_THAT(out.headers, HasSubstr("retry-after: 7\r\n"));
    }
    EXPECT_EQ(ask(of, "a").status, 200);
}

TEST_P(AnswersByRule, AfterTheTimeTheySay) {
    service of{options{.latency = {.first_byte = 5ms},
                       .answers = rules_of(R"({"when":{"prompt":"slow"},"then":{"text":"a","delay_ms":2000}})")}};
    EXPECT_EQ(ask(of, "slow").first_byte, 2s);
    EXPECT_EQ(ask(of, "quick").first_byte, 5ms);
}

// --- conditions of chats with tools and schemas ---

std::string chat_with(std::string_view messages, std::string_view more) {
    return R"({"model":"gpt-5.4","messages":[)" + std::string{messages} + "]" + std::string{more} + "}";
}
response complete_chat(service& of, std::string const& body) {
    return of.handle({.method = "POST", .target = "/v1/chat/completions", .body = body}, {});
}
constexpr std::string_view cold_question = R"({"role":"user","content":"Is it cold?"})";
constexpr std::string_view offered_tools =
    R"(,"tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}])";

TEST(AnswersOfRules, AreCutAtTheTokenLimitOfTheRequest) {
    service of{options{.answers = rules_of(R"({"then":{"text":"one two three four five six seven eight nine ten"}})")}};
    auto const out = json::parse(complete_chat(of, chat_with(cold_question, R"(,"max_tokens":4)")).body);
    EXPECT_EQ(out.at("choices").at(0).at("message").at("content"), "one two three fo");
    EXPECT_EQ(out.at("choices").at(0).at("finish_reason"), "length");
}

TEST(AnswersToTools, CallThemThenUseTheirResults) {
    service of{options{.answers = rules_of(
                           R"({"when":{"tool_result":"degrees"},"then":{"text":"Take a coat: {tool_results}."}}
{"when":{"tool":"get_weather"},"then":{"tool_calls":[{"name":"get_weather","arguments":{"city":"Oslo"}}]}})")}};
    auto const called = json::parse(complete_chat(of, chat_with(cold_question, offered_tools)).body);
    auto const& message = called.at("choices").at(0).at("message");
    auto const& call = message.at("tool_calls").at(0);
    EXPECT_EQ(call.at("function").at("name"), "get_weather");
    EXPECT_EQ(call.at("function").at("arguments"), R"({"city":"Oslo"})");
    EXPECT_EQ(called.at("choices").at(0).at("finish_reason"), "tool_calls");
    auto const result =
        R"({"role":"tool","tool_call_id":)" + json::serialize(call.at("id")) + R"(,"content":"four degrees"})";
    auto const more = std::string{cold_question} + "," + json::serialize(message) + "," + result;
    auto const answered = json::parse(complete_chat(of, chat_with(more, offered_tools)).body);
    EXPECT_EQ(answered.at("choices").at(0).at("message").at("content"), "Take a coat: four degrees.");
    EXPECT_THAT(complete_chat(of, chat_with(cold_question, "")).body, HasSubstr("You asked:"));
}

struct condition_case {
    char const* name;
    std::string_view when;
    bool holds;
};
void PrintTo(condition_case const& row, std::ostream* out) { *out << row.name; }
class AnswerCondition : public testing::TestWithParam<condition_case> {};

TEST_P(AnswerCondition, HoldsAsTheTableSays) {
    service of{options{
        .answers = rules_of("{\"when\":" + std::string{GetParam().when} + R"(,"then":{"refusal":"by rule"}})")}};
    auto const out = complete_chat(
        of,
        chat_with(
            cold_question,
            R"(,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","title":"Label","properties":{"label":{"type":"string"}}}}})"));
    EXPECT_EQ(json::parse(out.body).at("choices").at(0).at("message").at("refusal") == "by rule", GetParam().holds)
        << out.body;
}
INSTANTIATE_TEST_SUITE_P(Rows, AnswerCondition,
                         testing::Values(condition_case{"all", R"({})", true},
                                         condition_case{"model", R"({"model":"gpt-5.4"})", true},
                                         condition_case{"other_model", R"({"model":"gpt-5"})", false},
                                         condition_case{"models", R"({"model":"gpt-*"})", true},
                                         condition_case{"other_models", R"({"model":"claude-*"})", false},
                                         condition_case{"property", R"({"schema":"label"})", true},
                                         condition_case{"title", R"({"schema":"Label"})", true},
                                         condition_case{"other_schema", R"({"schema":"city"})", false},
                                         condition_case{"tool", R"({"tool":"get_weather"})", false},
                                         condition_case{"result", R"({"tool_result":"a"})", false},
                                         condition_case{"both", R"({"schema":"label","prompt":"COLD"})", true},
                                         condition_case{"one_of_both", R"({"schema":"label","prompt":"warm"})", false}),
                         [](auto const& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace coax::sim::detail
