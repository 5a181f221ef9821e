#pragma once

#include "cli/batch_job.hpp"

#include <coax/batch/outcome.hpp>
#include <coax/batch/progress.hpp>
#include <coax/batch/service_batches.hpp>
#include <coax/client/client.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/tokens/usd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax::cli {

/// What is told of a batch that runs.
struct run_figures {
    batch_progress progress{};
    std::size_t slots{0};  ///< Records that may be in work at once.
    std::uint64_t requests{0};
    std::uint64_t retries{0};
    std::uint64_t cached{0};
    usage used{};  ///< Of all requests, those of failed records among them.
    std::optional<usd> cost{};
    std::optional<usd> expected_cost{};  ///< Of all records, at what they cost so far.
    std::optional<usd> most_cost{};      ///< The limit.
    double requests_per_minute{0};       ///< In the last minute.
    double tokens_per_minute{0};
    std::int64_t request_limit{0};  ///< A minute; 0: none is known.
    std::int64_t token_limit{0};
    std::vector<failure_count> failures{};          ///< The most frequent first.
    std::vector<service_batch_progress> batches{};  ///< Of the service, under way.
};

/// Tokens by what they cost.
struct priced_usage {
    usage all{};
    usage reduced{};                         ///< Of these, the ones at a lower price.
    billing::tier at{billing::tier::batch};  ///< That price.
};

/// What tokens cost by a job's prices, or was spent of its limit. Nothing: a price is not known.
[[nodiscard]] std::optional<usd> cost_so_far(batch_job const& job, priced_usage const& used);

/// The figures as a JSON object on one line:
/// `{"event":"progress","done":120,"ok":117,"failed":3,"total":2000,"in_flight":64,"slots":64,"records_per_second":41.2,
/// "elapsed_ms":3000,"remaining_ms":45000,"paused_for_ms":0,"requests":131,"retries":5,"cached":0,"input_tokens":…,
/// "output_tokens":…,"cost_usd":"0.12","expected_cost_usd":"2.05","requests_per_minute":2480,"tokens_per_minute":…,
/// "request_limit":3500,"token_limit":…,"failures":{"refused":3}}`. What is not known is left out. While the
/// service has batches: `"batches":[{"id":"batch_…","state":"in_progress","rows":1000,"succeeded":300,"failed":2}]`.
/// @param event  "progress", at the end "end".
[[nodiscard]] std::string to_json(run_figures const& figures, std::string_view event);

/// Gathers them. Thread safety: none.
class run_meter {
public:
    run_meter(batch_job const& job, client llm);

    /// Counts an outcome that was written.
    void count(batch_result<std::string> const& outcome);
    void watch(std::vector<service_batch_progress> batches) { batches_ = std::move(batches); }
    /// These tokens, with what of the outcomes so far is billed at a lower price.
    [[nodiscard]] priced_usage priced(usage const& all) const { return {all, reduced_, tier_}; }
    [[nodiscard]] run_figures figures(batch_progress const& progress);

private:
    batch_job const& job_;
    client llm_;
    client_statistics before_;
    rate_estimator requests_;
    rate_estimator tokens_;
    std::vector<failure_count> failures_{};
    std::vector<service_batch_progress> batches_{};
    usage reduced_{};
    billing::tier tier_{billing::tier::batch};
};

}  // namespace coax::cli
