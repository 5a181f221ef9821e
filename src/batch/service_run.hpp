#pragma once

#include "batch/batch_ledger.hpp"
#include "batch/batch_part.hpp"

#include <coax/batch/batch.hpp>
#include <coax/batch/journal.hpp>
#include <coax/batch/record_batch.hpp>
#include <coax/batch/service_batches.hpp>
#include <coax/client/service_batches.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace coax::detail {

class suspended;

/// A record whose outcome a batch of the service has brought, on its way to the journal.
struct arrived_record {
    std::uint64_t index{0};
    std::string key{};
    result<batch_output<std::string>> outcome{batch_output<std::string>{}};
};

/// Hands records over to a service in batches and brings their outcomes back one by one. Everything referred to
/// outlives it. Used by one coroutine.
class service_run {
public:
    service_run(record_batch const& batch, batch_journal& journal, client llm, service_batch_questions const& questions,
                service_batch_options const& options, batch_options const& running, batch_ledger ledger);

    /// Finds the records that wait for batches of runs before, and cancels those batches if that is wanted.
    asio::awaitable<void> resume();
    /// The next outcome; none: there is no more to come, or the run was stopped.
    /// @throws coax::exception  Why it cannot go on.
    asio::awaitable<std::optional<arrived_record>> next();
    /// Writes an outcome. Errors: `errc::io_failed`.
    [[nodiscard]] result<void> write(batch_result<std::string> outcome);

    /// Whether the record has a line in the journal, of this run or of one before.
    [[nodiscard]] bool is_done(std::uint64_t index) const;
    /// Records that were handed over and have no outcome.
    [[nodiscard]] std::uint64_t left() const noexcept { return left_; }
    /// No batch is under way any more: the ledger is not needed.
    void end() noexcept;

private:
    using part_ptr = std::shared_ptr<batch_part>;
    struct facts {
        bool numeric_key{false};
        row_identity row{};
        part_ptr from{};  ///< Null: it was in no batch.
    };
    /// A batch whose results are read.
    struct reading {
        part_ptr part{};
        std::size_t file{0};
        stream<batch_row> rows{};
        int failed{0};
    };

    // Handing over (service_run_submit.cpp).
    [[nodiscard]] bool may_collect() const;
    asio::awaitable<void> collect();
    asio::awaitable<bool> put_in(batch_record const& record, row_identity const& row);
    [[nodiscard]] bool wait_with_equal(waiting_row& row);
    [[nodiscard]] bool is_full(batch_row_request const& next) const;
    asio::awaitable<void> hand_over();
    asio::awaitable<void> not_handed_over(part_ptr part, error why);
    asio::awaitable<std::optional<service_batch>> find_lost(batch_part const& part);
    void under_way(part_ptr part, service_batch seen);
    void give_back(batch_part& part, std::string_view how);
    [[nodiscard]] bool next_round();

    // Waiting and reading (service_run.cpp).
    asio::awaitable<void> claim_rows();
    asio::awaitable<void> find_unanswered();
    asio::awaitable<void> cancel_all();
    asio::awaitable<void> look_at_next();
    void looked_at(part_ptr const& part, result<service_batch> seen);
    asio::awaitable<void> read_some();
    asio::awaitable<void> all_written();
    asio::awaitable<void> settle(part_ptr part, batch_row row);
    void give(part_ptr const& part, std::vector<waiting_row> rows, result<batch_output<std::string>> outcome);
    void give(waiting_row row, part_ptr part, result<batch_output<std::string>> outcome);
    void leave(std::vector<waiting_row> rows);
    void end_part(part_ptr const& part, std::string_view how);
    [[nodiscard]] result<void> close_if_written(batch_part const& part);
    [[nodiscard]] bool stopped() const noexcept { return running_.stop.requested(); }
    asio::awaitable<void> pause(clock::time_point until) const;
    void changed() const;
    [[nodiscard]] bool again() const noexcept;
    [[nodiscard]] bool is_last_round() const noexcept { return round_ >= options_.max_rounds; }
    void take(std::uint64_t index, bool taken);
    [[nodiscard]] bool is_taken(std::uint64_t index) const;

    record_batch const& batch_;
    batch_journal& journal_;
    service_batches service_;
    service_batch_questions const& questions_;
    service_batch_options const& options_;
    batch_options const& running_;
    batch_ledger ledger_;
    batch_limits limits_;

    std::vector<part_ptr> parts_{};       ///< Under way.
    part_ptr filling_{};                  ///< Being filled; null: none is.
    std::optional<batch_record> held_{};  ///< Read from the input, and not put into a batch yet.
    stream<batch_record> records_{};
    bool records_ended_{true};
    int round_{0};
    std::optional<reading> reading_{};
    std::deque<arrived_record> ready_{};
    std::unordered_map<std::uint64_t, facts> facts_{};  ///< Of outcomes that are not written yet.
    suspended* waits_for_writing_{nullptr};             ///< Until there are none.
    std::vector<bool> taken_{};                         ///< By index: in a batch, or done.
    std::vector<bool> written_{};                       ///< By index: in this run.
    std::uint64_t failures_{0};
    std::uint64_t left_{0};             ///< Unfinished, and not sent again.
    clock::time_point submit_after_{};  ///< The service takes no more before.
    std::optional<error> failure_{};    ///< Why no more batches are made.
};

}  // namespace coax::detail
