#include "sim/certificate.hpp"
#include "sim/delivery.hpp"
#include "sim/service.hpp"

#include <coax/sim/server.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>
#include <deque>
#include <mutex>
#include <thread>
#include <type_traits>
#include <unordered_set>

namespace coax::sim {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

using executor = asio::io_context::executor_type;
using tcp = asio::ip::tcp;
using tcp_socket = asio::basic_stream_socket<tcp, executor>;
using tcp_acceptor = asio::basic_socket_acceptor<tcp, executor>;
using tls_stream = asio::ssl::stream<tcp_socket>;
using steady = std::chrono::steady_clock;
using timer = asio::basic_waitable_timer<steady, asio::wait_traits<steady>, executor>;
template <class T>
using task = asio::awaitable<T, executor>;

constexpr auto token = asio::as_tuple(asio::deferred);
constexpr std::uint32_t max_head_bytes = 64 * 1024;
constexpr std::size_t max_drained_bytes = std::size_t{64} << 20U;

std::string_view text_of(auto const& view) noexcept {
    return {view.data(), view.size()};
}

using request_message = http::request<http::string_body>;

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

/// What connections need of the server. Its thread alone calls it.
class host {
public:
    virtual reply answer(request_message const& request) = 0;
    virtual reply refuse(int status, std::string message) = 0;
    virtual std::string_view date() = 0;
    virtual void handshake_failed() = 0;
    virtual options const& wanted() const noexcept = 0;

protected:
    ~host() = default;
};

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
    connection(host& server, tcp_socket socket, More&... more)
        : server_{server}, stream_{std::move(socket), more...}, timer_{stream_.get_executor()} {}

    void close() noexcept override {
        error_code ignored;
        socket().close(ignored);
        timer_.cancel();
    }

    /// Serves until either side has enough. `self` keeps everything alive.
    static task<void> run(std::shared_ptr<connection> self) {
        bool const ready = co_await self->shake_hands();
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

    task<bool> shake_hands() {
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
        parser.body_limit(server_.wanted().max_body_bytes);
        parser.header_limit(max_head_bytes);
        auto const failure = co_await read(parser);
        moved();
        if (failure) co_return co_await refuse(failure);
        auto const& request = parser.get();
        auto plan = deliver(server_.answer(request), terms(request.keep_alive(), request.version() < 11));
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
                .longest = server_.wanted().stall_limit};
    }

    task<bool> refuse(error_code failure) {
        static error_code const sample = http::error::bad_method;
        if (failure.category() != sample.category()) co_return false;
        if (failure == http::error::end_of_stream || failure == http::error::partial_message) co_return false;
        reply out = failure == http::error::body_limit
                        ? server_.refuse(413, "The request body is larger than this service takes.")
                    : failure == http::error::header_limit ? server_.refuse(431, "The request's header is too large.")
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
            case ending::keep:
                co_return true;
            case ending::close:
                co_await end_orderly();
                break;
            case ending::cut:
                break;
            case ending::reset:
                reset_on_close();
                break;
            case ending::stall:
                co_await stall();
                break;
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

    /// Says nothing for as long as the options allow, or until the caller goes away.
    task<void> stall() {
        socket().async_wait(tcp_socket::wait_read,
                            [self = this->shared_from_this()](error_code) { self->timer_.cancel(); });
        co_await pause(server_.wanted().stall_limit);
    }

    void reset_on_close() {
        error_code ignored;
        socket().set_option(tcp_socket::linger{true, 0}, ignored);
    }

    /// Ends the own direction and reads on for a while, so that the answer is not lost to a reset.
    task<void> end_orderly() {
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

    host& server_;
    Stream stream_;
    timer timer_;
    boost::beast::flat_buffer buffer_;
};

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

std::string server::url() const {
    return impl_->url();
}
std::uint16_t server::port() const noexcept {
    return impl_->port();
}
std::string const& server::ca_pem() const noexcept {
    return impl_->ca_pem();
}
server_stats server::stats() const {
    return impl_->stats();
}
std::vector<recorded_request> server::requests() const {
    return impl_->requests();
}
void server::stop() {
    impl_->stop();
}

}  // namespace coax::sim
