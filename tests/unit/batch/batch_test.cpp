#include <coax/batch/batch.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using record = listed_record<int>;

/// A batch over numbers in virtual time, and what came out of it.
struct trial {
    std::map<std::uint64_t, int> seen{};  ///< Outcomes by index.
    std::map<std::uint64_t, error> failures{};
    std::uint64_t taken{0};  ///< Records asked of the source.
    std::size_t in_work{0};
    std::size_t most_in_work{0};
    batch_summary summary{};

    /// The numbers from 0 to count - 1. `check` is called before each.
    stream<record> numbers(int count, std::function<void()> check = {}) {
        return generate([this, count, check]() -> asio::awaitable<std::optional<record>> {
            if (check) check();
            if (taken >= static_cast<std::uint64_t>(count)) co_return std::nullopt;
            auto const at = taken++;
            co_return record{at, std::to_string(at), static_cast<int>(at)};
        });
    }
    auto sink() {
        return [this](batch_result<int> outcome) -> result<void> {
            ++seen[outcome.index];
            if (!outcome.value) failures[outcome.index] = outcome.value.error();
            return {};
        };
    }
    /// Works for 1 to 7 ms on each number and answers it doubled; `fails` decides otherwise.
    auto work(std::function<std::optional<error>(int)> fails = {}) {
        return [this, fails](record const& one) { return do_work(one.value, fails); };
    }
    asio::awaitable<batch_output<int>> do_work(int number, std::function<std::optional<error>(int)> fails) {
        most_in_work = std::max(most_in_work, ++in_work);
        auto const slept = co_await as_result(sleep_for(std::chrono::milliseconds{1 + number % 7}));
        --in_work;
        if (!slept) throw_error(slept.error());
        if (fails)
            if (auto why = fails(number)) throw_error(std::move(*why));
        co_return batch_output<int>{.value = number * 2, .usage = {.input_tokens = 1, .output_tokens = 2}};
    }
    template <class Source, class Work, class Sink>
    void run(Source source, Work work, Sink sink, batch_options options) {
        runtime rt{virtual_time{}};
        summary = rt.run(run_batch<int>(std::move(source), std::move(work), std::move(sink), std::move(options)));
    }
    [[nodiscard]] bool each_once(std::uint64_t count) const {
        return seen.size() == count &&
               std::all_of(seen.begin(), seen.end(), [](auto const& one) { return one.second == 1; });
    }
};

std::optional<error> each_tenth_fails(int number) {
    if (number % 10 != 3) return std::nullopt;
    return error{.code = number % 20 == 3 ? errc::refused : errc::server_error,
                 .message = "no",
                 .attempts = 3,
                 .input_tokens = 7};
}

TEST(Batch, EveryRecordHasExactlyOneOutcome) {
    trial t;
    t.run(t.numbers(200), t.work(each_tenth_fails), t.sink(), {.concurrency = 8, .total = 200});
    EXPECT_TRUE(t.each_once(200));
    EXPECT_EQ(t.summary.ok, 180U);
    EXPECT_EQ(t.summary.failed, 20U);
    EXPECT_EQ(t.summary.failures, (std::vector<failure_count>{{errc::server_error, 10}, {errc::refused, 10}}));
    EXPECT_EQ(t.summary.remaining, 0U);
    EXPECT_EQ(t.summary.attempts, 180U + 20U * 3U);
    EXPECT_EQ(t.summary.retries, 40U);
    EXPECT_EQ(t.summary.usage.input_tokens, 180 + 20 * 7);
    EXPECT_FALSE(t.summary.stopped);
    EXPECT_FALSE(t.summary.ended_by);
    EXPECT_EQ(t.failures.at(3).code, errc::refused);
}

TEST(Batch, NoMoreThanTheBoundIsInWorkOrReadAhead) {
    trial t;
    auto const check = [&] { EXPECT_LE(t.taken - t.seen.size(), 5U); };
    t.run(t.numbers(100, check), t.work(), t.sink(), {.concurrency = 5});
    EXPECT_EQ(t.most_in_work, 5U);
    EXPECT_TRUE(t.each_once(100));
    EXPECT_FALSE(t.summary.remaining);
}

TEST(Batch, NoRecordsIsNoError) {
    trial t;
    t.run(t.numbers(0), t.work(), t.sink(), {.total = 0});
    EXPECT_EQ(t.summary.done(), 0U);
    EXPECT_FALSE(t.summary.ended_by);
}

