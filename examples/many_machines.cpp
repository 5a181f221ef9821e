// How do several machines share the work, and the limits, of one job?
//
//   many_machines redis://localhost/0/demo &          a worker, as many as you like, on any machine
//   many_machines redis://localhost/0/demo ask        the coordinator: asks, and prints the answers
//
// Needs a Redis server. Without one it prints how to run it. Without a key the workers ask a simulated service.
#include "local_server.hpp"

#include <coax/client/token_options.hpp>
#include <coax/coax.hpp>
#include <coax/fleet/fleet_quota.hpp>
#include <coax/fleet/work_queue.hpp>
#include <coax/fleet/worker.hpp>

#include <chrono>
#include <iostream>
#include <string>

namespace {

namespace asio = boost::asio;

asio::awaitable<void> coordinate(coax::work_queue queue) {
    coax::queue_job job{.description = "answer in one line", .limits = {.requests_per_minute = 600}};
    co_await queue.open(job);
    for (std::string const place : {"Oslo", "Turku", "Riga"}) {
        auto const answer = co_await coax::as_result(queue.ask(place, "What is " + place + " known for?"));
        std::cout << place << ": " << (answer ? answer->value : to_string(answer.error())) << '\n';
        queue.forget(place);
    }
    co_await queue.finish();
}

asio::awaitable<void> work(coax::work_queue queue, coax::client_options options) {
    auto job = co_await queue.job();
    for (; !job; job = co_await queue.job()) co_await coax::sleep_for(std::chrono::milliseconds{200});
    auto const quota = coax::make_fleet_quota(queue, job->limits);
    options.tokens.edit().shared = quota;
    coax::client const llm{co_await asio::this_coro::executor, std::move(options)};
    coax::row_work const answer = [llm](std::string prompt) -> asio::awaitable<coax::batch_output<std::string>> {
        auto const response = co_await llm.chat(prompt);
        co_return coax::batch_output<std::string>{response.text, response.usage, response.attempts};
    };
    auto const done = co_await coax::run_worker(queue, *job, answer);
    co_await coax::flush(quota, std::chrono::seconds{5});
    std::cout << done.rows.ok << " rows done here\n";
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 2) {
        std::cout << "many_machines redis://host/0/job [ask]\n";
        return 0;
    }
    coax::runtime rt;
    coax::work_queue const queue{{.url = argv[1]}};
    if (argc > 2) {
        rt.run(coordinate(queue));
    } else {
        local_server const service;
        rt.run(work(queue, service.options()));
    }
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
