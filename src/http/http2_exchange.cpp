#include "http/http2_exchange.hpp"

#include "http/errors.hpp"
#include "http/exchange.hpp"
#include "http/http2_pool.hpp"
#include "http/request_head.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <utility>

namespace coax::http::detail {
namespace {

constexpr int most_refusals = 3;  // then waiting is the caller's matter

}  // namespace

http2_exchange::http2_exchange(std::shared_ptr<transport_state> home, http_request request, exchange_limits limits,
                               bool streamed)
    : home_{std::move(home)},
      request_{std::move(request)},
      limits_{clamped(limits)},
      deadline_{home_->executor, limits_, request_.to},
      begun_{deadline_.now()},
      waiting_{home_->executor, "http_transport"},
      streamed_{streamed} {}

http2_exchange::~http2_exchange() { reset(); }

/// Gives up the stream. Its receiver hears nothing more.
void http2_exchange::reset() {
    if (!ended_ && link_ && stream_ != 0) link_->abandon(stream_);
    ended_ = true;
    link_.reset();
}

exchange_limits http2_exchange::limits_left() const {
    auto left = limits_;
    if (left.total > std::chrono::milliseconds{0}) {
        auto const used = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_.now() - begun_);
        left.total = std::max(left.total - used, std::chrono::milliseconds{1});
    }
    return left;
}

asio::awaitable<result<bool>> http2_exchange::begin() {
    if (auto valid = check_request(request_); !valid) co_return std::move(valid).error();
    for (;;) {
        auto const found = co_await get_link();
        if (!found) co_return found.error();
        if (!*found) co_return false;
        auto const ended = co_await attempt();
        if (!ended) co_return ended.error();
        if (*ended != next::again) co_return *ended == next::done;
    }
}

/// @returns Whether there is one, with a place for us; false: HTTP/1.1.
asio::awaitable<result<bool>> http2_exchange::get_link() {
    auto& pool = *home_->http2;
    for (;;) {
        if (home_->connections.closed()) co_return closed(request_.to);
        if (pool.uses_http1(request_.to)) co_return false;
        link_ = pool.find(request_.to, limits_);
        if (link_) co_return true;
        if (pool.full()) co_return queue_is_full(home_->options.max_waiting, request_.to);
        http2_waiter place{home_->executor, pool};
        pool.enqueue(request_.to, limits_, place);
        deadline_.start(limit::none);
        deadline_.interrupts(place);
        if (place.queued()) co_await coax::detail::suspend_until(place, std::nullopt);
        if (auto why = deadline_.stopped(co_await asio::this_coro::cancellation_state)) co_return std::move(*why);
        if (place.failure) co_return *std::move(place.failure);
        link_ = std::exchange(place.promised, nullptr);
        if (link_) co_return true;
    }
}

/// One sending, up to the head of the response, or its end.
asio::awaitable<result<http2_exchange::next>> http2_exchange::attempt() {
    ended_ = same_limit_ = false;
    status_ = 0;
    failure_.reset();
    link_->take_promised();
    deadline_.start(limit::idle);
    auto const made = link_->submit(request_, *this);
    if (made == 0) {
        link_.reset();
        co_return next::again;  // it has ended since it was found
    }
    stream_ = made;
    while (!ended_ && !error_ && (status_ == 0 || !streamed_))
        if (auto got = co_await wait(); !got) co_return std::move(got).error();
    if (error_ && !streamed_) {
        reset();
        co_return failed(*error_);
    }
    if (failure_ && (status_ == 0 || !streamed_)) co_return after_failure();
    co_return next::done;
}

/// Suspends until something happens that matters.
asio::awaitable<result<void>> http2_exchange::wait() {
    deadline_.interrupts(waiting_);
    co_await coax::detail::suspend_until(waiting_, std::nullopt);
    if (auto why = deadline_.stopped(co_await asio::this_coro::cancellation_state)) {
        reset();
        co_return failed(*std::move(why));
    }
    co_return result<void>{};
}

