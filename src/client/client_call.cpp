#include "client/address.hpp"
#include "client/client_impl.hpp"
#include "client/prompt_limit.hpp"
#include "client/usage_totals.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/chat/response_details.hpp>
#include <coax/policy/concurrency.hpp>
#include <coax/policy/stack.hpp>
#include <coax/provider/background.hpp>
#include <coax/runtime/as_result.hpp>

#include <algorithm>

namespace coax {
namespace {

/// No retry that would begin after the deadline.
retry_options clamp_to_deadline(retry_options options, clock::time_point deadline, clock::time_point now) {
    if (deadline == clock::time_point::max()) return options;
    auto const left =
        std::max(std::chrono::floor<std::chrono::milliseconds>(deadline - now), std::chrono::milliseconds{1});
    options.max_elapsed = options.max_elapsed.count() > 0 ? std::min(options.max_elapsed, left) : left;
    return options;
}

/// `layer::retry`. The options of all calls are not copied for each.
struct retry_layer {
    layer::retry const* shared;
    std::unique_ptr<layer::retry> own{};  ///< Where this call has others.

    template <class Next>
    auto operator()(Next const& next, attempt which) const {
        return own ? (*own)(next, which) : (*shared)(next, which);
    }
};

/// No exchange that would go on after the deadline.
exchange_limits clamp_to_deadline(exchange_limits limits, clock::time_point deadline, clock::time_point now) {
    if (deadline == clock::time_point::max()) return limits;
    auto const left =
        std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - now), std::chrono::milliseconds{1});
    limits.total = limits.total.count() > 0 ? std::min(limits.total, left) : left;
    return limits;
}

constexpr bool is_good(int status) { return status >= 200 && status < 300; }

/// The error with the address that was asked, where it names no other place.
error with_address(error why, http_request const& request) {
    if (why.where.empty()) why.where = detail::address_of(request);
    return why;
}

/// Out of line: what the request is moved through takes no room in the frame that waits for the response.
[[gnu::noinline]] asio::awaitable<result<http_response>> send_on(transport& by, detail::sent_request& sent,
                                                                 exchange_limits const& limits) {
    return by.send(std::move(sent.request), limits);
}

/// Retries of what the service surely did not take: it was not reached, or refused.
retry_options only_where_not_taken(retry_options options) {
    options.retry_if = [may = options.retry_if, table = options.table](error const& why) {
        bool const not_taken = why.code == errc::connect_failed || why.http_status >= 400;
        return not_taken && (may ? may(why) : table(why));
    };
    return options;
}

/// The response to a request that was refused, as far as it comes. @param body  Outlives the awaitable.
asio::awaitable<http_response> whole_of(streaming_response& body) {
    http_response refusal{.status = body.status(), .headers = body.headers()};
    for (;;) {
        auto const piece = co_await as_result(body.read());
        if (!piece || piece->empty()) break;
        refusal.body.append(*piece);
    }
    co_return refusal;
}

/// The policy as a layer, where it is on.
template <class Layer, class Policy>
std::optional<Layer> layer_of(std::optional<Policy>& policy) {
    if (!policy) return std::nullopt;
    return Layer{*policy};
}

}  // namespace

std::int64_t client::impl::estimated_tokens(chat_request const& request) const {
    if (!limiter_.counts_tokens() && !(options.tokens && options.tokens->shared)) return 0;
    if (options.tokens && options.tokens->count)
        return estimate_prompt_tokens(request, options.tokens->count) +
               request.max_output_tokens.value_or(options.policies.expected_output_tokens) * request.advanced->n;
    return estimate_tokens(request, options.policies.expected_output_tokens);
}

result<detail::call_state> client::impl::prepare(shard& at, chat_request const& given, call_form form,
                                                 clock::time_point deadline) const {
    auto fitted = options.tokens ? detail::fit_prompt(*options.tokens, provider->name(), given)
                                 : result<std::unique_ptr<fitted_request>>{nullptr};
    if (!fitted) return std::move(fitted).error();
    auto const& request = *fitted ? (*fitted)->request : given;
    auto encoded = form == call_form::background_stream
                       ? provider->encode_background(request, background_options{}, true)
                       : provider->encode(request, form == call_form::stream);
    if (!encoded) return std::move(encoded).error();
    call_state call{.at = at,
                    .deadline = deadline,
                    .request = std::move(*encoded),
                    .estimated_tokens = estimated_tokens(request),
                    .began = now(at.executor)};
    if (request.advanced) {
        call.secrets = detail::secrets_in(request.advanced->headers);
        call.keep_raw = request.advanced->keep_raw;
    }
    if (*fitted) call.fitted = std::make_unique<fit_report>((*fitted)->report);
    if (options.tokens || request.advanced) {
        auto planned = detail::plan_spending(options, provider->name(), request);
        if (!planned) return std::move(planned).error();
        call.spending = *std::move(planned);
        if (call.spending) call.spending->demand.tokens = call.estimated_tokens;
    }
    return call;
}

