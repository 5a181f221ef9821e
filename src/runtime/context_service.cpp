#include "runtime/internal/context_service.hpp"

#include <boost/asio/query.hpp>

namespace coax::detail {

context_service::context_service(asio::execution_context& context) : service{context} {}

context_service::~context_service() = default;

context_service& context_service::of(asio::any_io_executor const& executor) {
    return asio::use_service<context_service>(asio::query(executor, asio::execution::context));
}

void context_service::shutdown() noexcept {
    timers.close();
    idle.unwind_all();
    waiting.unwind_all();
    life->end();
}

}  // namespace coax::detail
