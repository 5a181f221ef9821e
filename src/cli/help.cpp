#include "cli/help.hpp"

#include "cli/console.hpp"
#include "core/internal/near_names.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <vector>

namespace coax::cli {
namespace {

struct command_page {
    std::string_view name;
    bool asks_service{true};
    std::string_view examples{};
};

constexpr std::array pages{
    command_page{.name = "batch",
                 .examples = "  coax batch posts.jsonl --prompt \"Is this angry? {{text}}\" --schema yes_no --out "
                             "answers.jsonl\n"
                             "  coax batch posts.csv --prompt \"Is this angry? {{text}}\" --schema yes_no --out "
                             "answers.csv\n"
                             "  coax batch posts.jsonl --prompt ask.txt --schema label.json --out answers.jsonl "
                             "--max-cost 20\n"
                             "  coax batch tickets.jsonl --prompt \"{{text}}\" --decide questions.json --out "
                             "answers.jsonl\n"
                             "  coax batch posts.jsonl --prompt ask.txt --schema label.json --out answers.jsonl "
                             "--resume\n"},
    command_page{.name = "cache",
                 .asks_service = false,
                 .examples = "  coax cache stats --cache answers.db\n  coax cache clear --cache redis://localhost\n"},
    command_page{.name = "chat",
                 .examples =
                     "  coax chat \"Why is the sky blue?\"\n"
                     "  coax chat --stream --system \"Be brief.\" \"Tell me of Oslo\"\n"
                     "  git diff | coax chat - --system \"Describe this change in one line.\"\n"
                     "  coax chat --mcp \"npx -y @modelcontextprotocol/server-filesystem .\" \"Which file is the "
                     "largest?\"\n"
                     "  coax chat --file plan.pdf \"What is decided here?\"\n"},
    command_page{.name = "check", .examples = "  coax check\n  coax check --provider ollama --model llama3.2 --json\n"},
    command_page{.name = "compare",
                 .examples = "  coax compare \"Why is the sky blue?\" --models gpt-5-mini gpt-5-nano\n"
                             "  coax compare --input sums.jsonl --prompt \"{{question}}\" --expected answer --answer "
                             "number --models gpt-5-mini gpt-5-nano\n"},
    command_page{.name = "completion",
                 .asks_service = false,
                 .examples = "  source <(coax completion bash)\n"
                             "  coax completion zsh > ~/.zfunc/_coax\n"
                             "  coax completion fish > ~/.config/fish/completions/coax.fish\n"},
    command_page{.name = "config",
                 .examples = "  coax config check coax.yaml\n  coax config show --config coax.yaml\n"},
    command_page{.name = "doctor", .examples = "  coax doctor\n  coax doctor --config coax.yaml --service big\n"},
    command_page{.name = "embed",
                 .examples = "  coax embed texts.txt --lines --model text-embedding-3-small --out "
                             "vectors.jsonl\n"},
    command_page{.name = "help", .asks_service = false, .examples = "  coax help batch\n  coax help config check\n"},
    command_page{.name = "init", .asks_service = false, .examples = "  coax init\n  coax init team.yaml\n"},
    command_page{.name = "man", .asks_service = false, .examples = "  coax man | man -l -\n"},
    command_page{.name = "mcp",
                 .examples = "  coax mcp\n"
                             "  coax mcp --provider anthropic --model claude-opus-5\n"
                             "  {\"mcpServers\": {\"coax\": {\"command\": \"coax\", \"args\": [\"mcp\"]}}}\n"},
    command_page{.name = "merge",
                 .asks_service = false,
                 .examples = "  coax batch posts.jsonl --prompt ask.txt --out part1.jsonl --shard 1/2\n"
                             "  coax batch posts.jsonl --prompt ask.txt --out part2.jsonl --shard 2/2\n"
                             "  coax merge part1.jsonl part2.jsonl --out answers.jsonl\n"},
    command_page{.name = "models", .examples = "  coax models\n  coax models --known\n"},
    command_page{.name = "providers", .asks_service = false, .examples = "  coax providers\n"},
    command_page{.name = "queue",
                 .asks_service = false,
                 .examples = "  coax queue status --queue redis://localhost/0/posts\n"
                             "  coax queue retry --queue redis://localhost/0/posts\n"
                             "  coax queue purge --queue redis://localhost/0/posts --yes\n"},
    command_page{.name = "rehearse",
                 .examples = "  coax rehearse posts.jsonl --prompt ask.txt --schema label.json --concurrency 128 "
                             "--service-rpm 3500 --service-tpm 2000000\n"
                             "  coax rehearse posts.jsonl --prompt ask.txt --schema label.json --sample 20\n"
                             "  coax rehearse posts.jsonl --prompt ask.txt --from answers.jsonl --json\n"},
    command_page{.name = "report",
                 .asks_service = false,
                 .examples = "  coax report answers.jsonl -o report.html --model gpt-5-mini\n"
                             "  coax report answers.jsonl -o report.html --input sums.jsonl --expected answer\n"
                             "  coax report answers.jsonl --json\n"},
    command_page{.name = "serve-sim",
                 .asks_service = false,
                 .examples = "  coax serve-sim --port 8080 &\n"
                             "  coax chat --base-url http://127.0.0.1:8080/v1 --model any \"Hello\"\n"
                             "  coax serve-sim --rpm 600 --fault reset=0.05\n"},
    command_page{.name = "show",
                 .asks_service = false,
                 .examples = "  coax show answers.jsonl\n"
                             "  coax show posts.csv --limit 5 --columns id,text\n"
                             "  coax show answers.csv.gz --limit 0 --json | head -n 3\n"},
    command_page{.name = "version", .asks_service = false, .examples = "  coax version\n"},
    command_page{.name = "worker",
                 .examples = "  coax worker --queue redis://queue.example/0/posts --concurrency 64\n"
                             "  coax worker --queue redis://localhost/0/posts --until-empty\n"},
    command_page{.name = "tokens", .examples = "  coax tokens --model gpt-5.4 report.txt\n"},
};

/// Null: the program's own page, or a command of a command.
command_page const* page_of(CLI::App const& command) {
    auto const* const found = std::ranges::find(pages, std::string_view{command.get_name()}, &command_page::name);
    return found == pages.end() || command.get_parent() == nullptr ? nullptr : found;
}

/// A text whose paragraphs are broken at `width`; indented lines, which are examples and tables, stay as they are.
std::string reflowed(std::string_view text, std::size_t width) {
    std::string out;
    std::string paragraph;
    auto const flush = [&] {
        if (!paragraph.empty()) out.append(wrapped(paragraph, 0, width)).append("\n");
        paragraph.clear();
    };
    while (!text.empty()) {
        auto const line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (!line.empty() && line.front() != ' ') {
            paragraph.append(paragraph.empty() ? "" : " ").append(line);
            if (line.back() == ':') flush();
            continue;
        }
        flush();
        out.append(line).append("\n");
    }
    flush();
    return out;
}

class help_formatter : public CLI::Formatter {
public:
    explicit help_formatter(std::size_t width) : width_{width} { column_width(28); }