/// `exchange` inside the policies, outermost first. It must outlive its calls. Inlined, what it moves around would take
/// room in the frames of calls.
template <class Exchange>
[[gnu::noinline]] auto client::impl::with_policies(call_state& call, layer::retry const& retry, Exchange exchange) {
    count(&client_statistics::calls);
    retry_layer retries{.shared = &retry};
    if (call.deadline != clock::time_point::max() || call.observed)
        retries.own = std::make_unique<layer::retry>(clamp_to_deadline(retry.options, call.deadline, call.began));
    if (call.observed) tell_waits(call.observed, retries.own->options);
    return compose(
        std::move(exchange),                                           //
        std::move(retries),                                            //
        layer_of<layer::circuit_breaker>(breaker_),                    //
        call.hedged ? layer_of<layer::hedge>(hedger_) : std::nullopt,  //
        layer::concurrency{concurrency_},                              //
        detail::quota_layer{
            .limiter = limiter_, .tokens = call.estimated_tokens, .max_pause = options.policies.retry.max_server_wait},
        detail::signed_requests{.owner = *this, .call = call});
}

error client::impl::give_up(call_state const& call, error why) noexcept {
    count(&client_statistics::failures);
    why.attempts = call.sent;
    why.input_tokens = std::max(why.input_tokens, call.usage.input_tokens);
    why.output_tokens = std::max(why.output_tokens, call.usage.output_tokens);
    if (call.observed) call.observed->failed(why);
    return why;
}

asio::awaitable<result<detail::boxed_response>> client::impl::call_service(shard& at, chat_request const& request,
                                                                           call_scope scope, detail::call_owner owner) {
    if (owner.request) complete(*owner.request);
    auto prepared = prepare(at, request, call_form::whole, scope);
    if (observes()) observe(at, request, false, scope, prepared);
    if (!provider->pauses()) owner.request.reset();
    if (!prepared) co_return std::move(prepared).error();
    auto& call = *prepared;
    auto const send = with_policies(call, retry_for(scope),
                                    [this, &call](attempt, auto&, auto&, auto& sent) { return exchange(call, sent); });
    auto outcome = completed(call, co_await send(attempt{}));
    if (outcome && (*outcome)->finish_reason == finish_reason::pause && provider->pauses() &&
        provider->has_more(**outcome))
        co_return co_await go_on(at, request, *std::move(outcome), std::move(scope));
    co_return outcome;
}

result<detail::boxed_response> client::impl::completed(call_state const& call, result<boxed_response> outcome) {
    if (!outcome) return give_up(call, std::move(outcome).error());
    auto& response = **outcome;
    response.usage = call.usage;
    response.attempts = call.sent;
    response.latency = std::chrono::duration_cast<std::chrono::milliseconds>(now(call.at.executor) - call.began);
    if (call.fitted) response.details.edit().fitted = *call.fitted;
    if (call.observed) call.observed->succeeded(response);
    return outcome;
}

asio::awaitable<result<detail::boxed_response>> client::impl::go_on(shard& at, chat_request const& asked,
                                                                    boxed_response begun, call_scope scope) {
    constexpr std::ptrdiff_t most_parts = 64;
    auto request = asked;
    auto const& messages = request.messages;
    auto const other = std::find_if(messages.rbegin(), messages.rend(),
                                    [](message const& one) { return one.role != role::assistant; });
    if (other - messages.rbegin() >= most_parts) co_return result<boxed_response>{std::move(begun)};
    request.messages.push_back(to_message(*begun));
    auto rest = co_await call_service(at, request, std::move(scope));
    if (!rest) co_return detail::with_totals(std::move(rest).error(), *begun);
    **rest = provider->join(std::move(*begun), std::move(**rest));
    co_return rest;
}

