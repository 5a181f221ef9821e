#pragma once

#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/client/chat_stream.hpp>
#include <coax/client/options.hpp>
#include <coax/client/output_format.hpp>
#include <coax/client/parse_stream.hpp>
#include <coax/client/parsed.hpp>
#include <coax/client/toolbox.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/schema/codec.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <utility>

namespace coax {

class runtime;

namespace detail {

/// Only a chat_request, but looked at late: a template that took it by its name would have the compiler make its
/// destructor, with all it holds, in every file.
template <class T>
concept is_chat_request = std::same_as<T, chat_request>;

}  // namespace detail

/// What a client did so far.
struct client_statistics {
    std::uint64_t calls{0};     ///< Operations begun, tool rounds and re-asks counted each.
    std::uint64_t attempts{0};  ///< Requests sent.
    std::uint64_t retries{0};   ///< Attempts after one that failed.
    std::uint64_t hedges{0};    ///< Attempts beside one that was slow.
    std::uint64_t reasks{0};
    std::uint64_t failures{0};   ///< Calls that ended in an error.
    coax::usage usage{};         ///< Of all answers, also those that a hedge had no use for.
    std::size_t concurrency{0};  ///< Requests that may be in flight at once now.
};

/// Calls one language model service: chat, stream, parse, run.
///
/// All operations throw `coax::exception`; `as_result(op)` gives its `error` as a value. All take what they need by
/// value. Around each call are, outermost first: its time, retries, the circuit breaker, the hedge, a slot and quota;
/// each attempt takes the last two anew, and a back-off holds neither. Cancellation: `terminal` at any point gives
/// `errc::cancelled`; the connection is closed, not reused, and an accepted request may still be billed. Thread safety:
/// may be called from any thread and any executor; the work runs on the client's own executor. Lifetime: a client is a
/// handle; copies share everything. The executor's context must outlive it and its operations.
class client {
public:
    /// On every shard of `rt`; a call made on a shard stays there.
    /// @throws coax::exception  `errc::invalid_argument`, `errc::io_failed`, `errc::tls_failed`: an option is wrong.
    client(runtime& rt, client_options options);

    /// On the caller's own executor, which must run one handler at a time: an io_context run by one thread, or a
    /// strand.
    client(boost::asio::any_io_executor executor, client_options options);

    /// Sends a chat and waits for the whole answer.
    /// @returns The answer, also one cut short or refused: look at `finish_reason`.
    /// @throws coax::exception  Any `errc` but the ones of `parse` and `run`.
    boost::asio::awaitable<chat_response> chat(chat_request request);
    boost::asio::awaitable<chat_response> chat(std::string prompt);

    /// Sends a chat and waits for the answer's beginning.
    boost::asio::awaitable<chat_stream> stream(chat_request request);
    boost::asio::awaitable<chat_stream> stream(std::string prompt);

    /// Asks for an answer in the form of T and reads it. An answer that does not fit is shown to the model with the
    /// reason and asked for again, within `max_reasks` and `max_reask_tokens`.
    /// @throws coax::exception  Besides `chat`'s: `errc::invalid_output` (never fitted), `errc::refused`,
    ///         `errc::truncated`, `errc::content_filtered`.
    template <class T, detail::is_chat_request Request = chat_request>
    boost::asio::awaitable<T> parse(Request request);
    template <class T>
    boost::asio::awaitable<T> parse(std::string prompt);

    /// `parse` together with the answer it was read from.
    template <class T, detail::is_chat_request Request = chat_request>
    boost::asio::awaitable<parsed<T>> parse_response(Request request);

    /// Asks for an answer in the form of T and reads it while it is written. Waits for the answer's beginning.
    /// @throws coax::exception  As `stream`.
    template <class T, detail::is_chat_request Request = chat_request>
    boost::asio::awaitable<coax::parse_stream<T>> parse_stream(Request request, parse_stream_options options = {});
    template <class T>
    boost::asio::awaitable<coax::parse_stream<T>> parse_stream(std::string prompt, parse_stream_options options = {});

    /// `stream` of an answer in this form; nothing reads it. `form` must outlive the call.
    boost::asio::awaitable<chat_stream> stream_form(chat_request request, output_format const& form);
    boost::asio::awaitable<chat_stream> stream_form(std::string prompt, output_format const& form);

    /// `parse` for a form known only at run time. `form` and what it refers to must outlive the call.
    boost::asio::awaitable<chat_response> parse_form(chat_request request, output_format const& form);

    /// Lets the model call functions until it answers. The calls of one turn run at once.
    /// An unknown tool, arguments that do not fit, a tool's exception or timeout are told to the model as that call's
    /// answer.
    /// @param tools  Must outlive the call.
    /// @throws coax::exception  Besides `chat`'s: `errc::tool_failed` after `max_rounds`.
    boost::asio::awaitable<chat_response> run(chat_request request, toolbox const& tools, run_options options = {});
    boost::asio::awaitable<chat_response> run(std::string prompt, toolbox const& tools, run_options options = {});

    [[nodiscard]] client_options const& options() const noexcept;
    [[nodiscard]] client_statistics statistics() const;

    /// Ends calls that wait for a slot or quota, and all later ones, with `errc::closed`; calls already sent go on.
    void close();

    class impl;

private:
    /// `parse` without its type: reads the answer into `*into`, which must outlive the call. Not `parse_form`, so that
    /// a user's file compiles no form, no request and no response.
    boost::asio::awaitable<void> fill(chat_request request, json::codec const& type, void* into, void (*renew)(void*));
    boost::asio::awaitable<void> fill(std::string prompt, json::codec const& type, void* into, void (*renew)(void*));

    core::detail::shared_opaque<impl> impl_;
};

/// The request that a plain prompt stands for: one user message.
[[nodiscard]] chat_request to_request(std::string prompt);

namespace detail {

template <class T>
void make_fresh(void* value) {
    *static_cast<T*>(value) = T{};
}

}  // namespace detail

template <class T, detail::is_chat_request Request>
boost::asio::awaitable<parsed<T>> client::parse_response(Request request) {
    parsed<T> outcome;
    auto const form =
        form_of(json::codec_of<T>, &outcome.value, {.leniency = options().output.leniency}, &detail::make_fresh<T>);
    outcome.response = co_await parse_form(std::move(request), form);
    co_return outcome;
}

template <class T, detail::is_chat_request Request>
boost::asio::awaitable<T> client::parse(Request request) {
    T value{};
    co_await fill(std::move(request), json::codec_of<T>, &value, &detail::make_fresh<T>);
    co_return value;
}

template <class T>
boost::asio::awaitable<T> client::parse(std::string prompt) {
    T value{};
    co_await fill(std::move(prompt), json::codec_of<T>, &value, &detail::make_fresh<T>);
    co_return value;
}

template <class T, detail::is_chat_request Request>
boost::asio::awaitable<coax::parse_stream<T>> client::parse_stream(Request request, parse_stream_options options) {
    json::read_options const reading{.leniency = this->options().output.leniency};
    auto const form = form_of(json::codec_of<T>, nullptr);
    auto words = co_await stream_form(std::move(request), form);
    co_return coax::parse_stream<T>{std::move(words), reading, options};
}

template <class T>
boost::asio::awaitable<coax::parse_stream<T>> client::parse_stream(std::string prompt, parse_stream_options options) {
    json::read_options const reading{.leniency = this->options().output.leniency};
    auto const form = form_of(json::codec_of<T>, nullptr);
    auto words = co_await stream_form(std::move(prompt), form);
    co_return coax::parse_stream<T>{std::move(words), reading, options};
}

}  // namespace coax
