// Records through the services' own batches, in virtual time: a day of the service is a moment here.
#include "batch/batch_ledger.hpp"
#include "unit/batch/simulated.hpp"
#include "unit/batch/temp_file.hpp"

#include <coax/batch/service_batches.hpp>
#include <coax/bind/read.hpp>
#include <coax/cache/memory_cache.hpp>
#include <coax/cache/response_cache.hpp>
#include <coax/http/memory_transport.hpp>
#include <coax/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace coax {
namespace service_batches_test {

using namespace std::chrono_literals;
using test::simulated;
using test::temp_folder;
using kind = sim::batch_fault_kind;

constexpr std::uint64_t row_count = 20;

struct run_outcome {
    batch_summary summary{};
    std::optional<error> thrown{};
};

/// Records, a journal and a ledger that runs go on from.
struct batch_folder {
    temp_folder folder{};
    std::string out{folder.path("out.jsonl")};
    std::string ledger{folder.path("ledger")};
    std::uint64_t records{row_count};
    std::uint64_t distinct{row_count};  ///< Records whose questions differ.
    std::shared_ptr<cache_store> cache{};

    [[nodiscard]] std::string question(batch_record const& record) const {
        return "What is " + std::to_string(record.index % distinct) + '?';
    }

    run_outcome run(simulated& service, std::string const& name, service_batch_options options = {},
                    batch_stop stop = {}) const {
        runtime rt{virtual_time{}};
        service.time = &clock_of(rt.executor());
        client_options of_client{};
        of_client.service.provider.service = name;
        if (name == "azure") of_client.service.provider.base_url = "https://res.test";
        of_client.service.model = "m";
        if (cache) of_client.response_cache.edit().store = cache;
        of_client.service.api_key = secret{"sk"};
        of_client.service.transport =
            std::make_shared<memory_transport>([&service](http_request const& sent) { return service.handle(sent); });
        client const llm{rt.executor(), std::move(of_client)};
        options.ledger = ledger;
        options.service = name;
        run_outcome got;
        auto done = rt.run(as_result(start(llm, std::move(options), std::move(stop))));
        if (done)
            got.summary = *std::move(done);
        else
            got.thrown = std::move(done).error();
        return got;
    }

    asio::awaitable<batch_summary> start(client llm, service_batch_options options, batch_stop stop) const {
        record_batch const batch{.open = [this] { return open_records(); },
                                 .work = [llm, this](batch_record const& record) { return live(llm, record); },
                                 .sent = [this](batch_record const& record) { return question(record); }};
        auto const journal = std::make_shared<batch_journal>(
            value_or_throw(batch_journal::open(out, {.resume = resume_mode::matching, .run = identity()})));
        (void)co_await match_records(batch, journal);
        service_batch_questions questions{.request = [this](batch_record const& record) -> result<chat_request> {
            return chat_request{.messages = {user(question(record))}, .max_output_tokens = 50};
        }};
        auto summary = co_await run_service_batches(batch, journal, llm, std::move(questions), std::move(options),
                                                    {.total = records, .stop = std::move(stop)});
        value_or_throw(journal->close());
        co_return summary;
    }

    [[nodiscard]] asio::awaitable<batch_output<std::string>> live(client llm, batch_record record) const {
        chat_request request{.messages = {user(question(record))}, .max_output_tokens = 50};
        auto const response = co_await llm.chat(std::move(request));
        co_return batch_output<std::string>{response.text, response.usage, response.attempts};
    }

    [[nodiscard]] result<stream<batch_record>> open_records() const {
        return generate(
            [next = std::uint64_t{0}, end = records]() mutable -> asio::awaitable<std::optional<batch_record>> {
                if (next == end) co_return std::nullopt;
                batch_record record{.index = next, .line = next + 1, .key = std::to_string(next)};
                ++next;
                co_return record;
            });
    }

    static run_identity identity() {
        run_identity run{.prompt = "p", .model = "m"};
        run.digests = {.prompt = digest_of("p"), .model = digest_of("m")};
        return run;
    }

    /// How often each index stands in the output.
    [[nodiscard]] std::map<std::uint64_t, int> lines() const {
        struct head {
            std::uint64_t index{0};
        };
        std::map<std::uint64_t, int> seen;
        std::ifstream file{out};
        for (std::string text; std::getline(file, text);)
            ++seen[json::read<head>(text, {.require_fields = false}).value().index];
        return seen;
    }

