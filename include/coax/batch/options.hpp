#pragma once

#include <coax/batch/progress.hpp>
#include <coax/core/boxed.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace coax {

struct telemetry_options;
extern template class boxed<telemetry_options>;

/// The handle that ends a batch early; copies share one state.
/// Thread safety: from any thread, and from a signal handler.
class batch_stop {
public:
    batch_stop();

    /// Nothing new is begun from now on; what is in flight is finished and handed over.
    void request() const noexcept;
    [[nodiscard]] bool requested() const noexcept;

private:
    core::detail::shared_opaque<std::atomic<bool>> requested_;
};

/// How a batch is run.
struct batch_options {
    /// Records in work at once; no more are read ahead. Range: [1, 65535]. The client's `max_concurrency` bounds it
    /// too.
    std::size_t concurrency{64};
    /// Failed records after which nothing new is begun. 0: no number of failures stops the batch.
    std::uint64_t max_failures{0};
    /// Records that fail alike, with no success between, after which the others would fail so too: the batch ends, or
    /// pauses where the service is in trouble (`failure_scope`). Twice as many once a record has succeeded; at most 3,
    /// or 6, where the service refuses the caller. 0: each failure is that record's own.
    std::uint64_t alike_failures{10};
    /// Each failure is its record's own, whatever it is: none ends the batch, pauses it, or is tried again.
    bool failures_are_final{false};
    /// Longest time without a success for which the batch waits for a service that has a limit or is in trouble; a
    /// longer wait that it asks for ends the batch at once. Range: [0, 30 days].
    std::chrono::milliseconds max_pause{120'000};
    /// Share of the last `failure_window` records that may fail; once more of them have, nothing new is begun. Looked
    /// at as soon as there were that many records. Range: [0, 1]; 1: any share.
    double max_failure_rate{1.0};
    std::size_t failure_window{100};  ///< Range: [1, 1'000'000].
    /// Nothing new is begun from then on. The epoch: no such time.
    std::chrono::system_clock::time_point until{};
    /// Outcomes go to the sink in the order of the source: one that is there waits for those before it. Otherwise they
    /// go as they come.
    bool ordered{false};
    /// With `ordered`: most records taken from the source whose outcomes the sink does not have: what bounds memory,
    /// and how far others run ahead of a slow record. 0: four times `concurrency`. Else in [concurrency, 10'000'000].
    std::size_t window{0};
    /// How many records there are, for the progress. Nothing: not known.
    std::optional<std::uint64_t> total{};
    /// Of `batch` alone: requests that begin as the first one did, with the same tools and messages but for the last,
    /// are marked for the service's prompt cache (`chat_request::cache_prefix`) where that pays: there are twice as
    /// many records as `concurrency`, or have been where `total` is not known. A request with marks of its own keeps
    /// those.
    bool mark_shared_prefix{true};
    /// Ends the batch early.
    batch_stop stop{};
    /// Called with the progress on the batch's executor, regularly and once at the end. Empty: nothing. An exception
    /// ends the batch.
    std::function<void(batch_progress const&)> on_progress{};
    /// Time between two calls of `on_progress`. Must be > 0.
    std::chrono::milliseconds progress_interval{500};
    /// Who is told of the batch and of the work on each record, and so of whose part the calls in it are. Not set:
    /// `batch` takes the client's, `run_batch` tells nobody.
    boxed<telemetry_options> telemetry{};
    /// What observers know the batch by.
    std::string name{};
};

[[nodiscard]] result<void> validate(batch_options const& options);

}  // namespace coax
