// client::decide: the members of a struct as questions, their answers as the struct.

#include "support/fake_service.hpp"
#include "support/recording_observer.hpp"
#include "support/run_coro.hpp"

#include <coax/chat/cache_control.hpp>
#include <coax/client/decide.hpp>
#include <coax/client/token_options.hpp>
#include <coax/runtime/as_result.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>

namespace coax::decide_test {

enum class topic { billing, delivery, other };
enum class severity { high = 3, low = 1, medium = 2 };

struct tone {
    bool polite{};
    std::optional<severity> heat{};
};

struct ticket {
    bool urgent{};
    topic about{};
    severity harm{};
    int stars{};
    std::optional<topic> second{};
    tone manner{};

    static constexpr auto coax_schema =
        coax::describe("A ticket", coax::field(&ticket::urgent, "Must it be answered today?"),
                       coax::field(&ticket::about, {.description = "What is it about?", .name = "topic"}),
                       coax::field(&ticket::stars, {.minimum = 1, .exclusive_maximum = 4}));
};

}  // namespace coax::decide_test

template <>
inline constexpr bool coax::is_ordered<coax::decide_test::severity> = true;
template <>
struct coax::schema_for<coax::decide_test::topic> {
    static constexpr auto coax_schema =
        coax::describe("Topics", coax::value(decide_test::topic::billing, {.description = "Money", .name = "BILLING"}));
};

namespace coax::decide_test {
namespace {

using namespace coax::test;
using testing::HasSubstr;

std::vector<decision_option> const levels{{"low", ""}, {"medium", ""}, {"high", ""}};
std::vector<decision_option> const topics{{"BILLING", "Money"}, {"delivery", ""}, {"other", ""}};

TEST(DecideQuestions, AreTheMembers) {
    std::vector<decision_question> const expected{
        {.name = "urgent", .instructions = "Must it be answered today?"},
        {.name = "topic", .kind = decision_kind::choice, .instructions = "What is it about?", .options = topics},
        {.name = "harm", .kind = decision_kind::score, .options = levels},
        {.name = "stars", .kind = decision_kind::score, .options = {{"1", ""}, {"2", ""}, {"3", ""}}},
        {.name = "second", .kind = decision_kind::choice, .options = topics, .may_abstain = true},
        {.name = "manner.polite"},
        {.name = "manner.heat", .kind = decision_kind::score, .options = levels, .may_abstain = true}};
    EXPECT_EQ(detail::questions_of(detail::decided_type_of<ticket>), expected);
}

/// A service's answer to the questions of a ticket, whose `second` is uncertain.
http_response answers(std::string_view urgent = R"({"type":"noul","noul":0.75})") {
    std::string body{R"({"model":"jev-1.13.0","answers":{"urgent":)"};
    body.append(urgent).append(R"(,
        "topic":{"type":"choice","choice":"delivery","confidence":0.9,"probabilities":{"BILLING":0.1,"delivery":0.9}},
        "harm":{"type":"score","score":1.9,"confidence":0.7,"probabilities":{"0":0.1,"1":0.2,"2":0.7}},
        "stars":{"type":"score","score":0.2,"confidence":0.8,"probabilities":{"0":0.8,"1":0.2}},
        "second":{"type":"choice","choice":"other","confidence":0.4,"probabilities":{"BILLING":0.3,"delivery":0.3,"other":0.4}},
        "manner.polite":{"type":"noul","noul":0.5},
        "manner.heat":{"type":"score","score":1,"confidence":0.6,"probabilities":{"1":0.6,"0":0.2,"2":0.2}}},
        "usage":{"input_tokens":40,"output_tokens":7}})");
    return {.status = 200, .headers = {{"x-typesafe-request-id", "req-1"}}, .body = std::move(body)};
}

client_options typesafe(fake_service const& service) {
    auto options = service.options();
    options.service.provider.service = "typesafe";
    options.service.model = "jev-latest";
    options.policies.retry.initial_delay = std::chrono::milliseconds{1};
    return options;
}

