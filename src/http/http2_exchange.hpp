#pragma once

#include "http/content_decoder.hpp"
#include "http/exchange_deadline.hpp"
#include "http/http2_link.hpp"
#include "http/http2_session.hpp"
#include "http/transport_state.hpp"
#include "runtime/internal/suspended.hpp"

#include <coax/http/transport.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace coax::http::detail {

/// One request and its response over HTTP/2. Ended before the response is whole, it resets its stream; the connection
/// stays.
///
/// A request that the server did not act on (it said so, by REFUSED_STREAM or GOAWAY, or nothing of it was sent) goes
/// out again, a few times at most; one that it may have acted on never does.
class http2_exchange final : private http2_receiver {
public:
    /// @param streamed  Its body is read piece by piece.
    http2_exchange(std::shared_ptr<transport_state> home, http_request request, exchange_limits limits, bool streamed);
    http2_exchange(http2_exchange const&) = delete;
    http2_exchange& operator=(http2_exchange const&) = delete;
    ~http2_exchange();

    /// Sends, and waits for the head of the response; of one that is not streamed, for all of it.
    /// @returns false: the origin is to be asked over HTTP/1.1.
    asio::awaitable<result<bool>> begin();
    /// Waits for more of the body, and moves it into `body`. Nothing: it is complete.
    asio::awaitable<result<void>> receive(std::string& body);
    void keep_waiting() noexcept { same_limit_ = true; }

    [[nodiscard]] int status() const noexcept { return status_; }
    [[nodiscard]] header_list& headers() noexcept { return headers_; }
    [[nodiscard]] header_list const& headers() const noexcept { return headers_; }
    [[nodiscard]] std::string& body() noexcept { return body_; }

    /// What HTTP/1.1 is to do in its place, in the time that is left.
    [[nodiscard]] http_request take_request() { return std::move(request_); }
    [[nodiscard]] exchange_limits limits_left() const;

private:
    enum class next : unsigned char { done, again, http1 };

    asio::awaitable<result<bool>> get_link();
    asio::awaitable<result<next>> attempt();
    asio::awaitable<result<void>> wait();
    [[nodiscard]] result<next> after_failure();
    void reset();
    [[nodiscard]] error failed(error why) const;
    [[nodiscard]] error to_error(http2_failure const& how) const;
    void bad_body(error why);

    void request_moved(bool whole) override;
    void took_interim() override;
    void took_head(int status, header_list headers) override;
    std::size_t took_body(std::string_view bytes) override;
    void complete() override;
    void failed(http2_failure how) override;

    std::shared_ptr<transport_state> home_;
    http_request request_;
    exchange_limits limits_;
    exchange_deadline deadline_;
    clock::time_point begun_;
    coax::detail::suspended waiting_;
    std::shared_ptr<http2_link> link_{};
    std::int32_t stream_{0};
    int status_{0};
    header_list headers_{};
    std::string body_{};
    std::optional<content_decoder> decoder_{};
    std::size_t body_bytes_{0};  // as it came
    std::size_t untold_{0};      // of it the peer may send again
    std::optional<http2_failure> failure_{};
    std::optional<error> error_{};
    int refusals_{0};
    bool streamed_;
    bool ended_{false};
    bool drops_body_{false};
    bool same_limit_{false};
};

/// `http_transport::send` over HTTP/2.
[[nodiscard]] asio::awaitable<result<http_response>> send_over_http2(std::shared_ptr<transport_state> home,
                                                                     http_request request, exchange_limits limits);
/// `http_transport::open` over HTTP/2. Null: over HTTP/1.1, with what `request` and `limits` are then.
[[nodiscard]] asio::awaitable<result<std::unique_ptr<streaming_response>>> open_over_http2(
    std::shared_ptr<transport_state> home, http_request& request, exchange_limits& limits);

}  // namespace coax::http::detail
