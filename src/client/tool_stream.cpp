#include "client/client_impl.hpp"
#include "client/run_on_shard.hpp"
#include "client/tool_loop.hpp"
#include "client/tool_stream_state.hpp"
#include "runtime/internal/spawn.hpp"

#include <coax/runtime/as_result.hpp>

#include <boost/asio/post.hpp>

namespace coax {

void tool_stream::state::conclude(result<detail::boxed_response> outcome) {
    if (outcome)
        response_ = *std::move(outcome);
    else
        why_ = std::move(outcome).error();
}

void tool_stream::state::ended(bool lost) noexcept {
    gone_ = true;
    if (lost)
        why_ = detail::context_is_gone();
    else if (!response_ && !why_)
        why_ = to_error(failure);
    events_.close();
}

asio::awaitable<std::optional<run_event>> tool_stream::state::next() {
    auto event = co_await events_.receive();
    if (event) co_return event;
    if (why_) throw_error(*why_);
    if (std::exchange(finished_, true)) co_return std::nullopt;
    co_return run_event{.kind = run_event_kind::finished, .response = response_};
}

asio::awaitable<chat_response> tool_stream::state::finish() {
    while (co_await events_.receive()) continue;
    if (why_) throw_error(*why_);
    co_return *response_;
}

void tool_stream::state::drop(std::shared_ptr<state> const& one) noexcept {
    one->life_->while_alive([&] {
        asio::post(one->executor_, [one] {
            if (!one->gone_) one->signal.emit(asio::cancellation_type::terminal);
        });
    });
}

namespace {

using watched_state = std::shared_ptr<tool_stream::state>;

/// With the run's stream kept alive: whoever waits may be gone first.
template <class T>
asio::awaitable<T> keeping_run(watched_state from, asio::awaitable<T> (tool_stream::state::*op)()) {
    co_return co_await ((*from).*op)();
}

class event_source final : public stream_source<run_event> {
public:
    explicit event_source(watched_state from) : from_{std::move(from)} {}
    ~event_source() override { tool_stream::state::drop(from_); }

    asio::awaitable<std::optional<run_event>> next() override { return keeping_run(from_, &tool_stream::state::next); }

private:
    watched_state from_;
};

asio::awaitable<void> watched(watched_state told, asio::awaitable<result<detail::boxed_response>> work) {
    told->conclude(co_await as_result(std::move(work)));
}

}  // namespace

tool_stream::tool_stream(core::detail::shared_opaque<state> begun)
    : stream{std::make_unique<event_source>(begun)}, state_{std::move(begun)} {}

asio::awaitable<chat_response> tool_stream::finish() {
    std::shared_ptr<state> from{state_};
    return keeping_run(std::move(from), &state::finish);
}

namespace {

asio::awaitable<tool_stream> open_run(detail::shared_impl self, chat_request request, detail::run_plan plan,
                                      detail::route_hint hint) {
    auto const caller = co_await asio::this_coro::executor;
    auto& at = self->shard_of(caller);
    auto told = std::make_shared<tool_stream::state>(at);
    plan.watcher = told;
    auto scope = self->scope_at(at, caller);
    auto const deadline = scope.deadline;
    auto op = [request = std::move(request), plan = std::move(plan)](detail::shared_impl on, detail::shard& there,
                                                                     detail::call_scope of) mutable {
        return detail::begin_run(std::move(on), there, std::move(request), std::move(plan), std::move(of));
    };
    auto work = self->routes ? detail::routed(at, self->routes, std::move(op), hint, std::move(scope))
                             : op(self, at, std::move(scope));
    if (deadline != clock::time_point::max()) work = detail::within_timeout(self, at, deadline, std::move(work));
    bool const begun = at.life->while_alive([&] { detail::spawn(at.executor, watched(told, std::move(work)), told); });
    if (!begun) throw_error(detail::context_is_gone());
    co_return tool_stream{std::move(told)};
}

}  // namespace

asio::awaitable<tool_stream> client::start_run_stream(detail::given_input&& input, toolbox&& tools,
                                                      run_options&& options, output_format&& format) const {
    auto const hint = detail::hint_for(*impl_, input);
    return open_run(
        impl_, detail::request_of(std::move(input)),
        {.tools = std::move(tools), .bounds = std::move(options), .format = std::move(format), .watcher = nullptr},
        hint);
}

}  // namespace coax
