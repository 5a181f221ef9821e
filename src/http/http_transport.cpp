#include "http/dial.hpp"
#include "http/exchange.hpp"
#include "http/http2_exchange.hpp"
#include "http/http2_pool.hpp"
#include "http/internal/proxy_environment.hpp"
#include "http/proxy.hpp"
#include "runtime/internal/context_life.hpp"
#include "runtime/internal/context_service.hpp"

#include <coax/http/http_transport.hpp>

#include <cstdlib>
#include <utility>

namespace coax {
namespace {

class http_stream final : public streaming_response {
public:
    http_stream(std::shared_ptr<http::detail::transport_state> home, http_request request, exchange_limits limits)
        : exchange_{std::move(home), std::move(request), limits, true} {}

    asio::awaitable<result<void>> begin() { return exchange_.begin(); }

    int status() const noexcept override { return exchange_.response().status_code(); }
    header_list const& headers() const noexcept override { return exchange_.response().headers(); }

    /// What came before an error is given before it.
    asio::awaitable<result<std::string_view>> read() override {
        piece_.clear();
        if (!exchange_.early_body().empty()) piece_.swap(exchange_.early_body());
        while (piece_.empty() && !failure_ && !exchange_.complete())
            if (auto got = co_await exchange_.receive(piece_); !got) failure_ = std::move(got).error();
        if (piece_.empty() && failure_) co_return *failure_;
        exchange_.keep_waiting(false);
        co_return std::string_view{piece_};
    }

