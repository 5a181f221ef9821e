// The simulator beside the library: an answer without a network.
#include <coax/coax.hpp>
#include <coax/sim/server.hpp>

#include <iostream>

boost::asio::awaitable<void> ask(coax::client llm) {
    auto const answer = co_await llm.chat("Say hello in Finnish.");
    std::cout << "answered: " << answer.text << '\n';
}

int main() {
    coax::sim::server const service;
    coax::runtime rt;
    coax::client_options options{.service = {.api_key = "sk-sim", .model = "m"}};
    options.service.provider.base_url = service.url() + "/v1";
    rt.run(ask(coax::client{rt.executor(), std::move(options)}));
}
