#include <coax/auth/token_source.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/sync/single_flight.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

namespace coax {
namespace {

constexpr std::chrono::hours longest_life{24 * 365};
constexpr std::chrono::hours a_day{24};

/// One token for all callers.
class token_cache {
public:
    using fetch_function = std::function<asio::awaitable<result<access_token>>()>;

    token_cache(fetch_function fetch, token_cache_options const& options)
        : fetch_{std::move(fetch)}, options_{options} {}

    /// The token, if nothing has to be asked for.
    std::optional<secret> usable(clock::time_point at) {
        std::lock_guard const lock{mutex_};
        if (value_.empty() || at >= refresh_at_) return std::nullopt;
        return value_;
    }

    static asio::awaitable<result<secret>> get(std::shared_ptr<token_cache> self) {
        auto const executor = co_await asio::this_coro::executor;
        if (auto token = self->usable(now(executor))) co_return *std::move(token);
        for (int tries = 1;; ++tries) {
            auto token = co_await as_result(self->flights_.run(0, [self] { return refresh(self); }));
            // The context of the caller that asked for all has ended: another one asks.
            if (token || token.error().code != errc::closed || tries == 3) co_return token;
        }
    }

private:
    static asio::awaitable<result<secret>> refresh(std::shared_ptr<token_cache> self) {
        auto const executor = co_await asio::this_coro::executor;
        if (auto token = self->usable(now(executor))) co_return *std::move(token);  // came in the meantime
        auto fresh = co_await as_result(self->fetch_());
        co_return self->settle(std::move(fresh), now(executor));
    }

    result<secret> settle(result<access_token> fresh, clock::time_point at) {
        std::lock_guard const lock{mutex_};
        if (fresh && (fresh->value.empty() || fresh->lives_for.count() <= 0))
            fresh = error{.code = errc::authentication, .message = "the token that was issued has already ended"};
        if (fresh) return keep(*std::move(fresh), at);
        bool const still_good = !value_.empty() && at < ends_at_;
        if (!still_good || fresh.error().code == errc::cancelled) return std::move(fresh).error();
        refresh_at_ = std::min(ends_at_, at + options_.retry_after);
        return value_;
    }

    secret keep(access_token fresh, clock::time_point at) {
        std::chrono::milliseconds const life = std::min<std::chrono::seconds>(fresh.lives_for, longest_life);
        auto refresh = life - std::min(options_.refresh_before, life / 2);
        if (fresh.refresh_in.count() > 0) refresh = std::min<std::chrono::milliseconds>(refresh, fresh.refresh_in);
        ends_at_ = at + life;
        refresh_at_ = at + refresh;
        value_ = std::move(fresh.value);
        return value_;
    }

    fetch_function fetch_;
    token_cache_options options_;
    single_flight<int, secret> flights_{};
    std::mutex mutex_{};
    secret value_{};
    clock::time_point refresh_at_{};
    clock::time_point ends_at_{};
};

bool is_within_a_day(std::chrono::milliseconds span) { return span.count() >= 0 && span <= a_day; }

}  // namespace

token_source cached_token(std::function<asio::awaitable<result<access_token>>()> fetch,
                          token_cache_options const& options) {
    if (!fetch) throw_error(invalid_argument("fetch", "must not be empty"));
    if (!is_within_a_day(options.refresh_before) || !is_within_a_day(options.retry_after))
        throw_error(invalid_argument("refresh_before, retry_after", "must be in [0, 1 day]"));
    return [cache = std::make_shared<token_cache>(std::move(fetch), options)] { return token_cache::get(cache); };
}

}  // namespace coax
