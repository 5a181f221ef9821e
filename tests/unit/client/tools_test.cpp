#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/client/client.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/clock.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::connect;
using test::fake_service;
using test::openai_calls;
using test::openai_text;
using test::run_virtual;

struct weather_query {
    std::string city{};
};
struct weather {
    double celsius{0};
};

toolbox weather_tools() {
    toolbox tools;
    tools.add("get_weather", "Current weather of a city", [](weather_query) -> asio::awaitable<weather> {
        co_await sleep_for(2s);
        co_return weather{4.5};
    });
    tools.add("get_time", "The time", [] { return std::string{"noon"}; });
    tools.add("reset", "Does a thing", [] {});
    tools.add("explode", "Always fails", [](weather_query const&) -> int { throw std::runtime_error{"out of order"}; });
    tools.add("hang", "Never answers", []() -> asio::awaitable<int> {
        co_await sleep_for(1h);
        co_return 1;
    });
    return tools;
}

struct told_case {
    char const* name;
    std::pair<std::string, std::string> call;
    std::string expected;
};
void PrintTo(told_case const& row, std::ostream* out) { *out << row.name; }
class ToolAnswer : public testing::TestWithParam<told_case> {};

TEST_P(ToolAnswer, IsToldToTheModel) {
    fake_service service;
    service.then(openai_calls({GetParam().call})).then(openai_text("done"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const tools = weather_tools();
        auto const answer = co_await llm.run("x", tools);
        EXPECT_EQ(answer.text, "done");
        EXPECT_EQ(answer.usage.total_tokens(), 30);
        EXPECT_EQ(answer.attempts, 2);
    }(service));
    ASSERT_EQ(service.count(), 2U);
    auto const& body = service.requests()[1].body;
    EXPECT_NE(body.find(GetParam().expected), std::string::npos) << body;
    EXPECT_NE(body.find(R"("tool_call_id":"call_0")"), std::string::npos) << body;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ToolAnswer,
    testing::Values(told_case{"struct_as_json", {"get_weather", R"({"city":"Oslo"})"}, R"({\"celsius\":4.5})"},
                    told_case{"string_as_it_is", {"get_time", "{}"}, R"("content":"noon")"},
                    told_case{"no_arguments_at_all", {"get_time", ""}, R"("content":"noon")"},
                    told_case{"nothing_is_done", {"reset", "{}"}, R"("content":"done")"},
                    told_case{"thrown_exception", {"explode", R"({"city":"Oslo"})"}, "Error: out of order"},
                    told_case{"unknown_tool_names_the_known", {"get_wether", "{}"}, "get_weather, get_time"},
                    told_case{"arguments_not_json", {"get_weather", "{city"}, "Error: "},
                    told_case{"missing_argument_is_named", {"get_weather", "{}"}, "city"},
                    told_case{"timeout", {"hang", "{}"}, "Error: "}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Run, CallsOfOneTurnRunAtOnce) {
    fake_service service;
    std::pair<std::string, std::string> const call{"get_weather", R"({"city":"Oslo"})"};
    service.then(openai_calls({call, call, call, call})).then(openai_text("done"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const tools = weather_tools();
        auto const executor = co_await asio::this_coro::executor;
        auto const began = now(executor);
        std::vector<std::string> told;
        run_options options{.max_parallel_tools = 2};
        options.on_tool = [&told](tool_call const& done, std::string_view, bool failed) {
            EXPECT_FALSE(failed);
            told.push_back(done.id);
        };
        (void)co_await llm.run("x", tools, options);
        EXPECT_EQ(now(executor) - began, 4s);
        EXPECT_EQ(told.size(), 4U);
    }(service));
    auto const& body = service.requests()[1].body;
    EXPECT_LT(body.find(R"("tool_call_id":"call_0")"), body.find(R"("tool_call_id":"call_3")"));
}

TEST(Run, StopsAfterTheAllowedRounds) {
    fake_service service;
    service.then(openai_calls({{"get_time", "{}"}}));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const tools = weather_tools();
        auto const answer = co_await as_result(llm.run("x", tools, {.max_rounds = 3}));
        EXPECT_FALSE(answer);
        if (answer) co_return;
        EXPECT_EQ(answer.error().code, errc::tool_failed);
        EXPECT_EQ(answer.error().output_tokens, 15);
    }(service));
    EXPECT_EQ(service.count(), 3U);
}

TEST(Run, CallsBeyondTheBoundAreAnsweredUnrun) {
    fake_service service;
    service.then(openai_calls({{"get_time", "{}"}, {"get_time", "{}"}})).then(openai_text("done"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const tools = weather_tools();
        (void)co_await llm.run("x", tools, {.max_calls_per_turn = 1});
    }(service));
    EXPECT_NE(service.requests()[1].body.find("too many calls in one turn"), std::string::npos);
}

TEST(Run, WrongBoundsAreRefused) {
    fake_service service;
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        toolbox const tools;
        EXPECT_EQ((co_await as_result(llm.run("x", tools, {.max_rounds = 0}))).error().where, "max_rounds");
        EXPECT_TRUE(validate(run_options{}));
        EXPECT_EQ(validate(run_options{.max_parallel_tools = 0}).error().where, "max_parallel_tools");
        EXPECT_EQ(validate(run_options{.max_calls_per_turn = 129}).error().where, "max_calls_per_turn");
        EXPECT_EQ(validate(run_options{.tool_timeout = -1ms}).error().where, "tool_timeout");
        EXPECT_EQ(validate(run_options{.max_tokens = -1}).error().where, "max_tokens");
        EXPECT_EQ(validate(run_options{.timeout = -1ms}).error().where, "timeout");
    }(service));
    EXPECT_EQ(service.count(), 0U);
}

