#pragma once

#include <coax/batch/outcome.hpp>
#include <coax/batch/records.hpp>
#include <coax/batch/service_batches.hpp>
#include <coax/client/background.hpp>
#include <coax/client/client.hpp>
#include <coax/core/detail/opaque.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace coax {

/// How rows are asked as responses in the background.
struct background_rows_options {
    /// The file that the ids of responses are kept in, each before it is waited for: what a later run goes on with.
    std::string ledger{};
    /// `completion_window` "2h" or "8h": made by then, for less.
    background_options how{};
    background_wait wait{.longest_interval = std::chrono::seconds{60}};
};

/// The work of a `record_batch` whose rows are responses in the background (the Responses API): each is begun, its id
/// kept, and then waited for, also by a run after a crash. What was begun and not kept yet, the moment of one fsync a
/// row, may be paid twice. Copies share one ledger. Used on one executor.
class background_rows {
public:
    /// @throws coax::exception  `errc::io_failed`: the ledger cannot be written, or another process has it.
    /// @param sent  As `record_batch::sent`.
    background_rows(client llm, service_batch_questions questions, std::function<std::string(batch_record const&)> sent,
                    background_rows_options options);

    /// Whether a response to the record is under way, or was when its run ended.
    [[nodiscard]] bool knows(batch_record const& record) const;
    /// Asks one record, or waits for the response that a run before began for it.
    /// @throws coax::exception  The record's error.
    [[nodiscard]] boost::asio::awaitable<batch_output<std::string>> ask(batch_record record) const;

    /// All records are done: the ledger is not needed any more.
    void end() const noexcept;

private:
    struct state;
    core::detail::shared_opaque<state> state_;
};

/// The price of responses in that window. @param completion_window  "2h", "8h"; others: the usual one.
[[nodiscard]] billing::tier tier_of_window(std::string_view completion_window) noexcept;

}  // namespace coax
