// When a batch goes on, pauses and ends: what a service does to its records, in virtual time.

#include <coax/batch/batch.hpp>
#include <coax/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <string>

namespace coax {
namespace {

using namespace std::chrono_literals;
using record = listed_record<int>;

/// The nth request for a record, from 1, some time after the batch began.
struct request {
    int record;
    int number;
    clock::duration at;
};
using service = std::function<std::optional<error>(request)>;

/// What a batch over `count` records came to.
struct outcome {
    std::map<int, int> requests{};                      ///< By record.
    std::map<int, std::optional<error>> handed_over{};  ///< By record; none: a success.
    batch_summary summary{};
    clock::duration took{};

    [[nodiscard]] int sent() const {
        int sum = 0;
        for (auto const& [number, count] : requests) sum += count;
        return sum;
    }
    [[nodiscard]] int failed() const { return static_cast<int>(summary.failed); }
    [[nodiscard]] int undone(int count) const { return count - static_cast<int>(handed_over.size()); }
};

/// How long the service takes.
struct latencies {
    clock::duration success{100ms};
    clock::duration failure{100ms};
};

asio::awaitable<batch_output<int>> ask(outcome& all, service respond, int number, clock::time_point start,
                                       latencies takes) {
    auto const executor = co_await asio::this_coro::executor;
    auto const nth = ++all.requests[number];
    auto why = respond({number, nth, now(executor) - start});
    co_await sleep_for(why ? takes.failure : takes.success);
    if (why) {
        why->attempts = 1;
        throw_error(std::move(*why));
    }
    co_return batch_output<int>{.value = number};
}

outcome run(int count, service respond, batch_options options, latencies takes = {}) {
    outcome all;
    runtime rt{virtual_time{}};
    auto const start = rt.time().now();
    std::vector<int> numbers;
    for (int i = 0; i < count; ++i) numbers.push_back(i);
    options.total = static_cast<std::uint64_t>(count);
    auto const work = [&](record const& one) { return ask(all, respond, one.value, start, takes); };
    auto const sink = [&](batch_result<int> one) -> result<void> {
        auto const number = static_cast<int>(one.index);
        EXPECT_FALSE(all.handed_over.contains(number)) << "record " << number << " twice";
        all.handed_over[number] = one.value ? std::nullopt : std::optional{one.value.error()};
        return {};
    };
    all.summary = rt.run(run_batch<int>(records_of(numbers), work, sink, std::move(options)));
    all.took = rt.time().now() - start;
    EXPECT_EQ(all.summary.attempts, static_cast<std::uint64_t>(all.sent()));
    EXPECT_EQ(all.summary.remaining, static_cast<std::uint64_t>(all.undone(count)));
    return all;
}

error status(errc code, int http_status) { return {.code = code, .message = "no", .http_status = http_status}; }
error come_back_in(std::chrono::milliseconds wait) {
    auto why = status(errc::rate_limited, 429);
    why.retry_after = wait;
    return why;
}

// ---- one record's fault stays that record's

struct single_case {
    char const* name;
    error why;
};
void PrintTo(single_case const& row, std::ostream* out) { *out << row.name; }
class OneRecordsFault : public testing::TestWithParam<single_case> {
protected:
    static void expect_own(int bad, std::size_t concurrency) {
        auto const one_fails = [bad](request const& of) {
            return of.record == bad ? std::optional{GetParam().why} : std::nullopt;
        };
        auto const got = run(20, one_fails, {.concurrency = concurrency});
        EXPECT_FALSE(got.summary.ended_by) << *got.summary.ended_by;
        EXPECT_EQ(got.undone(20), 0);
        EXPECT_EQ(got.failed(), 1);
        EXPECT_EQ(got.handed_over.at(bad)->code, GetParam().why.code);
        EXPECT_LT(got.took, 10s);
    }
};

TEST_P(OneRecordsFault, StaysItsOwnInTheMiddle) { expect_own(7, 1); }
TEST_P(OneRecordsFault, StaysItsOwnAtTheBeginning) { expect_own(0, 1); }
TEST_P(OneRecordsFault, StaysItsOwnAtTheEnd) { expect_own(19, 1); }
TEST_P(OneRecordsFault, StaysItsOwnAmongOthers) { expect_own(7, 8); }

INSTANTIATE_TEST_SUITE_P(Rows, OneRecordsFault,
                         testing::Values(single_case{"http_401", status(errc::authentication, 401)},
                                         single_case{"http_402", status(errc::quota_exhausted, 402)},
                                         single_case{"http_403", status(errc::authentication, 403)},
                                         single_case{"http_404", status(errc::not_found, 404)},
                                         single_case{"http_400", status(errc::bad_request, 400)},
                                         single_case{"http_422", status(errc::bad_request, 422)},
                                         single_case{"http_500", status(errc::server_error, 500)},
                                         single_case{"tls_alert", status(errc::tls_failed, 0)},
                                         single_case{"lost", status(errc::connection_lost, 0)},
                                         single_case{"timeout", status(errc::timeout, 0)},
                                         single_case{"html", status(errc::protocol_error, 200)},
                                         single_case{"refused", status(errc::refused, 200)}),
                         [](auto const& row) { return std::string(row.param.name); });

// ---- the last ones say that the next will fail alike

struct alike_case {
    char const* name;
    error why;
    int good;           ///< Records before it begins.
    int most_requests;  ///< After that.
    std::size_t concurrency{1};
};
void PrintTo(alike_case const& row, std::ostream* out) { *out << row.name; }
class AllFailAlike : public testing::TestWithParam<alike_case> {};

TEST_P(AllFailAlike, EndsTheBatchWithTheRestUndone) {
    auto const& row = GetParam();
    auto const then_fails = [&](request const& of) {
        return of.record >= row.good ? std::optional{row.why} : std::nullopt;
    };
    auto const got = run(200, then_fails, {.concurrency = row.concurrency});
    ASSERT_TRUE(got.summary.ended_by);
    EXPECT_EQ(got.summary.ended_by->code, row.why.code);
    EXPECT_EQ(got.failed(), 0) << "nobody knows whether it was their own";
    EXPECT_EQ(got.undone(200), 200 - row.good);
    EXPECT_LE(got.sent(), row.good + row.most_requests);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, AllFailAlike,
    testing::Values(alike_case{"key_from_the_start", status(errc::authentication, 401), 0, 3},
                    alike_case{"key_from_the_start_many_at_once", status(errc::authentication, 401), 0, 3 + 8, 8},
                    alike_case{"key_later", status(errc::authentication, 403), 50, 6},
                    alike_case{"bad_requests", status(errc::bad_request, 400), 0, 10},
                    alike_case{"unprocessable", status(errc::bad_request, 422), 0, 10},
                    alike_case{"unprocessable_later", status(errc::bad_request, 422), 50, 20},
                    alike_case{"captive_portal", status(errc::protocol_error, 200), 0, 10},
                    alike_case{"no_connection", status(errc::connect_failed, 0), 0, 1},
                    alike_case{"unknown_model", status(errc::not_found, 404), 0, 3},
                    alike_case{"credit", status(errc::quota_exhausted, 429), 50, 1},
                    alike_case{"expired", {.code = errc::authentication, .service_message = "token expired"}, 50, 1},
                    alike_case{"down_from_the_start", status(errc::server_error, 500), 0, 10},
                    alike_case{"wait_of_an_hour", come_back_in(1h), 50, 1},
                    alike_case{"wait_of_an_hour_many_at_once", come_back_in(1h), 50, 8, 8}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(StopRule, FewRecordsThatAreAllRefusedEndTheBatchToo) {
    auto const refused = [](request const&) { return std::optional{status(errc::authentication, 401)}; };
    auto const got = run(2, refused, {.concurrency = 1});
    EXPECT_TRUE(got.summary.ended_by);
    EXPECT_EQ(got.undone(2), 2);
}

TEST(StopRule, FewRecordsThatAreAllWrongFail) {
    auto const wrong = [](request const&) { return std::optional{status(errc::bad_request, 400)}; };
    auto const got = run(2, wrong, {.concurrency = 1});
    EXPECT_FALSE(got.summary.ended_by);
    EXPECT_EQ(got.failed(), 2);
}

TEST(StopRule, SwitchedOffEachFailureIsTheRecordsOwn) {
    auto const wrong = [](request const& of) {
        return std::optional{of.record % 2 == 0 ? status(errc::bad_request, 400) : status(errc::server_error, 500)};
    };
    auto const got = run(50, wrong, {.concurrency = 4, .alike_failures = 0});
    EXPECT_FALSE(got.summary.ended_by);
    EXPECT_EQ(got.failed(), 50);
    EXPECT_EQ(got.sent(), 50);
}

TEST(StopRule, HalfOfTheRecordsMayBeWrong) {
    auto const odd_are_wrong = [](request const& of) {
        return of.record % 2 == 1 ? std::optional{status(errc::bad_request, 400)} : std::nullopt;
    };
    auto const got = run(500, odd_are_wrong, {.concurrency = 8});
    EXPECT_FALSE(got.summary.ended_by);
    EXPECT_EQ(got.failed(), 250);
}

/// What is in flight when the key is withdrawn succeeds later than the next is refused, and says nothing of it.
TEST(StopRule, ASuccessBegunBeforeAFailureDoesNotMakeItTheRecordsOwn) {
    int requests = 0;
    auto const withdrawn_after_50 = [&](request const&) {
        return ++requests > 50 ? std::optional{status(errc::authentication, 401)} : std::nullopt;
    };
    auto const got = run(200, withdrawn_after_50, {.concurrency = 4}, {.failure = 1ms});
    EXPECT_TRUE(got.summary.ended_by);
    EXPECT_EQ(got.failed(), 0);
    EXPECT_EQ(got.undone(200), 150);
}

/// Where failures of records' own come all the time, each is settled by those begun after it.
TEST(StopRule, ManyOwnFailuresAtOnceAreSettled) {
    auto const each_tenth = [](request const& of) {
        return of.record % 10 == 9 ? std::optional{status(errc::bad_request, 400)} : std::nullopt;
    };
    auto const got = run(2'000, each_tenth, {.concurrency = 64}, {.failure = 1ms});
    EXPECT_FALSE(got.summary.ended_by);
    EXPECT_EQ(got.failed(), 200);
    EXPECT_EQ(got.undone(2'000), 0);
}

// ---- pauses

TEST(StopRule, AServiceThatIsDownForAMinuteCostsNoRecord) {
    auto const down = [](request const& of) {
        bool const is_down = of.at > 2s && of.at < 62s;
        return is_down ? std::optional{status(errc::connect_failed, 0)} : std::nullopt;
    };
    auto const got = run(2'000, down, {.concurrency = 64});
    EXPECT_FALSE(got.summary.ended_by);
    EXPECT_EQ(got.summary.ok, 2'000U);
    EXPECT_LT(got.sent(), 2'000 + 64 + 20 + 8) << "in flight, alike, tries";
    EXPECT_LT(got.took, 150s);
}

TEST(StopRule, AServiceThatDiesLeavesTheRestUndone) {
    auto const dies = [](request const& of) {
        return of.at > 2s ? std::optional{status(errc::connect_failed, 0)} : std::nullopt;
    };
    auto const got = run(2'000, dies, {.concurrency = 64});
    ASSERT_TRUE(got.summary.ended_by);
    EXPECT_EQ(got.failed(), 0);
    EXPECT_LT(got.sent(), static_cast<int>(got.summary.ok) + 64 + 20 + 8);
    EXPECT_LT(got.took, 130s);
    EXPECT_NE(got.summary.ended_by->message.find("it was so for"), std::string::npos) << *got.summary.ended_by;
}

TEST(StopRule, ALimitPausesAsLongAsTheServiceSaysAndLosesNothing) {
    auto const limited = [](request const& of) {
        bool const until = of.at > 1s && of.at < 91s;
        return until ? std::optional{come_back_in(std::chrono::ceil<std::chrono::milliseconds>(91s - of.at))}
                     : std::nullopt;
    };
    auto const got = run(200, limited, {.concurrency = 4});
    EXPECT_FALSE(got.summary.ended_by);
    EXPECT_EQ(got.summary.ok, 200U);
    EXPECT_LE(got.sent(), 204);
    EXPECT_GT(got.took, 91s);
}

TEST(StopRule, AnHourIsWaitedWhereTheOptionsAllowIt) {
    auto const limited = [](request const& of) {
        return of.at > 1s && of.at < 1h ? std::optional{come_back_in(1h)} : std::nullopt;
    };
    auto const got = run(200, limited, {.concurrency = 4, .max_pause = 2h});
    EXPECT_FALSE(got.summary.ended_by);
    EXPECT_EQ(got.summary.ok, 200U);
    EXPECT_LE(got.sent(), 204);
}

TEST(StopRule, AWaitThatIsTooLongTellsWhenToResume) {
    auto const limited = [](request const& of) {
        return of.record < 5 ? std::nullopt : std::optional{come_back_in(1h)};
    };
    auto const got = run(40, limited, {.concurrency = 2});
    ASSERT_TRUE(got.summary.ended_by);
    EXPECT_EQ(got.summary.ended_by->retry_after, 1h);
    EXPECT_NE(got.summary.ended_by->message.find("resume after 2026-01-01 01:00:0"), std::string::npos)
        << *got.summary.ended_by;
    EXPECT_EQ(got.undone(40), 35);
}

TEST(StopRule, ALimitWithoutAWordOfItsLengthIsTriedAgainToo) {
    auto const limited = [](request const& of) {
        return of.at > 1s && of.at < 20s ? std::optional{status(errc::rate_limited, 429)} : std::nullopt;
    };
    auto const got = run(100, limited, {.concurrency = 4});
    EXPECT_FALSE(got.summary.ended_by);
    EXPECT_EQ(got.summary.ok, 100U);
}

TEST(StopRule, AStopEndsAPauseSoon) {
    batch_stop const stop;
    auto const limited = [&](request const& of) {
        if (of.record < 5) return std::optional<error>{};
        stop.request();
        return std::optional{come_back_in(100s)};
    };
    auto const got = run(40, limited, {.concurrency = 1, .stop = stop});
    EXPECT_FALSE(got.summary.ended_by);
    EXPECT_TRUE(got.summary.stopped);
    EXPECT_LT(got.took, 2s);
    EXPECT_EQ(got.undone(40), 35);
}

TEST(StopRule, APauseIsShownInTheProgress) {
    std::chrono::milliseconds longest{0};
    batch_options options{.concurrency = 2};
    options.on_progress = [&](batch_progress const& progress) { longest = std::max(longest, progress.paused_for); };
    auto const limited = [](request const& of) {
        return of.at > 1s && of.at < 31s ? std::optional{come_back_in(30s)} : std::nullopt;
    };
    auto const got = run(40, limited, options);
    EXPECT_EQ(got.summary.ok, 40U);
    EXPECT_GT(longest, 20s);
    EXPECT_NE(to_line({.paused_for = 30s}).find("paused 0:30"), std::string::npos);
}

}  // namespace
}  // namespace coax
