#pragma once

#include <coax/tasks/pipeline.hpp>

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace coax {

/// How `map` and `for_each` work through their items.
struct map_options {
    /// Most items in work at once. Range: [1, 1'000'000].
    std::size_t concurrency{16};
    /// Called on the caller's executor after each item. Empty: nothing. A throw stops all.
    std::function<void(pipeline_progress const&)> progress{};
    /// Cancels the other items after the first error and starts none.
    bool stop_on_error{false};
};

[[nodiscard]] result<void> validate(map_options const& options);

namespace tasks::detail {

[[nodiscard]] pipeline_options to_pipeline_options(map_options options);

template <class Range, class F>
using mapped_t = typename pipeline_loop<Range, F, no_sink>::outcome;

template <class Range, class F>
asio::awaitable<std::vector<mapped_t<Range, F>>> map_all(Range range, map_options options, F f) {
    result_list<mapped_t<Range, F>> list;
    pipeline_loop<Range, F, result_list<mapped_t<Range, F>>> loop{range, f, list,
                                                                  to_pipeline_options(std::move(options))};
    list.results.reserve(loop.items().size().value_or(0));
    co_await loop.run();
    for (auto left = loop.items().count_left(); left > 0; --left) list.results.push_back(not_started());
    co_return std::move(list.results);
}

}  // namespace tasks::detail

/// Calls `f` on every item, at most `options.concurrency` at once, on the caller's executor. All results are held until
/// the end: for millions of items see `pipeline` and `for_each`.
///
/// @param range    Pulled lazily. An lvalue is used in place and must outlive the awaitable; an rvalue moves in.
/// @param f        Takes an item by value or const reference; returns `awaitable<U>` or `awaitable<result<U>>`. Lives
///                 in the coroutine until the end.
/// @returns One `result<U>` for each item, in the order of the range. With `stop_on_error` the items that never ran
///          hold `errc::cancelled`; those of a single-pass range are left out.
/// @throws coax::exception  `errc::cancelled`, `errc::invalid_argument`; what the range's iterators or `progress`
///         throw.
/// Cancellation: passed on to the items in work, which are waited for.
/// Thread safety: all runs on the caller's executor, which must be one thread or a strand.
template <class Range, class F>
[[nodiscard]] auto map(Range&& range, map_options options, F f) {
    return tasks::detail::map_all<Range, F>(std::forward<Range>(range), std::move(options), std::move(f));
}

/// Calls `f` on every item of a range or `stream` and drops the results; otherwise as `pipeline`. With `stop_on_error`
/// the first error is thrown.
template <class Source, class F>
[[nodiscard]] asio::awaitable<pipeline_progress> for_each(Source&& source, map_options options, F f) {
    return tasks::detail::run_pipeline<Source, F, tasks::detail::no_sink>(
        std::forward<Source>(source), tasks::detail::to_pipeline_options(std::move(options)), std::move(f), {});
}

}  // namespace coax
