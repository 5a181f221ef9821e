// One client used from several threads at once: on its own shards, from foreign executors, with streams dropped early.

#include "support/run_coro.hpp"
#include "support/sim_client.hpp"

#include <coax/client/client.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/tasks/map.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <thread>

namespace coax {
namespace {

using namespace std::chrono_literals;

constexpr int calls_per_thread = 60;

asio::awaitable<int> mixed_calls(client llm) {
    std::vector<int> numbers(calls_per_thread);
    std::iota(numbers.begin(), numbers.end(), 0);
    auto const one = [&llm](int n) -> asio::awaitable<int> {
        if (n % 3 == 0) {
            auto words = co_await llm.stream("story " + std::to_string(n));
            (void)co_await words.next();
            co_return 1;  // drops the stream
        }
        if (n % 7 == 0) {
            (void)co_await as_result(with_timeout(1ms, llm.chat("slow " + std::to_string(n))));
            co_return 1;
        }
        auto const answer = co_await llm.chat("post " + std::to_string(n));
        co_return answer.text.empty() ? 0 : 1;
    };
    int good = 0;
    for (auto const& outcome : co_await map(numbers, {.concurrency = 12}, one)) good += outcome ? *outcome : 0;
    co_return good;
}

TEST(ClientThreads, OneClientServesShardsAndForeignThreads) {
    sim::server server{{.latency = {.first_byte = 1ms}}};
    runtime rt{{.threads = 3}};
    auto options = test::options_for(test::wire_forms[0], server);
    options.policies.max_concurrency = 16;
    client llm{rt, std::move(options)};

    std::atomic<int> good{0};
    std::vector<std::thread> foreign;
    for (int i = 0; i < 2; ++i)
        foreign.emplace_back([&] {
            test::run_coro(
                [](client copy, std::atomic<int>& sum) -> asio::awaitable<void> { sum += co_await mixed_calls(copy); }(
                                                           llm, good),
                60s);
        });
    good += rt.run(mixed_calls(llm));
    // Shard 0 only turns inside run(): keep it turning until the foreign threads are done.
    std::atomic<bool> done{false};
    std::thread waiter{[&] {
        for (auto& thread : foreign) thread.join();
        done = true;
    }};
    while (!done) rt.run([]() -> asio::awaitable<void> { co_await sleep_for(5ms); }());
    waiter.join();
    EXPECT_EQ(good, 3 * calls_per_thread);
}

}  // namespace
}  // namespace coax