asio::awaitable<result<detail::service_reply>> client::impl::ask(shard& at, detail::service_call asked,
                                                                 call_scope scope) {
    call_state call{.at = at,
                    .deadline = scope,
                    .request = std::move(asked.request),
                    .estimated_tokens = limiter_.counts_tokens() ? asked.estimated_tokens : 0,
                    .began = now(at.executor),
                    .secrets = std::move(asked.secrets)};
    if (options.tokens || asked.chat != nullptr) {
        auto planned = detail::plan_spending(options, provider->name(), asked);
        if (!planned) co_return std::move(planned).error();
        call.spending = *std::move(planned);
        if (call.spending) call.spending->demand.tokens = asked.estimated_tokens;
    }
    if (observes()) observe(asked, scope, call);
    auto retry = retry_for(scope);
    if (asked.resent == detail::resending::never) retry.options.max_attempts = 1;
    if (asked.resent == detail::resending::if_not_taken) retry.options = only_where_not_taken(std::move(retry.options));
    call.hedged = asked.resent == detail::resending::as_options_say;
    auto const send = with_policies(
        call, retry, [this, &call, &asked](attempt, auto&, auto&, auto& sent) { return exchange(call, asked, sent); });
    auto outcome = co_await send(attempt{});
    if (!outcome) co_return give_up(call, std::move(outcome).error());
    outcome->usage = call.usage;
    outcome->attempts = call.sent;
    outcome->latency = std::chrono::duration_cast<std::chrono::milliseconds>(now(at.executor) - call.began);
    if (call.observed) call.observed->succeeded(*outcome);
    co_return outcome;
}

asio::awaitable<result<std::shared_ptr<chat_stream::state>>> client::impl::open_service(shard& at,
                                                                                        chat_request const& request,
                                                                                        call_scope scope) {
    auto prepared = prepare(at, request, call_form::stream, scope);
    if (observes()) observe(at, request, true, scope, prepared);
    if (!prepared) co_return std::move(prepared).error();
    auto const& retry = retry_for(scope);
    auto outcome = co_await open(*std::move(prepared), std::move(scope), retry);
    if (outcome && provider->pauses()) (*outcome)->remember(request);
    co_return outcome;
}

asio::awaitable<result<std::shared_ptr<chat_stream::state>>> client::impl::open(call_state call, call_scope scope,
                                                                                layer::retry retry) {
    auto const send = with_policies(call, retry, [this, &call](attempt, auto& permit, auto& quota, auto& sent) {
        return begin_stream(call, permit, quota, sent);
    });
    auto outcome = co_await send(attempt{});
    if (!outcome) co_return give_up(call, std::move(outcome).error());
    (*outcome)->attempts = call.sent;
    (*outcome)->fitted = std::move(call.fitted);
    if (call.observed) (*outcome)->observe(std::move(call.observed), std::move(scope));
    co_return outcome;
}

asio::awaitable<result<std::shared_ptr<chat_stream::state>>> client::impl::open_background(shard& at,
                                                                                           chat_request const& request,
                                                                                           call_scope scope) {
    auto prepared = prepare(at, request, call_form::background_stream, scope);
    if (observes()) observe(at, request, true, scope, prepared);
    if (!prepared) co_return std::move(prepared).error();
    prepared->hedged = false;
    prepared->resumes = std::make_unique<stream_position>();
    co_return co_await open(*std::move(prepared), std::move(scope), layer::retry{only_where_not_taken(retry_.options)});
}

asio::awaitable<result<std::shared_ptr<chat_stream::state>>> client::impl::open_events(shard& at, stream_position after,
                                                                                       call_scope scope) {
    auto encoded = provider->encode_background(background_request::stream, after.response_id, after.event);
    if (!encoded) co_return std::move(encoded).error();
    call_state call{.at = at,
                    .deadline = scope,
                    .request = *std::move(encoded),
                    .began = now(at.executor),
                    .resumes = std::make_unique<stream_position>(std::move(after))};
    detail::service_call const asked{.kind = operation_kind::chat, .name = "background"};
    if (observes()) observe(asked, scope, call);
    co_return co_await open(std::move(call), std::move(scope), retry_);
}

asio::awaitable<result<detail::boxed_response>> client::impl::exchange(call_state& call,
                                                                       detail::sent_request& sent) const {
    if (!call.at.transport) co_return detail::context_is_gone();
    auto response = co_await send_on(*call.at.transport, sent, options.policies.limits);
    if (!response) co_return std::move(response).error();
    sent.came(response->status);
    co_return read_response(call, *response);
}

result<detail::boxed_response> client::impl::read_response(call_state& call, http_response& response) const {
    auto decoded = decode(response, clock_of(call.at.executor).system_now());
    if (!decoded) {
        call.usage += detail::billed(decoded.error());
        return with_rate_limits(with_address(std::move(decoded).error(), call.request), call.at, response.headers);
    }
    call.usage += decoded->usage;
    if (call.keep_raw) decoded->details.edit().raw = std::move(response.body);
    return std::make_unique<chat_response>(*std::move(decoded));
}

