#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/http/http_transport.hpp>
#include <coax/http/transport.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace coax::http::detail {

/// One connection for a protocol other than HTTP, made as those for HTTP are: addresses side by side, TLS verified.
/// Thread safety: one coroutine at a time, on its executor. Cancellation: `terminal`; the connection is then of no use.
class byte_stream {
public:
    /// Takes in bytes that came. @returns Whether the exchange is over.
    using receiver = std::function<result<bool>(std::string_view bytes)>;

    /// @param options  Of these, the certificate authorities.
    byte_stream(boost::asio::any_io_executor executor, http_options options);

    /// Errors: `errc::connect_failed`, `errc::tls_failed`, `errc::timeout`, `errc::cancelled`.
    boost::asio::awaitable<result<void>> connect(origin to, std::chrono::milliseconds within);
    /// Sends `bytes`, then reads until `receive` is satisfied.
    /// Errors: those of `receive`; `errc::connection_lost`, `errc::timeout`, `errc::cancelled`.
    boost::asio::awaitable<result<void>> exchange(std::string bytes, std::chrono::milliseconds within,
                                                  receiver receive);

    [[nodiscard]] bool is_open() const noexcept;
    void close() noexcept;

private:
    struct state;
    core::detail::shared_opaque<state> state_;
};

}  // namespace coax::http::detail
