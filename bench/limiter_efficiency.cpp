// How much of what a service allows does a way of limiting use, and how often is it turned away? In virtual time:
// coax::rate_limiter against what people do today, a fixed sleep between requests and a fixed number of workers, each
// with back-off on 429. Prints the tables of docs/reliability.md. Run: build/release/bench/limiter_efficiency

#include <coax/policy/rate_limiter.hpp>
#include <coax/policy/retry.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/tasks/map.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>
#include <ranges>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using coax::clock;

constexpr double requests_per_minute = 3'500;
constexpr double tokens_per_minute = 2'000'000;
constexpr auto counted = 10min;  ///< What "used" looks at.

/// A service with two buckets that hold a minute's worth and refill steadily. It counts what a request asks for when it
/// arrives, 5 to 60 ms after it was sent, so requests overtake each other.
class service {
public:
    explicit service(clock::time_point start) : start_{start}, updated_{start} {}

    asio::awaitable<coax::result<void>> call(double tokens) {
        auto const executor = co_await asio::this_coro::executor;
        co_await coax::sleep_for(std::chrono::microseconds{std::uniform_int_distribution{5'000, 60'000}(dice_)});
        if (!admit(tokens, coax::now(executor)))
            co_return coax::error{.code = coax::errc::rate_limited, .http_status = 429};
        co_await coax::sleep_for(std::chrono::milliseconds{std::uniform_int_distribution{500, 4'000}(dice_)});
        co_return coax::result<void>{};
    }

    [[nodiscard]] int refused() const { return refused_; }
    /// Shares of what ten minutes allow, the buckets full at the start.
    [[nodiscard]] double requests_used() const { return requests_used_ / (11 * requests_per_minute); }
    [[nodiscard]] double tokens_used() const { return tokens_used_ / (11 * tokens_per_minute); }

private:
    bool admit(double tokens, clock::time_point now) {
        auto const minutes = std::chrono::duration<double, std::ratio<60>>(now - updated_).count();
        updated_ = now;
        requests_ = std::min(requests_per_minute, requests_ + minutes * requests_per_minute);
        tokens_ = std::min(tokens_per_minute, tokens_ + minutes * tokens_per_minute);
        if (requests_ < 1 || tokens_ < tokens) return ++refused_, false;
        requests_ -= 1;
        tokens_ -= tokens;
        if (now - start_ <= counted) {
            requests_used_ += 1;
            tokens_used_ += tokens;
        }
        return true;
    }

    clock::time_point start_;
    clock::time_point updated_;
    double requests_{requests_per_minute};
    double tokens_{tokens_per_minute};
    double requests_used_{0};
    double tokens_used_{0};
    int refused_{0};
    std::mt19937_64 dice_{7};
};

struct job {
    double tokens;
    clock::duration arrives;
};

struct workload {
    char const* name;
    std::vector<job> jobs;

    [[nodiscard]] double tokens() const {
        double sum = 0;
        for (auto const& one : jobs) sum += one.tokens;
        return sum;
    }
    /// No scheme can be done sooner.
    [[nodiscard]] double least_minutes() const {
        auto const requests = static_cast<double>(jobs.size());
        return std::max({0.0, (requests - requests_per_minute) / requests_per_minute,
                         (tokens() - tokens_per_minute) / tokens_per_minute});
    }
};

workload steady() { return {"steady", std::vector<job>(42'000, job{500, 0s})}; }

/// 3,000 jobs each half minute; 200 to 1,000 tokens.
workload bursty() {
    std::mt19937_64 dice{1};
    workload made{"bursty", {}};
    for (int i = 0; i < 42'000; ++i)
        made.jobs.push_back({static_cast<double>(std::uniform_int_distribution{200, 1'000}(dice)), (i / 3'000) * 30s});
    return made;
}

/// Log-normal: half below 330 tokens, one in a hundred above 12,000, some of 100,000.
workload heavy_tailed() {
    std::mt19937_64 dice{2};
    std::lognormal_distribution<double> sizes{5.8, 1.55};
    workload made{"heavy-tailed", {}};
    for (int i = 0; i < 24'000; ++i) made.jobs.push_back({std::clamp(std::round(sizes(dice)), 20.0, 100'000.0), 0s});
    return made;
}

/// What a batch does with each of its jobs.
using scheme = std::function<asio::awaitable<void>(service&, job const&)>;

asio::awaitable<void> back_off(service& peer, double tokens) {
    coax::retry_options options{
        .max_attempts = 1000, .initial_delay = 1s, .max_delay = 60s, .form = coax::jitter_form::full};
    co_await coax::retry(options, [&peer, tokens] { return peer.call(tokens); });
}

struct outcome {
    double minutes{0};
    int refused{0};
    double requests_used{0};
    double tokens_used{0};
};

asio::awaitable<outcome> run(workload const& load, std::size_t workers, scheme send) {
    auto const executor = co_await asio::this_coro::executor;
    auto const start = coax::now(executor);
    service peer{start};
    auto one = [&](job const& what) -> asio::awaitable<void> {
        co_await coax::sleep_until(start + what.arrives);
        co_await send(peer, what);
    };
    co_await coax::map(load.jobs, {.concurrency = workers}, one);
    auto const minutes = std::chrono::duration<double, std::ratio<60>>(coax::now(executor) - start).count();
    co_return outcome{minutes, peer.refused(), peer.requests_used(), peer.tokens_used()};
}

asio::awaitable<outcome> with_limiter(workload const& load) {
    // Two seconds less than the service's minute: for requests that overtake each other on the way.
    coax::rate_limiter quota{{.requests_per_minute = 3'500, .tokens_per_minute = 2'000'000, .burst = 58s}};
    co_return co_await run(load, 2'000, [&quota](service& peer, job const& what) -> asio::awaitable<void> {
        auto held = co_await quota.reserve(static_cast<std::int64_t>(what.tokens));
        auto const got =
            co_await coax::retry(coax::retry_options{.max_attempts = 1000}, [&] { return peer.call(what.tokens); });
        if (got) held.settle(held.tokens());
    });
}

/// One request each 60 s / rate, the rate from the mean size of the jobs: what the cookbooks' scripts do.
asio::awaitable<outcome> with_fixed_sleep(workload const& load) {
    auto const mean = load.tokens() / static_cast<double>(load.jobs.size());
    auto const rate = std::min(requests_per_minute, tokens_per_minute / mean);
    coax::rate_limiter gate{
        {.requests_per_minute = static_cast<std::int64_t>(rate), .even_spacing = true, .burst = 1ms}};
    co_return co_await run(load, 2'000, [&gate](service& peer, job const& what) -> asio::awaitable<void> {
        (co_await gate.reserve()).settle(0);
        co_await back_off(peer, what.tokens);
    });
}

/// The same sleep in each worker, after its call.
asio::awaitable<outcome> with_sleep_per_worker(workload const& load, std::size_t workers) {
    auto const wait = std::chrono::microseconds{static_cast<std::int64_t>(60e6 / requests_per_minute)};
    co_return co_await run(load, workers, [wait](service& peer, job const& what) -> asio::awaitable<void> {
        co_await back_off(peer, what.tokens);
        co_await coax::sleep_for(wait);
    });
}

asio::awaitable<outcome> with_workers(workload const& load, std::size_t workers) {
    co_return co_await run(load, workers, [](service& peer, job const& what) { return back_off(peer, what.tokens); });
}

void print(char const* scheme_name, workload const& load, outcome const& got) {
    std::printf("| %s | %s | %.1f | %.2f | %d | %.1f %% | %.1f %% |\n", load.name, scheme_name, got.minutes,
                got.minutes / load.least_minutes(), got.refused, 100 * got.requests_used, 100 * got.tokens_used);
}

template <class Run>
outcome rehearse(Run body) {
    coax::runtime rt{coax::virtual_time{}};
    return rt.run(body());
}

}  // namespace

int main() {
    std::printf("| sizes | scheme | minutes | x least | 429s | requests used in 10 min | tokens used in 10 min |\n");
    std::printf("| --- | --- | ---: | ---: | ---: | ---: | ---: |\n");
    for (auto const& load : {steady(), bursty(), heavy_tailed()}) {
        print("coax::rate_limiter", load, rehearse([&] { return with_limiter(load); }));
        print("one sleep of 60/rate between requests", load, rehearse([&] { return with_fixed_sleep(load); }));
        print("64 workers, each sleeps 60/rate", load, rehearse([&] { return with_sleep_per_worker(load, 64); }));
        print("64 workers with back-off", load, rehearse([&] { return with_workers(load, 64); }));
        print("256 workers with back-off", load, rehearse([&] { return with_workers(load, 256); }));
    }
}
