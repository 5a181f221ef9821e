#include "client/client_impl.hpp"

#include <coax/client/chat_stream.hpp>

#include <boost/asio/post.hpp>

namespace coax {
namespace {

/// How long a service may take to end the body after the event that says the answer is over.
constexpr std::chrono::milliseconds drain_time{250};

error dropped() { return {.code = errc::cancelled, .message = "the stream was dropped before its end"}; }

}  // namespace

chat_stream::state::state(client::impl& owner, shard& at, std::unique_ptr<streaming_response> body, lease held)
    : client_{owner},
      at_{at},
      body_{std::move(body)},
      decoder_{owner.service->decode_stream(body_->headers(), clock_of(at.executor).system_now())},
      events_{owner.options.output.max_event_bytes},
      held_{std::move(held)} {}

chat_stream::state::~state() {
    if (!body_) return;
    asio::post(at_.executor, [keep = std::move(keep_alive_), body = std::move(body_), decoder = std::move(decoder_),
                              held = std::move(held_), &at = at_]() mutable {
        if (keep) (void)keep->failed(at, held, dropped(), &body->headers(), decoder->usage_so_far());
    });
}

result<std::optional<chat_delta>> chat_stream::state::decode_ready() {
    chat_delta delta;
    while (!decoder_->done()) {
        auto const event = events_.next();
        if (!event) return event.error();
        if (!*event) return std::optional<chat_delta>{};
        if (auto fed = decoder_->feed(**event, delta); !fed) return fed.error();
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

void chat_stream::state::conclude() {
    end_ = decoder_->finish();
    if (!*end_) {
        fail(end_->error());
        return;
    }
    auto& answer = **end_;
    answer.attempts = attempts;
    answer.latency = std::chrono::duration_cast<std::chrono::milliseconds>(now(at_.executor) - began);
    client_.succeeded(at_, held_, answer);
    body_.reset();
}

error chat_stream::state::fail(error why) {
    why = client_.failed(at_, held_, std::move(why), &body_->headers(), decoder_->usage_so_far());
    why.attempts = attempts;
    why = client_.in_time(std::move(why), at_, deadline);
    end_ = why;
    body_.reset();
    return why;
}

chat_stream::chat_stream(core::detail::opaque<state> begun) : state_{std::move(begun)} {}
chat_stream::chat_stream(chat_stream&&) noexcept = default;
chat_stream& chat_stream::operator=(chat_stream&&) noexcept = default;
chat_stream::~chat_stream() = default;

asio::awaitable<std::optional<chat_delta>> chat_stream::next() {
    co_return value_or_throw(co_await as_result(on_executor(state_->executor(), state_->next())));
}

asio::awaitable<chat_response> chat_stream::finish() {
    co_return value_or_throw(co_await as_result(on_executor(state_->executor(), state_->finish())));
}

}  // namespace coax
