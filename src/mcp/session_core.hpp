#pragma once

#include "mcp/catalog.hpp"
#include "mcp/link.hpp"
#include "runtime/internal/context_life.hpp"

#include <coax/mcp/session.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/sync/async_mutex.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace coax::mcp::detail {

/// On the session's executor, but for what says otherwise.
class session_core : public std::enable_shared_from_this<session_core> {
public:
    session_core(asio::any_io_executor executor, session_options options);
    ~session_core();

    asio::awaitable<result<server_info>> connect();
    asio::awaitable<result<std::shared_ptr<catalog const>>> list();
    asio::awaitable<result<tool_result>> call(std::string name, std::string arguments);
    asio::awaitable<void> close();

    /// From any thread, as the next three.
    static asio::awaitable<result<std::string>> call_for_model(std::shared_ptr<session_core> self, std::string name,
                                                               std::string arguments);
    template <class T>
    asio::awaitable<T> here(asio::awaitable<T> work) {
        return coax::detail::on_living(life_, executor_, std::move(work));
    }
    [[nodiscard]] session_options const& options() const noexcept { return *options_; }
    [[nodiscard]] std::size_t starts() const noexcept { return starts_; }

private:
    struct connection {
        std::shared_ptr<link> way{};
        std::optional<agreement> agreed{};  ///< None: they are still finding out.
    };

    asio::awaitable<result<connection>> connected();
    asio::awaitable<result<void>> start();
    asio::awaitable<result<void>> try_start(bool probes);
    result<std::shared_ptr<link>> open(bool probes);
    std::shared_ptr<coax::transport> const& transport();
    asio::awaitable<result<json_value>> ask(outgoing request);
    asio::awaitable<result<reply>> ask_once(outgoing request, bool& lost);
    asio::awaitable<result<std::shared_ptr<catalog const>>> fetch_list();
    [[nodiscard]] error of_this(error why) const;

    asio::any_io_executor executor_;
    std::shared_ptr<coax::detail::context_life> life_;
    std::shared_ptr<session_options const> options_;
    async_mutex starting_{};
    std::shared_ptr<coax::transport> transport_{};  ///< By HTTP.
    connection current_{};
    bool closed_{false};
    int failed_starts_{0};  ///< Since the last response to a request.
    error last_failure_{};
    std::atomic<std::size_t> starts_{0};
    std::shared_ptr<catalog const> list_{};
    bool list_changed_{true};
    clock::time_point list_until_{};
};

}  // namespace coax::mcp::detail