    void expect_each_once() const {
        auto const seen = lines();
        EXPECT_EQ(seen.size(), records);
        for (auto const& [index, count] : seen) EXPECT_EQ(count, 1) << index;
    }
};

// --- end states, of each service ---

struct end_case {
    char const* name;
    std::vector<sim::batch_fault> faults;
    std::uint64_t batches;
};
void PrintTo(end_case const& row, std::ostream* out) { *out << row.name; }
class ServiceBatchEnds : public testing::TestWithParam<std::tuple<char const*, end_case>> {};

TEST_P(ServiceBatchEnds, LeaveEachRowPaidOnceAndWrittenOnce) {
    auto const& [service, want] = GetParam();
    simulated of{{.batch_duration = 3h, .batch_faults = want.faults}};
    batch_folder const all;
    auto const got = all.run(of, service, {.max_requests = 10});
    ASSERT_FALSE(got.thrown) << to_string(*got.thrown);
    EXPECT_FALSE(got.summary.ended_by) << to_string(*got.summary.ended_by);
    EXPECT_EQ(got.summary.ok, row_count);
    all.expect_each_once();
    EXPECT_EQ(of.of.counted().batch_rows, row_count);
    EXPECT_EQ(of.of.counted().batches, want.batches);
    EXPECT_FALSE(std::filesystem::exists(all.ledger));
}

INSTANTIATE_TEST_SUITE_P(
    Services, ServiceBatchEnds,
    testing::Combine(
        testing::Values("openai", "azure", "anthropic", "gemini"),
        testing::Values(end_case{"completed", {}, 2}, end_case{"out_of_order", {{.kind = kind::out_of_order}}, 2},
                        end_case{"expired", {{.kind = kind::expire, .share = 0.3, .batch = 1}}, 3},
                        end_case{"half_failed", {{.kind = kind::fail_rows, .batch = 2, .http_status = 503}}, 3},
                        end_case{"vanished", {{.kind = kind::vanish, .batch = 2}}, 3},
                        end_case{"answer_lost", {{.kind = kind::lost_answer, .batch = 1}}, 2})),
    [](auto const& row) { return std::string{std::get<0>(row.param)} + '_' + std::get<1>(row.param).name; });

// --- a fault at every step ---

class ServiceBatchSteps : public testing::TestWithParam<std::tuple<char const*, bool>> {};

TEST_P(ServiceBatchSteps, OneThatFailsCostsNoRowAndPaysNoneTwice) {
    auto const& [service, acted] = GetParam();
    for (std::uint64_t step = 1;; ++step) {
        simulated of{{.batch_duration = 10min}};
        of.fails_at = step;
        of.acted = acted;
        batch_folder const all;
        (void)all.run(of, service, {.max_requests = 10, .first_interval = 60s});
        bool const was_reached = of.requests >= step;
        auto const rest = all.run(of, service, {.max_requests = 10});
        ASSERT_FALSE(rest.thrown) << step << to_string(*rest.thrown);
        all.expect_each_once();
        EXPECT_EQ(of.of.counted().batch_rows, row_count) << "step " << step;
        EXPECT_FALSE(std::filesystem::exists(all.ledger)) << step;
        if (!was_reached) break;
        ASSERT_LT(step, 100U);
    }
}

INSTANTIATE_TEST_SUITE_P(Services, ServiceBatchSteps,
                         testing::Combine(testing::Values("openai", "anthropic", "gemini"), testing::Bool()),
                         [](auto const& row) {
                             return std::string{std::get<0>(row.param)} +
                                    (std::get<1>(row.param) ? "_lost" : "_unsent");
                         });

// --- rounds, choices, equal rows ---

TEST(ServiceBatches, RowsGoOutOnceInEachRoundAndRoundsEnd) {
    simulated of{{.batch_duration = 3h, .batch_faults = {{.kind = kind::expire, .share = 0.5}}}};
    batch_folder const all;
    auto const got = all.run(of, "openai", {.max_rounds = 3});
    ASSERT_TRUE(got.summary.ended_by);
    EXPECT_EQ(got.summary.ended_by->code, errc::timeout);
    EXPECT_EQ(of.of.counted().batches, 3U) << "20, then 10, then 5";
    EXPECT_EQ(of.of.counted().batch_rows, 10U + 5U + 2U);
    EXPECT_EQ(all.lines().size(), 17U);
}

TEST(ServiceBatches, UnfinishedRowsGoLive) {
    simulated of{{.batch_duration = 3h, .batch_faults = {{.kind = kind::expire, .share = 0.5}}}};
    batch_folder const all;
    auto const got = all.run(of, "anthropic", {.unfinished = unfinished_rows::live});
    EXPECT_FALSE(got.summary.ended_by);
    EXPECT_EQ(got.summary.ok, row_count);
    EXPECT_EQ(of.of.counted().batch_rows, 10U);
    EXPECT_EQ(of.of.counted().model_requests, 10U);
    all.expect_each_once();
}

TEST(ServiceBatches, UnfinishedRowsAreLeft) {
    simulated of{{.batch_faults = {{.kind = kind::expire, .share = 0.5, .batch = 1}}}};
    batch_folder const all;
    auto const got = all.run(of, "gemini", {.unfinished = unfinished_rows::leave});
    EXPECT_FALSE(got.summary.ended_by);
    EXPECT_EQ(got.summary.remaining, 10U);
    auto const rest = all.run(of, "gemini");
    EXPECT_EQ(rest.summary.ok, 10U);
    all.expect_each_once();
    EXPECT_EQ(of.of.counted().batch_rows, row_count);
}

TEST(ServiceBatches, EqualRowsAreSentOnce) {
    simulated of{{.batch_duration = 1h}};
    batch_folder all;
    all.distinct = 5;
    auto const got = all.run(of, "openai");
    EXPECT_EQ(got.summary.ok, row_count);
    EXPECT_EQ(got.summary.equal, 15U);
    EXPECT_EQ(of.of.counted().batch_rows, 5U);
    all.expect_each_once();
}

TEST(ServiceBatches, WhatTheCacheHasIsNotSent) {
    simulated of{{.batch_duration = 1h}};
    batch_folder first;
    first.cache = make_memory_cache();
    first.records = 12;
    EXPECT_EQ(first.run(of, "openai").summary.ok, 12U);
    batch_folder second;
    second.cache = first.cache;
    auto const got = second.run(of, "openai");
    EXPECT_EQ(got.summary.ok, row_count);
    second.expect_each_once();
    EXPECT_EQ(of.of.counted().batch_rows, row_count) << "12, then the other 8";
}

TEST(ServiceBatches, PartsHoldNoMoreThanTheyMay) {
    simulated of{{.batch_duration = 1h}};
    batch_folder const all;
    auto const got = all.run(of, "anthropic", {.max_bytes = 500, .most_at_once = 2});
    EXPECT_EQ(got.summary.ok, row_count);
    EXPECT_GE(of.of.counted().batches, 5U);
    EXPECT_EQ(of.of.counted().batch_rows, row_count);
    all.expect_each_once();
}

TEST(ServiceBatches, StoppedOnesLeaveTheServiceAtWork) {
    simulated of{{.batch_duration = 1h}};
    batch_folder const all;
    batch_stop const stop;
    auto const first = all.run(of, "gemini",
                               {.on_batches =
                                    [&stop](auto const& seen) {
                                        for (auto const& one : seen)
                                            if (one.batch.state == batch_state::in_progress) stop.request();
                                    }},
                               stop);
    EXPECT_TRUE(first.summary.stopped);
    EXPECT_FALSE(first.summary.ended_by);
    EXPECT_TRUE(has_open_batches(all.ledger));
    auto const rest = all.run(of, "gemini");
    EXPECT_EQ(rest.summary.ok, row_count);
    EXPECT_EQ(of.of.counted().batches, 1U);
    all.expect_each_once();
}

TEST(ServiceBatches, CancelledOnesGiveWhatTheyHaveAndTheRestIsLeft) {
    simulated of{{.batch_duration = 10h}};
    batch_folder const all;
    batch_stop const stop;
    (void)all.run(of, "openai",
                  {.on_batches =
                       [&stop](auto const& seen) {
                           for (auto const& one : seen)
                               if (one.batch.state == batch_state::in_progress) stop.request();
                       }},
                  stop);
    auto const got = all.run(of, "openai", {.unfinished = unfinished_rows::leave, .cancel = true});
    EXPECT_FALSE(got.summary.ended_by);
    EXPECT_EQ(got.summary.ok, of.of.counted().batch_rows);
    EXPECT_LT(got.summary.ok, row_count);
    EXPECT_FALSE(has_open_batches(all.ledger));
    EXPECT_EQ(all.run(of, "openai").summary.ok, row_count - got.summary.ok);
    all.expect_each_once();
}

TEST(ServiceBatches, RefusedRowsAreFailedRecords) {
    simulated of{{.batch_faults = {{.kind = kind::fail_rows, .share = 0.25, .http_status = 400}}}};
    batch_folder const all;
    auto const got = all.run(of, "anthropic");
    EXPECT_EQ(got.summary.failed, 5U);
    EXPECT_EQ(got.summary.ok, 15U);
    EXPECT_EQ(of.of.counted().batches, 1U);
    all.expect_each_once();
}

TEST(ServiceBatches, RowsThatKeepFailingEndWithTheirError) {
    simulated of{{.batch_faults = {{.kind = kind::fail_rows, .share = 1, .http_status = 500}}}};
    batch_folder const all;
    auto const got = all.run(of, "openai", {.max_rounds = 2});
    EXPECT_EQ(got.summary.failed, row_count);
    EXPECT_EQ(of.of.counted().batches, 2U);
    all.expect_each_once();
}

TEST(ServiceBatches, AnotherServicesBatchesAreNotTakenUp) {
    simulated of{{}};
    batch_folder const all;
    EXPECT_FALSE(has_open_batches(all.ledger));
    {
        auto ledger = detail::batch_ledger::open(all.ledger).value();
        ledger.begin({.mark = "m", .service = "elsewhere", .rows = {{.sent = 1, .index = 0}}}).value();
        ledger.made("m", "batch_1").value();
    }
    EXPECT_TRUE(has_open_batches(all.ledger));
    auto const got = all.run(of, "openai");
    ASSERT_TRUE(got.thrown);
    EXPECT_EQ(got.thrown->code, errc::invalid_argument);
    EXPECT_NE(got.thrown->message.find("elsewhere"), std::string::npos);
    EXPECT_EQ(of.requests, 0U);
    EXPECT_TRUE(has_open_batches(all.ledger)) << "it is kept";
}

TEST(BatchLedger, KeepsWhatIsNotOverAndLeavesOutWhatIsDamaged) {
    temp_folder const folder;
    auto const path = folder.path("ledger");
    {
        auto ledger = detail::batch_ledger::open(path).value();
        ledger.begin({.mark = "a", .service = "s", .rows = {{.sent = 0xAB, .index = 7}}}).value();
        ledger.made("a", "id-a").value();
        ledger.begin({.mark = "b", .service = "s"}).value();
        ledger.over("b", "completed").value();
        ledger.begin({.mark = "c", .service = "s"}).value();
    }
    std::ofstream{path, std::ios::app} << R"({"batch":"d","service":"s","rows":[],"crc":"00000000"})" << "\n"
                                       << R"({"batch":"e","service)";
    auto const ledger = detail::batch_ledger::open(path).value();
    ASSERT_EQ(ledger.kept().size(), 2U);
    EXPECT_EQ(ledger.kept()[0].id, "id-a");
    EXPECT_EQ(ledger.kept()[0].rows, (std::vector<detail::batch_row_name>{{.sent = 0xAB, .index = 7}}));
    EXPECT_EQ(ledger.kept()[1].mark, "c");
    EXPECT_EQ(ledger.kept()[1].id, "");
}