TEST(Batch, OutcomesTellIndexKeyUsageAndLatency) {
    trial t;
    std::vector<batch_result<int>> outcomes;
    auto const sink = [&](batch_result<int> outcome) -> result<void> {
        outcomes.push_back(std::move(outcome));
        return {};
    };
    t.run(t.numbers(2), t.work(), sink, {.concurrency = 1});
    ASSERT_EQ(outcomes.size(), 2U);
    EXPECT_EQ(outcomes[1].index, 1U);
    EXPECT_EQ(outcomes[1].key, "1");
    EXPECT_EQ(outcomes[1].value.value(), 2);
    EXPECT_EQ(outcomes[1].usage.output_tokens, 2);
    EXPECT_EQ(outcomes[1].attempts, 1);
    EXPECT_EQ(outcomes[1].latency, 2ms);
}

TEST(Batch, StopsAtItsMostFailures) {
    trial t;
    t.run(t.numbers(200), t.work(each_tenth_fails), t.sink(), {.concurrency = 1, .max_failures = 2, .total = 200});
    EXPECT_EQ(t.summary.failed, 2U);
    EXPECT_EQ(t.summary.done(), 14U);
    EXPECT_EQ(t.summary.remaining, 186U);
    EXPECT_TRUE(t.summary.stopped);
}

TEST(Batch, StopRequestFinishesWhatIsInFlight) {
    trial t;
    batch_stop const stop;
    auto sink = t.sink();
    auto const stopping = [&](batch_result<int> outcome) {
        if (t.seen.size() == 10) stop.request();
        return sink(std::move(outcome));
    };
    t.run(t.numbers(200), t.work(), stopping, {.concurrency = 8, .total = 200, .stop = stop});
    EXPECT_EQ(t.seen.size(), t.taken);
    EXPECT_LE(t.taken, 20U);
    EXPECT_EQ(t.summary.remaining, 200 - t.taken);
    EXPECT_TRUE(t.summary.stopped);
    EXPECT_FALSE(t.summary.ended_by);
}

TEST(Batch, CallsClosedByAStopAreUndoneNotFailed) {
    trial t;
    batch_stop const stop;
    auto const closed_at_7 = [&](int number) -> std::optional<error> {
        if (number < 7) return std::nullopt;
        stop.request();
        return error{.code = errc::closed, .message = "closed"};
    };
    t.run(t.numbers(200), t.work(closed_at_7), t.sink(), {.concurrency = 1, .total = 200, .stop = stop});
    EXPECT_EQ(t.seen.size(), 7U);
    EXPECT_EQ(t.summary.unfinished, 1U);
    EXPECT_EQ(t.summary.failed, 0U);
    EXPECT_FALSE(t.summary.ended_by);
    EXPECT_EQ(t.summary.remaining, 193U);
}

TEST(Batch, SinkErrorEndsItAndCancelsTheRest) {
    trial t;
    auto sink = t.sink();
    auto const full = [&](batch_result<int> outcome) -> result<void> {
        if (t.seen.size() == 5) return error{.code = errc::io_failed, .message = "disk full", .where = "out"};
        return sink(std::move(outcome));
    };
    t.run(t.numbers(200), t.work(), full, {.concurrency = 4, .total = 200});
    EXPECT_EQ(t.seen.size(), 5U);
    ASSERT_TRUE(t.summary.ended_by);
    EXPECT_EQ(t.summary.ended_by->message, "disk full");
    EXPECT_EQ(t.summary.done() + t.summary.unfinished, t.taken);
    EXPECT_EQ(t.in_work, 0U);
}

TEST(Batch, SourceErrorEndsIt) {
    trial t;
    auto const torn = [&] {
        if (t.taken == 9) throw_error({.code = errc::io_failed, .message = "cannot read", .where = "in"});
    };
    t.run(t.numbers(200, torn), t.work(), t.sink(), {.concurrency = 2});
    ASSERT_TRUE(t.summary.ended_by);
    EXPECT_EQ(t.summary.ended_by->where, "in");
}

TEST(Batch, ThrowingSinkAndSourceEndItToo) {
    trial t;
    t.run(t.numbers(9), t.work(), [](batch_result<int>) -> result<void> { throw std::runtime_error{"my sink"}; }, {});
    ASSERT_TRUE(t.summary.ended_by);
    EXPECT_NE(t.summary.ended_by->message.find("my sink"), std::string::npos);

    trial u;
    u.run(u.numbers(9, [] { throw std::runtime_error{"my source"}; }), u.work(), u.sink(), {});
    ASSERT_TRUE(u.summary.ended_by);
    EXPECT_NE(u.summary.ended_by->message.find("my source"), std::string::npos);
}

TEST(Batch, ForeignExceptionsAreThatRecordsFailure) {
    trial t;
    auto const work = [&](record const& one) -> asio::awaitable<batch_output<int>> {
        if (one.value == 1) throw std::runtime_error{"before the first wait"};
        return t.do_work(one.value, {});
    };
    t.run(t.numbers(3), work, t.sink(), {});
    EXPECT_TRUE(t.each_once(3));
    ASSERT_EQ(t.failures.count(1), 1U);
    EXPECT_EQ(t.failures.at(1).code, errc::internal);
}

