#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <sys/types.h>

namespace bench {

/// What every request gets.
struct load_reply {
    bool tls{false};
    /// 0: a chat completion (`answer_body`); else a stream of so many events, as OpenAI sends them.
    std::size_t events{0};
    /// Nobody gets a reply before so many requests are there, and `delay` has passed since. 0: each at once.
    std::size_t held{0};
    std::chrono::milliseconds delay{3'000};
};

/// The least that can serve a client: epoll, replies made once, nothing parsed but where a request ends. In a process
/// of its own, so that what is measured here is the client alone. Dies with its parent.
class load_server {
public:
    /// Call before any thread is started.
    explicit load_server(load_reply reply);
    load_server(load_server const&) = delete;
    load_server& operator=(load_server const&) = delete;
    ~load_server();

    [[nodiscard]] std::string const& url() const noexcept { return url_; }
    [[nodiscard]] std::string port() const { return url_.substr(url_.rfind(':') + 1); }
    [[nodiscard]] std::string const& ca_pem() const noexcept { return ca_pem_; }
    /// TLS connections that have sent a request, and those of them that went on with an earlier one's session.
    [[nodiscard]] std::size_t handshakes() const noexcept { return counted_->handshakes; }
    [[nodiscard]] std::size_t resumed() const noexcept { return counted_->resumed; }

    /// What the child tells while it serves, in memory that both have.
    struct counters {
        std::atomic<std::size_t> handshakes{0};
        std::atomic<std::size_t> resumed{0};
    };

private:
    counters* counted_{nullptr};
    pid_t child_{};
    std::string url_;
    std::string ca_pem_;
};

}  // namespace bench
