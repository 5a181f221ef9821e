#include "batch/internal/any_json.hpp"
#include "batch/internal/embedding_groups.hpp"
#include "batch/internal/file.hpp"
#include "batch/internal/service_text.hpp"
#include "batch/record_text.hpp"
#include "json/internal/member.hpp"

#include <coax/batch/process_batch.hpp>
#include <coax/chat/prompt_template.hpp>
#include <coax/provider/embedding.hpp>
#include <coax/provider/provider.hpp>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <unordered_map>

namespace coax {

namespace {

constexpr std::size_t most_texts = 2'048;

bool is_embedding(detail::process_plan const& plan) noexcept { return plan.embeds; }

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

/// Requests of a batch, and what of them tells one from another.
class request_maker {
public:
    explicit request_maker(detail::process_plan const& plan)
        : plan_{plan}, service_{make_provider(plan.llm.options().service.provider).value()} {
        if (plan.prompt.empty()) return;
        template_ = prompt_template::parse(plan.prompt).value();
        if (template_->fields().empty())
            throw_error(invalid_argument("prompt", "no {{field}} in it: every row would be asked the same"));
    }

    [[nodiscard]] result<chat_request> make(batch_record const& record) {
        if (auto kept = kept_.extract(record.index)) return std::move(kept.mapped());
        if (!template_) return plan_.to_request(record);
        auto prompt = template_->render(record.fields, true);
        if (!prompt) return std::move(prompt).error();
        return to_request(*std::move(prompt));
    }

    /// Empty: there is no request for the record.
    /// @param keeps  The request is kept for the `make` that follows, or `forget`.
    [[nodiscard]] std::string sent(batch_record const& record, bool keeps) {
        if (record.problem) return {};
        if (!template_) {
            auto request = plan_.to_request(record);
            auto text = request ? body_of(*request) : std::string{};
            if (request && keeps) kept_.insert_or_assign(record.index, *std::move(request));
            return text;
        }
        auto prompt = template_->render(record.fields, true);
        if (!prompt) return {};
        auto text = std::string{prompt->system}.append(1, '\0').append(prompt->user);
        if (keeps) kept_.insert_or_assign(record.index, to_request(*std::move(prompt)));
        return text;
    }

    void forget(std::uint64_t index) { kept_.erase(index); }

    /// The parameters of all requests, as they are sent.
    [[nodiscard]] std::string parameters() const {
        auto request = plan_.options.request;
        request.model = "-";
        request.messages.push_back(user("-"));
        return body_of(std::move(request));
    }

private:
    [[nodiscard]] chat_request to_request(rendered_prompt prompt) const {
        auto request = plan_.options.request;
        if (!prompt.system.empty()) request.messages.push_back(system(std::move(prompt.system)));
        request.messages.push_back(user(std::move(prompt.user)));
        return request;
    }

    [[nodiscard]] std::string body_of(chat_request request) const {
        if (request.model.empty()) request.model = plan_.llm.options().service.model;
        auto encoded = service_->encode(request, false);
        // What cannot be sent is told when it is: here its texts are enough.
        if (encoded) return std::move(encoded->body);
        std::string text;
        for (auto const& each : request.messages) text.append(each.text).append(1, '\0');
        return text;
    }

    detail::process_plan const& plan_;
    std::shared_ptr<provider const> service_;
    std::optional<prompt_template> template_{};
    std::unordered_map<std::uint64_t, chat_request> kept_{};  ///< Of the records in work.
};

run_identity run_of(detail::process_plan const& plan, request_maker const& requests) {
    auto const& service = plan.llm.options().service;
    run_identity run{.prompt = plan.prompt.empty() ? "made by a function" : plan.prompt,
                     .model = is_embedding(plan) ? service.embedding_model : service.model,
                     .schema = plan.schema,
                     .service = detail::service_text(service.provider)};
    if (plan.options.shard.count > 1) run.shard = to_string(plan.options.shard);
    run.digests = {.prompt = digest_of(run.prompt),
                   .model = digest_of(run.model),
                   .schema = digest_of(run.schema),
                   .service = digest_of(run.service),
                   .parameters = digest_of(requests.parameters())};
    return run;
}

using record_work = std::function<asio::awaitable<batch_output<std::string>>(batch_record const&)>;

record_work work_of(detail::process_plan const& plan, request_maker& requests) {
    if (is_embedding(plan)) {
        auto const groups =
            std::make_shared<detail::embedding_groups>(plan.llm, embedding_request{}, plan.options.texts_per_request);
        return [groups, &requests](batch_record const& record) {
            return groups->embed(value_or_throw(requests.make(record)).messages.back().text);
        };
    }
    return [&plan, &requests, mark = detail::prefix_marks{plan.options.batch}](batch_record const& record) {
        return plan.ask(plan.llm, mark(value_or_throw(requests.make(record))));
    };
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

asio::awaitable<processed_file> process(process_plan plan) {
    validate(plan.options).value();
    auto const& wanted = plan.options;
    if (plan.embeds) plan.options.batch.concurrency = std::max(wanted.batch.concurrency, 4 * wanted.texts_per_request);
    request_maker requests{plan};
    bool working = false;
    auto const on_result = [&](batch_result<std::string> const& outcome) {
        requests.forget(outcome.index);
        return plan.on_result ? plan.on_result(outcome) : result<void>{};
    };
    processed_file done{.path = wanted.journal};
    if (done.path.empty()) {
        auto const made = make_temporary().value();
        done.path = made->path();
        done.owner = made;
    }
    auto const journal =
        std::make_shared<batch_journal>(batch_journal::open(done.path, {.resume = wanted.resume,
                                                                        .retry_failed = wanted.retry_failed,
                                                                        .run = run_of(plan, requests),
                                                                        .sync_lines = wanted.sync_lines})
                                            .value());
    record_batch const batch{.open = plan.open,
                             .work = work_of(plan, requests),
                             .sent = [&](batch_record const& record) { return requests.sent(record, working); },
                             .form = plan.form,
                             .shard = wanted.shard,
                             .share_equal = wanted.share_equal,
                             .sync_interval = wanted.sync_interval,
                             .on_result = on_result};
    bool const compared = journal->wants_rows();
    done.resumed = co_await match_records(batch, journal);
    working = true;
    auto options = wanted.batch;
    if (compared) options.total = done.resumed.undone();
    if (!options.telemetry) options.telemetry = plan.llm.options().telemetry;
    auto const before = plan.llm.statistics();
    done.summary = co_await run_records(batch, journal, std::move(options));
    add_statistics(done.summary, before, plan.llm.statistics());
    if (auto closed = journal->close(); !closed && !done.summary.ended_by)
        done.summary.ended_by = std::move(closed).error();
    co_return done;
}

}  // namespace detail
}  // namespace coax