    std::string make_option(CLI::Option const* option, bool is_positional) const override {
        auto const opts = is_positional ? std::string{} : make_option_opts(option);
        return row(make_option_name(option, is_positional) + opts, make_option_desc(option));
    }
    std::string make_subcommand(CLI::App const* command) const override {
        return row(command->get_name(), command->get_description());
    }
    std::string make_subcommands(CLI::App const* app, CLI::AppFormatMode mode) const override {
        auto text = Formatter::make_subcommands(app, mode);
        auto const* const page = page_of(*app);
        if (page == nullptr || !page->asks_service) return text;
        for (std::string const group : {"Service", "Log"})
            text += make_group(group, false, app->get_parent()->get_options([&](CLI::Option const* option) {
                return option->get_group() == group;
            }));
        return text;
    }
    std::string make_footer(CLI::App const* app) const override {
        auto const* const page = page_of(*app);
        auto text = page != nullptr ? "Examples:\n" + std::string{page->examples} + '\n' : std::string{};
        return text + reflowed(app->get_footer(), width_);
    }
    std::string make_description(CLI::App const* app) const override {
        return wrapped(Formatter::make_description(app), 0, width_);
    }

private:
    [[nodiscard]] std::string row(std::string const& name, std::string const& description) const {
        auto const column = get_column_width();
        std::string line = "  " + name;
        if (line.size() + 2 > column) line += '\n' + std::string(column, ' ');
        if (line.size() < column) line.append(column - line.size(), ' ');
        return line + wrapped(description, column, width_) + '\n';
    }

