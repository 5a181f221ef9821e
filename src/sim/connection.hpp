#pragma once

#include "sim/delivery.hpp"
#include "sim/service_api.hpp"

#include <coax/sim/options.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace coax::sim::detail {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

using executor = asio::io_context::executor_type;
using tcp = asio::ip::tcp;
using tcp_socket = asio::basic_stream_socket<tcp, executor>;
using tls_stream = asio::ssl::stream<tcp_socket>;
using steady = std::chrono::steady_clock;
using timer = asio::basic_waitable_timer<steady, asio::wait_traits<steady>, executor>;
template <class T>
using task = asio::awaitable<T, executor>;

inline constexpr auto token = asio::as_tuple(asio::deferred);
inline constexpr std::uint32_t max_head_bytes = 64 * 1024;
inline constexpr std::size_t max_drained_bytes = std::size_t{64} << 20U;

using request_message = http::request<http::string_body>;

/// What connections need of the server. Called on its thread only.
class connection_host {
public:
    virtual response respond(request_message const& request) = 0;
    virtual response refuse(int status, std::string message) = 0;
    virtual std::string_view date() = 0;
    virtual void handshake_failed() = 0;
    virtual options const& opts() const noexcept = 0;

protected:
    ~connection_host() = default;
};

/// A connection as the server sees it, plain or TLS.
class connection_base {
public:
    virtual ~connection_base() = default;
    virtual void close() noexcept = 0;
    [[nodiscard]] bool idle_since(steady::time_point when) const noexcept { return !pausing_ && last_move_ < when; }

protected:
    void moved() noexcept { last_move_ = steady::now(); }

    steady::time_point last_move_{steady::now()};
    bool pausing_{false};
};

/// One connection, from its first byte to its last. Belongs to the server's thread.
template <class Stream>
class connection final : public connection_base, public std::enable_shared_from_this<connection<Stream>> {
public:
    static constexpr bool is_tls = !std::is_same_v<Stream, tcp_socket>;

    template <class... More>
    connection(connection_host& server, tcp_socket socket, More&... more)
        : server_{server}, stream_{std::move(socket), more...}, timer_{stream_.get_executor()} {}

    void close() noexcept override {
        error_code ignored;
        socket().close(ignored);
        timer_.cancel();
    }

    /// Serves requests until either side ends the connection. `self` keeps the connection alive.
    static task<void> run(std::shared_ptr<connection> self) {
        bool const ready = co_await self->handshake();
        while (ready && co_await self->serve_one()) {
        }
        self->close();
    }

private:
    tcp_socket& socket() noexcept {
        if constexpr (is_tls)
            return stream_.next_layer();
        else
            return stream_;
    }

    task<bool> handshake() {
        if constexpr (is_tls) {
            auto const [failure] = co_await stream_.async_handshake(asio::ssl::stream_base::server, token);
            if (failure) server_.handshake_failed();
            co_return !failure;
        } else {
            co_return true;
        }
    }

    task<bool> serve_one() {
        http::request_parser<http::string_body> parser;
        parser.body_limit(server_.opts().max_body_bytes);
        parser.header_limit(max_head_bytes);
        auto const failure = co_await read(parser);
        moved();
        if (failure) co_return co_await refuse(failure);
        auto const& request = parser.get();
        auto plan = deliver(server_.respond(request), terms(request.keep_alive(), request.version() < 11));
        co_return co_await send(std::move(plan));
    }

    task<error_code> read(http::request_parser<http::string_body>& parser) {
        auto const [failed_head, head_bytes] = co_await http::async_read_header(stream_, buffer_, parser, token);
        if (failed_head || parser.is_done()) co_return failed_head;
        moved();
        if (parser.get()[http::field::expect] == "100-continue") {
            static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            auto const [failed_write, written] = co_await asio::async_write(stream_, asio::buffer(go_on), token);
            if (failed_write) co_return failed_write;
        }
        auto const [failed_body, body_bytes] = co_await http::async_read(stream_, buffer_, parser, token);
        co_return failed_body;
    }

    [[nodiscard]] delivery_terms terms(bool keep_alive, bool http_1_0) {
        return {.keep_alive = keep_alive,
                .http_1_0 = http_1_0,
                .date = server_.date(),
                .longest = server_.opts().stall_limit};
    }

    task<bool> refuse(error_code failure) {
        static error_code const sample = http::error::bad_method;
        if (failure.category() != sample.category()) co_return false;
        if (failure == http::error::end_of_stream || failure == http::error::partial_message) co_return false;
        response out = failure == http::error::body_limit
                           ? server_.refuse(413, "The request body is larger than this service takes.")
                       : failure == http::error::header_limit
                           ? server_.refuse(431, "The request's header is too large.")
                           : server_.refuse(400, "This is not an HTTP request.");
        co_return co_await send(deliver(std::move(out), terms(false, false)));
    }

    /// @returns Whether another request may follow.
    task<bool> send(delivery plan) {
        for (auto const& part : plan.segments) {
            if (part.pause.count() > 0) co_await pause(part.pause);
            auto const [failure, written] = co_await asio::async_write(stream_, asio::buffer(part.bytes), token);
            if (failure) co_return false;
            moved();
        }
        switch (plan.then) {
            case connection_end::keep: co_return true;
            case connection_end::close: co_await shut_down(); break;
            case connection_end::cut: break;
            case connection_end::reset: reset_on_close(); break;
            case connection_end::stall: co_await stall(); break;
        }
        co_return false;
    }

    task<void> pause(std::chrono::nanoseconds span) {
        pausing_ = true;
        timer_.expires_after(std::chrono::duration_cast<steady::duration>(span));
        co_await timer_.async_wait(token);
        pausing_ = false;
        moved();
    }

    /// Sends nothing until the options' limit or the caller's end.
    task<void> stall() {
        socket().async_wait(tcp_socket::wait_read,
                            [self = this->shared_from_this()](error_code) { self->timer_.cancel(); });
        co_await pause(server_.opts().stall_limit);
    }

    void reset_on_close() {
        error_code ignored;
        socket().set_option(tcp_socket::linger{true, 0}, ignored);
    }

    /// Closes the sending direction and reads on for a while, so that the response is not lost to a reset.
    task<void> shut_down() {
        if constexpr (is_tls) {
            co_await stream_.async_shutdown(token);
        } else {
            error_code ignored;
            stream_.shutdown(tcp_socket::shutdown_send, ignored);
            std::array<char, 16 * 1024> drain{};
            for (std::size_t drained = 0; drained < max_drained_bytes;) {
                auto const [failure, count] = co_await stream_.async_read_some(asio::buffer(drain), token);
                if (failure) break;
                drained += count;
            }
        }
    }

    connection_host& server_;
    Stream stream_;
    timer timer_;
    boost::beast::flat_buffer buffer_;
};

}  // namespace coax::sim::detail
