#include "runtime/context_service.hpp"
#include "runtime/sleep.hpp"

#include <coax/runtime/retry.hpp>

#include <algorithm>
#include <cmath>

namespace coax {
namespace {

using milliseconds = std::chrono::milliseconds;

error wrong(char const* where, char const* message) {
    return {.code = errc::invalid_argument, .message = message, .where = where};
}

/// One draw serves two independent uses: its leading digits and what follows them.
double further_digits(double chance) {
    auto const scaled = chance * 4096.0;
    return scaled - std::floor(scaled);
}

milliseconds own_wait(retry_options const& options, int retries, double chance) {
    auto const limit = static_cast<double>(options.max_delay.count());
    auto const grown = static_cast<double>(options.initial_delay.count()) * std::pow(options.factor, retries);
    auto const base = std::min(grown, limit) * (1.0 - options.jitter * chance);
    auto const added = static_cast<double>(options.random_delay.count()) * further_digits(chance);
    return milliseconds{std::llround(base + added)};
}

bool may_retry(retry_options const& options, error const& why) {
    if (why.code == errc::cancelled) return false;
    return options.retry_if ? options.retry_if(why) : is_retryable(why);
}

}  // namespace

retry_options retry_options::fixed(int max_attempts, milliseconds delay, milliseconds random_delay) {
    retry_options options;
    options.max_attempts = max_attempts;
    options.initial_delay = delay;
    options.max_delay = delay;
    options.factor = 1.0;
    options.jitter = 0.0;
    options.random_delay = random_delay;
    return options;
}

std::optional<error> validate(retry_options const& options) {
    constexpr milliseconds none{0};
    if (options.max_attempts < 1 || options.max_attempts > 1000) return wrong("max_attempts", "must be in [1, 1000]");
    if (options.initial_delay < none) return wrong("initial_delay", "must not be negative");
    if (!(options.factor >= 1.0 && options.factor <= 100.0)) return wrong("factor", "must be in [1, 100]");
    if (options.max_delay < options.initial_delay) return wrong("max_delay", "must not be less than initial_delay");
    if (!(options.jitter >= 0.0 && options.jitter <= 1.0)) return wrong("jitter", "must be in [0, 1]");
    if (options.random_delay < none) return wrong("random_delay", "must not be negative");
    if (options.max_elapsed < none) return wrong("max_elapsed", "must not be negative");
    if (options.max_server_wait < none) return wrong("max_server_wait", "must not be negative");
    return std::nullopt;
}

retry_step next_retry(retry_options const& options, int failed_attempts, error const& why, clock::duration elapsed,
                      double chance) {
    if (failed_attempts >= options.max_attempts || !may_retry(options, why)) return {};
    bool const told = why.retry_after && *why.retry_after > milliseconds{0};
    if (told && *why.retry_after > options.max_server_wait) return {};
    auto const wait = told ? *why.retry_after : own_wait(options, failed_attempts - 1, chance);
    bool const late = options.max_elapsed > milliseconds{0} && elapsed + wait > options.max_elapsed;
    if (late) return {};
    return {.again = true, .wait = wait};
}

namespace detail {

retry_loop::retry_loop(retry_options options, asio::any_io_executor executor)
    : options_{std::move(options)}, executor_{std::move(executor)}, started_{now(executor_)} {
    if (auto fault = validate(options_)) throw_error(std::move(*fault));
}

asio::awaitable<bool> retry_loop::again(error& why) {
    auto& service = context_service::of(executor_);
    why.attempts = ++attempts_;
    auto const step = next_retry(options_, attempts_, why, service.now() - started_, service.chance());
    if (!step.again) co_return false;
    if (options_.on_retry) options_.on_retry({.failed_attempts = attempts_, .wait = step.wait, .why = why});
    if (co_await try_sleep_for(step.wait)) co_return true;
    why = {.code = errc::cancelled, .message = "cancelled while waiting to try again", .attempts = attempts_};
    co_return false;
}

void throw_last(std::exception_ptr const& thrown, error why) {
    try {
        if (thrown) std::rethrow_exception(thrown);
    } catch (exception const&) {
        throw_error(std::move(why));
    } catch (...) {
        if (to_error(thrown).code == why.code) throw;
    }
    throw_error(std::move(why));  // cancelled while waiting
}

}  // namespace detail
}  // namespace coax
