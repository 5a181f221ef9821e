#pragma once

#include "mcp/link.hpp"

#include <coax/http/transport.hpp>
#include <coax/sync/channel.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace coax::mcp::detail {

/// A server that is reached by HTTP: each message is a POST, whose response is JSON or a stream of events.
class http_link final : public link, public std::enable_shared_from_this<http_link> {
public:
    struct options {
        std::shared_ptr<session_options const> session{};
        std::shared_ptr<coax::transport> transport{};
        std::function<void()> tools_changed{};  ///< Called when the server says so.
    };

    http_link(asio::any_io_executor executor, options wanted);

    asio::awaitable<result<agreement>> agree() override;
    asio::awaitable<result<reply>> ask(outgoing request) override;
    [[nodiscard]] bool alive() const noexcept override { return alive_; }
    void abandon() noexcept override;
    asio::awaitable<void> stop() override;

private:
    class open_request;
    struct event_reader;

    asio::awaitable<result<agreement>> greet();
    asio::awaitable<result<reply>> exchange(std::int64_t id, http_request request, bool greets);
    asio::awaitable<result<reply>> read_response(std::unique_ptr<streaming_response> response, std::int64_t id);
    asio::awaitable<result<reply>> read_events(std::unique_ptr<streaming_response> response, std::int64_t id);
    asio::awaitable<result<reply>> read_stream(streaming_response& response, std::int64_t id, event_reader& reader);
    asio::awaitable<result<std::unique_ptr<streaming_response>>> reopen(std::string last_event_id);
    asio::awaitable<result<std::string>> read_body(streaming_response& response) const;
    asio::awaitable<result<std::optional<reply>>> take_message(std::string text, std::int64_t id);
    /// What a response that is no success means.
    asio::awaitable<result<reply>> read_failure(streaming_response& response);

    /// Sends what has no response.
    asio::awaitable<result<void>> tell(std::string message);
    void tell_cancelled(std::int64_t id);
    asio::awaitable<void> end_session();
    asio::awaitable<result<http_request>> make_request(std::string body);
    [[nodiscard]] exchange_limits limits() const;

    asio::any_io_executor executor_;
    options options_;
    base_url url_;
    bool alive_{true};
    bool modern_{true};
    std::string version_{};     ///< Empty: before they agreed on one of the older protocol.
    std::string session_id_{};  ///< Of the older protocol. Empty: the server gave none.
    std::int64_t last_id_{0};
    channel<bool> closing_{1};  ///< Closed with the link.
};

}  // namespace coax::mcp::detail
