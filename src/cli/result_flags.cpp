#include "cli/result_flags.hpp"

#include "cli/batch_job.hpp"
#include "cli/files.hpp"
#include "table/internal/byte_codec.hpp"
#include "table/internal/columns.hpp"

#include <coax/batch/result_table.hpp>
#include <coax/bind/read.hpp>
#include <coax/provider/service_profile.hpp>
#include <coax/table/write_table.hpp>

#include <CLI/CLI.hpp>

#include <map>
#include <sys/stat.h>
#include <utility>

namespace coax::cli {

namespace {

using table::detail::compression;
using table::detail::unknown_column;

/// Whether a table has no place for objects and lists.
bool is_flat(std::string const& path) {
    auto const format = table::detail::known_format(path);
    return format && (*format == table_format::csv || *format == table_format::tsv);
}

bool has_content(std::string const& path) {
    struct stat facts{};
    return ::stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size > 0;
}

/// What tokens cost, where the model's prices are known.
std::function<std::optional<std::string>(usage const&, billing::tier)> price_of(batch_job const& job) {
    auto const& service = job.options.service;
    auto const& name = service.provider.profile ? service.provider.profile->name : service.provider.service;
    auto const* const facts = job.facts.find(service.model, name);
    if (facts == nullptr) return {};
    return [facts](usage const& used, billing::tier tier) -> std::optional<std::string> {
        auto const cost = cost_of(used, *facts, {.at = tier});
        return cost ? std::optional{to_string(*cost)} : std::nullopt;
    };
}

/// The names of the answers' members; none: they have no fixed ones.
std::vector<std::string> property_names(batch_job const& job) {
    struct described {
        std::optional<std::map<std::string, json_value>> properties{};
    };
    std::vector<std::string> names;
    auto const schema = job.schema ? job.schema->for_dialect(schema_dialect::anthropic) : result<std::string>{""};
    if (!schema || schema->empty() || !job.schema->is_object()) return names;
    auto const read = json::read<described>(*schema, {.require_fields = false});
    if (read && read->properties)
        for (auto const& property : *read->properties) names.push_back(property.first);
    return names;
}

/// The columns that there can be; a name with a point in it may also be a member of one.
std::vector<table_column> possible_columns(batch_job const& job, std::vector<std::string> const& properties) {
    auto known = job.table.columns;
    if (properties.empty()) known.push_back({"output"});
    for (auto const& name : properties) known.push_back({name});
    for (auto const& name : result_columns()) known.push_back({name});
    return known;
}

result<void> check_names(std::vector<std::string> const& wanted, char const* flag,
                         std::vector<table_column> const& known) {
    for (auto name : wanted) {
        for (std::string_view const prefix : {"output.", "result."})
            if (name.starts_with(prefix)) name.erase(0, prefix.size());
        auto const outer = name.substr(0, name.find('.'));
        if (table::detail::find_column(known, name) == nullptr && table::detail::find_column(known, outer) == nullptr)
            return unknown_column(flag, name, known);
    }
    return {};
}

}  // namespace

bool is_table_name(std::string_view path) {
    auto const plain = table::detail::without_compression(path);
    if (table::detail::compression_of(path) != compression::none) return true;
    for (std::string_view const end : {".csv", ".tsv", ".tab", ".parquet", ".arrow", ".arrows", ".feather", ".ipc"})
        if (plain.ends_with(end)) return true;
    return false;
}

void add_result_flags(CLI::App& command, result_flags& flags) {
    auto constexpr group = "Output";
    command
        .add_option("--columns", flags.columns,
                    "Columns of the table, in this order: those of the input, of the answers, and index, key, status, "
                    "error, error_kind, model, input_tokens, output_tokens, cost, attempts, latency_ms")
        ->delimiter(',')
        ->group(group);
    command.add_option("--exclude-fields", flags.exclude, "Columns that the table leaves out")
        ->delimiter(',')
        ->group(group);
    command.add_flag("--table", flags.table, "FILE.jsonl is a table as FILE.csv would be")->group(group);
}

result<void> choose_output(batch_flags& flags) {
    auto& results = flags.results;
    bool const shaped = !results.columns.empty() || !results.exclude.empty() || results.table;
    if (!shaped && !is_table_name(flags.out)) return {};
    if (reads_once(flags.out))
        return invalid_argument("--out " + flags.out, "a table is written to a file, whole or not at all");
    if (auto format = table::detail::known_format(flags.out); !format) return format.error();
    if (flags.journal.resume.empty() && has_content(flags.out))
        return error{.code = errc::io_failed,
                     .message = "the output file is not empty: resume it, or name another one",
                     .where = flags.out};
    results.file = std::exchange(flags.out, flags.out + ".journal.jsonl");
    return {};
}

result<void> check_result_columns(batch_job const& job, batch_flags const& flags) {
    auto const properties = property_names(job);
    bool const has_members = job.decide || job.any_json || job.schema;
    bool const is_open = job.table.columns.empty() || (has_members && properties.empty());  // seen in the rows alone
    if (flags.results.file.empty() || is_open) return {};
    auto const known = possible_columns(job, properties);
    if (auto fits = check_names(flags.results.columns, "--columns", known); !fits) return fits;
    return check_names(flags.results.exclude, "--exclude-fields", known);
}

result<void> write_results(batch_job const& job, batch_flags const& flags) {
    auto const& results = flags.results;
    auto rows = read_results(flags.out, [&] { return job.table.open(); },
                             {.limit = job.records.limit,
                              .columns = results.columns,
                              .exclude = results.exclude,
                              .flatten = is_flat(results.file),
                              .model = job.options.service.model,
                              .cost = price_of(job)});
    if (!rows) return rows.error();
    auto const written = write_table(**rows, results.file);
    return written ? result<void>{} : written.error();
}

}  // namespace coax::cli
