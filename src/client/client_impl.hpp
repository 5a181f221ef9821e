#pragma once

#include "client/concurrency_limit.hpp"

#include <coax/client/client.hpp>
#include <coax/policy/circuit_breaker.hpp>
#include <coax/policy/hedge.hpp>
#include <coax/policy/rate_limiter.hpp>
#include <coax/policy/retry.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/provider/provider.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/runtime/on_executor.hpp>

#include <atomic>
#include <optional>
#include <vector>

namespace coax {

/// One thread's share of a client: what belongs to one call stays on one of these.
struct shard {
    asio::any_io_executor executor;
    std::shared_ptr<coax::transport> channel;
};

/// One call on its way through the policies: what it asks, and what its requests came to.
struct call_state {
    shard& at;
    clock::time_point deadline;
    http_request request{};  ///< Without credentials.
    std::int64_t tokens{0};  ///< As estimated.
    clock::time_point began{};
    int sent{0};          ///< Requests; of a hedged attempt two are under way at once.
    coax::usage usage{};  ///< Of whole answers.
};

/// Why a request is sent.
enum class cause { call, retry, hedge };

/// Which of a call's requests one is.
struct sending {
    int number{1};  ///< In the order of sending, from 1.
    cause why{cause::call};
    clock::time_point at{};
};

/// What one request holds until it is over.
struct lease {
    concurrency_permit slot{};
    reservation quota{};
    sending sent{};
};

/// What the copies of a client share: the policies around one provider.
/// Coroutines run on the shard they are given; slots, quota and counters are shared between the shards.
class client::impl {
public:
    /// @throws coax::exception  As client's constructor.
    impl(std::vector<asio::any_io_executor> executors, client_options options);
    impl(impl const&) = delete;
    impl& operator=(impl const&) = delete;
    /// Hands each transport to its shard, which closes the connections: the last handle may die on any thread.
    ~impl();

    /// The shard of a caller: its own if it runs on one, else the next in turn.
    [[nodiscard]] shard& home_of(asio::any_io_executor const& caller);

    /// Fills in what the client knows and the request leaves open.
    void complete(chat_request& request) const;

    /// When a call that begins now must be over: `timeout` from now, or never.
    [[nodiscard]] clock::time_point deadline_at(shard const& at) const;

    /// One chat with retries. `request` must be complete and outlive the call.
    asio::awaitable<result<chat_response>> call(shard& at, chat_request const& request, clock::time_point deadline);

    /// As `call`, up to the beginning of a streamed answer.
    asio::awaitable<result<std::unique_ptr<chat_stream::state>>> open(shard& at, chat_request const& request,
                                                                      clock::time_point deadline);

    /// Asks until the answer fits (reask.cpp).
    asio::awaitable<result<chat_response>> parse(shard& at, chat_request request, output_format format,
                                                 clock::time_point deadline);

    /// Asks until no tool is wanted (tool_loop.cpp).
    asio::awaitable<result<chat_response>> run(shard& at, chat_request request, toolbox tools, run_options bounds,
                                               clock::time_point deadline);

    [[nodiscard]] client_statistics statistics() const;
    void count_reask() noexcept { reasks_.fetch_add(1, std::memory_order_relaxed); }
    /// An attempt was answered: counts it, learns from it and gives back what it held.
    void succeeded(shard& at, lease& held, chat_response const& answer);
    /// The same of one that failed. A told wait holds all other calls too.
    /// @param headers  Of the answer that told the failure; null: there was none.
    /// @param spent    Tokens that a broken stream told of.
    /// @returns The error as callers may see it: without the key.
    [[nodiscard]] error failed(shard& at, lease& held, error why, header_list const* headers, usage const& spent = {});
    /// A timeout that is the whole call's names it.
    [[nodiscard]] error in_time(error why, shard const& at, clock::time_point deadline) const;
    void close();

    client_options const options;
    std::shared_ptr<provider const> const service;

private:
    friend class chat_stream::state;

    /// A request that may go out now, signed.
    struct admission {
        lease held{};
        http_request request{};
    };

    template <class T>
    using attempt_function = asio::awaitable<result<T>> (impl::*)(call_state& of, cause why);

    template <class T>
    asio::awaitable<result<T>> with_retries(call_state& of, attempt_function<T> attempt);
    template <class T>
    asio::awaitable<result<T>> guarded(call_state& of, attempt_function<T> attempt, cause why);
    asio::awaitable<result<chat_response>> attempt_call(call_state& of, cause why);
    asio::awaitable<result<std::unique_ptr<chat_stream::state>>> attempt_open(call_state& of, cause why);
    asio::awaitable<result<admission>> admit(call_state& of, cause why);
    [[nodiscard]] result<call_state> prepare(shard& at, chat_request const& request, bool streaming,
                                             clock::time_point deadline) const;
    [[nodiscard]] std::int64_t quota_for(chat_request const& request) const;
    [[nodiscard]] bool learns() const noexcept;
    void learn(rate_limit_status const& told, reservation const& of);
    void tell(shard& at, sending const& sent, usage const& spent, error const* why) const;

    std::vector<shard> shards_;
    concurrency_limit slots_;
    rate_limiter limiter_;
    retry_options retrying_;  ///< With the budget of all calls.
    std::optional<circuit_breaker> breaker_{};
    std::optional<hedger> hedger_{};
    std::atomic<std::size_t> next_shard_{0};
    std::atomic<std::uint64_t> calls_{0};
    std::atomic<std::uint64_t> attempts_{0};
    std::atomic<std::uint64_t> retries_{0};
    std::atomic<std::uint64_t> hedges_{0};
    std::atomic<std::uint64_t> reasks_{0};
    std::atomic<std::uint64_t> failures_{0};
    std::atomic<std::int64_t> input_tokens_{0};
    std::atomic<std::int64_t> output_tokens_{0};
    std::atomic<std::int64_t> cached_input_tokens_{0};
    std::atomic<std::int64_t> cache_write_tokens_{0};
    std::atomic<std::int64_t> reasoning_tokens_{0};
};

/// A stream under way. Lives on the shard that opened it.
class chat_stream::state {
public:
    state(client::impl& owner, shard& at, std::unique_ptr<streaming_response> body, lease held);
    state(state const&) = delete;
    state& operator=(state const&) = delete;
    /// Hands an unfinished body to its shard, which closes the connection and counts the request as a cancelled one.
    ~state();

    asio::awaitable<result<std::optional<chat_delta>>> next();
    asio::awaitable<result<chat_response>> finish();

    [[nodiscard]] asio::any_io_executor const& executor() const noexcept { return at_.executor; }
    void keep_alive(std::shared_ptr<client::impl> owner) { keep_alive_ = std::move(owner); }

    int attempts{1};
    clock::time_point began{};
    clock::time_point deadline{clock::time_point::max()};  ///< Of the whole call, the stream included.

private:
    /// The next delta among the bytes that are there; nothing when more are needed.
    result<std::optional<chat_delta>> decode_ready();
    /// Reads the end of the body, so that the connection can be used again.
    asio::awaitable<void> drain();
    /// The stream is over: keeps the whole answer, or why there is none.
    void conclude();
    error fail(error why);

    std::shared_ptr<client::impl> keep_alive_;
    client::impl& client_;
    shard& at_;
    std::unique_ptr<streaming_response> body_;
    std::unique_ptr<stream_decoder> decoder_;
    sse_decoder events_;
    lease held_;
    std::optional<result<chat_response>> end_{};  ///< Set once, when nothing more comes.
};

}  // namespace coax
