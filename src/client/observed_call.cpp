#include "client/observed_call.hpp"

#include "client/client_impl.hpp"
#include "telemetry/internal/message_text.hpp"
#include "telemetry/internal/span_executor.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/provider/service_profile.hpp>

#include <algorithm>

namespace coax::detail {
namespace {

/// What `details` says of a response that came.
void describe(chat_response const& response, call_details& details) {
    details.response_id = response.id;
    details.response_model = response.model;
    details.request_id = response.request_id;
    details.service_tier = response.service_tier;
    details.finish_reason = response.finish_reason;
    details.usage = response.usage;
    details.attempts = response.attempts;
    details.cached = response.cached;
}

void describe(error const& why, call_details& details) {
    details.request_id = why.request_id;
    details.usage = {.input_tokens = why.input_tokens, .output_tokens = why.output_tokens};
    details.attempts = why.attempts;
}

}  // namespace

observed_call::observed_call(client_options const& options, operation_kind kind, clock const& time)
    : all_{*options.telemetry, kind, time} {
    auto const& provider = options.service.provider;
    details_.provider = provider.profile ? std::string_view{provider.profile->name} : provider.service;
    details_.api = provider.api;
    all_.facts.call = &details_;
}

void observed_call::goes_to(http_request const& request) {
    host_ = request.to.host;
    path_ = request.target.substr(0, request.target.find('?'));
    details_.host = host_;
    details_.path = path_;
    details_.method = method_ = request.method;
    details_.address = address_ = to_string(request.to);
    details_.port = request.to.port;
}

void observed_call::asks(chat_request const& request, bool streaming) {
    is_for(request.model);
    stop_ = request.stop;
    reasoning_effort_ = request.reasoning_effort;
    details_.streaming = streaming;
    details_.temperature = request.temperature;
    details_.top_p = request.top_p;
    details_.top_k = request.top_k;
    details_.presence_penalty = request.presence_penalty;
    details_.frequency_penalty = request.frequency_penalty;
    details_.max_output_tokens = request.max_output_tokens;
    details_.seed = request.seed;
    details_.stop = stop_.empty() ? nullptr : &stop_;
    details_.reasoning_effort = reasoning_effort_;
    details_.choices = request.advanced ? request.advanced->n : 1;
    details_.wants_json = request.response_format.kind != response_format_kind::text;
    all_.keep_input([&](std::size_t most) { return telemetry::detail::input_messages(request.messages, most); });
}

void observed_call::is_for(std::string model) {
    model_ = std::move(model);
    details_.model = model_;
}

void observed_call::begin(call_origin const* origin) {
    if (origin != nullptr) details_.reask = origin->reask;
    all_.begin(origin != nullptr ? origin->span.get() : nullptr);
    attempt_follows({});
}

void observed_call::first_token() noexcept {
    details_.first_token = all_.elapsed();
    all_.notice({.kind = moment_kind::first_token, .time = *details_.first_token});
}

void observed_call::succeeded(chat_response const& response) {
    describe(response, details_);
    all_.keep_output([&](std::size_t most) { return telemetry::detail::output_messages(response, most); });
    all_.end(nullptr);
}

void observed_call::succeeded(service_reply const& reply) noexcept {
    details_.usage = reply.usage;
    details_.attempts = reply.attempts;
    all_.end(nullptr);
}

void observed_call::failed(error const& why) noexcept {
    describe(why, details_);
    all_.end(&why);
}

observed_attempt::observed_attempt(telemetry_options const& who, std::shared_ptr<observed_call> of, int number,
                                   bool hedge, http_request& request)
    : call_{std::move(of)},
      details_{.number = number, .hedge = hedge},
      all_{who, operation_kind::attempt, call_->all().time()} {
    if (!hedge) {
        details_.waited = std::max<std::chrono::nanoseconds>(all_.time().now() - call_->ready_at(), {});
        call_->all().notice({.kind = moment_kind::queued, .time = details_.waited, .number = number});
    }
    all_.facts.call = &call_->details();
    all_.facts.attempt = &details_;
    all_.begin(call_->all().span().get());
    if (!who.propagate) return;
    request.headers.set("traceparent", to_traceparent(*all_.span()));
    if (auto const& state = all_.span()->trace_state; !state.empty()) request.headers.set("tracestate", state);
}

void observed_attempt::end(error const* why) noexcept {
    if (why != nullptr && why->http_status != 0) details_.http_status = why->http_status;
    all_.end(why);
}

observed_loop::observed_loop(client_options const& options, operation_kind kind, clock const& time,
                             call_scope const& outer, chat_request const& request)
    : model_{request.model.empty() ? options.service.model : request.model},
      all_{*options.telemetry, kind, time},
      inner_{outer.deadline, std::make_shared<call_origin>()} {
    auto const& provider = options.service.provider;
    details_.provider = provider.profile ? std::string_view{provider.profile->name} : provider.service;
    details_.model = model_;
    all_.facts.call = &details_;
    all_.keep_input([&](std::size_t most) { return telemetry::detail::input_messages(request.messages, most); });
    all_.begin(outer.origin ? outer.origin->span.get() : nullptr);
    inner_.origin->span = all_.span();
    inner_.origin->loop = &all_;
}

void observed_loop::end(result<std::unique_ptr<chat_response>> const& outcome) noexcept {
    outcome ? describe(**outcome, details_) : describe(outcome.error(), details_);
    if (outcome)
        all_.keep_output([&](std::size_t most) { return telemetry::detail::output_messages(**outcome, most); });
    all_.end(outcome ? nullptr : &outcome.error());
}

void tell_waits(std::shared_ptr<observed_call> const& call, retry_options& options) {
    options.on_retry = [call, next = std::move(options.on_retry)](retry_event const& event) {
        call->attempt_follows(event.wait);
        if (next) next(event);
    };
}

}  // namespace coax::detail

namespace coax {

detail::call_scope client::impl::scope_at(shard const& at, asio::any_io_executor const& caller) const {
    call_scope scope{deadline_at(at)};
    if (!observes()) return scope;
    scope.origin = std::make_shared<detail::call_origin>();
    scope.origin->span = telemetry::detail::span_of(caller);
    return scope;
}

void client::impl::observe(shard const& at, chat_request const& request, bool streaming, call_scope const& scope,
                           result<call_state>& prepared) const {
    auto const call = std::make_shared<detail::observed_call>(options, operation_kind::chat, clock_of(at.executor));
    call->asks(request, streaming);
    if (prepared) call->goes_to(prepared->request);
    call->begin(scope.origin.get());
    prepared ? static_cast<void>(prepared->observed = call) : call->failed(prepared.error());
}

void client::impl::observe(detail::service_call const& asked, call_scope const& scope, call_state& call) const {
    call.observed = std::make_shared<detail::observed_call>(options, asked.kind, clock_of(call.at.executor));
    call.observed->is_for(asked.model);
    call.observed->is_named(asked.name);
    call.observed->goes_to(call.request);
    call.observed->begin(scope.origin.get());
}

}  // namespace coax
