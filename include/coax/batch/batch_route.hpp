#pragma once

#include <coax/batch/background_rows.hpp>
#include <coax/batch/service_batches.hpp>
#include <coax/core/detail/opaque.hpp>

#include <memory>
#include <utility>

namespace coax {

namespace detail {
struct batch_route_state;
}

/// The way that the rows of a batch take to a model. All of them write the same journal, so that a run may go on by
/// another one than the run before: rows that are under way by then are waited for there.
///
/// Others than these: `via_queue` (<coax/fleet/queue_route.hpp>), over workers on any machines. Copies are alike.
class batch_route {
public:
    /// One request each, as the batch comes to it.
    batch_route() noexcept = default;
    /// For the functions that make routes.
    explicit batch_route(std::shared_ptr<detail::batch_route_state> state) noexcept : state_{std::move(state)} {}

    /// Null: one request each.
    [[nodiscard]] detail::batch_route_state const* state() const noexcept { return state_.get(); }

private:
    core::detail::shared_opaque<detail::batch_route_state> state_{};
};

/// The service's own batches (openai, azure, anthropic, gemini): within a day, for half the price. The batch needs a
/// journal with a name.
/// @param options  `ledger` may be empty: JOURNAL.batches. `service` is set by the batch.
[[nodiscard]] batch_route via_service_batches(service_batch_options options = {});

/// Responses in the background (OpenAI's Responses API), by then, for less. The batch needs a journal with a name.
/// @param options  `ledger` may be empty: JOURNAL.background.
[[nodiscard]] batch_route via_background(background_rows_options options);

}  // namespace coax
