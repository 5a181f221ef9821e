#pragma once

#include "client/concurrency_limit.hpp"
#include "client/observed_call.hpp"
#include "client/service_call.hpp"
#include "client/spending.hpp"
#include "runtime/internal/context_service.hpp"

#include <coax/chat/response.hpp>
#include <coax/chat/response_details.hpp>
#include <coax/client/client.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/core/secret.hpp>
#include <coax/http/transport.hpp>
#include <coax/policy/attempt.hpp>
#include <coax/policy/rate_limiter.hpp>
#include <coax/provider/provider.hpp>
#include <coax/runtime/clock.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace coax::detail {

/// One thread's share of a client: what belongs to one call stays on one of these.
struct shard final : context_member {
    shard(asio::any_io_executor where, std::shared_ptr<coax::transport> how)
        : executor{std::move(where)}, life{context_service::of(executor).life}, transport{std::move(how)} {
        life->add(*this);
    }
    /// Hands the transport to its context, which closes the connections: the last handle may die on any thread.
    ~shard() override;

    void context_ended() noexcept override;
    /// What the transport has sent again by itself. From any thread.
    [[nodiscard]] std::uint64_t resent() const;

    asio::any_io_executor executor;
    std::shared_ptr<context_life> life;
    std::shared_ptr<coax::transport> transport;  ///< Used on the executor only; null once its context has ended.
    std::uint64_t resent_in_all{0};              ///< Set then.
};

[[nodiscard]] inline error context_is_gone() {
    return {.code = errc::closed, .message = "the context that the client is on has ended"};
}

/// What a call keeps alive by itself.
struct call_owner {
    std::shared_ptr<client::impl> self{};          ///< Null: the client outlives the call.
    core::detail::opaque<chat_request> request{};  ///< Null: it outlives the call, and is complete. Given up once it is
                                                   ///< encoded, unless more may have to be asked for.
};

/// One call on its way through the policies: what it asks, and what its requests came to.
struct call_state {
    shard& at;
    clock::time_point deadline;
    http_request request{};            ///< Without credentials.
    std::int64_t estimated_tokens{0};  ///< Of one request.
    clock::time_point began{};
    std::vector<secret> secrets{};  ///< In header fields of its own.
    bool keep_raw{false};           ///< Callers see the response as it came, too.
    bool hedged{true};              ///< As the client's options say.
    /// Its stream may be lost and gone on with from there; null: not.
    std::unique_ptr<stream_position> resumes{};
    int sent{0};                                ///< Requests; of a hedged attempt two are under way at once.
    coax::usage usage{};                        ///< Of all responses, also of those that could not be used.
    std::shared_ptr<observed_call> observed{};  ///< Null: nobody observes.
    std::unique_ptr<call_spending> spending{};  ///< Null: nothing limits what is spent.
    std::unique_ptr<fit_report> fitted{};       ///< Null: the prompt is sent as it was given.
};

/// A response on its way through the call's coroutines, each of which would move it twice.
using boxed_response = std::unique_ptr<chat_response>;

/// What a failed request cost, as far as its response tells.
[[nodiscard]] inline usage billed(error const& why) {
    return {.input_tokens = why.input_tokens, .output_tokens = why.output_tokens};
}

/// One signed request: counted when it is sent, reported to `client_hooks::on_attempt` when it is over.
class sent_request {
public:
    /// @param secrets  That it carries besides the client's own; null: none.
    /// @param money    Set aside for it; null: nothing limits what is spent.
    sent_request(client::impl& owner, call_state& call, http_request signed_request,
                 std::unique_ptr<std::vector<secret>> secrets, std::unique_ptr<held_money> money)
        : request{std::move(signed_request)},
          owner_{&owner},
          call_{&call},
          at_{&call.at},
          secrets_{std::move(secrets)},
          money_{std::move(money)} {}
    sent_request(sent_request&& other) noexcept
        : request{std::move(other.request)},
          owner_{std::exchange(other.owner_, nullptr)},
          call_{other.call_},
          at_{other.at_},
          number_{other.number_},
          hedge_{other.hedge_},
          sent_at_{other.sent_at_},
          secrets_{std::move(other.secrets_)},
          money_{std::move(other.money_)},
          observed_{std::move(other.observed_)} {}
    sent_request& operator=(sent_request&&) = delete;
    ~sent_request() = default;

    void begin(attempt which);
    /// A response has come.
    void came(int http_status) const noexcept {
        if (observed_) observed_->came(http_status);
    }
    /// Nobody waits for its end any more, and its context is gone.
    void abandon() noexcept { observed_.reset(); }
    /// @param outcome  Its error is made fit for callers' eyes: without what is secret.
    /// @param spent    Tokens of a stream that broke.
    template <class T>
    void finish(result<T>& outcome, usage const& spent = {}) {
        auto* const owner = std::exchange(owner_, nullptr);
        if (owner == nullptr) return;
        if (!outcome)
            outcome = failed(*owner, std::move(outcome).error(), spent);
        else if constexpr (requires { outcome->usage; })
            succeeded(*owner, outcome->usage);
        else if constexpr (std::same_as<T, boxed_response>)
            succeeded(*owner, (*outcome)->usage);
    }

    http_request request;

private:
    void succeeded(client::impl& owner, usage const& used) const;
    [[nodiscard]] error failed(client::impl& owner, error why, usage const& spent) const;
    void notify(client::impl const& owner, usage const& spent, error const* why) const;

    client::impl* owner_;  ///< Null: moved away, or over.
    call_state* call_;     ///< Used until it is sent.
    shard* at_;
    int number_{0};  ///< Among the requests of its call, from 1.
    bool hedge_{false};
    clock::time_point sent_at_{};
    std::unique_ptr<std::vector<secret>> secrets_;
    std::unique_ptr<held_money> money_;
    std::unique_ptr<observed_attempt> observed_{};  ///< Null: nobody observes.
};

/// The layer that signs each request, innermost: a token is fetched when permit and quota are there.
struct signed_requests {
    using held = sent_request;

    client::impl& owner;
    call_state& call;

    /// Nothing where a token must be fetched, or money waited for.
    [[nodiscard]] std::optional<sent_request> try_acquire() const;
    [[nodiscard]] asio::awaitable<sent_request> acquire() const;
    [[nodiscard]] sent_request with_key(std::unique_ptr<held_money> money) const;
};

/// The tokens of a response, for the quota layer.
struct tokens_of_response {
    std::int64_t operator()(chat_response const& response) const { return response.usage.total_tokens(); }
    std::int64_t operator()(boxed_response const& response) const { return response->usage.total_tokens(); }
    std::int64_t operator()(service_reply const& reply) const { return reply.usage.total_tokens(); }
    std::int64_t operator()(opened_body const& opened) const { return opened.usage.total_tokens(); }
};

using quota_layer = layer::quota<tokens_of_response>;

/// What a stream holds until its end.
struct stream_lease {
    concurrency_permit permit;
    quota_layer::held quota;
    sent_request request;

    void finish(result<chat_response>& outcome, usage const& spent = {}) {
        quota.finish(outcome);
        permit.finish(outcome);
        request.finish(outcome, spent);
    }
};

}  // namespace coax::detail
