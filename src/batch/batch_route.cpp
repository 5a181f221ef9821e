#include "batch/internal/batch_route_state.hpp"

#include <coax/batch/batch_route.hpp>

#include <utility>

namespace coax {

batch_route via_service_batches(service_batch_options options) {
    return batch_route{
        std::make_shared<detail::batch_route_state>(detail::batch_route_state{.batches = std::move(options)})};
}

batch_route via_background(background_rows_options options) {
    return batch_route{
        std::make_shared<detail::batch_route_state>(detail::batch_route_state{.background = std::move(options)})};
}

}  // namespace coax
