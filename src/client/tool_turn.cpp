#include "client/tool_loop.hpp"
#include "client/tool_stream_state.hpp"
#include "client/value_unwrapper.hpp"
#include "runtime/internal/sleep.hpp"
#include "telemetry/internal/message_text.hpp"
#include "telemetry/internal/span_executor.hpp"

#include <coax/policy/timeout.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/tasks/map.hpp>
#include <coax/telemetry/current_span.hpp>

namespace coax::detail {
namespace {

tool_output failed_output(tool_output output) {
    output.text.insert(0, "Error: ");
    output.failed = true;
    return output;
}

tool_output failed_output(std::string text) { return failed_output(tool_output{.text = std::move(text)}); }

std::string names_of(toolbox const& tools) {
    std::string names;
    for (auto const& tool : tools.entries()) names.append(names.empty() ? "" : ", ").append(tool->name);
    return names;
}

/// The text for the model about an error in a tool or in its arguments.
std::string error_text(error const& why) {
    return why.where.empty() ? why.message : why.message + " (at " + why.where + ")";
}

/// As a coroutine of its own, so that what a tool throws before its coroutine begins is a failed call as well.
asio::awaitable<result<tool_output>> begin_tool(toolbox::entry const& tool, std::string arguments) {
    if (!tool.call) co_return error{.code = errc::internal, .message = "this tool has no function"};
    co_return co_await tool.call(std::move(arguments));
}

/// A call of a turn, and what is to become of it.
struct planned_call {
    tool_call call;
    toolbox::entry const* tool{nullptr};  ///< Null: it is not run, and `instead` says why.
    std::string instead{};
};

asio::awaitable<tool_output> run_tool(planned_call const& planned, run_options const& options) {
    if (planned.tool == nullptr) co_return failed_output(planned.instead);
    auto const& tool = *planned.tool;
    auto const limit = tool.options.timeout.count() > 0 ? tool.options.timeout : options.tool_timeout;
    auto arguments = planned.call.arguments.empty() ? std::string{"{}"} : planned.call.arguments;
    if (tool.wraps) arguments = unwrapped(arguments, {});
    auto work = begin_tool(tool, std::move(arguments));
    if (limit.count() > 0) work = with_timeout(to_duration(limit), std::move(work));
    auto output = co_await as_result(std::move(work));
    if (!output) co_return failed_output(error_text(output.error()));
    co_return output->failed ? failed_output(*std::move(output)) : *std::move(output);
}

/// The same for those who observe. The tool runs as a part of the call.
asio::awaitable<tool_output> run_observed(planned_call const& planned, tool_turns const& turns) {
    auto const executor = co_await asio::this_coro::executor;
    telemetry::detail::observation seen{*turns.telemetry, operation_kind::tool, clock_of(executor)};
    seen.facts.name = planned.call.name;
    seen.facts.id = planned.call.id;
    seen.keep_input([&](std::size_t most) { return telemetry::detail::cut_json(planned.call.arguments, most); });
    seen.begin(turns.origin->span.get());
    telemetry::detail::span_scope scope{*seen.span(), *turns.telemetry};
    auto where = telemetry::detail::executor_in(executor, std::move(scope));
    auto outcome = co_await on_executor(std::move(where), run_tool(planned, turns.plan.bounds));
    seen.keep_output([&](std::size_t most) { return telemetry::detail::cut_json(outcome.text, most); });
    error const why{.code = errc::tool_failed, .message = "the model was told that the call failed"};
    seen.end(outcome.failed ? &why : nullptr);
    co_return outcome;
}

/// Runs one call and tells all who want to know of its end.
asio::awaitable<tool_output> run_told(planned_call const& planned, int round, tool_turns const& turns) {
    auto const& bounds = turns.plan.bounds;
    auto work = turns.telemetry == nullptr ? run_tool(planned, bounds) : run_observed(planned, turns);
    auto output = co_await std::move(work);
    if (bounds.on_tool) bounds.on_tool(planned.call, output.text, output.failed);
    if (turns.plan.watcher) {
        run_event done{.kind = run_event_kind::call_done,
                       .round = round,
                       .text = output.text,
                       .call = planned.call,
                       .failed = output.failed};
        co_await turns.plan.watcher->tell(std::move(done));
    }
    co_return output;
}

/// Finds the tool, and asks whether it may be called.
asio::awaitable<planned_call> plan_call(tool_call const& call, bool is_too_many, run_plan const& plan) {
    planned_call planned{.call = call};
    auto const* const tool = plan.tools.find(call.name);
    if (is_too_many) {
        planned.instead = "too many calls in one turn; this one was not run";
    } else if (tool == nullptr) {
        planned.instead = "there is no tool \"" + call.name + "\"; there are: " + names_of(plan.tools);
    } else if (!plan.bounds.approve) {
        planned.tool = tool;
    } else {
        auto approval = co_await plan.bounds.approve(call);
        if (approval.allowed) planned.tool = tool;
        if (!approval.allowed)
            planned.instead = "this call was denied" + (approval.reason.empty() ? "" : ": " + approval.reason);
        else if (!approval.arguments.empty())
            planned.call.arguments = std::move(approval.arguments);
    }
    co_return planned;
}

}  // namespace

asio::awaitable<std::vector<message>> run_turn(std::vector<tool_call> const& calls, int round,
                                               tool_turns const& turns) {
    std::vector<planned_call> planned;
    for (auto const& call : calls) {
        if (turns.plan.watcher) {
            run_event begun{.kind = run_event_kind::call_begun, .round = round, .call = call};
            co_await turns.plan.watcher->tell(std::move(begun));
        }
        bool const is_too_many = planned.size() >= turns.plan.bounds.max_calls_per_turn;
        planned.push_back(co_await plan_call(call, is_too_many, turns.plan));
    }
    auto const one = [&](planned_call const& each) { return run_told(each, round, turns); };
    std::vector<tool_output> outputs;
    for (auto& outcome : co_await map(planned, {.concurrency = turns.plan.bounds.max_parallel_tools}, one))
        outputs.push_back(value_or_throw(std::move(outcome)));
    co_return result_messages(turns.service, calls, std::move(outputs));
}

}  // namespace coax::detail
