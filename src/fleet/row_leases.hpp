#pragma once

#include "fleet/collector.hpp"
#include "fleet/outbox.hpp"
#include "fleet/queue_link.hpp"

#include <coax/core/result.hpp>
#include <coax/fleet/work_queue.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace coax::fleet::detail {

/// A row that a worker has, as `run_batch` takes it.
struct leased_row {
    std::uint64_t index{0};
    std::string key{};
    std::string entry{};  ///< Of the stream.
    std::string payload{};
};

/// What a worker got when it asked for rows.
struct rows_taken {
    std::vector<leased_row> rows{};
    bool is_over{false};  ///< The job is finished, gone, or another one.
};

/// A worker's side of a queue: the rows that it has. It keeps them by signs of life and stores what comes of them.
/// Thread safety: the link's executor.
class row_leases {
public:
    row_leases(queue_link& link, queue_options const& options, std::string worker, std::string identity);

    asio::awaitable<result<void>> join();
    /// Waits a short time for at most `count` rows. Errors: the server is away, or refuses.
    asio::awaitable<result<rows_taken>> take(std::size_t count);
    /// The row's work is over. Stored as soon as the server takes it.
    void store(leased_row const& row, row_outcome const& outcome);
    /// Rows go back into the queue.
    void release(std::vector<std::string> const& entries);
    /// Stores what there is to store, gives back the rest, and leaves.
    asio::awaitable<void> leave(std::optional<error> why, std::chrono::milliseconds within);

    /// Keeps the rows. For ever, one at a time.
    asio::awaitable<void> keep();
    asio::awaitable<void> send_results() { return outbox_.send_all(); }

    [[nodiscard]] std::size_t unstored() const noexcept { return outbox_.size(); }
    [[nodiscard]] std::uint64_t taken_over() const noexcept { return taken_over_; }
    [[nodiscard]] std::uint64_t repeated() const noexcept { return repeated_; }

private:
    asio::awaitable<result<std::vector<leased_row>>> take_over(std::size_t count);
    asio::awaitable<result<rows_taken>> read_new(std::size_t count);
    [[nodiscard]] result<rows_taken> taken_of(std::vector<redis_reply> const& replies);
    [[nodiscard]] bool may_take_over() const;
    leased_row& lease(std::vector<leased_row>& rows, std::string entry, std::string key, std::string payload);

    queue_link& link_;
    queue_options const& options_;
    std::string const worker_;
    std::string const identity_;
    outbox outbox_;
    std::set<std::string, std::less<>> held_{};  ///< Entries.
    std::string cursor_{"0-0"};
    clock::time_point next_take_over_{};
    clock::time_point there_since_{};  ///< The server.
    bool is_away_{false};
    std::uint64_t count_{0};
    std::uint64_t taken_over_{0};
    std::uint64_t repeated_{0};
};

}  // namespace coax::fleet::detail
