#pragma once

#include "mcp/child_process.hpp"
#include "mcp/line_buffer.hpp"
#include "mcp/link.hpp"
#include "runtime/internal/context_life.hpp"

#include <coax/sync/channel.hpp>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace coax::mcp::detail {

/// A server that is a child process: each message is one line of its standard input or output.
class stdio_link final : public link,
                         public coax::detail::context_member,
                         public std::enable_shared_from_this<stdio_link> {
public:
    struct options {
        std::shared_ptr<session_options const> session{};
        std::function<void()> tools_changed{};  ///< Called when the server says so.
        bool probes{true};                      ///< Whether it is asked for the newer protocol.
    };

    /// Errors: `errc::io_failed`: it cannot be started.
    [[nodiscard]] static result<std::shared_ptr<stdio_link>> start(asio::any_io_executor const& executor,
                                                                   options wanted);
    stdio_link(asio::any_io_executor const& executor, options wanted, child_process child);
    ~stdio_link() override;

    asio::awaitable<result<agreement>> agree() override;
    asio::awaitable<result<reply>> ask(outgoing request) override;
    [[nodiscard]] bool alive() const noexcept override { return alive_; }
    void abandon() noexcept override;
    asio::awaitable<void> stop() override;

private:
    struct arrival {
        std::int64_t id{0};
        result<reply> outcome{reply{}};
    };
    using inbox = channel<arrival>;
    class open_request;

    void context_ended() noexcept override;

    std::int64_t send_request(std::string_view method, std::string_view params, std::shared_ptr<inbox> to);
    void send(std::string message);
    void write_next();
    void read_output();
    void read_errors();
    void take_errors(std::string_view bytes);
    void take_error_line(std::string_view line);
    void take_line(std::string_view line);
    void take_message(incoming message, std::string_view line);
    void take_response(incoming message);
    void count_unasked();
    void answer(std::int64_t id, result<reply> outcome);

    /// Nothing more is said: those who wait hear of it.
    void fail(error why);
    /// The server has ended, or wants no more: those who wait hear of it as soon as it is known how.
    void lose();
    void disconnect() noexcept;
    void fail_pending();
    void reap();
    void drain_errors();
    void gone(std::string const& how);

    asio::any_io_executor executor_;
    std::shared_ptr<coax::detail::context_life> life_;
    options options_;
    pid_t process_;
    std::optional<asio::local::stream_protocol::socket> input_{};
    std::optional<asio::posix::stream_descriptor> output_{};
    std::optional<asio::posix::stream_descriptor> errors_{};

    bool alive_{true};
    bool reaping_{false};
    error failure_{};  ///< Why it is not alive.
    std::int64_t last_id_{0};
    std::map<std::int64_t, std::shared_ptr<inbox>> pending_{};
    std::size_t unasked_{0};  ///< Messages that nobody asked for since the last response.
    std::deque<std::string> unsent_{};
    std::size_t unsent_bytes_{0};
    std::array<char, std::size_t{64} << 10U> piece_{};
    std::array<char, 4096> error_piece_{};
    line_buffer lines_;
    line_buffer error_lines_;
    std::string last_words_{};
    std::shared_ptr<channel<bool>> gone_{std::make_shared<channel<bool>>(1)};  ///< Closed when the process is gone.
};

}  // namespace coax::mcp::detail
