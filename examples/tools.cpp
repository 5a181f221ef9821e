// How do I let a model call my functions?
// Run: build/release/examples/tools. Without a key a simulated service answers.
// Prints: each call of a tool with what it returned; then the model's advice.
#include "local_server.hpp"

#include <coax/coax.hpp>

#include <chrono>
#include <iostream>
#include <string>

namespace {

struct weather_query {
    std::string city{};
};

struct weather {
    double degrees{};
    std::string sky{};
};

boost::asio::awaitable<weather> get_weather(weather_query query) {
    co_await coax::sleep_for(std::chrono::milliseconds{10});  // the weather service is slow
    co_return weather{.degrees = 4.5, .sky = "Sleet over " + query.city};
}

boost::asio::awaitable<void> advise(coax::client llm) {
    coax::toolbox tools;
    tools.add("get_weather", "Current weather of a city", get_weather);

    coax::run_options options{};
    options.on_tool = [](coax::tool_call const& call, std::string_view output, bool failed) {
        std::cout << call.name << call.arguments << (failed ? " failed: " : " returned ") << output << '\n';
    };
    coax::chat_response const advice = co_await llm.run("Should I cycle in Oslo now?", tools, options);
    std::cout << "advice: " << advice.text << '\n';
}

}  // namespace

int main() try {
    local_server const service;
    coax::runtime rt;
    coax::client const llm{rt, service.options()};
    rt.run(advise(llm));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