TEST(Decide, ReadsTheStructAndItsProbabilities) {
    fake_service service;
    service.then(answers());
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto const llm = co_await connect(typesafe(fake));
        auto const decided = co_await llm.decide<ticket>("Where is my parcel?");
        auto const& value = decided.value;
        EXPECT_TRUE(value.urgent);
        EXPECT_EQ(value.about, topic::delivery);
        EXPECT_EQ(value.harm, severity::high);
        EXPECT_EQ(value.stars, 1);
        EXPECT_EQ(value.second, std::nullopt) << "less likely than not";
        EXPECT_TRUE(value.manner.polite) << "a half is yes";
        EXPECT_EQ(value.manner.heat, severity::medium);

        EXPECT_EQ(decided.answer(&ticket::urgent).probability, 0.75);
        EXPECT_EQ(decided.answer(&ticket::about).distribution,
                  (std::vector<label_probability>{{"BILLING", 0.1}, {"delivery", 0.9}, {"other", 0}}));
        EXPECT_EQ(decided.answer(&ticket::harm).score, 1.9);
        EXPECT_EQ(decided.answer(&ticket::second).label, "other");
        EXPECT_EQ(decided.answer("manner.heat").confidence, 0.6);
        EXPECT_THROW((void)decided.answer("nothing"), exception);

        EXPECT_TRUE(decided.response.measured);
        EXPECT_EQ(decided.response.usage, (usage{.input_tokens = 40})) << "answers are free";
        EXPECT_EQ(decided.response.model, "jev-1.13.0");
        EXPECT_EQ(decided.response.request_id, "req-1");
        EXPECT_EQ(decided.response.attempts, 1);
        EXPECT_EQ(llm.statistics().usage.input_tokens, 40);
    }(service));
    ASSERT_EQ(service.count(), 1U);
    auto const& sent = service.requests().front();
    EXPECT_EQ(sent.target, "/v1/systemone");
    EXPECT_EQ(sent.headers.find("Authorization"), "Bearer sk-test");
    auto const body = boost::json::parse(sent.body);
    EXPECT_EQ(body.at("model"), "jev-latest");
    EXPECT_EQ(body.at("state"), "Where is my parcel?");
    EXPECT_EQ(body.at("questions").at("topic").at("criteria").at("BILLING"), "Money");
}

struct threshold_case {
    char const* name;
    decide_options options;
    std::optional<topic> second;
    std::optional<severity> heat;
};
void PrintTo(threshold_case const& row, std::ostream* out) { *out << row.name; }
class DecideThreshold : public testing::TestWithParam<threshold_case> {};

TEST_P(DecideThreshold, LeavesOptionalMembersEmpty) {
    fake_service service;
    service.then(answers());
    run_virtual([](fake_service fake, threshold_case row) -> asio::awaitable<void> {
        auto const llm = co_await connect(typesafe(fake));
        auto const decided = co_await llm.decide<ticket>("x", row.options);
        EXPECT_EQ(decided.value.second, row.second);
        EXPECT_EQ(decided.value.manner.heat, row.heat);
        EXPECT_EQ(decided.value.stars, 1);
    }(service, GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, DecideThreshold,
    testing::Values(
        threshold_case{"low", {.threshold = 0.4}, topic::other, severity::medium},
        threshold_case{"high", {.threshold = 0.95}, std::nullopt, std::nullopt},
        threshold_case{"of_one_member", {.thresholds = {{"manner.heat", 0.61}}}, std::nullopt, std::nullopt},
        threshold_case{"of_another", {.threshold = 0.7, .thresholds = {{"second", 0.1}}}, topic::other, std::nullopt}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(DecideThreshold, OfNoOptionalMemberIsRefused) {
    fake_service service;
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto const llm = co_await connect(typesafe(fake));
        decide_options options{.thresholds = {{"urgent", 0.9}}};
        auto const got = co_await as_result(llm.decide<ticket>("x", options));
        EXPECT_FALSE(got);
        EXPECT_EQ(got.error().where, "thresholds");
        EXPECT_THAT(got.error().message, HasSubstr("urgent"));
        options = {.threshold = 1.5};
        auto const beyond = co_await as_result(llm.decide<ticket>("x", options));
        EXPECT_EQ(beyond.error().where, "threshold");
    }(service));
    EXPECT_EQ(service.count(), 0U);
}

struct judged {
    bool safe{};
    std::optional<bool> true_story{};
};

http_response openai_answers(std::string_view first, std::string_view second) {
    std::string body{R"({"model":"gpt-6-luna","answers":[)"};
    body.append(first).append(",").append(second).append(R"(],"usage":{"input_tokens":21,"output_tokens":2}})");
    return {.status = 200, .body = std::move(body)};
}
constexpr auto yes = R"({"type":"predicate","name":null,"probability":0.9})";
constexpr auto declined = R"({"type":"refusal","name":null})";

TEST(DecideRefusal, LeavesAnOptionalMemberEmpty) {
    fake_service service;
    service.then(openai_answers(yes, declined));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto const llm = co_await connect(fake.options());
        chat_request const request{.model = "gpt-6-luna", .messages = {user("x")}};
        auto const decided = co_await llm.decide<judged>(request);
        EXPECT_TRUE(decided.value.safe);
        EXPECT_EQ(decided.value.true_story, std::nullopt);
        EXPECT_TRUE(decided.answer(&judged::true_story).refused);
    }(service));
}

