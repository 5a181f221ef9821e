#include "support/cancel_everywhere.hpp"
#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/chat/response_details.hpp>
#include <coax/client/router.hpp>
#include <coax/provider/embedding.hpp>
#include <coax/tasks/map.hpp>

#include <gtest/gtest.h>

#include <map>
#include <ranges>

namespace coax::test {
namespace {

using namespace std::chrono_literals;
using answer = memory_transport::timed_response;

/// A route to a service that is a function.
route route_to(std::string name, memory_transport::handler respond, int priority = 0) {
    route made{.name = std::move(name), .priority = priority};
    made.options.service = {.api_key = "sk-test", .model = "m"};
    made.options.service.transport = std::make_shared<memory_transport>(std::move(respond));
    made.options.policies.retry.initial_delay = 1ms;
    made.options.policies.retry.max_delay = 1ms;
    return made;
}

answer too_many(std::chrono::seconds wait) {
    return {.response = openai_error(429, "rate_limit_exceeded", {{"retry-after", std::to_string(wait.count())}})};
}

/// Always the same.
memory_transport::handler always(answer same) {
    return [same = std::move(same)](auto const&) { return same; };
}
memory_transport::handler saying(std::string text, std::chrono::milliseconds delay = 0ms) {
    return always({.response = openai_text(text), .delay = delay});
}

asio::awaitable<router> route_calls(router_options options) {
    options.retry.jitter = 0.0;
    co_return router{co_await asio::this_coro::executor, std::move(options)};
}

std::string text_or_error(result<chat_response> const& outcome) {
    return outcome ? outcome->details->route + ": " + outcome->text : to_string(outcome.error().code).data();
}

struct move_case {
    char const* name;
    answer first;
    std::string_view told;  ///< Route and text, or the error.
    int attempts;
    std::vector<errc> third_after{};  ///< There is a third route for these.
};
void PrintTo(move_case const& row, std::ostream* out) { *out << row.name; }
class RouterMoves : public testing::TestWithParam<move_case> {};

TEST_P(RouterMoves, FollowTheTable) {
    run_virtual([](move_case const& row) -> asio::awaitable<void> {
        router_options options{.routes = {route_to("a", always(row.first)), route_to("b", saying("from b"), 1)}};
        if (!row.third_after.empty()) {
            options.routes.push_back(route_to("c", saying("from c")));
            options.routes.back().only_after = row.third_after;
        }
        auto const llm = co_await route_calls(std::move(options));
        auto const began = now(co_await asio::this_coro::executor);
        auto const outcome = co_await as_result(llm.chat("x"));
        EXPECT_EQ(text_or_error(outcome), row.told);
        EXPECT_EQ(outcome ? outcome->attempts : outcome.error().attempts, row.attempts);
        EXPECT_EQ(now(co_await asio::this_coro::executor), began) << "at once";
    }(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RouterMoves,
    testing::Values(
        move_case{"none", {.response = openai_text("from a")}, "a: from a", 1},
        move_case{"too_many_requests", too_many(30s), "b: from b", 2},
        move_case{"overloaded", {.response = openai_error(503, "x")}, "b: from b", 2},
        move_case{"refused_key", {.response = openai_error(401, "invalid_api_key")}, "b: from b", 2},
        move_case{"used_up", {.response = openai_error(429, "insufficient_quota")}, "b: from b", 2},
        move_case{"bad_request", {.response = openai_error(400, "x")}, "bad_request", 1},
        move_case{"too_long", {.response = openai_error(400, "context_length_exceeded")}, "context_too_long", 1},
        move_case{"another_model",
                  {.response = openai_error(400, "context_length_exceeded")},
                  "c: from c",
                  2,
                  {errc::context_too_long}},
        move_case{
            "filtered", {.response = openai_error(400, "content_filter")}, "c: from c", 2, {errc::content_filtered}},
        move_case{"same_model_first", {.response = openai_error(503, "x")}, "b: from b", 2, {errc::overloaded}}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST(Router, WaitsForTheEarliestOfAll) {
    run_virtual([]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const free_at = [executor](std::chrono::seconds when, std::string text) {
            return [executor, when, text, began = now(executor)](auto const&) {
                auto const left = std::chrono::ceil<std::chrono::seconds>(began + when - now(executor));
                return left > 0s ? too_many(left) : answer{.response = openai_text(text)};
            };
        };
        router_options options{.routes = {route_to("a", free_at(20s, "a")), route_to("b", free_at(7s, "b")),
                                          route_to("c", free_at(40s, "c"))}};
        auto const llm = co_await route_calls(std::move(options));
        auto const began = now(executor);
        EXPECT_EQ(text_or_error(co_await as_result(llm.chat("x"))), "b: b");
        EXPECT_EQ(now(executor) - began, 7s);
        EXPECT_EQ(llm.statistics().attempts, 4U);
        auto const all = llm.routes();
        EXPECT_EQ(all[0].last_error ? all[0].last_error->code : errc{}, errc::rate_limited);
        EXPECT_EQ(all[1].calls, 2U);
        EXPECT_EQ(all[1].failures, 1U);
    }());
}

TEST(Router, TellsWhatAllSaid) {
    run_virtual([]() -> asio::awaitable<void> {
        router_options options{.routes = {route_to("a", always({.response = openai_error(503, "x")})),
                                          route_to("b", always({.response = openai_error(401, "x")}))}};
        options.retry.max_attempts = 1;
        auto const llm = co_await route_calls(std::move(options));
        auto const outcome = co_await as_result(llm.chat("x"));
        EXPECT_FALSE(outcome);
        if (outcome) co_return;
        EXPECT_EQ(outcome.error().code, errc::authentication);
        EXPECT_EQ(outcome.error().attempts, 2);
        EXPECT_TRUE(outcome.error().message.ends_with("(routes: a: overloaded, b: authentication)"))
            << outcome.error().message;
    }());
}

TEST(Router, SpillsOverWhereTheReservedCapacityIsFull) {
    run_virtual([]() -> asio::awaitable<void> {
        router_options options{.routes = {route_to("shared", saying("s"), 1), route_to("reserved", saying("r"))}};
        options.routes[1].options.policies.rate_limits = {.requests_per_minute = 60, .burst = 3s};
        auto const llm = co_await route_calls(std::move(options));
        std::string order;
        for (int i = 0; i < 5; ++i) order += (co_await llm.chat("x")).text;
        co_await sleep_for(1s);
        for (int i = 0; i < 2; ++i) order += (co_await llm.chat("x")).text;
        EXPECT_EQ(order, "rrrssrs");
    }());
}

TEST(Router, AFullRouteIsOneWithAllItsRequestsUnderWay) {
    run_virtual([]() -> asio::awaitable<void> {
        router_options options{.routes = {route_to("a", saying("a", 1s)), route_to("b", saying("b", 1s), 1)}};
        options.routes[0].options.policies.max_concurrency = 2;
        auto const llm = co_await route_calls(std::move(options));
        EXPECT_EQ(llm.options().policies.max_concurrency, 66U);
        auto const done = co_await map(std::views::iota(0, 5), {.concurrency = 5}, [&](int) { return llm.chat("x"); });
        std::map<std::string, int> counts;
        for (auto const& one : done) ++counts[one ? one->text : "error"];
        EXPECT_EQ(counts, (std::map<std::string, int>{{"a", 2}, {"b", 3}}));
    }());
}

struct choice_case {
    char const* name;
    route_choice choice;
    std::map<std::string, int> expected;  ///< Of 120 calls, 6 at a time; a takes 1 s and weighs 2, b 3 s and 1.
};
void PrintTo(choice_case const& row, std::ostream* out) { *out << row.name; }
class RouterChoice : public testing::TestWithParam<choice_case> {};

TEST_P(RouterChoice, SharesTheCalls) {
    run_virtual([](choice_case const& row) -> asio::awaitable<void> {
        router_options options{.routes = {route_to("a", saying("a", 1s)), route_to("b", saying("b", 3s))},
                               .choice = row.choice};
        options.routes[0].weight = 2;
        auto const llm = co_await route_calls(std::move(options));
        auto const done =
            co_await map(std::views::iota(0, 120), {.concurrency = 6}, [&](int) { return llm.chat("x"); });
        std::map<std::string, int> counts;
        for (auto const& one : done) ++counts[one ? one->text : "error"];
        EXPECT_EQ(counts, row.expected);
    }(GetParam()));
}

// Least busy: a has 4 of 6 under way and ends them thrice as fast, so 6 of 7 are its own.
INSTANTIATE_TEST_SUITE_P(Rows, RouterChoice,
                         testing::Values(choice_case{"weight", route_choice::weight, {{"a", 80}, {"b", 40}}},
                                         choice_case{"least_busy", route_choice::least_busy, {{"a", 102}, {"b", 18}}},
                                         choice_case{"fastest", route_choice::fastest, {{"a", 117}, {"b", 3}}}),
                         [](auto const& row) { return std::string{row.param.name}; });

TEST(Router, StaysWhereThePromptIsCached) {
    run_virtual([]() -> asio::awaitable<void> {
        router_options options{.routes = {route_to("a", saying("a")), route_to("b", saying("b"))}};
        auto const llm = co_await route_calls(std::move(options));
        std::string const document(5'000, 'd');
        chat_request about;
        about.messages = {system(document), user("x")};
        std::string long_ones;
        std::string short_ones;
        for (int i = 0; i < 4; ++i) {
            about.messages.back().text = std::to_string(i);
            long_ones += (co_await llm.chat(about)).text;
            short_ones += (co_await llm.chat("short")).text;
        }
        EXPECT_TRUE(long_ones == "aaaa" || long_ones == "bbbb") << long_ones;
        EXPECT_NE(short_ones.find('a'), std::string::npos);
        EXPECT_NE(short_ones.find('b'), std::string::npos);
    }());
}

TEST(Router, StreamsMoveOnlyBeforeTheirFirstToken) {
    run_virtual([]() -> asio::awaitable<void> {
        auto broken = openai_stream({"one", "two"});
        broken.body.resize(broken.body.find("two"));
        router_options options{.routes = {route_to("a", always({.response = openai_error(503, "x")})),
                                          route_to("b", always({.response = openai_stream({"be", "gun"})}), 1)}};
        auto const llm = co_await route_calls(std::move(options));
        auto stream = co_await llm.stream("x");
        EXPECT_EQ(llm.routes()[1].under_way, 1U) << "until its end";
        auto const whole = co_await stream.finish();
        EXPECT_EQ(whole.text, "begun");
        EXPECT_EQ(whole.details->route, "b");
        EXPECT_EQ(whole.attempts, 2);
        EXPECT_EQ(llm.routes()[1].under_way, 0U);

        router_options more_options{
            .routes = {route_to("a", always({.response = broken, .fails_after = error{.code = errc::connection_lost}})),
                       route_to("b", saying("never"), 1)}};
        auto const other = co_await route_calls(std::move(more_options));
        auto cut = co_await other.stream("x");
        auto const end = co_await as_result(cut.finish());
        EXPECT_EQ(end ? errc{} : end.error().code, errc::connection_lost);
        EXPECT_EQ(other.routes()[1].calls, 0U);
        EXPECT_EQ(other.routes()[0].under_way, 0U);
    }());
}

TEST(Router, ARunMovesUntilTheModelHasResponded) {
    run_virtual([]() -> asio::awaitable<void> {
        int asked = 0;
        auto const calling = [&asked](auto const&) {
            ++asked;
            if (asked == 1) return answer{.response = openai_calls({{"act", "{}"}})};
            return asked == 2 ? answer{.response = openai_error(503, "x")} : answer{.response = openai_text("done")};
        };
        int acted = 0;
        toolbox tools;
        tools.add("act", "Does it", [&acted] { ++acted; });
        router_options options{.routes = {route_to("a", always({.response = openai_error(503, "x")})),
                                          route_to("b", calling, 1), route_to("c", saying("c"), 2)}};
        auto const llm = co_await route_calls(std::move(options));
        auto const response = co_await llm.run("x", tools);
        EXPECT_EQ(response.text, "done") << "its own retry";
        EXPECT_EQ(response.details->route, "b");
        EXPECT_EQ(acted, 1);
        EXPECT_EQ(asked, 3);
    }());
}

struct routed_place {
    std::string city{};
};

TEST(Router, AsksEachServiceInItsOwnForm) {
    run_virtual([]() -> asio::awaitable<void> {
        std::string body;
        auto anthropic = route_to(
            "claude",
            [&body](http_request const& request) {
                body = request.body;
                return answer{
                    .response = {.status = 200,
                                 .body = R"({"id":"m1","type":"message","role":"assistant","model":"claude",)"
                                         R"("content":[{"type":"text","text":"{\"city\":\"Oslo\"}"}],)"
                                         R"("stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}})"}};
            },
            1);
        anthropic.options.service.provider.service = "anthropic";
        anthropic.options.service.model = "claude";
        router_options options{
            .routes = {route_to("gpt", always({.response = openai_error(503, "x")})), std::move(anthropic)}};
        auto const llm = co_await route_calls(std::move(options));
        auto const read = co_await llm.parse_response<routed_place>("Where?");
        EXPECT_EQ(read.value.city, "Oslo");
        EXPECT_EQ(read.response.details->route, "claude");
        EXPECT_NE(body.find(R"("model":"claude")"), std::string::npos) << body;
        EXPECT_NE(body.find("output_config"), std::string::npos) << body;
    }());
}

TEST(Router, EmbeddingsKeepTheRetriesOfTheirRoute) {
    run_virtual([]() -> asio::awaitable<void> {
        int asked = 0;
        router_options options{
            .routes = {route_to("a", [&asked](auto const&) {
                if (++asked == 1) return answer{.response = openai_error(503, "x")};
                return answer{.response = {.status = 200,
                                           .body = R"({"data":[{"index":0,"embedding":[1.0]}],)"
                                                   R"("model":"m","usage":{"prompt_tokens":1,"total_tokens":1}})"}};
            })}};
        auto const llm = co_await route_calls(std::move(options));
        auto const got = co_await llm.embed(std::vector<std::string>{"x"});
        EXPECT_TRUE(got.vectors.at(0));
        EXPECT_EQ(asked, 2);
    }());
}

/// A service that allows so many requests a minute, in slices of ten seconds, each of which takes a second.
memory_transport::handler limited_service(asio::any_io_executor executor, double per_minute) {
    struct state {
        double level;
        clock::time_point at;
    };
    auto const most = per_minute / 6;
    auto const bucket = std::make_shared<state>(state{most, now(executor)});
    return [=](auto const&) {
        auto const current = now(executor);
        auto const passed = std::chrono::duration<double>(current - bucket->at).count();
        bucket->level = std::min(most, bucket->level + passed * per_minute / 60);
        bucket->at = current;
        if (bucket->level < 1) return too_many(1s);
        bucket->level -= 1;
        return answer{.response = openai_text("x"), .delay = 1s};
    };
}

struct capacity_case {
    char const* name;
    bool told;  ///< The clients know the limits.
    double least;
};
void PrintTo(capacity_case const& row, std::ostream* out) { *out << row.name; }
class RouterCapacity : public testing::TestWithParam<capacity_case> {};

TEST_P(RouterCapacity, UsesAllOfBothDeploymentsAndShowsNoRefusal) {
    run_virtual([](capacity_case const& row) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        router_options options{
            .routes = {route_to("a", limited_service(executor, 600)), route_to("b", limited_service(executor, 300))}};
        if (row.told) {
            options.routes[0].options.policies.rate_limits = {.requests_per_minute = 600, .burst = 9s};
            options.routes[1].options.policies.rate_limits = {.requests_per_minute = 300, .burst = 9s};
        }
        options.retry.server_wait_budget = 10min;
        auto const llm = co_await route_calls(std::move(options));
        auto const began = now(executor);
        int served = 0;
        int shown = 0;
        auto const work = [&](int) -> asio::awaitable<void> {
            while (now(executor) - began < 6min) {
                auto const outcome = co_await as_result(llm.chat("x"));
                auto const at = now(executor) - began;
                if (!outcome)
                    ++shown;
                else if (at > 1min && at <= 6min)
                    ++served;
            }
        };
        (void)co_await map(std::views::iota(0, 100), {.concurrency = 100}, work);
        EXPECT_EQ(shown, 0);
        EXPECT_GE(served, row.least * 900 * 5);
    }(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Rows, RouterCapacity,
                         testing::Values(capacity_case{"told", true, 0.99}, capacity_case{"learnt", false, 0.9}),
                         [](auto const& row) { return std::string{row.param.name}; });

TEST(Router, ACancelledCallLeavesNothingUnderWay) {
    auto const report = cancel_everywhere([] {
        auto const llm = std::make_shared<std::optional<router>>();
        auto const call = [](std::shared_ptr<std::optional<router>> made) -> asio::awaitable<void> {
            router_options options{.routes = {route_to("a", always(too_many(3s))), route_to("b", saying("b", 1s), 1)}};
            made->emplace(co_await route_calls(std::move(options)));
            (void)co_await (*made)->chat("x");
        };
        auto const check = [llm] {
            if (!*llm) return;
            for (auto const& one : (*llm)->routes()) EXPECT_EQ(one.under_way, 0U) << one.name;
        };
        return scenario{.subject = call(llm), .check = check, .kept = llm};
    });
    EXPECT_GE(report.suspensions, 3);
    EXPECT_EQ(report.cancelled, report.suspensions - 1) << "the last one finds the response on its way back";
}

struct bad_router_case {
    char const* where;
    void (*spoil)(router_options& options);
};
void PrintTo(bad_router_case const& row, std::ostream* out) { *out << row.where; }
class BadRouter : public testing::TestWithParam<bad_router_case> {};

TEST_P(BadRouter, IsRefused) {
    router_options options{.routes = {route_to("a", saying("a")), route_to("b", saying("b"))}};
    EXPECT_TRUE(validate(options));
    GetParam().spoil(options);
    auto const checked = validate(options);
    EXPECT_EQ(checked ? "" : checked.error().where, GetParam().where);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadRouter,
    testing::Values(bad_router_case{"routes", [](auto& options) { options.routes.clear(); }},
                    bad_router_case{"routes[1].name", [](auto& options) { options.routes[1].name = "a"; }},
                    bad_router_case{"routes[1].weight", [](auto& options) { options.routes[1].weight = 0; }},
                    bad_router_case{"routes[0].only_after",
                                    [](auto& options) { options.routes[0].only_after = {errc::timeout}; }},
                    bad_router_case{"routes[1].options.policies.max_concurrency",
                                    [](auto& options) { options.routes[1].options.policies.max_concurrency = 0; }},
                    bad_router_case{"retry.max_attempts", [](auto& options) { options.retry.max_attempts = 0; }},
                    bad_router_case{"timeout", [](auto& options) { options.timeout = -1ms; }},
                    bad_router_case{"sticky", [](auto& options) { options.sticky = -1ms; }},
                    bad_router_case{"rest", [](auto& options) { options.rest = 2h; }}));

}  // namespace
}  // namespace coax::test
