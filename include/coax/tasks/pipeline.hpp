#pragma once

#include <coax/core/result.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/detail/nursery.hpp>
#include <coax/runtime/detail/outcome.hpp>
#include <coax/sync/async_mutex.hpp>
#include <coax/sync/async_semaphore.hpp>
#include <coax/tasks/stream.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace coax {

/// How far a `pipeline`, `for_each` or `map` has come.
struct pipeline_progress {
    std::size_t done{0};     ///< Items finished, the failed ones included.
    std::size_t failed{0};   ///< Items finished with an error.
    std::size_t started{0};  ///< Items taken from the source.
};

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
    std::function<void(pipeline_progress const&)> progress{};
    /// The first error ends all, and is thrown. Otherwise it goes to the sink as that item's result.
    bool stop_on_error{false};
};

[[nodiscard]] result<void> validate(pipeline_options const& options);

namespace tasks::detail {

/// The part of a pipeline that knows no types: counts, room, whose turn it is.
class pipeline_state {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit pipeline_state(pipeline_options options);

    [[nodiscard]] pipeline_options const& options() const noexcept { return options_; }
    [[nodiscard]] pipeline_progress const& progress() const noexcept { return progress_; }
    /// Waits until one more item fits into the window.
    [[nodiscard]] asio::awaitable<permit> enter() { return room_.acquire(); }
    /// @returns The item's place in the source.
    std::size_t start() noexcept { return progress_.started++; }
    /// @returns true: an error that ends all.
    [[nodiscard]] bool finish(bool failed);
    /// An error has ended all.
    [[nodiscard]] bool stopped() const noexcept { return stopped_; }
    /// The turn in which the result of item `place` goes to the sink.
    std::size_t turn_of(std::size_t place) noexcept { return options_.ordered ? place : finished_++; }

private:
    pipeline_options options_;
    pipeline_progress progress_;
    async_semaphore room_;
    std::size_t finished_{0};
    bool stopped_{false};
};

/// Whether the coroutine that asks was cancelled.
inline bool is_cancelled(asio::cancellation_state const& state) noexcept {
    return state.cancelled() != asio::cancellation_type::none;
}

/// The items of a range.
template <class Range, class F>
class range_items {
    using iterator = decltype(std::begin(std::declval<Range&>()));
    using sentinel = decltype(std::end(std::declval<Range&>()));
    using reference = std::iter_reference_t<iterator>;
    using item = std::iter_value_t<iterator>;
    static constexpr bool takes_const = std::is_invocable_v<F&, item const&>;
    /// A reference into the range stays good while others advance; anything else is moved or copied out.
    static constexpr bool by_reference =
        takes_const && std::is_lvalue_reference_v<reference> && std::forward_iterator<iterator>;

public:
    static constexpr bool suspends = false;
    /// What a worker holds: the item, or where it is.
    using held = std::conditional_t<by_reference, std::remove_reference_t<reference>*, item>;

    explicit range_items(Range& range) : at_{std::begin(range)}, end_{std::end(range)} {}

    [[nodiscard]] std::optional<held> next() {
        if (at_ == end_) return std::nullopt;
        std::optional<held> one;
        if constexpr (by_reference)
            one.emplace(&*at_);
        else if constexpr (std::is_lvalue_reference_v<Range>)
            one.emplace(*at_);
        else
            one.emplace(std::ranges::iter_move(at_));
        ++at_;
        return one;
    }
    static auto call(F& f, held& one) {
        if constexpr (by_reference)
            return f(std::as_const(*one));
        else if constexpr (takes_const)
            return f(std::as_const(one));
        else
            return f(std::move(one));
    }
    /// How many items are left, where that is known without a walk over them.
    [[nodiscard]] std::optional<std::size_t> size() const {
        if constexpr (std::sized_sentinel_for<sentinel, iterator>) return static_cast<std::size_t>(end_ - at_);
        return std::nullopt;
    }
    /// How many items are left; 0 for a range that can be passed only once.
    [[nodiscard]] std::size_t count_left() const {
        if constexpr (std::forward_iterator<iterator>)
            return static_cast<std::size_t>(std::ranges::distance(at_, end_));
        else
            return 0;
    }

private:
    iterator at_;
    sentinel end_;
};

/// The items of a stream, or of anything with such a `next()`; one worker at a time asks for the next.
template <class Source, class F>
class stream_items {
public:
    static constexpr bool suspends = true;
    using held = typename decltype(std::declval<Source&>().next())::value_type::value_type;

