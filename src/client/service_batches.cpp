#include "client/client_impl.hpp"
#include "client/prompt_limit.hpp"
#include "client/reask.hpp"
#include "client/run_on_shard.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/client/service_batches.hpp>
#include <coax/client/token_options.hpp>

#include <boost/asio/dispatch.hpp>

#include <utility>

namespace coax {
namespace detail {

/// What a row holds until it is read.
struct batch_claim {
    std::unique_ptr<held_money> money{};
    std::optional<cache_ticket> ticket{};
};

namespace {

constexpr std::size_t most_line_bytes = std::size_t{64} << 20U;

/// One request about batches, read by `decode(response, now)`.
template <class T, class Decode>
asio::awaitable<result<T>> ask_batches(shared_impl self, shard& at, result<http_request> encoded, Decode decode,
                                       call_scope scope) {
    if (!encoded) co_return std::move(encoded).error();
    T seen{};
    service_call call{.request = *std::move(encoded), .decode = read_into(seen, std::move(decode)), .name = "batch"};
    if (!call.request.repeatable) call.resent = resending::if_not_taken;
    auto const reply = co_await self->ask(at, std::move(call), std::move(scope));
    if (!reply) co_return reply.error();
    co_return seen;
}

asio::awaitable<result<service_batch>> ask_batch(shared_impl self, shard& at, batch_request what, std::string id,
                                                 call_scope scope) {
    if (id.empty()) co_return invalid_argument("id", "must not be empty");
    auto const decode = [&](http_response const& response, auto when) {
        return self->provider->decode_batch(response, when);
    };
    co_return co_await ask_batches<service_batch>(self, at, self->provider->encode_batch(what, id), decode,
                                                  std::move(scope));
}

asio::awaitable<result<service_batch>> submit_at(shared_impl self, shard& at, batch_input input, call_scope scope) {
    std::string reached;
    for (;;) {
        auto const decode = [&](http_response const& response, auto when) {
            return self->provider->decode_handover(reached, response, when);
        };
        auto step =
            co_await ask_batches<batch_handover>(self, at, self->provider->encode_batch(input, reached), decode, scope);
        if (!step) co_return std::move(step).error();
        if (step->batch) co_return *std::move(step->batch);
        reached = std::move(step->reached);
    }
}

asio::awaitable<result<batch_page>> list_at(shared_impl self, shard& at, std::string next, call_scope scope) {
    auto const decode = [&](http_response const& response, auto when) {
        return self->provider->decode_batches(response, when);
    };
    co_return co_await ask_batches<batch_page>(self, at, self->provider->encode_batch(batch_request::list, next),
                                               decode, std::move(scope));
}

/// Makes the prompt as short as the client's options want it.
result<void> fit_row(client::impl const& self, chat_request& request) {
    if (!self.options.tokens) return {};
    auto fitted = fit_prompt(*self.options.tokens, self.provider->name(), request);
    if (!fitted) return std::move(fitted).error();
    if (*fitted) request = std::move((*fitted)->request);
    return {};
}

result<std::unique_ptr<held_money>> set_aside(client::impl const& self, chat_request const* request) {
    if (!self.options.tokens && (request == nullptr || !request->advanced->spending)) return nullptr;
    auto planned = plan_batch_spending(self.options, self.provider->name(), request);
    if (!planned) return std::move(planned).error();
    if (!*planned) return nullptr;
    auto money = try_hold(**planned);
    if (money) return money;
    return error{.code = errc::quota_exhausted,
                 .message = "what is left of the spending limit is not enough for another row of a batch"};
}

asio::awaitable<result<prepared_row>> prepare_at(shared_impl self, std::string id, chat_request request,
                                                 output_format format) {
    auto const asked = ask_for(format, self->provider->dialect(), self->options.output.relax_schemas, request);
    if (!asked) co_return asked.error();
    self->complete(request);
    if (auto fitted = fit_row(*self, request); !fitted) co_return std::move(fitted).error();
    auto encoded = self->provider->encode(request, false);
    if (!encoded) co_return std::move(encoded).error();
    auto row = self->provider->encode_batch_row(id, *encoded);
    if (!row) co_return std::move(row).error();
    prepared_row made{.row = *std::move(row), .model = request.model};
    auto const claim = std::make_shared<batch_claim>();
    if (self->cache() != nullptr) claim->ticket = self->admit_to_cache(request);
    if (claim->ticket && !claim->ticket->refresh)
        if (auto kept = co_await self->cache()->find(*claim->ticket)) {
            auto fitting = check_once(*self, *kept, format);
            if (fitting) {
                self->take_from_cache(*fitting, *claim->ticket, {});
                made.cached = *std::move(fitting);
                co_return made;
            }
        }
    auto money = set_aside(*self, &request);
    if (!money) co_return std::move(money).error();
    claim->money = *std::move(money);
    made.claim = batch_row_claim{claim};
    co_return made;
}

/// The money of a row that another program has sent counts too.
std::unique_ptr<held_money> late_money(client::impl const& self) {
    auto money = set_aside(self, nullptr);
    return money ? *std::move(money) : nullptr;
}

asio::awaitable<result<chat_response>> read_at(shared_impl self, shard& at, batch_row row, output_format format,
                                               std::shared_ptr<batch_claim> claim) {
    auto const now_there = clock_of(at.executor).system_now();
    auto decoded = self->provider->decode(row.response, now_there);
    auto const spent = decoded ? decoded->usage : billed(decoded.error());
    self->count(spent);
    auto money = claim ? std::move(claim->money) : late_money(*self);
    if (money) {
        money->begin();
        decoded || spent.total_tokens() > 0 ? money->settle(spent) : money->settle(decoded.error());
    }
    if (!decoded) {
        auto why = std::move(decoded).error();
        self->hide_secrets(why, nullptr);
        why.attempts = 1;
        co_return why;
    }
    decoded->attempts = 1;
    auto const usable = check_usable(*decoded);
    auto checked = usable ? check_once(*self, *decoded, format) : result<chat_response>{usable.error()};
    if (checked && claim && claim->ticket && self->cache() != nullptr)
        co_await self->cache()->keep(*claim->ticket, *decoded);
    if (checked) co_return checked;
    auto why = std::move(checked).error();
    why.input_tokens = spent.input_tokens;
    why.output_tokens = spent.output_tokens;
    why.attempts = 1;
    co_return why;
}

/// Lines of a response, one by one. Lives and dies on the client's shard.
class line_source final : public stream_source<batch_row>, private context_member {
public:
    line_source(shared_impl self, shard& at, std::unique_ptr<streaming_response> body)
        : self_{std::move(self)}, at_{at}, body_{std::move(body)} {
        at_.life->add(*this);
    }
    ~line_source() override {
        at_.life->remove(*this);
        at_.life->while_alive([this] { asio::dispatch(at_.executor, [last = std::shared_ptr{std::move(body_)}] {}); });
    }
    line_source(line_source const&) = delete;
    line_source& operator=(line_source const&) = delete;

