#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"

#include <coax/client/client.hpp>
#include <coax/client/connection_check.hpp>
#include <coax/json/writer.hpp>
#include <coax/provider/model_info.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/tokens/model_facts.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace coax::cli {

namespace {

/// One JSON object a line: what the service said of each.
std::string to_json_lines(std::vector<model_info> const& models) {
    std::string text;
    for (auto const& model : models) text.append(model.raw.text()).append("\n");
    return text;
}

std::string to_text(std::vector<model_info> const& models) {
    std::size_t width = 0;
    for (auto const& model : models) width = std::max(width, model.id.size());
    std::string text;
    for (auto const& model : models) {
        std::string facts;
        if (model.max_input_tokens) facts += "  " + std::to_string(*model.max_input_tokens) + " tokens";
        if (!model.retires.empty()) facts += "  until " + model.retires;
        text.append(model.id);
        if (!facts.empty()) text.append(width - model.id.size(), ' ').append(facts);
        text.append("\n");
    }
    return text;
}

using days = std::chrono::days;

std::string day_text(std::chrono::sys_days day) {
    std::chrono::year_month_day const date{day};
    auto const two = [](unsigned number) { return (number < 10 ? "-0" : "-") + std::to_string(number); };
    return std::to_string(static_cast<int>(date.year())) + two(static_cast<unsigned>(date.month())) +
           two(static_cast<unsigned>(date.day()));
}

/// Tells which of the models are gone or go soon.
void warn_of_shutdowns(std::vector<model_info> const& models, model_table const& known, std::string_view service) {
    constexpr days soon{60};
    auto const today = std::chrono::floor<days>(std::chrono::system_clock::now());
    for (auto const& model : models) {
        auto const* const facts = known.find(model.id, service);
        if (facts == nullptr || !facts->shutdown || *facts->shutdown - today > soon) continue;
        auto const left = (*facts->shutdown - today).count();
        print_note(model.id + " is shut down on " + day_text(*facts->shutdown) +
                   (left > 0 ? ", in " + std::to_string(left) + " days" : ", so it may be gone"));
    }
}

/// What is known of models without asking anybody, in the form of a file of facts.
std::string to_facts_file(model_table const& known) {
    std::string text;
    json::writer out{text};
    auto const number = [&out](char const* name, auto const& value) {
        if (value) out.member(name, *value);
    };
    auto const prices = [&](token_prices const& of) {
        auto const price = [&](char const* name, std::optional<std::int64_t> each) {
            if (each) out.member(name, static_cast<double>(*each) / 1e6);
        };
        price("input", of.input), price("cached_input", of.cached_input), price("cache_write", of.cache_write);
        price("cache_write_long", of.cache_write_long), price("output", of.output);
    };
    out.begin_object().member("as_of", known.as_of()).key("models").begin_array();
    for (auto const& one : known.models()) {
        out.begin_object().member("id", one.id).member("service", one.service);
        number("max_input_tokens", one.max_input_tokens), number("max_output_tokens", one.max_output_tokens);
        out.key("usd_per_million").begin_object();
        prices(one.prices);
        out.end_object();
        if (one.long_context_above > 0) {
            out.key("long_context").begin_object().member("above_input_tokens", one.long_context_above);
            prices(one.long_context);
            out.end_object();
        }
        number("batch_percent", one.batch_percent), number("flex_percent", one.flex_percent);
        number("priority_percent", one.priority_percent);
        if (one.shutdown) out.member("shutdown", day_text(*one.shutdown));
        if (!one.encoding.empty()) out.member("encoding", one.encoding);
        out.end_object();
    }
    out.end_array().end_object();
    return text + '\n';
}

struct models_flags {
    bool as_json{false};
    bool known{false};
    std::string facts{};
};

int run_models(models_flags const& flags, service_flags const& service) {
    auto const known = flags.facts.empty() ? result<model_table>{model_table{}} : model_table::load(flags.facts);
    if (!known) return print_error(known.error()), bad_usage;
    if (flags.known) return print_answer(to_facts_file(*known)), all_ok;
    auto options = resolve(service, process_environment);
    if (!options) {
        print_error(options.error());
        return resolve_exit_code(options.error());
    }
    runtime rt;
    client const llm{rt.executor(), std::move(*options)};
    auto const models = rt.run(as_result(llm.models()));
    if (!models) {
        print_error(models.error());
        return models.error().code == errc::invalid_argument ? bad_usage : could_not_go_on;
    }
    print_answer(flags.as_json ? to_json_lines(*models) : to_text(*models));
    warn_of_shutdowns(*models, *known, llm.info().service);
    return all_ok;
}

}  // namespace

void add_models_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command = program.add_subcommand("models", "List the models of the service");
    auto flags = std::make_shared<models_flags>();
    command->add_flag("--json", flags->as_json,
                      "Print a JSON object a line, with all that the service says of a model");
    command->add_flag("--known", flags->known,
                      "Ask nobody: print what is known of models here, with prices, as a file for --facts");
    command->add_option("--facts", flags->facts, "File with prices and limits of models, besides those built in");
    command->callback(
        [flags, &service, &chosen] { chosen = [flags, &service] { return run_models(*flags, service); }; });
}

}  // namespace coax::cli
