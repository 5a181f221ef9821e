#include "loopback/cli_batch.hpp"

#include <coax/json/value.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>

namespace coax {
namespace {

using namespace std::chrono_literals;
using namespace test;
using setting = batch_setting;

std::map<std::string, json_value> object_of(std::string const& text) {
    auto read = json::read<std::map<std::string, json_value>>(text);
    EXPECT_TRUE(read) << text;
    return read ? *read : std::map<std::string, json_value>{};
}

TEST(CliReport, OfABatchAndOfItsOutputLater) {
    setting const s{{.faults = {{.kind = sim::fault_kind::refusal, .probability = 0.1}}}};
    auto const page = s.folder.path("report.html");
    auto const end = s.run({"--report", page});
    EXPECT_EQ(end.exit_code, 1) << end.errors;
    auto const text = temp_folder::read(page);
    EXPECT_NE(text.find("<h1>out.jsonl</h1>"), std::string::npos);
    EXPECT_NE(text.find("Records a minute"), std::string::npos);
    EXPECT_NE(text.find("<code>refused</code>"), std::string::npos);
    EXPECT_EQ(text.find("<script"), std::string::npos);
    EXPECT_EQ(text.find("sk-test-key"), std::string::npos);

    auto const later = run_program({"report", s.out, "--json", "-o", s.folder.path("again.html")}, {});
    EXPECT_EQ(later.exit_code, 0) << later.errors;
    auto figures = object_of(later.output);
    auto const failed = std::ranges::count(lines_of(s.out), "error", &output_line::status);
    EXPECT_EQ(figures["failed"].text(), std::to_string(failed));
    EXPECT_EQ(figures["ok"].text(), std::to_string(200 - failed));
    EXPECT_TRUE(figures.contains("elapsed_ms"));
    EXPECT_NE(temp_folder::read(s.folder.path("again.html")).find("</html>"), std::string::npos);
}

TEST(CliReport, TellsHowManyAnswersAreRight) {
    temp_folder const folder;
    std::string input;
    std::string output;
    for (int i = 0; i < 10; ++i) {
        input += R"({"question":"q","answer":"so\n#### )" + std::to_string(i) + "\"}\n";
        output += R"({"index":)" + std::to_string(9 - i) + R"(,"key":")" + std::to_string(i) +
                  R"(","status":"ok","output":{"steps":"…","answer":)" + std::to_string(i < 3 ? 0 : 9 - i) + "}}\n";
    }
    folder.write("in.jsonl", input);
    folder.write("out.jsonl", output);
    auto const end = run_program(
        {"report", folder.path("out.jsonl"), "--json", "--input", folder.path("in.jsonl"), "--expected", "answer"}, {});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    auto figures = object_of(end.output);
    EXPECT_EQ(figures["judged"].text(), "10");
    EXPECT_EQ(figures["correct"].text(), "7");
    EXPECT_EQ(figures["accuracy"].text(), "0.7");
}

struct wrong_use {
    char const* name;
    std::vector<std::string> flags;
    std::string_view told;
};
void PrintTo(wrong_use const& row, std::ostream* out) { *out << row.name; }
class CliReportUse : public testing::TestWithParam<wrong_use> {};

