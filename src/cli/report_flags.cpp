#include "cli/report_flags.hpp"

#include "cli/files.hpp"

#include <coax/chat/prompt_template.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <utility>

namespace coax::cli {
namespace {

/// Calls `take` with the right answer of each record that has one. A line that is no record has none.
result<void> each_right_answer(std::string const& field, report_input const& input,
                               std::function<void(std::uint64_t, std::string const&)> const& take) {
    auto const wanted = prompt_template::parse("{{" + field + "}}", "--expected");
    if (!wanted) return wanted.error();
    auto const look = [&](batch_record const& record) -> result<void> {
        auto right = wanted->render(record.fields);
        if (!right) return std::move(right).error();
        take(record.index, right->user);
        return {};
    };
    auto rows = input.table.open();
    if (!rows) return std::move(rows).error();
    auto const count = check_records(std::move(*rows), input.records, look, true);
    return count ? result<void>{} : result<void>{count.error()};
}

bool is_same_file(std::string const& a, std::string const& b) {
    std::error_code ignored;
    return a == b || std::filesystem::equivalent(a, b, ignored);
}

}  // namespace

void add_expected_flags(CLI::App& command, report_flags& flags) {
    auto constexpr group = "Report";
    command
        .add_option(
            "--expected", flags.expected,
            "Field of the input with the right answer (of a text with \"#### 42\": 42), for accuracy and confusion")
        ->group(group);
    command
        .add_option(
            "--answer", flags.answer,
            "Member of the answers that is compared with it; default: the one of that name, answer or label, or "
            "the only one")
        ->group(group);
    command
        .add_option("--match", flags.match,
                    "How: exact (blanks at the ends aside, numbers as numbers) or number (the last one in the text)")
        ->check(CLI::IsMember({"exact", "number"}))
        ->capture_default_str()
        ->group(group);
}

void add_report_flags(CLI::App& command, report_flags& flags) {
    command
        .add_option("--report", flags.file,
                    "Write a page about the batch: an HTML file that needs nothing from elsewhere")
        ->type_name("FILE.html")
        ->group("Report");
    add_expected_flags(command, flags);
}

result<void> check_report(report_flags const& flags, report_input const& input, std::string const& out) {
    if (flags.file.empty())
        return flags.expected.empty() ? result<void>{} : invalid_argument("--expected", "goes with --report");
    if (reads_once(out)) return invalid_argument("--report", "needs an output file, which --out does not name");
    auto const is_page = [&](std::string const& path) { return is_same_file(flags.file, path); };
    if (is_page(out) || std::ranges::any_of(input.table.paths, is_page))
        return invalid_argument("--report", "is the input or the output file");
    if (flags.expected.empty()) return {};
    return each_right_answer(flags.expected, input, [](std::uint64_t, std::string const&) {});
}

result<batch_report> read_report(report_flags const& flags, batch_report_options options, report_input const& input,
                                 std::vector<std::string> const& outputs) {
    options.answer_field = flags.answer;
    options.expected_column = flags.expected;
    options.match = flags.match == "number" ? answer_match::last_number : answer_match::exact;
    batch_report report{std::move(options)};
    if (!flags.expected.empty()) {
        auto const take = [&](std::uint64_t index, std::string const& right) { report.expect(index, right); };
        if (auto read = each_right_answer(flags.expected, input, take); !read) return std::move(read).error();
    }
    for (auto const& output : outputs)
        if (auto added = report.add_file(output); !added) return std::move(added).error();
    return report;
}

}  // namespace coax::cli