    asio::awaitable<std::optional<batch_row>> next() override {
        auto const caller = co_await asio::this_coro::executor;
        auto work = next_row();
        if (at_.executor != caller) work = on_living(at_.life, at_.executor, std::move(work));
        auto row = co_await std::move(work);
        co_return value_or_throw(std::move(row));
    }

private:
    void context_ended() noexcept override { body_.reset(); }

    asio::awaitable<result<std::optional<batch_row>>> next_row() {
        for (;;) {
            auto line = co_await next_line();
            if (!line) co_return std::move(line).error();
            if (!*line) co_return std::optional<batch_row>{};
            if ((*line)->find_first_not_of(" \t\r") == std::string::npos) continue;
            auto row = self_->provider->decode_batch_row(**line);
            if (!row) co_return std::move(row).error();
            co_return std::optional{*std::move(row)};
        }
    }

    asio::awaitable<result<std::optional<std::string>>> next_line() {
        for (;;) {
            if (auto const end = held_.find('\n', looked_at_); end != std::string::npos) {
                auto line = held_.substr(begun_at_, end - begun_at_);
                begun_at_ = looked_at_ = end + 1;
                co_return std::optional{std::move(line)};
            }
            held_.erase(0, std::exchange(begun_at_, 0));
            looked_at_ = held_.size();
            if (ended_) co_return held_.empty() ? std::nullopt : std::optional{std::exchange(held_, {})};
            if (held_.size() > most_line_bytes)
                co_return error{.code = errc::too_large, .message = "a line of a batch's results is over 64 MiB"};
            if (!body_) co_return context_is_gone();
            auto const piece = co_await body_->read();
            if (!piece) co_return piece.error();
            ended_ = piece->empty();
            held_.append(*piece);
        }
    }