TEST(DecideRefusal, IsAnErrorOfAMemberThatNeedsAValue) {
    fake_service service;
    service.then(openai_answers(declined, yes));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto const llm = co_await connect(fake.options());
        chat_request const request{.model = "gpt-6-luna", .messages = {user("x")}};
        auto const got = co_await as_result(llm.decide<judged>(request));
        EXPECT_FALSE(got);
        EXPECT_EQ(got.error().code, errc::refused);
        EXPECT_EQ(got.error().where, "safe");
        EXPECT_EQ(got.error().input_tokens, 21) << "it was paid for";
    }(service));
}

TEST(DecideRetry, SendsAgainWhatTheServiceDidNotTake) {
    fake_service service;
    service.then(http_response{.status = 503, .body = R"({"detail":"overloaded"})"}).then(answers());
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto const llm = co_await connect(typesafe(fake));
        auto const decided = co_await llm.decide<ticket>("x");
        EXPECT_EQ(decided.response.attempts, 2);
    }(service));
    EXPECT_EQ(service.count(), 2U);
}

TEST(DecideRetry, DoesNotPayTwiceForAnswersThatAreWrong) {
    fake_service service;
    service.then(answers(R"({"type":"noul","noul":7})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto const llm = co_await connect(typesafe(fake));
        auto const got = co_await as_result(llm.decide<ticket>("x"));
        EXPECT_FALSE(got);
        EXPECT_EQ(got.error().code, errc::protocol_error);
        EXPECT_EQ(got.error().input_tokens, 40);
        EXPECT_THAT(got.error().message, HasSubstr("urgent"));
    }(service));
    EXPECT_EQ(service.count(), 1U);
}

TEST(DecideSpending, CountsTheInputAlone) {
    fake_service service;
    service.then(answers());
    auto options = typesafe(service);
    auto const limit = std::make_shared<spending_limit>(usd::parse("1").value());
    options.tokens = token_options{.spending = limit};
    run_virtual([](client_options with) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(with));
        (void)co_await llm.decide<ticket>("x");
    }(std::move(options)));
    EXPECT_EQ(limit->spent(), usd{40 * 42'000}) << "40 tokens at 0.042 USD a million";
}

TEST(DecideTelemetry, IsAnOperationOfItsOwn) {
    fake_service service;
    service.then(answers());
    auto options = typesafe(service);
    auto const seen = std::make_shared<recording_observer>();
    options.telemetry = telemetry_options{.observers = {seen}};
    run_virtual([](client_options with) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(with));
        (void)co_await llm.decide<ticket>("x");
    }(std::move(options)));
    EXPECT_THAT(seen->lines(), testing::Contains(HasSubstr("decide jev-latest")));
}

// ---- services that do not measure ----------------------------------------------------------------------------------

