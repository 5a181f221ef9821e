#pragma once

#include "http/exchange_deadline.hpp"
#include "http/response_parser.hpp"
#include "http/transport_state.hpp"

#include <coax/http/http_transport.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace coax::http::detail {

/// One request and its response. Its connection goes back to the pool when the response is complete, and is closed when
/// the exchange ends before.
///
/// A request goes out a second time, once, at once and on a fresh connection, when a pooled one was lost before any
/// byte of a response came: the server closed it as idle while the request was on its way (RFC 9112, section 9.3.1). So
/// do the common clients, whatever the method. That loss on a fresh connection is `errc::connection_lost`.
class exchange {
public:
    /// @param streamed  Its body is read piece by piece.
    exchange(std::shared_ptr<transport_state> home, http_request request, exchange_limits limits, bool streamed);

    /// Sends, and waits for the head of the response.
    asio::awaitable<result<void>> begin();
    /// All of an exchange whose body is not read piece by piece. What needs no wait costs no coroutine. Not in its
    /// frame: together they are larger than what malloc keeps at hand (1 KB).
    static asio::awaitable<result<http_response>> run(std::unique_ptr<exchange> self);
    /// Waits for bytes and appends what of them is body to `body`.
    asio::awaitable<result<void>> receive(std::string& body);

    [[nodiscard]] bool complete() const noexcept {
        return parser_ != nullptr && parser_->is_done() && early_failure_ == nullptr;
    }
    /// Once the head is there.
    [[nodiscard]] response_parser& response() noexcept { return *parser_; }
    [[nodiscard]] response_parser const& response() const noexcept { return *parser_; }
    /// Body bytes that came together with the head.
    [[nodiscard]] std::string& early_body() noexcept { return early_body_; }
    /// Until the next piece of the body the limit that runs goes on, whatever bytes come.
    void keep_waiting(bool same_limit) noexcept { same_limit_ = same_limit; }

private:
    [[nodiscard]] connection_pool::decision acquire_slot();
    [[nodiscard]] bool take_slot(connection_pool::host& at, connection_pool::pooled found);
    /// Whether that is a connection that can be used at once, which is taken.
    [[nodiscard]] bool is_ready(connection_pool::decision& found) {
        return found.what == connection_pool::verdict::reuse && take_slot(*found.at, std::move(found.reuse));
    }
    asio::awaitable<result<void>> get_connection(connection_pool::decision found);
    asio::awaitable<result<void>> wait_for_slot(connection_pool::host& at);
    asio::awaitable<result<bool>> open_connection(bool fresh);
    asio::awaitable<result<void>> attempt();
    asio::awaitable<result<void>> attempt_again();
    asio::awaitable<result<void>> send_rest();
    asio::awaitable<result<void>> wait_to_send();

    /// Awaitable: suspends until the socket is ready for the next step. Ask `may_go_on` after it.
    auto wait() {
        if (!same_limit_) deadline_.start(response_began_ ? limit::idle : limit::first_byte);
        return deadline_.wait(lease_.get()->socket(), lease_.get()->wanted());
    }
    void start_parser();
    void let_go_of_request();
    [[nodiscard]] bool take_granted(queued_request& place, bool wanted);
    void note_closed();
    [[nodiscard]] bool may_send_again(error const& why) const;
    [[nodiscard]] result<void> start_attempt();
    [[nodiscard]] result<void> send_now();
    /// Whether a part of the request is still to be sent.
    [[nodiscard]] bool sends_on() const noexcept { return !head_left_.empty() || !body_left_.empty(); }
    void read_while_sending();
    [[nodiscard]] std::optional<result<void>> receive_now();
    [[nodiscard]] result<void> may_go_on(asio::cancellation_state const& caller);
    /// Whether the head came that is no interim one.
    [[nodiscard]] bool has_head() const noexcept { return header_done() && parser_->status_code() >= 200; }
    [[nodiscard]] bool header_done() const noexcept { return parser_ != nullptr && parser_->is_header_done(); }
    /// The error with the response's status, if that came.
    [[nodiscard]] error failed(error why) const;
    [[nodiscard]] error parse_failed(boost::system::error_code cause) const;
    [[nodiscard]] result<void> parse();
    [[nodiscard]] result<void> parse_end(boost::system::error_code cause);
    [[nodiscard]] result<void> take_interim();
    void finish();

    std::shared_ptr<transport_state> home_;
    http_request request_;
    exchange_limits limits_;
    exchange_deadline deadline_;
    lease lease_;
    std::unique_ptr<response_parser> parser_;  // null until a byte comes: who waits has none
    std::string_view head_left_;               // of the request, to be sent
    std::string_view body_left_;
    std::string early_body_;
    std::unique_ptr<error> early_failure_;  // came together with the head
    int interim_responses_{0};
    boost::system::error_code send_failure_{};
    bool streamed_;
    bool reused_{false};
    bool written_{false};         // a byte of the request left us
    bool response_began_{false};  // a byte of the response came
    bool received_{false};        // the same of interim responses
    bool same_limit_{false};      // what comes does not begin the limit anew
    bool wait_first_{false};      // nothing can be there yet: wait before reading
};

}  // namespace coax::http::detail