TEST(Run, KeepsTheToolsThatItWasGiven) {
    fake_service service;
    service.then(openai_calls({{"get_time", "{}"}})).then(openai_text("done"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto const llm = co_await connect(fake.options());
        auto op = llm.run("x", weather_tools());
        EXPECT_EQ((co_await std::move(op)).text, "done");
    }(service));
    EXPECT_NE(service.requests()[1].body.find(R"("content":"noon")"), std::string::npos);
}

TEST(Toolbox, CopiesShareTheToolsButNotWhatIsAddedLater) {
    auto const tools = weather_tools();
    auto more = tools;
    more.add("another", "x", [] {});
    EXPECT_EQ(more.find("get_time"), tools.find("get_time"));
    EXPECT_EQ(more.entries().size(), tools.entries().size() + 1);
    EXPECT_EQ(tools.find("another"), nullptr);
}

std::string shout(weather_query where) { return where.city + "!"; }
std::string whisper(weather_query const& where) noexcept { return where.city + "..."; }

struct station {
    std::string name{};
    int visits{0};

    asio::awaitable<std::string> look(weather_query where) {
        ++visits;
        co_return name + ": " + where.city;
    }
    std::string title() const noexcept { return name; }
};

struct callable_case {
    char const* name;
    void (*add)(toolbox&);
    std::string expected;
};
void PrintTo(callable_case const& row, std::ostream* out) { *out << row.name; }
class Toolbox : public testing::TestWithParam<callable_case> {};

TEST_P(Toolbox, CallsAnyKindOfFunction) {
    toolbox tools;
    GetParam().add(tools);
    run_virtual([](toolbox all) -> asio::awaitable<void> {
        auto op = all.find("tool")->call(R"({"city":"Oslo"})");
        EXPECT_EQ((co_await std::move(op)).value().text, GetParam().expected);
    }(tools));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Toolbox,
    testing::Values(
        callable_case{"function", [](toolbox& all) { all.add("tool", "x", shout); }, "Oslo!"},
        callable_case{"noexcept_function", [](toolbox& all) { all.add("tool", "x", &whisper); }, "Oslo..."},
        callable_case{"noexcept_lambda",
                      [](toolbox& all) { all.add("tool", "x", [](weather_query q) noexcept { return q.city; }); },
                      "Oslo"},
        callable_case{"mutable_lambda",
                      [](toolbox& all) {
                          all.add("tool", "x", [count = 0](weather_query const& q) mutable {
                              return q.city + std::to_string(++count);
                          });
                      },
                      "Oslo1"},
        callable_case{"lambda_that_cannot_be_copied",
                      [](toolbox& all) {
                          all.add("tool", "x", [text = std::make_unique<std::string>("held")] { return *text; });
                      },
                      "held"},
        callable_case{"std_function",
                      [](toolbox& all) { all.add("tool", "x", std::function<std::string(weather_query)>{shout}); },
                      "Oslo!"},
        callable_case{"member_function",
                      [](toolbox& all) {
                          all.add("tool", "x", &station::look, std::make_shared<station>(station{.name = "Blindern"}));
                      },
                      "Blindern: Oslo"},
        callable_case{"const_noexcept_member_function",
                      [](toolbox& all) {
                          static station const fixed{.name = "Blindern"};
                          all.add("tool", "x", &station::title, &fixed);
                      },
                      "Blindern"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ToolboxNames, RefusesBadAndDuplicateNames) {
    toolbox tools;
    auto const noop = [] {};
    EXPECT_THROW(tools.add("two words", "x", noop), exception);
    EXPECT_THROW(tools.add("", "x", noop), exception);
    tools.add("fine", "x", noop);
    EXPECT_THROW(tools.add("fine", "x", noop), exception);
    EXPECT_EQ(tools.entries().size(), 1U);
}

TEST(ToolWithoutAnObject, IsDescribedAsOneAndGetsWhatItHolds) {
    for (bool const strict : {true, false}) {
        fake_service service;
        service.then(openai_calls({{"add_up", R"({"value":[1,2]})"}})).then(openai_text("3"));
        std::string seen;
        run_virtual([](fake_service fake, bool enforced, std::string& got) -> asio::awaitable<void> {
            auto llm = co_await connect(fake.options());
            auto const numbers = runtime_schema::parse(R"({"type":"array","items":{"type":"integer"}})").value();
            toolbox tools;
            toolbox::entry tool{.name = "add_up", .description = "Adds"};
            tool.parameters = [numbers](schema_dialect dialect) { return numbers.for_dialect(dialect); };
            tool.call = [&got](std::string arguments) -> asio::awaitable<result<tool_output>> {
                got = arguments;
                return []() -> asio::awaitable<result<tool_output>> { co_return tool_output{.text = "3"}; }();
            };
            tool.options.strict = enforced;
            tools.add(std::move(tool));
            EXPECT_EQ((co_await llm.run("1 and 2?", tools)).text, "3");
        }(service, strict, seen));
        EXPECT_EQ(seen, "[1,2]");
        EXPECT_NE(service.requests()[0].body.find(R"("properties":{"value":{"type":"array")"), std::string::npos)
            << service.requests()[0].body;
    }
}

TEST(ToolTimeout, MayBeAsLongAsMillisecondsGo) {
    fake_service service;
    service.then(openai_calls({{"get_time", "{}"}})).then(openai_text("noon"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const answer = co_await llm.run("x", weather_tools(), {.tool_timeout = std::chrono::milliseconds::max()});
        EXPECT_EQ(answer.text, "noon");
    }(service));
    EXPECT_NE(service.requests()[1].body.find(R"("content":"noon")"), std::string::npos) << service.requests()[1].body;
}

}  // namespace
}  // namespace coax
