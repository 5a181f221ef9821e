// How long will a batch take, what will it cost, and will it survive? 100,000 records against a service that allows
// 3,500 requests and 2 million tokens a minute, turns 2 % away and lets 0.5 % hang, rehearsed in virtual time. Run:
// build/release/examples/rehearsal [RECORDS] Prints: finishing time, cost, retries, failures and how long the rehearsal
// itself took.
#include <coax/coax.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <random>
#include <ranges>
#include <string>

namespace {

using namespace std::chrono_literals;
using std::chrono::duration;

/// The service as it is known: answers after 1 to 4 s; price per million tokens as on its list.
coax::result<coax::memory_transport::timed_response> respond(std::mt19937_64& dice) {
    static std::string const body{
        R"({"id":"c1","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"positive"},)"
        R"("finish_reason":"stop"}],"usage":{"prompt_tokens":420,"completion_tokens":60}})"};
    auto const chance = std::uniform_real_distribution{}(dice);
    if (chance < 0.02) return coax::memory_transport::timed_response{.response = {.status = 429}, .delay = 50ms};
    if (chance < 0.025) return coax::memory_transport::timed_response{.response = {.status = 200}, .delay = 1h};
    auto const latency = std::uniform_int_distribution{1'000, 4'000}(dice);
    return coax::memory_transport::timed_response{.response = {.status = 200, .body = body},
                                                  .delay = std::chrono::milliseconds{latency}};
}

boost::asio::awaitable<void> rehearse(int records) {
    std::mt19937_64 dice{2026};
    coax::client_options options{.service = {.api_key = "rehearsal", .model = "m"},
                                 .policies = {.max_concurrency = 400}};
    options.policies.rate_limits = {.requests_per_minute = 3'500, .tokens_per_minute = 2'000'000};
    options.policies.expected_output_tokens = 60;
    options.policies.limits.first_byte = 30s;  // what hangs is given up and sent again
    options.policies.retry.max_attempts = 6;
    options.service.transport =
        std::make_shared<coax::memory_transport>([&dice](auto const&) { return respond(dice); });
    auto const executor = co_await boost::asio::this_coro::executor;
    coax::client llm{executor, options};
    auto const begun = coax::now(executor);
    std::string const prompt(1'600, 'x');  // some 400 tokens

    auto const done = co_await coax::map(std::views::iota(0, records), {.concurrency = 400}, [&](int) {
        return [](coax::client client, std::string text) -> boost::asio::awaitable<void> {
            co_await client.chat(std::move(text));
        }(llm, prompt);
    });

    auto const totals = llm.statistics();
    auto const lost = std::ranges::count_if(done, [](auto const& one) { return one.has_error(); });
    auto const cost = 0.25e-6 * static_cast<double>(totals.usage.input_tokens) +
                      2e-6 * static_cast<double>(totals.usage.output_tokens);
    std::cout << records << " records in " << duration<double, std::ratio<60>>(coax::now(executor) - begun).count()
              << " min, " << cost << " USD, " << totals.retries << " retries, " << lost << " failed\n";
}

}  // namespace

int main(int count, char** arguments) {
    auto const began = std::chrono::steady_clock::now();
    coax::runtime rt{coax::virtual_time{}};
    rt.run(rehearse(count > 1 ? std::stoi(arguments[1]) : 100'000));
    std::cout << "rehearsed in " << duration<double>(std::chrono::steady_clock::now() - began).count() << " s\n";
}
