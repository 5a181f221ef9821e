#pragma once

#include <coax/chat/response.hpp>
#include <coax/chat/tool.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/tasks/stream.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace coax {

enum class run_event_kind {
    round_begun,  ///< A call of the model: the first, one after the results of tools, or one that asks again.
    text,         ///< What the model wrote, of any round.
    reasoning,
    refusal,
    call_begun,  ///< As the model asked for it, before `run_options::approve` is.
    call_done,   ///< Also of a call that was denied, or of an unknown tool.
    finished     ///< The last event.
};

/// What happened in a run.
struct run_event {
    run_event_kind kind{run_event_kind::text};
    int round{0};        ///< From 1.
    std::string text{};  ///< What is new of a text; of `call_done`, what the tool told the model.
    tool_call call{};    ///< Of `call_begun`, and of `call_done` with the arguments that it had.
    bool failed{false};  ///< Of `call_done`.
    std::shared_ptr<chat_response const> response{};  ///< Of `finished`; else null.
};

/// A run that is watched. It goes on by itself, up to 64 events ahead of who reads them. Destroying it early cancels
/// the model call and the tools that are under way; what was produced by then is billed.
///
/// `next` throws what `client::run` does, and `errc::closed` when the client's context ends; its cancellation
/// (`terminal`) ends the run. Thread safety: one coroutine at a time, on any executor.
class tool_stream : public stream<run_event> {
public:
    class state;

    explicit tool_stream(core::detail::shared_opaque<state> begun);

    /// Drops the events that are left and returns the response that `client::run` gives.
    /// @throws coax::exception  As `next`.
    boost::asio::awaitable<chat_response> finish();

private:
    core::detail::shared_opaque<state> state_;
};

}  // namespace coax