    shared_impl self_;
    shard& at_;
    std::unique_ptr<streaming_response> body_;
    std::string held_{};
    std::size_t begun_at_{0};   ///< Of the next line.
    std::size_t looked_at_{0};  ///< No line ends before that.
    bool ended_{false};
};

using row_stream = stream<batch_row>;

asio::awaitable<result<row_stream>> results_at(shared_impl self, shard& at, std::string where, call_scope scope) {
    auto encoded = self->provider->encode_batch_results(where);
    if (!encoded) co_return std::move(encoded).error();
    auto body = co_await self->open_body(at, *std::move(encoded), std::move(scope));
    if (!body) co_return std::move(body).error();
    co_return row_stream{std::make_unique<line_source>(std::move(self), at, *std::move(body))};
}

}  // namespace
}  // namespace detail

using detail::call_scope;
using detail::run_on_shard;
using detail::shard;
using detail::shared_impl;

namespace {

/// Of a router, all batches are at the first route.
constexpr detail::route_hint first_route{.stays = true, .first = true};

}  // namespace

void batch_row_claim::begin() const noexcept {
    if (held_ && held_->money) held_->money->begin();
}

void batch_row_claim::release() const noexcept {
    if (!held_ || !held_->money) return;
    held_->money->settle(error{.code = errc::closed});
    held_->money.reset();
}

batch_limits service_batches::limits() const {
    shared_impl const self = client_.impl_;
    return self->provider->limits_of_batches();
}

asio::awaitable<prepared_row> service_batches::prepare(std::string id, chat_request request,
                                                       output_format format) const {
    return run_on_shard<prepared_row>(
        client_.impl_,
        [id = std::move(id), request = std::move(request), format = std::move(format)](shared_impl self, shard&,
                                                                                       call_scope const&) mutable {
            return detail::prepare_at(std::move(self), std::move(id), std::move(request), std::move(format));
        },
        first_route);
}

asio::awaitable<service_batch> service_batches::submit(batch_input input) const {
    return run_on_shard<service_batch>(
        client_.impl_,
        [input = std::move(input)](shared_impl self, shard& at, call_scope scope) mutable {
            return detail::submit_at(std::move(self), at, std::move(input), std::move(scope));
        },
        first_route);
}

asio::awaitable<service_batch> service_batches::look(std::string id) const {
    return run_on_shard<service_batch>(
        client_.impl_,
        [id = std::move(id)](shared_impl self, shard& at, call_scope scope) mutable {
            return detail::ask_batch(std::move(self), at, batch_request::look, std::move(id), std::move(scope));
        },
        first_route);
}

asio::awaitable<service_batch> service_batches::cancel(std::string id) const {
    return run_on_shard<service_batch>(
        client_.impl_,
        [id = std::move(id)](shared_impl self, shard& at, call_scope scope) mutable {
            return detail::ask_batch(std::move(self), at, batch_request::cancel, std::move(id), std::move(scope));
        },
        first_route);
}

asio::awaitable<batch_page> service_batches::list(std::string next) const {
    return run_on_shard<batch_page>(client_.impl_,
                                    [next = std::move(next)](shared_impl self, shard& at, call_scope scope) mutable {
                                        return detail::list_at(std::move(self), at, std::move(next), std::move(scope));
                                    });
}

asio::awaitable<stream<batch_row>> service_batches::results(std::string where) const {
    return run_on_shard<stream<batch_row>>(
        client_.impl_,
        [where = std::move(where)](shared_impl self, shard& at, call_scope scope) mutable {
            return detail::results_at(std::move(self), at, std::move(where), std::move(scope));
        },
        first_route);
}

asio::awaitable<chat_response> service_batches::read(batch_row row, output_format format, batch_row_claim claim) const {
    std::shared_ptr<detail::batch_claim> held = claim.held_;
    return run_on_shard<chat_response>(
        client_.impl_,
        [row = std::move(row), format = std::move(format), held = std::move(held)](shared_impl self, shard& at,
                                                                                   call_scope const&) mutable {
            return detail::read_at(std::move(self), at, std::move(row), std::move(format), std::move(held));
        },
        first_route);
}

}  // namespace coax
