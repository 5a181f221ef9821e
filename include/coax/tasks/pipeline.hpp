#pragma once

#include <coax/sync/async_mutex.hpp>
#include <coax/sync/async_semaphore.hpp>
#include <coax/tasks/map.hpp>
#include <coax/tasks/stream.hpp>

#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace coax {

/// How `pipeline` works through its items.
struct pipeline_options {
    /// Most items in work at once. Range: [1, 1'000'000].
    std::size_t concurrency{16};
    /// Results reach the sink in the order of the source; otherwise as they come.
    bool ordered{true};
    /// Most items taken from the source whose results the sink has not yet taken: what bounds memory, and how far
    /// others may run ahead of a slow item. 0: four times the concurrency. Else in [concurrency, 10'000'000].
    std::size_t window{0};
    /// Called on the caller's executor after each item. Empty: nothing. A throw stops the pipeline.
    std::function<void(map_progress const&)> progress{};
    /// The first error ends all, and is thrown. Otherwise it goes to the sink as that item's result.
    bool stop_on_error{false};
};

/// The first thing wrong with `options`; none: they are valid.
[[nodiscard]] std::optional<error> validate(pipeline_options const& options);

namespace tasks::detail {

/// The part of `pipeline` that knows no types: counts, room, whose turn it is.
class pipeline_keeper {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit pipeline_keeper(pipeline_options options);

    [[nodiscard]] std::size_t concurrency() const noexcept { return options_.concurrency; }
    [[nodiscard]] std::size_t window() const noexcept { return options_.window; }
    [[nodiscard]] map_progress const& progress() const noexcept { return progress_; }
    [[nodiscard]] asio::awaitable<permit> enter() { return room_.acquire(); }
    /// @returns The item's place in the source.
    std::size_t start() noexcept { return progress_.started++; }
    /// @returns true: an error that ends all.
    [[nodiscard]] bool finish(bool failed);
    /// The turn in which the result of item `place` goes to the sink.
    std::size_t turn_of(std::size_t place) noexcept { return options_.ordered ? place : finished_++; }

private:
    pipeline_options options_;
    map_progress progress_;
    async_semaphore room_;
    std::size_t finished_{0};
};

/// Where a range's items come from: at once.
template <class Range, class F>
class range_feed {
public:
    using rules = mapping<Range, F>;
    using outcome = mapped_t<Range, F>;
    static constexpr bool suspends = false;
    /// What a worker holds: the item, or where it is.
    using held = std::conditional_t<rules::by_reference, std::remove_reference_t<typename rules::reference>*,
                                    typename rules::item>;

    explicit range_feed(Range& range) : at_{std::begin(range)}, end_{std::end(range)} {}

    [[nodiscard]] std::optional<held> next() {
        if (at_ == end_) return std::nullopt;
        std::optional<held> one;
        if constexpr (rules::by_reference)
            one.emplace(&*at_);
        else
            one.emplace(rules::pull(at_));
        ++at_;
        return one;
    }
    static auto call(F& f, held& one) {
        if constexpr (rules::by_reference)
            return rules::call(f, *one);
        else
            return rules::call(f, one);
    }

private:
    typename rules::iterator at_;
    typename rules::sentinel end_;
};

/// Where a stream's items come from: one worker at a time asks for the next.
template <class T, class F>
class stream_feed {
public:
    using held = T;
    using outcome = typename mapped_result<std::invoke_result_t<F&, T>>::type;
    static constexpr bool suspends = true;

    explicit stream_feed(stream<T>& from) : from_{&from} {}

    [[nodiscard]] asio::awaitable<std::optional<T>> next() {
        auto const turn = co_await turn_.lock();
        co_return co_await from_->next();
    }
    static auto call(F& f, T& one) { return f(std::move(one)); }

private:
    stream<T>* from_;
    async_mutex turn_;
};

template <class Source, class F>
struct feed_of {
    using type = range_feed<Source, F>;
};
template <class T, class F>
struct feed_of<stream<T>, F> {
    using type = stream_feed<T, F>;
};
template <class T, class F>
struct feed_of<stream<T>&, F> {
    using type = stream_feed<T, F>;
};

/// Takes results and forgets them.
struct no_sink {};

/// What the workers of one pipeline share; lives in its frame.
template <class Source, class F, class Sink>
struct pipeline_work {
    using feed_type = typename feed_of<Source, F>::type;
    using outcome = typename feed_type::outcome;
    static constexpr bool keeps = !std::is_same_v<Sink, no_sink>;

    struct finished {
        std::size_t place;
        outcome result;
        permit room;
    };

