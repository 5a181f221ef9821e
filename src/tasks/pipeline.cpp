#include <coax/tasks/map.hpp>
#include <coax/tasks/pipeline.hpp>

namespace coax {

result<void> validate(pipeline_options const& options) {
    if (options.concurrency < 1 || options.concurrency > 1'000'000)
        return invalid_argument("concurrency", "must be in [1, 1'000'000]");
    if (options.window != 0 && (options.window < options.concurrency || options.window > 10'000'000))
        return invalid_argument("window", "must be 0 or in [concurrency, 10'000'000]");
    return {};
}

result<void> validate(map_options const& options) {
    return validate(pipeline_options{.concurrency = options.concurrency});
}

namespace tasks::detail {
namespace {

pipeline_options checked(pipeline_options options) {
    validate(options).value();
    if (options.window == 0) options.window = 4 * options.concurrency;
    return options;
}

}  // namespace

pipeline_state::pipeline_state(pipeline_options options)
    : options_{checked(std::move(options))}, room_{options_.window} {}

bool pipeline_state::finish(bool failed) {
    ++progress_.done;
    if (failed) ++progress_.failed;
    bool const stops = failed && options_.stop_on_error && !stopped_;
    if (stops) stopped_ = true;
    if (options_.progress) options_.progress(progress_);
    return stops;
}

void throw_cancelled() { throw_error({.code = errc::cancelled}); }

error not_started() { return {.code = errc::cancelled, .message = "not started"}; }

pipeline_options to_pipeline_options(map_options options) {
    return {.concurrency = options.concurrency,
            .ordered = false,
            .progress = std::move(options.progress),
            .stop_on_error = options.stop_on_error};
}

}  // namespace tasks::detail
}  // namespace coax
