#include "cli/batch_job.hpp"

#include "batch/internal/key_index.hpp"
#include "batch/internal/prompt_prefix.hpp"
#include "cli/built_in_schemas.hpp"
#include "cli/configured_client.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"
#include "cli/job_identity.hpp"
#include "cli/job_settings.hpp"
#include "cli/queue_job_text.hpp"
#include "core/internal/near_names.hpp"
#include "table/internal/row_fields.hpp"

#include <coax/bind/read.hpp>
#include <coax/cache/response_cache.hpp>
#include <coax/chat/content_file.hpp>
#include <coax/client/output_format.hpp>
#include <coax/client/token_options.hpp>
#include <coax/provider/embedding.hpp>
#include <coax/provider/provider.hpp>
#include <coax/provider/service_profile.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <utility>

namespace coax::cli {

namespace {

error wrong_record(batch_record const& record, std::string message) {
    return {.code = errc::invalid_json, .message = std::move(message), .where = record.where};
}

content_part to_part(std::string const& path) {
    if (!path.starts_with("https://") && !path.starts_with("http://")) return content_file(path);
    if (path.ends_with(".pdf")) return file_part{.media_type = "application/pdf", .url = path};
    return image_part{.url = path};
}

/// What a record makes of the prompt. An empty field of a CSV file stands as nothing.
result<rendered_prompt> render(batch_job const& job, batch_record const& record) {
    return job.prompt.render(record.fields, !job.table.columns.empty());
}

/// ": did you mean "text"?", of a field that a record lacks.
std::string near_members(batch_record const& record, std::string_view field) {
    auto const members = table::detail::members_of(record.fields);
    std::vector<std::string_view> names;
    for (auto const& member : members) names.emplace_back(member.first);
    auto const near = core::detail::near_names(field, names);
    return near.empty() ? std::string{} : ": did you mean " + core::detail::one_of(near) + '?';
}

}  // namespace

std::string const& service_name(provider_options const& options) {
    return options.profile ? options.profile->name : options.service;
}

result<stream<batch_record>> open_records(batch_job const& job) {
    auto rows = job.table.open();
    if (!rows) return std::move(rows).error();
    return read_records(std::move(*rows), job.records);
}

result<chat_request> request_for(batch_job const& job, batch_record const& record) {
    auto prompt = render(job, record);
    if (!prompt) {
        auto why = std::move(prompt).error();
        why.code = errc::invalid_json;
        why.message += near_members(record, why.where);
        why.where = record.where;
        return why;
    }
    chat_request request = job.defaults;
    if (!prompt->system.empty()) request.messages.push_back(system(std::move(prompt->system)));
    request.messages.push_back(user(std::move(prompt->user)));
    return request;
}

result<std::string> file_of(batch_job const& job, batch_record const& record) {
    if (job.file_field.empty()) return std::string{};
    auto members = json::read<std::map<std::string, json_value>>(record.fields);
    if (!members) return members.error();
    auto const& field = (*members)[job.file_field];
    auto path = field.is_string() ? json::read<std::string>(field) : result<std::string>{std::string{}};
    if (path && !path->empty()) return path;
    return wrong_record(record, "\"" + job.file_field + "\" names no file");
}

result<void> add_file(batch_job const& job, batch_record const& record, chat_request& request) try {
    auto const path = file_of(job, record);
    if (!path) return path.error();
    if (path->empty()) return {};
    auto& question = request.messages.back();
    question.parts = {text_part{std::exchange(question.text, {})}, to_part(*path)};
    return {};
} catch (exception const& wrong) {
    return wrong_record(record, wrong.why().where + ": " + wrong.why().message);
}

chat_request request_with_file(batch_job const& job, batch_record const& record) {
    auto request = value_or_throw(request_for(job, record));
    value_or_throw(add_file(job, record, request));
    return request;
}

std::string sent_text(batch_job const& job, batch_record const& record) {
    std::string text;
    // A record that has no prompt fails, and is another one as soon as it has.
    if (auto const prompt = render(job, record); !record.problem && prompt)
        text.append(1, '\0').append(prompt->system).append(1, '\0').append(prompt->user);
    if (auto const file = file_of(job, record); file && !file->empty()) text.append(1, '\0').append(*file);
    return text;
}

int exit_code_of(batch_summary const& summary, bool interrupted_by_user, std::uint64_t failed_before) {
    if (summary.ended_by) return could_not_go_on;
    if (interrupted_by_user && summary.stopped) return interrupted;
    bool const is_left = !summary.stopped && summary.remaining.value_or(0) > 0;
    return summary.failed + failed_before > 0 || is_left ? some_failed : all_ok;
}

}  // namespace coax::cli
