#pragma once

#include <coax/batch/background_rows.hpp>
#include <coax/batch/journal.hpp>
#include <coax/batch/outcome.hpp>
#include <coax/batch/records.hpp>
#include <coax/batch/service_batches.hpp>
#include <coax/chat/message.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coax::detail {

/// What those who work on rows elsewhere need to know of the batch.
struct remote_job {
    run_identity run{};
    std::function<std::string(batch_record const&)> sent{};  ///< As `record_batch::sent`.
    bool shares_equal{true};
};

/// The rows of one batch that others work on. Used on one executor.
class remote_rows {
public:
    virtual ~remote_rows() = default;

    /// Begins the job, or goes on with it. @throws coax::exception  Why it cannot be.
    virtual boost::asio::awaitable<void> open(remote_job job) = 0;
    /// @throws coax::exception  What came of the row.
    virtual boost::asio::awaitable<batch_output<std::string>> ask(batch_record record,
                                                                  std::vector<message> messages) = 0;
    /// The line of an outcome is written.
    virtual void written(batch_result<std::string> const& outcome) = 0;
    /// All rows are done, and the journal is whole.
    virtual boost::asio::awaitable<void> finish() = 0;
};

/// At most one of these is there.
struct batch_route_state {
    std::optional<service_batch_options> batches{};
    std::optional<background_rows_options> background{};
    std::function<std::unique_ptr<remote_rows>()> remote{};
};

}  // namespace coax::detail
