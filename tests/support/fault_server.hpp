#pragma once

#include "support/certificates.hpp"

#include <coax/http/message.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coax::test {

/// One thing the server does on a connection.
struct step {
    enum class kind {
        receive,    ///< Reads one whole request and records it.
        send,       ///< Writes `bytes`, in pieces of `piece_bytes` when that is not 0.
        serve,      ///< Answers every request with `bytes` until the client closes.
        pause,      ///< Waits for `length`.
        stall,      ///< Does nothing until the client has closed; breaks when it never does.
        drain,      ///< Reads and drops whatever comes until the client has closed.
        close,      ///< Closes in order; under TLS with the goodbye.
        cut,        ///< Closes the socket; under TLS without the goodbye.
        reset,      ///< Closes with a reset.
        start_tls,  ///< As a proxy would after CONNECT: goes on under TLS.
    };
    kind what{};
    std::string bytes{};
    std::size_t piece_bytes{0};
    std::chrono::milliseconds length{0};
};

inline step receive() { return {.what = step::kind::receive}; }
inline step send(std::string bytes, std::size_t piece_bytes = 0) {
    return {.what = step::kind::send, .bytes = std::move(bytes), .piece_bytes = piece_bytes};
}
inline step serve(std::string bytes) { return {.what = step::kind::serve, .bytes = std::move(bytes)}; }
inline step pause(std::chrono::milliseconds length) { return {.what = step::kind::pause, .length = length}; }
inline step stall() { return {.what = step::kind::stall}; }
inline step drain() { return {.what = step::kind::drain}; }
inline step close() { return {.what = step::kind::close}; }
inline step cut() { return {.what = step::kind::cut}; }
inline step reset() { return {.what = step::kind::reset}; }
inline step start_tls() { return {.what = step::kind::start_tls}; }

/// "HTTP/1.1 200 OK" with a Content-Length.
[[nodiscard]] std::string answer(std::string const& body, std::string const& more_headers = {});
/// One that says the request was received and answered `body`.
[[nodiscard]] std::vector<step> exchange(std::string const& body);

/// What it does on one connection; after the last step it waits for the client to close.
using script = std::vector<step>;

/// `count` times `part`, one after the other.
[[nodiscard]] script times(std::size_t count, script const& part);

struct fault_server_options {
    bool tls{false};
    std::string certificate_host{"127.0.0.1"};
    std::chrono::seconds certificate_good_for{std::chrono::hours{1}};
    bool certificate_in_common_name{false};  ///< Without alternative names.
    /// Not empty: it asks for a client certificate, and takes those that come from this authority.
    std::string client_ca_pem{};
    bool is_tls12{false};  ///< It speaks TLS 1.2 at most.
    /// False: connections that the scripts allow for may stay away.
    bool all_must_come{true};
};

/// A server on 127.0.0.1 that plays one script for each connection, in the order they come, each on a thread of its
/// own. The test fails when a script breaks: a connection too many or too few, a request that does not come, a client
/// that keeps a connection open where it should close it.
class fault_server {
public:
    explicit fault_server(std::vector<script> connections, fault_server_options options = {});
    fault_server(fault_server const&) = delete;
    fault_server& operator=(fault_server const&) = delete;
    ~fault_server();

    [[nodiscard]] origin to() const;
    /// What a client must trust; empty without TLS.
    [[nodiscard]] std::string ca_pem() const;
    /// The requests received so far, heads and bodies, in order of arrival.
    [[nodiscard]] std::vector<std::string> requests() const;
    [[nodiscard]] std::size_t connections() const;
    /// TLS sessions that went on from an earlier connection.
    [[nodiscard]] std::size_t resumed() const;
    /// The certificates that clients have shown, in PEM, in order.
    [[nodiscard]] std::vector<std::string> client_certificates() const;
    /// How many `send` steps were made, on all connections.
    [[nodiscard]] std::size_t sends() const;
    /// Waits until so many scripts have come to their end and their connections are closed. False: it took too long.
    [[nodiscard]] bool wait_for_end(std::size_t scripts = 1);

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace coax::test
