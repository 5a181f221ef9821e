// What does the runtime do without any model? A slow, failing job behind a semaphore and a retry, mapped over a list.
// Run: build/release/examples/retry_semaphore. Time is virtual: minutes of waiting take none.
// Prints: how many jobs ended well, after how many tries, the most at work at once and the time that passed.
#include <coax/coax.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <numeric>
#include <vector>

namespace {

using namespace std::chrono_literals;

struct workshop {
    coax::async_semaphore benches{4};
    int tries{0};
    std::size_t busiest{0};
};

/// Fails twice for every third job.
boost::asio::awaitable<int> work(workshop& shop, int job, coax::attempt which) {
    auto const bench = co_await shop.benches.acquire();  // given back before a back-off begins
    ++shop.tries;
    shop.busiest = std::max(shop.busiest, shop.benches.capacity() - shop.benches.available());
    co_await coax::sleep_for(30s);
    if (job % 3 == 0 && which.number < 3) coax::throw_error({.code = coax::errc::overloaded, .message = "too hot"});
    co_return job* job;
}

boost::asio::awaitable<void> run_shop(workshop& shop) {
    std::vector<int> jobs(20);
    std::iota(jobs.begin(), jobs.end(), 0);
    auto const executor = co_await boost::asio::this_coro::executor;
    auto const begun = coax::now(executor);
    coax::retry_options const patient{.max_attempts = 5, .initial_delay = 1s, .jitter = 0};

    auto const squares = co_await coax::map(jobs, {.concurrency = 16}, [&](int job) {
        return coax::retry(patient, [&shop, job](coax::attempt which) { return work(shop, job, which); });
    });

    auto const good = std::count_if(squares.begin(), squares.end(), [](auto const& one) { return one.has_value(); });
    std::cout << good << " of " << jobs.size() << " jobs done in " << shop.tries << " tries, at most " << shop.busiest
              << " at once, " << std::chrono::duration_cast<std::chrono::seconds>(coax::now(executor) - begun).count()
              << " s of virtual time\n";
}

}  // namespace

int main() {
    workshop shop;
    coax::runtime rt{coax::virtual_time{}};
    rt.run(run_shop(shop));
}
