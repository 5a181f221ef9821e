// Can a rehearsal be trusted? The same batch in virtual time against a function, and in real time over sockets against
// coax::sim: same limits, same share of 429s and of answers that hang. Prints both finishing times and how far they are
// apart; fails above 5 %. Run: build/release/bench/rehearsal_bench (takes half a minute)

#include <coax/coax.hpp>
#include <coax/sim/server.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <random>
#include <ranges>
#include <string>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr int records = 500;
constexpr auto first_byte = 300ms;
constexpr auto spread = 200ms;

/// What both runs have in common.
coax::client_options batch_options() {
    coax::client_options options{.api_key = "any", .model = "m", .max_concurrency = 64};
    options.rate_limits = {.requests_per_minute = 1'200, .tokens_per_minute = 1'000'000, .burst = 1s};
    options.limits.first_byte = 2s;
    options.retry.max_attempts = 8;
    return options;
}

asio::awaitable<double> run_batch(coax::client_options options) {
    auto const executor = co_await asio::this_coro::executor;
    coax::client llm{executor, std::move(options)};
    auto const begun = coax::now(executor);
    auto const done = co_await coax::map(std::views::iota(0, records), {.concurrency = 64}, [&](int number) {
        return [](coax::client client, int which) -> asio::awaitable<void> {
            co_await client.chat("Record " + std::to_string(which));
        }(llm, number);
    });
    for (auto const& one : done)
        if (!one) std::fprintf(stderr, "a record failed: %s\n", to_string(one.error()).c_str());
    auto const told = llm.statistics();
    auto const took = std::chrono::duration<double>(coax::now(executor) - begun).count();
    std::printf("%d records in %.2f s, %llu attempts\n", records, took, static_cast<unsigned long long>(told.attempts));
    co_return took;
}

double in_virtual_time() {
    static std::string const body{
        R"({"id":"c1","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"well"},"finish_reason":"stop"}],)"
        R"("usage":{"prompt_tokens":10,"completion_tokens":30}})"};
    std::mt19937_64 dice{5};
    auto options = batch_options();
    options.transport = std::make_shared<coax::memory_transport>([&dice](auto const&) {
        using answer = coax::memory_transport::answer;
        auto const chance = std::uniform_real_distribution{}(dice);
        if (chance < 0.02) return coax::result<answer>{answer{.response = {.status = 429}}};
        if (chance < 0.025) return coax::result<answer>{answer{.response = {.status = 200}, .delay = 1h}};
        auto const more = std::uniform_int_distribution<std::int64_t>{0, spread.count()}(dice);
        return coax::result<answer>{
            answer{.response = {.status = 200, .body = body}, .delay = first_byte + std::chrono::milliseconds{more}}};
    });
    coax::runtime rt{coax::virtual_time{}};
    return rt.run(run_batch(std::move(options)));
}

double over_sockets() {
    coax::sim::options wanted;
    wanted.requests_per_minute = 1'200;
    wanted.tokens_per_minute = 1'000'000;
    wanted.limit_window = 2s;
    wanted.latency = {.first_byte = first_byte, .first_byte_spread = spread};
    wanted.faults = {{.kind = coax::sim::fault_kind::rate_limited,
                      .probability = 0.02,
                      .retry_after = coax::sim::retry_after_form::none},
                     {.kind = coax::sim::fault_kind::stall, .probability = 0.005}};
    coax::sim::server server{wanted};
    auto options = batch_options();
    options.provider.base_url = server.url() + "/v1";
    coax::runtime rt;
    auto const took = rt.run(run_batch(std::move(options)));
    auto const struck = server.stats().faults[coax::sim::fault_kind::rate_limited];
    auto const refused = server.stats().answers_by_status[429];
    std::printf("of %llu 429s the service's own limits caused %llu\n", static_cast<unsigned long long>(refused),
                static_cast<unsigned long long>(refused - struck));
    return took;
}

}  // namespace

int main() {
    std::printf("virtual: ");
    auto const rehearsed = in_virtual_time();
    std::printf("sockets: ");
    auto const real = over_sockets();
    auto const apart = 100 * std::abs(rehearsed - real) / real;
    std::printf("%.1f %% apart\n", apart);
    return apart <= 5 ? 0 : 1;
}