asio::awaitable<result<detail::service_reply>> client::impl::exchange(call_state& call,
                                                                      detail::service_call const& asked,
                                                                      detail::sent_request& sent) const {
    if (!call.at.transport) co_return detail::context_is_gone();
    auto const response = co_await send_on(*call.at.transport, sent, options.policies.limits);
    if (!response) co_return response.error();
    sent.came(response->status);
    auto const came_at = clock_of(call.at.executor).system_now();
    auto const spent = asked.decode(*response, came_at);
    if (!spent) {
        call.usage += detail::billed(spent.error());
        co_return with_rate_limits(with_address(spent.error(), call.request), call.at, response->headers);
    }
    call.usage += *spent;
    co_return detail::service_reply{.usage = *spent, .rate_limits = provider->rate_limits(response->headers, came_at)};
}

asio::awaitable<result<std::shared_ptr<chat_stream::state>>> client::impl::begin_stream(
    call_state& call, detail::concurrency_permit& permit, detail::quota_layer::held& quota,
    detail::sent_request& sent) {
    auto const limits = clamp_to_deadline(options.policies.limits, call.deadline, now(call.at.executor));
    if (!call.at.transport) co_return detail::context_is_gone();
    auto body = co_await call.at.transport->open(std::move(sent.request), limits);
    if (!body) co_return std::move(body).error();
    sent.came((*body)->status());
    if (is_good((*body)->status())) {
        auto begun = chat_stream::state::open(
            *this, call, *std::move(body),
            detail::stream_lease{.permit = std::move(permit), .quota = std::move(quota), .request = std::move(sent)});
        auto first = co_await begun->next();  // until something is shown, a failure can be retried
        if (!first) co_return with_address(std::move(first).error(), call.request);
        begun->put_back(*std::move(first));
        co_return begun;
    }
    auto const refusal = co_await whole_of(**body);
    auto why = provider->decode(refusal, clock_of(call.at.executor).system_now()).error();
    co_return with_rate_limits(with_address(std::move(why), call.request), call.at, refusal.headers);
}

asio::awaitable<result<detail::opened_body>> client::impl::open_body(call_state& call,
                                                                     detail::sent_request& sent) const {
    auto limits = options.policies.limits;
    limits.total = {};
    limits.max_body_bytes = std::size_t{1} << 40U;  // who reads it bounds what is held of it
    if (!call.at.transport) co_return detail::context_is_gone();
    auto body = co_await call.at.transport->open(std::move(sent.request), limits);
    if (!body) co_return std::move(body).error();
    sent.came((*body)->status());
    if (is_good((*body)->status())) co_return detail::opened_body{.body = *std::move(body)};
    auto const refusal = co_await whole_of(**body);
    auto why = provider->decode(refusal, clock_of(call.at.executor).system_now()).error();
    co_return with_rate_limits(with_address(std::move(why), call.request), call.at, refusal.headers);
}

asio::awaitable<result<std::unique_ptr<streaming_response>>> client::impl::open_body(shard& at, http_request request,
                                                                                     call_scope scope) {
    call_state call{.at = at, .deadline = scope, .request = std::move(request), .began = now(at.executor)};
    detail::service_call const asked{.name = "batch"};
    if (observes()) observe(asked, scope, call);
    call.hedged = false;
    auto const& retry = retry_for(scope);
    auto const send =
        with_policies(call, retry, [this, &call](attempt, auto&, auto&, auto& sent) { return open_body(call, sent); });
    auto outcome = co_await send(attempt{});
    if (!outcome) co_return give_up(call, std::move(outcome).error());
    co_return std::move(outcome->body);
}

result<chat_response> client::impl::decode(http_response const& response,
                                           std::chrono::system_clock::time_point now) const {
    bool const may_be_events = is_good(response.status) && !response.body.starts_with('{');
    if (may_be_events && detail::body_form_of(response.headers, response.body, true) == detail::body_form::events)
        return detail::decode_events(*provider, response, now);
    return provider->decode(response, now);
}

error client::impl::with_rate_limits(error why, shard const& at, header_list const& headers) const {
    why.rate_limits = provider->rate_limits(headers, clock_of(at.executor).system_now());
    return why;
}

error client::impl::end_stream(shard const& at, detail::stream_lease& held, error why, header_list const& headers,
                               usage const& spent) const {
    why = with_rate_limits(std::move(why), at, headers);
    why.input_tokens += spent.input_tokens;
    why.output_tokens += spent.output_tokens;
    result<chat_response> outcome{std::move(why)};
    held.finish(outcome, spent);
    return std::move(outcome).error();
}

}  // namespace coax
