#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/runtime/asio.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace coax {

/// Where the values of a `stream` come from.
template <class T>
class stream_source {
public:
    stream_source() = default;
    stream_source(stream_source const&) = delete;
    stream_source& operator=(stream_source const&) = delete;
    /// Drops what was not pulled; must not block.
    virtual ~stream_source() = default;

    /// The next value where it can be had without waiting, which costs no coroutine; none: `next` tells whether there
    /// is one. Not called again after the end or an exception.
    /// @param caller  Where it is asked for.
    virtual std::optional<T> try_next([[maybe_unused]] asio::any_io_executor const& caller) { return std::nullopt; }

    /// The next value; none: the end. Not called again after the end or an exception.
    virtual asio::awaitable<std::optional<T>> next() = 0;
};

/// Values that arrive one by one, as fast as they are asked for.
/// Thread safety: one coroutine at a time.
/// Lifetime: must not die while a `next()` is under way. Dying early gives up the rest.
template <class T>
class stream {
public:
    using value_type = T;

    /// An empty one: at its end.
    stream() noexcept = default;
    explicit stream(std::unique_ptr<stream_source<T>> source) noexcept : source_{std::move(source)} {}

    /// Waits for the next value; none: the end, also ever after, and after a failure.
    /// Cancellation: as the source; the stream is then at its end.
    asio::awaitable<std::optional<T>> next() {
        auto value = try_next(co_await asio::this_coro::executor);
        if (value || !source_) co_return value;
        auto source = std::move(source_);  // an exception or the end leaves the stream empty
        value = co_await source->next();
        if (value) source_ = std::move(source);
        co_return value;
    }

    /// The next value where it can be had without waiting, which costs no coroutine; none: `next` tells whether there
    /// is one. After a failure the stream is at its end.
    /// @param caller  Where it is asked for.
    std::optional<T> try_next(asio::any_io_executor const& caller) {
        if (!source_) return std::nullopt;
        auto source = std::move(source_);  // an exception leaves the stream empty
        auto value = source->try_next(caller);
        source_ = std::move(source);
        return value;
    }

    /// Gives up the rest.
    void close() noexcept { source_.reset(); }

    /// False after the end, a failure or `close()`.
    [[nodiscard]] bool open() const noexcept { return static_cast<bool>(source_); }

private:
    core::detail::opaque<stream_source<T>> source_;
};

namespace tasks::detail {

template <class T, class F>
class function_source final : public stream_source<T> {
public:
    explicit function_source(F f) : f_{std::move(f)} {}
    asio::awaitable<std::optional<T>> next() override { return f_(); }

private:
    F f_;
};

}  // namespace tasks::detail

/// A stream of what `f`, called for each value, returns as `awaitable<optional<T>>`; none ends it. `f` lives in the
/// stream, so a lambda coroutine may use its captures.
template <class F>
[[nodiscard]] auto generate(F f) {
    using value = typename decltype(f())::value_type::value_type;
    return stream<value>{std::make_unique<tasks::detail::function_source<value, F>>(std::move(f))};
}

/// Pulls until the end.
/// @param limit  Most values to take; the rest stays in `from`. Lifetime: `from` must outlive the awaitable.
template <class T>
asio::awaitable<std::vector<T>> collect(stream<T>& from, std::size_t limit) {
    std::vector<T> values;
    while (values.size() < limit) {
        auto value = co_await from.next();
        if (!value) break;
        values.push_back(std::move(*value));
    }
    co_return values;
}

}  // namespace coax
