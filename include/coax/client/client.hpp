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
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace coax {

class runtime;
struct client_health;
struct client_info;
struct connection_check;
struct decide_options;
struct decision_request;
struct decision_response;
struct embedding_request;
struct embedding_response;
struct model_info;
struct rerank_request;
struct rerank_response;
class tool_stream;
template <class T>
struct decision;

/// What a client did so far.
struct client_statistics {
    std::uint64_t calls{0};     ///< Operations begun; each tool round and re-ask counts.
    std::uint64_t attempts{0};  ///< Requests sent.
    std::uint64_t retries{0};   ///< Attempts after one that failed.
    std::uint64_t hedges{0};    ///< Attempts beside one that was slow.
    std::uint64_t reasks{0};
    /// Requests sent twice by one attempt, since the kept connection of the first sending was closed before any byte of
    /// a response. The service received `attempts` and these.
    std::uint64_t resent{0};
    std::uint64_t failures{0};   ///< Calls that ended in an error.
    std::uint64_t cached{0};     ///< Calls that took their response from the response cache, or shared another's.
    coax::usage saved{};         ///< What the responses of these had cost when they were made.
    coax::usage usage{};         ///< As told, also by responses that broke, could not be used, or lost to a hedge.
    std::size_t concurrency{0};  ///< Requests that may be in flight at once now.
};

namespace detail {

/// What an operation was given, on its way to the function that makes a request of it. Files that give a text need not
/// compile all that a request holds.
struct given_input {
    chat_request* request{nullptr};
    std::string prompt{};  ///< Where there is no request.
};

template <chat_input Input>
[[nodiscard]] given_input given(Input& input) {
    if constexpr (std::same_as<Input, chat_request>)
        return {.request = &input};
    else
        return {.prompt = std::string{std::move(input)}};
}

template <class T>
boost::asio::awaitable<coax::parse_stream<T>> read_stream(boost::asio::awaitable<chat_stream> opened,
                                                          json::read_options reading, parse_stream_options options) {
    auto stream = co_await std::move(opened);
    co_return coax::parse_stream<T>{std::move(stream), reading, options};
}

}  // namespace detail

/// Calls one language model service: chat, stream, parse, run.
///
/// Every operation takes a prompt or a `chat_request` and keeps what it is given, so nothing has to outlive it. All
/// throw `coax::exception`; `as_result(op)` gives its `error` as a value. Around each call are, outermost first: its
/// timeout, retries, the circuit breaker, the hedge, a concurrency permit and rate-limit quota; each attempt takes the
/// last two anew, and a back-off holds neither. Cancellation: `terminal` at any point gives `errc::cancelled`; the
/// connection is closed, not reused, and an accepted request may still be billed. Thread safety: may be called from any
/// thread and any executor; the work runs on the client's own executor. Lifetime: a client is a handle; copies share
/// everything. Contexts may end in any order: when the caller's does, a call under way goes on alone and what it gives
/// is dropped; when the client's own does, calls under way and later ones end in `errc::closed`. A strand is to outlive
/// neither.
class client {
public:
    /// On every shard of `rt`; a call made on a shard stays there.
    /// @throws coax::exception  `errc::invalid_argument`, `errc::io_failed`, `errc::tls_failed`: an option is wrong.
    client(runtime& rt, client_options options);

    /// On the caller's own executor, which must run one handler at a time: an io_context run by one thread, or a
    /// strand.
    client(boost::asio::any_io_executor executor, client_options options);

    /// Sends a chat and waits for the whole response, also one cut short or refused: look at `finish_reason`.
    /// @throws coax::exception  Any `errc` but the ones of `parse` and `run`.
    template <chat_input Input = chat_request>
    boost::asio::awaitable<chat_response> chat(Input input) const {
        return start_chat(detail::given(input));
    }

    /// Sends a chat and waits for the beginning of the response.
    /// @param format  What the service is asked to respond with. Nothing checks that it does.
    template <chat_input Input = chat_request>
    boost::asio::awaitable<chat_stream> stream(Input input, output_format format = {}) const {
        return start_stream(detail::given(input), std::move(format));
    }

    /// Asks for a response in the format of T and reads it. A response that does not fit is shown to the model with the
    /// reason and asked for again, within `max_reasks` and `max_reask_tokens`.
    /// @throws coax::exception  Besides `chat`'s: `errc::invalid_output` (also after all re-asks), `errc::refused`,
    ///         `errc::truncated`, `errc::content_filtered`.
    template <class T, chat_input Input = chat_request>
    boost::asio::awaitable<T> parse(Input input) const {
        return parse_value<T>(*this, boxed(detail::given(input)));
    }

    /// `parse` together with the response.
    template <class T, chat_input Input = chat_request>
    boost::asio::awaitable<parsed<T>> parse_response(Input input) const {
        return parse_both<T>(*this, boxed(detail::given(input)));
    }

    /// `parse` for a format known only at run time.
    template <chat_input Input = chat_request>
    boost::asio::awaitable<chat_response> parse(Input input, output_format format) const {
        return start_parse(detail::given(input), std::move(format));
    }

    /// Asks for a response in the format of T and reads it while it is written. Waits for its beginning.
    /// @throws coax::exception  As `stream`.
    template <class T, chat_input Input = chat_request>
    boost::asio::awaitable<coax::parse_stream<T>> parse_stream(Input input, parse_stream_options options = {}) const {
        return detail::read_stream<T>(stream(std::move(input), output_format::of<T>()), reading(), options);
    }

    /// Lets the model call functions until it responds without a call. The calls of one turn run at once.
    /// An unknown tool, arguments that do not fit, a tool's exception or timeout, and a call that `approve` denies are
    /// the result of that call, which the model is told. Calls of a response that its token limit or a filter cut are
    /// never run. `tool_choice` holds for the first round where it demands a call.
    ///
    /// `response_details::history` is the conversation with its calls and results, to go on from: the messages of the
    /// next request are these and what the user says next.
    /// @param format  Of the last response, which is asked for again as `parse` does.
    /// @throws coax::exception  Besides `chat`'s: `errc::tool_failed` after `max_rounds` or `max_tokens`;
    ///         `errc::truncated`, `errc::content_filtered` where calls were cut; what a hook throws; with a format,
    ///         what `parse` throws.
    template <chat_input Input = chat_request>
    boost::asio::awaitable<chat_response> run(Input input, toolbox tools, run_options options = {},
                                              output_format format = {}) const {
        return start_run(detail::given(input), std::move(tools), std::move(options), std::move(format));
    }

    /// A `run` whose last response is read as a T.
    template <class T, chat_input Input = chat_request>
        requires(!chat_input<T>)
    boost::asio::awaitable<T> run(Input input, toolbox tools, run_options options = {}) const {
        return run_value<T>(*this, boxed(detail::given(input)), std::move(tools), std::move(options));
    }

    /// That together with the response, whose `history` the next turn needs.
    template <class T, chat_input Input = chat_request>
    boost::asio::awaitable<parsed<T>> run_response(Input input, toolbox tools, run_options options = {}) const {
        return run_both<T>(*this, boxed(detail::given(input)), std::move(tools), std::move(options));
    }

    /// A `run` that is watched: its text as the model writes it, its tool calls as they begin and end, and the response
    /// that `run` gives. Include <coax/client/tool_stream.hpp>.
    /// @throws coax::exception  `errc::closed`; all else `tool_stream::next` throws.
    template <chat_input Input = chat_request>
    boost::asio::awaitable<tool_stream> run_stream(Input input, toolbox tools, run_options options = {},
                                                   output_format format = {}) const {
        return start_run_stream(detail::given(input), std::move(tools), std::move(options), std::move(format));
    }

    /// The vectors of texts, of as many as wanted: split into requests by count and tokens, several at once, each with
    /// the policies of a call; `timeout` holds for each text. Where the service refuses several texts together each
    /// half is asked for again, so that a bad text fails alone. Include <coax/provider/embedding.hpp>.
    /// @returns One result for each text: what fails is in these.
    /// @throws coax::exception  `errc::invalid_argument`, `errc::cancelled`; what a hook throws.
    boost::asio::awaitable<embedding_response> embed(embedding_request request) const;
    boost::asio::awaitable<embedding_response> embed(std::vector<std::string> texts) const;

    /// Documents in the order of how well they answer a question. Include <coax/provider/rerank.hpp>.
    /// @throws coax::exception  As `chat`; `errc::invalid_argument` where the service has none.
    boost::asio::awaitable<rerank_response> rerank(rerank_request request) const;

    /// Decides each member of a T about the input: yes or no, one of several, a level, each with its probability where
    /// the service measures it. Include <coax/client/decide.hpp>, which says what can be decided and how.
    /// @throws coax::exception  As `parse`; `errc::refused` where a member that is no optional was refused.
    template <class T, chat_input Input = chat_request, class Options = decide_options>
    boost::asio::awaitable<decision<T>> decide(Input input, Options options = {}) const;

    /// `decide` for questions known only at run time. Include <coax/provider/decision.hpp>.
    boost::asio::awaitable<decision_response> decide(decision_request request) const;

    /// All models that the service lists, in its order, 100 pages at most. Include <coax/provider/model_info.hpp>.
    /// @throws coax::exception  As `chat`.
    boost::asio::awaitable<std::vector<model_info>> models() const;

    /// The tokens of a chat's prompt as the service counts them, by a request that generates nothing.
    /// @throws coax::exception  As `chat`; `errc::invalid_argument` where the service does not count.
    template <chat_input Input = chat_request>
    boost::asio::awaitable<std::int64_t> count_tokens(Input input) const {
        return start_count(detail::given(input));
    }

    /// Whether address, key and model are right, and which of them is not. Nothing is retried; a model that the service
    /// does not list, and any of Azure's deployments, is asked for one token. Include
    /// <coax/client/connection_check.hpp>, as for the next two.
    /// @throws coax::exception  `errc::cancelled`, `errc::closed`.
    boost::asio::awaitable<connection_check> check_connection() const;

    /// Whether the service can be called now: one request that costs no tokens, not retried, and what the client did so
    /// far. @throws coax::exception  `errc::cancelled`.
    boost::asio::awaitable<client_health> health() const;

    /// What the client is set to, without secrets.
    [[nodiscard]] client_info info() const;

    [[nodiscard]] client_options const& options() const noexcept;
    [[nodiscard]] client_statistics statistics() const;

    /// Ends calls that wait for a permit or quota, and all later ones, with `errc::closed`; calls already sent go on.
    void close() const;

    class impl;

protected:
    explicit client(core::detail::shared_opaque<impl> shared);

private:
    friend class background_responses;
    friend class router;
    friend class service_batches;
    using boxed_request = core::detail::opaque<chat_request>;

    [[nodiscard]] static boxed_request boxed(detail::given_input&& input);
    boost::asio::awaitable<chat_response> start_chat(detail::given_input&& input) const;
    boost::asio::awaitable<chat_stream> start_stream(detail::given_input&& input, output_format&& format) const;
    boost::asio::awaitable<chat_response> start_parse(detail::given_input&& input, output_format&& format) const;
    boost::asio::awaitable<chat_response> start_run(detail::given_input&& input, toolbox&& tools, run_options&& options,
                                                    output_format&& format) const;
    boost::asio::awaitable<tool_stream> start_run_stream(detail::given_input&& input, toolbox&& tools,
                                                         run_options&& options, output_format&& format) const;
    boost::asio::awaitable<std::int64_t> start_count(detail::given_input&& input) const;

    /// Reads the response into `*value`, an object of the codec's type.
    /// @param clear  Makes `*value` as good as new, before a response is read into it.
    boost::asio::awaitable<chat_response> parse_into(boxed_request request, json::codec const& type,
                                                     std::shared_ptr<void> value, void (*clear)(void* value)) const;
    /// The same without the response, which a file that calls `parse<T>` then need not compile.
    boost::asio::awaitable<void> read_into(boxed_request request, json::codec const& type, std::shared_ptr<void> value,
                                           void (*clear)(void* value)) const;
    /// Owns a value that the call and its caller share: either may end first.
    [[nodiscard]] static std::shared_ptr<void> share(void* value, void (*destroy)(void* value));

    template <class T>
    static void assign_default(void* value) {
        *static_cast<T*>(value) = T{};
    }
    template <class T>
    static void destroy(void* value) {
        delete static_cast<T*>(value);
    }
    template <class T>
    static boost::asio::awaitable<T> parse_value(client self, boxed_request request) {
        auto const value = share(new T{}, &destroy<T>);
        co_await self.read_into(std::move(request), json::codec_of<T>, value, &assign_default<T>);
        co_return std::move(*static_cast<T*>(value.get()));
    }
    template <class T>
    static boost::asio::awaitable<parsed<T>> parse_both(client self, boxed_request request) {
        auto const value = share(new T{}, &destroy<T>);
        parsed<T> outcome;
        outcome.response = co_await self.parse_into(std::move(request), json::codec_of<T>, value, &assign_default<T>);
        outcome.value = std::move(*static_cast<T*>(value.get()));
        co_return outcome;
    }

    template <class T>
    static boost::asio::awaitable<T> run_value(client self, boxed_request request, toolbox tools, run_options options) {
        auto both = co_await run_both<T>(std::move(self), std::move(request), std::move(tools), std::move(options));
        co_return std::move(both.value);
    }
    template <class T>
    static boost::asio::awaitable<parsed<T>> run_both(client self, boxed_request request, toolbox tools,
                                                      run_options options) {
        auto const value = share(new T{}, &destroy<T>);
        parsed<T> outcome;
        outcome.response = co_await self.run_into(std::move(request), std::move(tools), std::move(options),
                                                  json::codec_of<T>, value, &assign_default<T>);
        outcome.value = std::move(*static_cast<T*>(value.get()));
        co_return outcome;
    }
    /// As `parse_into`.
    boost::asio::awaitable<chat_response> run_into(boxed_request request, toolbox tools, run_options options,
                                                   json::codec const& type, std::shared_ptr<void> value,
                                                   void (*clear)(void* value)) const;

    template <class T, class Options>
    static boost::asio::awaitable<decision<T>> decide_value(client self, boxed_request request, Options options);

    [[nodiscard]] json::read_options reading() const;

    core::detail::shared_opaque<impl> impl_;
};

}  // namespace coax
