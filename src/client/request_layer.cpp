#include "client/request_layer.hpp"

#include "client/client_impl.hpp"
#include "client/run_on_shard.hpp"
#include "client/secret_filter.hpp"

#include <boost/asio/dispatch.hpp>

namespace coax::detail {
namespace {

/// Of all fields, the credential's among them.
constexpr std::size_t usual_header_bytes = 384;

/// A copy with room for the header field of a credential. The call keeps the body that has no room to spare: its own
/// may have some, since it grew.
http_request copy_to_sign(http_request& request) {
    http_request copy{.to = request.to,
                      .method = request.method,
                      .target = request.target,
                      .body = request.body,
                      .repeatable = request.repeatable};
    copy.headers.reserve(request.headers.size() + 1, usual_header_bytes);
    copy.headers = request.headers;
    copy.body.swap(request.body);
    return copy;
}

}  // namespace

void throw_moved(error&& why) { throw_error(std::move(why)); }

shard::~shard() {
    life->while_alive([this] { asio::dispatch(executor, [last = std::move(transport)] {}); });
    life->remove(*this);
}

void shard::context_ended() noexcept {
    resent_in_all = transport->resent();
    transport.reset();
}

std::uint64_t shard::resent() const {
    std::uint64_t count = 0;
    bool const alive = life->while_alive([&] { count = transport->resent(); });
    return alive ? count : resent_in_all;
}

void sent_request::begin(attempt which) {
    number_ = ++call_->sent;
    hedge_ = which.hedge;
    sent_at_ = now(at_->executor);
    owner_->count(&client_statistics::attempts);
    if (money_) money_->begin();
    if (hedge_)
        owner_->count(&client_statistics::hedges);
    else if (!which.first())
        owner_->count(&client_statistics::retries);
    if (call_->observed)
        observed_ =
            std::make_unique<observed_attempt>(*owner_->options.telemetry, call_->observed, number_, hedge_, request);
}

void sent_request::succeeded(client::impl& owner, usage const& used) const {
    owner.count(used);
    if (money_) money_->settle(used);
    if (observed_) observed_->end(nullptr);
    notify(owner, used, nullptr);
}

error sent_request::failed(client::impl& owner, error why, usage const& spent) const {
    auto const cost = spent.total_tokens() > 0 ? spent : billed(why);
    owner.count(cost);
    if (money_) cost.total_tokens() > 0 ? money_->settle(cost) : money_->settle(why);
    owner.hide_secrets(why, secrets_.get());
    if (observed_) observed_->end(&why);
    notify(owner, cost, &why);
    return why;
}

void sent_request::notify(client::impl const& owner, usage const& spent, error const* why) const {
    auto const& on_attempt = owner.options.hooks.on_attempt;
    if (!on_attempt) return;
    on_attempt({.number = number_,
                .hedge = hedge_,
                .took = std::chrono::duration_cast<std::chrono::milliseconds>(now(at_->executor) - sent_at_),
                .usage = spent,
                .why = why != nullptr ? std::optional{*why} : std::nullopt});
}

std::optional<sent_request> signed_requests::try_acquire() const {
    auto const& service = owner.options.service;
    if (service.token_source) return std::nullopt;
    std::unique_ptr<held_money> money;
    if (call.spending && !(money = try_hold(*call.spending))) return std::nullopt;
    return with_key(std::move(money));
}

sent_request signed_requests::with_key(std::unique_ptr<held_money> money) const {
    auto request = copy_to_sign(call.request);
    owner.provider->authorize(request, owner.options.service.api_key);
    auto secrets = call.secrets.empty() ? nullptr : std::make_unique<std::vector<secret>>(call.secrets);
    return {owner, call, std::move(request), std::move(secrets), std::move(money)};
}

asio::awaitable<sent_request> signed_requests::acquire() const {
    auto const self = *this;
    std::unique_ptr<held_money> money;
    if (self.call.spending) money = co_await hold(*self.call.spending);
    if (!self.owner.options.service.token_source) co_return self.with_key(std::move(money));
    auto const token = value_or_throw(co_await self.owner.options.service.token_source());
    if (!fits_header(token))
        throw_error(invalid_argument("service.token_source", "the token holds a line break or control character"));
    auto request = copy_to_sign(self.call.request);
    self.owner.provider->authorize(request, token);
    auto secrets = std::make_unique<std::vector<secret>>(self.call.secrets);
    secrets->push_back(token);
    co_return sent_request{self.owner, self.call, std::move(request), std::move(secrets), std::move(money)};
}

}  // namespace coax::detail
