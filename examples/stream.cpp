// How do I show a response while it is being written?
// Run: build/release/examples/stream ["a question"]. Without a key a simulated service answers.
// Prints: the words as they come; then in how many pieces they came and why the response ended.
#include "local_server.hpp"

#include <coax/coax.hpp>

#include <iostream>
#include <string>

namespace {

boost::asio::awaitable<void> show(coax::client llm, std::string question) {
    coax::chat_stream stream = co_await llm.stream(question);
    int pieces = 0;
    while (auto const delta = co_await stream.next()) {
        std::cout << delta->text << std::flush;
        ++pieces;
    }
    coax::chat_response const whole = co_await stream.finish();
    std::cout << "\n(" << pieces << " pieces, " << whole.text.size() << " bytes, ended by "
              << to_string(whole.finish_reason) << ")\n";
}

}  // namespace

int main(int argc, char** argv) try {
    coax::sim::options slow{};
    slow.latency.tokens_per_second = 100;
    local_server const service{slow};
    coax::runtime rt;
    coax::client const llm{rt, service.options()};
    rt.run(show(llm, argc > 1 ? argv[1] : "Tell me a story."));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
