// How do I keep many calls from costing more than I want?
// Run: build/release/examples/spending. Without a key a simulated service answers.
// Prints: how many of 40 calls were answered, what they cost of a limit of a tenth of a cent, and why the next one was
// not sent.
#include "local_server.hpp"

#include <coax/client/token_options.hpp>

#include <algorithm>
#include <memory>
#include <vector>

namespace {

boost::asio::awaitable<void> ask_all(coax::client llm) {
    std::vector<int> const numbers(40);
    auto const outcomes = co_await coax::map(numbers, {.concurrency = 8}, [&llm](int) {
        // What a call can cost at most is set aside before it is sent: so say how long an answer may be.
        return llm.chat({.messages = {coax::user("Name a river.")}, .max_output_tokens = 200});
    });
    auto const answered = std::ranges::count_if(outcomes, [](auto const& one) { return one.has_value(); });
    auto const& limit = *llm.options().tokens->spending;
    std::cout << answered << " of 40 answered for " << to_string(limit.spent()) << " of " << to_string(limit.most())
              << " USD\n";
    for (auto const& one : outcomes)
        if (!one) co_return void(std::cout << "not sent: " << one.error() << '\n');
}

}  // namespace

int main() try {
    local_server const service;
    auto options = service.options();
    // Shared by all clients that are given it. Prices come from the built-in table, or from a file of yours.
    options.tokens.edit().spending = std::make_shared<coax::spending_limit>(coax::usd::parse("0.001").value());
    coax::runtime rt;
    rt.run(ask_all(coax::client{rt, std::move(options)}));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