result<http2_exchange::next> http2_exchange::after_failure() {
    auto const how = *failure_;
    auto& pool = *home_->http2;
    if (how.why == http2_failure::reason::unprocessed && status_ == 0 && ++refusals_ <= most_refusals) {
        link_.reset();
        return next::again;
    }
    bool const is_automatic = home_->options.http2 == http2_mode::automatic;
    if (how.why == http2_failure::reason::reset && how.code == http2_code::http_1_1_required) {
        pool.avoid(request_.to);
        if (is_automatic && status_ == 0) return next::http1;
    } else if (how.why == http2_failure::reason::violation) {
        pool.avoid(request_.to);
    } else if (how.code == http2_code::internal_error || how.code == http2_code::enhance_your_calm) {
        pool.troubled(request_.to);
    }
    return failed(to_error(how));
}

asio::awaitable<result<void>> http2_exchange::receive(std::string& into) {
    if (body_.empty() && !ended_ && !error_) {
        if (!same_limit_)
            deadline_.start(limit::idle);
        else if (!deadline_.resume())
            error_ = deadline_.stopped(co_await asio::this_coro::cancellation_state);
        while (body_.empty() && !ended_ && !error_)
            if (auto got = co_await wait(); !got) co_return *(error_ = std::move(got).error());
    }
    same_limit_ = false;
    into.swap(body_);
    body_.clear();
    if (link_ && !ended_) link_->consumed(stream_, std::exchange(untold_, 0));
    if (!into.empty()) co_return result<void>{};
    if (error_) {
        reset();
        co_return failed(*error_);
    }
    if (failure_) {
        auto told = after_failure();
        error_ = told ? to_error(*failure_) : std::move(told).error();
        failure_.reset();
        co_return *error_;
    }
    co_return result<void>{};
}

error http2_exchange::failed(error why) const {
    if (status_ != 0) why.http_status = status_;
    return why;
}

error http2_exchange::to_error(http2_failure const& how) const {
    auto const at = coax::to_string(request_.to);
    auto const code = std::string{to_string(how.code)};
    using reason = http2_failure::reason;
    switch (how.why) {
        case reason::unprocessed:
            return {.code = errc::overloaded,
                    .message = "the server refused the request without acting on it (HTTP/2 " + code + ")",
                    .where = at};
        case reason::head_too_large:
            return {.code = errc::too_large, .message = "the response's head is larger than its limit", .where = at};
        case reason::no_final_response:
            return {.code = errc::protocol_error, .message = "the server sends no final response", .where = at};
        case reason::violation:
            return {.code = errc::protocol_error,
                    .message = "the response does not keep to HTTP/2 (" + code + ")",
                    .where = at};
        case reason::lost: return link_ ? link_->why() : closed(request_.to);
        case reason::reset: break;
    }
    if (how.code == http2_code::http_1_1_required)
        return {.code = errc::protocol_error,
                .message = "the server asks for HTTP/1.1, which http2 = on does not fall back to",
                .where = at,
                .should_retry = false};
    return {.code = errc::connection_lost,
            .message = "the server ended the stream before the whole response was there (HTTP/2 " + code + ")",
            .where = at};
}

void http2_exchange::request_moved(bool whole) {
    if (status_ == 0) deadline_.start(whole ? limit::first_byte : limit::idle);
}

void http2_exchange::took_interim() { deadline_.start(limit::first_byte); }

void http2_exchange::took_head(int status, header_list headers) {
    status_ = status;
    headers_ = std::move(headers);
    if (!streamed_) deadline_.start(limit::idle);
    auto const coding = content_decoder::coding_of(headers_.find("content-encoding"));
    drops_body_ = coding == content_decoder::coding::unknown && status_ >= 400;  // the status says enough
    if (coding != content_decoder::coding::none && !drops_body_) decoder_.emplace(coding, limits_.max_body_bytes);
    if (streamed_) waiting_.wake();
}

