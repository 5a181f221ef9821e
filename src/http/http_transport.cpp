#include "http/exchange.hpp"
#include "http/proxy.hpp"

#include <coax/http/http_transport.hpp>

#include <cstdlib>
#include <utility>

namespace coax {
namespace {

class http_stream final : public streaming_response {
public:
    http_stream(std::shared_ptr<http::detail::transport_state> home, http_request request, exchange_limits limits)
        : exchange_{std::move(home), std::move(request), limits} {}

    asio::awaitable<result<void>> begin() { return exchange_.begin(); }

    int status() const noexcept override { return exchange_.answer().status_code(); }
    header_list const& headers() const noexcept override { return exchange_.answer().headers(); }

    asio::awaitable<result<std::string_view>> read() override {
        if (failure_) co_return *failure_;
        piece_.clear();
        piece_.swap(exchange_.early_body());
        while (piece_.empty() && !exchange_.complete())
            if (auto got = co_await exchange_.receive(piece_); !got) {
                failure_ = std::move(got).error();
                co_return *failure_;
            }
        co_return std::string_view{piece_};
    }

private:
    http::detail::exchange exchange_;
    std::string piece_;
    std::optional<error> failure_;
};

error out_of_range(char const* field, char const* range) {
    return {.code = errc::invalid_argument, .message = std::string{"must be "} + range, .where = field};
}

char const* first_set(char const* name, char const* other) {
    char const* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : std::getenv(other);
}

}  // namespace

std::optional<error> validate(http_options const& options) {
    constexpr std::size_t ports = 65'535;
    auto const within = [](std::size_t value) { return value >= 1 && value <= ports; };
    if (!within(options.max_connections_per_host)) return out_of_range("max_connections_per_host", "within [1, 65535]");
    if (!within(options.max_connections)) return out_of_range("max_connections", "within [1, 65535]");
    if (!within(options.max_handshakes)) return out_of_range("max_handshakes", "within [1, 65535]");
    auto const sane = [](std::chrono::milliseconds time) {
        return time >= time.zero() && time <= std::chrono::hours{24 * 365};
    };
    if (!sane(options.idle_time)) return out_of_range("idle_time", "within [0, 365 days]");
    if (!sane(options.life_time)) return out_of_range("life_time", "within [0, 365 days]");
    if (options.max_header_bytes < 256 || options.max_header_bytes > (16U << 20U))
        return out_of_range("max_header_bytes", "within [256, 16 MiB]");
    if (!options.https_proxy.empty())
        if (auto const proxy = http::detail::parse_proxy(options.https_proxy); !proxy) return proxy.error();
    return std::nullopt;
}

void proxy_from_env(http_options& options) {
    if (options.https_proxy.empty())
        if (char const* url = first_set("HTTPS_PROXY", "https_proxy")) options.https_proxy = url;
    if (options.no_proxy.empty())
        if (char const* hosts = first_set("NO_PROXY", "no_proxy"))
            options.no_proxy = http::detail::split_no_proxy(hosts);
}

class http_transport::impl final : public http::detail::transport_state {
public:
    using transport_state::transport_state;
};

http_transport::http_transport(boost::asio::any_io_executor executor, http_options options) {
    if (auto wrong = validate(options)) throw_error(*std::move(wrong));
    impl_ = std::make_shared<impl>(std::move(executor), std::move(options));
    value_or_throw(impl_->connect.prepare());
}

http_transport::~http_transport() { close(); }

asio::awaitable<result<http_response>> http_transport::send(http_request request, exchange_limits limits) {
    http::detail::exchange exchange{std::shared_ptr<impl>{impl_}, std::move(request), limits};
    if (auto begun = co_await exchange.begin(); !begun) co_return std::move(begun).error();
    http_response out{.status = exchange.answer().status_code(), .body = std::move(exchange.early_body())};
    while (!exchange.complete())
        if (auto got = co_await exchange.receive(out.body); !got) co_return std::move(got).error();
    out.headers = std::move(exchange.answer().headers());
    co_return out;
}

asio::awaitable<result<std::unique_ptr<streaming_response>>> http_transport::open(http_request request,
                                                                                  exchange_limits limits) {
    auto stream = std::make_unique<http_stream>(std::shared_ptr<impl>{impl_}, std::move(request), limits);
    if (auto begun = co_await stream->begin(); !begun) co_return std::move(begun).error();
    co_return std::unique_ptr<streaming_response>{std::move(stream)};
}

pool_statistics http_transport::statistics() const {
    auto out = impl_->counted;
    out.open = impl_->connections.open();
    out.idle = impl_->connections.idle();
    out.waiting = impl_->connections.waiting();
    return out;
}

void http_transport::close() {
    for (auto* each : impl_->connections.close()) http::detail::transport_state::wake(each);
}

}  // namespace coax
