// Can a rehearsal be trusted? The same batch in virtual time against a function, and in real time over sockets against
// coax::sim: same limits, and the same requests, by number, meet a 429 (2 %) or an answer that hangs (0.5 %). Prints
// both finishing times and how far they are apart; fails above 5 %. Run: build/release/bench/rehearsal_bench (takes
// half a minute)

#include <coax/coax.hpp>
#include <coax/sim/server.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <random>
#include <ranges>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr int records = 500;
constexpr auto first_byte = 300ms;
constexpr auto spread = 200ms;

/// What both runs have in common.
coax::client_options batch_options() {
    coax::client_options options{.service = {.api_key = "any", .model = "m"}, .policies = {.max_concurrency = 64}};
    options.policies.rate_limits = {.requests_per_minute = 1'200, .tokens_per_minute = 1'000'000, .burst = 1s};
    options.policies.limits.first_byte = 2s;
    options.policies.retry.max_attempts = 8;
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

/// What happens to each request, in order of arrival.
enum class fate { answered, refused, hangs };

std::vector<fate> draw_fates() {
    std::mt19937_64 dice{5};
    std::vector<fate> all(2 * records, fate::answered);
    for (auto& one : all) {
        auto const chance = std::uniform_real_distribution{}(dice);
        one = chance < 0.02 ? fate::refused : chance < 0.025 ? fate::hangs : fate::answered;
    }
    return all;
}

double in_virtual_time() {
    static std::string const body{
        R"({"id":"c1","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"well"},"finish_reason":"stop"}],)"
        R"("usage":{"prompt_tokens":10,"completion_tokens":30}})"};
    std::mt19937_64 dice{6};
    auto const fates = draw_fates();
    std::size_t next = 0;
    auto options = batch_options();
    options.service.transport = std::make_shared<coax::memory_transport>([&](auto const&) {
        using answer = coax::memory_transport::timed_response;
        auto const what = fates.at(next++);
        if (what == fate::refused) return coax::result<answer>{answer{.response = {.status = 429}}};
        if (what == fate::hangs) return coax::result<answer>{answer{.response = {.status = 200}, .delay = 1h}};
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
    auto const fates = draw_fates();
    for (std::size_t i = 0; i < fates.size(); ++i)
        if (fates[i] == fate::refused)
            wanted.script.push_back({.request = i + 1,
                                     .fault = {.kind = coax::sim::fault_kind::rate_limited,
                                               .retry_after = coax::sim::retry_after_form::none}});
        else if (fates[i] == fate::hangs)
            wanted.script.push_back({.request = i + 1, .fault = {.kind = coax::sim::fault_kind::stall}});
    coax::sim::server server{wanted};
    auto options = batch_options();
    options.service.provider.base_url = server.url() + "/v1";
    coax::runtime rt;
    auto const took = rt.run(run_batch(std::move(options)));
    auto const struck = server.stats().faults[coax::sim::fault_kind::rate_limited];
    auto const refused = server.stats().responses_by_status[429];
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
