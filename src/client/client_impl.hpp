#pragma once

#include "client/chat_stream_state.hpp"
#include "client/concurrency_limit.hpp"
#include "client/request_layer.hpp"
#include "client/response_cache.hpp"
#include "client/secret_filter.hpp"
#include "client/service_call.hpp"

#include <coax/client/client.hpp>
#include <coax/policy/circuit_breaker.hpp>
#include <coax/policy/hedge.hpp>
#include <coax/policy/rate_limiter.hpp>
#include <coax/policy/retry.hpp>
#include <coax/provider/provider.hpp>
#include <coax/runtime/clock.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

namespace coax {
namespace detail {
class routes;
}

namespace detail {
struct run_plan;
}

/// What the copies of a client share: the policies around one provider.
/// Coroutines run on the shard they are given; permits, quota and counters are shared between the shards.
class client::impl : public std::enable_shared_from_this<client::impl> {
public:
    using shard = detail::shard;
    using call_state = detail::call_state;
    using boxed_response = detail::boxed_response;
    using call_scope = detail::call_scope;

    /// @throws coax::exception  As client's constructor.
    impl(std::vector<asio::any_io_executor> executors, client_options options);
    impl(impl const&) = delete;
    impl& operator=(impl const&) = delete;

    /// Whether there is anyone to be told of calls, or spans are to be passed on.
    [[nodiscard]] bool observes() const noexcept { return static_cast<bool>(options.telemetry); }

    /// The shard of a caller: its own if it runs on one, else the next in turn.
    [[nodiscard]] shard& shard_of(asio::any_io_executor const& caller);

    /// Fills in what the client knows and the request leaves open.
    void complete(chat_request& request) const;

    /// When a call that begins now must be over: `timeout` from now, or never. From any thread.
    [[nodiscard]] clock::time_point deadline_at(shard const& at) const;
    /// That, and what the caller is part of, for those who observe.
    [[nodiscard]] call_scope scope_at(shard const& at, asio::any_io_executor const& caller) const;

    /// One chat, from the response cache or with all policies around it. `request` must be complete and outlive the
    /// call (cached_call.cpp).
    asio::awaitable<result<boxed_response>> call(shard& at, chat_request const& request, call_scope scope);
    /// The same without a look into the cache.
    asio::awaitable<result<boxed_response>> call_service(shard& at, chat_request const& request, call_scope scope,
                                                         detail::call_owner owner = {});
    /// Asks for the rest of a response that the service stopped at a limit of its own, part by part, up to a bound.
    asio::awaitable<result<boxed_response>> go_on(shard& at, chat_request const& asked, boxed_response begun,
                                                  call_scope scope);

    /// One request besides a chat, with the same policies around it.
    asio::awaitable<result<detail::service_reply>> ask(shard& at, detail::service_call asked, call_scope scope);

    /// As `call`, up to the beginning of a streamed response.
    asio::awaitable<result<std::shared_ptr<chat_stream::state>>> open(shard& at, chat_request const& request,
                                                                      call_scope scope);
    asio::awaitable<result<std::shared_ptr<chat_stream::state>>> open_service(shard& at, chat_request const& request,
                                                                              call_scope scope);

    /// Begins to read a long response, piece by piece; it is not decoded. Its permit goes back at once.
    asio::awaitable<result<std::unique_ptr<streaming_response>>> open_body(shard& at, http_request request,
                                                                           call_scope scope);

    /// The part of a request in the response cache; none: it has none.
    [[nodiscard]] std::optional<detail::cache_ticket> admit_to_cache(chat_request const& given) const;
    void take_from_cache(chat_response& response, detail::cache_ticket const& ticket, clock::duration took);

    /// Null: the client keeps no responses.
    [[nodiscard]] detail::response_cache* cache() const noexcept { return cache_.get(); }
    /// Drops the response to a request from the cache, since it did not fit; `fitting`, if there is one, takes its
    /// place.
    /// @param message_count  The request has so many of these messages.
    asio::awaitable<void> replace_cached(chat_request request, std::size_t message_count,
                                         std::optional<chat_response> fitting);

    /// The same of a response in the background, which is begun once more only where it was not taken.
    asio::awaitable<result<std::shared_ptr<chat_stream::state>>> open_background(shard& at, chat_request const& request,
                                                                                 call_scope scope);
    /// Opens the events of a response in the background. @param after  The last one that is not wanted again.
    asio::awaitable<result<std::shared_ptr<chat_stream::state>>> open_events(shard& at, stream_position after,
                                                                             call_scope scope);

    /// Asks until the response has the wanted format (reask.cpp).
    /// @param self  Keeps this alive.
    asio::awaitable<result<boxed_response>> parse(shard& at, chat_request request, output_format format,
                                                  call_scope scope, std::shared_ptr<impl> self);

    /// Asks until no tool is wanted (tool_loop.cpp).
    /// @param self  Keeps this alive.
    asio::awaitable<result<boxed_response>> run(shard& at, chat_request request, detail::run_plan plan,
                                                call_scope scope, std::shared_ptr<impl> self);

    /// A timeout that is the whole call's names it.
    [[nodiscard]] error name_timeout(error why, shard const& at, clock::time_point deadline) const;

