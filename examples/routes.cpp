// How do I use several deployments as one: the capacity I have reserved first, a shared one when that is full?
// Run: build/release/examples/routes. Without a key a simulated service answers for both.
// Prints: which route took how many of 30 calls, and the route of the last response.
#include "local_server.hpp"

#include <coax/chat/response_details.hpp>
#include <coax/client/router.hpp>

#include <iostream>
#include <utility>
#include <vector>

namespace {

boost::asio::awaitable<void> ask_all(coax::router llm) {
    std::vector<int> const numbers(30);
    auto const outcomes = co_await coax::map(numbers, {.concurrency = 8}, [&llm](int) {
        return llm.chat({.messages = {coax::user("Name a river.")}});  // no model: each route has its own
    });
    for (auto const& each : llm.routes())
        std::cout << each.name << ": " << each.calls << " calls, " << each.failures << " failures\n";
    if (outcomes.back()) std::cout << "the last one was answered by " << outcomes.back()->details->route << '\n';
}

}  // namespace

int main() try {
    local_server const service;
    auto reserved = service.options();
    reserved.policies.rate_limits.requests_per_minute = 20;  // what was paid for; begins full
    auto shared = service.options();
    shared.service.model = "gpt-5-nano";
    coax::runtime rt;
    rt.run(ask_all(coax::router{rt,
                                {.routes = {{.name = "reserved", .options = std::move(reserved), .priority = 0},
                                            {.name = "shared", .options = std::move(shared), .priority = 1}}}}));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
