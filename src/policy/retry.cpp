#include "runtime/internal/context_service.hpp"
#include "runtime/internal/sleep.hpp"

#include <coax/policy/retry.hpp>

#include <algorithm>
#include <cmath>
#include <locale>
#include <sstream>

namespace coax {
namespace {

using milliseconds = std::chrono::milliseconds;

/// One draw serves two independent uses: its leading digits and what follows them.
double further_digits(double chance) {
    auto const scaled = chance * 4096.0;
    return scaled - std::floor(scaled);
}

double count(milliseconds wait) { return static_cast<double>(wait.count()); }

/// The wait before the random delay, in milliseconds.
double spread(retry_options const& options, int retries, double chance, milliseconds previous) {
    auto const limit = count(options.max_delay);
    auto const base = std::min(count(options.initial_delay) * std::pow(options.factor, retries), limit);
    switch (options.form) {
        case jitter_form::full: return base * chance;
        case jitter_form::equal: return base * (1.0 + chance) / 2.0;
        case jitter_form::decorrelated: {
            auto const least = count(options.initial_delay);
            auto const before = std::max(least, count(previous));
            return std::min(limit, least + chance * (3.0 * before - least));
        }
        case jitter_form::share: break;
    }
    return base * (1.0 - options.jitter * chance);
}

/// Three decades: as good as never, and no sum of such overflows.
constexpr milliseconds longest_wait{1'000'000'000'000};

milliseconds rounded(double wait) { return milliseconds{std::llround(std::min(wait, count(longest_wait)))}; }

milliseconds own_wait(retry_options const& options, int retries, double chance, milliseconds previous) {
    auto const added = count(options.random_delay) * further_digits(chance);
    auto const least = std::min(options.min_delay, longest_wait);
    return std::max(least, rounded(spread(options, retries, chance, previous) + added));
}

/// The wait that a service asks for, spread the wider the longer it has been asking.
milliseconds server_wait(retry_options const& options, milliseconds asked, milliseconds before, double chance) {
    auto const most = std::min(options.jitter * (count(asked) + count(before)), count(options.max_delay));
    return asked + rounded(most * chance);
}

/// Whether the service only asks for patience: it has no capacity now, and says when to come back.
bool asks_to_wait(error const& why) {
    bool const busy = why.code == errc::rate_limited || why.code == errc::overloaded;
    return busy && why.where != "circuit_breaker";
}

bool may_retry(retry_options const& options, error const& why) {
    if (why.code == errc::cancelled) return false;
    return options.retry_if ? options.retry_if(why) : options.table(why);
}

/// The verdicts of `is_retryable` as bits.
std::uint64_t default_codes() noexcept {
    static std::uint64_t const bits = [] {
        std::uint64_t sum = 0;
        for (int code = 1; code <= static_cast<int>(errc::internal); ++code)
            if (is_retryable({.code = static_cast<errc>(code)})) sum |= std::uint64_t{1} << static_cast<unsigned>(code);
        return sum;
    }();
    return bits;
}

std::uint64_t bit_of(errc code) noexcept { return std::uint64_t{1} << (static_cast<unsigned>(code) & 63U); }

using look_up_function = std::function<std::optional<std::string>(std::string_view name)>;

/// A number from the environment into `place`; unset or empty leaves it. No exponent, no sign, no "inf".
result<void> read_number(look_up_function const& look_up, char const* name, std::optional<double>& place) {
    auto const text = look_up(name);
    if (!text || text->empty()) return {};
    bool const plain = text->find_first_not_of("0123456789.") == std::string::npos;
    std::istringstream in{*text};
    in.imbue(std::locale::classic());
    double value = 0;
    if (!plain || !(in >> value) || !in.eof() || value > 1e6)
        return invalid_argument(name, "must be a number in [0, 1000000]");
    place = value;
    return {};
}

milliseconds from_seconds(double seconds) { return milliseconds{std::llround(seconds * 1000.0)}; }

}  // namespace

retry_table::retry_table() noexcept : codes_{default_codes()} {}

retry_table& retry_table::set(errc code, bool retryable) noexcept {
    codes_ = retryable ? codes_ | bit_of(code) : codes_ & ~bit_of(code);
    return *this;
}

retry_table& retry_table::set_status(int http_status, bool retryable) {
    auto const rule = std::ranges::find(statuses_, http_status, &status_rule::http_status);
    if (rule != statuses_.end())
        rule->retryable = retryable;
    else
        statuses_.push_back({http_status, retryable});
    return *this;
}

retry_table& retry_table::heed_service(bool wanted) noexcept {
    heed_service_ = wanted;
    return *this;
}

bool retry_table::retryable(errc code) const noexcept {
    return code != errc::cancelled && (codes_ & bit_of(code)) != 0;
}

bool retry_table::operator()(error const& why) const noexcept {
    if (why.code == errc::cancelled) return false;
    if (heed_service_ && why.should_retry) return *why.should_retry;
    return status(why.http_status).value_or(retryable(why.code));
}

std::string to_string(retry_table const& table) {
    std::string text;
    auto const line = [&text](std::string_view name, bool retryable) {
        text.append(name).append(retryable ? ": retry\n" : ": final\n");
    };
    for (int code = 1; code <= static_cast<int>(errc::internal); ++code)
        line(to_string(static_cast<errc>(code)), table.retryable(static_cast<errc>(code)));
    for (int status = 100; status < 600; ++status)
        if (auto const verdict = table.status(status)) line("HTTP " + std::to_string(status), *verdict);
    return text;
}

std::optional<bool> retry_table::status(int http_status) const noexcept {
    auto const rule = std::ranges::find(statuses_, http_status, &status_rule::http_status);
    if (rule == statuses_.end()) return std::nullopt;
    return rule->retryable;
}

result<retry_options> retry_options_from(look_up_function const& look_up, retry_options base) {
    std::optional<double> attempts;
    std::optional<double> multiplier;
    std::optional<double> least;
    std::optional<double> most;
    if (auto read = read_number(look_up, "RETRY_ATTEMPTS", attempts); !read) return read.error();
    if (auto read = read_number(look_up, "RETRY_WAIT_EXPONENTIAL_MULTIPLIER", multiplier); !read) return read.error();
    if (auto read = read_number(look_up, "RETRY_WAIT_EXPONENTIAL_MIN", least); !read) return read.error();
    if (auto read = read_number(look_up, "RETRY_WAIT_EXPONENTIAL_MAX", most); !read) return read.error();
    if (attempts && (*attempts < 1 || *attempts > 1000 || *attempts != std::floor(*attempts)))
        return invalid_argument("RETRY_ATTEMPTS", "must be a whole number in [1, 1000]");
    if (attempts) base.max_attempts = static_cast<int>(*attempts);
    if (multiplier) base.initial_delay = from_seconds(*multiplier);
    if (least) base.min_delay = from_seconds(*least);
    if (most) base.max_delay = from_seconds(*most);
    if (!most) base.max_delay = std::max({base.max_delay, base.initial_delay, base.min_delay});
    base.initial_delay = std::min(base.initial_delay, base.max_delay);
    base.min_delay = std::min(base.min_delay, base.max_delay);
    return base;
}

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

result<void> validate(retry_options const& options) {
    constexpr milliseconds none{0};
    if (options.max_attempts < 1 || options.max_attempts > 1000)
        return invalid_argument("max_attempts", "must be in [1, 1000]");
    if (options.initial_delay < none) return invalid_argument("initial_delay", "must not be negative");
    if (!(options.factor >= 1.0 && options.factor <= 100.0)) return invalid_argument("factor", "must be in [1, 100]");
    if (options.max_delay < options.initial_delay)
        return invalid_argument("max_delay", "must not be less than initial_delay");
    if (options.min_delay < none || options.min_delay > options.max_delay)
        return invalid_argument("min_delay", "must be in [0, max_delay]");
    if (!(options.jitter >= 0.0 && options.jitter <= 1.0)) return invalid_argument("jitter", "must be in [0, 1]");
    if (options.random_delay < none) return invalid_argument("random_delay", "must not be negative");
    if (options.max_elapsed < none) return invalid_argument("max_elapsed", "must not be negative");
    if (options.max_server_wait < none) return invalid_argument("max_server_wait", "must not be negative");
    if (options.server_wait_budget < none) return invalid_argument("server_wait_budget", "must not be negative");
    return {};
}

retry_step next_retry(retry_options const& options, int failed_attempts, error const& why, clock::duration elapsed,
                      double chance, milliseconds previous, milliseconds server_waits) {
    if (!may_retry(options, why)) return {};
    auto const asked = std::min(why.retry_after.value_or(milliseconds{0}), longest_wait);
    if (asked > options.max_server_wait) return {};
    bool const told = asked > milliseconds{0};
    auto const wait = told ? server_wait(options, asked, server_waits, chance)
                           : own_wait(options, failed_attempts - 1, chance, previous);
    bool const free =
        told && options.max_attempts > 1 && asks_to_wait(why) && wait <= options.server_wait_budget - server_waits;
    if (!free && failed_attempts >= options.max_attempts) return {};
    auto const so_far = std::chrono::ceil<milliseconds>(elapsed);
    bool const late = options.max_elapsed > milliseconds{0} && wait > options.max_elapsed - so_far;
    if (late) return {};
    return {.again = true, .wait = wait, .uses_attempt = !free};
}

namespace policy::detail {

retry_loop::retry_loop(retry_options const& options, asio::any_io_executor const& executor)
    : options_{options}, executor_{executor} {
    value_or_throw(validate(options_));
    if (options_.max_elapsed.count() > 0) started_ = now(executor_);
}

asio::awaitable<bool> retry_loop::wait_after(error& why) {
    auto& time = coax::detail::context_service::of(executor_).time;
    auto const current = time.now();
    auto const step = next_retry(options_, attempts_ - free_attempts_, why, current - started_, time.random(), waited_,
                                 server_waits_);
    if (!step.again) co_return false;
    if (step.uses_attempt && options_.budget && !options_.budget->try_spend(current)) {
        why.message += "; not tried again: the retry budget is used up";
        co_return false;
    }
    if (step.uses_attempt)
        waited_ = step.wait;
    else
        server_waits_ += step.wait, ++free_attempts_;
    if (options_.on_retry) options_.on_retry({.failed_attempts = attempts_, .wait = step.wait, .why = why});
    if (co_await coax::detail::try_sleep_for(step.wait)) co_return true;
    why = {.code = errc::cancelled, .message = "cancelled while waiting to try again", .attempts = attempts_};
    co_return false;
}

core::detail::opaque<error> keep_error(error&& why) { return std::make_unique<error>(std::move(why)); }

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

}  // namespace policy::detail
}  // namespace coax