struct with_problem {
    std::uint64_t index{0};
    std::string key{};
    std::optional<error> problem{};
    int value{0};
};

TEST(Batch, RecordsWithAProblemFailWithoutBeingWorkedOn) {
    trial t;
    std::vector<with_problem> records{
        {0, "a"}, {1, "b", error{.code = errc::invalid_json, .message = "torn"}}, {2, "c"}};
    auto source = generate([&records, at = std::size_t{0}]() mutable -> asio::awaitable<std::optional<with_problem>> {
        if (at == records.size()) co_return std::nullopt;
        co_return records[at++];
    });
    int worked = 0;
    auto const work = [&](with_problem const& one) {
        ++worked;
        return t.do_work(one.value, {});
    };
    t.run(std::move(source), work, t.sink(), {});
    EXPECT_TRUE(t.each_once(3));
    EXPECT_EQ(worked, 2);
    EXPECT_EQ(t.failures.at(1).message, "torn");
}

TEST(Batch, WrongKeyEndsItAndIsNotHandedOver) {
    trial t;
    auto const wrong_key = [](int number) -> std::optional<error> {
        if (number < 12) return std::nullopt;
        return error{.code = errc::authentication, .message = "key revoked", .attempts = 1};
    };
    t.run(t.numbers(200), t.work(wrong_key), t.sink(), {.concurrency = 4, .total = 200});
    ASSERT_TRUE(t.summary.ended_by);
    EXPECT_EQ(t.summary.ended_by->message, "key revoked");
    EXPECT_TRUE(t.each_once(12));
    EXPECT_EQ(t.summary.failed, 0U);
    EXPECT_LE(t.taken, 20U);
}

struct scope_case {
    char const* name;
    error why;
    failure_scope scope;
};
void PrintTo(scope_case const& row, std::ostream* out) { *out << row.name; }
class FailureScope : public testing::TestWithParam<scope_case> {};

TEST_P(FailureScope, FollowsTheTable) { EXPECT_EQ(scope_of(GetParam().why), GetParam().scope); }

