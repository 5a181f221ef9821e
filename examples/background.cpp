// How do I have responses made later, at a lower price, and find them again after a crash?
// Run: build/release/examples/background. Without a key a simulated service answers.
// Prints: the ids that a first client began, then what a second one, which knows but these, read.
#include "local_server.hpp"

#include <coax/client/background.hpp>
#include <coax/coax.hpp>

#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

namespace {

struct verdict {
    bool kind{};
    double confidence{};
};

/// Begins a response for each post. A program that may crash writes each id down before it begins the next.
boost::asio::awaitable<std::vector<std::string>> begin_all(coax::client llm, std::vector<std::string> posts) {
    coax::background_responses const background{llm};
    auto const format = coax::output_format::of<verdict>();
    coax::background_options const cheap{.completion_window = "8h"};
    std::vector<std::string> ids;
    for (auto const& post : posts) {
        auto const begun = co_await background.start("Is this kind? " + post, cheap, format);
        std::printf("begun %s\n", begun.id.c_str());
        ids.push_back(begun.id);
    }
    co_return ids;
}

boost::asio::awaitable<void> read_all(coax::client llm, std::vector<std::string> ids) {
    coax::background_responses const background{llm};
    for (auto const& id : ids) {
        auto const read = co_await background.read<verdict>(id);
        std::printf("read %s: %s, %lld tokens\n", id.c_str(), read.value.kind ? "kind" : "not kind",
                    static_cast<long long>(read.response.usage.total_tokens()));
    }
}

}  // namespace

int main() try {
    local_server const server;
    auto options = server.options();
    options.service.provider.api = "responses";
    coax::runtime rt;
    auto const ids = rt.run(begin_all(coax::client{rt, options}, {"What a lovely day!", "Never again."}));
    rt.run(read_all(coax::client{rt, options}, ids));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