TEST_P(CliReportUse, IsToldBeforeAnythingIsSent) {
    setting const s{{}};
    auto flags = GetParam().flags;
    for (auto& flag : flags)
        if (flag == "OUT") flag = s.out;
    auto const end = s.run(flags);
    EXPECT_EQ(end.exit_code, 2) << end.errors;
    EXPECT_NE(end.errors.find(GetParam().told), std::string::npos) << end.errors;
    EXPECT_EQ(s.server.stats().model_requests, 0U);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, CliReportUse,
    testing::Values(wrong_use{"no_such_field", {"--report", "r.html", "--expected", "truth"}, "truth"},
                    wrong_use{"expected_alone", {"--expected", "text"}, "goes with --report"},
                    wrong_use{"the_output_itself", {"--report", "OUT"}, "is the input or the output"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(CliReport, NeedsAnOutput) {
    temp_folder const folder;
    EXPECT_EQ(run_program({"report", folder.path("none.jsonl"), "--json"}, {}).exit_code, 2);
    EXPECT_EQ(run_program({"report", folder.write("a.jsonl", "{}\n"), "--json"}, {}).exit_code, 2);
    EXPECT_EQ(run_program({"report", folder.path("a.jsonl")}, {}).exit_code, 2);
}

TEST(CliJson, IsThereOnWhateverPrints) {
    setting const s{{}};
    auto const config = s.folder.write("coax.yaml", "service: {model: m}\n");
    auto const cache = s.folder.path("kept.db");
    std::vector<std::vector<std::string>> const commands{
        {"providers", "--json"},
        {"config", "show", config, "--json"},
        {"config", "check", config, "--json"},
        {"cache", "stats", "--cache", cache, "--json"},
        {"cache", "clear", "--cache", cache, "--json"},
        {"cache", "invalidate", "a", "--cache", cache, "--json"},
        {"chat", "hello", "--json", "--base-url", s.server.url() + "/v1", "--model", "m", "--ca-file",
         s.folder.path("ca.pem")},
        {"compare", "hello", "--json", "--models", "m", "--base-url", s.server.url() + "/v1", "--ca-file",
         s.folder.path("ca.pem")},
        {"compare", "--input", s.input, "--limit", "2", "--prompt", "{{text}}", "--json", "--models", "m", "--base-url",
         s.server.url() + "/v1", "--ca-file", s.folder.path("ca.pem")}};
    for (auto const& command : commands) {
        auto const end = run_program(command, s.variables);
        EXPECT_EQ(end.exit_code, 0) << command.front() << ": " << end.errors;
        EXPECT_TRUE(json_value::parse(end.output)) << command.front() << ": " << end.output;
    }
}

std::vector<std::string> rehearsal_flags(setting const& s, std::vector<std::string> more) {
    auto flags = s.flags(std::move(more));
    flags.front() = "rehearse";
    return flags;
}

TEST(CliRehearse, SendsAndWritesNothingAndNeedsNoKey) {
    setting const s{{}};
    auto const end = run_program(rehearsal_flags(s, {"--json", "--concurrency", "10", "--latency", "2",
                                                     "--token-latency", "0", "--spread", "0"}),
                                 {});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    auto forecast = object_of(end.output);
    EXPECT_EQ(forecast["elapsed_ms"].text(), "40000");  // 200 records, ten at once, 2 s each
    EXPECT_EQ(forecast["held_up_by"].text(), "\"concurrency\"");
    EXPECT_EQ(s.server.stats().model_requests, 0U);
    EXPECT_FALSE(std::filesystem::exists(s.out));
}

TEST(CliRehearse, LearnsFromASampleAndFromAnOutput) {
    setting const s{{.requests_per_minute = 30'000, .latency = {.first_byte = 40ms}}};
    auto const sampled = run_program(rehearsal_flags(s, {"--json", "--sample", "10"}), s.variables);
    EXPECT_EQ(sampled.exit_code, 0) << sampled.errors;
    EXPECT_EQ(s.server.stats().model_requests, 10U);
    EXPECT_NE(sampled.errors.find("the sample: 10 calls"), std::string::npos) << sampled.errors;
    EXPECT_NE(sampled.errors.find("30000 requests"), std::string::npos) << sampled.errors;

    EXPECT_EQ(s.run().exit_code, 0);
    auto const from = run_program(rehearsal_flags(s, {"--from", s.out}), {});
    EXPECT_EQ(from.exit_code, 0) << from.errors;
    EXPECT_NE(from.output.find("finishing time"), std::string::npos) << from.output;
    EXPECT_NE(from.output.find("concurrency 128"), std::string::npos) << from.output;
    EXPECT_EQ(run_program(rehearsal_flags(s, {"--from", s.input}), {}).exit_code, 3);
}

}  // namespace
}  // namespace coax
