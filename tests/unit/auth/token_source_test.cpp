#include "support/run_coro.hpp"

#include <coax/auth/token_source.hpp>
#include <coax/runtime/clock.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;
using test::started;

/// An authority whose tokens are "t1", "t2", … and which can fail.
struct authority {
    std::chrono::seconds lives_for{3600s};
    std::chrono::seconds refresh_in{0};
    std::chrono::seconds takes{0};
    std::optional<error> fails{};
    int asked{0};
};

asio::awaitable<result<access_token>> issue(std::shared_ptr<authority> from) {
    auto const number = ++from->asked;
    co_await sleep_for(from->takes);
    if (from->fails) co_return *from->fails;
    co_return access_token{
        .value = secret{"t" + std::to_string(number)}, .lives_for = from->lives_for, .refresh_in = from->refresh_in};
}

token_source source_of(std::shared_ptr<authority> from, token_cache_options const& options = {}) {
    return cached_token([from = std::move(from)] { return issue(from); }, options);
}

asio::awaitable<std::string> token_text(token_source source) {
    auto const token = co_await source();
    co_return token ? token->reveal() : std::string{to_string(token.error().code)};
}

// --- when a token is replaced ---

struct refresh_case {
    char const* name;
    authority from;
    token_cache_options options;
    std::chrono::seconds still_old;  ///< The last second at which the first token is given.
};
void PrintTo(refresh_case const& row, std::ostream* out) { *out << row.name; }
class Refresh : public testing::TestWithParam<refresh_case> {};

asio::awaitable<void> see_when(refresh_case row) {
    auto const from = std::make_shared<authority>(row.from);
    auto const source = source_of(from, row.options);
    EXPECT_EQ(co_await token_text(source), "t1");
    co_await sleep_for(row.still_old);
    EXPECT_EQ(co_await token_text(source), "t1");
    EXPECT_EQ(from->asked, 1);
    co_await sleep_for(1s);
    EXPECT_EQ(co_await token_text(source), "t2");
    EXPECT_EQ(from->asked, 2);
}
TEST_P(Refresh, ComesBeforeTheEnd) { run_virtual(see_when(GetParam())); }
INSTANTIATE_TEST_SUITE_P(
    Rows, Refresh,
    testing::Values(refresh_case{"an_hour", {}, {}, 3299s}, refresh_case{"a_minute", {.lives_for = 60s}, {}, 29s},
                    refresh_case{"at_its_end", {.lives_for = 60s}, {.refresh_before = 0s}, 59s},
                    refresh_case{"as_advised", {.lives_for = 86400s, .refresh_in = 43200s}, {}, 43199s},
                    refresh_case{"advice_after_the_end", {.lives_for = 60s, .refresh_in = 90s}, {}, 29s},
                    refresh_case{"earlier_as_wanted", {}, {.refresh_before = 600s}, 2999s}),
    [](auto const& row) { return std::string(row.param.name); });

// --- failures ---

TEST(ARefreshThatFails, LeavesAGoodTokenAndIsNotRepeatedAtOnce) {
    auto body = []() -> asio::awaitable<void> {
        auto const from = std::make_shared<authority>();
        auto const source = source_of(from);
        EXPECT_EQ(co_await token_text(source), "t1");
        from->fails = error{.code = errc::server_error};
        co_await sleep_for(3300s);
        EXPECT_EQ(co_await token_text(source), "t1");
        EXPECT_EQ(co_await token_text(source), "t1");
        EXPECT_EQ(from->asked, 2);
        co_await sleep_for(30s);
        EXPECT_EQ(co_await token_text(source), "t1");
        EXPECT_EQ(from->asked, 3);
        co_await sleep_for(270s);  // it has ended
        EXPECT_EQ(co_await token_text(source), "server_error");
        from->fails.reset();
        EXPECT_EQ(co_await token_text(source), "t5");
    };
    run_virtual(body());
}

TEST(AFirstFailure, ReachesTheCallerAndIsForgotten) {
    auto body = []() -> asio::awaitable<void> {
        auto const from = std::make_shared<authority>();
        from->fails = error{.code = errc::authentication};
        auto const source = source_of(from);
        EXPECT_EQ(co_await token_text(source), "authentication");
        from->fails.reset();
        EXPECT_EQ(co_await token_text(source), "t2");
    };
    run_virtual(body());
}

TEST(ATokenThatHasEnded, IsNone) {
    auto body = []() -> asio::awaitable<void> {
        auto const from = std::make_shared<authority>();
        from->lives_for = 0s;
        EXPECT_EQ(co_await token_text(source_of(from)), "authentication");
    };
    run_virtual(body());
}

TEST(AnExceptionOfTheAuthority, ReachesAllWhoWait) {
    auto body = []() -> asio::awaitable<void> {
        token_source const source = cached_token([]() -> asio::awaitable<result<access_token>> {
            throw_error({.code = errc::io_failed});
            co_return error{};
        });
        EXPECT_EQ(co_await token_text(source), "io_failed");
    };
    run_virtual(body());
}

// --- many callers ---

asio::awaitable<void> note(token_source source, std::vector<std::string>& got) {
    got.push_back(co_await token_text(source));
}

TEST(Callers, ShareOneRefresh) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const from = std::make_shared<authority>();
        from->takes = 5s;
        auto const source = source_of(from);
        std::vector<std::string> got;
        std::vector<std::unique_ptr<started>> callers;
        for (int i = 0; i < 100; ++i) callers.push_back(std::make_unique<started>(executor, note(source, got)));
        co_await sleep_for(6s);
        EXPECT_EQ(from->asked, 1);
        EXPECT_EQ(got, std::vector<std::string>(100, "t1"));
    };
    run_virtual(body());
}

TEST(Callers, ThatLeaveDoNotTakeTheTokenFromTheOthers) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const from = std::make_shared<authority>();
        from->takes = 5s;
        auto const source = source_of(from);
        std::vector<std::string> got;
        started first{executor, note(source, got)};
        started second{executor, note(source, got)};
        co_await sleep_for(1s);
        first.cancel();
        co_await sleep_for(5s);
        EXPECT_TRUE(first.done());
        EXPECT_NE(std::find(got.begin(), got.end(), "t1"), got.end());
        EXPECT_EQ(from->asked, 1);
    };
    run_virtual(body());
}

TEST(Callers, AskThemselvesWhenTheContextOfTheFirstEnds) {
    auto const from = std::make_shared<authority>();
    from->takes = 3600s;
    auto const source = source_of(from);
    auto other = std::make_unique<asio::io_context>(1);
    asio::co_spawn(*other, source(), [](std::exception_ptr, result<secret>) {});
    other->poll();
    EXPECT_EQ(from->asked, 1);
    from->takes = 0s;
    test::run_coro([](token_source wanted, std::unique_ptr<asio::io_context> dying) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        std::vector<std::string> got;
        started waiting{executor, note(wanted, got)};
        co_await sleep_for(1ms);
        dying.reset();
        while (!waiting.done()) co_await sleep_for(1ms);
        EXPECT_EQ(got, std::vector<std::string>{"t2"});
    }(source, std::move(other)));
}

TEST(WrongCacheOptions, AreRefused) {
    EXPECT_THROW((void)cached_token({}), exception);
    for (auto const& options : {token_cache_options{.refresh_before = -1s}, token_cache_options{.retry_after = 25h}})
        EXPECT_THROW((void)source_of(std::make_shared<authority>(), options), exception);
}

}  // namespace
}  // namespace coax
