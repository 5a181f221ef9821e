#include "runtime/internal/context_service.hpp"

#include <boost/asio/query.hpp>

#include <atomic>
#include <cstdint>

namespace coax::detail {
namespace {

/// How many contexts have ended: after each, another one may be at the same address.
std::atomic<std::uint64_t> ended_count{0};

/// What a thread looked up last: Asio's own look-up takes a lock and walks a list.
struct last_found {
    asio::execution_context const* context{nullptr};
    context_service* service{nullptr};
    std::uint64_t ended_before{0};
};
thread_local last_found last;

}  // namespace

context_service::context_service(asio::execution_context& context) : service{context} {}

context_service::~context_service() { ++ended_count; }

context_service& context_service::of(asio::any_io_executor const& executor) {
    auto& context = asio::query(executor, asio::execution::context);
    auto const ended = ended_count.load();
    if (last.context != &context || last.ended_before != ended)
        last = {&context, &asio::use_service<context_service>(context), ended};
    return *last.service;
}

void context_service::shutdown() noexcept {
    timers.close();
    idle.unwind_all();
    waiting.unwind_all();
    life->end();
}

}  // namespace coax::detail
