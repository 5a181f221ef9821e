#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/queue_flags.hpp"

#include <coax/fleet/work_queue.hpp>
#include <coax/json/writer.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/runtime.hpp>

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace coax::cli {
namespace {

/// What is found or done, for people and as JSON.
struct queue_answer {
    std::string text{};
    std::string json{};
};

std::string limits_text(queue_status const& status) {
    std::string text;
    auto const& limits = status.limits;
    auto const add = [&text](std::string const& part) { text += (text.empty() ? "" : ", ") + part; };
    if (limits.requests_per_minute > 0) add(std::to_string(limits.requests_per_minute) + " requests a minute");
    if (limits.tokens_per_minute > 0) add(std::to_string(limits.tokens_per_minute) + " tokens a minute");
    if (limits.max_concurrency > 0)
        add(std::to_string(status.requests_in_flight) + " of " + std::to_string(limits.max_concurrency) +
            " requests under way");
    if (limits.max_cost)
        add(to_string(status.spent) + " of " + to_string(*limits.max_cost) + " USD spent, " +
            to_string(status.reserved) + " set aside");
    return text;
}

std::string text_of(queue_status const& status) {
    if (!status.exists) return "no job";
    auto const count = [](std::uint64_t number, char const* what) { return std::to_string(number) + what; };
    auto text = std::string{status.finished ? "finished: " : ""} + count(status.waiting, " waiting, ") +
                count(status.in_work, " in work, ") + count(status.ok, " ok, ") + count(status.failed, " failed, ") +
                count(status.dead, " dead");
    if (auto const limits = limits_text(status); !limits.empty()) text += "\nquota: " + limits;
    for (auto const& worker : status.workers)
        text += '\n' + worker.name + ": " + count(worker.in_work, " in work, ") + count(worker.stored, " done, ") +
                "heard of " + std::to_string(worker.idle.count()) + " ms ago";
    return text;
}

void write_limits(json::writer& out, queue_status const& status) {
    auto const& limits = status.limits;
    out.key("quota").begin_object();
    out.member("requests_per_minute", limits.requests_per_minute);
    out.member("tokens_per_minute", limits.tokens_per_minute).member("max_concurrency", limits.max_concurrency);
    out.member("requests_in_flight", status.requests_in_flight);
    if (limits.max_cost) out.member("max_cost_usd", std::string_view{to_string(*limits.max_cost)});
    out.member("spent_usd", std::string_view{to_string(status.spent)});
    out.member("reserved_usd", std::string_view{to_string(status.reserved)}).end_object();
}

std::string json_of(queue_status const& status) {
    std::string text;
    json::writer out{text};
    out.begin_object().member("exists", status.exists).member("finished", status.finished);
    out.member("waiting", status.waiting).member("in_work", status.in_work).member("ok", status.ok);
    out.member("failed", status.failed).member("stored", status.stored).member("dead", status.dead);
    out.key("workers").begin_array();
    for (auto const& worker : status.workers)
        out.begin_object()
            .member("name", std::string_view{worker.name})
            .member("in_work", worker.in_work)
            .member("stored", worker.stored)
            .member("idle_ms", worker.idle.count())
            .end_object();
    out.end_array();
    write_limits(out, status);
    out.end_object();
    return text;
}

queue_answer counted(std::string_view name, std::uint64_t number, std::string const& text) {
    queue_answer both{.text = std::to_string(number) + text};
    json::writer{both.json}.begin_object().member(name, number).end_object();
    return both;
}

asio::awaitable<queue_answer> show_status(work_queue queue) {
    auto const status = co_await queue.status();
    co_return queue_answer{text_of(status), json_of(status)};
}

asio::awaitable<queue_answer> retry_dead(work_queue queue) {
    auto const count = co_await queue.retry_dead();
    co_return counted("retried", count,
                      " rows are back in the queue; coax batch --queue --resume --retry-failed collects their results");
}

asio::awaitable<queue_answer> purge(work_queue queue) {
    auto const count = co_await queue.purge();
    co_return counted("purged", count, " rows that were not done, and all else of the job, are gone");
}

using queue_operation = std::function<asio::awaitable<queue_answer>(work_queue)>;

int run_on_queue(queue_flags const& flags, service_flags const& service, bool as_json, queue_operation const& work) {
    auto options = queue_options_of(flags, service, process_environment);
    if (!options) return print_error(options.error()), bad_usage;
    work_queue const queue{*std::move(options)};
    runtime rt;
    auto const done = rt.run(as_result(work(queue)));
    if (!done) return print_error(done.error()), could_not_go_on;
    print_answer((as_json ? done->json : done->text) + '\n');
    return all_ok;
}

CLI::App* add_queue_operation(CLI::App& parent, service_flags const& service, chosen_command& chosen, char const* name,
                              char const* description, queue_operation work) {
    auto* const command = parent.add_subcommand(name, description);
    auto flags = std::make_shared<queue_flags>();
    add_queue_flag(*command, *flags, "The queue; default: COAX_QUEUE");
    auto as_json = std::make_shared<bool>(false);
    command->add_flag("--json", *as_json, "Print a JSON object");
    command->callback(
        [=, &service, &chosen] { chosen = [=, &service] { return run_on_queue(*flags, service, *as_json, work); }; });
    return command;
}

}  // namespace

void add_queue_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command = program.add_subcommand("queue", "See and tend a queue of coax batch --queue");
    command->require_subcommand(1);
    add_queue_operation(*command, service, chosen, "status", "Count rows, workers and what the quota has left",
                        &show_status);
    add_queue_operation(*command, service, chosen, "retry", "Put the rows of the dead letters back into the queue",
                        &retry_dead);
    auto* const dropping =
        add_queue_operation(*command, service, chosen, "purge",
                            "Drop the job: rows, results that were not collected, dead letters, quota", &purge);
    dropping->add_flag_callback("--yes", [] {}, "It is meant")->required();
}

}  // namespace coax::cli
