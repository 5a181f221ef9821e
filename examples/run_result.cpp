// How do I have a run of tools end in a struct of mine?
// Run: build/release/examples/run_result. Without a key a simulated service answers.
// Prints: each call of a tool; then the struct that the model fills once it is done with tools.
#include "local_server.hpp"

#include <coax/coax.hpp>

#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct train_query {
    std::string from{};
    std::string to{};
};

struct train {
    std::string number{};
    int minutes{};
};

boost::asio::awaitable<std::vector<train>> find_trains(train_query) {
    co_return std::vector<train>{{.number = "R11", .minutes = 96}, {.number = "F4", .minutes = 71}};
}

struct booking {
    std::string number{};
    int seats{};

    static constexpr auto coax_schema =
        coax::describe("The train to book", coax::field(&booking::seats, {.minimum = 1, .maximum = 9}));
};

boost::asio::awaitable<void> book(coax::client llm) {
    coax::toolbox tools;
    tools.add("find_trains", "Trains between two stations", find_trains);

    coax::run_options options{};
    options.max_rounds = 4;  // what ends it otherwise: this many turns, max_tokens or timeout
    options.on_tool = [](coax::tool_call const& call, std::string_view output, bool) {
        std::cout << call.name << call.arguments << " returned " << output << '\n';
    };
    auto const wanted = co_await llm.run<booking>("The fastest train from Oslo to Moss, two seats.", tools, options);
    std::cout << "book: " << wanted.number << ", " << wanted.seats << " seats\n";
}

}  // namespace

int main() try {
    local_server const service;
    coax::runtime rt;
    rt.run(book(coax::client{rt, service.options()}));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
