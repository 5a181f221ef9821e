#pragma once

#include <coax/batch/journal.hpp>
#include <coax/batch/outcome.hpp>
#include <coax/client/client.hpp>
#include <coax/client/decide.hpp>

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace coax::cli {

/// What of each record is decided.
struct decide_flags {
    std::string schema{};  ///< A file with a JSON Schema; empty: nothing.
    std::string form{"automatic"};
    double threshold{0.5};
};

/// The questions, and how they are asked.
struct decide_plan {
    std::vector<decision_question> questions{};
    decide_options options{};
};

/// Adds the flags to a command.
void add_decide_flags(CLI::App& command, decide_flags& flags);

/// Reads the questions. @param has_format  Answers are to have another one, which goes not with them.
/// Errors: `errc::invalid_argument`, `where` is "FILE#/properties/…"; `errc::io_failed`.
[[nodiscard]] result<decide_plan> read_decide_plan(decide_flags const& flags, bool has_format, run_identity& run);

/// The same of the text of a schema. @param name  Of the schema, for errors.
[[nodiscard]] result<decide_plan> decide_plan_of(std::string const& schema, std::string const& name,
                                                 std::string const& form, double threshold);

/// Whether the service will measure the answers, rather than write them.
[[nodiscard]] bool is_measured(decide_plan const& plan, service_options const& service);

[[nodiscard]] decision_request decision_request_of(decide_plan const& plan, chat_request input);

/// Asks about one record. The output is the values, and the probabilities where they are measured.
[[nodiscard]] asio::awaitable<batch_output<std::string>> decide_record(decide_plan const& plan, client llm,
                                                                       chat_request input);

}  // namespace coax::cli
