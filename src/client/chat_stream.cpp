#include "client/client_impl.hpp"

#include <coax/policy/timeout.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/on_executor.hpp>

#include <boost/asio/post.hpp>

namespace coax {
namespace {

/// How long a service may take to end the body after the event that ends the response.
constexpr std::chrono::milliseconds drain_time{250};

error dropped() { return {.code = errc::cancelled, .message = "the stream was dropped before its end"}; }

}  // namespace

chat_stream::state::state(client::impl& owner, detail::call_state const& call, std::unique_ptr<streaming_response> body,
                          detail::stream_lease held)
    : client_{owner},
      at_{call.at},
      began_{call.began},
      deadline_{call.deadline},
      body_{std::move(body)},
      decoder_{owner.provider->decode_stream(body_->headers(), clock_of(call.at.executor).system_now())},
      events_{owner.options.output.max_event_bytes},
      held_{std::move(held)} {}

void chat_stream::state::drop() noexcept {
    if (!body_) return;
    end_ = dropped();
    asio::post(at_.executor, [keep = keep_alive_, body = std::move(body_), decoder = std::move(decoder_),
                              held = std::move(held_), &at = at_]() mutable {
        if (keep) (void)keep->end_stream(at, held, dropped(), body->headers(), decoder->usage_so_far());
    });
}

result<std::optional<chat_delta>> chat_stream::state::decode_ready() {
    chat_delta delta;
    while (!decoder_->done()) {
        auto const event = events_.next();
        if (!event) return event.error();
        if (!*event) return std::optional<chat_delta>{};
        if (auto fed = decoder_->feed(**event, delta); !fed) return fed.error();
        if (unwrapper_) delta.text = unwrapper_->feed(delta.text);
        if (!delta.empty()) return std::optional{std::move(delta)};
    }
    return std::optional<chat_delta>{};
}

asio::awaitable<result<std::optional<chat_delta>>> chat_stream::state::next() {
    while (!end_) {
        auto ready = decode_ready();
        if (!ready) co_return fail(std::move(ready).error());
        if (*ready) co_return ready;
        if (decoder_->done()) {
            co_await drain();
            conclude();
            break;
        }
        auto const piece = co_await as_result(body_->read());
        if (!piece) co_return fail(piece.error());
        if (piece->empty())
            conclude();
        else
            events_.feed(*piece);
    }
    if (!*end_) co_return end_->error();
    co_return std::optional<chat_delta>{};
}

asio::awaitable<result<chat_response>> chat_stream::state::finish() {
    for (;;) {
        auto const delta = co_await next();
        if (!delta) co_return delta.error();
        if (!*delta) co_return *end_;
    }
}

asio::awaitable<void> chat_stream::state::drain() {
    // Not read to the end, the connection is closed: correct, but the next stream pays for a new one.
    auto const last = co_await as_result(with_timeout(drain_time, body_->read()));
    (void)last;
}

void chat_stream::state::expect(detail::asked_format asked) {
    if (asked.wrapped) unwrapper_.emplace();
    schema_note_ = std::move(asked.note);
}

void chat_stream::state::conclude() {
    end_ = decoder_->finish();
    if (!*end_) {
        fail(end_->error());
        return;
    }
    auto& response = **end_;
    if (unwrapper_) response.text = detail::unwrapped(response.text, {});
    response.schema_note = schema_note_;
    response.attempts = attempts;
    response.latency = std::chrono::duration_cast<std::chrono::milliseconds>(now(at_.executor) - began_);
    held_.finish(*end_);
    body_.reset();
}

error chat_stream::state::fail(error why) {
    why = client_.end_stream(at_, held_, std::move(why), body_->headers(), decoder_->usage_so_far());
    why.attempts = attempts;
    why = client_.name_timeout(std::move(why), at_, deadline_);
    end_ = why;
    body_.reset();
    return why;
}

namespace {

/// The deltas of a stream for whoever pulls them, on any executor.
class delta_source final : public stream_source<chat_delta> {
public:
    explicit delta_source(std::shared_ptr<chat_stream::state> from) : from_{std::move(from)} {}
    ~delta_source() override { from_->drop(); }

    asio::awaitable<std::optional<chat_delta>> next() override {
        co_return value_or_throw(co_await as_result(on_executor(from_->executor(), from_->next())));
    }

private:
    std::shared_ptr<chat_stream::state> from_;
};

}  // namespace

chat_stream::chat_stream(core::detail::shared_opaque<state> begun)
    : stream{std::make_unique<delta_source>(begun)}, state_{std::move(begun)} {}

asio::awaitable<chat_response> chat_stream::finish() {
    co_return value_or_throw(co_await as_result(on_executor(state_->executor(), state_->finish())));
}

}  // namespace coax
