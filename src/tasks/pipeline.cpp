#include <coax/tasks/pipeline.hpp>

namespace coax {

std::optional<error> validate(pipeline_options const& options) {
    if (options.concurrency < 1 || options.concurrency > 1'000'000)
        return error{.code = errc::invalid_argument, .message = "must be in [1, 1'000'000]", .where = "concurrency"};
    if (options.window != 0 && (options.window < options.concurrency || options.window > 10'000'000))
        return error{
            .code = errc::invalid_argument, .message = "must be 0 or in [concurrency, 10'000'000]", .where = "window"};
    return std::nullopt;
}

namespace tasks::detail {
namespace {

pipeline_options checked(pipeline_options options) {
    if (auto wrong = validate(options)) throw_error(std::move(*wrong));
    if (options.window == 0) options.window = 4 * options.concurrency;
    return options;
}

}  // namespace

pipeline_keeper::pipeline_keeper(pipeline_options options)
    : options_{checked(std::move(options))}, room_{options_.window} {}

bool pipeline_keeper::finish(bool failed) {
    ++progress_.done;
    if (failed) ++progress_.failed;
    if (options_.progress) options_.progress(progress_);
    return failed && options_.stop_on_error;
}

}  // namespace tasks::detail
}  // namespace coax
