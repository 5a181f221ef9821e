#include <coax/tasks/map.hpp>

namespace coax {

std::optional<error> validate(map_options const& options) {
    if (options.concurrency < 1 || options.concurrency > 1'000'000)
        return error{.code = errc::invalid_argument, .message = "must be in [1, 1'000'000]", .where = "concurrency"};
    return std::nullopt;
}

namespace tasks::detail {

map_progress_keeper::map_progress_keeper(map_options options) : options_{std::move(options)} {
    if (auto wrong = validate(options_)) throw_error(std::move(*wrong));
}

bool map_progress_keeper::finish(bool failed) {
    ++progress_.done;
    if (failed) ++progress_.failed;
    bool const stops = failed && options_.stop_on_error && !stopped_;
    if (stops) stopped_ = true;
    if (options_.progress) options_.progress(progress_);
    return stops;
}

error not_started() { return {.code = errc::cancelled, .message = "not started"}; }

}  // namespace tasks::detail
}  // namespace coax
