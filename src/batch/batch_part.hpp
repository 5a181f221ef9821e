#pragma once

#include "batch/batch_ledger.hpp"

#include <coax/batch/json_line.hpp>
#include <coax/batch/records.hpp>
#include <coax/batch/service_batches.hpp>
#include <coax/client/service_batches.hpp>
#include <coax/runtime/clock.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace coax::detail {

/// A record whose outcome is to come out of a batch.
struct waiting_row {
    std::uint64_t index{0};
    std::string key{};
    bool numeric_key{false};
    row_identity identity{};
    batch_row_claim claim{};  ///< Of the one that is sent, for all that are equal.
};

[[nodiscard]] waiting_row to_waiting(batch_record const& record, row_identity const& identity);

/// One batch of the service, from the first row that is put into it until its last outcome is written.
class batch_part {
public:
    batch_part(std::string mark, std::string service);
    /// One that an earlier run has begun. Its rows are to be claimed.
    explicit batch_part(kept_batch kept);

    /// Puts a row into a batch that is not handed over yet.
    void add(waiting_row row, batch_row_request const& sent);
    /// A record that is equal to a row of this one, or is that row: it waits with it. @returns Whether it is.
    /// @param shared  Several records may wait for one row.
    [[nodiscard]] bool claim(waiting_row& row, bool shared);
    /// The rows that wait for the result of that name, the one that was sent first; none: nobody does.
    [[nodiscard]] std::vector<waiting_row> take(batch_row_name const& name, bool shared);
    /// The same, left where they are.
    [[nodiscard]] waiting_row const* find(batch_row_name const& name) const;
    /// All that still wait.
    [[nodiscard]] std::vector<waiting_row> take_rest();
    /// Nothing of it was sent. Its rows' money is free.
    void release() const;
    /// It is handed over.
    void begin() const;

    [[nodiscard]] std::uint64_t waiting() const noexcept { return waiting_; }
    [[nodiscard]] bool empty() const noexcept { return input.count == 0; }
    [[nodiscard]] service_batch_progress progress() const;

    kept_batch kept{};           ///< As the ledger has it, or will.
    batch_input input{};         ///< Until it is handed over.
    service_batch seen{};        ///< As it was seen last.
    std::uint64_t unwritten{0};  ///< Outcomes that are given and not in the journal.
    std::string ended{};         ///< How, once all outcomes are given.
    clock::time_point next_look{};
    std::chrono::milliseconds interval{0};
    int failed_looks{0};

private:
    struct slot {
        std::uint32_t asked{0};  ///< Rows of the batch for which the same is sent.
        std::vector<waiting_row> rows{};
    };

    std::unordered_map<std::uint64_t, slot> slots_{};  ///< By what is sent.
    std::uint64_t waiting_{0};
};

}  // namespace coax::detail
