#pragma once

#include <coax/bind/write.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/core/error.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/telemetry/current_span.hpp>
#include <coax/telemetry/observer.hpp>

#include <exception>
#include <string>
#include <type_traits>
#include <utility>

namespace coax {

namespace telemetry::detail {

class function_span;

/// A function begins on `where`. Null: nobody is told.
[[nodiscard]] core::detail::opaque<function_span> begin_function(asio::any_io_executor const& where, std::string name);
/// Whether its texts are asked for.
[[nodiscard]] bool wants_content(function_span const& one) noexcept;
void set_input(function_span& one, std::string json);
/// The input is all there: the observers hear of the beginning. @returns Where its work runs.
[[nodiscard]] asio::any_io_executor announce(function_span& one);
void set_output(function_span& one, std::string json);
/// @param failure  Null: it succeeded.
void end_function(function_span& one, std::exception_ptr const& failure) noexcept;

[[nodiscard]] asio::any_io_executor executor_with(asio::any_io_executor const& where, telemetry_options who);

template <class T>
void keep_output(function_span& one, T const& value) {
    if constexpr (std::is_same_v<T, chat_response>) {
        if (wants_content(one)) set_output(one, json::write(value.text));
    } else {
        if (wants_content(one)) set_output(one, json::write(value));
    }
}

template <class T>
asio::awaitable<T> run_function(core::detail::opaque<function_span> seen, asio::awaitable<T> work) {
    auto where = announce(*seen);
    std::exception_ptr failure;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await on_executor(std::move(where), std::move(work));
            end_function(*seen, nullptr);
            co_return;
        } else {
            T value = co_await on_executor(std::move(where), std::move(work));
            keep_output(*seen, value);
            end_function(*seen, nullptr);
            co_return value;
        }
    } catch (...) {
        failure = std::current_exception();
    }
    end_function(*seen, failure);
    std::rethrow_exception(failure);
}

}  // namespace telemetry::detail

/// Runs `work` so that the functions which `traced` calls in it are told to these observers, and to those of its
/// children.
template <class T>
asio::awaitable<T> observed(telemetry_options who, asio::awaitable<T> work) {
    auto where = telemetry::detail::executor_with(co_await asio::this_coro::executor, std::move(who));
    co_return co_await on_executor(std::move(where), std::move(work));
}

/// Runs `work` as an operation of this name: a span around all that it does, with its end, its failure and, for
/// observers that ask for contents, what it returns as JSON. Its calls of clients are parts of it. As Weave's
/// `@weave.op`.
///
/// Who is told: the observers of the batch, tool or `observed` that runs it. Without any it costs nothing but a look.
/// @returns What `work` returns (any type that `json::write` takes, or nothing); what it throws passes through.
template <class T>
asio::awaitable<T> traced(std::string name, asio::awaitable<T> work) {
    auto seen = telemetry::detail::begin_function(co_await asio::this_coro::executor, std::move(name));
    if (!seen) co_return co_await std::move(work);
    co_return co_await telemetry::detail::run_function(std::move(seen), std::move(work));
}

/// The same of `f(argument)`, with the argument as its input.
template <class F, class Argument>
    requires requires(F& f, Argument& argument) { f(std::move(argument)).valid(); }
auto traced(std::string name, F f, Argument argument) -> decltype(f(std::move(argument))) {
    auto seen = telemetry::detail::begin_function(co_await asio::this_coro::executor, std::move(name));
    if (!seen) co_return co_await f(std::move(argument));
    if (telemetry::detail::wants_content(*seen)) telemetry::detail::set_input(*seen, json::write(argument));
    co_return co_await telemetry::detail::run_function(std::move(seen), f(std::move(argument)));
}

}  // namespace coax
