#include "telemetry/log_lines.hpp"

#include <coax/telemetry/log_observer.hpp>

#if defined(COAX_WITH_SPDLOG)
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#endif

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace coax {

#if defined(COAX_WITH_SPDLOG)

namespace {

constexpr std::chrono::seconds longest_flush{2};

spdlog::level::level_enum to_spdlog(log_level level) {
    switch (level) {
        case log_level::trace: return spdlog::level::trace;
        case log_level::debug: return spdlog::level::debug;
        case log_level::info: return spdlog::level::info;
        case log_level::warning: return spdlog::level::warn;
        case log_level::error: return spdlog::level::err;
        case log_level::off: break;
    }
    return spdlog::level::off;
}

spdlog::sink_ptr console_sink() {
    auto const* const no_color = std::getenv("NO_COLOR");
    bool const is_plain = no_color != nullptr && *no_color != '\0';
    return std::make_shared<spdlog::sinks::stderr_color_sink_mt>(is_plain ? spdlog::color_mode::never
                                                                          : spdlog::color_mode::automatic);
}

spdlog::sink_ptr file_sink(log_options const& options, char const* name) {
    return std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        (std::filesystem::path{options.directory} / name).string(), options.max_file_bytes, options.max_files);
}

}  // namespace

/// The loggers, and the thread that writes for them.
class log_observer::sinks {
public:
    explicit sinks(log_options const& options)
        : pool_{std::make_shared<spdlog::details::thread_pool>(options.queue, 1)} {
        std::vector<spdlog::sink_ptr> lines;
        if (options.console) lines.push_back(console_sink());
        if (!options.directory.empty()) lines.push_back(file_sink(options, "default.log"));
        if (!lines.empty()) lines_ = make("default", std::move(lines), "%Y-%m-%d %H:%M:%S.%e %^%-7l%$ %v");
        if (!options.directory.empty()) calls_ = make("inference", {file_sink(options, "inference.log")}, "%v");
    }
    sinks(sinks const&) = delete;
    sinks& operator=(sinks const&) = delete;
    /// The thread writes what waits and ends. One that hangs in a write is left alone with what it needs.
    ~sinks() {
        for (auto const& each : {lines_, calls_})
            if (each) each->flush();
        within_limit([pool = std::exchange(pool_, nullptr), lines = std::move(lines_),
                      calls = std::move(calls_)]() mutable { pool.reset(); });
    }

    void write(log_level level, std::string_view room, std::string_view text) const {
        if (lines_) lines_->log(to_spdlog(level), "{}: {}", room, text);
    }
    void write_call(std::string_view json) const {
        if (calls_) calls_->log(spdlog::level::info, "{}", json);
    }
    [[nodiscard]] bool has_calls() const noexcept { return calls_ != nullptr; }

    /// Waits until what is in the queue is written. A flush is done when the thread has taken the one after it.
    void flush() const {
        for (int i = 0; i < 2; ++i)
            for (auto const& each : {lines_, calls_})
                if (each) each->flush();
        auto const end = std::chrono::steady_clock::now() + longest_flush;
        while (pool_->queue_size() > 0 && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }

    [[nodiscard]] log_statistics statistics() const {
        return {.dropped = pool_->overrun_counter(), .failed = failed_->load()};
    }

private:
    std::shared_ptr<spdlog::async_logger> make(char const* name, std::vector<spdlog::sink_ptr> to,
                                               char const* pattern) {
        auto made = std::make_shared<spdlog::async_logger>(name, to.begin(), to.end(), pool_,
                                                           spdlog::async_overflow_policy::overrun_oldest);
        made->set_pattern(pattern);
        made->set_level(spdlog::level::trace);
        made->flush_on(spdlog::level::warn);
        made->set_error_handler([failed = failed_](std::string const&) { failed->fetch_add(1); });
        return made;
    }
    /// Does it in a thread of its own, and waits for that no longer than the limit.
    template <class Work>
    static void within_limit(Work work) noexcept {
        try {
            std::packaged_task<void()> task{std::move(work)};
            auto const over = task.get_future();
            std::thread{std::move(task)}.detach();
            over.wait_for(longest_flush);
        } catch (std::exception const&) {  // no thread and no memory: what waits is lost
        }
    }

    std::shared_ptr<std::atomic<std::uint64_t>> failed_{std::make_shared<std::atomic<std::uint64_t>>(0)};
    std::shared_ptr<spdlog::details::thread_pool> pool_;
    std::shared_ptr<spdlog::async_logger> lines_{};
    std::shared_ptr<spdlog::async_logger> calls_{};
};

#else

class log_observer::sinks {
public:
    explicit sinks(log_options const&) {
        throw_error(invalid_argument("log", "this build writes no logs: it was made without spdlog"));
    }
    void write(log_level, std::string_view, std::string_view) const {}
    void write_call(std::string_view) const {}
    [[nodiscard]] bool has_calls() const noexcept { return false; }
    void flush() const {}
    [[nodiscard]] log_statistics statistics() const { return {}; }
};

#endif

namespace {

log_options checked_log(log_options options) {
    if (auto valid = validate(options); !valid) throw_error(std::move(valid).error());
    return options;
}

}  // namespace

log_observer::log_observer(log_options options) : options_{checked_log(std::move(options))} {
    try {
        sinks_ = std::make_shared<sinks>(options_);
    } catch (exception const&) {
        throw;
    } catch (std::exception const& failure) {
        throw_error({.code = errc::io_failed, .message = failure.what(), .where = options_.directory});
    }
}

log_observer::~log_observer() = default;

void log_observer::write(log_level level, std::string_view text) noexcept {
    using namespace telemetry::detail;
    try {
        if (level != log_level::off && is_wanted(options_, "program", level))
            sinks_->write(level, "program", one_line(text));
    } catch (std::exception const&) {  // no memory for the line
    }
}

void log_observer::flush() noexcept {
    try {
        sinks_->flush();
    } catch (std::exception const&) {  // no memory for the wish
    }
}

log_statistics log_observer::statistics() const noexcept { return sinks_->statistics(); }

void log_observer::began(operation& one) {
    if (one.kind != operation_kind::batch || !telemetry::detail::is_wanted(options_, "batch", log_level::info)) return;
    sinks_->write(log_level::info, "batch", "batch " + telemetry::detail::one_line(one.name) + ": begun");
}

void log_observer::ended(operation const& one) {
    using namespace telemetry::detail;
    auto const room = room_of(one.kind);
    if (auto const level = level_of(one); is_wanted(options_, room, level)) sinks_->write(level, room, text_of(one));
    if (is_inference(one.kind) && sinks_->has_calls()) sinks_->write_call(inference_json(one, options_.contents));
}

void log_observer::noticed(operation const& in, moment const& what) {
    using namespace telemetry::detail;
    auto const room = what.kind == moment_kind::queued ? std::string_view{"policy"} : room_of(in.kind);
    if (auto const level = level_of(what); is_wanted(options_, room, level))
        sinks_->write(level, room, text_of(in, what));
}

std::size_t log_observer::content_bytes() const noexcept { return options_.contents ? options_.content_bytes : 0; }

}  // namespace coax
