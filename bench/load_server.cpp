#include "load_server.hpp"

#include "answer_server.hpp"
#include "sim/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <new>
#include <string_view>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bench {
namespace {

using steady = std::chrono::steady_clock;

/// The fields that OpenAI's responses have, as many and as long.
constexpr std::string_view head_fields =
    "date: Sat, 28 Nov 2026 12:00:00 GMT\r\nconnection: keep-alive\r\nopenai-version: 2020-10-01\r\n"
    "openai-organization: org-0123456789abcdef\r\nopenai-processing-ms: 412\r\nx-request-id: "
    "req_0123456789abcdef0123456789abcdef\r\nx-ratelimit-limit-requests: 10000\r\nx-ratelimit-limit-tokens: "
    "30000000\r\nx-ratelimit-remaining-requests: 9999\r\nx-ratelimit-remaining-tokens: 29999700\r\n"
    "x-ratelimit-reset-requests: 6ms\r\nx-ratelimit-reset-tokens: 0s\r\nstrict-transport-security: max-age=31536000; "
    "includeSubDomains; preload\r\nx-content-type-options: nosniff\r\nserver: cloudflare\r\n";

std::string event(std::string_view delta, std::string_view end) {
    return R"(data: {"id":"chatcmpl-A1B2C3D4E5F6G7H8I9J0K1L2M3N4O","object":"chat.completion.chunk","created":1760000000,)"
           R"("model":"gpt-5.4","service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":)" +
           std::string{delta} + R"(,"logprobs":null,"finish_reason":)" + std::string{end} + "}]}\n\n";
}

/// A chunk an event, as proxies pass them on.
std::string chunk(std::string_view text) {
    std::array<char, 24> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", text.size());
    return size.data() + std::string{text} + "\r\n";
}

std::string reply_text(load_reply const& reply) {
    std::string text = "HTTP/1.1 200 OK\r\n" + std::string{head_fields};
    if (reply.events == 0)
        return text + "content-type: application/json\r\ncontent-length: " + std::to_string(answer_body().size()) +
               "\r\n\r\n" + answer_body();
    text += "content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n";
    for (std::size_t i = 1; i < reply.events; ++i) text += chunk(event(R"({"content":" word"})", "null"));
    return text + chunk(event("{}", R"("stop")")) + chunk("data: [DONE]\n\n") + "0\r\n\r\n";
}

struct link {
    int socket{-1};
    SSL* ssl{nullptr};
    bool counted{false};  ///< Its handshake.
    std::string in{};
    std::string_view out{};  ///< What is left of a reply.
};

/// How long the first request in `in` is; 0: it is not all there.
std::size_t request_size(std::string_view in) {
    auto const end = in.find("\r\n\r\n");
    if (end == in.npos) return 0;
    constexpr std::string_view name = "ontent-Length: ";
    auto const at = in.substr(0, end).find(name);
    auto const body = at == in.npos ? 0 : std::strtoull(in.data() + at + name.size(), nullptr, 10);
    return in.size() < end + 4 + body ? 0 : end + 4 + body;
}

class loop {
public:
    loop(load_reply const& reply, int listener, SSL_CTX* tls, load_server::counters& counted)
        : text_{reply_text(reply)},
          held_{reply.held},
          delay_{reply.delay},
          listener_{listener},
          tls_{tls},
          counted_{counted} {
        watch(listener_, EPOLL_CTL_ADD, EPOLLIN);
    }

