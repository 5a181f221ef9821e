#include "sim/certificate.hpp"
#include "sim/connection.hpp"
#include "sim/service.hpp"

#include <coax/sim/server.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>

#include <deque>
#include <mutex>
#include <thread>
#include <unordered_set>

namespace coax::sim {

using namespace detail;

namespace {

using tcp_acceptor = asio::basic_socket_acceptor<tcp, executor>;

std::string_view text_of(auto const& view) noexcept { return {view.data(), view.size()}; }

request_view view_of(request_message const& request) noexcept {
    return {.method = text_of(request.method_string()),
            .target = text_of(request.target()),
            .body = request.body(),
            .authorization = text_of(request[http::field::authorization]),
            .api_key = text_of(request["api-key"]),
            .x_api_key = text_of(request["x-api-key"]),
            .anthropic_version = text_of(request["anthropic-version"]),
            .anthropic_beta = text_of(request["anthropic-beta"])};
}

recorded_request record_of(request_message const& request) {
    recorded_request record{.method = std::string{text_of(request.method_string())},
                            .target = std::string{text_of(request.target())},
                            .body = request.body()};
    for (auto const& field : request) record.headers.emplace_back(text_of(field.name_string()), text_of(field.value()));
    return record;
}

reply reply_of(scripted_answer scripted) {
    reply out{.status = scripted.status,
              .body = std::move(scripted.body),
              .pieces = std::move(scripted.pieces),
              .first_byte = scripted.delay,
              .between_pieces = scripted.piece_delay,
              .mishap = scripted.mishap};
    out.chunked = !out.pieces.empty();
    for (auto const& [name, value] : scripted.headers) {
        if (lower_ascii(name) == "content-type")
            out.content_type = value;
        else
            add_header(out.headers, name, value);
    }
    return out;
}

error io_error(std::string message, std::string where, error_code cause) {
    return {.code = errc::io_failed, .message = std::move(message), .where = std::move(where), .cause = cause};
}

}  // namespace

class server::impl final : host {
public:
    explicit impl(options wanted)
        : wanted_{std::move(wanted)}, service_{wanted_}, acceptor_{context_}, retry_{context_}, sweep_{context_} {
        if (wanted_.tls) load_certificate();
        bind();
        accept();
        sweep();
        thread_ = std::thread{[this] { context_.run(); }};
    }

    impl(impl const&) = delete;
    impl& operator=(impl const&) = delete;
    ~impl() { stop(); }

    void stop() {
        std::call_once(stopped_, [this] {
            asio::post(context_, [this] { close_all(); });
            thread_.join();
        });
    }

    [[nodiscard]] std::string url() const {
        return (wanted_.tls ? "https://localhost:" : "http://127.0.0.1:") + std::to_string(port_);
    }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string const& ca_pem() const noexcept { return ca_pem_; }

    [[nodiscard]] server_stats stats() const {
        std::lock_guard const lock{mutex_};
        auto all = service_.counted();
        all.requests += scripted_requests_;
        for (auto const& [status, count] : scripted_answers_) all.answers_by_status[status] += count;
        all.connections = accepted_;
        all.failed_handshakes = failed_handshakes_;
        all.open_connections = open_;
        all.peak_connections = peak_;
        return all;
    }

    [[nodiscard]] std::vector<recorded_request> requests() const {
        std::lock_guard const lock{mutex_};
        return {recorded_.begin(), recorded_.end()};
    }

private:
    // ---- the service -----------------------------------------------------------------------------------------------

    reply answer(request_message const& request) override {
        if (wanted_.handler || wanted_.record_requests > 0)
            if (auto scripted = answer_by_script(request)) return std::move(*scripted);
        std::lock_guard const lock{mutex_};
        return service_.handle(view_of(request), now());
    }

    std::optional<reply> answer_by_script(request_message const& request) {
        auto record = record_of(request);
        std::optional<scripted_answer> scripted;
        if (wanted_.handler) try {
                scripted = wanted_.handler(record);
            } catch (...) {
                scripted = scripted_answer{
                    .status = 500,
                    .body =
                        R"({"error":{"message":"The handler threw.","type":"server_error","param":null,"code":null}})"};
            }
        std::lock_guard const lock{mutex_};
        if (wanted_.record_requests > 0) {
            if (recorded_.size() == wanted_.record_requests) recorded_.pop_front();
            recorded_.push_back(std::move(record));
        }
        if (!scripted) return std::nullopt;
        ++scripted_requests_;
        ++scripted_answers_[scripted->status];
        return reply_of(std::move(*scripted));
    }

    reply refuse(int status, std::string message) override {
        std::lock_guard const lock{mutex_};
        return service_.refuse(status, std::move(message), now());
    }

    std::string_view date() override {
        auto const when = std::chrono::system_clock::now();
        if (auto const second = unix_seconds(when); second != date_second_) {
            date_second_ = second;
            date_ = http_date(when);
        }
        return date_;
    }

