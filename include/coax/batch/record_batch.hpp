#pragma once

#include <coax/batch/journal.hpp>
#include <coax/batch/options.hpp>
#include <coax/batch/records.hpp>
#include <coax/batch/shard.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace coax {

/// A batch over records whose answers a journal keeps, for any kind of work: what `process_batch` and `coax batch` run.
struct record_batch {
    /// Opens the records, from the first one on. Called for each pass over them: once to work on them, and up to twice
    /// before that to compare them with what is done.
    std::function<result<stream<batch_record>>()> open{};
    /// What is done with a record; what it throws is that record's failure. The value is text or JSON, as `form` says.
    std::function<boost::asio::awaitable<batch_output<std::string>>(batch_record const&)> work{};
    /// All that the answer depends on besides the `run_identity`: the rendered prompt. Empty: the record cannot be
    /// asked.
    std::function<std::string(batch_record const&)> sent{};
    output_kind form{output_kind::text};
    batch_shard shard{};
    /// Records for which the same is sent share one answer: its line is the only one with tokens, the others name it
    /// (`same_as`). Turn it off where equal questions are to have different answers.
    bool share_equal{true};
    /// Time after which the disk has a line (fsync). 0: only as `journal_options::sync_lines` says, and at the end.
    std::chrono::milliseconds sync_interval{1'000};
    /// Is told of each outcome once its line is written. May be empty. Its error ends the batch.
    std::function<result<void>(batch_result<std::string> const&)> on_result{};
};

/// The identity of a record's row, of which `sent` is sent; without `row_identity::record`.
[[nodiscard]] row_identity identity_of(batch_record const& record, std::string_view sent);

/// Compares the records with what the journal has, and begins it.
/// @throws coax::exception  What `open` and `batch_journal::begin` return.
[[nodiscard]] boost::asio::awaitable<resume_counts> match_records(record_batch batch,
                                                                  std::shared_ptr<batch_journal> journal);

/// Works on every record of its shard that the journal lacks, and writes its lines. The journal stays open.
/// @returns As `run_batch`. @throws coax::exception  What `open` returns.
[[nodiscard]] boost::asio::awaitable<batch_summary> run_records(record_batch batch,
                                                                std::shared_ptr<batch_journal> journal,
                                                                batch_options options);

}  // namespace coax
