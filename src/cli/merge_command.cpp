#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"

#include <coax/batch/merge.hpp>

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

namespace coax::cli {

namespace {

constexpr char merge_help[] =
    "Each OUT is the output of one part of a batch (coax batch --shard I/N, or a task of a Slurm job array). FILE gets "
    "all\n"
    "their lines if they were made in the same way, no row is there twice and none is missing; else it is not written "
    "and\n"
    "what is wrong is told.\n\n";

struct merge_flags {
    std::vector<std::string> parts{};
    std::string out{};
    merge_options options{};
};

int run_merge(merge_flags const& flags) {
    auto const merged = merge_outputs(flags.parts, flags.out, flags.options);
    if (!merged) {
        auto why = merged.error();
        constexpr std::string_view word = "as partial";
        if (auto const at = why.message.find(word); at != std::string::npos)
            why.message.replace(at, word.size(), "with --partial");
        print_error(why);
        return bad_usage;
    }
    auto text = std::to_string(flags.parts.size()) + " parts merged: " + std::to_string(merged->ok) + " rows ok, " +
                std::to_string(merged->failed) + " failed";
    if (merged->missing > 0)
        text +=
            ", " + std::to_string(merged->missing) + " missing, the first is " + std::to_string(merged->first_missing);
    for (auto const& shard : merged->shards) text += "; none of part " + shard;
    print_note(text);
    return all_ok;
}

}  // namespace

void add_merge_command(CLI::App& program, chosen_command& chosen) {
    auto* const command = program.add_subcommand("merge", "Join the outputs of the parts of a batch");
    auto flags = std::make_shared<merge_flags>();
    command->add_option("OUT", flags->parts, "Outputs of the parts")->required();
    command->add_option("--out", flags->out, "The merged file; must be a new one")->required();
    command->add_flag("--partial", flags->options.partial, "Merge also where rows are missing");
    command->footer(std::string{merge_help} + exit_code_help);
    command->callback([flags, &chosen] { chosen = [flags] { return run_merge(*flags); }; });
}

}  // namespace coax::cli
