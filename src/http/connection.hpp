#pragma once

#include "http/tls.hpp"

#include <coax/runtime/clock.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace coax::http::detail {

/// One socket, plain or under TLS, with what is read from it and not yet used. It never waits: a step that cannot go on
/// returns `would_block`, and whoever drives it waits for `wanted()` on `socket()`. Destroying it closes it, with a TLS
/// close_notify when it is usable.
class connection {
public:
    explicit connection(asio::any_io_executor const& executor);
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;
    ~connection();

    [[nodiscard]] asio::ip::tcp::socket& socket() noexcept { return socket_; }
    /// Takes a connected socket and sets what every one of ours has: no delay, keep-alive, non-blocking.
    void adopt(asio::ip::tcp::socket connected, boost::system::error_code& ec);

    tls_stream& start_tls(tls_context const& context, std::shared_ptr<tls_sessions> sessions, std::string const& host);
    /// Whether it can serve requests. False at first.
    void set_usable(bool usable) noexcept { usable_ = usable; }

    [[nodiscard]] tls_stream::wait_type wanted() const noexcept { return wanted_; }

    /// Writes what it can of head and body, takes that much off them, and returns how much it was.
    std::size_t write(std::string_view& head, std::string_view& body, boost::system::error_code& ec);
    /// Reads once, onto `input()`.
    std::size_t read(boost::system::error_code& ec);

    /// Bytes read and not yet consumed. Valid until the next read.
    [[nodiscard]] std::string_view input() const noexcept { return {buffer_.data() + begin_, end_ - begin_}; }
    void consume(std::size_t count) noexcept {
        begin_ += count;
        if (begin_ == end_) leave_buffer();
    }
    /// As `input()`; where it begins with a status line that ends after the status ("HTTP/1.1 200"), with the space
    /// that parsers insist on. Source: RFC 9112, section 4 (the reason may be absent).
    [[nodiscard]] std::string_view status_line_completed();
    [[nodiscard]] bool is_tls() const noexcept { return tls_ != nullptr; }
    [[nodiscard]] bool speaks_http2() const noexcept { return tls_ != nullptr && tls_->speaks_http2(); }

    /// Whether an idle connection was closed by the peer, or sent something unasked. One system call.
    [[nodiscard]] bool is_stale();
    /// Whether the peer refused what was written last: it had closed before that came.
    [[nodiscard]] bool was_refused();

    /// After a write that failed: the alert by which the peer refused the client certificate, if that came, else
    /// `failure`.
    [[nodiscard]] boost::system::error_code why_ended(boost::system::error_code failure);

    /// The head of the request being sent, which is empty at first.
    [[nodiscard]] std::string& head() noexcept;
    /// All of it has left us: a connection that waits for a response keeps no buffer.
    void sent() noexcept;

    /// Whether its last response was a stream: some servers close behind one.
    void set_streamed(bool streamed) noexcept { streamed_ = streamed; }
    [[nodiscard]] bool streamed() const noexcept { return streamed_; }

private:
    void make_room();
    void leave_buffer() noexcept;

    asio::ip::tcp::socket socket_;
    std::unique_ptr<tls_stream> tls_;
    tls_stream::wait_type wanted_{asio::ip::tcp::socket::wait_read};
    std::vector<char> buffer_;
    std::size_t begin_{0};
    std::size_t end_{0};
    std::string head_;
    bool filled_{false};  // the last read took all there was room for
    bool usable_{false};
    bool streamed_{false};
};

}  // namespace coax::http::detail