TEST(DecideByChat, AsksForAnObjectAndIsNotMeasured) {
    fake_service service;
    service.then(openai_text(
        R"({"urgent":true,"topic":"other","harm":"medium","stars":"3","second":null,"manner.polite":false,"manner.heat":"low"})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto const llm = co_await connect(fake.options());
        auto const decided = co_await llm.decide<ticket>("Where is my parcel?");
        EXPECT_TRUE(decided.value.urgent);
        EXPECT_EQ(decided.value.about, topic::other);
        EXPECT_EQ(decided.value.harm, severity::medium);
        EXPECT_EQ(decided.value.stars, 3);
        EXPECT_EQ(decided.value.second, std::nullopt);
        EXPECT_FALSE(decided.value.manner.polite);
        EXPECT_EQ(decided.value.manner.heat, severity::low) << "no threshold without a probability";
        EXPECT_FALSE(decided.response.measured);
        EXPECT_EQ(decided.answer(&ticket::urgent).probability, std::nullopt);
        EXPECT_TRUE(decided.answer(&ticket::urgent).distribution.empty());
        EXPECT_EQ(decided.response.usage, (usage{.input_tokens = 10, .output_tokens = 5}));
    }(service));
    ASSERT_EQ(service.count(), 1U);
    EXPECT_EQ(service.requests().front().target, "/v1/chat/completions");
    auto const body = boost::json::parse(service.requests().front().body);
    auto const& schema = body.at("response_format").at("json_schema").at("schema");
    EXPECT_EQ(schema.at("required").as_array().size(), 7U);
    EXPECT_EQ(schema.at("properties").at("harm").at("enum"), (boost::json::array{"low", "medium", "high"}));
    EXPECT_THAT(boost::json::serialize(schema.at("properties").at("topic")), HasSubstr("BILLING: Money"));
    EXPECT_EQ(body.at("messages").at(0).at("role"), "system");
    EXPECT_EQ(body.at("messages").at(1).at("content"), "Where is my parcel?");
}

TEST(DecideByChat, AsksAgainWhereALabelIsNone) {
    fake_service service;
    service.then(openai_text(R"({"safe":"perhaps","true_story":null})"))
        .then(openai_text(R"({"safe":true,"true_story":false})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto const llm = co_await connect(fake.options());
        auto const decided = co_await llm.decide<judged>("x");
        EXPECT_TRUE(decided.value.safe);
        EXPECT_EQ(decided.value.true_story, false);
        EXPECT_EQ(decided.response.attempts, 2);
        EXPECT_EQ(llm.statistics().reasks, 1U);
    }(service));
}

struct form_case {
    char const* name;
    decision_form form;
    std::string model;
    std::string target;  ///< Empty: nothing is sent.
};
void PrintTo(form_case const& row, std::ostream* out) { *out << row.name; }
class DecisionForm : public testing::TestWithParam<form_case> {};

TEST_P(DecisionForm, ChoosesTheWay) {
    fake_service service;
    service.then(error{.code = errc::bad_request});
    run_virtual([](fake_service fake, form_case row) -> asio::awaitable<void> {
        auto const llm = co_await connect(fake.options());
        chat_request const request{.model = row.model, .messages = {user("x")}};
        decide_options const options{.form = row.form};
        EXPECT_FALSE(co_await as_result(llm.decide<judged>(request, options)));
    }(service, GetParam()));
    ASSERT_EQ(service.count(), 1U);
    EXPECT_EQ(service.requests().front().target, GetParam().target);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, DecisionForm,
    testing::Values(form_case{"luna", decision_form::automatic, "gpt-6-luna", "/v1/decisions"},
                    form_case{"another", decision_form::automatic, "gpt-5.4-mini", "/v1/chat/completions"},
                    form_case{"another_measured", decision_form::measured, "gpt-5.4-mini", "/v1/decisions"},
                    form_case{"luna_by_chat", decision_form::structured_output, "gpt-6-luna", "/v1/chat/completions"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(DecisionForm, MeasuredOnAServiceWithoutItIsRefused) {
    fake_service service;
    auto options = service.options();
    options.service.provider.service = "anthropic";
    run_virtual([](client_options with) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(with));
        decide_options const measured{.form = decision_form::measured};
        auto const got = co_await as_result(llm.decide<judged>("x", measured));
        EXPECT_EQ(got.error().code, errc::invalid_argument);
        EXPECT_EQ(got.error().where, "service");
    }(std::move(options)));
    EXPECT_EQ(service.count(), 0U);
}

}  // namespace
}  // namespace coax::decide_test