    std::size_t width_;
};

/// The command that was given, the last of them where one has its own.
CLI::App const& given_command(CLI::App const& program) {
    auto const* command = &program;
    while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
    return *command;
}

std::vector<std::string> names_of_commands(CLI::App const& app) {
    std::vector<std::string> names;
    for (auto const* const each : app.get_subcommands([](CLI::App const* one) { return !one->get_group().empty(); }))
        names.push_back(each->get_name());
    return names;
}

/// "--model", of the command and those above it.
std::vector<std::string> names_of_flags(CLI::App const* app) {
    std::vector<std::string> names;
    for (; app != nullptr; app = app->get_parent())
        for (auto const* const option : app->get_options())
            for (auto const& name : option->get_lnames()) names.push_back("--" + name);
    return names;
}

std::string not_known(std::string_view what, std::string_view name, std::vector<std::string> const& known) {
    auto text = "unknown " + std::string{what} + " \"" + std::string{name} + '"';
    std::vector<std::string_view> const views{known.begin(), known.end()};
    auto const near = core::detail::near_names(name, views);
    return near.empty() ? text : text + "; did you mean " + core::detail::one_of(near) + '?';
}

/// "check, schema or show"
std::string listed(std::vector<std::string> const& names) {
    std::string text;
    for (auto const& name : names) {
        if (!text.empty()) text += &name == &names.back() ? " or " : ", ";
        text += name;
    }
    return text;
}

std::string see_help(CLI::App const& command) {
    std::string path;
    for (auto const* app = &command; app != nullptr; app = app->get_parent()) path = ' ' + app->get_name() + path;
    return " (see" + path + " --help)";
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
    std::string out;
    auto column = indent;
    while (!text.empty()) {
        auto const end = std::min(text.find_first_of(" \n"), text.size());
        if (column > indent && column + 1 + end > width) {
            out.append("\n").append(indent, ' ');
            column = indent;
        }
        if (column > indent) out += ' ', ++column;
        out.append(text.substr(0, end));
        column += end;
        if (end < text.size() && text[end] == '\n') {
            out.append("\n").append(indent, ' ');
            column = indent;
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

void set_help(CLI::App& program) {
    auto const formatter = std::make_shared<help_formatter>(help_width());
    program.formatter(formatter);
    for (auto* const command : program.get_subcommands([](CLI::App*) { return true; })) {
        command->formatter(formatter);
        for (auto* const below : command->get_subcommands([](CLI::App*) { return true; })) below->formatter(formatter);
    }
}

std::string overview() {
    return "coax asks language models: one question, or one for each record of a file.\n"
           "\n"
           "  coax chat \"Why is the sky blue?\"\n"
           "      one question, one answer\n"
           "  coax batch posts.jsonl --prompt ask.txt --schema yes_no --out answers.jsonl\n"
           "      a question for every record; ended early? the same with --resume\n"
           "  coax doctor\n"
           "      is all in order: service, key, model, network, limits?\n"
           "\n"
           "The service and its key come from the environment (coax providers) or a file (coax init).\n"
           "No key? `coax serve-sim` plays a service on this machine.\n"
           "All commands: coax --help. One of them: coax COMMAND --help.\n";
}

result<std::string> help_page(CLI::App const& program, std::vector<std::string> const& names) {
    auto const* command = &program;
    auto path = program.get_name();
    for (auto const& name : names) {
        auto const below = command->get_subcommands([&](CLI::App const* one) { return one->get_name() == name; });
        if (below.empty())
            return error{.code = errc::invalid_argument,
                         .message = not_known("command", name, names_of_commands(*command)) + see_help(*command)};
        path.append(" ").append(name);
        command = below.front();
    }
    return command->get_formatter()->make_help(command, path, CLI::AppFormatMode::Normal);
}

std::string usage_error(CLI::App const& program, CLI::ParseError const& why) {
    auto const& command = given_command(program);
    auto const rest = program.remaining(true);
    auto const flag = std::ranges::find_if(rest, [](std::string const& each) { return each.starts_with('-'); });
    if (flag != rest.end())
        return not_known("flag", flag->substr(0, flag->find('=')), names_of_flags(&command)) + see_help(command);
    if (auto const names = names_of_commands(command); !rest.empty() && !names.empty())
        return not_known("command", rest.front(), names) + see_help(command);
    if (!rest.empty()) return "unexpected argument \"" + rest.front() + '"' + see_help(command);
    if (auto const names = names_of_commands(command); !names.empty())
        return "a command is missing" + (command.get_parent() == nullptr ? "" : ": " + listed(names)) +
               see_help(command);
    std::string const text = why.what();
    return text.substr(0, text.find('\n')) + see_help(command);
}

}  // namespace coax::cli