std::size_t http2_exchange::took_body(std::string_view bytes) {
    if (error_) return 0;
    body_bytes_ += bytes.size();
    if (body_bytes_ > limits_.max_body_bytes) return bad_body(body_too_large(limits_.max_body_bytes, request_.to)), 0;
    if (decoder_) {
        boost::system::error_code ec;
        decoder_->decode(bytes, body_, ec);
        if (ec == boost::beast::http::error::body_limit)
            return bad_body(body_too_large(limits_.max_body_bytes, request_.to)), 0;
        if (ec) return bad_body(not_decoded(headers_.find("content-encoding"), ec, request_.to)), 0;
    } else if (!drops_body_) {
        body_.append(bytes);
    }
    untold_ += bytes.size();
    if (streamed_ && !body_.empty()) return waiting_.wake(), 0;
    if (!same_limit_) deadline_.start(limit::idle);
    return std::exchange(untold_, 0);
}

/// Told after what came before it.
void http2_exchange::bad_body(error why) {
    error_ = std::move(why);
    waiting_.wake();
}

void http2_exchange::complete() {
    ended_ = true;
    if (decoder_ && !decoder_->at_end() && !error_)
        error_ =
            transport_error(stage::receiving, make_error_code(boost::beast::http::error::partial_message), request_.to);
    waiting_.wake();
}

void http2_exchange::failed(http2_failure how) {
    ended_ = true;
    failure_ = how;
    waiting_.wake();
}

namespace {

class http2_stream final : public streaming_response {
public:
    http2_stream(std::shared_ptr<transport_state> home, http_request request, exchange_limits limits)
        : exchange_{std::move(home), std::move(request), limits, true} {}

    [[nodiscard]] http2_exchange& over() noexcept { return exchange_; }
    int status() const noexcept override { return exchange_.status(); }
    header_list const& headers() const noexcept override { return exchange_.headers(); }

    asio::awaitable<result<std::string_view>> read() override {
        piece_.clear();
        if (auto got = co_await exchange_.receive(piece_); !got) co_return std::move(got).error();
        co_return std::string_view{piece_};
    }

    void keep_waiting() noexcept override { exchange_.keep_waiting(); }

private:
    http2_exchange exchange_;
    std::string piece_;
};

asio::awaitable<result<http_response>> run_over_http2(std::unique_ptr<http2_exchange> self,
                                                      std::shared_ptr<transport_state> home) {
    auto const begun = co_await self->begin();
    if (!begun) co_return begun.error();
    if (*begun)
        co_return http_response{
            .status = self->status(), .headers = std::move(self->headers()), .body = std::move(self->body())};
    auto const limits = self->limits_left();
    auto instead = std::make_unique<exchange>(std::move(home), self->take_request(), limits, false);
    self.reset();
    co_return co_await exchange::run(std::move(instead));
}

}  // namespace

asio::awaitable<result<http_response>> send_over_http2(std::shared_ptr<transport_state> home, http_request request,
                                                       exchange_limits limits) {
    auto self = std::make_unique<http2_exchange>(home, std::move(request), limits, false);
    return run_over_http2(std::move(self), std::move(home));
}

asio::awaitable<result<std::unique_ptr<streaming_response>>> open_over_http2(std::shared_ptr<transport_state> home,
                                                                             http_request& request,
                                                                             exchange_limits& limits) {
    auto stream = std::make_unique<http2_stream>(std::move(home), std::move(request), limits);
    auto const begun = co_await stream->over().begin();
    if (!begun) co_return begun.error();
    if (*begun) co_return std::unique_ptr<streaming_response>{std::move(stream)};
    limits = stream->over().limits_left();
    request = stream->over().take_request();
    co_return std::unique_ptr<streaming_response>{};
}

}  // namespace coax::http::detail