    feed_type feed;
    F& f;
    Sink& sink;
    pipeline_keeper keeper;
    coax::detail::nursery workers{};
    std::vector<std::optional<finished>> ring{};
    std::size_t turn{0};
    bool delivering{false};

    static asio::awaitable<void> worker(pipeline_work& work) {
        for (;;) {
            permit room;
            if constexpr (keeps) room = co_await work.keeper.enter();
            std::optional<typename feed_type::held> one;
            if constexpr (feed_type::suspends)
                one = co_await work.feed.next();
            else
                one = work.feed.next();
            if (!one) co_return;
            auto const place = work.keeper.start();
            auto got = co_await as_result(feed_type::call(work.f, *one));
            one.reset();
            if (auto const state = co_await asio::this_coro::cancellation_state;
                state.cancelled() != asio::cancellation_type::none)
                throw_error({.code = errc::cancelled});
            if (work.keeper.finish(got.has_error())) throw_error(std::move(got).error());
            if constexpr (keeps) {
                auto const mine = work.keeper.turn_of(place) % work.ring.size();
                work.ring[mine].emplace(finished{place, std::move(got), std::move(room)});
                if (!work.delivering) co_await deliver(work);
            }
        }
    }

    /// By whoever finds nobody at it: gives the sink all whose turn it is.
    static asio::awaitable<void> deliver(pipeline_work& work) {
        work.delivering = true;
        for (;;) {
            auto& slot = work.ring[work.turn % work.ring.size()];
            if (!slot) break;
            auto one = std::move(*slot);
            slot.reset();
            ++work.turn;
            if constexpr (std::is_void_v<std::invoke_result_t<Sink&, std::size_t, outcome>>)
                work.sink(one.place, std::move(one.result));
            else
                co_await work.sink(one.place, std::move(one.result));
        }
        work.delivering = false;
    }

    static asio::awaitable<map_progress> run(Source source, pipeline_options options, F f, Sink sink) {
        pipeline_work work{feed_type{source}, f, sink, pipeline_keeper{std::move(options)}};
        std::size_t count = work.keeper.concurrency();
        if constexpr (requires { std::size(source); })
            if (std::size_t const all = std::size(source); all < count) count = all;
        if constexpr (keeps) work.ring.resize(work.keeper.window());
        for (std::size_t i = 0; i < count; ++i) work.workers.add(worker(work));
        if (auto failure = co_await work.workers.run(coax::detail::on_failure::cancel_rest))
            std::rethrow_exception(failure);
        co_return work.keeper.progress();
    }
};

}  // namespace tasks::detail

/// Calls `f` on every item and gives each result to `sink`; holds no more items and results than `options.window`,
/// however many the source has: a slow sink holds the source back.
///
/// @param source  A range or a `stream`, pulled lazily. An lvalue is used in place and must outlive the awaitable; an
/// rvalue
///                moves in.
/// @param f       Takes an item by value or const reference; returns `awaitable<U>` or `awaitable<result<U>>`.
/// @param sink    Takes `(std::size_t place, result<U> outcome)`, `place` being that in the source; returns nothing or
///                `awaitable<void>`. Called for one result at a time. `f` and `sink` live in the coroutine until the
///                end.
/// @returns How many items were done and failed.
/// @throws What the source, `sink` or `progress` throws; with `stop_on_error` the first error of an item. Items in work
/// are
///         then cancelled and waited for. `errc::cancelled`, `errc::invalid_argument`.
/// Cancellation: passed on to the items in work and the sink, which are waited for.
/// Thread safety: all runs on the caller's executor, which must be one thread or a strand.
template <class Source, class F, class Sink>
[[nodiscard]] asio::awaitable<map_progress> pipeline(Source&& source, pipeline_options options, F f, Sink sink) {
    return tasks::detail::pipeline_work<Source, F, Sink>::run(std::forward<Source>(source), std::move(options),
                                                              std::move(f), std::move(sink));
}

/// Calls `f` on every item and drops the results; otherwise as `pipeline`. With `stop_on_error` the first error is
/// thrown.
template <class Source, class F>
[[nodiscard]] asio::awaitable<map_progress> for_each(Source&& source, map_options options, F f) {
    pipeline_options plain{.concurrency = options.concurrency,
                           .progress = std::move(options.progress),
                           .stop_on_error = options.stop_on_error};
    return tasks::detail::pipeline_work<Source, F, tasks::detail::no_sink>::run(
        std::forward<Source>(source), std::move(plain), std::move(f), tasks::detail::no_sink{});
}

}  // namespace coax
