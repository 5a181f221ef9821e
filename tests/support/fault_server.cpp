#include "support/fault_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <poll.h>
#include <sys/socket.h>
#include <thread>

namespace coax::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr auto patience = 3s;

/// Where a head ends and how long its body is; nothing while the head is incomplete.
std::optional<std::size_t> request_size(std::string const& text) {
    auto const end = text.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    std::size_t body = 0;
    constexpr std::string_view field{"\r\nContent-Length: "};
    if (auto const at = text.find(field); at < end) body = std::stoul(text.substr(at + field.size()));
    return end + 4 + body;
}

}  // namespace

std::string answer(std::string const& body, std::string const& more_headers) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more_headers + "\r\n" + body;
}

std::vector<step> exchange(std::string const& body) { return {receive(), send(answer(body))}; }

script times(std::size_t count, script const& part) {
    script out;
    for (std::size_t i = 0; i < count; ++i) out.insert(out.end(), part.begin(), part.end());
    return out;
}

class fault_server::impl {
public:
    impl(std::vector<script> connections, fault_server_options options)
        : scripts_{std::move(connections)},
          options_{std::move(options)},
          acceptor_{context_, {asio::ip::address_v4::loopback(), 0}} {
        port_ = acceptor_.local_endpoint().port();
        make_tls();
        accepting_ = std::thread{[this] { accept(); }};
    }

    ~impl() {
        {
            std::lock_guard const guard{lock_};
            if (options_.all_must_come && accepted_ < scripts_.size())
                ADD_FAILURE() << "fault_server: " << accepted_ << " of " << scripts_.size() << " connections came";
        }
        stopping_ = true;
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
        accepting_.join();
        for (auto& each : playing_) each.join();
        if (!broken_.empty()) ADD_FAILURE() << "fault_server: " << broken_;
    }

    std::uint16_t port() const { return port_; }
    bool tls() const { return options_.tls; }
    std::string ca_pem() const { return authority_ ? authority_->pem() : std::string{}; }
    std::vector<std::string> requests() const {
        std::lock_guard const guard{lock_};
        return requests_;
    }
    std::size_t connections() const {
        std::lock_guard const guard{lock_};
        return accepted_;
    }
    std::size_t resumed() const { return resumed_; }
    std::size_t sends() const { return sends_; }
    std::vector<std::string> client_certificates() const {
        std::lock_guard const guard{lock_};
        return client_certificates_;
    }
    bool wait_for_end(std::size_t scripts) {
        std::unique_lock guard{lock_};
        return changed_.wait_for(guard, patience, [&] { return ended_ >= scripts; });
    }

private:
    using tls_stream = asio::ssl::stream<tcp::socket&>;

    struct link {
        tcp::socket socket;
        std::optional<tls_stream> tls{};
        std::string unread{};
    };

    void make_tls() {
        authority_.emplace();
        auto const leaf = authority_->issue(options_.certificate_host, options_.certificate_good_for,
                                            options_.certificate_in_common_name);
        tls_context_.use_certificate_chain(asio::buffer(leaf.chain));
        tls_context_.use_private_key(asio::buffer(leaf.key), asio::ssl::context::pem);
        if (options_.is_tls12) SSL_CTX_set_max_proto_version(tls_context_.native_handle(), TLS1_2_VERSION);
        if (options_.client_ca_pem.empty()) return;
        tls_context_.add_certificate_authority(asio::buffer(options_.client_ca_pem));
        tls_context_.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
        unsigned char const name[] = "coax";  // a server that asks for certificates resumes no session without one
        SSL_CTX_set_session_id_context(tls_context_.native_handle(), name, sizeof name);
    }

    void accept() {
        for (;;) {
            error_code ec;
            tcp::socket socket{context_};
            acceptor_.accept(socket, ec);
            if (ec || stopping_) return;
            std::lock_guard const guard{lock_};
            if (accepted_ == scripts_.size()) {
                broken_ = "a connection that no script allows for";
                continue;
            }
            auto const number = accepted_++;
            playing_.emplace_back(
                [this, number, link_socket = std::move(socket)]() mutable { play(number, std::move(link_socket)); });
        }
    }

    void play(std::size_t number, tcp::socket socket) {
        link at{.socket = std::move(socket)};
        at.socket.set_option(tcp::no_delay{true});
        std::string fault;
        bool open = !options_.tls || shake_hands(at);
        for (auto const& each : scripts_[number]) {
            if (!open) break;
            fault = perform(at, each, open);
            if (!fault.empty()) break;
        }
        if (open && fault.empty()) fault = await_close(at);
        error_code ignored;
        at.socket.close(ignored);

        std::lock_guard const guard{lock_};
        if (!fault.empty()) broken_ = "connection " + std::to_string(number) + ": " + fault;
        ++ended_;
        changed_.notify_all();
    }