INSTANTIATE_TEST_SUITE_P(
    Rows, FailureScope,
    testing::Values(
        scope_case{"wrong_key", {.code = errc::authentication, .http_status = 401}, failure_scope::shared},
        scope_case{"forbidden", {.code = errc::authentication, .http_status = 403}, failure_scope::shared},
        scope_case{"expired_key",
                   {.code = errc::authentication, .service_message = "Access token is missing or has Expired."},
                   failure_scope::batch},
        scope_case{"revoked_key", {.code = errc::authentication, .message = "key revoked"}, failure_scope::batch},
        scope_case{"quota", {.code = errc::quota_exhausted, .http_status = 429}, failure_scope::batch},
        scope_case{"price_of_one", {.code = errc::quota_exhausted, .http_status = 402}, failure_scope::shared},
        scope_case{"tls", {.code = errc::tls_failed}, failure_scope::shared},
        scope_case{"closed", {.code = errc::closed}, failure_scope::batch},
        scope_case{"cancelled", {.code = errc::cancelled}, failure_scope::batch},
        scope_case{"connect", {.code = errc::connect_failed}, failure_scope::outage},
        scope_case{"lost", {.code = errc::connection_lost}, failure_scope::outage},
        scope_case{"timeout", {.code = errc::timeout}, failure_scope::outage},
        scope_case{"server_error", {.code = errc::server_error}, failure_scope::outage},
        scope_case{"overloaded", {.code = errc::overloaded}, failure_scope::outage},
        scope_case{"model", {.code = errc::not_found}, failure_scope::shared},
        scope_case{"bad_request", {.code = errc::bad_request}, failure_scope::shared},
        scope_case{"captive_portal", {.code = errc::protocol_error}, failure_scope::shared},
        scope_case{"too_long", {.code = errc::context_too_long}, failure_scope::shared},
        scope_case{"rate_limited", {.code = errc::rate_limited}, failure_scope::limit},
        scope_case{"invalid_output", {.code = errc::invalid_output}, failure_scope::record},
        scope_case{"refused", {.code = errc::refused}, failure_scope::record},
        scope_case{"own_line", {.code = errc::invalid_json}, failure_scope::record},
        scope_case{"own_code", {.code = errc::internal}, failure_scope::record}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Batch, CancellationLeavesNothingBehind) {
    trial t;
    runtime rt{virtual_time{}};
    auto batch = run_batch<int>(t.numbers(1000), t.work(), t.sink(), {.concurrency = 4, .total = 1000});
    auto const outcome = rt.run(as_result(with_timeout(50ms, std::move(batch))));
    EXPECT_EQ(t.in_work, 0U);
    EXPECT_TRUE(t.failures.empty());
    EXPECT_LT(t.seen.size(), 100U);
    if (outcome) {
        ASSERT_TRUE(outcome->ended_by);
        EXPECT_EQ(outcome->ended_by->code, errc::cancelled);
    } else {
        EXPECT_EQ(outcome.error().code, errc::timeout);
    }
}

TEST(Batch, ProgressIsReportedRegularlyAndAtTheEnd) {
    trial t;
    std::vector<batch_progress> reports;
    batch_options options{.concurrency = 2, .total = 100};
    options.on_progress = [&](batch_progress const& progress) { reports.push_back(progress); };
    options.progress_interval = 10ms;
    t.run(t.numbers(100), t.work(each_tenth_fails), t.sink(), options);
    ASSERT_GE(reports.size(), 10U);
    for (std::size_t i = 1; i < reports.size(); ++i) {
        EXPECT_GE(reports[i].done, reports[i - 1].done);
        EXPECT_LE(reports[i].in_flight, 2U);
        EXPECT_EQ(reports[i].total, 100U);
    }
    EXPECT_GT(reports[reports.size() / 2].records_per_second, 0.0);
    EXPECT_TRUE(reports[reports.size() / 2].remaining);
    EXPECT_EQ(reports.back().done, 100U);
    EXPECT_EQ(reports.back().failed, 10U);
    EXPECT_EQ(reports.back().retries, 20U);
    EXPECT_EQ(reports.back().in_flight, 0U);
}

TEST(Batch, AThrowingProgressEndsIt) {
    trial t;
    batch_options options{.concurrency = 2, .total = 100};
    options.on_progress = [](batch_progress const&) { throw std::runtime_error{"my progress"}; };
    options.progress_interval = 10ms;
    t.run(t.numbers(100), t.work(), t.sink(), options);
    ASSERT_TRUE(t.summary.ended_by);
    EXPECT_EQ(t.summary.ended_by->message, "my progress");
    EXPECT_EQ(t.in_work, 0U);

    trial u;
    options.progress_interval = std::chrono::milliseconds::max();  // only at the end
    u.run(u.numbers(100), u.work(), u.sink(), options);
    EXPECT_TRUE(u.each_once(100));
    EXPECT_TRUE(u.summary.ended_by);
}

TEST(Batch, WrongOptionsAreNamed) {
    EXPECT_EQ(validate(batch_options{.concurrency = 0}).error().where, "concurrency");
    EXPECT_EQ(validate(batch_options{.concurrency = 70'000}).error().where, "concurrency");
    EXPECT_EQ(validate(batch_options{.progress_interval = 0ms}).error().where, "progress_interval");
    EXPECT_EQ(validate(batch_options{.max_pause = -1ms}).error().where, "max_pause");
    EXPECT_EQ(validate(batch_options{.max_pause = std::chrono::milliseconds::max()}).error().where, "max_pause");
    EXPECT_TRUE(validate(batch_options{}));
    trial t;
    EXPECT_THROW(t.run(t.numbers(1), t.work(), t.sink(), {.concurrency = 0}), exception);
}

TEST(BatchSummary, ReadsAsALittleTable) {
    batch_summary const summary{.ok = 180,
                                .failed = 20,
                                .failures = {{errc::rate_limited, 15}, {errc::refused, 5}},
                                .remaining = 7,
                                .attempts = 298,
                                .retries = 90,
                                .reasks = 10,
                                .resent = 2,
                                .usage = {.input_tokens = 1000, .output_tokens = 500},
                                .elapsed = 4'000ms};
    EXPECT_EQ(to_string(summary),
              "records   200 done, 180 ok, 20 failed, 7 remain\n"
              "failures  rate_limited 15, refused 5\n"
              "requests  300 sent, 90 retries, 10 re-asks\n"
              "tokens    1000 in, 500 out\n"
              "time      4.0 s, 50.0 records/s\n");
}

TEST(BatchSummary, TellsWhatThePromptCacheSpared) {
    auto const tokens_line = [](usage const& used) {
        auto const text = to_string(batch_summary{.usage = used});
        auto const begin = text.find("tokens    ") + 10;
        return text.substr(begin, text.find('\n', begin) - begin);
    };
    EXPECT_EQ(tokens_line({.input_tokens = 1'000, .output_tokens = 5, .cached_input_tokens = 666}),
              "1000 in, 5 out, cached 67 %");
    EXPECT_EQ(
        tokens_line({.input_tokens = 1'000, .output_tokens = 5, .cached_input_tokens = 5, .cache_write_tokens = 90}),
        "1000 in, 5 out, cached 1 % (90 written)");
    EXPECT_EQ(tokens_line({.output_tokens = 5, .cache_write_tokens = 90}), "0 in, 5 out, cached 0 % (90 written)");
}

}  // namespace
}  // namespace coax