    [[noreturn]] void run() {
        std::array<epoll_event, 256> ready{};
        for (;;) {
            auto const count = epoll_wait(poll_, ready.data(), static_cast<int>(ready.size()), next_wait());
            for (int i = 0; i < count; ++i)
                ready[static_cast<std::size_t>(i)].data.fd == listener_
                    ? accept_all()
                    : serve(ready[static_cast<std::size_t>(i)].data.fd);
            send_due();
        }
    }

private:
    void watch(int socket, int how, std::uint32_t what) const {
        epoll_event wanted{};
        wanted.events = what;
        wanted.data.fd = socket;
        epoll_ctl(poll_, how, socket, &wanted);
    }
    [[nodiscard]] int next_wait() const {
        if (waiting_.size() < held_ || waiting_.empty()) return -1;
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(due_ - steady::now());
        return std::max(0, static_cast<int>(left.count()));
    }
    void accept_all() {
        for (int socket = 0; (socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
            int const yes = 1;
            setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            auto& one = links_[socket] = {.socket = socket};
            if (tls_ != nullptr) {
                one.ssl = SSL_new(tls_);
                SSL_set_fd(one.ssl, socket);
                SSL_set_accept_state(one.ssl);
            }
            watch(socket, EPOLL_CTL_ADD, EPOLLIN);
        }
    }
    void close_link(link& one) {
        if (one.ssl != nullptr) SSL_free(one.ssl);
        close(one.socket);
        links_.erase(one.socket);
    }
    /// @returns false: the link is gone.
    bool read_all(link& one) {
        for (;;) {
            auto const got = one.ssl != nullptr ? SSL_read(one.ssl, buffer_.data(), static_cast<int>(buffer_.size()))
                                                : static_cast<int>(recv(one.socket, buffer_.data(), buffer_.size(), 0));
            if (got > 0) {
                one.in.append(buffer_.data(), static_cast<std::size_t>(got));
                if (one.ssl == nullptr && static_cast<std::size_t>(got) < buffer_.size()) return true;
                continue;
            }
            if (one.ssl != nullptr) return SSL_get_error(one.ssl, got) == SSL_ERROR_WANT_READ;
            return got < 0 && errno == EAGAIN;
        }
    }
    void write_rest(link& one) {
        bool const waited = one.out.size() < text_.size();
        while (!one.out.empty()) {
            auto const put = one.ssl != nullptr
                                 ? SSL_write(one.ssl, one.out.data(),
                                             static_cast<int>(std::min<std::size_t>(one.out.size(), 1U << 20U)))
                                 : static_cast<int>(send(one.socket, one.out.data(), one.out.size(), MSG_NOSIGNAL));
            if (put <= 0) {
                watch(one.socket, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
                return;
            }
            one.out.remove_prefix(static_cast<std::size_t>(put));
        }
        if (waited) watch(one.socket, EPOLL_CTL_MOD, EPOLLIN);
    }
    void serve(int socket) {
        auto const at = links_.find(socket);
        if (at == links_.end()) return;
        auto& one = at->second;
        if (!one.out.empty()) write_rest(one);
        if (!read_all(one)) return close_link(one);
        if (one.ssl != nullptr && !one.in.empty() && !std::exchange(one.counted, true)) {
            ++counted_.handshakes;
            if (SSL_session_reused(one.ssl) == 1) ++counted_.resumed;
        }
        for (std::size_t size = 0; (size = request_size(one.in)) != 0;) {
            one.in.erase(0, size);
            if (held_ > 0) {
                waiting_.push_back(socket);
                if (waiting_.size() == held_) due_ = steady::now() + delay_;
                continue;
            }
            one.out = text_;
            write_rest(one);
        }
    }
    void send_due() {
        if (waiting_.size() < held_ || steady::now() < due_) return;
        for (auto const socket : std::exchange(waiting_, {})) {
            auto const at = links_.find(socket);
            if (at == links_.end()) continue;
            at->second.out = text_;
            write_rest(at->second);
        }
    }

    std::string text_;
    std::size_t held_;
    std::chrono::milliseconds delay_;
    int listener_;
    SSL_CTX* tls_;
    load_server::counters& counted_;
    int poll_{epoll_create1(EPOLL_CLOEXEC)};
    std::unordered_map<int, link> links_{};
    std::vector<int> waiting_{};  ///< Those that are held.
    steady::time_point due_{};    ///< When they go, once all are there.
    std::array<char, 1U << 16U> buffer_{};
};

SSL_CTX* make_tls(coax::sim::detail::certificate_set const& made) {
    auto* const tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_mode(tls,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    std::unique_ptr<BIO, decltype(&BIO_free)> const certificate{BIO_new_mem_buf(made.certificate.data(), -1),
                                                                &BIO_free};
    std::unique_ptr<BIO, decltype(&BIO_free)> const key{BIO_new_mem_buf(made.key.data(), -1), &BIO_free};
    SSL_CTX_use_certificate(tls, PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_PrivateKey(tls, PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
    return tls;
}

/// Tells address and authority through `told`, then serves until it is killed.
[[noreturn]] void serve_for_ever(load_reply const& reply, int told, load_server::counters& counted) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int const listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 4'096) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        std::abort();
    SSL_CTX* tls = nullptr;
    auto text =
        (reply.tls ? "https://localhost:" : "http://127.0.0.1:") + std::to_string(ntohs(address.sin_port)) + "\n";
    if (reply.tls) {
        auto const made = coax::sim::detail::make_certificates("localhost").value();
        tls = make_tls(made);
        text += made.ca;
    }
    if (write(told, text.data(), text.size()) < 0) std::abort();
    close(told);
    loop{reply, listener, tls, counted}.run();
}

}  // namespace

load_server::load_server(load_reply reply) {
    int ends[2];
    auto* const shared = mmap(nullptr, sizeof(counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pipe(ends) != 0 || shared == MAP_FAILED) std::abort();
    counted_ = new (shared) counters;
    child_ = fork();
    if (child_ == 0) serve_for_ever(reply, ends[1], *counted_);
    close(ends[1]);
    std::string told;
    std::array<char, 4'096> buffer{};
    for (ssize_t got = 0; (got = read(ends[0], buffer.data(), buffer.size())) > 0;)
        told.append(buffer.data(), static_cast<std::size_t>(got));
    close(ends[0]);
    auto const end_of_url = told.find('\n');
    url_ = told.substr(0, end_of_url);
    ca_pem_ = told.substr(end_of_url + 1);
}

load_server::~load_server() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    munmap(counted_, sizeof(counters));
}

}  // namespace bench
