#include "sim/certificate.hpp"
#include "sim/connection.hpp"
#include "sim/request_record.hpp"
#include "sim/service.hpp"

#include <coax/sim/server.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>

#include <deque>
#include <fcntl.h>
#include <mutex>
#include <thread>
#include <unordered_set>

namespace coax::sim {

using namespace detail;

namespace {

using tcp_acceptor = asio::basic_socket_acceptor<tcp, executor>;

std::string_view text_of(auto const& view) noexcept { return {view.data(), view.size()}; }

request_view to_view(request_message const& request, bool tls) noexcept {
    return {.method = text_of(request.method_string()),
            .target = text_of(request.target()),
            .body = request.body(),
            .authorization = text_of(request[http::field::authorization]),
            .api_key = text_of(request["api-key"]),
            .x_api_key = text_of(request["x-api-key"]),
            .x_goog_api_key = text_of(request["x-goog-api-key"]),
            .anthropic_version = text_of(request["anthropic-version"]),
            .anthropic_beta = text_of(request["anthropic-beta"]),
            .extra_parameters = text_of(request["extra-parameters"]),
            .content_type = text_of(request[http::field::content_type]),
            .host = text_of(request[http::field::host]),
            .tls = tls,
            .upload = {.protocol = text_of(request["x-goog-upload-protocol"]),
                       .command = text_of(request["x-goog-upload-command"]),
                       .offset = text_of(request["x-goog-upload-offset"]),
                       .length = text_of(request["x-goog-upload-header-content-length"]),
                       .type = text_of(request["x-goog-upload-header-content-type"])}};
}

recorded_request to_record(request_message const& request) {
    recorded_request record{.method = std::string{text_of(request.method_string())},
                            .target = std::string{text_of(request.target())},
                            .body = request.body()};
    for (auto const& field : request) record.headers.emplace_back(text_of(field.name_string()), text_of(field.value()));
    return record;
}

response to_response(scripted_response scripted) {
    response out{.status = scripted.status,
                 .body = std::move(scripted.body),
                 .pieces = std::move(scripted.pieces),
                 .first_byte = scripted.delay,
                 .between_pieces = scripted.piece_delay,
                 .fault = scripted.fault};
    out.chunked = !out.pieces.empty();
    for (auto const& [name, value] : scripted.headers) {
        if (lower_ascii(name) == "content-type")
            out.content_type = value;
        else
            add_header(out.headers, name, value);
    }
    return out;
}

/// No child process inherits it.
template <class Socket>
void close_on_exec(Socket& socket) {
    (void)::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
}

}  // namespace

class server::impl final : connection_host {
public:
    explicit impl(options wanted)
        : options_{std::move(wanted)},
          record_{options_.record_file},
          service_{options_},
          acceptor_{context_},
          retry_{context_},
          sweep_{context_} {
        if (options_.tls) load_certificate();
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
        return (options_.tls ? "https://localhost:" : "http://127.0.0.1:") + std::to_string(port_);
    }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string const& ca_pem() const noexcept { return ca_pem_; }

    [[nodiscard]] server_stats stats() const {
        std::lock_guard const lock{mutex_};
        auto all = service_.counted();
        all.requests += own_.requests;
        for (auto const& [status, count] : own_.responses_by_status) all.responses_by_status[status] += count;
        all.connections = own_.connections;
        all.failed_handshakes = own_.failed_handshakes;
        all.open_connections = own_.open_connections;
        all.peak_connections = own_.peak_connections;
        return all;
    }

    [[nodiscard]] std::vector<recorded_request> requests() const {
        std::lock_guard const lock{mutex_};
        return {recorded_.begin(), recorded_.end()};
    }

private:
    // ---- the service -----------------------------------------------------------------------------------------------

    response respond(request_message const& request) override {
        if (record_.is_open() && !record_.add(to_record(request), std::chrono::system_clock::now()))
            return refuse(500, "The simulator cannot write to " + options_.record_file + ".");
        if (options_.handler || options_.record_requests > 0)
            if (auto scripted = run_script(request)) return std::move(*scripted);
        std::lock_guard const lock{mutex_};
        return service_.handle(to_view(request, options_.tls), now());
    }

