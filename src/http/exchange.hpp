#pragma once

#include "http/connect.hpp"
#include "http/connection.hpp"
#include "http/exchange_deadline.hpp"
#include "http/pool.hpp"
#include "http/response_parser.hpp"

#include <coax/http/http_transport.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace coax::http::detail {

using connection_pool = pool<connection>;

/// A request that waits for a connection. Leaves the queue when destroyed.
struct queued_request final : connection_pool::waiter, coax::detail::suspended {
    queued_request(asio::any_io_executor const& executor, connection_pool& of)
        : suspended{executor, "http_transport"}, pool{of} {}
    queued_request(queued_request const&) = delete;
    queued_request& operator=(queued_request const&) = delete;
    ~queued_request() override { pool.leave(*this); }

    connection_pool& pool;
};

/// What all exchanges of one transport share.
struct transport_state {
    transport_state(asio::any_io_executor where, http_options with)
        : executor{std::move(where)}, options{std::move(with)}, connections{options}, connect{executor, options} {}

    /// Wakes the request that a slot went to, if there is one.
    static void wake(connection_pool::waiter* granted) {
        if (granted != nullptr) static_cast<queued_request*>(granted)->wake();
    }

    asio::any_io_executor executor;
    http_options options;
    connection_pool connections;
    connector connect;
    pool_statistics counted{};
    clock::time_point next_sweep{};
};

/// One connection's slot in the pool while a request has it. Gives it back, whatever happens.
class lease {
public:
    explicit lease(std::shared_ptr<transport_state> home) : home_{std::move(home)} {}
    lease(lease const&) = delete;
    lease& operator=(lease const&) = delete;
    ~lease() { release(false, {}); }

    void take(connection_pool::host& at, connection_pool::pooled found) {
        at_ = &at;
        pooled_ = std::move(found);
    }
    void replace(std::unique_ptr<connection> made, clock::time_point now) {
        pooled_.connection = std::move(made);
        pooled_.opened = now;
    }
    void close() noexcept { pooled_.connection.reset(); }

    [[nodiscard]] connection* get() const noexcept { return pooled_.connection.get(); }

    void release(bool reusable, clock::time_point now);

private:
    std::shared_ptr<transport_state> home_;
    connection_pool::host* at_{nullptr};
    connection_pool::pooled pooled_{};
};

/// One request and its response. Its connection goes back to the pool when the response is complete, and is closed when
/// the exchange ends before.
///
/// A request goes out a second time, once, only where the server cannot have acted on the first sending, or doing it
/// twice does no harm (RFC 9112, section 9.3.1; RFC 9110, section 9.2.2). Only for a pooled connection, and only when
///  - it was found closed before anything was written, or
///  - the very first write failed with nothing taken, or
///  - the method is idempotent and not a byte of a response came.
/// So a POST that was written is never sent twice here: the closing that crosses it on the wire is
/// `errc::connection_lost`.
class exchange {
public:
    exchange(std::shared_ptr<transport_state> home, http_request request, exchange_limits limits);

    /// Sends, and waits for the head of the response.
    asio::awaitable<result<void>> begin();
    /// Waits for bytes and appends what of them is body to `body`.
    asio::awaitable<result<void>> receive(std::string& body);

    [[nodiscard]] bool complete() const noexcept { return parser_->is_done(); }
    [[nodiscard]] response_parser& response() noexcept { return *parser_; }
    [[nodiscard]] response_parser const& response() const noexcept { return *parser_; }
    /// Body bytes that came together with the head.
    [[nodiscard]] std::string& early_body() noexcept { return early_body_; }

private:
    [[nodiscard]] connection_pool::decision acquire_slot();
    [[nodiscard]] bool take_slot(connection_pool::host& at, connection_pool::pooled found);
    asio::awaitable<result<void>> get_connection(connection_pool::decision found);
    asio::awaitable<result<void>> wait_for_slot(connection_pool::host& at);
    asio::awaitable<result<void>> open_connection();
    asio::awaitable<result<void>> attempt();
    asio::awaitable<result<void>> send();

    void start_parser();
    [[nodiscard]] bool may_send_again(error const& why) const;
    [[nodiscard]] result<void> parse();
    [[nodiscard]] result<void> parse_end(boost::system::error_code cause);
    [[nodiscard]] result<void> take_interim();
    void finish();

    std::shared_ptr<transport_state> home_;
    http_request request_;
    exchange_limits limits_;
    exchange_deadline deadline_;
    lease lease_;
    std::optional<response_parser> parser_;
    std::string early_body_;
    int interim_responses_{0};
    boost::system::error_code send_failure_{};
    bool reused_{false};
    bool written_{false};         // a byte of the request left us
    bool response_began_{false};  // a byte of the response came
    bool wait_first_{false};      // nothing can be there yet: wait before reading
};

}  // namespace coax::http::detail
