#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/client/client.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/schema/schema.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

namespace coax {
namespace {

using test::connect;
using test::fake_service;
using test::openai_refusal;
using test::openai_text;
using test::run_virtual;

struct verdict {
    std::string label{};
    double confidence{0};

    static constexpr auto coax_schema = coax::describe(
        "A verdict", coax::field(&verdict::confidence, {.description = "How sure", .minimum = 0, .maximum = 1}));
};

TEST(Parse, ReadsTheStruct) {
    fake_service service;
    service.then(openai_text(R"({"label":"good","confidence":0.5})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const read = co_await llm.parse<verdict>("x");
        EXPECT_EQ(read.label, "good");
        EXPECT_EQ(read.confidence, 0.5);
    }(service));
    auto const& body = service.requests().at(0).body;
    EXPECT_NE(body.find(R"("response_format":{"type":"json_schema","json_schema":{"name":"verdict")"),
              std::string::npos)
        << body;
    EXPECT_NE(body.find(std::string{json_schema<verdict, schema_dialect::openai_strict>}), std::string::npos) << body;
}

TEST(Parse, ViolationIsShownToTheModel) {
    fake_service service;
    service.then(openai_text(R"({"label":"good","confidence":7})"))
        .then(openai_text(R"({"label":"good","confidence":0.7})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const read = co_await llm.parse_response<verdict>("x");
        EXPECT_EQ(read.value.confidence, 0.7);
        EXPECT_EQ(read.response.attempts, 2);
        EXPECT_EQ(read.response.usage.total_tokens(), 30);
        EXPECT_EQ(llm.statistics().reasks, 1U);
    }(service));
    ASSERT_EQ(service.count(), 2U);
    auto const& body = service.requests()[1].body;
    EXPECT_NE(body.find("does not have the required form"), std::string::npos);
    EXPECT_NE(body.find("/confidence"), std::string::npos) << body;
    EXPECT_NE(body.find(R"("role":"assistant")"), std::string::npos);
}

struct search {
    std::optional<std::string> query{};
    std::optional<int> page{};
};

/// A first response that is not what was asked for, though a part of it looks so.
struct misleading_case {
    char const* name;
    char const* text;
};
void PrintTo(misleading_case const& row, std::ostream* out) { *out << row.name; }
class MisleadingResponse : public testing::TestWithParam<misleading_case> {};

TEST_P(MisleadingResponse, IsAskedForAgain) {
    fake_service service;
    service.then(openai_text(GetParam().text)).then(openai_text(R"(<think>{"page":1}</think>{"page":2})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        EXPECT_EQ((co_await llm.parse<search>("x")).page, 2);
    }(service));
    EXPECT_EQ(service.count(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Rows, MisleadingResponse,
                         testing::Values(misleading_case{"another_object", R"({"error":"busy"})"},
                                         misleading_case{"a_list", R"([{"page":3}])"},
                                         misleading_case{"a_cut_object", R"({"best":{"page":3},"other":{)"},
                                         misleading_case{"a_thought", R"(<think>{"page":3}</think>I cannot.)"}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(Parse, BadTextIsReadAsReplacements) {
    fake_service service;
    service.then(openai_text(R"({"query":"a \ud83d b"})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        EXPECT_EQ((co_await llm.parse<search>("x")).query, "a \xEF\xBF\xBD b");
    }(service));
    EXPECT_EQ(service.count(), 1U);
}

struct hopeless_case {
    char const* name;
    http_response answer;
    errc expected;
    std::size_t sendings;
};
void PrintTo(hopeless_case const& row, std::ostream* out) { *out << row.name; }
class HopelessParse : public testing::TestWithParam<hopeless_case> {};

TEST_P(HopelessParse, EndsInItsErrorWithTheTokensBilled) {
    auto const& row = GetParam();
    fake_service service;
    service.then(row.answer);
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const read = co_await as_result(llm.parse<verdict>("x"));
        EXPECT_FALSE(read);
        if (read) co_return;
        EXPECT_EQ(read.error().code, GetParam().expected) << read.error();
        EXPECT_EQ(read.error().attempts, static_cast<int>(GetParam().sendings));
        EXPECT_EQ(read.error().output_tokens, 5 * static_cast<std::int64_t>(GetParam().sendings));
    }(service));
    EXPECT_EQ(service.count(), row.sendings);
}

INSTANTIATE_TEST_SUITE_P(Rows, HopelessParse,
                         testing::Values(hopeless_case{"never_fits", openai_text("not json"), errc::invalid_output, 3},
                                         hopeless_case{"refusal_is_not_asked_again", openai_refusal("I won't."),
                                                       errc::refused, 1},
                                         hopeless_case{"cut_short_is_not_asked_again",
                                                       openai_text(R"({"label":"go)", "length"), errc::truncated, 1},
                                         hopeless_case{"filtered_is_not_asked_again", openai_text("", "content_filter"),
                                                       errc::content_filtered, 1}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(Parse, InvalidOutputSaysWhereAndHowOften) {
    fake_service service;
    service.then(openai_text(R"({"label":"good","confidence":7})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.output.max_reasks = 1;
        auto llm = co_await connect(std::move(options));
        auto const read = co_await as_result(llm.parse<verdict>("x"));
        EXPECT_FALSE(read);
        if (read) co_return;
        EXPECT_EQ(read.error().where, "/confidence");
        EXPECT_NE(read.error().message.find("after 1 re-ask"), std::string::npos) << read.error();
    }(service));
}

struct remarked {
    double confidence{0};
    std::optional<std::string> remark{};

    static constexpr auto coax_schema = coax::describe("", coax::field(&remarked::confidence, {.maximum = 1}));
};

TEST(Parse, NothingIsLeftOfAnAnswerThatDidNotFit) {
    fake_service service;
    service.then(openai_text(R"({"remark":"stale","confidence":7})")).then(openai_text(R"({"confidence":0.7})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        EXPECT_EQ((co_await llm.parse<remarked>("x")).remark, std::nullopt);
        EXPECT_EQ((co_await llm.parse_response<remarked>("x")).value.remark, std::nullopt);
    }(service));
}

TEST(Parse, AllViolationsAreShownOneALine) {
    fake_service service;
    service.then(openai_text("{\"confidence\":7,\n\"label\":3}"))
        .then(openai_text(R"({"label":"good","confidence":0.7})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        co_await llm.parse<verdict>("x");
    }(service));
    ASSERT_EQ(service.count(), 2U);
    auto const& body = service.requests()[1].body;
    EXPECT_NE(body.find(R"(\n- /confidence: expected at most 1, found 7 (line 1, column 15, near: )"),
              std::string::npos)
        << body;
    EXPECT_NE(body.find(R"(\n- /label: expected a string, found 3 (line 2, column 9, near: )"), std::string::npos)
        << body;
}

TEST(Parse, EachReaskIsToldBeforeItIsSent) {
    fake_service service;
    service.then(openai_text("no"))
        .then(openai_text(R"({"label":1,"confidence":7})"))
        .then(openai_text(R"({"label":"a","confidence":1})"));
    struct told {
        int number;
        std::size_t violations;
        std::int64_t tokens;
        std::string where;
        bool operator==(told const&) const = default;
    };
    std::vector<told> seen;
    run_virtual([](fake_service fake, std::vector<told>& into) -> asio::awaitable<void> {
        auto options = fake.options();
        options.hooks.on_reask = [&into](reask_event const& event) {
            into.push_back(
                {event.number, event.violations.size(), event.response.usage.total_tokens(), event.why.where});
            EXPECT_EQ(event.why.code, errc::invalid_output);
            EXPECT_EQ(event.why.output_tokens, event.response.usage.output_tokens);
        };
        auto llm = co_await connect(std::move(options));
        EXPECT_EQ((co_await llm.parse_response<verdict>("x")).response.usage.total_tokens(), 45);
    }(service, seen));
    EXPECT_EQ(seen, (std::vector<told>{{1, 1, 15, ""}, {2, 2, 30, "/label"}}));
}

TEST(Parse, AnObserverThatThrowsEndsTheCall) {
    fake_service service;
    service.then(openai_text("no"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.hooks.on_reask = [](reask_event const&) { throw std::runtime_error{"seen enough"}; };
        auto llm = co_await connect(std::move(options));
        EXPECT_EQ((co_await as_result(llm.parse<verdict>("x"))).error().code, errc::internal);
    }(service));
    EXPECT_EQ(service.count(), 1U);
}

TEST(Parse, ReasksEndWithTheirTokens) {
    for (auto const& [most_tokens, sendings] : {std::pair{1, 1U}, {15, 1U}, {16, 2U}, {0, 3U}}) {
        fake_service service;
        service.then(openai_text("no"));
        run_virtual([](fake_service fake, std::int64_t most) -> asio::awaitable<void> {
            auto options = fake.options();
            options.output.max_reask_tokens = most;
            auto llm = co_await connect(std::move(options));
            EXPECT_EQ((co_await as_result(llm.parse<verdict>("x"))).error().code, errc::invalid_output);
        }(service, most_tokens));
        EXPECT_EQ(service.count(), sendings);
    }
}

TEST(Parse, WordsAroundAreForgivenUnlessToldNotTo) {
    fake_service service;
    service.then(openai_text("Sure:\n```json\n{\"label\":\"good\",\"confidence\":1}\n```"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        EXPECT_EQ((co_await llm.parse<verdict>("x")).label, "good");
        auto options = fake.options();
        options.output.leniency = {};
        auto strict = co_await connect(std::move(options));
        EXPECT_EQ((co_await as_result(strict.parse<verdict>("x"))).error().code, errc::invalid_output);
    }(service));
}

TEST(OutputFormat, AcceptsASchemaOfRunTime) {
    fake_service service;
    service.then(openai_text(R"({"n":"x"})")).then(openai_text(R"({"n":3})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const schema =
            runtime_schema::parse(R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]})")
                .value();
        auto const answer = co_await llm.parse("x", output_format::of(schema));
        EXPECT_EQ(answer.text, R"({"n":3})");
        EXPECT_EQ(answer.attempts, 2);
    }(service));
}

TEST(OutputFormat, IsKeptByTheCallThatItWasGiven) {
    fake_service service;
    service.then(openai_text(R"({"n":3})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto const llm = co_await connect(fake.options());
        auto op = llm.parse(
            "x", output_format::of(
                     runtime_schema::parse(R"({"type":"object","properties":{"n":{"type":"integer"}}})").value()));
        EXPECT_EQ((co_await std::move(op)).text, R"({"n":3})");
    }(service));
}

TEST(OutputFormat, ByDefaultIsAnyTextOfAUsableResponse) {
    fake_service service;
    service.then(openai_text("plain words")).then(openai_refusal("no"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto const llm = co_await connect(fake.options());
        EXPECT_EQ((co_await llm.parse("x", output_format{})).text, "plain words");
        EXPECT_EQ((co_await as_result(llm.parse("x", output_format{}))).error().code, errc::refused);
    }(service));
    EXPECT_EQ(service.requests()[0].body.find("response_format"), std::string::npos);
}

TEST(OutputFormat, ForgivesAFenceAroundRunTimeJson) {
    auto const schema =
        runtime_schema::parse(R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]})").value();
    auto const forgiving = output_format::of(schema, {.code_fences = true});
    EXPECT_TRUE(forgiving.accept("```json\n{\"n\": 3}\n```"));
    EXPECT_EQ(forgiving.explain("```json\n{\"n\": \"x\"}\n```").size(), 1U);
    EXPECT_FALSE(output_format::of(schema).accept("```json\n{\"n\": 3}\n```"));
    std::string_view const strict = "{\n\"n\": \"x\"}";
    EXPECT_EQ(forgiving.accept(strict).error().message, schema.validate(strict).error().message);
}

}  // namespace
}  // namespace coax
