#include "cli/manual_page.hpp"

#include "cli/exit_code.hpp"
#include "cli/program_description.hpp"

#include <algorithm>
#include <string_view>

namespace coax::cli {
namespace {

/// As troff takes it: no letter of a text is a command.
std::string escaped(std::string_view text) {
    std::string out;
    for (char const c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else
            out += c;
    }
    return out;
}

std::string line(std::string_view text) {
    bool const is_command = text.starts_with('.') || text.starts_with('\'');
    return (is_command ? "\\&" : "") + escaped(text) + '\n';
}

/// Paragraphs, and what is indented as it stands.
std::string body(std::string_view text) {
    std::string out;
    bool literal = false;
    while (!text.empty()) {
        auto const row = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(row.size() + 1, text.size()));
        bool const is_literal = row.starts_with(' ');
        if (is_literal != literal) out += is_literal ? ".nf\n" : ".fi\n";
        literal = is_literal;
        out += row.empty() ? ".PP\n" : line(row);
    }
    return out + (literal ? ".fi\n" : "");
}

std::string flags_of(command_description const& command) {
    std::string out;
    for (auto const& flag : command.flags) {
        std::string names;
        for (auto const& name : flag.names) names += (names.empty() ? "" : ", ") + ("\\fB" + escaped(name) + "\\fR");
        out += ".TP\n" + names;
        if (!flag.value.empty()) out += " \\fI" + escaped(flag.value) + "\\fR";
        out += '\n' + line(flag.description);
    }
    return out;
}

}  // namespace

std::string manual_page(CLI::App const& program, std::string const& version) {
    auto const all = describe_program(program);
    std::string out = ".TH COAX 1 \"\" \"coax " + version +
                      "\"\n.SH NAME\ncoax \\- structured answers from language models\n"
                      ".SH SYNOPSIS\n.B coax\n\\fICOMMAND\\fR [\\fIFLAGS\\fR]\n.SH DESCRIPTION\n" +
                      body(all.front().description) + ".SH FLAGS OF ALL COMMANDS\n" + flags_of(all.front()) +
                      ".SH COMMANDS\n";
    for (auto const& command : all) {
        if (command.name.empty()) continue;
        out += ".SS coax " + escaped(command.name + command.arguments) + '\n' + line(command.description + '.') +
               flags_of(command);
        auto footer = command.footer;
        if (auto const at = footer.find(exit_code_help); at != std::string::npos) footer.resize(at);
        if (!footer.empty()) out += ".PP\n" + body(footer);
    }
    return out + ".SH EXIT STATUS\n" +
           body(std::string_view{exit_code_help}.substr(std::string_view{exit_code_help}.find('\n') + 1));
}

}  // namespace coax::cli
