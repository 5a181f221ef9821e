// How do I get a struct out of a response?
// Run: build/release/examples/parse ["a post"]. Without a key a simulated service answers.
// Prints: the JSON Schema that the service was told; then the struct's members.
#include "local_server.hpp"
#include "sentiment.hpp"

#include <coax/coax.hpp>

#include <iostream>
#include <string>

namespace {

boost::asio::awaitable<void> judge(coax::client llm, std::string post) {
    coax::chat_request request{.messages = {coax::system("Judge the sentiment of the post."), coax::user(post)}};
    sentiment const s = co_await llm.parse<sentiment>(request);

    std::cout << "label: " << coax::reflect::enum_name(s.label) << "\nconfidence: " << s.confidence << "\nemotions:";
    for (auto const& emotion : s.emotions) std::cout << ' ' << emotion;
    std::cout << '\n';
}

}  // namespace

int main(int argc, char** argv) try {
    std::cout << "schema: " << coax::json_schema<sentiment> << '\n';
    local_server const service;
    coax::runtime rt;
    coax::client const llm{rt, service.options()};
    rt.run(judge(llm, argc > 1 ? argv[1] : "I waited three hours. Never again."));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