    std::optional<response> run_script(request_message const& request) {
        auto record = to_record(request);
        std::optional<scripted_response> scripted;
        if (options_.handler) try {
                scripted = options_.handler(record);
            } catch (...) {
                scripted = scripted_response{
                    .status = 500,
                    .body =
                        R"({"error":{"message":"The handler threw.","type":"server_error","param":null,"code":null}})"};
            }
        std::lock_guard const lock{mutex_};
        if (options_.record_requests > 0) {
            if (recorded_.size() == options_.record_requests) recorded_.pop_front();
            recorded_.push_back(std::move(record));
        }
        if (!scripted) return std::nullopt;
        ++own_.requests;
        ++own_.responses_by_status[scripted->status];
        return to_response(std::move(*scripted));
    }

    response refuse(int status, std::string message) override {
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
        ++own_.failed_handshakes;
    }

    options const& opts() const noexcept override { return options_; }

    static moment now() noexcept { return {.steady = steady::now(), .system = std::chrono::system_clock::now()}; }

    // ---- connections -----------------------------------------------------------------------------------------------

    void load_certificate() {
        auto made = value_or_throw(make_certificates(options_.certificate_host));
        ca_pem_ = std::move(made.ca);
        tls_.emplace(asio::ssl::context::tls_server);
        tls_->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
        tls_->use_certificate_chain(asio::buffer(made.certificate));
        tls_->use_private_key(asio::buffer(made.key), asio::ssl::context::pem);
    }

    void bind() try {
        acceptor_ = tcp_acceptor{context_, {asio::ip::address_v4::loopback(), options_.port}};
        close_on_exec(acceptor_);
        port_ = acceptor_.local_endpoint().port();
    } catch (boost::system::system_error const& failure) {
        throw_error({.code = errc::io_failed,
                     .message = "the simulator cannot listen",
                     .where = "127.0.0.1:" + std::to_string(options_.port),
                     .cause = failure.code()});
    }

    void accept() {
        acceptor_.async_accept([this](error_code failure, tcp_socket socket) {
            if (closing_ || failure == asio::error::operation_aborted) return;
            if (!failure) {
                add_connection(std::move(socket));
                accept();
                return;
            }
            retry_.expires_after(std::chrono::milliseconds{10});  // out of descriptors: some will come back
            retry_.async_wait([this](error_code cancelled) {
                if (!cancelled && !closing_) accept();
            });
        });
    }

    void add_connection(tcp_socket socket) {
        {
            std::lock_guard const lock{mutex_};
            ++own_.connections;
            if (own_.open_connections >= options_.max_connections) return;
            own_.peak_connections = std::max(own_.peak_connections, ++own_.open_connections);
        }
        close_on_exec(socket);
        error_code ignored;
        socket.set_option(tcp::no_delay{true}, ignored);
        connection_host& self = *this;
        if (tls_)
            start(std::make_shared<connection<tls_stream>>(self, std::move(socket), *tls_));
        else
            start(std::make_shared<connection<tcp_socket>>(self, std::move(socket)));
    }

    template <class Connection>
    void start(std::shared_ptr<Connection> made) {
        connections_.insert(made.get());
        asio::co_spawn(context_, Connection::run(made),
                       [this, made](std::exception_ptr) { remove_connection(made.get()); });
    }

    void remove_connection(connection_base* gone) {
        connections_.erase(gone);
        std::lock_guard const lock{mutex_};
        --own_.open_connections;
    }

    void sweep() {
        sweep_.expires_after(std::min<std::chrono::milliseconds>(options_.idle_timeout, std::chrono::seconds{1}));
        sweep_.async_wait([this](error_code cancelled) {
            if (cancelled || closing_) return;
            auto const limit = steady::now() - options_.idle_timeout;
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

    options options_;
    request_record record_;
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

    mutable std::mutex mutex_;  ///< Guards what follows and `service_`.
    std::deque<recorded_request> recorded_;
    server_stats own_;  ///< Scripted requests and connections; the rest is the service's.

    std::once_flag stopped_;
    std::thread thread_;
};

server::server(options opts) {
    value_or_throw(validate(opts));
    impl_ = std::make_unique<impl>(std::move(opts));
}

server::~server() = default;

std::string server::url() const { return impl_->url(); }
std::uint16_t server::port() const noexcept { return impl_->port(); }
std::string const& server::ca_pem() const noexcept { return impl_->ca_pem(); }
server_stats server::stats() const { return impl_->stats(); }
std::vector<recorded_request> server::requests() const { return impl_->requests(); }
void server::stop() { impl_->stop(); }

}  // namespace coax::sim
