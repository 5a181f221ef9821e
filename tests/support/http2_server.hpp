#pragma once

#include <coax/http/message.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace coax::test {

/// One request that the server received, and what can be done about it. On the server's thread, as long as its stream
/// and connection are there; after that all of it does nothing.
class http2_call {
public:
    using fields = std::vector<std::pair<std::string, std::string>>;

    virtual ~http2_call() = default;

    std::string method{};
    std::string path{};
    std::string body{};
    fields headers{};          ///< All, pseudo-header fields included.
    std::size_t connection{};  ///< Its number, from 0.
    std::size_t number{};      ///< That of the request, over all connections, from 0.

    /// A whole response. Content-Length is added.
    virtual void respond(int status, std::string body, fields more = {}) = 0;
    /// A response whose body follows by `data`.
    virtual void head(int status, fields more = {}) = 0;
    virtual void interim(int status) = 0;
    virtual void data(std::string bytes, bool last = false) = 0;
    virtual void reset(std::uint32_t code) = 0;
    /// @param with_this  Whether the stream of this request is among those that go on.
    virtual void go_away(bool with_this, std::uint32_t code) = 0;
    virtual void settings(std::uint32_t max_streams) = 0;
    /// Bytes as they are, among the frames.
    virtual void raw(std::string bytes) = 0;
    [[nodiscard]] virtual std::uint32_t stream() const = 0;
    /// Closes the socket: with TLS's goodbye, without, with a reset.
    virtual void close() = 0;
    virtual void cut() = 0;
    virtual void reset_connection() = 0;
    /// Reads nothing more from the connection, and so acknowledges no PING.
    virtual void go_deaf() = 0;
    /// Later, unless the connection is gone.
    virtual void after(std::chrono::milliseconds time, std::function<void()> what) = 0;
};

struct http2_server_options {
    std::uint32_t max_streams{100};
    bool offers_http2{true};  ///< Else it speaks HTTP/1.1 alone, and answers "http/1.1" to whatever comes.
    bool offers_http1{true};
    std::uint32_t window{65'535};  ///< For each request's body.
    std::string greeting{};        ///< In place of all that HTTP/2 would say.
};

/// An HTTP/2 server on 127.0.0.1 over TLS, on a thread of its own.
class http2_server {
public:
    using handler = std::function<void(std::shared_ptr<http2_call> call)>;

    explicit http2_server(handler on_request, http2_server_options options = {});
    http2_server(http2_server const&) = delete;
    http2_server& operator=(http2_server const&) = delete;
    ~http2_server();

    [[nodiscard]] origin to() const;
    [[nodiscard]] std::string const& ca_pem() const;
    /// Connections that came, and those of them that spoke HTTP/2.
    [[nodiscard]] std::size_t connections() const;
    [[nodiscard]] std::size_t http2_connections() const;
    [[nodiscard]] std::size_t open_connections() const;
    [[nodiscard]] std::size_t requests() const;
    /// Streams that the client reset, pings that it sent.
    [[nodiscard]] std::size_t resets() const;
    [[nodiscard]] std::size_t pings() const;
    [[nodiscard]] std::size_t goodbyes() const;
    /// Most streams that were open at once on one connection.
    [[nodiscard]] std::size_t most_streams() const;

    class impl;

private:
    std::shared_ptr<impl> impl_;
};

}  // namespace coax::test
