// How do I get a list of structs?
// Run: build/release/examples/list ["a text"]. Without a key a simulated service answers.
// Prints: how many there are, and each.
#include "local_server.hpp"

#include <coax/coax.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace {

struct person {
    std::string name{};
    int born{};

    static constexpr auto coax_schema = coax::describe(
        "A person in the text", coax::field(&person::born, {.description = "Year", .minimum = 1000, .maximum = 2100}));
};

boost::asio::awaitable<void> ask(coax::client llm, std::string text) {
    auto const people = co_await llm.parse<std::vector<person>>("Who is named here? " + text);
    std::cout << people.size() << " people\n";
    for (auto const& [name, born] : people) std::cout << name << ", born in " << born << '\n';
}

}  // namespace

int main(int argc, char** argv) try {
    local_server const service;
    coax::runtime rt;
    rt.run(ask(coax::client{rt, service.options()}, argc > 1 ? argv[1] : "Ada Lovelace met Charles Babbage in 1833."));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
