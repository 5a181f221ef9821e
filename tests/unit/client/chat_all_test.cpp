#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/client/chat_all.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/clock.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::connect;
using test::openai_error;
using test::openai_text;
using test::run_virtual;

/// Answers a prompt "N" after N seconds with `{"number":N}`; "bad" is refused, after the tokens of a first failure.
client_options echo_service() {
    client_options made{.service = {.api_key = "sk-test", .model = "m"}};
    made.service.transport =
        std::make_shared<memory_transport>([](http_request const& request) -> result<memory_transport::timed_response> {
            auto const body = boost::json::parse(request.body);
            std::string const prompt{body.at("messages").at(0).at("content").as_string().c_str()};
            if (prompt == "bad") return memory_transport::timed_response{.response = openai_error(400, "x")};
            return memory_transport::timed_response{.response = openai_text(R"({"number":)" + prompt + "}"),
                                                    .delay = std::chrono::seconds{std::stoi(prompt)}};
        });
    made.output.max_reasks = 0;
    return made;
}

struct numbered {
    int number{};
};

TEST(ChatAll, GivesOutcomesInTheOrderOfRequests) {
    run_virtual([]() -> asio::awaitable<void> {
        auto const llm = co_await connect(echo_service());
        std::vector<std::string> const prompts{"3", "bad", "1"};
        auto const outcomes = co_await chat_all(llm, prompts);
        EXPECT_EQ(outcomes.size(), 3U);
        EXPECT_EQ(outcomes[0].value->text, R"({"number":3})");
        EXPECT_EQ(outcomes[0].usage.total_tokens(), 15);
        EXPECT_EQ(outcomes[0].attempts, 1);
        EXPECT_EQ(outcomes[0].latency, 3s);
        EXPECT_FALSE(outcomes[1].ok());
        EXPECT_EQ(outcomes[1].index, 1U);
        EXPECT_EQ(outcomes[1].value.error().code, errc::bad_request);
        EXPECT_EQ(outcomes[1].why->code, errc::bad_request);
        EXPECT_EQ(outcomes[1].attempts, 1);
        EXPECT_EQ(outcomes[2].value->text, R"({"number":1})");
        EXPECT_EQ(total_usage(outcomes).total_tokens(), 30);
    }());
}

TEST(ChatAll, KeepsToItsConcurrency) {
    run_virtual([]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const llm = co_await connect(echo_service());
        std::vector<chat_request> requests;
        for (int i = 0; i < 6; ++i) requests.push_back(to_request("2"));
        auto const began = now(executor);
        std::size_t done = 0;
        many_options<chat_response> options{.concurrency = 3};
        options.progress = [&done](pipeline_progress const& progress) { done = progress.done; };
        auto const outcomes = co_await chat_all(llm, requests, options);
        EXPECT_EQ(now(executor) - began, 4s);
        EXPECT_EQ(outcomes.size(), 6U);
        EXPECT_EQ(done, 6U);
    }());
}

TEST(ChatAll, OfNothingIsNothing) {
    run_virtual([]() -> asio::awaitable<void> {
        auto const llm = co_await connect(echo_service());
        auto const outcomes = co_await chat_all(llm, std::vector<std::string>{});
        EXPECT_TRUE(outcomes.empty());
        auto const wrong = co_await as_result(chat_all(llm, std::vector<std::string>{"1"}, {.concurrency = 0}));
        EXPECT_EQ(wrong.error().code, errc::invalid_argument);
    }());
}

TEST(ParseAll, ReadsEachResponse) {
    run_virtual([]() -> asio::awaitable<void> {
        auto const llm = co_await connect(echo_service());
        std::vector<std::string> const prompts{"2", "bad", "5"};
        auto const outcomes = co_await parse_all<numbered>(llm, prompts, {.concurrency = 2});
        EXPECT_EQ(outcomes[0].value->number, 2);
        EXPECT_FALSE(outcomes[1].value);
        EXPECT_EQ(outcomes[2].value->number, 5);
    }());
}

TEST(ParseAll, FallbackTakesThePlaceOfWhatFailed) {
    run_virtual([]() -> asio::awaitable<void> {
        auto const llm = co_await connect(echo_service());
        std::vector<std::string> const prompts{"2", "bad"};
        auto const outcomes = co_await parse_all<numbered>(llm, prompts, {.fallback = numbered{-1}});
        EXPECT_TRUE(outcomes[0].ok());
        EXPECT_EQ(outcomes[0].value->number, 2);
        EXPECT_FALSE(outcomes[1].ok());
        EXPECT_EQ(outcomes[1].value->number, -1);
        EXPECT_EQ(outcomes[1].why->code, errc::bad_request);
    }());
}

TEST(ParseAll, StopsAtTheFirstError) {
    run_virtual([]() -> asio::awaitable<void> {
        auto const llm = co_await connect(echo_service());
        std::vector<std::string> const prompts{"100", "bad", "100", "1"};
        auto const outcomes = co_await parse_all<numbered>(llm, prompts, {.concurrency = 2, .stop_on_error = true});
        EXPECT_EQ(outcomes.size(), 4U);
        EXPECT_EQ(outcomes[0].why->code, errc::cancelled);
        EXPECT_EQ(outcomes[1].why->code, errc::bad_request);
        EXPECT_EQ(outcomes[3].why->code, errc::cancelled);
        EXPECT_EQ(outcomes[3].index, 3U);
    }());
}

TEST(ChatAll, CancellationEndsAllCalls) {
    run_virtual([]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const llm = co_await connect(echo_service());
        auto const all = [](client shared) -> asio::awaitable<void> {
            (void)co_await chat_all(shared, std::vector<std::string>(10, "1000"));
        };
        test::started work{executor, all(llm)};
        co_await sleep_for(1s);
        work.cancel();
        co_await sleep_for(1s);
        EXPECT_EQ(work.failure(), errc::cancelled);
    }());
}

}  // namespace
}  // namespace coax
