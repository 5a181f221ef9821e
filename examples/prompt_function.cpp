// How do I make a function of a prompt, and call it for many inputs?
// Run: build/release/examples/prompt_function. Without a key a simulated service answers.
// Prints: the request of one function; then the docstring of each, or why there is none.
#include "local_server.hpp"

#include <coax/client/prompt_function.hpp>
#include <coax/coax.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace {

struct function_source {
    std::string name{};
    std::string code{};
};

struct docstring_text {
    std::string summary{};
    std::vector<std::string> parameters{};
};

boost::asio::awaitable<void> document(coax::client llm, std::vector<function_source> sources) {
    auto const docstring = coax::prompt_function<function_source, docstring_text>{
        {.prompt = "Write the docstring of {{name}}:\n{{code}}",
         .system = "You write documentation: one sentence, then what each parameter is.",
         .examples = {{{"half", "def half(x): return x / 2"}, {"Halves a number.", {"x: the number"}}}}}};
    std::cout << docstring.request_for(sources[0]).messages.back().text << '\n';
    auto const outcomes = co_await docstring.all(llm, sources, {.concurrency = 4});
    for (auto const& one : outcomes) {
        std::cout << sources[one.index].name << ": ";
        if (one.ok())
            std::cout << one.value->summary << " (" << one.value->parameters.size() << " parameters)\n";
        else
            std::cout << one.value.error() << '\n';
    }
}

}  // namespace

int main() try {
    std::vector<function_source> const sources{{"add", "def add(a, b): return a + b"},
                                               {"last", "def last(items): return items[-1]"}};
    local_server const service;
    coax::runtime rt;
    coax::client const llm{rt, service.options()};
    rt.run(document(llm, sources));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
