// Which of many texts are about a question?
// Run: build/release/examples/embed ["how do cats sleep?"]. Without a key a simulated service answers.
// Prints: the three nearest texts with the cosine of the angle between the vectors; then what all cost.
#include "local_server.hpp"

#include <coax/coax.hpp>
#include <coax/provider/embedding.hpp>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

std::vector<std::string> const texts{
    "A cat sleeps through most of the day, curled up.",
    "Markets fell after the central bank raised its rate.",
    "The cat drinks milk and then sleeps.",
    "Dogs guard the house at night.",
    "Rain is expected in the north until Friday.",
    "Cats hunt at dusk and at dawn.",
};

boost::asio::awaitable<void> search(coax::client llm, std::string question) {
    auto asked = texts;
    asked.push_back(std::move(question));
    auto const found = co_await llm.embed(asked);
    auto const& wanted = found.vectors.back().value();

    std::vector<std::pair<double, std::string>> ranks;
    for (std::size_t i = 0; i < texts.size(); ++i)
        if (auto const& vector = found.vectors[i])
            ranks.emplace_back(coax::cosine_similarity(*vector, wanted), texts[i]);
        else
            std::cerr << texts[i] << ": " << vector.error() << '\n';
    std::ranges::sort(ranks, std::greater{});
    ranks.resize(std::min<std::size_t>(ranks.size(), 3));
    for (auto const& [nearness, text] : ranks) std::printf("%.2f  %s\n", nearness, text.c_str());
    std::printf("%lld tokens for %zu texts\n", static_cast<long long>(found.usage.input_tokens), asked.size());
}

}  // namespace

int main(int argc, char** argv) try {
    local_server const server;
    coax::runtime rt;
    coax::client const llm{rt, server.options()};
    rt.run(search(llm, argc > 1 ? argv[1] : "how does a cat sleep?"));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
