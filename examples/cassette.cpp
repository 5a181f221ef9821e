// How do I test a program without network, key and cost?
// Run: build/release/examples/cassette CASSETTE. Where there is no such file, it asks the service and records; from
// then on the file answers. Prints: the response, the pieces of a stream and what of the cassette was not asked for.
#include "local_server.hpp"

#include <coax/coax.hpp>
#include <coax/http/cassette.hpp>

#include <filesystem>
#include <iostream>
#include <string>

namespace {

/// The program under test: it takes a client, so that a test can give it one that talks to a cassette.
boost::asio::awaitable<void> introduce(coax::client llm) {
    auto const greeting = co_await llm.chat("Say hello in Finnish.");
    std::cout << greeting.text << '\n';
    auto stream = co_await llm.stream("Tell me of the rain in three sentences.");
    int pieces = 0;
    while (co_await stream.next()) ++pieces;
    std::cout << pieces << " pieces, ended by " << to_string((co_await stream.finish()).finish_reason) << '\n';
}

boost::asio::awaitable<void> record(std::string path) {
    local_server const service;
    auto options = service.options();
    auto const executor = co_await boost::asio::this_coro::executor;
    auto const network = std::make_shared<coax::http_transport>(executor, options.http);
    options.service.transport = std::make_shared<coax::record_transport>(
        network, path, coax::recording_options{.scrub = {.members = {"user"}}});
    coax::client const llm{executor, options};
    co_await introduce(llm);
}

boost::asio::awaitable<void> replay(std::string path) {
    auto const tape = std::make_shared<coax::replay_transport>(path);
    coax::client_options options{.service = {.api_key = "none", .model = "gpt-5-mini", .transport = tape}};
    coax::client const llm{co_await boost::asio::this_coro::executor, options};
    co_await introduce(llm);
    std::cout << tape->unused().size() << " exchanges were not asked for\n";
}

}  // namespace

int main(int argc, char** argv) try {
    std::string const path = argc > 1 ? argv[1] : "hello.cassette.jsonl";
    if (std::filesystem::exists(path)) {
        coax::runtime rt{coax::virtual_time{}};  // the waits of the service cost nothing
        rt.run(replay(path));
    } else {
        coax::runtime rt;
        rt.run(record(path));
    }
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
