#pragma once

#include <coax/batch/outcome.hpp>
#include <coax/batch/records.hpp>
#include <coax/chat/message.hpp>
#include <coax/fleet/work_queue.hpp>
#include <coax/runtime/asio.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace coax::fleet::detail {

/// The rows of one batch in a queue, from their asking until their outcomes are written. Used on one executor.
class queued_rows {
public:
    /// @param sent        As `record_batch::sent`.
    /// @param may_repeat  Two rows with the same key and the same text are two.
    queued_rows(work_queue queue, std::function<std::string(batch_record const&)> sent, bool may_repeat);

    /// Puts the row into the queue, and waits for what comes of it. @throws coax::exception  As `work_queue::ask`.
    asio::awaitable<batch_output<std::string>> ask(batch_record record, std::vector<message> messages);
    /// The line of an outcome is written: the queue need not keep it.
    void written(batch_result<std::string> const& outcome);

private:
    [[nodiscard]] std::string key_of(batch_record const& record) const;

    work_queue queue_;
    std::function<std::string(batch_record const&)> sent_;
    bool may_repeat_;
    std::unordered_map<std::uint64_t, std::string> keys_{};  ///< Of the records in work.
};

/// A number as hexadecimal digits.
[[nodiscard]] std::string hexadecimal(std::uint64_t number);

}  // namespace coax::fleet::detail
