// How do I pay less for a long beginning that many prompts share?
// Run: build/release/examples/prompt_cache. A simulated Anthropic answers.
// Prints: for each question, how much of its prompt the service had kept.
#include <coax/coax.hpp>
#include <coax/sim/server.hpp>

#include <iostream>
#include <string>

namespace {

boost::asio::awaitable<void> ask(coax::client llm, std::string handbook) {
    for (std::string const question : {"May I swim after closing time?", "Who may bring a dog?", "When is it open?"}) {
        coax::chat_request request{.messages = {coax::system(handbook), coax::user(question)},
                                   .max_output_tokens = 100};
        request.cache_prefix = true;  // what stands before the first question is kept
        auto const response = co_await llm.chat(request);
        std::cout << question << ' ' << response.usage.cached_input_tokens << " of " << response.usage.input_tokens
                  << " tokens were kept\n";
    }
}

}  // namespace

int main() try {
    std::string handbook;
    for (int rule = 1; rule <= 300; ++rule)
        handbook += "Rule " + std::to_string(rule) + ": mind the others in the pool. ";
    coax::sim::server const service;
    coax::client_options options{.service = {.api_key = "sk-example", .model = "claude-sonnet-5"}};
    options.service.provider = {.service = "anthropic", .base_url = service.url()};
    coax::runtime rt;
    rt.run(ask(coax::client{rt, options}, handbook));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
