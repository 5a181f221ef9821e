#include "cli/batch_report.hpp"

#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"
#include "client/internal/without_secrets.hpp"

#include <coax/provider/service_profile.hpp>

#include <filesystem>

namespace coax::cli {
namespace {

report_input input_of(batch_job const& job) { return {.table = job.table, .records = job.records}; }

batch_report_options options_of_report(batch_job const& job) {
    auto const& limits = job.options.policies.rate_limits;
    return {.title = std::filesystem::path{job.out}.filename().string(),
            .model = job.options.service.model,
            .service = service_name(job.options.service.provider),
            .facts = job.facts,
            .requests_per_minute = limits.requests_per_minute,
            .tokens_per_minute = limits.tokens_per_minute,
            .hide = [&job](std::string text) { return coax::detail::without_secrets(std::move(text), job.options); }};
}

}  // namespace

result<void> check_batch_report(batch_job const& job, batch_flags const& flags) {
    return check_report(flags.report, input_of(job), job.out);
}

int write_batch_report(batch_job const& job, batch_flags const& flags, int code) {
    if (flags.report.file.empty() || !file_exists(job.out)) return code;
    auto const report = read_report(flags.report, options_of_report(job), input_of(job), {job.out});
    auto const written = report ? write_file(flags.report.file, report->html()) : result<void>{report.error()};
    if (written) return code;
    print_error(written.error());
    return code == all_ok || code == some_failed ? could_not_go_on : code;
}

}  // namespace coax::cli
