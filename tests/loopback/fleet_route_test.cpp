// `process_batch` over a queue: one process has the rows, others do the work.
#include "support/fake_service.hpp"
#include "support/redis_server.hpp"
#include "support/run_coro.hpp"

#include <coax/fleet/queue_route.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/tasks/when_all.hpp>
#include <coax/tasks/when_any.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax {
// Named: GCC warns of coroutine templates over types without linkage.
namespace fleet_route_test {

using namespace std::chrono_literals;
using test::openai_text;
using test::redis_server;
using test::run_coro;

struct remark {
    int id{};
    std::string text{};
};

struct rating {
    int stars{};
};
struct length {
    int words{};
};

class FleetRoute : public testing::Test {
protected:
    void SetUp() override {
        if (!redis_server::is_installed()) GTEST_SKIP() << "redis-server is not installed: scripts/setup installs it";
    }
};

work_queue queue_at(redis_server const& redis) {
    return work_queue{{.url = redis.url() + "/0/job", .lease = 1s, .retry_interval = 50ms}};
}

/// As many stars as a question has exclamation marks; counts its requests.
client_options rating_service(std::shared_ptr<std::atomic<int>> requests) {
    client_options options{.service = {.api_key = "sk-test", .model = "m", .embedding_model = "e"}};
    options.service.transport = std::make_shared<memory_transport>(
        [requests](http_request const& request) -> result<memory_transport::timed_response> {
            ++*requests;
            auto const& body = request.body;
            auto const marks = std::count(body.begin(), body.end(), '!');
            if (request.target.ends_with("/embeddings"))
                return memory_transport::timed_response{
                    .response = {.status = 200,
                                 .body = R"({"data":[{"index":0,"embedding":[)" + std::to_string(marks) +
                                         R"(,0.5]}],"usage":{"prompt_tokens":6,"total_tokens":6}})"}};
            return memory_transport::timed_response{
                .response = openai_text(R"({"stars":)" + std::to_string(marks) + "}"),
                .delay = std::chrono::milliseconds{5}};
        });
    return options;
}

std::vector<remark> remarks() {
    std::vector<remark> all;
    for (int i = 0; i < 30; ++i)
        all.push_back({i, std::to_string(i) + std::string(static_cast<std::size_t>(i % 4), '!')});
    return all;
}

struct counters {
    std::shared_ptr<std::atomic<int>> batch{std::make_shared<std::atomic<int>>(0)};
    std::shared_ptr<std::atomic<int>> worker{std::make_shared<std::atomic<int>>(0)};
};

/// Waits until the coordinator has begun the job.
asio::awaitable<queue_job> job_of(work_queue queue) {
    for (;;) {
        if (auto found = co_await queue.job()) co_return *std::move(found);
        co_await sleep_for(10ms);
    }
}

template <class T>
asio::awaitable<worker_summary> work(work_queue queue, client llm, process_options options) {
    auto const job = co_await job_of(queue);
    auto doing = process_work<T>(std::move(llm), job, std::move(options));
    co_return co_await run_worker(std::move(queue), job, std::move(doing), {});
}

/// A batch and one worker, until both are done.
template <class T, class Prompt>
processed_batch<T> process_with_worker(redis_server const& redis, counters counted, Prompt prompt,
                                       process_options options) {
    auto const both = [](redis_server const& server, counters count, Prompt ask,
                         process_options with) -> asio::awaitable<processed_batch<T>> {
        auto const here = co_await asio::this_coro::executor;
        client const asks{here, rating_service(count.batch)};
        client const works{here, rating_service(count.worker)};
        process_options const shared{.request = with.request, .texts_per_request = with.texts_per_request};
        with.via = via_queue(queue_at(server));
        auto done = co_await when_all(process_batch<T>(asks, remarks(), std::move(ask), std::move(with)),
                                      work<T>(queue_at(server), works, shared));
        EXPECT_TRUE(std::get<1>(done).job_finished);
        co_return std::move(std::get<0>(done));
    };
    runtime rt;
    return rt.run(both(redis, std::move(counted), std::move(prompt), std::move(options)));
}

TEST_F(FleetRoute, WorkersAskForTypedRows) {
    redis_server const redis;
    counters const counted;
    auto const done = process_with_worker<rating>(redis, counted, "Rate {{text}}", {.request = {.temperature = 0.5}});
    EXPECT_EQ(done.summary().ok, 30U);
    EXPECT_EQ(*counted.batch, 0);
    EXPECT_EQ(*counted.worker, 30);
    for (auto const& row : done.table()) EXPECT_EQ(row.value.value().stars, static_cast<int>(row.index % 4));
}

TEST_F(FleetRoute, WorkersAskForVectors) {
    redis_server const redis;
    counters const counted;
    auto const done = process_with_worker<std::vector<float>>(redis, counted, "{{text}}", {.texts_per_request = 1});
    EXPECT_EQ(done.summary().done(), 30U);
    EXPECT_EQ(*counted.batch, 0);
    EXPECT_GT(*counted.worker, 0);
}

/// Only messages go into the queue.
TEST_F(FleetRoute, ARequestWithParametersOfItsOwnIsThatRowsFailure) {
    redis_server const redis;
    counters const counted;
    auto const prompt = [](remark const& one) {
        chat_request request{.messages = {user(one.text)}};
        if (one.id == 7) request.temperature = 0.9;
        if (one.id == 8) request.model = "another";
        return request;
    };
    auto const done = process_with_worker<rating>(redis, counted, prompt, {});
    EXPECT_EQ(done.summary().ok, 28U);
    for (auto const& row : done.table()) {
        bool const fails = row.index == 7 || row.index == 8;
        EXPECT_EQ(!row.value.has_value(), fails) << row.index;
        if (fails) EXPECT_EQ(row.value.error().where, "request");
    }
}

TEST_F(FleetRoute, AWorkerThatWouldAnswerOtherwiseIsRefused) {
    redis_server const redis;
    run_coro([](redis_server const& server) -> asio::awaitable<void> {
        auto const here = co_await asio::this_coro::executor;
        counters const counted;
        client const llm{here, rating_service(counted.batch)};
        process_options options{.request = {.temperature = 0.5}, .via = via_queue(queue_at(server))};
        auto asking = process_batch<rating>(llm, remarks(), "Rate {{text}}", options);
        auto const refused = [](work_queue queue, client worker) -> asio::awaitable<void> {
            auto const job = co_await job_of(queue);
            auto const why = [](auto const& make) {
                try {
                    make();
                } catch (exception const& thrown) {
                    EXPECT_EQ(thrown.why().where, "job");
                    return thrown.why().message;
                }
                return std::string{"taken"};
            };
            EXPECT_NE(why([&] {
                          (void)process_work<length>(worker, job, {.request = {.temperature = 0.5}});
                      }).find("another schema"),
                      std::string::npos);
            EXPECT_NE(why([&] { (void)process_work<rating>(worker, job); }).find("other parameters"),
                      std::string::npos);
            auto other = worker.options();
            other.service.model = "n";
            client const another{co_await asio::this_coro::executor, other};
            EXPECT_NE(why([&] {
                          (void)process_work<rating>(another, job, {.request = {.temperature = 0.5}});
                      }).find(R"(another model ("m" then, "n" now))"),
                      std::string::npos);
            EXPECT_NE(why([&] { (void)process_work<rating>(worker, {.description = "{}"}); }).find("no process_batch"),
                      std::string::npos);
        };
        (void)co_await when_any(std::move(asking), refused(queue_at(server), llm));
    }(redis));
}

}  // namespace fleet_route_test
}  // namespace coax
