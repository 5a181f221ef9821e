#include "client/client_impl.hpp"
#include "runtime/internal/context_life.hpp"

#include <coax/chat/response_details.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/runtime/as_result.hpp>

#include <boost/asio/post.hpp>

namespace coax {
namespace {

/// How long a service may take to end the body after the event that ends the response.
constexpr std::chrono::milliseconds drain_time{250};
/// How long it may take to tell the usage and the end after the reason why the response ended.
constexpr std::chrono::milliseconds end_time{3'000};

error dropped() { return {.code = errc::cancelled, .message = "the stream was dropped before its end"}; }

}  // namespace

chat_stream::state::state(client::impl& owner, detail::call_state const& call, std::unique_ptr<streaming_response> body,
                          detail::stream_lease held)
    : client_{owner},
      at_{call.at},
      life_{call.at.life},
      executor_{call.at.executor},
      began_{call.began},
      scope_{call.deadline},
      body_{std::move(body)},
      decoder_{owner.provider->decode_stream(body_->headers(), clock_of(call.at.executor).system_now())},
      keep_raw_{call.keep_raw},
      events_{owner.options.output.max_event_bytes},
      held_{std::move(held)} {
    if (call.resumes) {
        resumed_ = std::make_unique<stream_position>(*call.resumes);
        if (resumed_->event >= 0) decoder_->go_on_after(*resumed_);
    }
    life_->add(*this);
}

std::shared_ptr<chat_stream::state> chat_stream::state::open(client::impl& owner, detail::call_state const& call,
                                                             std::unique_ptr<streaming_response> body,
                                                             detail::stream_lease held) {
    return {new state{owner, call, std::move(body), std::move(held)}, &state::let_go};
}

void chat_stream::state::let_go(state* last) noexcept {
    auto const destroy = [](state* one) { delete one; };
    std::unique_ptr<state, void (*)(state*)> owned{last, destroy};
    if (last->over_) return;
    auto const life = last->life_;
    life->while_alive([&] { asio::post(last->executor_, [handed = std::move(owned)] {}); });
}

chat_stream::state::~state() {
    life_->remove(*this);
    if (!body_ || !keep_alive_) return;
    try {
        (void)client_.end_stream(at_, *held_, dropped(), body_->headers(), decoder_->usage_so_far());
    } catch (...) {  // NOLINT(bugprone-empty-catch): of `on_attempt`, and nobody is left to be told
    }
}

void chat_stream::state::drop(std::shared_ptr<state> const& one) noexcept {
    one->dropped_ = true;
    if (!one->over_) one->life_->while_alive([&] { asio::post(one->executor_, [one] { one->end_dropped(); }); });
}

/// Unless someone still reads, who will find that it was dropped, or is the last to let go of it.
void chat_stream::state::end_dropped() noexcept {
    if (reading_ || end_) return;
    try {
        fail(dropped());
    } catch (...) {  // NOLINT(bugprone-empty-catch): of `on_attempt`, and nobody is left to be told
    }
}

void chat_stream::state::context_ended() noexcept {
    observed_.reset();
    if (held_) held_->request.abandon();
    body_.reset();
    over_ = true;
}

result<bool> chat_stream::state::decode_ready(chat_delta& delta) {
    while (!undecodable_ && !decoder_->done()) {
        auto const event = events_.next();
        if (!event) return event.error();
        if (!*event) return false;
        if (auto fed = decoder_->feed(**event, delta); !fed) return fed.error();
        if (keep_raw_) delta.raw_event = (*event)->data;
        if (unwrapper_) delta.text = unwrapper_->feed(delta.text);
        if (!delta.empty()) return true;
    }
    return false;
}

std::optional<chat_delta> chat_stream::state::try_next() {
    std::optional<chat_delta> delta;
    if (end_ || put_back_ || !body_) return delta;
    auto const ready = decode_ready(delta.emplace());
    if (!ready) take_failure(ready.error());
    if (!ready || !*ready) delta.reset();
    return delta;
}

asio::awaitable<result<std::optional<chat_delta>>> chat_stream::state::next() {
    if (dropped_ && !end_) fail(dropped());
    if (!body_ && !end_) co_return detail::context_is_gone();
    reading_ = true;
    std::unique_ptr<bool, void (*)(bool*)> const reading{&reading_, [](bool* flag) { *flag = false; }};
    if (put_back_ && !dropped_) co_return std::exchange(put_back_, std::nullopt);
    while (!end_) {
        if (auto delta = try_next()) co_return delta;
        if (!broken_by_ && !at_end_ && !decoder_->done()) {
            co_await read_more();
            continue;
        }
        if (decoder_->done() && !at_end_) co_await drain();
        conclude();
        if (again_) co_await settle();
        if (resumed_ && !*end_) co_await resume();
        if (end_ && keep_) co_await keep();
        if (!end_ && put_back_) co_return std::exchange(put_back_, std::nullopt);
    }
    if (!*end_) co_return end_->error();
    if (replay_) co_return replay_->next(**end_);
    if (form_ == detail::body_form::whole && put_back_) co_return std::exchange(put_back_, std::nullopt);
    co_return std::optional<chat_delta>{};
}

/// An event that the end of the body cut says nothing.
void chat_stream::state::take_failure(error why) {
    undecodable_ = true;
    if (!broken_by_ && !(at_end_ && why.code == errc::protocol_error)) broken_by_ = std::move(why);
}

asio::awaitable<void> chat_stream::state::read_more() {
    auto const content = decoder_->content_bytes();
    if (content == seen_bytes_ && form_ != detail::body_form::whole) body_->keep_waiting();
    seen_bytes_ = content;
    auto read = body_->read();
    if (decoder_->complete()) read = with_timeout(end_time, std::move(read));
    auto const piece = co_await as_result(std::move(read));
    if (!piece) broken_by_ = piece.error();
    if (!piece || piece->empty())
        end_body();
    else
        take(*piece);
}

void chat_stream::state::take(std::string_view bytes) {
    if (form_ == detail::body_form::events) return events_.feed(bytes);
    begun_.append(bytes);
    if (form_ == detail::body_form::unknown) form_ = detail::body_form_of(body_->headers(), begun_, at_end_);
    if (form_ == detail::body_form::events) events_.feed(std::exchange(begun_, {}));
}

void chat_stream::state::end_body() {
    at_end_ = true;
    take("");
    if (form_ == detail::body_form::events) events_.feed("\n\n");  // the last event may lack its end
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
    if (unwrapper_ && put_back_) put_back_->text = unwrapper_->feed(put_back_->text);
    if (put_back_ && put_back_->empty()) put_back_.reset();
    if (end_ && *end_) apply_format(**end_);
}

void chat_stream::state::apply_format(chat_response& response) const {
    if (unwrapper_) response.text = detail::unwrapped(response.text, {});
    response.schema_note = schema_note_;
}

void chat_stream::state::conclude() {
    if (broken_by_ && broken_by_->code == errc::cancelled) return static_cast<void>(fail(*broken_by_));
    end_ = form_ == detail::body_form::whole ? decode_whole() : decoder_->finish();
    if (!*end_) return static_cast<void>(fail(broken_by_ ? *broken_by_ : end_->error()));
    auto& response = **end_;
    if (keep_) keep_->response = response;
    apply_format(response);
    response.attempts = attempts;
    if (fitted) response.details.edit().fitted = *fitted;
    if (!route_.empty()) response.details.edit().route = route_;
    response.latency = std::chrono::duration_cast<std::chrono::milliseconds>(now(at_.executor) - began_);
    body_.reset();
    over_ = true;
    route_use_.reset();
    held_->finish(*end_);
    report_end();
}

void chat_stream::state::routed(std::string name, std::shared_ptr<void> use) {
    route_ = std::move(name);
    if (end_ && *end_) (*end_)->details.edit().route = route_;
    if (!end_) route_use_ = std::move(use);
}

void chat_stream::state::observe(std::shared_ptr<detail::observed_call> call, detail::call_scope scope) {
    scope_ = std::move(scope);
    observed_ = std::move(call);
    observed_->first_token();
    if (end_) report_end();
}

void chat_stream::state::report_end() {
    auto const call = std::move(observed_);
    if (!call) return;
    *end_ ? call->succeeded(**end_) : call->failed(end_->error());
}

/// A server that does not stream: all of the response is one delta.
result<chat_response> chat_stream::state::decode_whole() {
    if (broken_by_) return *broken_by_;
    http_response response{.status = body_->status(), .headers = body_->headers(), .body = std::move(begun_)};
    auto whole = client_.provider->decode(response, clock_of(at_.executor).system_now());
    if (!whole) return whole;
    if (keep_raw_) whole->details.edit().raw = std::move(response.body);
    chat_delta all{
        .text = whole->text, .refusal = whole->refusal, .reasoning = whole->reasoning, .tool_calls = whole->tool_calls};
    if (!all.empty()) put_back_ = std::move(all);
    return whole;
}

error chat_stream::state::fail(error why) {
    if (why.http_status == 0 && why.code != errc::cancelled) why.http_status = body_->status();
    why = client_.end_stream(at_, *held_, std::move(why), body_->headers(), decoder_->usage_so_far());
    why.attempts = attempts;
    why = client_.name_timeout(std::move(why), at_, scope_);
    end_ = why;
    route_use_.reset();
    body_.reset();
    over_ = true;
    report_end();
    return why;
}

namespace {

using shared_state = std::shared_ptr<chat_stream::state>;

/// `(from.*op)()` with the stream kept alive: whoever waits for it may be gone first.
template <class T>
asio::awaitable<result<T>> keeping(shared_state from, asio::awaitable<result<T>> (chat_stream::state::*op)()) {
    co_return co_await ((*from).*op)();
}

/// Runs `op` where the stream lives.
template <class T>
asio::awaitable<T> at_home(shared_state from, asio::awaitable<result<T>> (chat_stream::state::*op)()) {
    auto const& home = from->home();
    bool const is_here = home.executor == co_await asio::this_coro::executor;
    auto work = is_here ? ((*from).*op)() : detail::on_living(home.life, home.executor, keeping(from, op));
    co_return value_or_throw(co_await as_result(std::move(work)));
}

/// The deltas of a stream for whoever pulls them, on any executor.
class delta_source final : public stream_source<chat_delta> {
public:
    explicit delta_source(shared_state from) : from_{std::move(from)} {}
    ~delta_source() override { chat_stream::state::drop(from_); }

    std::optional<chat_delta> try_next(asio::any_io_executor const& caller) override {
        return from_->home().executor == caller ? from_->try_next() : std::nullopt;
    }
    asio::awaitable<std::optional<chat_delta>> next() override { return at_home(from_, &chat_stream::state::next); }

private:
    shared_state from_;
};

}  // namespace

chat_stream::chat_stream(core::detail::shared_opaque<state> begun)
    : stream{std::make_unique<delta_source>(begun)}, state_{std::move(begun)} {}

asio::awaitable<chat_response> chat_stream::finish() {
    std::shared_ptr<state> from{state_};
    return at_home(std::move(from), &state::finish);
}

}  // namespace coax
