#include "client/client_impl.hpp"
#include "client/tool_definitions.hpp"
#include "client/usage_totals.hpp"
#include "client/value_unwrapper.hpp"
#include "runtime/internal/sleep.hpp"
#include "telemetry/internal/message_text.hpp"
#include "telemetry/internal/span_executor.hpp"

#include <coax/policy/timeout.hpp>
#include <coax/tasks/map.hpp>
#include <coax/telemetry/current_span.hpp>

namespace coax {
namespace {

struct tool_outcome {
    std::string text{};
    bool failed{false};
};

tool_outcome failure(std::string text) { return {.text = "Error: " + std::move(text), .failed = true}; }

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
asio::awaitable<result<std::string>> call_tool(toolbox::entry const& tool, std::string arguments) {
    if (!tool.call) co_return error{.code = errc::internal, .message = "this tool has no function"};
    co_return co_await tool.call(std::move(arguments));
}

/// Runs one call. Everything referred to outlives it.
asio::awaitable<tool_outcome> run_call(tool_call const& call, toolbox const& tools, run_options const& options) {
    auto const* tool = tools.find(call.name);
    if (tool == nullptr) co_return failure("there is no tool \"" + call.name + "\"; there are: " + names_of(tools));
    auto const limit = tool->options.timeout.count() > 0 ? tool->options.timeout : options.tool_timeout;
    auto arguments = call.arguments.empty() ? std::string{"{}"} : call.arguments;
    if (tool->wraps) arguments = detail::unwrapped(arguments, {});
    auto work = call_tool(*tool, std::move(arguments));
    if (limit.count() > 0) work = with_timeout(detail::to_duration(limit), std::move(work));
    auto output = co_await as_result(std::move(work));
    if (output) co_return tool_outcome{.text = *std::move(output)};
    co_return failure(error_text(output.error()));
}

/// Whether calls of the response may be incomplete: what cut it may have cut their arguments.
bool has_cut_calls(chat_response const& response) {
    return !response.tool_calls.empty() &&
           (response.finish_reason == finish_reason::length || response.finish_reason == finish_reason::content_filter);
}

/// `required` and `named` are met by the first round; for ever, they would never let the model answer.
void release_choice(tool_choice& choice) {
    if (choice.mode == tool_choice_mode::required || choice.mode == tool_choice_mode::named) choice = {};
}

/// Whether the loop ends with this response: it asks for no tools, or the model declined.
bool is_final(chat_response const& response) {
    if (response.finish_reason == finish_reason::refusal || !response.refusal.empty()) return true;
    return response.tool_calls.empty() && response.finish_reason != finish_reason::pause;
}

/// What all turns of one run share.
struct tool_turns {
    toolbox const& tools;
    run_options const& options;
    telemetry_options const* telemetry;  ///< Null: nobody observes.
    detail::call_origin const* origin;
};

/// The same for those who observe. The tool runs as a part of the call.
asio::awaitable<tool_outcome> run_observed(tool_call const& call, tool_turns const& turns) {
    auto const executor = co_await asio::this_coro::executor;
    telemetry::detail::observation seen{*turns.telemetry, operation_kind::tool, clock_of(executor)};
    seen.facts.name = call.name;
    seen.facts.id = call.id;
    seen.keep_input([&](std::size_t most) { return telemetry::detail::cut_json(call.arguments, most); });
    seen.begin(turns.origin->span.get());
    telemetry::detail::span_scope scope{*seen.span(), *turns.telemetry};
    auto where = telemetry::detail::executor_in(executor, std::move(scope));
    auto outcome = co_await on_executor(std::move(where), run_call(call, turns.tools, turns.options));
    seen.keep_output([&](std::size_t most) { return telemetry::detail::cut_json(outcome.text, most); });
    error const why{.code = errc::tool_failed, .message = "the model was told that the call failed"};
    seen.end(outcome.failed ? &why : nullptr);
    co_return outcome;
}

/// Runs the calls of one turn. Returns a message for each, in the order of the calls.
asio::awaitable<std::vector<message>> run_turn(std::vector<tool_call> calls, tool_turns const& turns) {
    auto const& options = turns.options;
    auto const run = [&](tool_call const& call) {
        return turns.telemetry == nullptr ? run_call(call, turns.tools, options) : run_observed(call, turns);
    };
    auto const one = [&](tool_call const& call) -> asio::awaitable<message> {
        auto const index = static_cast<std::size_t>(&call - calls.data());
        auto outcome = index < options.max_calls_per_turn ? co_await run(call)
                                                          : failure("too many calls in one turn; this one was not run");
        if (options.on_tool) options.on_tool(call, outcome.text, outcome.failed);
        co_return tool_result(call.id, std::move(outcome.text), outcome.failed);
    };
    std::vector<message> messages;
    for (auto& outcome : co_await map(calls, {.concurrency = options.max_parallel_tools}, one))
        messages.push_back(value_or_throw(std::move(outcome)));
    co_return messages;
}

}  // namespace

asio::awaitable<result<detail::boxed_response>> client::impl::run(shard& at, chat_request request, toolbox tools,
                                                                  run_options bounds, call_scope scope,
                                                                  std::shared_ptr<impl>) {
    if (auto valid = validate(bounds); !valid) co_return std::move(valid).error();
    complete(request);
    auto defined = detail::define_tools(tools, provider->dialect(), options.output.relax_schemas);
    if (!defined) co_return std::move(defined).error();
    request.tools = std::move(defined->all);

    tool_turns const turns{.tools = tools,
                           .options = bounds,
                           .telemetry = observes() ? &*options.telemetry : nullptr,
                           .origin = scope.origin.get()};
    chat_response totals{.attempts = 0};
    for (int round = 1;; ++round) {
        auto called = co_await call(at, request, scope);
        if (!called) co_return detail::with_totals(std::move(called).error(), totals);
        auto& response = **called;
        detail::add_totals(response, totals);
        response.schema_note = defined->note;
        if (is_final(response)) co_return called;
        if (has_cut_calls(response)) co_return check_usable(response).error();
        if (round == bounds.max_rounds)
            co_return detail::with_totals(
                {.code = errc::tool_failed,
                 .message = "the model still asks for tools after " + std::to_string(round) + " rounds",
                 .http_status = 200,
                 .request_id = response.request_id},
                response);
        request.messages.push_back(to_message(response));
        for (auto& output : co_await run_turn(response.tool_calls, turns))
            request.messages.push_back(std::move(output));
        release_choice(request.tool_choice);
        totals = std::move(response);
    }
}

}  // namespace coax
