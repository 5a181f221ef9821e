#pragma once

#include "client/request_layer.hpp"
#include "runtime/internal/context_life.hpp"

#include <coax/client/tool_stream.hpp>
#include <coax/sync/channel.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <optional>

namespace coax {

/// What a run and who watches it share. The run's side is the client's shard.
class tool_stream::state {
public:
    explicit state(detail::shard const& at) : life_{at.life}, executor_{at.executor} {}

    /// Waits until there is room for it.
    asio::awaitable<void> tell(run_event event) { return events_.send(std::move(event)); }
    /// The run is over.
    void conclude(result<detail::boxed_response> outcome);
    /// Its coroutine is gone. @param lost  With its context.
    void ended(bool lost) noexcept;

    /// The next event; none: the end. From any executor.
    asio::awaitable<std::optional<run_event>> next();
    asio::awaitable<chat_response> finish();
    /// Nobody reads it any more. From any thread.
    static void drop(std::shared_ptr<state> const& one) noexcept;

    asio::cancellation_signal signal{};  ///< Of the run's coroutine.
    std::exception_ptr failure{};        ///< That left it. NOLINT(bugprone-throw-keyword-missing)

private:
    channel<run_event> events_{64};
    std::shared_ptr<detail::context_life> life_;
    asio::any_io_executor executor_;
    std::shared_ptr<chat_response const> response_{};  ///< This and the next are set before `events_` is closed.
    std::optional<error> why_{};
    bool finished_{false};  ///< The last event was read.
    bool gone_{false};      ///< The run's side only.
};

}  // namespace coax
