// What the program says of itself: help, wrong command lines, completion, manual page, first configuration, doctor.

#include "loopback/cli_program.hpp"

#include <coax/sim/server.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace coax {
namespace {

using test::program;
using test::run_program;
using test::run_shell;
using test::temp_folder;

constexpr std::string_view coax_program = COAX_PROGRAM;

struct refused_line {
    std::vector<std::string> arguments;
    std::string_view says;
};

TEST(CliUsage, AWrongLineIsToldWithWhatWasLikelyMeant) {
    for (auto const& [arguments, says] : std::vector<refused_line>{
             {{"foo"}, R"(unknown command "foo" (see coax --help))"},
             {{"chta", "hi"}, R"(unknown command "chta"; did you mean "chat"? (see coax --help))"},
             {{"config", "chekc", "a"}, R"(unknown command "chekc"; did you mean "check"? (see coax config --help))"},
             {{"chat", "--modle", "m", "hi"},
              R"(unknown flag "--modle"; did you mean "--model"? (see coax chat --help))"},
             {{"chat", "--modle=m", "hi"}, R"(unknown flag "--modle"; did you mean "--model"?)"},
             {{"batch", "a", "--out", "b", "--promt", "c", "--schema", "d"}, R"(did you mean "--prompt"?)"},
             {{"--verison"}, R"(unknown flag "--verison"; did you mean "--version"? (see coax --help))"},
             {{"chat", "one", "two", "three"}, R"(unexpected argument "two" (see coax chat --help))"},
             {{"chat"}, "TEXT is required (see coax chat --help)"},
             {{"--model", "m"}, "a command is missing (see coax --help)"},
             {{"config"}, "a command is missing: check, show or schema (see coax config --help)"},
             {{"help", "bathc"}, R"(unknown command "bathc"; did you mean "batch"? (see coax --help))"},
             {{"help", "config", "al"}, R"(unknown command "al" (see coax config --help))"},
             {{"chat", "--provider", "opnai", "hi"},
              R"(unknown provider "opnai"; did you mean "openai"? (--provider))"},
             {{"chat", "--provider", "nobody", "hi"}, R"(unknown provider "nobody", known are openai, )"},
             {{"batch", "a", "--out", "b", "--prompt", "ask.text"},
              "neither a file nor a text with a {{field}} of the records (--prompt ask.text)"},
             {{"report", "a"}, "a file is needed, or --json (-o)"},
             {{"cache", "stats"}, "which cache? name it, or set COAX_CACHE (--cache)"},
             {{"queue", "status"}, "which queue? name it, or set COAX_QUEUE (--queue)"}}) {
        auto const end = run_program(arguments, {});
        EXPECT_EQ(end.exit_code, 2) << says;
        EXPECT_NE(end.errors.find(says), std::string::npos) << says << "\n" << end.errors;
        EXPECT_EQ(std::ranges::count(end.errors, '\n'), 1) << end.errors;
    }
}

TEST(CliUsage, AloneItShowsWhatPeopleDo) {
    auto const end = run_program({}, {});
    EXPECT_EQ(end.exit_code, 0);
    for (std::string_view const part : {"coax chat", "coax batch", "coax doctor", "serve-sim", "--help"})
        EXPECT_NE(end.output.find(part), std::string::npos) << end.output;
}

/// As the program's own page lists them.
std::vector<std::string> commands() {
    auto const page = run_program({"--help"}, {}).output;
    std::istringstream in{page.substr(page.find("Subcommands:\n"))};
    std::vector<std::string> names;
    std::string line;
    for (std::getline(in, line); std::getline(in, line) && !line.empty();)
        if (line.size() > 2 && line[2] != ' ') names.push_back(line.substr(2, line.find(' ', 2) - 2));
    EXPECT_GT(names.size(), 10U) << page;
    return names;
}

/// Lines that are no example and no table.
std::vector<std::string> prose(std::string const& page) {
    std::vector<std::string> lines;
    std::istringstream in{page};
    for (std::string line; std::getline(in, line);)
        if (!line.starts_with("  coax ") && !line.starts_with("  {") && !line.starts_with("  git "))
            lines.push_back(line);
    return lines;
}

TEST(CliHelp, FitsEightyColumnsAndShowsExamples) {
    for (auto const& command : commands()) {
        auto const end = run_program({command, "--help"}, {});
        EXPECT_EQ(end.exit_code, 0) << command;
        EXPECT_NE(end.output.find("Examples:\n"), std::string::npos) << command;
        for (auto const& line : prose(end.output)) EXPECT_LE(line.size(), 80U) << command << ": " << line;
    }
    for (auto const& line : prose(run_program({"--help"}, {}).output)) EXPECT_LE(line.size(), 80U) << line;
}

TEST(CliHelp, IsAlsoACommand) {
    EXPECT_EQ(run_program({"help"}, {}).output, run_program({"--help"}, {}).output);
    for (auto const& command : commands())
        EXPECT_EQ(run_program({"help", command}, {}).output, run_program({command, "--help"}, {}).output);
    EXPECT_EQ(run_program({"help", "config", "check"}, {}).output,
              run_program({"config", "check", "--help"}, {}).output);
    EXPECT_EQ(run_program({"version"}, {}).output, run_program({"--version"}, {}).output);
}

TEST(CliHelp, CommandsThatAskAServiceShowItsFlags) {
    for (auto const& command : {"batch", "chat", "check", "doctor", "embed", "models"})
        EXPECT_NE(run_program({command, "--help"}, {}).output.find("--base-url"), std::string::npos) << command;
    EXPECT_EQ(run_program({"serve-sim", "--help"}, {}).output.find("--api-version"), std::string::npos);
}

struct completed_line {
    std::string_view words;  ///< The last one is being written.
    std::string_view offers;
};

std::string completed_by_bash(std::string_view words) {
    auto const line = "eval \"$(" + std::string{coax_program} + " completion bash)\"; COMP_WORDS=(" +
                      std::string{words} + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _coax; echo \"${COMPREPLY[*]}\"";
    temp_folder const folder;
    auto const end = run_shell("bash " + folder.write("line", line), {{"PATH", "/usr/bin:/bin"}});
    EXPECT_EQ(end.errors, "");
    return end.output;
}

TEST(CliCompletion, BashOffersCommandsFlagsAndValues) {
    for (auto const& [words, offers] :
         {completed_line{"coax ba", "batch\n"}, completed_line{"coax con", "config\n"},
          completed_line{"coax config sc", "schema\n"}, completed_line{"coax chat --str", "--stream\n"},
          completed_line{"coax --model m chat --base", "--base-url\n"},
          completed_line{"coax chat --api res", "responses\n"}, completed_line{"coax batch --lim", "--limit\n"},
          completed_line{"coax nothing", "\n"}})
        EXPECT_EQ(completed_by_bash(words), offers) << words;
}

TEST(CliCompletion, OtherShellsReadTheirScripts) {
    program::environment const paths{{"PATH", "/usr/bin:/bin"}};
    for (std::string const shell : {"bash", "zsh", "fish"}) {
        auto const end = run_program({"completion", shell}, {});
        EXPECT_EQ(end.exit_code, 0);
        for (auto const& command : commands()) EXPECT_NE(end.output.find(command), std::string::npos) << shell;
        if (run_shell("command -v " + shell, paths).exit_code != 0) continue;
        temp_folder const folder;
        auto const read = run_shell(shell + " -n " + folder.write("script", end.output), paths);
        EXPECT_EQ(read.exit_code, 0) << read.errors;
        EXPECT_EQ(read.errors, "");
    }
    EXPECT_EQ(run_program({"completion", "tcsh"}, {}).exit_code, 2);
}

TEST(CliManual, NamesEveryCommandAndIsReadWithoutAWarning) {
    auto const end = run_program({"man"}, {});
    EXPECT_EQ(end.exit_code, 0);
    for (auto command : commands()) {
        if (auto const dash = command.find('-'); dash != std::string::npos) command.insert(dash, "\\");
        EXPECT_NE(end.output.find(".SS coax " + command), std::string::npos) << command;
    }
    program::environment const paths{{"PATH", "/usr/bin:/bin"}};
    if (run_shell("command -v groff", paths).exit_code != 0) GTEST_SKIP() << "no groff here";
    temp_folder const folder;
    auto const read = run_shell("groff -Kutf8 -man -Tutf8 -ww -z " + folder.write("coax.1", end.output), paths);
    EXPECT_EQ(read.exit_code, 0);
    EXPECT_EQ(read.errors, "");
}

/// The settings that stand there as comments, too.
std::string with_all_settings(std::string const& text) {
    std::istringstream in{text.substr(text.find("\n\n"))};
    std::string all;
    for (std::string line; std::getline(in, line);) all += (line.starts_with("# ") ? line.substr(2) : line) + '\n';
    return all;
}

TEST(CliInit, WritesAConfigurationWhoseCommentsAreSettings) {
    temp_folder const folder;
    auto const path = folder.path("coax.yaml");
    program::environment const with_key{{"OPENAI_API_KEY", "sk-test-key"}};
    EXPECT_EQ(run_program({"init", path}, {}).exit_code, 0);
    auto const text = temp_folder::read(path);
    auto const check = run_program({"config", "check", path}, with_key);
    EXPECT_EQ(check.exit_code, 0) << check.errors;
    auto const all = with_all_settings(text);
    EXPECT_NE(all.find("\nlog:\n  level: info\n"), std::string::npos) << all;
    auto const whole = run_program({"config", "check", folder.write("all.yaml", all)}, with_key);
    EXPECT_EQ(whole.exit_code, 0) << whole.errors << all;

    auto const again = run_program({"init", path}, {});
    EXPECT_EQ(again.exit_code, 2);
    EXPECT_NE(again.errors.find("--force"), std::string::npos) << again.errors;
    EXPECT_EQ(temp_folder::read(path), text);
    EXPECT_EQ(run_program({"init", path, "--force"}, {}).exit_code, 0);
    EXPECT_EQ(run_program({"init", folder.path("none/coax.yaml")}, {}).exit_code, 3);
}

TEST(CliDoctor, SaysWhatIsWrongAndWhatToDo) {
    sim::server const server{{.api_key = "sk-sim-right-key"}};
    auto const look = [&](std::string key, std::vector<std::string> more) {
        std::vector<std::string> all{"doctor", "--base-url", server.url() + "/v1", "--model", "m"};
        all.insert(all.end(), more.begin(), more.end());
        return run_program(all, {{"COAX_API_KEY", std::move(key)}});
    };
    auto const well = look("sk-sim-right-key", {});
    EXPECT_EQ(well.exit_code, 0) << well.output;
    for (std::string_view const part : {"ok     address", "ok     key", "ok     model", "ok     clock", "ok     proxy"})
        EXPECT_NE(well.output.find(part), std::string::npos) << well.output;

    auto const locked = look("sk-sim-wrong-key", {});
    EXPECT_EQ(locked.exit_code, 3);
    EXPECT_NE(locked.output.find("wrong  key"), std::string::npos) << locked.output;
    EXPECT_NE(locked.output.find("-> set the service's key anew"), std::string::npos) << locked.output;
    EXPECT_EQ(locked.output.find("sk-sim-wrong-key"), std::string::npos) << locked.output;
    EXPECT_NE(look("sk-sim-wrong-key", {"--json"}).output.find(R"({"is":"wrong","what":"key")"), std::string::npos);

    auto const none = run_program({"doctor"}, {});
    EXPECT_EQ(none.exit_code, 3);
    EXPECT_NE(none.output.find("wrong  service"), std::string::npos) << none.output;
}

}  // namespace
}  // namespace coax
