// What do retries do to a service that fails, and how soon is it well again? 1,000 clients send a request a second
// each; the service can serve 1,300 a second, every refusal costs it a fifth of a request, and for 60 s it can serve
// none. In virtual time. Prints the table of docs/reliability.md. Run: build/release/bench/retry_storm

#include <coax/policy/retry.hpp>
#include <coax/runtime/runtime.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using coax::clock;

constexpr int client_count = 1'000;
constexpr int seconds = 180;
constexpr int outage_begins = 20;
constexpr int outage_ends = 80;
constexpr double capacity = 1'300;  ///< Requests a second.
constexpr double refusal_cost = 0.2;

struct second {
    int arrived{0};
    int served{0};
    int asked{0};   ///< First attempts.
    int failed{0};  ///< Calls that ended in an error.
};

struct world {
    clock::time_point start;
    std::vector<second> log{std::vector<second>(static_cast<std::size_t>(seconds) + 600)};
    std::mt19937_64 dice{3};
    double strength{0};  ///< What the service can still do: a tenth of a second's worth at most.
    clock::time_point updated{start};

    second& at(clock::time_point now) {
        auto const passed = std::chrono::duration_cast<std::chrono::seconds>(now - start).count();
        return log[std::min(static_cast<std::size_t>(passed), log.size() - 1)];
    }

    bool serve(clock::time_point now) {
        auto const passed = std::chrono::duration<double>(now - updated).count();
        updated = now;
        strength = std::min(capacity / 10, strength + capacity * passed);
        auto const since = now - start;
        bool const down = since >= std::chrono::seconds{outage_begins} && since < std::chrono::seconds{outage_ends};
        if (down || strength < 1) {
            strength = std::max(0.0, strength - refusal_cost);
            return false;
        }
        strength -= 1;
        return true;
    }

    asio::awaitable<coax::result<void>> attempt(coax::attempt which) {
        auto const executor = co_await asio::this_coro::executor;
        co_await coax::sleep_for(std::chrono::milliseconds{std::uniform_int_distribution{20, 80}(dice)});
        auto& now_second = at(coax::now(executor));
        ++now_second.arrived;
        if (which.first()) ++now_second.asked;
        if (!serve(coax::now(executor))) co_return coax::error{.code = coax::errc::overloaded};
        ++now_second.served;
        co_return coax::result<void>{};
    }
};

asio::awaitable<void> call(world& all, coax::retry_options options) {
    auto const got =
        co_await coax::retry(std::move(options), [&all](coax::attempt which) { return all.attempt(which); });
    if (!got) ++all.at(coax::now(co_await asio::this_coro::executor)).failed;
}

/// A request a second, whether or not the last one is done.
asio::awaitable<void> client(world& all, coax::retry_options options, bool budgeted) {
    auto const executor = co_await asio::this_coro::executor;
    if (budgeted)
        options.budget = std::make_shared<coax::retry_budget>(
            coax::retry_budget_options{.capacity = 10, .per_success = 0.1, .per_second = 0.01});
    auto next = all.start + std::chrono::milliseconds{std::uniform_int_distribution{0, 999}(all.dice)};
    for (int i = 0; i < seconds; ++i, next += 1s) {
        co_await coax::sleep_until(next);
        asio::co_spawn(executor, call(all, options), asio::detached);
    }
}

struct outcome {
    double load{0};   ///< Requests for each first attempt during the outage.
    int peak{0};      ///< Requests in its worst second, and after.
    int recovery{0};  ///< Seconds after it until five in a row serve all but 1 % of the demand.
    int failed{0};
};

outcome judge(world const& all) {
    outcome said;
    double arrived = 0;
    double asked = 0;
    for (int i = outage_begins; i < seconds; ++i) {
        auto const& one = all.log[static_cast<std::size_t>(i)];
        said.peak = std::max(said.peak, one.arrived);
        if (i >= outage_ends) continue;
        arrived += one.arrived;
        asked += one.asked;
    }
    said.load = arrived / asked;
    for (auto const& one : all.log) said.failed += one.failed;
    said.recovery = seconds - outage_ends;
    int good = 0;
    for (int i = outage_ends; i < seconds; ++i) {
        auto const& one = all.log[static_cast<std::size_t>(i)];
        good = one.arrived - one.served <= one.asked / 100 ? good + 1 : 0;
        if (good < 5) continue;
        said.recovery = i - 4 - outage_ends;
        break;
    }
    return said;
}

outcome rehearse(coax::retry_options options, bool budgeted) {
    coax::runtime rt{coax::virtual_time{}};
    world all{.start = rt.time().now()};
    rt.run([](world& everything, coax::retry_options how, bool with_budget) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        for (int i = 0; i < client_count; ++i)
            asio::co_spawn(executor, client(everything, how, with_budget), asio::detached);
        co_await coax::sleep_for(std::chrono::seconds{seconds + 500});
    }(all, std::move(options), budgeted));
    return judge(all);
}

struct policy {
    char const* name;
    coax::retry_options options;
    bool budgeted;
};

}  // namespace

int main() {
    auto const exponential = [](int attempts, coax::jitter_form form) {
        return coax::retry_options{.max_attempts = attempts, .initial_delay = 500ms, .max_delay = 8s, .form = form};
    };
    std::array const policies{
        policy{"no retries", {.max_attempts = 1}, false},
        policy{"3 attempts, exponential", exponential(3, coax::jitter_form::share), false},
        policy{"10 attempts, 1 s apart", coax::retry_options::fixed(10, 1s, 0ms), false},
        policy{"10 attempts, exponential, full jitter", exponential(10, coax::jitter_form::full), false},
        policy{"3 attempts, exponential, with a budget", exponential(3, coax::jitter_form::share), true},
        policy{"10 attempts, 1 s apart, with a budget", coax::retry_options::fixed(10, 1s, 0ms), true},
        policy{"10 attempts, exponential, full jitter, with a budget", exponential(10, coax::jitter_form::full), true},
    };
    std::printf("| policy | load in the outage | worst second | well again after | calls that failed |\n");
    std::printf("| --- | ---: | ---: | ---: | ---: |\n");
    for (auto const& one : policies) {
        auto const got = rehearse(one.options, one.budgeted);
        bool const never = got.recovery == seconds - outage_ends;
        std::printf("| %s | %.2f x | %d | %s%d s | %d |\n", one.name, got.load, got.peak, never ? "> " : "",
                    got.recovery, got.failed);
    }
}
