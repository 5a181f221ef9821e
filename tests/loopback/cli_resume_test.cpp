#include "loopback/cli_batch.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using namespace test;
using setting = batch_setting;

TEST(CliResume, KilledInTheMiddleOfALineIsResumed) {
    setting const s{{.latency = {.first_byte = 200ms}}};  // five seconds in all: it does not end before it is killed
    program first{s.flags({"--concurrency", "8"}), s.variables};
    ASSERT_TRUE(eventually([&] { return count_lines(s.out) >= 16; })) << first.errors();
    first.signal(SIGKILL);
    EXPECT_EQ(first.wait().exit_code, 128 + SIGKILL);
    std::ofstream{s.out, std::ios::app} << R"({"index":199,"key":"post-199","sta)";

    auto const rest = s.run({"--concurrency", "64", "--resume"});
    EXPECT_EQ(rest.exit_code, 0) << rest.errors;
    expect_each_once(lines_of(s.out), 200);
}

TEST(CliResume, FailedRecordsAreDoneAgainOnRequest) {
    setting const s{{.faults = {{.kind = sim::fault_kind::refusal, .max_count = 5}}}};
    EXPECT_EQ(s.run().exit_code, 1);
    EXPECT_EQ(lines_of(s.out).size(), 200U);
    auto const again = s.run({"--resume"});
    EXPECT_EQ(again.exit_code, 1) << "failures of the first run are still there";
    EXPECT_EQ(s.server.stats().model_requests, 200U);
    auto const mended = s.run({"--resume", "--retry-failed"});
    EXPECT_EQ(mended.exit_code, 0) << mended.errors;
    EXPECT_EQ(s.server.stats().model_requests, 205U);
    expect_each_once(lines_of(s.out), 200);
    EXPECT_TRUE(all_ok(lines_of(s.out)));
}

TEST(CliResume, WhatTheMoneyDidNotReachForIsLeft) {
    setting const s{{}};
    auto const facts =
        s.folder.write("facts.json", R"({"as_of": "2026-11-28", "models": [{"id": "m", "service": "compatible",
        "max_output_tokens": 200, "usd_per_million": {"input": 1, "output": 1}}]})");
    auto const unknown = s.run({"--max-cost", "1"});
    EXPECT_EQ(unknown.exit_code, 2);
    EXPECT_NE(unknown.errors.find("costs"), std::string::npos) << unknown.errors;
    EXPECT_EQ(s.server.stats().model_requests, 0U);

    auto const first = s.run({"--max-cost", "0.005", "--facts", facts, "--concurrency", "8"});
    EXPECT_EQ(first.exit_code, 3) << first.errors;
    EXPECT_NE(first.errors.find("spending limit of 0.005 USD"), std::string::npos) << first.errors;
    EXPECT_NE(first.errors.find("cost      0.00"), std::string::npos) << first.errors;
    auto const done = lines_of(s.out);
    EXPECT_GT(done.size(), 1U);
    EXPECT_LT(done.size(), 200U);
    EXPECT_TRUE(all_ok(done));

    auto const rest = s.run({"--max-cost", "1", "--facts", facts, "--resume"});
    EXPECT_EQ(rest.exit_code, 0) << rest.errors;
    expect_each_once(lines_of(s.out), 200);
    EXPECT_EQ(s.server.stats().model_requests, 200U);
}

TEST(CliResume, AnOlderOutputIsNotTouchedWithoutResume) {
    setting const s{{}};
    std::ofstream{s.out} << "my thesis\n";
    for (std::vector<std::string> const& more : {std::vector<std::string>{}, {"--resume"}}) {
        auto const end = s.run(more);
        EXPECT_EQ(end.exit_code, 2);
        EXPECT_NE(end.errors.find("out.jsonl"), std::string::npos);
    }
    EXPECT_EQ(temp_folder::read(s.out), "my thesis\n");
    EXPECT_EQ(s.server.stats().model_requests, 0U);
}

TEST(CliResume, OutputOfOtherInputIsNotResumed) {
    setting const s{{}};
    std::string const other = R"({"index":0,"key":"other","status":"error","error":{"code":"refused"}})"
                              "\n";
    std::ofstream{s.out} << other;
    for (std::vector<std::string> const& more :
         {std::vector<std::string>{"--resume"}, {"--resume", "--retry-failed"}}) {
        auto const end = s.run(more);
        EXPECT_EQ(end.exit_code, 2);
        EXPECT_NE(end.errors.find("made from other input"), std::string::npos) << end.errors;
        EXPECT_NE(end.errors.find("out.jsonl:1"), std::string::npos) << end.errors;
    }
    EXPECT_EQ(temp_folder::read(s.out), other);
    EXPECT_EQ(s.server.stats().model_requests, 0U);
}

struct resume_case {
    char const* name;
    void (*change)(setting&, std::vector<std::string>& flags);
    char const* says;
};
void PrintTo(resume_case const& row, std::ostream* out) { *out << row.name; }
class ResumedOtherwise : public testing::TestWithParam<resume_case> {};

