#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/client/client.hpp>
#include <coax/runtime/as_result.hpp>

#include <gtest/gtest.h>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::connect;
using test::fake_service;
using test::openai_error;
using test::openai_stream;
using test::run_virtual;

class StreamInPieces : public testing::TestWithParam<std::size_t> {};

TEST_P(StreamInPieces, GivesEveryDeltaThenTheWhole) {
    fake_service service;
    service.then(
        fake_service::answer{.response = openai_stream({"Once ", "upon ", "a time"}), .piece_bytes = GetParam()});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto words = co_await llm.stream("Tell me a story.");
        std::vector<std::string> pieces;
        while (auto delta = co_await words.next()) pieces.push_back(delta->text);
        EXPECT_EQ(pieces, (std::vector<std::string>{"Once ", "upon ", "a time"}));
        EXPECT_FALSE(co_await words.next());
        auto const whole = co_await words.finish();
        EXPECT_EQ(whole.text, "Once upon a time");
        EXPECT_EQ(whole.usage.total_tokens(), 15);
        EXPECT_EQ(whole.finish_reason, finish_reason::stop);
        EXPECT_EQ(llm.statistics().usage.output_tokens, 5);
    }(service));
}

INSTANTIATE_TEST_SUITE_P(Sizes, StreamInPieces, testing::Values(0, 1, 7, 64));

TEST(Stream, FinishAloneReadsEverything) {
    fake_service service;
    service.then(openai_stream({"a", "b"}));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto words = co_await llm.stream("x");
        EXPECT_EQ((co_await words.finish()).text, "ab");
    }(service));
}

TEST(Stream, IsAStreamOfDeltasForWhateverTakesOne) {
    fake_service service;
    service.then(openai_stream({"a", "b"}));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto words = co_await llm.stream("x");
        auto const deltas = co_await collect(words, 10);
        EXPECT_EQ(deltas.size(), 2U);
        EXPECT_EQ((co_await words.finish()).text, "ab");
    }(service));
}

TEST(Stream, ClosedEarlyCountsAsCancelledAndHasNoEnd) {
    fake_service service;
    service.then(openai_stream({"a", "b"}));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        std::vector<errc> ends;
        options.hooks.on_attempt = [&ends](attempt_event const& one) {
            ends.push_back(one.why ? one.why->code : errc{});
        };
        auto llm = co_await connect(std::move(options));
        auto words = co_await llm.stream("x");
        EXPECT_TRUE(co_await words.next());
        words.close();
        EXPECT_FALSE(co_await words.next());
        EXPECT_EQ((co_await as_result(words.finish())).error().code, errc::cancelled);
        co_await sleep_for(1s);
        EXPECT_EQ(ends, std::vector{errc::cancelled});
    }(service));
}

TEST(Stream, RefusedBeginningIsRetried) {
    fake_service service;
    service.then(openai_error(503, "x")).then(openai_stream({"a"}));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto words = co_await llm.stream("x");
        auto const whole = co_await words.finish();
        EXPECT_EQ(whole.text, "a");
        EXPECT_EQ(whole.attempts, 2);
    }(service));
}

TEST(Stream, BreakInTheMiddleIsAnErrorAndStaysOne) {
    fake_service service;
    auto cut = openai_stream({"a", "b"});
    cut.body.resize(cut.body.size() / 2);
    service.then(
        fake_service::answer{.response = cut, .fails_after = error{.code = errc::connection_lost, .message = "reset"}});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto words = co_await llm.stream("x");
        EXPECT_EQ((co_await as_result(words.finish())).error().code, errc::connection_lost);
        EXPECT_EQ((co_await as_result(words.next())).error().code, errc::connection_lost);
    }(service));
    EXPECT_EQ(service.count(), 1U);
}

TEST(Stream, EndWithoutFinishIsLost) {
    fake_service service;
    auto cut = openai_stream({"a", "b"});
    cut.body.resize(cut.body.find("\"finish_reason\":\"stop\""));
    service.then(cut);
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto words = co_await llm.stream("x");
        EXPECT_EQ((co_await as_result(words.finish())).error().code, errc::connection_lost);
    }(service));
}

TEST(Stream, DroppedStreamGivesItsSlotBack) {
    fake_service service;
    service.then(fake_service::answer{.response = openai_stream({"a", "b"}), .piece_bytes = 8, .delay_per_piece = 1s});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.max_concurrency = 1;
        auto llm = co_await connect(std::move(options));
        for (int i = 0; i < 3; ++i) {
            auto words = co_await llm.stream("x");
            EXPECT_TRUE(co_await words.next());
        }
    }(service));
    EXPECT_EQ(service.count(), 3U);
}

}  // namespace
}  // namespace coax
