// How do I keep responses, so that the same question is paid once, also in the next run of the program?
// Run: build/release/examples/cache. Without a key a simulated service answers.
// Prints: what was asked and what came from the cache, then what the cache did.
#include "local_server.hpp"

#include <coax/cache/response_cache.hpp>
#include <coax/cache/sqlite_cache.hpp>
#include <coax/chat/cache_control.hpp>
#include <coax/coax.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <string>

namespace {

using namespace std::chrono_literals;

boost::asio::awaitable<void> ask(coax::client llm, coax::cache_control how, char const* when) {
    coax::chat_request request{.messages = {coax::user("What is a cache?")}, .response_cache = how};
    auto const response = co_await llm.chat(request);
    std::printf("%s: %s, %lld tokens\n", when, response.cached ? "kept" : "asked",
                static_cast<long long>(response.usage.total_tokens()));
}

boost::asio::awaitable<void> ask_all(coax::client llm, std::shared_ptr<coax::cache_store> store) {
    coax::cache_control how{.tags = {"caches"}};
    co_await ask(llm, how, "at first");
    co_await ask(llm, how, "once more");
    how.refresh = true;
    co_await ask(llm, how, "a fresh one");
    how.refresh = false;
    auto const dropped = coax::value_or_throw(co_await store->invalidate_by_tags({"caches"}));
    std::printf("dropped: %llu\n", static_cast<unsigned long long>(dropped));
    co_await ask(llm, how, "after that");
    auto const all = coax::value_or_throw(co_await store->statistics());
    std::printf("%llu hits, %llu misses, %llu stores\n", static_cast<unsigned long long>(all.hits),
                static_cast<unsigned long long>(all.misses), static_cast<unsigned long long>(all.stores));
}

}  // namespace

int main() try {
    local_server const server;
    auto const file = std::filesystem::temp_directory_path() / "coax_example_cache.sqlite";
    std::filesystem::remove(file);  // a program would keep it
    auto const store = coax::make_sqlite_cache({.path = file.string()});
    auto options = server.options();
    options.response_cache = coax::response_cache_options{.store = store, .ttl = 24h};
    coax::runtime rt;
    rt.run(ask_all(coax::client{rt, options}, store));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
