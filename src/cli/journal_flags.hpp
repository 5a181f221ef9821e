#pragma once

#include "cli/service_flags.hpp"
#include "cli/setting_flags.hpp"

#include <coax/batch/journal.hpp>
#include <coax/batch/shard.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace coax::cli {

/// Flags about the output as a journal: how it goes on, how safe it is, which rows it has.
struct journal_flags {
    std::string resume{};  ///< "": no; "true"; "anyway".
    bool retry_failed{false};
    bool ask_equal{false};
    double sync_every{1};
    std::uint64_t sync_lines{1'000};
    std::string shard{};
    bool ordered{false};
    std::optional<std::size_t> window{};
    std::optional<double> max_failure_rate{};
    std::optional<std::size_t> failure_window{};
    std::string until{};  ///< "07:00".
};

void add_journal_flags(CLI::App& command, journal_flags& flags);

/// Errors: `errc::invalid_argument`: flags that do not go together.
[[nodiscard]] result<void> check_journal_flags(journal_flags const& flags);

/// What they set of `batch_options`.
void add_settings(setting_flags& stated, journal_flags const& flags);

/// When it is "07:00" next, on this machine's clock. Errors: `errc::invalid_argument`: no such time of day.
[[nodiscard]] result<std::chrono::system_clock::time_point> next_time(std::string const& time_of_day,
                                                                      std::chrono::system_clock::time_point now);

[[nodiscard]] resume_mode resume_mode_of(journal_flags const& flags);

/// The shard that a flag, or else an engine's environment tells; the whole where neither does.
[[nodiscard]] result<batch_shard> shard_of(journal_flags const& flags, environment const& look_up);

/// "out.jsonl" of part 2 of 10 is "out.2-of-10.jsonl"; of the whole, and "-", it stays.
[[nodiscard]] std::string output_of_shard(std::string const& out, batch_shard const& shard);

}  // namespace coax::cli
