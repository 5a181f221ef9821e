#include "mcp/line_buffer.hpp"
#include "mcp/server_core.hpp"

#include <coax/bind/read.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/sync/channel.hpp>
#include <coax/tasks/task_group.hpp>
#include <coax/tasks/when_any.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>

namespace coax::mcp {
namespace {

using detail::incoming;

struct wire_cancelled {
    json_value requestId{};
};

error cannot(std::string what, boost::system::error_code cause) {
    return {.code = errc::io_failed, .message = std::move(what) + ": " + cause.message(), .cause = cause};
}

/// The lines of standard input.
class input_lines {
public:
    input_lines(asio::any_io_executor const& executor, std::size_t max_bytes) : input_{executor}, lines_{max_bytes} {
        boost::system::error_code failed;
        input_.assign(::dup(STDIN_FILENO), failed);
        if (failed) throw_error(cannot("standard input cannot be read", failed));
    }

    /// None: it has ended.
    asio::awaitable<std::optional<std::string>> next() {
        for (;;) {
            if (auto const line = lines_.next()) co_return std::string{*line};
            if (lines_.too_long())
                throw_error({.code = errc::too_large, .message = "a line of standard input is too long"});
            auto const read = co_await as_result(input_.async_read_some(asio::buffer(piece_), asio::use_awaitable));
            if (!read && read.error().cause == asio::error::eof) co_return std::nullopt;
            if (!read) throw_error(read.error());
            lines_.feed({piece_.data(), *read});
        }
    }

private:
    asio::posix::stream_descriptor input_;
    std::array<char, std::size_t{64} << 10U> piece_{};
    detail::line_buffer lines_;
};

/// Writes a message to standard output, and waits until it is taken.
void print_message(std::string message) {
    message += '\n';
    for (std::string_view rest = message; !rest.empty();) {
        auto const written = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw_error(cannot("standard output", {errno, boost::system::system_category()}));
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
}

/// What is answered at this moment.
class conversation {
public:
    conversation(std::shared_ptr<detail::server_core const> server, task_group& calls)
        : server_{std::move(server)}, calls_{calls} {}

    asio::awaitable<void> take(std::string line) {
        auto message = detail::parse_message(line);
        if (!message) {
            print_message(detail::unreadable_text(line, message.error()));
            co_return;
        }
        if (message->method == "notifications/cancelled") co_return cancel(message->params);
        if (message->method != "tools/call" || !message->id) {
            if (auto const text = co_await server_->answer(*std::move(message)); !text.empty()) print_message(text);
            co_return;
        }
        begin_call(*std::move(message));
    }

private:
    using cancellation = std::shared_ptr<channel<bool>>;

    void begin_call(incoming message) {
        auto const id = message.id->text();
        bool const known = open_.contains(id);
        if (known || open_.size() >= server_->options().max_calls)
            return print_message(detail::failure_text(*message.id, detail::rpc_code::invalid_request,
                                                      known ? "This id is in use" : "Too many calls at once"));
        auto const cancelled = open_.emplace(id, std::make_shared<channel<bool>>(1)).first->second;
        calls_.spawn(call(std::move(message), cancelled));
    }

    /// A call that was cancelled has no response.
    asio::awaitable<void> call(incoming message, cancellation cancelled) {
        auto const id = message.id->text();
        auto outcome = co_await when_any(server_->answer(std::move(message)), cancelled->receive());
        open_.erase(id);
        if (outcome.index() == 0) print_message(std::get<0>(std::move(outcome)));
    }

    void cancel(json_value const& params) {
        auto const told = json::read<wire_cancelled>(params.text(), json::wire_options);
        if (!told) return;
        if (auto const found = open_.find(told->requestId.text()); found != open_.end()) found->second->close();
    }

    std::shared_ptr<detail::server_core const> server_;
    task_group& calls_;
    std::map<std::string, cancellation> open_{};  ///< The calls under way, by their ids.
};

}  // namespace

asio::awaitable<void> server::serve_stdio() const {
    std::shared_ptr<detail::server_core const> const self{std::shared_ptr<detail::server_core>{impl_}};
    input_lines lines{co_await asio::this_coro::executor, self->options().max_message_bytes};
    std::optional<conversation> talk;  // outlives its calls
    co_await with_task_group([&self, &lines, &talk](task_group& calls) -> asio::awaitable<void> {
        talk.emplace(self, calls);
        while (auto line = co_await lines.next())
            if (!line->empty()) co_await talk->take(*std::move(line));
        calls.cancel();
    });
}

}  // namespace coax::mcp
