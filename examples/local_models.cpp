// How do I ask a model that runs on my own machine?
// Run: build/release/examples/local_models [ollama|llama.cpp|vllm|lmstudio [MODEL]]. With a name that server is asked,
// at its usual port; without one a simulated server answers. Prints: where it asks, and the answer. No key is needed.
#include <coax/client/connection_check.hpp>
#include <coax/coax.hpp>
#include <coax/sim/server.hpp>

#include <iostream>
#include <optional>
#include <string>

namespace {

boost::asio::awaitable<void> ask(coax::client llm) {
    auto const answer = co_await llm.chat("Why is the sky blue?");
    std::cout << answer.model << ": " << answer.text << '\n';
}

}  // namespace

int main(int argc, char** argv) try {
    coax::client_options options{.service = {.model = argc > 2 ? argv[2] : "qwen3"}};
    options.service.provider.service = argc > 1 ? argv[1] : "ollama";

    std::optional<coax::sim::server> simulated;
    if (argc == 1) {
        simulated.emplace();
        options.service.provider.base_url = simulated->url() + "/v1";  // where it is not at its usual port
    }
    coax::runtime rt;
    coax::client const llm{rt, options};
    std::cout << llm.info().address << '\n';
    rt.run(ask(llm));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
