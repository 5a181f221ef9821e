#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"

#include <coax/json/writer.hpp>
#include <coax/tokens/model_encoding.hpp>

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace coax::cli {

namespace {

struct tokens_flags {
    std::string file{"-"};
    std::string encoding{};
    std::string pack{};
    bool ids{false};
    bool special{false};
    bool as_json{false};
};

constexpr std::size_t most_bytes = std::size_t{1} << 30U;

constexpr char tokens_help[] =
    "Prints how many tokens the text is, whether that is exact, and in which encoding:\n"
    "  1234 exact o200k_base\n"
    "The encoding is that of --model, or --encoding. A model whose service does not tell how it counts is counted "
    "with\n"
    "o200k_base, as an estimate. The ranks are read from the folder that COAX_DATA_DIR names, else from where coax is\n"
    "installed; scripts/fetch_ranks puts them there.\n\n";

/// What the text is counted with.
result<model_encoding> chosen_encoding(tokens_flags const& flags, service_flags const& service) {
    if (!flags.encoding.empty()) {
        auto const named = token_encoding_of(flags.encoding);
        if (!named) return invalid_argument("--encoding", "must be o200k_base, cl100k_base or o200k_harmony");
        return model_encoding{*named, true};
    }
    auto model = service.model;
    if (model.empty()) model = process_environment("COAX_MODEL").value_or("");
    if (model.empty()) return invalid_argument("--model", "a model is needed, or --encoding");
    return encoding_of_model(model).value_or(model_encoding{token_encoding::o200k_base, false});
}

std::string ids_of(tokenizer const& with, std::string const& text, special_tokens special) {
    std::string line;
    for (auto const token : with.encode(text, special)) line.append(std::to_string(token)).append("\n");
    return line;
}

result<void> pack(tokens_flags const& flags, token_encoding which) {
    auto const ranks = read_file(flags.file, most_bytes);
    if (!ranks) return ranks.error();
    auto const made = tokenizer::from_ranks(which, *ranks);
    return made ? made->save(flags.pack) : result<void>{made.error()};
}

std::string count_as_json(std::int64_t tokens, model_encoding const& which) {
    std::string text;
    json::writer out{text};
    out.begin_object().member("tokens", tokens).member("exact", which.published);
    out.member("encoding", to_string(which.encoding)).end_object();
    return text + '\n';
}

result<std::string> count(tokens_flags const& flags, model_encoding const& which) {
    auto const with = tokenizer::load(which.encoding);
    if (!with) return with.error();
    auto const text = read_file(flags.file, most_bytes);
    if (!text) return text.error();
    auto const special = flags.special ? special_tokens::as_tokens : special_tokens::as_text;
    if (flags.ids) return ids_of(*with, *text, special);
    if (flags.as_json) return count_as_json(with->count(*text, special), which);
    return std::to_string(with->count(*text, special)) + (which.published ? " exact " : " estimate ") +
           std::string{to_string(which.encoding)} + '\n';
}

int run_tokens(tokens_flags const& flags, service_flags const& service) {
    auto const which = chosen_encoding(flags, service);
    if (!which) return print_error(which.error()), bad_usage;
    auto const text = flags.pack.empty() ? count(flags, *which)
                                         : pack(flags, which->encoding).transform([] { return std::string{}; });
    if (!text)
        return print_error(text.error()), text.error().code == errc::invalid_argument ? bad_usage : could_not_go_on;
    print_answer(*text);
    return all_ok;
}

}  // namespace

void add_tokens_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command = program.add_subcommand("tokens", "Count the tokens of a text");
    auto flags = std::make_shared<tokens_flags>();
    command->add_option("FILE", flags->file, "The text; - or none reads standard input");
    command->add_option("--encoding", flags->encoding, "o200k_base, cl100k_base or o200k_harmony");
    auto* const ids = command->add_flag("--ids", flags->ids, "Print the tokens themselves, one a line");
    command->add_flag("--json", flags->as_json, "Print a JSON object: tokens, exact, encoding")->excludes(ids);
    command->add_flag("--special", flags->special, "A text such as <|endoftext|> is the token of that name");
    command->add_option("--pack", flags->pack,
                        "Make this file for `coax tokens` to read: FILE has ranks as tiktoken has them");
    command->footer(std::string{tokens_help} + exit_code_help);
    command->callback(
        [flags, &service, &chosen] { chosen = [flags, &service] { return run_tokens(*flags, service); }; });
}

}  // namespace coax::cli