    /// Takes out of an error what the failed request carried in confidence. @param more  Of it alone; null: nothing.
    void hide_secrets(error& why, std::vector<secret> const* more) const;

    /// Where chats are sent, without the query; empty where none can be encoded.
    [[nodiscard]] std::string address() const;
    [[nodiscard]] bool circuit_open(clock::time_point now) const;

    /// How long until a request of so many tokens may go, behind all that wait; very long while the circuit is open.
    [[nodiscard]] clock::duration quota_wait(std::int64_t tokens, clock::time_point now) const;
    /// Requests that may be in flight at once now.
    [[nodiscard]] std::size_t concurrency() const noexcept { return concurrency_.limit(); }
    /// By the clock of its context, where that lives.
    [[nodiscard]] clock::time_point current_time() const;

    void count(std::uint64_t client_statistics::* what) noexcept;
    void count(usage const& used, usage client_statistics::* where = &client_statistics::usage) noexcept;
    [[nodiscard]] client_statistics statistics() const;
    void close();

    /// A stream broke or was dropped. @returns The error as callers may see it, with the tokens that were counted.
    [[nodiscard]] error end_stream(detail::shard const& at, detail::stream_lease& held, error why,
                                   header_list const& headers, usage const& spent) const;

    client_options const options;
    std::shared_ptr<coax::provider const> const provider;
    std::shared_ptr<detail::routes> routes{};  ///< Of a router, which itself sends nothing; null: it is none.

private:
    enum class call_form { whole, stream, background_stream };
    void observe_cached(shard const& at, chat_request const& request, bool streaming, call_scope const& scope,
                        chat_response const& response) const;
    asio::awaitable<result<boxed_response>> cached_call(shard& at, chat_request const& request, call_scope scope);
    asio::awaitable<result<boxed_response>> shared_call(shard& at, chat_request const& request,
                                                        detail::cache_ticket ticket, call_scope scope);
    asio::awaitable<result<std::shared_ptr<chat_stream::state>>> cached_open(shard& at, chat_request const& request,
                                                                             call_scope scope);

    [[nodiscard]] result<call_state> prepare(shard& at, chat_request const& request, call_form form,
                                             clock::time_point deadline) const;
    [[nodiscard]] std::int64_t estimated_tokens(chat_request const& request) const;
    /// The call begins, for those who observe; or ends at once, where it could not be encoded (observed_call.cpp).
    void observe(shard const& at, chat_request const& request, bool streaming, call_scope const& scope,
                 result<call_state>& prepared) const;
    void observe(detail::service_call const& asked, call_scope const& scope, call_state& call) const;
    /// `open` of what is prepared.
    asio::awaitable<result<std::shared_ptr<chat_stream::state>>> open(call_state call, call_scope scope,
                                                                      layer::retry retry);
    /// The client's retries, unless a router tries elsewhere.
    [[nodiscard]] layer::retry const& retry_for(call_scope const& scope) const noexcept {
        return scope.pin != nullptr && !scope.pin->pinned ? once_ : retry_;
    }
    template <class Exchange>
    [[nodiscard]] auto with_policies(call_state& call, layer::retry const& retry, Exchange exchange);
    /// What a call's coroutines do without waiting is in functions of its own, so that it takes no room in their
    /// frames.
    [[nodiscard]] result<boxed_response> read_response(call_state& call, http_response& response) const;
    [[nodiscard]] result<boxed_response> completed(call_state const& call, result<boxed_response> outcome);
    /// The call has failed for good.
    [[nodiscard]] error give_up(call_state const& call, error why) noexcept;
    /// The failure that a response tells, with what its headers say of the service's limits.
    [[nodiscard]] error with_rate_limits(error why, detail::shard const& at, header_list const& headers) const;

    [[nodiscard]] result<chat_response> decode(http_response const& response,
                                               std::chrono::system_clock::time_point now) const;
    asio::awaitable<result<boxed_response>> exchange(call_state& call, detail::sent_request& sent) const;
    asio::awaitable<result<detail::service_reply>> exchange(call_state& call, detail::service_call const& asked,
                                                            detail::sent_request& sent) const;
    asio::awaitable<result<detail::opened_body>> open_body(call_state& call, detail::sent_request& sent) const;
    asio::awaitable<result<std::shared_ptr<chat_stream::state>>> begin_stream(call_state& call,
                                                                              detail::concurrency_permit& permit,
                                                                              detail::quota_layer::held& quota,
                                                                              detail::sent_request& sent);

    std::vector<std::unique_ptr<shard>> shards_;
    detail::secret_filter secrets_;
    detail::concurrency_limit concurrency_;
    rate_limiter limiter_;
    layer::retry retry_;  ///< With the budget of all calls.
    layer::retry once_;   ///< No retry.
    std::optional<circuit_breaker> breaker_{};
    std::optional<hedger> hedger_{};
    std::unique_ptr<detail::response_cache> cache_{};
    std::atomic<std::size_t> next_shard_{0};
    mutable client_statistics counts_{};  ///< Each member is read and written atomically.
};

}  // namespace coax
