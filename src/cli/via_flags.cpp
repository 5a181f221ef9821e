#include "cli/via_flags.hpp"

#include "batch/internal/figure_text.hpp"
#include "batch/internal/service_text.hpp"
#include "batch/internal/service_ways.hpp"
#include "cli/batch_job.hpp"
#include "cli/files.hpp"
#include "cli/number_flag.hpp"

#include <coax/provider/background.hpp>
#include <coax/provider/provider.hpp>
#include <coax/provider/service_batch.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <utility>

namespace coax::cli {

using coax::detail::background_ledger_of;
using coax::detail::batches_ledger_of;
using coax::detail::check_background;
using coax::detail::check_batches;
using coax::detail::has_rows_under_way;

void add_via_flags(CLI::App& command, via_flags& flags) {
    command
        .add_option(
            "--via", flags.via,
            "The way that rows take: live, one request each; batch-api, the service's own batches, within a "
            "day and for half the price (openai, azure, anthropic, gemini); background=2h and background=8h, responses "
            "that are made by then for less (openai, with --api responses). It can change with --resume")
        ->check(CLI::IsMember({"live", "batch-api", "background=2h", "background=8h"}))
        ->capture_default_str();
    command
        .add_option("--unfinished", flags.unfinished,
                    "With --via batch-api, rows that a batch leaves undone: again, into another batch; live, one by "
                    "one; leave, for a later --resume")
        ->check(CLI::IsMember({"again", "live", "leave"}))
        ->capture_default_str();
    add_number(command, "--batch-rounds", flags.rounds, number_range{1, 100},
               "Times that a row goes into a batch at most")
        ->default_str("3");
    add_number(command, "--batch-rows", flags.rows, number_range<std::size_t>{1},
               "Rows of one batch at most; default: what the service takes");
    add_number(command, "--batch-poll", flags.poll, number_range{0.01, 3'600.0},
               "Seconds between two looks at a batch at most")
        ->default_str("60");
    command.add_flag("--cancel-batches", flags.cancel,
                     "With --resume: cancel the service's batches that are under way, and write what they have done");
}

bool goes_by_batches(via_flags const& flags) noexcept { return flags.via == "batch-api"; }

bool goes_in_background(via_flags const& flags) noexcept { return flags.via.starts_with("background="); }

std::optional<background_rows_options> background_of(batch_job const& job, batch_flags const& flags) {
    background_rows_options options{.ledger = background_ledger_of(job.out)};
    bool const is_resumed = job.out != "-" && !flags.journal.resume.empty() && file_exists(options.ledger);
    if (!goes_in_background(flags.via) && !is_resumed) return std::nullopt;
    if (goes_in_background(flags.via)) options.how.completion_window = flags.via.via.substr(11);
    if (flags.via.poll) {
        options.wait.longest_interval = std::chrono::milliseconds{static_cast<std::int64_t>(*flags.via.poll * 1'000)};
        options.wait.first_interval = std::min(options.wait.first_interval, options.wait.longest_interval);
    }
    return options;
}

result<void> check_via(batch_job const& job, batch_flags const& flags) {
    auto const& via = flags.via;
    if (via.cancel && flags.journal.resume.empty())
        return invalid_argument("--cancel-batches", "goes with --resume: it is about batches of a run before");
    if (flags.journal.resume.empty() && has_rows_under_way(job.out))
        return invalid_argument("--out " + job.out,
                                "the service still works on rows of a run before: --resume goes on "
                                "with them, --resume --cancel-batches ends its batches");
    if (via.via == "live") return {};
    auto const where = "--via " + via.via;
    auto const service = make_provider(job.options.service.provider);
    if (!service) return service.error();
    if (flags.embeds) return invalid_argument(where, "vectors are asked for live only");
    if (job.decide) return invalid_argument(where, "--decide is asked live only");
    if (job.out == "-") return invalid_argument(where, "needs a file for its output: name one with --out");
    if (goes_in_background(via)) {
        auto sample = job.defaults;
        sample.model = job.options.service.model;
        return check_background(**service, std::move(sample), via.via.substr(via.via.find('=') + 1), where);
    }
    if (file_exists(background_ledger_of(job.out)))
        return invalid_argument(where,
                                "responses in the background are under way: first go on with --via background=… "
                                "or live");
    return check_batches(**service, where);
}

std::optional<service_batch_options> service_batches_of(batch_job const& job, batch_flags const& flags) {
    auto const& via = flags.via;
    if (job.out == "-" || flags.embeds || job.decide) return std::nullopt;
    service_batch_options options{.ledger = batches_ledger_of(job.out),
                                  .service = coax::detail::service_text(job.options.service.provider)};
    bool const is_resumed = !flags.journal.resume.empty() && has_open_batches(options.ledger);
    if (!goes_by_batches(via) && !is_resumed) return std::nullopt;
    options.cancel = via.cancel;
    options.unfinished = via.unfinished == "leave"  ? unfinished_rows::leave
                         : via.unfinished == "live" ? unfinished_rows::live
                                                    : unfinished_rows::again;
    if (!goes_by_batches(via)) options = coax::detail::only_draining(std::move(options));
    if (via.rounds) options.max_rounds = *via.rounds;
    if (via.rows) options.max_requests = *via.rows;
    if (via.poll) {
        options.longest_interval = std::chrono::milliseconds{static_cast<std::int64_t>(*via.poll * 1'000)};
        options.first_interval = std::min(options.first_interval, options.longest_interval);
    }
    return options;
}

std::string batches_text(std::vector<service_batch_progress> const& all) {
    std::string text = std::to_string(all.size()) + (all.size() == 1 ? " batch: " : " batches: ");
    std::string_view separator{};
    for (auto const& one : all) {
        text.append(separator).append(to_string(one.batch.state)).append(" ");
        text.append(coax::detail::grouped(one.batch.succeeded + one.batch.failed)).append("/");
        text.append(coax::detail::grouped(one.rows));
        separator = ", ";
    }
    return text;
}

}  // namespace coax::cli
