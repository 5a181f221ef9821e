#pragma once

#include "runtime/internal/context_clock.hpp"
#include "runtime/internal/context_life.hpp"
#include "runtime/internal/idle_runner.hpp"
#include "runtime/internal/suspended.hpp"
#include "runtime/internal/timer_queue.hpp"

#include <coax/runtime/asio.hpp>

#include <boost/asio/execution_context.hpp>

#include <memory>

namespace coax::detail {

/// What coax keeps for each execution context, and the order in which that ends with it.
class context_service final : public asio::execution_context::service {
public:
    static inline asio::execution_context::id id{};  // NOLINT: the name is Asio's

    explicit context_service(asio::execution_context& context);
    ~context_service() override;

    [[nodiscard]] static context_service& of(asio::any_io_executor const& executor);

    context_clock time{};
    timer_queue timers{time};
    suspended_list waiting{timers};
    idle_runners idle{timers};
    std::shared_ptr<context_life> const life{std::make_shared<context_life>()};

private:
    void shutdown() noexcept override;
};

}  // namespace coax::detail
