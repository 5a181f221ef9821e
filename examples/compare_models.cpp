// Which of several models should I take? How do I ask them the same at once?
// Run: build/release/examples/compare_models [MODEL...]. Without a key a simulated service answers.
// Prints: a line for each model with its time, its tokens and its text, or its error; then the same as a table.
#include "local_server.hpp"

#include <coax/client/compare.hpp>
#include <coax/coax.hpp>

#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

namespace {

boost::asio::awaitable<void> ask_all(std::vector<coax::client> models) {
    coax::chat_request request{.messages = {coax::user("Why is the sky blue? One sentence.")}};
    auto const rows = co_await coax::compare(models, request);
    for (auto const& row : rows) {
        std::cout << std::left << std::setw(20) << row.model;
        if (row.response)
            std::cout << row.latency.count() << " ms  " << row.usage.total_tokens() << " tokens  " << row.response->text
                      << '\n';
        else
            std::cout << row.response.error() << '\n';
    }
    coax::comparison all;
    all.add(rows, false);
    std::cout << coax::to_table(all.scores());
}

}  // namespace

int main(int argc, char** argv) try {
    coax::sim::options few{};
    few.models = {"gpt-5-mini", "gpt-5-nano"};
    local_server const service{few};
    coax::runtime rt;
    std::vector<std::string> names{argv + 1, argv + argc};
    if (names.empty()) names = few.models;
    std::vector<coax::client> models;
    for (auto const& name : names) {
        auto options = service.options();
        options.service.model = name;
        models.emplace_back(rt, options);
    }
    rt.run(ask_all(models));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
