#include "mcp/http_link.hpp"

#include "mcp/agreement.hpp"
#include "mcp/mirrored_parameters.hpp"

#include <coax/http/sse.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/tasks/when_any.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <utility>

namespace coax::mcp::detail {
namespace {

/// Of what is sent after the caller has gone.
constexpr std::chrono::seconds farewell_time{2};
constexpr std::size_t most_words = 500;
/// Before a stream is gone on with, where the server says nothing; and the longest that it may ask for.
constexpr std::chrono::milliseconds standard_wait{1'000};
constexpr std::chrono::milliseconds longest_wait{60'000};
/// In a row, without an event in between.
constexpr int most_reconnections = 5;

error session_closed() { return {.code = errc::closed, .message = "the session was closed"}; }

errc code_of(int status) {
    switch (status) {
        case 401:
        case 403: return errc::authentication;
        case 404:
        case 410: return errc::not_found;
        case 429: return errc::rate_limited;
        case 503: return errc::overloaded;
        default: return status >= 500 ? errc::server_error : errc::bad_request;
    }
}

/// Whether a server that does not know the newer protocol may answer its first request like that.
bool may_be_legacy(int status) { return status == 400 || status == 404 || status == 405 || status == 406; }

std::string target_of(base_url const& url) {
    return (url.path.empty() ? "/" : url.path) + (url.query.empty() ? "" : "?" + url.query);
}

bool is_event_stream(streaming_response const& response) {
    auto const type = response.headers().find("content-type");
    return equal_ignoring_case(type.substr(0, type.find(';')), "text/event-stream");
}

error bad_status(streaming_response const& response, std::string body) {
    auto const status = response.status();
    error why{.code = code_of(status), .message = "the server answered " + std::to_string(status)};
    why.http_status = status;
    if (auto const wanted = response.headers().find("www-authenticate"); !wanted.empty())
        why.message.append(" and wants ").append(wanted.substr(0, most_words));
    std::ranges::replace_if(body, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
    why.service_message = body.substr(0, most_words);
    return why;
}

}  // namespace

/// A request that is waited for. In the older protocol, one that is given up is called off by a message of its own; in
/// the newer one its connection is closed.
class http_link::open_request {
public:
    open_request(http_link& home, std::int64_t id) : home_{home}, id_{id} {}
    open_request(open_request const&) = delete;
    open_request& operator=(open_request const&) = delete;
    ~open_request() {
        if (!answered && home_.alive_ && !home_.modern_) home_.tell_cancelled(id_);
    }

    bool answered{false};

private:
    http_link& home_;
    std::int64_t id_;
};

http_link::http_link(asio::any_io_executor executor, options wanted)
    : executor_{std::move(executor)},
      options_{std::move(wanted)},
      url_{parse_base_url(options_.session->url).value()} {}

exchange_limits http_link::limits() const {
    using std::chrono::milliseconds;
    return {.first_byte = milliseconds::zero(),
            .idle = milliseconds::zero(),
            .max_body_bytes = 2 * options_.session->limits.max_message_bytes};
}

// --- agreeing ---

asio::awaitable<result<agreement>> http_link::agree() {
    auto const self = shared_from_this();
    auto const told = co_await ask({.method = "server/discover", .params = with_meta("{}")});
    if (!told && !may_be_legacy(told.error().http_status)) co_return told.error();
    if (told)
        if (auto agreed = judge_discovery(*told)) co_return *std::move(agreed);
    modern_ = false;
    co_return co_await greet();
}

asio::awaitable<result<agreement>> http_link::greet() {
    auto request = co_await make_request(request_text(++last_id_, "initialize", initialize_params()));
    if (!request) co_return std::move(request).error();
    auto const told = co_await exchange(last_id_, *std::move(request), true);
    if (!told) co_return told.error();
    auto agreed = judge_greeting(*told);
    if (!agreed) co_return agreed;
    version_ = agreed->server.version;
    if (auto sent = co_await tell(notification_text("notifications/initialized", {})); !sent)
        co_return std::move(sent).error();
    co_return agreed;
}

// --- requests ---

asio::awaitable<result<http_request>> http_link::make_request(std::string body) {
    auto const& session = *options_.session;
    http_request made{.to = url_.to, .target = target_of(url_), .body = std::move(body)};
    for (auto const& field : session.headers) made.headers.set(field.name, field.value);
    made.headers.set("Content-Type", "application/json");
    made.headers.set("Accept", "application/json, text/event-stream");
    if (modern_ || !version_.empty())
        made.headers.set("MCP-Protocol-Version", modern_ ? std::string{modern_version} : version_);
    if (!session_id_.empty()) made.headers.set("Mcp-Session-Id", session_id_);
    auto token = session.bearer_token;
    if (session.token_source) {
        auto fresh = co_await as_result(session.token_source());
        if (!fresh) co_return std::move(fresh).error();
        token = *std::move(fresh);
    }
    if (!token.empty()) made.headers.set("Authorization", "Bearer " + token.reveal());
    co_return made;
}

asio::awaitable<result<reply>> http_link::ask(outgoing request) {
    auto const self = shared_from_this();
    if (!alive_) co_return session_closed();
    auto const id = ++last_id_;
    auto made = co_await make_request(request_text(id, request.method, request.params));
    if (!made) co_return std::move(made).error();
    made->repeatable = request.repeatable;
    if (modern_) {
        made->headers.set("Mcp-Method", request.method);
        if (!request.name.empty()) made->headers.set("Mcp-Name", header_text(request.name));
        for (auto const& field : request.mirrored) made->headers.set(field.name, field.value);
    }
    open_request open{*this, id};
    auto answered = co_await when_any(exchange(id, *std::move(made), false), closing_.receive());
    if (answered.index() != 0) co_return session_closed();
    auto& outcome = std::get<0>(answered);
    open.answered = outcome || outcome.error().code != errc::cancelled;
    co_return std::move(outcome);
}

asio::awaitable<result<reply>> http_link::exchange(std::int64_t id, http_request request, bool greets) {
    auto opened = co_await options_.transport->open(std::move(request), limits());
    if (!opened) co_return std::move(opened).error();
    auto& response = **opened;
    auto const status = response.status();
    if (status == 404 && !session_id_.empty()) {  // the server has forgotten the session, and done nothing
        alive_ = false;
        co_return error{.code = errc::connection_lost,
                        .message = "the server has ended the session",
                        .http_status = status,
                        .should_retry = true};
    }
    if (status < 200 || status > 299) co_return co_await read_failure(response);
    if (greets) session_id_ = response.headers().find("mcp-session-id");
    co_return co_await read_response(std::move(*opened), id);
}

asio::awaitable<result<std::string>> http_link::read_body(streaming_response& response) const {
    std::string body;
    for (;;) {
        auto const piece = co_await response.read();
        if (!piece) co_return piece.error();
        if (piece->empty()) co_return body;
        body += *piece;
        if (body.size() > options_.session->limits.max_message_bytes)
            co_return error{.code = errc::too_large, .message = "the response is too long: max_message_bytes"};
    }
}

asio::awaitable<result<reply>> http_link::read_failure(streaming_response& response) {
    auto body = co_await read_body(response);
    if (!body) co_return std::move(body).error();
    auto message = parse_message(*body);
    bool const says_why = message && message->outcome.error && may_be_legacy(response.status());
    if (says_why && (modern_ || is_modern(*message->outcome.error))) co_return std::move(message->outcome);
    co_return bad_status(response, *std::move(body));
}

asio::awaitable<result<reply>> http_link::read_response(std::unique_ptr<streaming_response> response, std::int64_t id) {
    if (is_event_stream(*response)) co_return co_await read_events(std::move(response), id);
    auto body = co_await read_body(*response);
    if (!body) co_return std::move(body).error();
    auto answered = co_await take_message(*std::move(body), id);
    if (!answered) co_return std::move(answered).error();
    if (*answered) co_return **std::move(answered);
    co_return error{.code = errc::protocol_error, .message = "the response answers another request"};
}

// --- streams of events ---

/// What is kept from one connection to the next of a request's stream.
struct http_link::event_reader {
    explicit event_reader(session_limits const& limits) : decoder{limits.max_message_bytes} {}

    /// To be called when a connection is gone: what it left unfinished will be sent again.
    void reconnect(session_limits const& limits) {
        if (!decoder.last_event_id().empty()) last_event_id = decoder.last_event_id();
        if (auto const told = decoder.retry())
            wait = std::clamp(*told, std::chrono::milliseconds::zero(), longest_wait);
        decoder = sse_decoder{limits.max_message_bytes};
    }

    sse_decoder decoder;
    std::string last_event_id{};                    ///< Empty: it cannot be gone on with.
    std::chrono::milliseconds wait{standard_wait};  ///< Before it is.
    std::size_t unasked{0};                         ///< Messages that were no response.
};

asio::awaitable<result<reply>> http_link::read_stream(streaming_response& response, std::int64_t id,
                                                      event_reader& reader) {
    for (;;) {
        auto const piece = co_await response.read();
        if (!piece) co_return piece.error();
        if (piece->empty())
            co_return error{.code = errc::connection_lost, .message = "the stream ended before the response"};
        reader.decoder.feed(*piece);
        for (;;) {
            auto const event = reader.decoder.next();
            if (!event) co_return event.error();
            if (!*event) break;
            auto answered = co_await take_message(std::string{(*event)->data}, id);
            if (!answered) co_return std::move(answered).error();
            if (*answered) co_return **std::move(answered);
            if (++reader.unasked > options_.session->limits.max_notifications)
                co_return error{.code = errc::too_large,
                                .message = "the server floods: too many messages before a response: max_notifications"};
        }
    }
}

/// A server of the older protocol that gives its events ids may end a stream and go on with it on another connection.
asio::awaitable<result<reply>> http_link::read_events(std::unique_ptr<streaming_response> response, std::int64_t id) {
    auto const& limits = options_.session->limits;
    event_reader reader{limits};
    auto outcome = co_await read_stream(*response, id, reader);
    for (int in_vain = 0; !modern_ && !outcome && outcome.error().code == errc::connection_lost; ++in_vain) {
        auto const before = reader.last_event_id;
        reader.reconnect(limits);
        if (reader.last_event_id != before) in_vain = 0;
        if (reader.last_event_id.empty() || in_vain == most_reconnections) break;
        response.reset();
        co_await sleep_for(reader.wait);
        auto reopened = co_await reopen(reader.last_event_id);
        if (!reopened) {
            outcome = std::move(reopened).error();
            continue;
        }
        response = *std::move(reopened);
        outcome = co_await read_stream(*response, id, reader);
    }
    co_return outcome;
}

/// Errors: `errc::connection_lost`: another try may succeed.
asio::awaitable<result<std::unique_ptr<streaming_response>>> http_link::reopen(std::string last_event_id) {
    auto request = co_await make_request({});
    if (!request) co_return std::move(request).error();
    request->method = "GET";
    request->headers.erase("Content-Type");
    request->headers.set("Accept", "text/event-stream");
    request->headers.set("Last-Event-ID", last_event_id);
    auto opened = co_await options_.transport->open(*std::move(request), limits());
    if (!opened) {
        auto why = std::move(opened).error();
        if (why.code == errc::connect_failed) why.code = errc::connection_lost;
        co_return why;
    }
    if ((*opened)->status() == 200 && is_event_stream(**opened)) co_return std::move(*opened);
    co_return error{.code = code_of((*opened)->status()),
                    .message = "the stream ended before the response, and the server does not go on with it: status " +
                               std::to_string((*opened)->status()),
                    .http_status = (*opened)->status()};
}

/// @returns The response to request `id`, if it is that.
asio::awaitable<result<std::optional<reply>>> http_link::take_message(std::string text, std::int64_t id) {
    auto message = parse_message(text);
    if (!message) co_return std::move(message).error();
    if (message->method.empty()) {
        bool const is_unread = !message->id && message->outcome.error;  // what could not be read has no id
        if (is_unread || number_of(message->id) == id) co_return std::optional{std::move(message->outcome)};
        co_return error{.code = errc::protocol_error,
                        .message = "the server answers a request that was not made: " + text.substr(0, most_words)};
    }
    if (message->method == "notifications/tools/list_changed" && options_.tools_changed) options_.tools_changed();
    if (message->id) static_cast<void>(co_await tell(answer_to(*message)));
    co_return std::optional<reply>{};
}

asio::awaitable<result<void>> http_link::tell(std::string message) {
    auto request = co_await make_request(std::move(message));
    if (!request) co_return std::move(request).error();
    auto const response = co_await options_.transport->send(*std::move(request), limits());
    if (!response) co_return response.error();
    if (response->status >= 200 && response->status <= 299) co_return result<void>{};
    co_return error{.code = code_of(response->status),
                    .message = "the server answered a notification with " + std::to_string(response->status),
                    .http_status = response->status};
}

// --- the end ---

void http_link::tell_cancelled(std::int64_t id) {
    auto const later = [](std::shared_ptr<http_link> self, std::string message) -> asio::awaitable<void> {
        static_cast<void>(co_await as_result(with_timeout(farewell_time, self->tell(std::move(message)))));
    };
    asio::co_spawn(executor_,
                   later(shared_from_this(), notification_text("notifications/cancelled", cancelled_params(id))),
                   asio::detached);
}

asio::awaitable<void> http_link::end_session() {
    auto const self = shared_from_this();
    auto request = co_await make_request({});
    if (!request) co_return;
    request->method = "DELETE";
    request->headers.erase("Content-Type");
    static_cast<void>(
        co_await as_result(with_timeout(farewell_time, options_.transport->send(*std::move(request), limits()))));
}

void http_link::abandon() noexcept {
    closing_.close();
    if (std::exchange(alive_, false) && !session_id_.empty()) asio::co_spawn(executor_, end_session(), asio::detached);
}

asio::awaitable<void> http_link::stop() {
    auto const self = shared_from_this();
    closing_.close();
    if (std::exchange(alive_, false) && !session_id_.empty()) co_await end_session();
}

}  // namespace coax::mcp::detail
