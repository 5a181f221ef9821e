// How do I watch a model that calls my functions, and decide which calls it may make?
// Run: build/release/examples/tool_stream. Without a key a simulated service answers.
// Prints: each call as it begins and ends, one of them denied, and the text as it is written; then what the next turn
// goes on from.
#include "local_server.hpp"

#include <coax/chat/response_details.hpp>
#include <coax/client/tool_stream.hpp>
#include <coax/coax.hpp>

#include <iostream>
#include <string>

namespace {

struct file_query {
    std::string path{};
};

boost::asio::awaitable<coax::tool_approval> approve(coax::tool_call call) {
    if (call.name != "delete_file") co_return coax::tool_approval{};
    co_return coax::tool_approval{.allowed = false, .reason = "nothing is deleted here"};  // or ask somebody
}

boost::asio::awaitable<void> tidy(coax::client llm) {
    coax::toolbox tools;
    tools.add("read_file", "The text of a file", [](file_query const& asked) { return "text of " + asked.path; });
    tools.add("delete_file", "Deletes a file", [](file_query const& asked) { std::cout << "gone: " << asked.path; });

    coax::run_options options{.max_tokens = 20'000, .timeout = std::chrono::minutes{2}};
    options.approve = approve;
    auto run = co_await llm.run_stream("Tidy up my notes.", tools, options);
    while (auto const event = co_await run.next()) {
        if (event->kind == coax::run_event_kind::text) std::cout << event->text;
        if (event->kind == coax::run_event_kind::call_begun) std::cout << event->call.name << " begins\n";
        if (event->kind == coax::run_event_kind::call_done)
            std::cout << event->call.name << ": " << event->text << '\n';
        if (event->response) std::cout << "\nhistory: " << event->response->details->history.size() << " messages\n";
    }
}

}  // namespace

int main() try {
    coax::sim::options busy{};
    busy.tool_calls_per_turn = 2;
    local_server const service{busy};
    coax::runtime rt;
    coax::client const llm{rt, service.options()};
    rt.run(tidy(llm));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