    void keep_waiting() noexcept override { exchange_.keep_waiting(true); }

private:
    http::detail::exchange exchange_;
    std::string piece_;
    std::optional<error> failure_;
};

}  // namespace

result<void> validate(http_options const& options) {
    constexpr std::size_t ports = 65'535;
    constexpr std::chrono::hours year{24 * 365};
    auto const checked = [](char const* field, auto value, auto least, auto most, char const* range) -> result<void> {
        if (value < least || value > most) return invalid_argument(field, std::string{"must be within "} + range);
        return {};
    };
    auto const count = [&](char const* field, std::size_t value) {
        return checked(field, value, std::size_t{1}, ports, "[1, 65535]");
    };
    auto const time = [&](char const* field, std::chrono::milliseconds value) {
        return checked(field, value, value.zero(), year, "[0, 365 days]");
    };
    for (auto const& each :
         {count("max_connections_per_host", options.max_connections_per_host),
          count("max_connections", options.max_connections), count("max_handshakes", options.max_handshakes),
          time("idle_time", options.idle_time), time("life_time", options.life_time),
          checked("max_header_bytes", options.max_header_bytes, std::size_t{256}, std::size_t{16U << 20U},
                  "[256, 16 MiB]"),
          checked("max_streams_per_connection", options.max_streams_per_connection, std::size_t{1}, std::size_t{10'000},
                  "[1, 10000]"),
          checked("http2_buffer_bytes", options.http2_buffer_bytes, std::size_t{64U << 10U}, std::size_t{1U << 30U},
                  "[64 KiB, 1 GiB]"),
          checked("ping_time", options.ping_time, std::chrono::milliseconds{1}, std::chrono::milliseconds{year},
                  "(0, 365 days]"),
          checked("ping_timeout", options.ping_timeout, std::chrono::milliseconds{1}, std::chrono::milliseconds{year},
                  "(0, 365 days]")})
        if (!each) return each.error();
    if (options.http2 != http2_mode::off && !http::detail::http2_session::available())
        return invalid_argument("http2", "this coax was built without nghttp2 (COAX_WITH_NGHTTP2)");
    return validate(options.client_certificate);
}

result<void> check_for(http_options const& options, origin const& to) {
    if (auto const proxy = http::detail::proxy_for(options, to); !proxy) return proxy.error();
    if (!to.tls) return {};
    if (!options.ca_file.empty() || !options.ca_pem.empty())
        if (auto read = http::detail::tls_context::check(options.ca_file, options.ca_pem); !read) return read;
    auto const read = http::detail::client_identity{options.client_certificate}.refresh();
    return read ? result<void>{} : result<void>{read.error()};
}

void http::detail::proxy_from(std::function<std::optional<std::string>(std::string_view name)> const& look_up,
                              http_options& options) {
    auto const first_set = [&](std::string_view name, std::string_view other) {
        auto value = look_up(name);
        return value && !value->empty() ? value : look_up(other);
    };
    if (options.https_proxy.empty())
        if (auto url = first_set("HTTPS_PROXY", "https_proxy")) options.https_proxy = secret{*std::move(url)};
    if (options.no_proxy.empty())
        if (auto const hosts = first_set("NO_PROXY", "no_proxy")) options.no_proxy = split_no_proxy(*hosts);
}

void proxy_from_env(http_options& options) {
    http::detail::proxy_from(
        [](std::string_view name) -> std::optional<std::string> {
            char const* const value = std::getenv(std::string{name}.c_str());
            if (value == nullptr) return std::nullopt;
            return value;
        },
        options);
}

/// Its idle connections belong to a context that may end before it.
class http_transport::impl final : public http::detail::transport_state, public coax::detail::context_member {
public:
    impl(asio::any_io_executor where, http_options with)
        : transport_state{where, std::move(with)}, life_{coax::detail::context_service::of(where).life} {
        life_->add(*this);
    }
    ~impl() override { life_->remove(*this); }

    void context_ended() noexcept override {
        static_cast<void>(connections.close());
        if (http2) http2->drop_all();
    }
    [[nodiscard]] bool may_use_http2(http_request const& request) const noexcept { return http2 && request.to.tls; }

private:
    std::shared_ptr<coax::detail::context_life> life_;
};

http_transport::http_transport(boost::asio::any_io_executor executor, http_options options) {
    value_or_throw(validate(options));
    impl_ = std::make_shared<impl>(std::move(executor), std::move(options));
    if (impl_->options.http2 != http2_mode::off) impl_->http2 = std::make_shared<http::detail::http2_pool>(*impl_);
}

http_transport::~http_transport() { close(); }

asio::awaitable<result<http_response>> http_transport::send(http_request request, exchange_limits limits) {
    if (impl_->may_use_http2(request))
        return http::detail::send_over_http2(std::shared_ptr<impl>{impl_}, std::move(request), limits);
    return http::detail::exchange::run(
        std::make_unique<http::detail::exchange>(std::shared_ptr<impl>{impl_}, std::move(request), limits, false));
}

asio::awaitable<result<std::unique_ptr<streaming_response>>> http_transport::open(http_request request,
                                                                                  exchange_limits limits) {
    if (impl_->may_use_http2(request)) {
        auto over = co_await http::detail::open_over_http2(std::shared_ptr<impl>{impl_}, request, limits);
        if (!over || *over) co_return over;
    }
    auto stream = std::make_unique<http_stream>(std::shared_ptr<impl>{impl_}, std::move(request), limits);
    if (auto begun = co_await stream->begin(); !begun) co_return std::move(begun).error();
    co_return std::unique_ptr<streaming_response>{std::move(stream)};
}

pool_statistics http_transport::statistics() const {
    auto out = impl_->counted;
    out.open = impl_->connections.open();
    out.idle = impl_->connections.idle();
    out.waiting = impl_->connections.waiting();
    if (impl_->http2) out.idle += impl_->http2->idle(), out.waiting += impl_->http2->waiting();
    return out;
}

std::uint64_t http_transport::resent() const noexcept { return impl_->resent; }

void http_transport::close() {
    for (auto* each : impl_->connections.close()) http::detail::transport_state::wake(each);
    std::vector<std::shared_ptr<http::detail::dial>> dials;
    for (auto* each : impl_->dials) dials.push_back(each->shared_from_this());
    for (auto const& each : dials) each->cancel_if_left();
    if (impl_->http2) impl_->http2->close();
}

}  // namespace coax
