#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/telemetry/log_options.hpp>
#include <coax/telemetry/observer.hpp>

#include <cstdint>
#include <string_view>

namespace coax {

/// What became of the lines of a log.
struct log_statistics {
    std::uint64_t dropped{0};  ///< The queue was full.
    std::uint64_t failed{0};   ///< They could not be written: a full disk, a folder that is gone.
};

/// Writes what clients and batches do to console and files, by spdlog and a thread of its own: a log that is slow,
/// blocked or broken loses lines, which are counted, and delays nobody.
///
///     options.telemetry.edit().observers.push_back(std::make_shared<coax::log_observer>(coax::log_options{...}));
///
/// Thread safety: from any thread. At its end it writes what waits, for two seconds at most.
class log_observer final : public observer {
public:
    /// @throws coax::exception  `errc::invalid_argument`; `errc::io_failed`, `where` is the folder.
    explicit log_observer(log_options options = {});
    log_observer(log_observer const&) = delete;
    log_observer& operator=(log_observer const&) = delete;
    ~log_observer() override;

    /// A line of the program's own, in room "program".
    void write(log_level level, std::string_view text) noexcept;
    /// Writes what waits. From a thread that may wait; for two seconds at most.
    void flush() noexcept;
    [[nodiscard]] log_statistics statistics() const noexcept;

    void began(operation& one) override;
    void ended(operation const& one) override;
    void noticed(operation const& in, moment const& what) override;
    [[nodiscard]] std::size_t content_bytes() const noexcept override;

private:
    class sinks;

    log_options const options_;
    core::detail::shared_opaque<sinks> sinks_;
};

}  // namespace coax
