#pragma once

#include <coax/batch/outcome.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/core/secret.hpp>
#include <coax/fleet/queue_job.hpp>
#include <coax/http/client_certificate.hpp>
#include <coax/runtime/asio.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coax {

namespace fleet::detail {
struct queue_state;
}

/// Where the rows of a job wait: a Redis server, 7.0 or newer, not a Redis Cluster.
struct queue_options {
    /// "redis://[user:password@]host[:port]/database/job", over TLS "rediss://…", with the parameters of
    /// `redis_cache_options::url`. The job's name has 1 to 100 letters,
    /// digits, '.', '_' and '-'.
    secret url{};
    /// How long a row stays with a worker that gives no sign of life. Must be in [1 s, 1 day].
    std::chrono::milliseconds lease{60'000};
    /// Workers that may die over a row before it goes to the dead letters. Range: [1, 1000].
    int max_deliveries{5};
    /// Largest row. Must be > 0.
    std::size_t max_payload_bytes{16U << 20U};
    /// How long a result stays in Redis once it was told to be written (`work_queue::forget`).
    std::chrono::milliseconds keep_written{10'000};
    /// As in `redis_cache_options`.
    std::chrono::milliseconds connect_timeout{2'000};
    std::chrono::milliseconds command_timeout{5'000};
    std::chrono::milliseconds retry_interval{500};
    std::string ca_file{};
    std::string ca_pem{};
    tls_client_certificate client_certificate{};
};

/// Errors: `errc::invalid_argument`; never repeats the address.
[[nodiscard]] result<void> validate(queue_options const& options);

/// The rows that a worker has.
struct queue_worker {
    std::string name{};
    std::uint64_t in_work{0};
    std::uint64_t stored{0};            ///< Results of it that were the first of their rows.
    std::chrono::milliseconds idle{0};  ///< Since it was last heard of.
};

/// How far a job is.
struct queue_status {
    bool exists{false};
    bool finished{false};      ///< The coordinator has all results.
    std::uint64_t waiting{0};  ///< Rows that no worker has.
    std::uint64_t in_work{0};
    std::uint64_t ok{0};      ///< Results of all time.
    std::uint64_t failed{0};  ///< The same, dead letters among them.
    std::uint64_t stored{0};  ///< Results that are not yet written by the coordinator.
    std::uint64_t dead{0};    ///< Rows in the dead letters.
    std::vector<queue_worker> workers{};
    fleet_limits limits{};
    usd spent{};     ///< Of the fleet's quota.
    usd reserved{};  ///< Set aside by what is under way.
    std::uint64_t requests_in_flight{0};
};

/// A job whose rows are spread over workers on any number of machines, by a Redis stream with a consumer group.
///
/// The coordinator (`open`, `ask`, `forget`, `finish`) puts rows in and gets their results; workers (`run_worker`) take
/// rows, and store what comes of them. Each result is stored once, by its row's key: the first one wins. Rows of a
/// worker that died are taken over after `queue_options::lease`. A coordinator that died is started again: what was
/// done meanwhile is there, and what is in the queue already is not put in again. While Redis is away everything waits.
///
/// Copies share two connections, on a thread of their own. Thread safety: may be used from any thread. Cancellation:
/// `terminal`. Keys of services are never in Redis; rows and results are, as they are.
class work_queue {
public:
    /// Connects with the first operation.
    /// @throws coax::exception  `errc::invalid_argument`, also without hiredis (COAX_WITH_HIREDIS).
    explicit work_queue(queue_options options);

    /// Begins a job, or goes on with it.
    /// @throws coax::exception  `errc::invalid_argument`: the queue has a job with another identity that is not
    /// finished;
    ///                          those of Redis: `errc::connect_failed`, `errc::timeout`, `errc::authentication`, ….
    asio::awaitable<void> open(queue_job job);

    /// Puts a row into the queue, unless it is there, and waits for its result.
    /// @param key  Names the row: who asks again for it, in this or another process, gets the one result.
    /// @throws coax::exception  What came of the row, `error::attempts` and tokens with it; `errc::closed`: the last
    ///                          worker has ended, and why; the job is gone; `errc::too_large`: `max_payload_bytes`.
    /// Cancellation: the row stays in the queue.
    asio::awaitable<batch_output<std::string>> ask(std::string key, std::string payload);

    /// The row's result is written where it will be found: Redis need not keep it.
    void forget(std::string key);

    /// All rows are done: drops rows and results, and tells the workers. Dead letters stay.
    asio::awaitable<void> finish();

    /// The job, as its coordinator told it. Nothing: there is none, or it is finished.
    /// @throws coax::exception  Those of Redis; `errc::invalid_argument`: another version of coax has made it.
    asio::awaitable<std::optional<queue_job>> job();

    asio::awaitable<queue_status> status();
    /// Puts the rows of the dead letters back into the queue. @returns How many.
    asio::awaitable<std::uint64_t> retry_dead();
    /// Drops the job with all that belongs to it. @returns How many rows were waiting or in work.
    asio::awaitable<std::uint64_t> purge();

    /// "redis://host:port/database/job", without credentials.
    [[nodiscard]] std::string address() const;

    /// What the functions of other headers use.
    [[nodiscard]] fleet::detail::queue_state& state() const noexcept { return *state_; }

private:
    core::detail::shared_opaque<fleet::detail::queue_state> state_;
};

}  // namespace coax
