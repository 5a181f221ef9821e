#pragma once

#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/client/client.hpp>
#include <coax/client/parsed.hpp>
#include <coax/core/result.hpp>
#include <coax/tasks/map.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace coax {

/// How `chat_all` and `parse_all` work through their requests.
template <class T>
struct many_options {
    /// Requests in work at once; the client's `max_concurrency` bounds them too. Range: [1, 1'000'000].
    std::size_t concurrency{16};
    /// Takes the place of the value of each call that failed. Nothing: there is none.
    std::optional<T> fallback{};
    /// Cancels the other calls after the first that failed, and starts none.
    bool stop_on_error{false};
    /// Called on the caller's executor after each call. Empty: nothing. A throw ends all.
    std::function<void(pipeline_progress const&)> progress{};
};

/// What became of one of many requests.
template <class T>
struct call_outcome {
    std::size_t index{0};                  ///< Of the request, in the list that was given.
    result<T> value{error{}};              ///< Or the error; of a call that failed the fallback, where there is one.
    std::optional<error> why{};            ///< The call failed with this. Nothing: it did not.
    coax::usage usage{};                   ///< What was billed, of a failed call as far as known.
    int attempts{0};                       ///< Requests sent for it; 0: none.
    std::chrono::milliseconds latency{0};  ///< From the call to its end, waits included; 0 where it failed.

    [[nodiscard]] bool ok() const noexcept { return !why; }
};

/// What all calls cost together.
template <class T>
[[nodiscard]] usage total_usage(std::vector<call_outcome<T>> const& outcomes) {
    coax::usage sum;
    for (auto const& one : outcomes) sum += one.usage;
    return sum;
}

namespace detail {

/// Everything of an outcome but its value.
template <class T>
void set_cost(call_outcome<T>& outcome, chat_response const& response) {
    outcome.usage = response.usage;
    outcome.attempts = response.attempts;
    outcome.latency = response.latency;
}

template <class T>
void set_failure(call_outcome<T>& outcome, error why, std::optional<T> const& fallback) {
    outcome.usage = {.input_tokens = why.input_tokens, .output_tokens = why.output_tokens};
    outcome.attempts = why.attempts;
    if (fallback)
        outcome.value = *fallback;
    else
        outcome.value = why;
    outcome.why = std::move(why);
}

/// @param call  A request to an awaitable, of whose value `take` makes the outcome's value and cost.
template <class T, class Input, class Call, class Take>
asio::awaitable<std::vector<call_outcome<T>>> call_all(std::vector<Input> requests, many_options<T> options, Call call,
                                                       Take take) {
    map_options const how{.concurrency = options.concurrency,
                          .progress = std::move(options.progress),
                          .stop_on_error = options.stop_on_error};
    auto got = co_await map(std::move(requests), how, std::move(call));
    std::vector<call_outcome<T>> outcomes(got.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        outcomes[i].index = i;
        if (got[i])
            take(outcomes[i], *std::move(got[i]));
        else
            set_failure(outcomes[i], std::move(got[i]).error(), options.fallback);
    }
    co_return outcomes;
}

}  // namespace detail

/// Sends many chats, at most `concurrency` at once, and waits for all: for so many that they and their responses fit
/// memory; `batch` is for more, and for output that can be resumed.
///
/// @param requests  `chat_request`s or texts.
/// @returns One outcome for each request, in the order of the requests.
/// @throws coax::exception  `errc::cancelled`, `errc::invalid_argument` of an option; what `progress` throws.
/// Cancellation: `terminal`; passed on to the calls, which are waited for.
/// Thread safety: runs on the caller's executor, which must run one handler at a time.
template <chat_input Input>
[[nodiscard]] asio::awaitable<std::vector<call_outcome<chat_response>>> chat_all(
    client llm, std::vector<Input> requests, many_options<chat_response> options = {}) {
    auto call = [llm](Input request) { return llm.chat(std::move(request)); };
    auto take = [](call_outcome<chat_response>& outcome, chat_response&& response) {
        detail::set_cost(outcome, response);
        outcome.value = std::move(response);
    };
    return detail::call_all<chat_response>(std::move(requests), std::move(options), std::move(call), std::move(take));
}

/// `client::parse` for many requests. Otherwise as `chat_all`.
template <class T, chat_input Input>
[[nodiscard]] asio::awaitable<std::vector<call_outcome<T>>> parse_all(
    client llm, std::vector<Input> requests, many_options<std::type_identity_t<T>> options = {}) {
    auto call = [llm](Input request) { return llm.template parse_response<T>(std::move(request)); };
    auto take = [](call_outcome<T>& outcome, parsed<T>&& read) {
        detail::set_cost(outcome, read.response);
        outcome.value = std::move(read.value);
    };
    return detail::call_all<T>(std::move(requests), std::move(options), std::move(call), std::move(take));
}

}  // namespace coax