    void handshake_failed() override {
        std::lock_guard const lock{mutex_};
        ++failed_handshakes_;
    }

    options const& wanted() const noexcept override { return wanted_; }

    static moment now() noexcept { return {.steady = steady::now(), .wall = std::chrono::system_clock::now()}; }

    // ---- connections -----------------------------------------------------------------------------------------------

    void load_certificate() {
        auto made = value_or_throw(make_certificates(wanted_.certificate_host));
        ca_pem_ = std::move(made.ca);
        tls_.emplace(asio::ssl::context::tls_server);
        tls_->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
        tls_->use_certificate_chain(asio::buffer(made.certificate));
        tls_->use_private_key(asio::buffer(made.key), asio::ssl::context::pem);
    }

    void bind() {
        auto const where = "127.0.0.1:" + std::to_string(wanted_.port);
        error_code failure;
        auto const check = [&] {
            if (failure) throw_error(io_error("the simulator cannot listen", where, failure));
        };
        acceptor_.open(tcp::v4(), failure);
        check();
        acceptor_.set_option(tcp_acceptor::reuse_address{true}, failure);
        check();
        acceptor_.bind({asio::ip::address_v4::loopback(), wanted_.port}, failure);
        check();
        acceptor_.listen(asio::socket_base::max_listen_connections, failure);
        check();
        port_ = acceptor_.local_endpoint(failure).port();
        check();
    }

    void accept() {
        acceptor_.async_accept([this](error_code failure, tcp_socket socket) {
            if (closing_ || failure == asio::error::operation_aborted) return;
            if (!failure) {
                welcome(std::move(socket));
                accept();
                return;
            }
            retry_.expires_after(std::chrono::milliseconds{10});  // out of descriptors: some will come back
            retry_.async_wait([this](error_code cancelled) {
                if (!cancelled && !closing_) accept();
            });
        });
    }

    void welcome(tcp_socket socket) {
        {
            std::lock_guard const lock{mutex_};
            ++accepted_;
            if (open_ >= wanted_.max_connections) return;
            peak_ = std::max(peak_, ++open_);
        }
        error_code ignored;
        socket.set_option(tcp::no_delay{true}, ignored);
        host& self = *this;
        if (tls_)
            start(std::make_shared<connection<tls_stream>>(self, std::move(socket), *tls_));
        else
            start(std::make_shared<connection<tcp_socket>>(self, std::move(socket)));
    }

    template <class Connection>
    void start(std::shared_ptr<Connection> made) {
        connections_.insert(made.get());
        asio::co_spawn(context_, Connection::run(made), [this, made](std::exception_ptr) { forget(made.get()); });
    }

    void forget(connection_base* gone) {
        connections_.erase(gone);
        std::lock_guard const lock{mutex_};
        --open_;
    }

    void sweep() {
        sweep_.expires_after(std::min<std::chrono::milliseconds>(wanted_.idle_timeout, std::chrono::seconds{1}));
        sweep_.async_wait([this](error_code cancelled) {
            if (cancelled || closing_) return;
            auto const limit = steady::now() - wanted_.idle_timeout;
            for (auto* each : connections_)
                if (each->idle_since(limit)) each->close();
            sweep();
        });
    }

    void close_all() {
        closing_ = true;
        error_code ignored;
        acceptor_.close(ignored);
        retry_.cancel();
        sweep_.cancel();
        for (auto* each : connections_) each->close();
    }

    options wanted_;
    service service_;
    asio::io_context context_{1};
    std::optional<asio::ssl::context> tls_;
    std::string ca_pem_;
    tcp_acceptor acceptor_;
    timer retry_;
    timer sweep_;
    std::uint16_t port_{0};
    bool closing_{false};
    std::unordered_set<connection_base*> connections_;
    std::int64_t date_second_{-1};
    std::string date_;

    mutable std::mutex mutex_;  // guards what follows and service_
    std::deque<recorded_request> recorded_;
    std::uint64_t scripted_requests_{0};
    std::map<int, std::uint64_t> scripted_answers_;
    std::uint64_t accepted_{0};
    std::uint64_t failed_handshakes_{0};
    std::size_t open_{0};
    std::size_t peak_{0};

    std::once_flag stopped_;
    std::thread thread_;
};

server::server(options wanted) {
    if (auto wrong = validate(wanted)) throw_error(*std::move(wrong));
    impl_ = std::make_unique<impl>(std::move(wanted));
}

server::~server() = default;

std::string server::url() const { return impl_->url(); }
std::uint16_t server::port() const noexcept { return impl_->port(); }
std::string const& server::ca_pem() const noexcept { return impl_->ca_pem(); }
server_stats server::stats() const { return impl_->stats(); }
std::vector<recorded_request> server::requests() const { return impl_->requests(); }
void server::stop() { impl_->stop(); }

}  // namespace coax::sim