    /// What broke; empty: nothing.
    std::string perform(link& at, step const& what, bool& open) {
        error_code ec;
        switch (what.what) {
            case step::kind::receive: return receive_request(at);
            case step::kind::send:
                write(at, what);
                ++sends_;
                return {};
            case step::kind::serve:
                open = false;
                while (receive_request(at).empty()) write(at, what);
                return {};
            case step::kind::pause: std::this_thread::sleep_for(what.length); return {};
            case step::kind::stall: open = false; return await_close(at);
            case step::kind::drain: open = false; return await_close(at, true);
            case step::kind::start_tls: open = shake_hands(at); return open ? "" : "no TLS handshake";
            case step::kind::close:
                at.socket.non_blocking(true, ec);  // says goodbye, waits for none
                if (at.tls) at.tls->shutdown(ec);
                break;
            case step::kind::cut: break;
            case step::kind::reset: at.socket.set_option(asio::socket_base::linger{true, 0}, ec); break;
        }
        open = false;
        at.socket.close(ec);
        return {};
    }

    bool shake_hands(link& at) {
        error_code ec;
        at.tls.emplace(at.socket, tls_context_);
        at.tls->handshake(asio::ssl::stream_base::server, ec);
        if (SSL_session_reused(at.tls->native_handle()) == 1) ++resumed_;
        keep_client_certificate(at.tls->native_handle());
        return !ec;
    }

    void keep_client_certificate(SSL* ssl) {
        auto* const shown = SSL_get1_peer_certificate(ssl);
        if (shown == nullptr) return;
        BIO* const text = BIO_new(BIO_s_mem());
        PEM_write_bio_X509(text, shown);
        char* data = nullptr;
        auto const size = BIO_get_mem_data(text, &data);
        {
            std::lock_guard const guard{lock_};
            client_certificates_.emplace_back(data, static_cast<std::size_t>(size));
        }
        BIO_free(text);
        X509_free(shown);
    }

    std::string receive_request(link& at) {
        for (;;) {
            if (auto const size = request_size(at.unread); size && at.unread.size() >= *size) {
                std::lock_guard const guard{lock_};
                requests_.push_back(at.unread.substr(0, *size));
                at.unread.erase(0, *size);
                return {};
            }
            char bytes[16'384];
            error_code ec;
            auto const got = read(at, asio::buffer(bytes), ec);
            if (ec) return "a request did not come: " + ec.message();
            at.unread.append(bytes, got);
        }
    }

    /// A client that has gone away is no fault of the script.
    void write(link& at, step const& what) {
        auto const piece = what.piece_bytes == 0 ? what.bytes.size() : what.piece_bytes;
        error_code ec;
        for (std::size_t done = 0; done < what.bytes.size() && !ec; done += piece) {
            auto const part = asio::buffer(what.bytes.data() + done, std::min(piece, what.bytes.size() - done));
            if (at.tls)
                asio::write(*at.tls, part, ec);
            else
                asio::write(at.socket, part, ec);
            if (what.piece_bytes != 0) std::this_thread::sleep_for(50us);
        }
    }

    std::string await_close(link& at, bool draining = false) {
        for (;;) {
            char bytes[4'096];
            error_code ec;
            (void)read(at, asio::buffer(bytes), ec);
            if (ec == asio::error::timed_out) return "the client did not close";
            if (ec) return {};
            if (!draining && !at.tls) return "the client sent more than the script expects";
        }
    }

    /// Reads once, with a bound on the time. Reading comes before polling: TLS may hold bytes already.
    static std::size_t read(link& at, asio::mutable_buffer into, error_code& ec) {
        auto const until = std::chrono::steady_clock::now() + patience;
        for (;;) {
            at.socket.non_blocking(true);
            auto const got = at.tls ? at.tls->read_some(into, ec) : at.socket.read_some(into, ec);
            at.socket.non_blocking(false);
            if (ec != asio::error::would_block) return got;
            if (std::chrono::steady_clock::now() > until) {
                ec = asio::error::timed_out;
                return 0;
            }
            pollfd wanted{.fd = at.socket.native_handle(), .events = POLLIN, .revents = 0};
            ::poll(&wanted, 1, 20);
        }
    }

    std::vector<script> const scripts_;
    fault_server_options const options_;
    asio::io_context context_;
    tcp::acceptor acceptor_;
    asio::ssl::context tls_context_{asio::ssl::context::tls_server};
    std::optional<certificate_authority> authority_;
    std::uint16_t port_{0};
    std::atomic<bool> stopping_{false};
    std::atomic<std::size_t> resumed_{0};
    std::atomic<std::size_t> sends_{0};

    mutable std::mutex lock_;
    std::condition_variable changed_;
    std::vector<std::string> requests_;
    std::vector<std::string> client_certificates_;
    std::size_t accepted_{0};
    std::size_t ended_{0};
    std::string broken_;
    std::list<std::thread> playing_;
    std::thread accepting_;
};

fault_server::fault_server(std::vector<script> connections, fault_server_options options)
    : impl_{std::make_unique<impl>(std::move(connections), std::move(options))} {}
fault_server::~fault_server() = default;

origin fault_server::to() const { return {.tls = impl_->tls(), .host = "127.0.0.1", .port = impl_->port()}; }
std::string fault_server::ca_pem() const { return impl_->ca_pem(); }
std::vector<std::string> fault_server::requests() const { return impl_->requests(); }
std::size_t fault_server::connections() const { return impl_->connections(); }
std::size_t fault_server::resumed() const { return impl_->resumed(); }
std::size_t fault_server::sends() const { return impl_->sends(); }
std::vector<std::string> fault_server::client_certificates() const { return impl_->client_certificates(); }
bool fault_server::wait_for_end(std::size_t scripts) { return impl_->wait_for_end(scripts); }

}  // namespace coax::test
