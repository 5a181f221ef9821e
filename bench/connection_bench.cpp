// What does a request cost that needs a new connection over TLS? Beside the least that OpenSSL can do it with: a
// blocking socket and nothing parsed. With the session of the connection before (a full handshake only once), and
// without.
//
//   bench_connection                              Google Benchmark: processor time of this process for each connection

#include "answer_server.hpp"
#include "load_server.hpp"
#include "processor_time.hpp"

#include <coax/http/http_transport.hpp>

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cstdlib>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace {

namespace asio = boost::asio;

constexpr std::size_t connections = 400;
constexpr double least_resumed_share = 0.95;

std::string body() {
    return R"({"model":"gpt-5.4","messages":[{"role":"user","content":")" + bench::prompt() + R"("}]})";
}

/// A client that does what it must: it verifies, and keeps the newest session.
class bare_client {
public:
    bare_client(std::string const& ca_pem, std::string const& port, bool resumes)
        : port_{static_cast<std::uint16_t>(std::stoi(port))}, resumes_{resumes} {
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_set_app_data(context_.get(), this);
        SSL_CTX_sess_set_new_cb(context_.get(), [](SSL* ssl, SSL_SESSION* session) {
            static_cast<bare_client*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->session_.reset(session);
            return 1;
        });
        std::unique_ptr<BIO, decltype(&BIO_free)> const text{BIO_new_mem_buf(ca_pem.data(), -1), &BIO_free};
        std::unique_ptr<X509, decltype(&X509_free)> const ca{PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr),
                                                             &X509_free};
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), ca.get());
        auto const content = body();
        request_ = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                   std::to_string(content.size()) + "\r\n\r\n" + content;
    }

    /// One connection with one request. Returns the bytes received.
    std::size_t ask() {
        int const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int const yes = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port_);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::abort();
        std::unique_ptr<SSL, decltype(&SSL_free)> const ssl{SSL_new(context_.get()), &SSL_free};
        SSL_set_fd(ssl.get(), socket);
        SSL_set1_host(ssl.get(), "localhost");
        SSL_set_tlsext_host_name(ssl.get(), "localhost");
        if (resumes_ && session_) SSL_set_session(ssl.get(), session_.get());
        if (SSL_connect(ssl.get()) != 1) std::abort();
        if (SSL_write(ssl.get(), request_.data(), static_cast<int>(request_.size())) <= 0) std::abort();
        std::size_t got = 0;
        char buffer[8'192];
        while (got < bench::answer_body().size()) {  // and a head, which came before
            auto const more = SSL_read(ssl.get(), buffer, sizeof buffer);
            if (more <= 0) std::abort();
            got += static_cast<std::size_t>(more);
        }
        SSL_shutdown(ssl.get());
        close(socket);
        return got;
    }

private:
    std::uint16_t port_;
    bool resumes_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{SSL_CTX_new(TLS_client_method()), &SSL_CTX_free};
    std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session_{nullptr, &SSL_SESSION_free};
    std::string request_;
};

std::size_t run_bare(bench::load_server const& server, bool resumes) {
    bare_client client{server.ca_pem(), server.port(), resumes};
    std::size_t got = 0;
    for (std::size_t i = 0; i < connections; ++i) got += client.ask();
    return got;
}

/// No connection is used twice. A transport keeps the sessions of those before; one for each request has none.
asio::awaitable<void> ask(bench::load_server const& server, bool resumes, std::size_t& got) {
    auto const executor = co_await asio::this_coro::executor;
    coax::http_options const options{.idle_time = {}, .ca_pem = server.ca_pem()};
    auto const port = static_cast<std::uint16_t>(std::stoi(server.port()));
    coax::origin const to{.tls = true, .host = "localhost", .port = port};
    coax::http_transport first{executor, options};  // has read the authorities, which all share
    if (!co_await first.send({.to = to, .target = "/v1/chat/completions", .body = body()}, {})) co_return;
    for (std::size_t i = 0; i < connections; ++i) {
        auto const other = resumes ? nullptr : std::make_unique<coax::http_transport>(executor, options);
        coax::http_request request{.to = to, .target = "/v1/chat/completions", .body = body()};
        auto const response = co_await (other ? *other : first).send(std::move(request), {});
        if (response) got += response->body.size();
    }
}

std::size_t run_coax(bench::load_server const& server, bool resumes) {
    asio::io_context context{1};
    std::size_t got = 0;
    asio::co_spawn(context, ask(server, resumes, got), asio::detached);
    context.run();
    return got;
}

void measure(benchmark::State& state, std::size_t (*run)(bench::load_server const&, bool), bool resumes) {
    bench::load_server const server{{.tls = true}};
    double spent = 0;
    for (auto _ : state) {
        auto const before = bench::processor_microseconds();
        if (run(server, resumes) < connections * bench::answer_body().size()) state.SkipWithError("a request failed");
        spent += bench::processor_microseconds() - before;
    }
    auto const share = static_cast<double>(server.resumed()) / static_cast<double>(server.handshakes());
    if (resumes ? share < least_resumed_share : share > 0) state.SkipWithError("another share of sessions was resumed");
    state.counters["cpu_us"] = spent / (static_cast<double>(state.iterations()) * static_cast<double>(connections));
    state.counters["resumed"] = share;
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    for (bool const resumes : {false, true}) {
        std::string const kind = resumes ? "_resumed" : "_full";
        benchmark::RegisterBenchmark(("bare_connection" + kind).c_str(), measure, run_bare, resumes);
        benchmark::RegisterBenchmark(("coax_connection" + kind).c_str(), measure, run_coax, resumes);
    }
    benchmark::RunSpecifiedBenchmarks();
}
