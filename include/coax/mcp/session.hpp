#pragma once

#include <coax/auth/token_source.hpp>
#include <coax/chat/content.hpp>
#include <coax/client/toolbox.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/core/secret.hpp>
#include <coax/http/http_transport.hpp>
#include <coax/http/message.hpp>
#include <coax/json/value.hpp>
#include <coax/runtime/asio.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace coax::mcp {

namespace detail {
class session_core;
}

/// The most that is taken from a server. More ends the request, or where a server cannot be trusted any further its
/// connection, with `errc::too_large`.
struct session_limits {
    /// One message. Range: [1 KiB, 1 GiB].
    std::size_t max_message_bytes{std::size_t{16} << 20U};
    /// Tools of one server. Range: [1, 100'000].
    std::size_t max_tools{1'000};
    /// Pages of its list of tools. Range: [1, 10'000].
    std::size_t max_pages{100};
    /// Notifications and requests of its own, and lines that are no messages, between two responses.
    /// Range: [1, 1'000'000].
    std::size_t max_notifications{10'000};
    /// Requests that wait for it at once. Range: [1, 100'000].
    std::size_t max_pending{1'024};
};

/// A server of the Model Context Protocol, and how it is used: one of `command` and `url`.
struct session_options {
    /// What its tools' names begin with, "weather" for "weather__forecast". Empty: they have no such beginning.
    std::string name{};

    /// A program and its arguments, started as a child process and spoken to over its standard input and output. A
    /// program without a slash is looked for in PATH.
    std::vector<std::string> command{};
    /// Variables that it gets. Besides these it gets PATH, HOME and what else a program needs to run (`inherit_all`).
    std::map<std::string, secret> environment{};
    /// It gets the whole environment of this process, and with it every key in there.
    bool inherit_all{false};
    /// Where it runs. Empty: where this process does.
    std::string directory{};
    /// Gets each line that it writes to standard error, at most 4 KiB of it. Must not throw.
    std::function<void(std::string_view line)> on_stderr{};

    /// The address of one that is reached by HTTP, such as "https://example.com/mcp".
    std::string url{};
    /// Sent as `Authorization: Bearer`. Empty: none.
    secret bearer_token{};
    /// Gives the bearer token of each request, in place of `bearer_token`.
    coax::token_source token_source{};
    /// Sent with every request.
    std::vector<header_list::field> headers{};
    http_options http{};
    /// Used in place of `http`; on the session's executor. Empty: one of the session's own.
    std::shared_ptr<coax::transport> transport{};

    /// From the start to the agreement on a version; a program that is fetched first needs its time. Must be > 0.
    std::chrono::milliseconds start_timeout{60'000};
    /// Of each request after that. Must be > 0.
    std::chrono::milliseconds call_timeout{60'000};
    /// How long a child process may take to end by itself, and then after SIGTERM, before SIGKILL. Must be > 0.
    std::chrono::milliseconds stop_grace{2'000};
    /// Starts in a row after which no call got a response; then no further one is made. Range: [1, 1000].
    int max_failed_starts{3};
    session_limits limits{};
};

/// Errors: `errc::invalid_argument`; `where` is the option.
[[nodiscard]] result<void> validate(session_options const& options);

/// A tool, as its server describes it.
struct tool {
    std::string name{};
    std::string title{};
    std::string description{};
    json_value input_schema{};   ///< Of the arguments: an object.
    json_value output_schema{};  ///< Of `tool_result::structured`. Null: none.
    bool read_only{false};       ///< It says that it changes nothing.
    bool idempotent{false};      ///< It says that a second call with the same arguments changes nothing more.
};

/// The tools of a server.
struct tool_list {
    std::vector<tool> tools{};
    /// Those that cannot be used, and why: "forecast: its schema …".
    std::vector<std::string> left_out{};
};

/// What a tool returned.
struct tool_result {
    /// Text, what resources hold, the addresses of those that are only named, a word for each piece of another kind;
    /// where there is none of these the text of `structured`.
    std::string text{};
    std::vector<image_part> images{};
    json_value structured{};  ///< Null: none.
    bool failed{false};       ///< The tool says so; `text` says why.
};

/// What client and server agreed on.
struct server_info {
    std::string version{};  ///< Of the protocol: "2026-07-28".
    std::string name{};
    std::string program_version{};
    std::string instructions{};  ///< How its tools are meant to be used; for the system message.
};

/// A connection to one server of the Model Context Protocol, whose tools a model may call.
///
/// Versions 2026-07-28, and 2024-11-05 to 2025-11-25 of before, are found out. It connects when it is first used. A
/// child process that has ended is started anew by the next call; the call in which it ended is repeated only where it
/// does no harm (lists, and tools that say so). Of what a server may ask of its client (sampling, elicitation, roots),
/// nothing is offered: it is told so, and a tool that needs it fails.
///
///     coax::mcp::session files{rt.executor(), {.name = "files", .command = {"mcp-server-filesystem", "/data"}}};
///     auto tools = co_await files.add_to(coax::toolbox{});
///     auto response = co_await llm.run("Which file is the largest?", tools);
///     co_await files.close();
///
/// Thread safety: all members from any thread; the work is done on the session's executor, which must be one thread or
/// a strand. Copies share the connection. Lifetime: what is under way, and tools, keep the connection; when the last of
/// all is gone, a child process is stopped in the background.
class session {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    session(asio::any_io_executor executor, session_options options);

    /// Connects, if need be, and tells with what.
    /// @throws coax::exception  `errc::io_failed`: the program cannot be started; `errc::connect_failed`,
    /// `errc::tls_failed`, `errc::authentication`: HTTP; `errc::connection_lost`: it ended, the message has its last
    /// words; `errc::protocol_error`: what it sends is not the protocol; `errc::not_found`: it speaks no version
    /// that is known here; `errc::bad_request`: it refused, in its words; `errc::timeout`, `errc::too_large`,
    /// `errc::cancelled`, `errc::closed`.
    asio::awaitable<server_info> connect();

    /// All its tools, asked for again when the server said that they changed, or the time is over for which it said
    /// that they do not. A tool whose schema cannot be checked is left out. @throws As `connect`.
    asio::awaitable<tool_list> tools();

    /// Calls a tool by the server's name of it.
    ///
    /// @param arguments  A JSON object.
    /// @throws coax::exception  As `connect`; `errc::tool_failed`: the server refused the call, in its words, or needs
    /// what is not offered. That the tool itself failed is no exception.
    /// Cancellation: `terminal`; the server is told.
    asio::awaitable<tool_result> call(std::string name, std::string arguments = "{}");

    /// `box` with the server's tools, named as services take it: other characters become '_', what is too long is cut,
    /// a name that is there already gets a number. Arguments are checked against the tool's schema before the call, and
    /// structured results after it; what fails is told to the model. @throws As `connect`.
    asio::awaitable<toolbox> add_to(toolbox box);

    /// Ends it: what is under way ends with `errc::closed`, a child process is asked to end, then made to. Returns when
    /// it is gone. Later calls throw `errc::closed`.
    asio::awaitable<void> close();

    /// Times that a child process was started.
    [[nodiscard]] std::size_t starts() const noexcept;

private:
    core::detail::shared_opaque<detail::session_core> impl_;
};

}  // namespace coax::mcp
