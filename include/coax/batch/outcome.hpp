#pragma once

#include <coax/chat/response.hpp>
#include <coax/core/result.hpp>
#include <coax/tokens/model_facts.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coax {

/// One record's outcome, as a sink gets it.
template <class T>
struct batch_result {
    std::uint64_t index{0};
    std::string key{};
    result<T> value{T{}};
    coax::usage usage{};                   ///< What was billed, for a failed record too as far as known.
    int attempts{0};                       ///< Requests sent for it; 0: none.
    std::chrono::milliseconds latency{0};  ///< Waits included.
    /// The index of the equal record that was asked in its place. Nothing: it was asked itself.
    std::optional<std::uint64_t> same_as{};
    /// When it was there, by the calendar. 1970: not known.
    std::chrono::system_clock::time_point finished_at{};
    billing::tier tier{};  ///< The price of its tokens.
};

/// What the work on one record gives.
template <class T>
struct batch_output {
    T value{};
    coax::usage usage{};
    int attempts{1};
    std::optional<std::uint64_t> same_as{};  ///< As `batch_result::same_as`.
    billing::tier tier{};                    ///< The price of its tokens.
};

/// How many records failed in one way.
struct failure_count {
    errc code{};
    std::uint64_t count{0};

    [[nodiscard]] bool operator==(failure_count const& other) const;
};

/// What a batch did.
struct batch_summary {
    std::uint64_t ok{0};
    std::uint64_t failed{0};
    std::vector<failure_count> failures{};  ///< In the order of `errc`.
    std::uint64_t unfinished{0};            ///< Begun, but given up when the batch was ended: not handed to the sink.
    std::optional<std::uint64_t> remaining{};  ///< Records without an outcome; nothing: the total is unknown.
    std::uint64_t attempts{0};                 ///< Requests sent.
    std::uint64_t retries{0};                  ///< Of these, after a failure.
    std::uint64_t reasks{0};                   ///< Of these, because a response did not have the wanted form.
    std::uint64_t resent{0};                   ///< Besides `attempts`; see `client_statistics::resent`.
    std::uint64_t cached{0};                   ///< Calls answered by the response cache.
    std::uint64_t equal{0};                    ///< Records that took the answer of an equal one.
    coax::usage usage{};
    coax::usage saved{};  ///< What the responses of the cache had cost when they were made.
    std::chrono::milliseconds elapsed{0};
    bool stopped{false};              ///< By `batch_stop` or `max_failures`.
    std::optional<error> ended_by{};  ///< Why the batch ended early; see `run_batch`. Its `retry_after`, if there is
                                      ///< one, tells when it can go on.

    [[nodiscard]] std::uint64_t done() const noexcept { return ok + failed; }
    /// Whether each record has an outcome: neither did it end early, nor is one left.
    [[nodiscard]] bool complete() const noexcept {
        return !stopped && !ended_by && unfinished == 0 && remaining.value_or(0) == 0;
    }
};

/// For people, on a few lines: records, failures by kind, retries, tokens, time.
[[nodiscard]] std::string to_string(batch_summary const& summary);

/// For programs, as an object:
/// `{"ok":198,"failed":2,"failures":{"refused":2},"unfinished":0,"remaining":0,"requests":205,
/// "retries":5,"reasks":0,"cached":0,"input_tokens":…,"output_tokens":…,"cached_input_tokens":…,"elapsed_ms":…,
/// "stopped":false}`, with `"ended_by":{"code":…,"message":…}` where it ended early.
[[nodiscard]] std::string to_json(batch_summary const& summary);

/// What a record's failure says of the others.
enum class failure_scope {
    record,  ///< Nothing.
    shared,  ///< They may meet it too: refused as wrong, without right, not found. So many alike end the batch.
    outage,  ///< The service or the way to it is in trouble. So many make the batch pause: one record at a time tries
             ///< again until one succeeds, then all that failed so; no success within `max_pause` ends it. Before any
             ///< success so many end it at once, and one where no connection can be made.
    limit,   ///< Too many requests or tokens: the batch pauses as the service asks, and tries the record again.
    batch,   ///< They will meet it: used-up credit, a key that the service calls expired or revoked, a closed client, a
             ///< cancellation. The batch ends at once.
};

[[nodiscard]] failure_scope scope_of(error const& why);

}  // namespace coax
