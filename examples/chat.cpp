// How do I ask a model one thing?
// Run: build/release/examples/chat ["a question"]. Without a key a simulated service answers.
// Prints: the answer; then which model gave it, why it ended and the tokens it took.
#include "local_server.hpp"

#include <coax/coax.hpp>

#include <iostream>
#include <string>

namespace {

boost::asio::awaitable<void> ask(coax::client llm, std::string question) {
    coax::chat_response const answer = co_await llm.chat(question);
    std::cout << answer.text << "\n(" << answer.model << ", ended by " << to_string(answer.finish_reason) << ", "
              << answer.usage.input_tokens << " + " << answer.usage.output_tokens << " tokens)\n";
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
