// How do I ask a model one thing?
// Run: build/release/examples/chat ["a question"]. Without a key a simulated service answers.
// Prints: the response; then its model, why it ended and its tokens.
#include "local_server.hpp"

#include <coax/coax.hpp>

#include <iostream>
#include <string>

namespace {

boost::asio::awaitable<void> ask(coax::client llm, std::string question) {
    coax::chat_response const response = co_await llm.chat(question);
    std::cout << response.text << "\n(" << response.model << ", ended by " << to_string(response.finish_reason) << ", "
              << response.usage.input_tokens << " + " << response.usage.output_tokens << " tokens)\n";
}

}  // namespace

int main(int argc, char** argv) try {
    local_server const service;
    coax::runtime rt;
    coax::client const llm{rt, service.options()};
    rt.run(ask(llm, argc > 1 ? argv[1] : "Say hello in Finnish."));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
