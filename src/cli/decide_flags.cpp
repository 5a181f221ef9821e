#include "cli/decide_flags.hpp"

#include "cli/files.hpp"
#include "cli/number_flag.hpp"

#include <coax/batch/response_origin.hpp>
#include <coax/json/writer.hpp>
#include <coax/provider/provider.hpp>
#include <coax/runtime/asio.hpp>

#include <CLI/CLI.hpp>

#include <map>
#include <utility>

namespace coax::cli {
namespace {

using json::writer;

std::map<std::string, decision_form> const& forms() {
    static std::map<std::string, decision_form> const all{{"automatic", decision_form::automatic},
                                                          {"measured", decision_form::measured},
                                                          {"chat", decision_form::structured_output}};
    return all;
}

void write_value(writer& out, decision_question const& question, decision_answer const& answer) {
    bool const is_number = question.kind == decision_kind::predicate || question.kind == decision_kind::score;
    is_number ? out.raw(answer.label) : out.value(answer.label);
}

void write_probabilities(writer& out, decision_answer const& answer) {
    out.key(answer.name).begin_object();
    for (auto const& [label, probability] : answer.distribution) out.member(label, probability);
    out.end_object();
}

std::string decision_json(decide_plan const& plan, decision_response const& response) {
    std::string text;
    writer out{text};
    out.begin_object().key("value").begin_object();
    for (auto const& question : plan.questions) {
        auto const& answer = *response.find(question.name);
        out.key(question.name);
        if (answer.label.empty() || (question.may_abstain && is_below_threshold(answer, plan.options)))
            out.null();
        else
            write_value(out, question, answer);
    }
    out.end_object().member("measured", response.measured);
    if (response.measured) {
        out.key("probabilities").begin_object();
        for (auto const& answer : response.answers) write_probabilities(out, answer);
        out.end_object();
    }
    out.end_object();
    return text;
}

}  // namespace

void add_decide_flags(CLI::App& command, decide_flags& flags) {
    auto constexpr group = "Decisions";
    command
        .add_option("--decide", flags.schema,
                    "File with a JSON Schema whose properties are typed questions about each record: boolean, enum, or "
                    "integer with minimum and maximum and at most 10 values. Answers get probabilities where the "
                    "service measures them")
        ->group(group);
    command.add_option("--decide-by", flags.form, "automatic, measured (by the service's endpoint) or chat")
        ->check(CLI::IsMember(forms()))
        ->default_str("automatic")
        ->group(group);
    add_number(command, "--threshold", flags.threshold, number_range{0.0, 1.0},
               "A question that allows null gets it where its answer is less likely")
        ->default_str("0.5")
        ->group(group);
}

result<decide_plan> read_decide_plan(decide_flags const& flags, bool has_format, run_identity& run) {
    if (has_format) return invalid_argument("--decide", "goes not with --schema or --json: its file is the schema");
    auto const text = read_file(flags.schema);
    if (!text) return text.error();
    run.schema = *text;
    run.digests.schema = digest_of("decide " + flags.form + ' ' + std::to_string(flags.threshold) + ' ' + *text);
    return decide_plan_of(*text, flags.schema, flags.form, flags.threshold);
}

result<decide_plan> decide_plan_of(std::string const& schema, std::string const& name, std::string const& form,
                                   double threshold) {
    auto questions = read_decision_questions(schema);
    if (!questions) {
        auto why = std::move(questions).error();
        why.where = name + '#' + why.where;
        return why;
    }
    auto const known = forms().find(form);
    if (known == forms().end()) return invalid_argument("--decide-by", "unknown form \"" + form + '"');
    return decide_plan{.questions = *std::move(questions), .options = {.form = known->second, .threshold = threshold}};
}

bool is_measured(decide_plan const& plan, service_options const& service) {
    if (plan.options.form != decision_form::automatic) return plan.options.form == decision_form::measured;
    auto const made = make_provider(service.provider);
    return made && (*made)->decisions_of(service.model).standard;
}

decision_request decision_request_of(decide_plan const& plan, chat_request input) {
    return {.input = std::move(input), .questions = plan.questions, .form = plan.options.form};
}

asio::awaitable<batch_output<std::string>> decide_record(decide_plan const& plan, client llm, chat_request input) {
    auto const response = co_await llm.decide(decision_request_of(plan, std::move(input)));
    value_or_throw(check_answered(plan.questions, response));
    co_return batch_output<std::string>{decision_json(plan, response), response.usage, response.attempts};
}

}  // namespace coax::cli
