#include "cli/journal_flags.hpp"

#include "cli/number_flag.hpp"

#include <cstdio>
#include <ctime>

namespace coax::cli {

void add_journal_flags(CLI::App& command, journal_flags& flags) {
    command.add_flag("--resume", flags.resume,
                     "Go on with the output of an earlier run: only rows that are missing or have changed are asked. "
                     "--resume=anyway: also with one of another prompt, model, schema, service or parameters, or of "
                     "other input");
    command.add_flag("--retry-failed", flags.retry_failed, "With --resume: do its failed records again");
    command.add_flag("--ask-equal", flags.ask_equal,
                     "Ask each of several equal rows; else they share the answer of the first");
    add_number(command, "--sync-every", flags.sync_every, number_range{0.0, 3'600.0},
               "Seconds after which the disk has what is written, should the power fail; 0: as --sync-lines says")
        ->default_str("1");
    add_number(command, "--sync-lines", flags.sync_lines, number_range{std::uint64_t{0}},
               "Lines after which it has them; 0: as --sync-every says, and at the end")
        ->default_str("1000");
    command.add_option(
        "--shard", flags.shard,
        "I/N: only the rows of part I of N, by the hash of their keys; auto/N: the I of "
        "JOB_COMPLETION_INDEX. Default: the task of a Slurm job array, which then has an output of its own");
    command.add_flag("--ordered", flags.ordered,
                     "Write the lines in the order of the rows: one that is done waits for those before it, and is "
                     "lost with the program should that be killed");
    add_number(command, "--window", flags.window, number_range<std::size_t>{1},
               "With --ordered: most rows begun and not written; default: four times --concurrency");
    add_number(command, "--max-failure-rate", flags.max_failure_rate, number_range{0.0, 1.0},
               "Begin nothing new once more than that share of the last --failure-window records has failed, as 0.2");
    add_number(command, "--failure-window", flags.failure_window, number_range<std::size_t>{1, 1'000'000},
               "Records that --max-failure-rate looks at")
        ->default_str("100");
    command.add_option("--until", flags.until,
                       "Begin nothing new once it is that time of day, as 07:00; --resume goes on");
}

void add_settings(setting_flags& stated, journal_flags const& flags) {
    stated.add("batch.max_failure_rate", flags.max_failure_rate, "--max-failure-rate")
        .add("batch.failure_window", flags.failure_window, "--failure-window")
        .add_switch("batch.ordered", flags.ordered, "--ordered")
        .add("batch.window", flags.window, "--window");
}

result<std::chrono::system_clock::time_point> next_time(std::string const& time_of_day,
                                                        std::chrono::system_clock::time_point now) {
    int hour = 0;
    int minute = 0;
    int length = 0;
    bool const is_time = std::sscanf(time_of_day.c_str(), "%2d:%2d%n", &hour, &minute, &length) == 2 &&
                         static_cast<std::size_t>(length) == time_of_day.size() && time_of_day.front() != '-' &&
                         hour >= 0 && hour < 24 && minute >= 0 && minute < 60;
    if (!is_time) return invalid_argument("--until " + time_of_day, "must be a time of day such as 07:00");
    auto const seconds = std::chrono::system_clock::to_time_t(now);
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    parts.tm_hour = hour;
    parts.tm_min = minute;
    parts.tm_sec = 0;
    parts.tm_isdst = -1;
    auto then = parts;
    if (auto const today = std::chrono::system_clock::from_time_t(std::mktime(&then)); today > now) return today;
    ++parts.tm_mday;
    return std::chrono::system_clock::from_time_t(std::mktime(&parts));
}

result<void> check_journal_flags(journal_flags const& flags) {
    if (!flags.resume.empty() && flags.resume != "true" && flags.resume != "anyway")
        return invalid_argument("--resume=" + flags.resume, "is --resume or --resume=anyway");
    if (flags.resume.empty() && flags.retry_failed) return invalid_argument("--retry-failed", "goes with --resume");
    return {};
}

resume_mode resume_mode_of(journal_flags const& flags) {
    if (flags.resume.empty()) return resume_mode::never;
    return flags.resume == "anyway" ? resume_mode::anyway : resume_mode::matching;
}

result<batch_shard> shard_of(journal_flags const& flags, environment const& look_up) {
    if (!flags.shard.empty()) {
        auto shard = parse_shard(flags.shard, look_up);
        if (shard) return shard;
        auto why = std::move(shard).error();
        if (why.where == "shard") why.where = "--shard " + flags.shard;
        return why;
    }
    auto const found = found_shard(look_up);
    if (!found) return found.error();
    return found->value_or(batch_shard{});
}

std::string output_of_shard(std::string const& out, batch_shard const& shard) {
    if (shard.count == 1 || out == "-") return out;
    auto const name = out.rfind('/') + 1;
    auto const dot = out.find('.', name + 1);
    auto const part = '.' + std::to_string(shard.number) + "-of-" + std::to_string(shard.count);
    return std::string{out}.insert(dot == std::string::npos ? out.size() : dot, part);
}

}  // namespace coax::cli
