// Usage: peer_coax URL chat|stream CALLS CALLERS CA_FILE; prints the letters of text received.

#include <coax/client/client.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/tasks/map.hpp>

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <ranges>
#include <string>
#include <utility>

namespace {

using boost::asio::awaitable;

std::string const prompt(900, 'x');

awaitable<std::size_t> chat(coax::client const& llm) { co_return (co_await llm.chat(prompt)).text.size(); }

awaitable<std::size_t> stream(coax::client const& llm) {
    std::size_t letters = 0;
    auto deltas = co_await llm.stream(prompt);
    while (auto const delta = co_await deltas.next()) letters += delta->text.size();
    co_return letters;
}

awaitable<void> run(coax::client llm, bool streams, int calls, std::size_t callers) {
    std::size_t letters = 0;
    auto const ask = [&](int) -> awaitable<std::size_t> {
        auto const got = streams ? co_await stream(llm) : co_await chat(llm);
        letters += got;
        co_return got;
    };
    co_await coax::for_each(std::views::iota(0, calls), {.concurrency = callers, .stop_on_error = true}, ask);
    std::cout << letters << '\n';
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 6) return 2;
    auto const callers = static_cast<std::size_t>(std::atoi(argv[4]));
    coax::client_options options{
        .service = {.provider = {.base_url = std::string{argv[1]} + "/v1"}, .api_key = "none", .model = "gpt-5.4"}};
    options.policies.max_concurrency = callers;
    options.http.ca_file = argv[5];
    coax::runtime rt;
    rt.run(run({rt, std::move(options)}, std::strcmp(argv[2], "stream") == 0, std::atoi(argv[3]), callers));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
