#pragma once

#include "sim/batch_api.hpp"
#include "sim/latest_entries.hpp"

#include <coax/sim/server.hpp>

#include <functional>

namespace coax::sim::detail {

/// The batches that the service works on, and what is asked of them.
class batch_service {
public:
    /// Answers the request that a row stands for, as if it had come alone.
    using run_row = std::function<response(batch_row const& row)>;

    batch_service(options const& opts, file_service& files) : options_{opts}, files_{files} {}

    /// Answers a request to one of the endpoints of batches.
    [[nodiscard]] response handle(request_view const& request, request_context const& context, run_row const& run,
                                  server_stats& stats);

private:
    [[nodiscard]] response make(request_view const& request, request_context const& context, server_stats& stats);
    [[nodiscard]] response list(request_context const& context);
    [[nodiscard]] response results(stored_batch const& batch, request_context const& context) const;
    [[nodiscard]] batch_phase phase_of(stored_batch const& batch, moment now) const;
    /// Works on its rows once it is over.
    void settle(stored_batch& batch, request_context const& context, run_row const& run, server_stats& stats);
    [[nodiscard]] std::size_t done_rows(stored_batch const& batch, batch_phase end) const;
    [[nodiscard]] batch_fault const* fault_of(stored_batch const& batch, batch_fault_kind kind) const noexcept;

    options const& options_;
    file_service& files_;
    latest_entries<stored_batch> batches_{};
    std::size_t made_{0};
};

}  // namespace coax::sim::detail
