#include "support/run_coro.hpp"

#include <coax/policy/timeout.hpp>
#include <coax/sync/async_semaphore.hpp>
#include <coax/tasks/task_group.hpp>

#include <gmock/gmock.h>

#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;
using test::started;
using testing::ElementsAre;

asio::awaitable<void> note(clock::duration wait, int id, std::vector<int>& order) {
    co_await sleep_for(wait);
    order.push_back(id);
}
asio::awaitable<void> fail_after(clock::duration wait) {
    co_await sleep_for(wait);
    throw_error({.code = errc::refused});
}

TEST(TaskGroup, WaitsForItsTasksOnTheWayOut) {
    auto body = []() -> asio::awaitable<void> {
        std::vector<int> order;
        auto start = [&](task_group& group) -> asio::awaitable<int> {
            group.spawn(note(3s, 3, order));
            group.spawn(note(1s, 1, order));
            EXPECT_EQ(group.running(), 2U);
            co_await sleep_for(2s);
            EXPECT_EQ(group.running(), 1U);
            order.push_back(2);
            co_return 7;
        };
        EXPECT_EQ(co_await with_task_group(start), 7);
        EXPECT_THAT(order, ElementsAre(1, 2, 3));
    };
    run_virtual(body());
}

TEST(TaskGroup, TasksMayStartTasksAlsoAfterTheBody) {
    auto body = []() -> asio::awaitable<void> {
        std::vector<int> order;
        auto parent = [](task_group& group, std::vector<int>& out) -> asio::awaitable<void> {
            co_await sleep_for(1s);
            group.spawn(note(1s, 1, out));
        };
        auto start = [&](task_group& group) -> asio::awaitable<void> {
            group.spawn(parent(group, order));
            co_return;
        };
        co_await with_task_group(start);
        EXPECT_THAT(order, ElementsAre(1));
    };
    run_virtual(body());
}

struct failure_case {
    char const* name;
    bool cancels;
    std::vector<int> finished;
};
void PrintTo(failure_case const& row, std::ostream* out) { *out << row.name; }
class TaskGroupFailure : public testing::TestWithParam<failure_case> {};

TEST_P(TaskGroupFailure, CancelsTheRestOrNot) {
    auto body = [](failure_case const& row) -> asio::awaitable<void> {
        std::vector<int> order;
        auto start = [&](task_group& group) -> asio::awaitable<void> {
            group.spawn(note(1s, 1, order));
            group.spawn(fail_after(2s));
            group.spawn(note(3s, 3, order));
            co_await note(4s, 4, order);
        };
        auto const got = co_await as_result(with_task_group(start, {.cancel_on_failure = row.cancels}));
        EXPECT_EQ(got.error().code, errc::refused);
        EXPECT_EQ(order, row.finished);
        co_await sleep_for(1s);  // the caller itself was never cancelled
    };
    run_virtual(body(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(Rows, TaskGroupFailure,
                         testing::Values(failure_case{"cancels", true, {1}}, failure_case{"goes_on", false, {1, 3, 4}}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(TaskGroup, ABodyThatThrowsCancelsItsTasks) {
    auto body = []() -> asio::awaitable<void> {
        std::vector<int> order;
        auto start = [&](task_group& group) -> asio::awaitable<void> {
            group.spawn(note(3s, 3, order));
            co_await fail_after(1s);
        };
        auto const begun = now(co_await asio::this_coro::executor);
        auto const got = co_await as_result(with_task_group(start, {.cancel_on_failure = false}));
        EXPECT_EQ(got.error().code, errc::refused);
        EXPECT_EQ(now(co_await asio::this_coro::executor) - begun, 1s);
        EXPECT_TRUE(order.empty());
    };
    run_virtual(body());
}

TEST(TaskGroup, CancelEndsTheTasksAndIsNoFailure) {
    auto body = []() -> asio::awaitable<void> {
        std::vector<int> order;
        auto start = [&](task_group& group) -> asio::awaitable<int> {
            group.spawn(note(1h, 1, order));
            co_await sleep_for(1s);
            group.cancel();
            co_await sleep_for(1s);
            EXPECT_EQ(group.running(), 0U);
            group.spawn(note(1s, 2, order));
            co_return 5;
        };
        EXPECT_EQ(co_await with_task_group(start), 5);
        EXPECT_THAT(order, ElementsAre(2));
    };
    run_virtual(body());
}

TEST(TaskGroup, CancellationReachesBodyAndTasks) {
    auto body = []() -> asio::awaitable<void> {
        std::vector<int> order;
        auto start = [&](task_group& group) -> asio::awaitable<void> {
            group.spawn(note(1h, 1, order));
            co_await note(1h, 2, order);
        };
        auto whole = [&]() -> asio::awaitable<void> { co_await with_task_group(start); };
        started call{co_await asio::this_coro::executor, whole()};
        co_await sleep_for(1s);
        call.cancel();
        co_await sleep_for(1s);
        EXPECT_EQ(call.failure(), errc::cancelled);
        EXPECT_TRUE(order.empty());
    };
    run_virtual(body());
}

TEST(TaskGroup, AMillionTasksOneAfterAnotherKeepNothing) {
    // The place of a task that has ended is used again: only those that run at once cost memory.
    auto body = []() -> asio::awaitable<void> {
        int done = 0;
        async_semaphore slots{4};
        auto one = [](permit, int& count) -> asio::awaitable<void> {
            co_await sleep_for(1ms);
            ++count;
        };
        auto start = [&](task_group& group) -> asio::awaitable<void> {
            for (int i = 0; i < 2'000; ++i) {
                group.spawn(one(co_await slots.acquire(), done));
                EXPECT_LE(group.running(), 4U);
            }
        };
        co_await with_task_group(start);
        EXPECT_EQ(done, 2'000);
    };
    run_virtual(body());
}

}  // namespace
}  // namespace coax
