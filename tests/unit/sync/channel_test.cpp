#include "support/run_coro.hpp"

#include <coax/policy/timeout.hpp>
#include <coax/sync/channel.hpp>
#include <coax/tasks/when_all.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;
using test::started;
using testing::ElementsAre;

asio::awaitable<void> send_all(channel<int>& out, int first, int count) {
    for (int i = 0; i < count; ++i) co_await out.send(first + i);
}
asio::awaitable<void> receive_into(channel<int>& in, std::vector<int>& seen) {
    while (auto value = co_await in.receive()) seen.push_back(*value);
}

TEST(Channel, HandsOverInOrderAndHoldsTheProducerBack) {
    auto body = []() -> asio::awaitable<void> {
        channel<int> line{2};
        started producer{co_await asio::this_coro::executor, send_all(line, 1, 5)};
        co_await sleep_for(1s);
        EXPECT_EQ(line.size(), 2U);
        EXPECT_EQ(line.senders(), 1U);
        EXPECT_EQ(line.capacity(), 2U);
        std::vector<int> seen;
        for (int i = 0; i < 5; ++i) seen.push_back((co_await line.receive()).value_or(0));
        EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4, 5));
        co_await sleep_for(1s);
        EXPECT_TRUE(producer.done());
        EXPECT_EQ(line.size(), 0U);
    };
    run_virtual(body());
}

TEST(Channel, ManyToManyLosesAndDoublesNothing) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        channel<int> line{3};
        std::vector<std::vector<int>> seen(3);
        std::vector<started> receivers;
        for (auto& one : seen) receivers.emplace_back(executor, receive_into(line, one));
        co_await when_all(send_all(line, 0, 20), send_all(line, 100, 20), send_all(line, 200, 20));
        line.close();
        co_await sleep_for(1s);
        std::vector<int> all;
        for (auto const& one : seen) all.insert(all.end(), one.begin(), one.end());
        EXPECT_EQ(all.size(), 60U);
        std::ranges::sort(all);
        EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
        for (auto const& one : receivers) EXPECT_TRUE(one.done());
    };
    run_virtual(body());
}

TEST(Channel, CloseEndsSendersAndDrainsReceivers) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        channel<int> line{2};
        started producer{executor, send_all(line, 1, 3)};
        co_await sleep_for(1s);
        line.close();
        co_await sleep_for(1s);
        EXPECT_EQ(producer.failure(), errc::closed);
        EXPECT_TRUE(line.closed());
        EXPECT_EQ((co_await as_result(line.send(9))).error().code, errc::closed);
        EXPECT_FALSE(line.try_send(9));
        EXPECT_EQ(co_await line.receive(), 1);
        EXPECT_EQ(line.try_receive(), 2);
        EXPECT_EQ(co_await line.receive(), std::nullopt);
        EXPECT_EQ(line.try_receive(), std::nullopt);
    };
    run_virtual(body());
}

TEST(Channel, CloseAndDeathEndWaitingReceivers) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        for (bool dies : {false, true}) {
            auto line = std::make_unique<channel<int>>(1U);
            std::vector<int> seen;
            started a{executor, receive_into(*line, seen)};
            started b{executor, receive_into(*line, seen)};
            EXPECT_EQ(line->receivers(), 2U);
            line->close();
            co_await sleep_for(1s);
            EXPECT_TRUE(a.done() && b.done());
            EXPECT_FALSE(a.failure() || b.failure());
            if (!dies) continue;
            line = std::make_unique<channel<int>>(1U);
            auto one = [](channel<int>& from) -> asio::awaitable<void> { EXPECT_FALSE(co_await from.receive()); };
            started c{executor, one(*line)};
            line.reset();
            co_await sleep_for(1s);
            EXPECT_TRUE(c.done() && !c.failure());
        }
    };
    run_virtual(body());
}

TEST(Channel, TryTakesNothingThatIsPromisedToAnother) {
    auto body = []() -> asio::awaitable<void> {
        channel<int> line{4};
        std::vector<int> seen;
        started receiver{co_await asio::this_coro::executor, receive_into(line, seen)};
        EXPECT_TRUE(line.try_send(1));
        EXPECT_EQ(line.try_receive(), std::nullopt);
        co_await sleep_for(1s);
        EXPECT_THAT(seen, ElementsAre(1));
        line.close();
    };
    run_virtual(body());
}

TEST(Channel, ACancelledReceiverLeavesItsValueToTheNext) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        for (bool cancel_first : {true, false}) {
            channel<int> line{1};
            std::vector<int> first;
            std::vector<int> second;
            started a{executor, receive_into(line, first)};
            started b{executor, receive_into(line, second)};
            if (cancel_first) a.cancel();
            EXPECT_TRUE(line.try_send(7));
            if (!cancel_first) a.cancel();
            co_await sleep_for(1s);
            first.insert(first.end(), second.begin(), second.end());
            EXPECT_THAT(first, ElementsAre(7));
            EXPECT_EQ(a.failure(), errc::cancelled);
            line.close();
            co_await sleep_for(1s);
            EXPECT_EQ(line.size(), 0U);
        }
    };
    run_virtual(body());
}

TEST(Channel, ACancelledSenderHasSentOrNot) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        for (bool cancel_first : {true, false}) {
            channel<int> line{1};
            EXPECT_TRUE(line.try_send(1));
            started sender{executor, send_all(line, 2, 1)};
            if (cancel_first) sender.cancel();
            EXPECT_EQ(line.try_receive(), 1);
            if (!cancel_first) sender.cancel();
            co_await sleep_for(1s);
            // There was room in the very turn: sending wins, whoever came first.
            EXPECT_EQ(line.try_receive().has_value(), !sender.failure());
            EXPECT_EQ(line.size() + line.senders(), 0U);
        }
    };
    run_virtual(body());
}

TEST(Channel, CarriesWhatOnlyMoves) {
    auto body = []() -> asio::awaitable<void> {
        channel<std::unique_ptr<std::string>> line{1};
        co_await line.send(std::make_unique<std::string>("one"));
        auto two = std::make_unique<std::string>("two");
        EXPECT_FALSE(line.try_send(two));
        EXPECT_TRUE(two);
        auto const got = co_await line.receive();
        EXPECT_EQ(**got, "one");
    };
    run_virtual(body());
}

TEST(Channel, TimeoutWhileWaitingLosesNothing) {
    auto body = []() -> asio::awaitable<void> {
        channel<int> line{1};
        EXPECT_EQ((co_await as_result(with_timeout(1s, line.receive()))).error().code, errc::timeout);
        EXPECT_TRUE(line.try_send(1));
        EXPECT_EQ((co_await as_result(with_timeout(1s, line.send(2)))).error().code, errc::timeout);
        EXPECT_EQ(co_await line.receive(), 1);
        EXPECT_EQ(line.size(), 0U);
    };
    run_virtual(body());
}

TEST(Channel, WaitersDieWithTheirContext) {
    channel<int> line{1};
    std::vector<int> seen;
    {
        asio::io_context dying;
        started receiver{dying.get_executor(), receive_into(line, seen)};
        dying.poll();
        EXPECT_TRUE(line.try_send(1));  // promised to one that never runs
    }
    EXPECT_EQ(line.receivers(), 0U);
    EXPECT_EQ(line.try_receive(), 1);
}

TEST(Channel, RefusesNoRoom) {
    EXPECT_THROW(channel<int>{0}, exception);
    EXPECT_THROW(channel<int>{1'000'001}, exception);
}

}  // namespace
}  // namespace coax
