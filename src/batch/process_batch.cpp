#include "batch/internal/batch_route_state.hpp"
#include "batch/internal/embedding_groups.hpp"
#include "batch/internal/file.hpp"
#include "batch/internal/process_requests.hpp"
#include "batch/internal/service_text.hpp"
#include "batch/internal/service_ways.hpp"
#include "batch/record_text.hpp"
#include "json/internal/member.hpp"

#include <coax/batch/process_batch.hpp>
#include <coax/provider/embedding.hpp>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <utility>

namespace coax {

namespace {

constexpr std::size_t most_texts = 2'048;

/// A file without a name.
struct temporary_file {
    detail::file_handle file;

    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(file.get()); }
};

result<std::shared_ptr<temporary_file>> make_temporary() {
    std::error_code ignored;
    auto path = (std::filesystem::temp_directory_path(ignored) / "coax_XXXXXX").string();
    detail::file_handle file{::mkostemp(path.data(), O_CLOEXEC)};
    if (file.get() < 0) return detail::file_error("cannot write", path, errno);
    ::unlink(path.c_str());
    return std::make_shared<temporary_file>(std::move(file));
}

}  // namespace

result<void> validate(process_options const& options) {
    if (options.texts_per_request < 1 || options.texts_per_request > most_texts)
        return invalid_argument("texts_per_request", "must be in [1, 2048]");
    if (options.sync_interval.count() < 0) return invalid_argument("sync_interval", "must not be negative");
    if (auto valid = validate(options.shard); !valid) return valid;
    return validate(options.batch);
}

namespace detail {

batch_record to_record(std::uint64_t index, json_value fields, std::string const& key_field) {
    batch_record record{.index = index, .line = index + 1, .key = std::to_string(index)};
    if (auto const found = json::detail::find_member(fields.text(), key_field.empty() ? "id" : key_field)) {
        record.key = record_text(*found);
        record.numeric_key = is_json_number(*found);
    } else if (!key_field.empty()) {
        record.problem = error{.code = errc::invalid_json, .message = "the row has no field \"" + key_field + '"'};
    }
    record.fields = std::move(fields);
    return record;
}

output_format any_json(json::leniency const& leniency) {
    return {.accept = [leniency](std::string_view response) -> result<void> {
        auto read = json::read<json_value>(response, {.leniency = leniency});
        if (!read) return std::move(read).error();
        return {};
    }};
}

/// One batch under way. Named: GCC warns of coroutines that hold types without linkage.
class batch_process {
public:
    explicit batch_process(process_plan plan)
        : plan_{std::move(plan)}, requests_{plan_}, run_{run_of(plan_, requests_)} {
        auto const* const route = plan_.options.via.state();
        if (route != nullptr && route->remote) remote_ = route->remote();
    }

    asio::awaitable<processed_file> run() {
        auto const& wanted = plan_.options;
        value_or_throw(check_route());
        auto ways = value_or_throw(ways_of(wanted.via, wanted.journal, run_.service));
        processed_file done{.path = wanted.journal};
        if (done.path.empty()) {
            auto const made = make_temporary().value();
            done.path = made->path();
            done.owner = made;
        }
        auto const journal =
            std::make_shared<batch_journal>(batch_journal::open(done.path, journal_options_of()).value());
        auto const batch = to_batch();
        bool const compared = journal->wants_rows();
        done.resumed = co_await match_records(batch, journal);
        working_ = true;
        auto options = wanted.batch;
        if (compared) options.total = done.resumed.undone();
        if (!options.telemetry) options.telemetry = plan_.llm.options().telemetry;
        auto running = remote_ ? run_elsewhere(batch, journal, std::move(options))
                               : run_here(batch, journal, std::move(ways), std::move(options));
        done.summary = co_await std::move(running);
        if (auto closed = journal->close(); !closed && !done.summary.ended_by)
            done.summary.ended_by = std::move(closed).error();
        if (remote_ && done.summary.complete()) co_await remote_->finish();
        co_return done;
    }

private:
    using journal_ptr = std::shared_ptr<batch_journal>;