    explicit stream_items(Source& from) : from_{&from} {}

    /// Held by the worker that asks for the next item.
    [[nodiscard]] async_mutex& turn() noexcept { return turn_; }
    [[nodiscard]] asio::awaitable<std::optional<held>> next() { return from_->next(); }
    /// One that can be had without waiting, where the source tells.
    [[nodiscard]] std::optional<held> try_next(asio::any_io_executor const& caller) {
        if constexpr (requires { from_->try_next(caller); }) return from_->try_next(caller);
        return std::nullopt;
    }
    static auto call(F& f, held& one) { return f(std::move(one)); }
    [[nodiscard]] std::optional<std::size_t> size() const noexcept { return std::nullopt; }
    [[nodiscard]] std::size_t count_left() const noexcept { return 0; }

private:
    std::remove_reference_t<Source>* from_;
    async_mutex turn_;
};

template <class Source, class F>
struct items_of {
    using type = range_items<Source, F>;
};
template <class Source, class F>
    requires requires(Source& from) { from.next(); }
struct items_of<Source, F> {
    using type = stream_items<Source, F>;
};

/// Takes results and forgets them.
struct no_sink {
    template <class Result>
    void operator()(std::size_t, Result const&) const noexcept {}
};

/// Keeps all results, in the order of the source.
template <class Result>
struct result_list {
    std::vector<Result> results{};

    void operator()(std::size_t place, Result one) { results[place] = std::move(one); }
};

template <class T>
inline constexpr bool is_awaitable = false;
template <class T>
inline constexpr bool is_awaitable<asio::awaitable<T>> = true;

[[noreturn]] void throw_cancelled();
/// The error of an item that never ran.
[[nodiscard]] error not_started();

/// The one bounded loop under `pipeline`, `for_each` and `map`: workers that take an item, call `f` and hand over the
/// result, one after another. Lives in a frame that outlives the workers.
template <class Source, class F, class Sink>
class pipeline_loop {
public:
    using items_type = typename items_of<Source, F>::type;
    using outcome = as_result_t<typename decltype(items_type::call(
        std::declval<F&>(), std::declval<typename items_type::held&>()))::value_type>;

    pipeline_loop(Source& source, F& f, Sink& sink, pipeline_options options)
        : items_{source}, f_{f}, sink_{sink}, state_{std::move(options)} {}

    [[nodiscard]] pipeline_state const& state() const noexcept { return state_; }
    [[nodiscard]] items_type const& items() const noexcept { return items_; }

    asio::awaitable<void> run() {
        if (may_buffer && (sink_suspends || state_.options().ordered)) ring_.resize(state_.options().window);
        auto const most = state_.options().concurrency;
        auto const known = items_.size().value_or(most);
        auto const count = known < most ? known : most;
        for (std::size_t i = 0; i < count; ++i) workers_.add(work_off());
        if (auto failure = co_await workers_.run(coax::detail::on_failure::cancel_rest))
            std::rethrow_exception(failure);
        if (is_cancelled(co_await asio::this_coro::cancellation_state)) throw_error({.code = errc::cancelled});
    }

private:
    static constexpr bool lists = std::is_same_v<Sink, result_list<outcome>>;
    static constexpr bool may_buffer = !lists && !std::is_same_v<Sink, no_sink>;
    using sunk = std::invoke_result_t<Sink&, std::size_t, outcome>;
    static constexpr bool sink_suspends = is_awaitable<sunk>;

    struct finished {
        std::size_t place;
        outcome result;
        permit room;
    };

    /// Results wait for their turn at the sink. Otherwise each goes there at once.
    [[nodiscard]] bool buffers() const noexcept { return may_buffer && !ring_.empty(); }

