#pragma once

#include "client/client_impl.hpp"
#include "client/routes.hpp"
#include "runtime/internal/context_life.hpp"

#include <coax/policy/stack.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/runtime/as_result.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

/// The public edge of a client's operations.
namespace coax::detail {

using shared_impl = std::shared_ptr<client::impl>;

[[nodiscard]] inline chat_request request_of(given_input&& input) {
    return input.request != nullptr ? std::move(*input.request) : to_request(std::move(input.prompt));
}

/// What a router needs to know of an operation; nothing where there is none.
[[nodiscard]] inline route_hint hint_for(client::impl const& self, given_input const& input) {
    if (!self.routes) return {};
    return input.request != nullptr ? hint_of(*input.request) : hint_of(to_request(input.prompt));
}

/// Makes the cancellation of a call whose deadline has passed a timeout, and keeps what the call cost until then.
template <class T>
asio::awaitable<result<T>> with_timeout_error(shared_impl, shard& at, clock::time_point deadline,
                                              asio::awaitable<result<T>> work) {
    auto outcome = co_await std::move(work);
    if (outcome || outcome.error().code != errc::cancelled || now(at.executor) < deadline) co_return outcome;
    error why = std::move(outcome).error();
    why.code = errc::timeout;
    co_return why;
}

/// A `parse` or `run`, whose end the observers hear of.
inline asio::awaitable<result<boxed_response>> observed(shared_impl, std::unique_ptr<observed_loop> loop,
                                                        asio::awaitable<result<boxed_response>> work) {
    auto outcome = co_await std::move(work);
    loop->end(outcome);
    co_return outcome;
}

/// Gives `work` what is left of the time of the whole call, which has a limit; a timeout says so.
template <class T>
asio::awaitable<result<T>> within_timeout(shared_impl self, shard& at, clock::time_point deadline,
                                          asio::awaitable<result<T>> work) {
    auto outcome =
        co_await with_timeout(deadline - now(at.executor), with_timeout_error(self, at, deadline, std::move(work)));
    if (outcome) co_return outcome;
    co_return self->name_timeout(std::move(outcome).error(), at, deadline);
}

/// `begin(scope)`, which is a `parse` or a `run`; observed as such, where anyone does.
template <class Begin>
asio::awaitable<result<boxed_response>> observed_if_wanted(shared_impl const& self, shard& at, operation_kind kind,
                                                           call_scope scope, chat_request const& request,
                                                           Begin const& begin) {
    if (!self->observes()) return begin(std::move(scope));
    auto loop = std::make_unique<observed_loop>(self->options, kind, clock_of(at.executor), scope, request);
    auto work = begin(loop->scope());
    return observed(self, std::move(loop), std::move(work));
}

/// As `throw_error`, out of line, so that an error takes no room in the frame of each call.
[[noreturn]] void throw_moved(error&& why);

/// The public edge: picks the shard, runs `op` there within the call's timeout, and throws the error it ends with.
/// Nothing of the call is in this frame: it may be destroyed, with the caller's context, while the call goes on. And
/// the shard's context may end first: after the call nothing touches it.
/// @tparam Timed  Otherwise `op` keeps the timeout itself.
/// @param op  Copied for each route that it is tried on.
template <class T, bool Timed = true, class Op>
asio::awaitable<T> run_on_shard(shared_impl self, Op op, route_hint hint = {.stays = !Timed, .first = !Timed}) {
    auto const caller = co_await asio::this_coro::executor;
    auto& at = self->shard_of(caller);
    auto scope = self->scope_at(at, caller);
    auto const deadline = scope.deadline;
    auto work =
        self->routes ? routed(at, self->routes, std::move(op), hint, std::move(scope)) : op(self, at, std::move(scope));
    if (Timed && deadline != clock::time_point::max()) work = within_timeout(self, at, deadline, std::move(work));
    if (at.executor != caller) work = on_living(at.life, at.executor, std::move(work));
    typename decltype(work)::value_type outcome;
    try {  // not `as_result`, whose frame each waiting call would have
        outcome = co_await std::move(work);
    } catch (...) {
        outcome = policy::detail::failed_by<decltype(outcome)>(std::current_exception());
    }
    if (!outcome) throw_moved(std::move(outcome).error());
    if constexpr (std::same_as<std::remove_cvref_t<decltype(*outcome)>, T>)
        co_return std::move(*outcome);
    else
        co_return std::move(**outcome);  // boxed
}

}  // namespace coax::detail