    /// What goes by the service or to others is a chat whose answer is the whole of it.
    [[nodiscard]] result<void> check_route() const {
        auto const* const route = plan_.options.via.state();
        if (route == nullptr || remote_) return {};
        if (plan_.embeds) return invalid_argument("via", "vectors are asked for by one request each, or over a queue");
        if (!plan_.options.tools.entries().empty())
            return invalid_argument("via", "tools are called in live requests only");
        if (route->batches) return check_batches(requests_.service(), "via");
        auto sample = plan_.options.request;
        sample.model = requests_.model();
        return check_background(requests_.service(), std::move(sample), route->background->how.completion_window,
                                "via");
    }

    [[nodiscard]] journal_options journal_options_of() const {
        return {.resume = plan_.options.resume,
                .retry_failed = plan_.options.retry_failed,
                .run = run_,
                .sync_lines = plan_.options.sync_lines};
    }

    [[nodiscard]] record_batch to_batch() {
        return {.open = plan_.open,
                .work = work(),
                .sent = [this](batch_record const& record) { return requests_.sent(record, working_); },
                .form = plan_.form,
                .shard = plan_.options.shard,
                .share_equal = plan_.options.share_equal,
                .sync_interval = plan_.options.sync_interval,
                .on_result = [this](batch_result<std::string> const& outcome) { return written(outcome); }};
    }

    [[nodiscard]] std::function<asio::awaitable<batch_output<std::string>>(batch_record const&)> work() {
        if (remote_)
            return [this](batch_record const& record) {
                return remote_->ask(record, value_or_throw(requests_.make_messages(record)));
            };
        return [this, work = request_work_of(plan_)](batch_record const& record) {
            return work(value_or_throw(requests_.make(record)));
        };
    }

    result<void> written(batch_result<std::string> const& outcome) {
        requests_.forget(outcome.index);
        if (remote_) remote_->written(outcome);
        return plan_.on_result ? plan_.on_result(outcome) : result<void>{};
    }

    asio::awaitable<batch_summary> run_here(record_batch batch, journal_ptr journal, service_ways ways,
                                            batch_options options) {
        service_batch_questions questions{
            .request = [this](batch_record const& record) { return requests_.make(record); },
            .format = plan_.format,
            .output = plan_.output};
        auto const before = plan_.llm.statistics();
        auto summary = co_await run_by_ways(std::move(ways), std::move(batch), std::move(journal), plan_.llm,
                                            std::move(questions), std::move(options));
        add_statistics(summary, before, plan_.llm.statistics());
        co_return summary;
    }

    /// Whose fault a failure is the others find out.
    asio::awaitable<batch_summary> run_elsewhere(record_batch batch, journal_ptr journal, batch_options options) {
        remote_job job{.run = run_, .sent = batch.sent, .shares_equal = plan_.options.share_equal};
        co_await remote_->open(std::move(job));
        options.alike_failures = 0;
        co_return co_await run_records(std::move(batch), std::move(journal), std::move(options));
    }

    process_plan plan_;
    process_requests requests_;
    run_identity run_;
    std::unique_ptr<remote_rows> remote_{};
    bool working_{false};  ///< Records are asked about, not compared.
};

std::function<asio::awaitable<batch_output<std::string>>(chat_request)> request_work_of(process_plan const& plan) {
    if (plan.embeds) {
        auto const groups =
            std::make_shared<embedding_groups>(plan.llm, embedding_request{}, plan.options.texts_per_request);
        return [groups](chat_request request) { return groups->embed(std::move(request.messages.back().text)); };
    }
    return [ask = plan.ask, llm = plan.llm, mark = prefix_marks{plan.options.batch}](chat_request request) {
        return ask(llm, mark(std::move(request)));
    };
}

asio::awaitable<processed_file> process(process_plan plan) {
    validate(plan.options).value();
    auto& concurrency = plan.options.batch.concurrency;
    if (plan.embeds) concurrency = std::max(concurrency, 4 * plan.options.texts_per_request);
    batch_process one{std::move(plan)};
    co_return co_await one.run();
}

}  // namespace detail
}  // namespace coax
