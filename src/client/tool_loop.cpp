#include "client/client_impl.hpp"
#include "client/usage_totals.hpp"

#include <coax/tasks/map.hpp>

namespace coax {
namespace {

struct tool_outcome {
    std::string text{};
    bool failed{false};
};

tool_outcome failure(std::string text) { return {.text = "Error: " + std::move(text), .failed = true}; }

std::string names_of(toolbox const& tools) {
    std::string names;
    for (auto const& tool : tools.entries()) names.append(names.empty() ? "" : ", ").append(tool.name);
    return names;
}

/// What the model is told of an error in a tool or in its arguments.
tool_outcome told(error const& why) {
    std::string text{why.message};
    if (!why.where.empty()) text.append(" (at ").append(why.where).append(")");
    return failure(std::move(text));
}

asio::awaitable<tool_outcome> answer_call(tool_call const& call, toolbox const& tools, run_options const& options) {
    auto const* tool = tools.find(call.name);
    if (tool == nullptr) co_return failure("there is no tool \"" + call.name + "\"; there are: " + names_of(tools));
    auto const limit = tool->options.timeout.count() > 0 ? tool->options.timeout : options.tool_timeout;
    auto work = tool->call(call.arguments.empty() ? std::string{"{}"} : call.arguments);
    if (limit.count() > 0) work = with_timeout(limit, std::move(work));
    auto answer = co_await as_result(std::move(work));
    if (answer) co_return tool_outcome{.text = std::move(*answer)};
    co_return told(answer.error());
}

/// Whether the answer is the last one: no tools wanted, or the model declined.
bool is_final(chat_response const& answer) {
    if (answer.finish_reason == finish_reason::refusal || !answer.refusal.empty()) return true;
    return answer.tool_calls.empty() && answer.finish_reason != finish_reason::pause;
}

/// One message for each call of a turn, in the order of the calls.
asio::awaitable<std::vector<message>> answer_turn(std::vector<tool_call> calls, toolbox const& tools,
                                                  run_options const& options) {
    auto const one = [&](tool_call const& call) -> asio::awaitable<message> {
        auto const index = static_cast<std::size_t>(&call - calls.data());
        auto outcome = index < options.max_calls_per_turn ? co_await answer_call(call, tools, options)
                                                          : failure("too many calls in one turn; this one was not run");
        if (options.on_tool) options.on_tool(call, outcome.text, outcome.failed);
        co_return tool_result(call.id, std::move(outcome.text), outcome.failed);
    };
    std::vector<message> messages;
    for (auto& answered : co_await map(calls, {.concurrency = options.max_parallel_tools}, one))
        messages.push_back(value_or_throw(std::move(answered)));
    co_return messages;
}

}  // namespace

asio::awaitable<result<chat_response>> client::impl::run(shard& at, chat_request request, toolbox const& tools,
                                                         run_options bounds, clock::time_point deadline) {
    if (auto wrong = validate(bounds)) co_return *std::move(wrong);
    complete(request);
    request.tools = tools.definitions(service->dialect());

    chat_response sum{.attempts = 0};
    for (int round = 1;; ++round) {
        auto answer = co_await call(at, request, deadline);
        if (!answer) co_return billed(std::move(answer).error(), sum);
        carry_over(*answer, sum);
        if (is_final(*answer)) co_return answer;
        if (round == bounds.max_rounds)
            co_return billed({.code = errc::tool_failed,
                              .message = "the model still asks for tools after " + std::to_string(round) + " rounds",
                              .http_status = 200,
                              .request_id = answer->request_id},
                             *answer);
        request.messages.push_back(to_message(*answer));
        for (auto& said : co_await answer_turn(answer->tool_calls, tools, bounds))
            request.messages.push_back(std::move(said));
        sum = std::move(*answer);
    }
}

}  // namespace coax
