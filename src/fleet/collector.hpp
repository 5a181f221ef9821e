#pragma once

#include "fleet/queue_link.hpp"
#include "runtime/internal/suspended.hpp"

#include <coax/batch/outcome.hpp>
#include <coax/core/result.hpp>
#include <coax/fleet/work_queue.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coax::fleet::detail {

using row_outcome = result<batch_output<std::string>>;

/// The coordinator's side of a queue: puts rows in, and hands results to those who wait for them.
/// Thread safety: the link's executor.
class collector {
public:
    collector(queue_link& link, queue_options const& options) : link_{link}, options_{options} {}

    /// Begins a job. Errors: as `work_queue::open`.
    asio::awaitable<result<void>> open(queue_job job);
    asio::awaitable<row_outcome> ask(std::string key, std::string payload);
    void forget(std::string key);
    asio::awaitable<result<void>> finish();

    /// Collects results until it is finished. One at a time.
    asio::awaitable<void> run();

private:
    /// A row that someone waits for. Lives in the frame of `ask`.
    class open_row;
    enum class submitted { waits, done, gone };

    asio::awaitable<result<redis_reply>> run_patiently(std::string_view script, std::vector<std::string> arguments);
    asio::awaitable<std::optional<row_outcome>> submit(std::string key, std::string payload);
    asio::awaitable<row_outcome> given(std::string key, row_outcome outcome);
    asio::awaitable<bool> read_done();
    asio::awaitable<bool> look_at(std::vector<std::string> keys, bool resubmits);
    asio::awaitable<bool> look_at_all();
    asio::awaitable<void> look_at_workers();
    asio::awaitable<void> forget_written();
    void end_all(error const& why);

    queue_link& link_;
    queue_options const& options_;
    std::string identity_{};
    std::string last_done_{"0-0"};
    bool open_{false};
    std::multimap<std::string, open_row*, std::less<>> rows_{};
    std::deque<std::pair<clock::time_point, std::string>> written_{};
    std::optional<error> ended_{};  ///< Why nobody works any more.
    int without_workers_{0};        ///< Looks in a row that found none.
};

}  // namespace coax::fleet::detail
