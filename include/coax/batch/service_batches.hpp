#pragma once

#include <coax/batch/batch.hpp>
#include <coax/batch/journal.hpp>
#include <coax/batch/record_batch.hpp>
#include <coax/chat/request.hpp>
#include <coax/client/client.hpp>
#include <coax/client/output_format.hpp>
#include <coax/provider/service_batch.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace coax {

/// What becomes of rows that a batch of the service leaves undone: it expired or was cancelled before them, is gone, or
/// they failed in a way that may pass.
enum class unfinished_rows {
    again,  ///< They go into another batch, once in each round.
    live,   ///< They are asked one by one, once all batches are over.
    leave   ///< They stay undone, for a later resume.
};

/// A batch of the service, as those who watch are told.
struct service_batch_progress {
    service_batch batch{};  ///< As it was seen last; its `id` is empty until the service has told it.
    std::uint64_t rows{0};
    std::uint64_t waiting{0};  ///< Of these, the ones whose outcome is not known yet.
};

/// How records go through the service's own batches.
struct service_batch_options {
    /// The file that the ids of batches are kept in, each before anything is asked about it: what a later run goes on
    /// with. It is gone once all of them are over.
    std::string ledger{};
    /// A text that names the service: batches of another one are not asked for here.
    std::string service{};
    unfinished_rows unfinished{unfinished_rows::again};
    /// Times that a row is sent at most in one run. Range: [1, 100].
    int max_rounds{3};
    /// Rows of one batch at most. 0: as many as the service takes.
    std::size_t max_requests{0};
    /// Bytes of the rows of one batch at most, which are held in memory while it is handed over; a row that is larger
    /// goes alone. Bounded by what the service takes. Must be > 0.
    std::size_t max_bytes{50'000'000};
    /// Batches at once; about 200 bytes are held for each of their rows. Range: [1, 1'000].
    std::size_t most_at_once{8};
    /// Between the first two looks at a batch; half as long again between any further ones, up to `longest_interval`.
    /// Must be > 0.
    std::chrono::milliseconds first_interval{5'000};
    /// Must be in [first_interval, 1 h].
    std::chrono::milliseconds longest_interval{60'000};
    /// Looks at a batch, or tries to read its results, in a row that may fail.
    int max_failed_looks{20};
    /// No new batch: only those that the ledger has are waited for.
    bool drain_only{false};
    /// Those that the ledger has are cancelled. What they have done by then is read as ever.
    bool cancel{false};
    /// Told of all batches under way whenever one of them has changed. May be empty.
    std::function<void(std::vector<service_batch_progress> const&)> on_batches{};
};

/// Errors: `errc::invalid_argument` naming the option.
[[nodiscard]] result<void> validate(service_batch_options const& options);

/// What a record is asked, where a service has batches of its own.
struct service_batch_questions {
    std::function<result<chat_request>(batch_record const&)> request{};
    output_format format{};  ///< Of all responses. One that does not have it is a failed record; it is paid for.
    /// The output for a response; empty: its text.
    std::function<std::string(chat_response const&)> output{};
};

/// Whether a ledger has batches that were not over when its run ended.
[[nodiscard]] bool has_open_batches(std::string const& ledger);

/// Works on every record of its shard that the journal lacks by batches of the service's own, at their price, and
/// writes the same lines as `run_records`. The journal stays open.
///
/// Records go out in batches within the service's limits. Before a batch is made the ledger has its rows, before it is
/// asked about its id: a run that goes on after a crash finds the batches under way, also one whose making was not
/// answered, by its mark in the service's list. Each result is read, in every state that a batch can end in; rows
/// without one go on as `unfinished` says. Rows for which the same is sent are sent once, if `share_equal` is on.
/// Responses that the client's cache has are not sent at all.
///
/// `batch.work` is what rows are asked with that go on `live`. `batch_options::stop` ends the run and leaves the
/// batches of the service as they are. `concurrency`, `alike_failures`, `max_pause` and `max_failure_rate` hold for
/// live rows only; `max_failures` and `until` end the making of batches.
/// @returns As `run_records`; `ended_by` also where rows are left after the last round.
/// @throws coax::exception  `errc::invalid_argument`: an option, or the service has no batches.
[[nodiscard]] boost::asio::awaitable<batch_summary> run_service_batches(record_batch batch,
                                                                        std::shared_ptr<batch_journal> journal,
                                                                        client llm, service_batch_questions questions,
                                                                        service_batch_options options,
                                                                        batch_options running);

}  // namespace coax
