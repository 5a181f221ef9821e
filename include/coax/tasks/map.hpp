#pragma once

#include <coax/core/result.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/detail/nursery.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace coax {

/// How far a `map` has come.
struct map_progress {
    std::size_t done{0};     ///< Items finished, the failed ones included.
    std::size_t failed{0};   ///< Items finished with an error.
    std::size_t started{0};  ///< Items taken from the range.
};

/// How `map` works through its items.
struct map_options {
    /// Most items in work at once. Range: [1, 1'000'000].
    std::size_t concurrency{16};
    /// Called on the caller's executor after each item. Empty: nothing. A throw stops the map.
    std::function<void(map_progress const&)> progress{};
    /// Cancels the other items after the first error and starts none.
    bool stop_on_error{false};
};

/// The first thing wrong with `options`; none: they are valid.
[[nodiscard]] std::optional<error> validate(map_options const& options);

namespace tasks::detail {

/// The part of `map` that knows no types: what was started, what came out, whether to go on.
class map_progress_keeper {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit map_progress_keeper(map_options options);

    [[nodiscard]] std::size_t concurrency() const noexcept { return options_.concurrency; }
    [[nodiscard]] bool stopped() const noexcept { return stopped_; }
    /// @returns The item's place among the results.
    std::size_t start() noexcept { return progress_.started++; }
    /// @returns true: the others are to be cancelled.
    bool finish(bool failed);
    void stop() noexcept { stopped_ = true; }

private:
    map_options options_;
    map_progress progress_;
    bool stopped_{false};
};

/// What the result of an item that never ran says.
[[nodiscard]] error not_started();

template <class Range, class F>
struct mapping {
    using iterator = decltype(std::begin(std::declval<Range&>()));
    using sentinel = decltype(std::end(std::declval<Range&>()));
    using reference = std::iter_reference_t<iterator>;
    using item = std::iter_value_t<iterator>;
    static constexpr bool takes_const = std::is_invocable_v<F&, item const&>;
    /// A reference into the range stays good while others advance; anything else is moved or copied out.
    static constexpr bool by_reference =
        takes_const && std::is_lvalue_reference_v<reference> && std::forward_iterator<iterator>;
    using held = std::conditional_t<by_reference, item const&, item>;

    static held pull(iterator& at) {
        if constexpr (by_reference || std::is_lvalue_reference_v<Range>)
            return *at;
        else
            return std::ranges::iter_move(at);
    }
    static auto call(F& f, std::conditional_t<takes_const, item const&, item&> one) {
        if constexpr (takes_const)
            return f(one);
        else
            return f(std::move(one));
    }
};

template <class Awaitable>
struct mapped_result;
template <class T>
struct mapped_result<asio::awaitable<T>> {
    using type = as_result_t<T>;
};

template <class Range, class F>
using mapped_t = typename mapped_result<decltype(mapping<Range, F>::call(
    std::declval<F&>(), std::declval<typename mapping<Range, F>::item&>()))>::type;

/// What the workers of one `map` share; lives in its frame.
template <class Range, class F>
struct map_work {
    using rules = mapping<Range, F>;

    F& f;
    typename rules::iterator at;
    typename rules::sentinel end;
    map_progress_keeper keeper;
    coax::detail::nursery workers{};
    std::vector<mapped_t<Range, F>> results{};

    static asio::awaitable<void> worker(map_work& work) {
        while (!work.keeper.stopped() && work.at != work.end) {
            auto const state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) co_return;
            typename rules::held one = rules::pull(work.at);
            ++work.at;
            auto const place = work.keeper.start();
            work.results.push_back(not_started());
            auto outcome = co_await as_result(rules::call(work.f, one));
            bool const failed = outcome.has_error();
            work.results[place] = std::move(outcome);
            if (work.keeper.finish(failed)) work.workers.cancel();
        }
    }
};

template <class Range, class F>
asio::awaitable<std::vector<mapped_t<Range, F>>> map_all(Range range, map_options options, F f) {
    map_work<Range, F> work{f, std::begin(range), std::end(range), map_progress_keeper{std::move(options)}};
    std::size_t workers = work.keeper.concurrency();
    if constexpr (std::sized_sentinel_for<typename map_work<Range, F>::rules::sentinel,
                                          typename map_work<Range, F>::rules::iterator>) {
        auto const count = static_cast<std::size_t>(work.end - work.at);
        if (count < workers) workers = count;
        work.results.reserve(count);
    }
    for (std::size_t i = 0; i < workers; ++i) work.workers.add(map_work<Range, F>::worker(work));
    if (auto failure = co_await work.workers.run(coax::detail::on_failure::cancel_rest))
        std::rethrow_exception(failure);
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) throw_error({.code = errc::cancelled});
    if constexpr (std::forward_iterator<typename map_work<Range, F>::rules::iterator>)
        for (; work.at != work.end; ++work.at) work.results.push_back(not_started());
    co_return std::move(work.results);
}

}  // namespace tasks::detail

/// Calls `f` on every item, at most `options.concurrency` at once, on the caller's executor. All results are held until
/// the end: for millions of items see `pipeline` and `for_each`.
///
/// @param range    Pulled lazily. An lvalue is used in place and must outlive the awaitable; an rvalue moves in.
/// @param f        Takes an item by value or const reference; returns `awaitable<U>` or `awaitable<result<U>>`. Lives
/// in the
///                 coroutine until the end.
/// @returns One `result<U>` for each item, in the order of the range. With `stop_on_error` the items that never ran
/// hold
///          `errc::cancelled`; those of a single-pass range are left out.
/// @throws coax::exception  `errc::cancelled`, `errc::invalid_argument`; what the range's iterators or `progress`
/// throw. Cancellation: passed on to the items in work, which are waited for. Thread safety: all runs on the caller's
/// executor, which must be one thread or a strand.
template <class Range, class F>
[[nodiscard]] auto map(Range&& range, map_options options, F f) {
    return tasks::detail::map_all<Range, F>(std::forward<Range>(range), std::move(options), std::move(f));
}

}  // namespace coax
