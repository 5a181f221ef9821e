// Which of two models should I take? How do I ask several at once?
// Run: build/release/examples/compare_models [MODEL MODEL]. Without a key a simulated service answers.
// Prints: a line for each model with its time, its tokens and its text, or its error.
#include "local_server.hpp"

#include <coax/coax.hpp>

#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

namespace {

boost::asio::awaitable<coax::chat_response> ask(coax::client llm, std::string model) {
    coax::chat_request request{.model = model, .messages = {coax::user("Why is the sky blue? One sentence.")}};
    co_return co_await llm.chat(request);
}

boost::asio::awaitable<void> compare(coax::client llm, std::vector<std::string> models) {
    auto const responses = co_await coax::map(models, {.concurrency = models.size()},
                                              [&llm](std::string const& model) { return ask(llm, model); });
    for (std::size_t i = 0; i < models.size(); ++i) {
        std::cout << std::left << std::setw(20) << models[i];
        if (responses[i])
            std::cout << responses[i]->latency.count() << " ms  " << responses[i]->usage.total_tokens() << " tokens  "
                      << responses[i]->text << '\n';
        else
            std::cout << responses[i].error() << '\n';
    }
}

}  // namespace

int main(int argc, char** argv) try {
    coax::sim::options few{};
    few.models = {"gpt-5-mini", "gpt-5-nano"};
    local_server const service{few};
    coax::runtime rt;
    coax::client const llm{rt, service.options()};
    std::vector<std::string> models{argv + 1, argv + argc};
    if (models.empty()) models = few.models;
    rt.run(compare(llm, models));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