    asio::awaitable<void> work_off() {
        auto const here = co_await asio::this_coro::executor;
        for (;;) {
            permit room;
            if (buffers()) room = co_await state_.enter();
            std::optional<typename items_type::held> one;
            if (state_.stopped()) co_return;
            if constexpr (items_type::suspends) {
                auto turn = items_.turn().try_lock();
                if (!turn) turn = co_await items_.turn().lock();
                one = items_.try_next(here);
                if (!one) one = co_await items_.next();
            } else {
                one = items_.next();
            }
            if (!one) co_return;
            auto const place = state_.start();
            if constexpr (lists) add_unfinished();
            auto got = co_await coax::detail::start_as_result([&] { return items_type::call(f_, *one); });
            one.reset();
            bool const cancelled = is_cancelled(co_await asio::this_coro::cancellation_state);
            if constexpr (lists) {
                // A list is whole: it holds the error that stopped it and the results of what was cancelled too.
                if (state_.finish(keep(place, std::move(got)))) workers_.cancel_forgiving(0);
                if (cancelled) throw_cancelled();
            } else {
                if (cancelled) throw_cancelled();
                if (state_.finish(got.has_error())) throw_error_of(got);
                if (!buffers()) {
                    give(place, std::move(got));
                } else {
                    auto const turn = state_.turn_of(place) % ring_.size();
                    ring_[turn].emplace(finished{place, std::move(got), std::move(room)});
                    if (!delivering_) co_await deliver();
                }
            }
        }
    }

    // Errors are made out of line, so that they take no room in the frame of each worker.
    [[gnu::noinline]] void add_unfinished() {
        if constexpr (lists) sink_.results.push_back(not_started());
    }
    [[noreturn, gnu::noinline]] static void throw_error_of(outcome& failed) { throw_error(std::move(failed).error()); }

    bool keep(std::size_t place, outcome got) {
        bool const failed = got.has_error();
        sink_(place, std::move(got));
        return failed;
    }

    /// To a sink that does not suspend.
    void give(std::size_t place, outcome got) {
        if constexpr (std::is_void_v<sunk>)
            sink_(place, std::move(got));
        else if constexpr (!sink_suspends)
            sink_(place, std::move(got)).value();
    }

    /// By whoever finds nobody at it: gives the sink all whose turn it is.
    asio::awaitable<void> deliver() {
        delivering_ = true;
        for (;;) {
            auto& slot = ring_[turn_ % ring_.size()];
            if (!slot) break;
            auto one = std::move(*slot);
            slot.reset();
            ++turn_;
            if constexpr (!sink_suspends)
                give(one.place, std::move(one.result));
            else if constexpr (std::is_void_v<typename sunk::value_type>)
                co_await sink_(one.place, std::move(one.result));
            else
                (co_await sink_(one.place, std::move(one.result))).value();
        }
        delivering_ = false;
    }

    items_type items_;
    F& f_;
    Sink& sink_;
    pipeline_state state_;
    coax::detail::nursery workers_{};
    std::vector<std::optional<finished>> ring_{};
    std::size_t turn_{0};
    bool delivering_{false};
};

template <class Source, class F, class Sink>
asio::awaitable<pipeline_progress> run_pipeline(Source source, pipeline_options options, F f, Sink sink) {
    pipeline_loop<Source, F, Sink> loop{source, f, sink, std::move(options)};
    co_await loop.run();
    co_return loop.state().progress();
}

}  // namespace tasks::detail

/// Calls `f` on every item and gives each result to `sink`; holds no more items and results than `options.window`,
/// however many the source has: a slow sink holds the source back.
///
/// @param source  A range, a `stream` or anything else with `next()` to `awaitable<optional<T>>`, and perhaps with
///                `try_next` as a stream has it; pulled lazily, by one at a time. It ends the pipeline, with all that
///                is in work, by giving nothing more. An lvalue is used in place and must outlive the awaitable; an
///                rvalue moves in.
/// @param f       Takes an item by value or const reference; returns `awaitable<U>` or `awaitable<result<U>>`.
/// @param sink    Takes `(std::size_t place, result<U> outcome)`, `place` being that in the source; returns nothing,
///                `result<void>`, or an `awaitable` of either. Called for one result at a time. `f` and `sink` live in
///                the coroutine until the end.
/// @returns How many items were done and failed.
/// @throws What the source, `sink` or `progress` throws, and the error that `sink` returns; with `stop_on_error` the
///         first error of an item. Items in work are then cancelled and waited for. `errc::cancelled`,
///         `errc::invalid_argument`.
/// Cancellation: passed on to the items in work and the sink, which are waited for.
/// Thread safety: all runs on the caller's executor, which must be one thread or a strand.
template <class Source, class F, class Sink>
[[nodiscard]] asio::awaitable<pipeline_progress> pipeline(Source&& source, pipeline_options options, F f, Sink sink) {
    return tasks::detail::run_pipeline<Source, F, Sink>(std::forward<Source>(source), std::move(options), std::move(f),
                                                        std::move(sink));
}

}  // namespace coax
