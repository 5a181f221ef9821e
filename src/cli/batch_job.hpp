#pragma once

#include "batch/internal/file.hpp"
#include "cli/cache_flags.hpp"
#include "cli/decide_flags.hpp"
#include "cli/journal_flags.hpp"
#include "cli/progress_flags.hpp"
#include "cli/queue_flags.hpp"
#include "cli/report_flags.hpp"
#include "cli/result_flags.hpp"
#include "cli/service_flags.hpp"
#include "cli/table_flags.hpp"
#include "cli/via_flags.hpp"

#include <coax/batch/batch.hpp>
#include <coax/batch/journal.hpp>
#include <coax/batch/records.hpp>
#include <coax/batch/shard.hpp>
#include <coax/chat/prompt_template.hpp>
#include <coax/client/options.hpp>
#include <coax/schema/runtime_schema.hpp>
#include <coax/tokens/model_facts.hpp>

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace coax::cli {

/// The flags of `coax batch` and `coax embed`.
struct batch_flags {
    std::string input{};
    std::string prompt{};
    std::string schema{};
    std::string out{};
    std::string key_field{};
    std::string file_field{};
    std::string system{};
    std::optional<std::size_t> concurrency{};
    std::optional<std::int64_t> rpm{};
    std::optional<std::int64_t> tpm{};
    bool even_spacing{false};
    bool adaptive{false};
    bool allow_bad_lines{false};
    bool relax_schema{false};
    bool json{false};
    bool quiet{false};
    std::optional<int> max_reasks{};
    std::optional<int> retries{};
    std::optional<double> timeout{};
    progress_flags progress{};
    bool as_json{false};  ///< The summary is.
    std::uint64_t limit{0};
    std::optional<std::uint64_t> max_failures{};
    std::optional<std::uint64_t> max_alike{};
    std::optional<double> max_pause{};
    bool no_resend{false};
    std::string max_cost{};  ///< US dollars; empty: no limit.
    std::string facts{};     ///< A file with facts of models; empty: those of the build.
    std::optional<double> temperature{};
    std::optional<std::int64_t> max_tokens{};
    bool embeds{false};  ///< The prompt is a text whose vector is wanted.
    bool lines{false};   ///< Each line of the input is a text, not an object.
    std::optional<std::int64_t> dimensions{};
    std::size_t texts_per_request{128};
    cache_flags cache{};
    decide_flags decide{};
    journal_flags journal{};
    queue_flags queue{};
    report_flags report{};
    table_flags table{};
    result_flags results{};
    via_flags via{};
};

/// Everything that is known before the first request.
struct batch_job {
    prompt_template prompt;
    std::optional<runtime_schema> schema{};  ///< None: responses are plain text.
    std::optional<decide_plan> decide{};     ///< Typed questions, in place of a schema.
    std::string schema_note{};               ///< Why the service does not enforce it; empty: it does, or there is none.
    bool any_json{false};                    ///< Responses are JSON of any form.
    chat_request defaults{};                 ///< What all requests share.
    std::string file_field{};                ///< Names a record's file; empty: they have none.
    table_input table{};                     ///< Where the records are read, more than once.
    std::string out{};                       ///< Of a shard that was found in the environment: a file of its own.
    coax::detail::file_handle copy{};        ///< Of an input that can be read once only.
    run_identity run{};
    record_options records{};
    std::uint64_t record_count{0};
    batch_shard shard{};
    std::uint64_t shard_count{0};  ///< Records that it has.
    client_options options{};
    batch_options batch{};
    model_table facts{};
    bool is_queued{false};                      ///< Workers ask the service, and keep its limits.
    std::map<std::string, std::string> told{};  ///< Settings that they are told.
};

/// An error and the exit code for it.
struct failure {
    error why{};
    int exit_code{0};
};

/// Found by `boost::system::result::value()`.
[[noreturn]] inline void throw_exception_from_error(failure const& why, boost::source_location const&) {
    throw_error(why.why);
}

/// Reads and checks all input: prompt, schema, every record, the service's options and, on the first record, that the
/// service can be asked. Sends nothing and writes nothing.
[[nodiscard]] boost::system::result<batch_job, failure> prepare(batch_flags const& flags, service_flags const& service,
                                                                environment const& look_up);

/// What prices know a service by.
[[nodiscard]] std::string const& service_name(provider_options const& options);

/// The records of the input, from its beginning.
[[nodiscard]] result<stream<batch_record>> open_records(batch_job const& job);

/// The request for one record. Errors: `errc::invalid_json` with `where` "file:line": a field is missing.
[[nodiscard]] result<chat_request> request_for(batch_job const& job, batch_record const& record);

/// The path or address of a record's file; empty: the records have none. Errors: `errc::invalid_json`.
[[nodiscard]] result<std::string> file_of(batch_job const& job, batch_record const& record);

/// Shows the record's file beside its question: an address of an image or of a PDF, else a path, which is read.
/// Errors: `errc::invalid_json` with `where` "file:line": the field is missing or no text, or the file cannot be used.
[[nodiscard]] result<void> add_file(batch_job const& job, batch_record const& record, chat_request& request);

/// That with its file. @throws coax::exception  Those of both.
[[nodiscard]] chat_request request_with_file(batch_job const& job, batch_record const& record);

/// What is sent for a record, as far as it depends on it; empty: it cannot be asked.
[[nodiscard]] std::string sent_text(batch_job const& job, batch_record const& record);

/// The exit code of a batch that ran. `failed_before`: records that an earlier run left as failed.
[[nodiscard]] int exit_code_of(batch_summary const& summary, bool interrupted, std::uint64_t failed_before);

}  // namespace coax::cli
