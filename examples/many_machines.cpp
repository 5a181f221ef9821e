// How do several machines share the work, and the limits, of one job?
//
//   many_machines redis://localhost/0/demo &          a worker, as many as you like, on any machine
//   many_machines redis://localhost/0/demo ask        the coordinator: asks, and prints the answers
//
// Needs a Redis server. Without one it prints how to run it. Without a key the workers ask a simulated service.
#include "local_server.hpp"

#include <coax/batch/process_batch.hpp>
#include <coax/client/token_options.hpp>
#include <coax/coax.hpp>
#include <coax/fleet/fleet_quota.hpp>
#include <coax/fleet/queue_route.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;

struct place {
    std::string name;
};
struct description {
    std::string known_for;
    int inhabitants{};
};

asio::awaitable<void> ask_about(coax::client llm, std::vector<place> places, coax::work_queue queue) {
    coax::process_options options{.key_field = "name", .via = coax::via_queue(queue, {.requests_per_minute = 600})};
    auto const done =
        co_await coax::process_batch<description>(llm, places, "What is {{name}} known for?", std::move(options));
    for (auto const& row : done.table())
        std::cout << row.key << ": " << (row.value ? row.value->known_for : to_string(row.value.error())) << '\n';
}

asio::awaitable<void> work_on_places(coax::client_options options, coax::work_queue queue) {
    auto job = co_await queue.job();
    for (; !job; job = co_await queue.job()) co_await coax::sleep_for(std::chrono::milliseconds{200});
    auto const quota = coax::make_fleet_quota(queue, job->limits);
    options.tokens.edit().shared = quota;
    coax::client const llm{co_await asio::this_coro::executor, std::move(options)};
    auto const done = co_await coax::run_worker(queue, *job, coax::process_work<description>(llm, *job));
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
    local_server const service;
    if (argc > 2)
        rt.run(ask_about({rt.executor(), service.options()}, {{"Oslo"}, {"Turku"}, {"Riga"}}, queue));
    else
        rt.run(work_on_places(service.options(), queue));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