TEST(BatchLedger, NamesOfRowsAreReadAsTheyAreWritten) {
    for (detail::batch_row_name const name : {detail::batch_row_name{0, 0}, {0xFFFFFFFFFFFFFFFF, 1}, {5, 1'234'567}})
        EXPECT_EQ(detail::parse_row_name(to_string(name)), name);
    EXPECT_EQ(to_string(detail::batch_row_name{0xAB, 42}), "00000000000000ab-42");
    for (auto const* wrong : {"", "-", "00000000000000ab", "00000000000000ab-", "00000000000000ab-x", "ab-42",
                              "00000000000000xy-42", "00000000000000ab-42-1"})
        EXPECT_FALSE(detail::parse_row_name(wrong)) << wrong;
}

struct wrong_case {
    char const* where;
    service_batch_options options;
};
TEST(ServiceBatches, OptionsAreChecked) {
    for (auto const& [where, options] :
         {wrong_case{"ledger", {}}, wrong_case{"max_rounds", {.ledger = "l", .max_rounds = 0}},
          wrong_case{"max_bytes", {.ledger = "l", .max_bytes = 0}},
          wrong_case{"most_at_once", {.ledger = "l", .most_at_once = 0}},
          wrong_case{"first_interval", {.ledger = "l", .first_interval = 0s}},
          wrong_case{"longest_interval", {.ledger = "l", .longest_interval = 1s}},
          wrong_case{"max_failed_looks", {.ledger = "l", .max_failed_looks = -1}}}) {
        auto const checked = validate(options);
        ASSERT_FALSE(checked) << where;
        EXPECT_EQ(checked.error().where, where);
    }
}

}  // namespace service_batches_test
}  // namespace coax
