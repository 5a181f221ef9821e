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

/// A request in line for a connection; leaves it when destroyed.
struct request_in_line : connection_pool::waiter {
    request_in_line(asio::any_io_executor const& executor, connection_pool& of) : point{executor}, pool{of} {}
    request_in_line(request_in_line const&) = delete;
    request_in_line& operator=(request_in_line const&) = delete;
    ~request_in_line() { pool.leave(*this); }

    wait_point point;
    connection_pool& pool;
};

/// What all exchanges of one transport share.
struct transport_state {
    transport_state(asio::any_io_executor where, http_options with)
        : executor{std::move(where)}, options{std::move(with)}, connections{options}, connect{executor, options} {}

    /// A slot went to somebody in line: wakes them.
    static void wake(connection_pool::waiter* granted) {
        if (granted != nullptr) static_cast<request_in_line*>(granted)->point.wake();
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
    ~lease() { end(false, {}); }

    void take(connection_pool::host& at, connection_pool::kept found) {
        at_ = &at;
        kept_ = std::move(found);
    }
    void replace(std::unique_ptr<connection> made, clock::time_point now) {
        kept_.connection = std::move(made);
        kept_.born = now;
    }
    void close() noexcept { kept_.connection.reset(); }

    [[nodiscard]] bool held() const noexcept { return at_ != nullptr; }
    [[nodiscard]] connection* get() const noexcept { return kept_.connection.get(); }

    /// @param fit  The connection may serve another request.
    void end(bool fit, clock::time_point now);

private:
    std::shared_ptr<transport_state> home_;
    connection_pool::host* at_{nullptr};
    connection_pool::kept kept_{};
};

/// One request and its answer. Its connection goes back to the pool when the answer is complete, and is closed when the
/// exchange ends before.
///
/// A request goes out a second time, once, only where the server cannot have acted on the first sending, or doing it
/// twice does no harm (RFC 9112, section 9.3.1; RFC 9110, section 9.2.2). Only for a pooled connection, and only when
///  - it was found closed before anything was written, or
///  - the very first write failed with nothing taken, or
///  - the method is idempotent and not a byte of an answer came.
/// So a POST that was written is never sent twice here: the closing that crosses it on the wire is
/// `errc::connection_lost`.
class exchange {
public:
    exchange(std::shared_ptr<transport_state> home, http_request request, exchange_limits limits);

    /// Sends, and waits for the head of the answer.
    asio::awaitable<result<void>> begin();
    /// Waits for bytes and appends what of them is body to `body`.
    asio::awaitable<result<void>> receive(std::string& body);

    [[nodiscard]] bool complete() const noexcept { return parser_->is_done(); }
    [[nodiscard]] response_parser& answer() noexcept { return *parser_; }
    [[nodiscard]] response_parser const& answer() const noexcept { return *parser_; }
    /// Body bytes that came together with the head.
    [[nodiscard]] std::string& early_body() noexcept { return early_body_; }

private:
    [[nodiscard]] connection_pool::decision ask_pool();
    [[nodiscard]] bool take(connection_pool::host& at, connection_pool::kept found);
    asio::awaitable<result<void>> obtain(connection_pool::decision found);
    asio::awaitable<result<void>> stand_in_line(connection_pool::host& at);
    asio::awaitable<result<void>> open_connection();
    asio::awaitable<result<void>> attempt();
    asio::awaitable<result<void>> send();

    void expect_answer();
    [[nodiscard]] bool may_send_again(error const& why) const;
    [[nodiscard]] result<void> parse();
    [[nodiscard]] result<void> parse_end(boost::system::error_code cause);
    [[nodiscard]] result<void> take_interim();
    void finish();

    std::shared_ptr<transport_state> home_;
    http_request request_;
    exchange_limits limits_;
    exchange_deadline watch_;
    lease lease_;
    std::optional<response_parser> parser_;
    std::string early_body_;
    int interim_answers_{0};
    boost::system::error_code send_failure_{};
    bool reused_{false};
    bool written_{false};       // a byte of the request left us
    bool answer_began_{false};  // a byte of the answer came
    bool expecting_{false};     // nothing can be there yet: wait before reading
};

}  // namespace coax::http::detail
