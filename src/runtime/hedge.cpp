#include <coax/runtime/hedge.hpp>

#include <algorithm>
#include <cmath>

namespace coax {
namespace {

constexpr std::size_t samples_kept = 256;

error wrong(char const* where, char const* message) {
    return {.code = errc::invalid_argument, .message = message, .where = where};
}

hedge_options checked(hedge_options options) {
    if (auto fault = validate(options)) throw_error(std::move(*fault));
    return options;
}

}  // namespace

std::optional<error> validate(hedge_options const& options) {
    if (options.delay < std::chrono::milliseconds{0}) return wrong("delay", "must not be negative");
    if (!(options.percentile > 0.0 && options.percentile < 1.0)) return wrong("percentile", "must be in (0, 1)");
    if (options.minimum_samples < 1 || options.minimum_samples > samples_kept)
        return wrong("minimum_samples", "must be in [1, 256]");
    return validate(options.budget);
}

hedger::hedger(hedge_options options) : options_{checked(std::move(options))}, budget_{options_.budget} {}

std::optional<clock::duration> hedger::delay() const {
    if (options_.delay > std::chrono::milliseconds{0}) return options_.delay;
    std::lock_guard const lock{mutex_};
    if (latest_.size() < options_.minimum_samples) return std::nullopt;
    auto sorted = latest_;
    auto const rank = std::ceil(options_.percentile * static_cast<double>(sorted.size())) - 1.0;
    auto const at = sorted.begin() + static_cast<std::ptrdiff_t>(std::max(0.0, rank));
    std::nth_element(sorted.begin(), at, sorted.end());
    return *at;
}

void hedger::note(clock::duration took, clock::time_point now) {
    budget_.earn(now);
    std::lock_guard const lock{mutex_};
    if (latest_.size() < samples_kept) {
        latest_.push_back(took);
        return;
    }
    latest_[next_] = took;
    next_ = (next_ + 1) % samples_kept;
}

}  // namespace coax