TEST_P(ResumedOtherwise, IsRefusedByNameAndNothingIsAskedOrWritten) {
    setting s{{}};
    s.folder.write("in.jsonl", rows);
    ASSERT_EQ(s.run({"--limit", "2", "--concurrency", "1"}).exit_code, 0);
    auto const before = temp_folder::read(s.out);
    auto flags = s.flags({"--resume"});
    GetParam().change(s, flags);
    auto const end = run_program(flags, s.variables);
    EXPECT_EQ(end.exit_code, 2) << end.errors;
    EXPECT_NE(end.errors.find(GetParam().says), std::string::npos) << end.errors;
    EXPECT_NE(end.errors.find("another output file"), std::string::npos) << end.errors;
    EXPECT_EQ(temp_folder::read(s.out), before);
    EXPECT_EQ(s.server.stats().model_requests, 2U);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, ResumedOtherwise,
    testing::Values(
        resume_case{"prompt", [](setting&, auto& flags) { replace(flags, "--prompt", "Rate: {{text}}"); },
                    R"(another prompt ("Judge: {{text}}" then, "Rate: {{text}}" now))"},
        resume_case{"system", [](setting&, auto& flags) { flags.insert(flags.end(), {"--system", "x"}); },
                    "another prompt"},
        resume_case{"model", [](setting&, auto& flags) { replace(flags, "--model", "n"); },
                    R"(another model ("m" then, "n" now))"},
        resume_case{"schema", [](setting&, auto& flags) { replace(flags, "--schema", "summary"); }, "another schema"},
        resume_case{"temperature", [](setting&, auto& flags) { flags.insert(flags.end(), {"--temperature", "0"}); },
                    R"(other parameters (none then, "temperature 0)"},
        resume_case{"other_rows",
                    [](setting& s, auto&) { s.folder.write("in.jsonl", "{\"text\":\"A\"}\n{\"text\":\"B\"}\n"); },
                    "2 of its rows have changed"},
        resume_case{"rows_taken_away", [](setting& s, auto&) { s.folder.write("in.jsonl", "{\"text\":\"a\"}\n"); },
                    "out.jsonl:2"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(CliResume, WhatDoesNotChangeTheAnswersIsNoReasonNotToResume) {
    setting s{{}};
    s.folder.write("in.jsonl", rows);
    ASSERT_EQ(s.run({"--limit", "2", "--concurrency", "1"}).exit_code, 0);
    s.folder.write("in.jsonl", "{\"text\":\"a\"}\n{\"text\":\"b\",\"seen\":true}\n{\"text\":\"new\"}\n");
    auto const prompt = s.folder.write("prompt.txt", "Judge: {{text}}");
    auto flags = s.flags({"--resume", "--concurrency", "9"});
    replace(flags, "--prompt", prompt);
    auto const end = run_program(flags, s.variables);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_EQ(lines_of(s.out).size(), 3U);
    EXPECT_EQ(s.server.stats().model_requests, 3U);
}

TEST(CliResume, AsksWhatIsMissingOrChangedAndSaysHowMany) {
    setting s{{}};
    s.folder.write("in.jsonl", rows);
    ASSERT_EQ(s.run().exit_code, 0);
    s.folder.write("in.jsonl",
                   "{\"text\":\"new\"}\n{\"text\":\"a\"}\n{\"text\":\"B\"}\n{\"text\":\"c\"}\n{\"text\":\"d\"}\n");
    auto const end = s.run({"--resume"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_NE(end.errors.find("resuming: 2 rows done, 2 at another place; to ask: 2 missing, 1 changed"),
              std::string::npos)
        << end.errors;
    EXPECT_EQ(s.server.stats().model_requests, 6U);
    auto const lines = lines_of(s.out);
    ASSERT_EQ(lines.size(), 5U);
    for (auto const& line : lines) EXPECT_EQ(line.key, std::to_string(line.index));
    EXPECT_EQ(s.run({"--resume"}).exit_code, 0);
    EXPECT_EQ(s.server.stats().model_requests, 6U);
}

TEST(CliResume, ADamagedLineIsToldAndAskedAgain) {
    setting const s{{}};
    ASSERT_EQ(s.run().exit_code, 0);
    auto text = temp_folder::read(s.out);
    auto const third = text.find('\n', text.find('\n') + 1) + 1;
    text[text.find("status", third)] = 'S';
    std::ofstream{s.out} << text;
    auto const end = s.run({"--resume", "--quiet"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_NE(end.errors.find("1 damaged lines (the first is line 3)"), std::string::npos) << end.errors;
    expect_each_once(lines_of(s.out), 200);
    EXPECT_EQ(s.server.stats().model_requests, 201U);
}

TEST(CliResume, AnswersAreMixedOnlyOnRequest) {
    setting s{{}};
    s.folder.write("in.jsonl", rows);
    ASSERT_EQ(s.run({"--limit", "2"}).exit_code, 0);
    auto flags = s.flags({"--resume=anyway"});
    replace(flags, "--model", "n");
    replace(flags, "--prompt", "Rate: {{text}}");
    auto const end = run_program(flags, s.variables);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_EQ(lines_of(s.out).size(), 3U);
}

TEST(CliResume, AnOutputOfBeforeIsResumedByItsKeysAndSaysSo) {
    setting s{{}};
    s.folder.write("in.jsonl", "{\"id\":1,\"text\":\"a\"}\n{\"id\":2,\"text\":\"b\"}\n");
    std::ofstream{s.out} << R"({"index":0,"key":"1","status":"ok","output":{}})" << '\n';
    auto const end = s.run({"--resume"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_NE(end.errors.find("1 known by their keys only"), std::string::npos) << end.errors;
    EXPECT_EQ(s.server.stats().model_requests, 1U);
}

}  // namespace
}  // namespace coax
