#include "loopback/cli_program.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/value.hpp>
#include <coax/sim/server.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::program;
using test::program_end;
using test::quoted;
using test::run_program;
using test::run_shell;
using test::temp_folder;

struct output_line {
    std::uint64_t index{0};
    std::string key{};
    std::string status{};
    json_value output{};
    std::map<std::string, json_value> error{};
};

/// The lines of an output file; a line that is none fails the test.
std::vector<output_line> lines_of(std::string const& path) {
    std::vector<output_line> lines;
    std::ifstream file{path};
    for (std::string text; std::getline(file, text);) {
        auto line = json::read<output_line>(text, {.require_fields = false});
        EXPECT_TRUE(line) << text;
        if (line) lines.push_back(std::move(*line));
    }
    return lines;
}

/// Each index from 0 to count - 1, once, with its key.
void expect_each_once(std::vector<output_line> const& lines, std::uint64_t count) {
    std::vector<int> seen(count, 0);
    for (auto const& line : lines) {
        ASSERT_LT(line.index, count);
        ++seen[line.index];
        EXPECT_EQ(line.key, "post-" + std::to_string(line.index));
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), static_cast<std::ptrdiff_t>(count));
}

/// 200 records, a simulator over TLS, and the flags to bring them together.
struct setting {
    temp_folder folder{};
    sim::server server;
    std::string input{};
    std::string out{folder.path("out.jsonl")};
    program::environment variables{{"COAX_API_KEY", "sk-test-key"}};

    explicit setting(sim::options options) : server{with_tls(std::move(options))} {
        std::string text;
        for (int i = 0; i < 200; ++i)
            text += R"({"id":"post-)" + std::to_string(i) + R"(","text":"post \"no\" )" + std::to_string(i) + "\"}\n";
        input = folder.write("in.jsonl", text);
        if (!server.ca_pem().empty()) folder.write("ca.pem", server.ca_pem());
    }
    static sim::options with_tls(sim::options options) {
        options.tls = true;
        return options;
    }
    [[nodiscard]] std::vector<std::string> flags(std::vector<std::string> more = {}) const {
        std::vector<std::string> all{"batch",     input,   "--prompt",  "Judge: {{text}}",    "--schema",
                                     "sentiment", "--out", out,         "--base-url",         server.url() + "/v1",
                                     "--model",   "m",     "--ca-file", folder.path("ca.pem")};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    [[nodiscard]] program_end run(std::vector<std::string> more = {}) const {
        return run_program(flags(std::move(more)), variables);
    }
};

bool all_ok(std::vector<output_line> const& lines) {
    return std::all_of(lines.begin(), lines.end(), [](auto const& line) { return line.status == "ok"; });
}

TEST(CliBatch, FaultsLoseNoRecord) {
    setting const s{{.seed = 7,
                     .faults = {{.kind = sim::fault_kind::reset, .probability = 0.03, .at_byte = 100},
                                {.kind = sim::fault_kind::rate_limited,
                                 .probability = 0.03,
                                 .retry_after = sim::retry_after_form::milliseconds,
                                 .wait = 20ms},
                                {.kind = sim::fault_kind::schema_violation, .probability = 0.02},
                                {.kind = sim::fault_kind::refusal, .probability = 0.02}}}};
    auto const end = s.run({"--concurrency", "32"});
    auto const lines = lines_of(s.out);
    expect_each_once(lines, 200);
    auto const failed =
        std::count_if(lines.begin(), lines.end(), [](auto const& line) { return line.status == "error"; });
    EXPECT_GT(failed, 0);  // a refusal is final
    EXPECT_EQ(end.exit_code, 1) << end.errors;
    EXPECT_NE(end.errors.find("refused " + std::to_string(failed)), std::string::npos) << end.errors;
    for (auto const& line : lines) {
        if (line.status == "ok")
            EXPECT_TRUE(line.output.is_object());
        else
            EXPECT_EQ(line.error.at("code").text(), "\"refused\"");
    }
    EXPECT_EQ(end.output, "");
}

TEST(CliBatch, InterruptedAndResumedAsksNothingTwice) {
    setting const s{{.latency = {.first_byte = 50ms}}};
    program first{s.flags({"--concurrency", "8"}), s.variables};
    ASSERT_TRUE(eventually([&] { return lines_of(s.out).size() >= 16; })) << first.errors();
    first.signal(SIGINT);
    auto const end = first.wait();
    EXPECT_EQ(end.exit_code, 130) << end.errors;
    auto const done = lines_of(s.out).size();
    EXPECT_LT(done, 200U);
    EXPECT_EQ(s.server.stats().model_requests, done);  // all that was sent is written
    EXPECT_NE(end.errors.find(std::to_string(200 - done) + " records remain"), std::string::npos) << end.errors;

    auto const rest = s.run({"--concurrency", "64", "--resume"});
    EXPECT_EQ(rest.exit_code, 0) << rest.errors;
    expect_each_once(lines_of(s.out), 200);
    EXPECT_EQ(s.server.stats().model_requests, 200U);
}

TEST(CliBatch, AnInterruptDoesNotWaitForQuota) {
    setting const s{{}};
    program run{s.flags({"--concurrency", "16", "--rpm", "8"}), s.variables};
    ASSERT_TRUE(eventually([&] { return lines_of(s.out).size() == 8; })) << run.errors();
    run.signal(SIGINT);
    auto const end = run.wait(5s);
    EXPECT_EQ(end.exit_code, 130) << end.errors;
    EXPECT_EQ(lines_of(s.out).size(), 8U);
    EXPECT_NE(end.errors.find("192 records remain"), std::string::npos) << end.errors;
}

TEST(CliBatch, AnInterruptDoesNotWaitForBackOffs) {
    setting const s{{.faults = {{.kind = sim::fault_kind::rate_limited, .after_requests = 3, .wait = 60s}}}};
    program run{s.flags({"--concurrency", "4"}), s.variables};
    ASSERT_TRUE(eventually([&] { return s.server.stats().model_requests >= 7; })) << run.errors();
    run.signal(SIGINT);
    auto const end = run.wait(5s);
    EXPECT_EQ(end.exit_code, 130) << end.errors;
    EXPECT_EQ(lines_of(s.out).size(), 3U);
    EXPECT_NE(end.errors.find("197 records remain"), std::string::npos) << end.errors;
}

TEST(CliBatch, KilledInTheMiddleOfALineIsResumed) {
    setting const s{{.latency = {.first_byte = 50ms}}};
    program first{s.flags({"--concurrency", "8"}), s.variables};
    ASSERT_TRUE(eventually([&] { return lines_of(s.out).size() >= 16; })) << first.errors();
    first.signal(SIGKILL);
    EXPECT_EQ(first.wait().exit_code, 128 + SIGKILL);
    std::ofstream{s.out, std::ios::app} << R"({"index":199,"key":"post-199","sta)";

    auto const rest = s.run({"--concurrency", "64", "--resume"});
    EXPECT_EQ(rest.exit_code, 0) << rest.errors;
    expect_each_once(lines_of(s.out), 200);
}

TEST(CliBatch, SecondInterruptAborts) {
    setting const s{{.faults = {{.kind = sim::fault_kind::stall}}}};
    program run{s.flags({"--concurrency", "4"}), s.variables};
    ASSERT_TRUE(eventually([&] { return s.server.stats().model_requests >= 4; })) << run.errors();
    run.signal(SIGINT);
    ASSERT_TRUE(eventually([&] { return run.errors().find("stopping") != std::string::npos; }));
    run.signal(SIGINT);
    EXPECT_EQ(run.wait().exit_code, 130);
    EXPECT_TRUE(lines_of(s.out).empty());
}

TEST(CliBatch, FailedRecordsAreDoneAgainOnRequest) {
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

TEST(CliBatch, StopsAtItsMostFailures) {
    setting const s{{.faults = {{.kind = sim::fault_kind::refusal}}}};
    auto const end = s.run({"--concurrency", "2", "--max-failures", "6"});
    EXPECT_EQ(end.exit_code, 1) << end.errors;
    EXPECT_LE(lines_of(s.out).size(), 8U);
    EXPECT_NE(end.errors.find("records remain"), std::string::npos);
}

TEST(CliBatch, BadLinesAreFailedRecordsWhereAllowed) {
    setting const s{{}};
    s.folder.write("in.jsonl", "{\"id\":\"post-0\",\"text\":\"a\"}\nhello\n{\"id\":\"post-2\",\"body\":\"b\"}\n");
    auto const end = s.run({"--allow-bad-lines"});
    EXPECT_EQ(end.exit_code, 1) << end.errors;
    auto lines = lines_of(s.out);
    ASSERT_EQ(lines.size(), 3U);
    std::sort(lines.begin(), lines.end(), [](auto const& a, auto const& b) { return a.index < b.index; });
    EXPECT_EQ(lines[0].status, "ok");
    EXPECT_EQ(lines[1].error.at("code").text(), "\"invalid_json\"");
    EXPECT_EQ(lines[2].error.at("where").text(), '"' + s.input + ":3\"");
    EXPECT_EQ(s.server.stats().model_requests, 1U);
}

TEST(CliBatch, PlainTextWithoutASchemaInEveryForm) {
    setting const s{{}};
    auto const base = s.server.url();
    struct form {
        std::vector<std::string> flags;
        program::environment variables;
    };
    std::vector<form> const forms{
        {{"--provider", "openai", "--base-url", base + "/v1", "--model", "m"}, {{"OPENAI_API_KEY", "k-openai"}}},
        {{"--deployment", "dep", "--api-version", "2024-10-21"},
         {{"AZURE_OPENAI_ENDPOINT", base}, {"AZURE_OPENAI_API_KEY", "k-azure"}}},
        {{"--provider", "anthropic", "--model", "m"},
         {{"ANTHROPIC_BASE_URL", base}, {"ANTHROPIC_API_KEY", "k-anthropic"}}},
        {{"--model", "m"}, {{"COAX_BASE_URL", base + "/v1"}}}};
    for (auto const& [flags, variables] : forms) {
        std::filesystem::remove(s.out);
        std::vector<std::string> all{"batch",   s.input, "--prompt",  "Say {{text}}",
                                     "--out",   s.out,   "--ca-file", s.folder.path("ca.pem"),
                                     "--limit", "3"};
        all.insert(all.end(), flags.begin(), flags.end());
        auto const end = run_program(all, variables);
        EXPECT_EQ(end.exit_code, 0) << end.errors;
        auto const lines = lines_of(s.out);
        EXPECT_EQ(lines.size(), 3U);
        for (auto const& line : lines) EXPECT_TRUE(line.output.is_string());
    }
}

struct bad_start {
    char const* name;
    void (*spoil)(setting&, std::vector<std::string>& flags);
    int exit_code;
    char const* what;
    char const* where;
};
void PrintTo(bad_start const& row, std::ostream* out) { *out << row.name; }

void replace(std::vector<std::string>& flags, std::string const& flag, std::string value) {
    *(std::find(flags.begin(), flags.end(), flag) + 1) = std::move(value);
}

class BadStart : public testing::TestWithParam<bad_start> {};

TEST_P(BadStart, IsOneLineThatNamesWhatAndWhereAndNothingIsWritten) {
    sim::options options{.models = {"m"}};
    options.api_key = std::string(GetParam().name) == "wrong_key" ? "sk-other" : "sk-test-key";
    if (std::string(GetParam().name) == "wrong_host_name") options.certificate_host = "elsewhere.example";
    setting s{std::move(options)};
    auto flags = s.flags({"--retries", "0"});
    GetParam().spoil(s, flags);
    auto const end = run_program(flags, s.variables);
    EXPECT_EQ(end.exit_code, GetParam().exit_code);
    EXPECT_EQ(end.errors.rfind("coax: ", 0), 0U) << end.errors;
    EXPECT_EQ(std::count(end.errors.begin(), end.errors.end(), '\n'), 1) << end.errors;
    EXPECT_NE(end.errors.find(GetParam().what), std::string::npos) << end.errors;
    EXPECT_NE(end.errors.find(GetParam().where), std::string::npos) << end.errors;
    EXPECT_EQ(end.errors.find("sk-test-key"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(s.out));
}
INSTANTIATE_TEST_SUITE_P(
    Rows, BadStart,
    testing::Values(
        bad_start{"unreadable_file", [](setting& s, auto&) { std::filesystem::remove(s.input); }, 2, "No such file",
                  "in.jsonl"},
        bad_start{"folder_as_file", [](setting& s, auto& flags) { flags[1] = s.folder.path(""); }, 2, "Is a directory",
                  "/"},
        bad_start{"line_not_json", [](setting& s, auto&) { std::ofstream{s.input, std::ios::app} << "hello\n"; }, 2,
                  "not JSON", "in.jsonl:201"},
        bad_start{"line_too_much", [](setting& s, auto&) { std::ofstream{s.input, std::ios::app} << "[1]\n"; }, 2,
                  "not a JSON object", "in.jsonl:201"},
        bad_start{"missing_field", [](setting&, auto& flags) { replace(flags, "--prompt", "{{texd}}"); }, 2, "\"texd\"",
                  "in.jsonl:1"},
        bad_start{"schema_of_no_type",
                  [](setting& s, auto& flags) {
                      replace(flags, "--schema", s.folder.write("s.json", R"({"type":"strnig"})"));
                  },
                  2, "JSON Schema", "s.json#/type"},
        bad_start{"schema_not_json",
                  [](setting& s, auto& flags) { replace(flags, "--schema", s.folder.write("s.json", "}")); }, 2,
                  "JSON Schema", "s.json"},
        bad_start{"no_such_schema", [](setting&, auto& flags) { replace(flags, "--schema", "sentimental"); }, 2,
                  "built-in", "--schema sentimental"},
        bad_start{"no_key",
                  [](setting& s, auto& flags) {
                      s.variables.clear();
                      flags.insert(flags.end(), {"--provider", "openai"});
                  },
                  3, "no key", "OPENAI_API_KEY"},
        bad_start{"wrong_key", [](setting&, auto&) {}, 3, "key", "status 401"},
        bad_start{"wrong_host_name", [](setting&, auto&) {}, 3, "certificate is for another host", "localhost"},
        bad_start{
            "unknown_authority",
            [](setting&, auto& flags) { flags.erase(std::find(flags.begin(), flags.end(), "--ca-file"), flags.end()); },
            3, "unknown authority", "localhost"},
        bad_start{"no_ca_file",
                  [](setting& s, auto& flags) { replace(flags, "--ca-file", s.folder.path("absent.pem")); }, 3,
                  "certificate authorities", "absent.pem"},
        bad_start{"nobody_listens",
                  [](setting& s, auto& flags) {
                      s.server.stop();
                      flags.insert(flags.end(), {"--quiet"});
                  },
                  3, "connect", "localhost"},
        bad_start{"unknown_model", [](setting&, auto& flags) { replace(flags, "--model", "n"); }, 3, "model",
                  "status 404"},
        bad_start{"unknown_provider",
                  [](setting&, auto& flags) { flags.insert(flags.end(), {"--provider", "closedai"}); }, 2, "closedai",
                  "--provider"},
        bad_start{"no_such_place",
                  [](setting& s, auto& flags) { replace(flags, "--out", s.folder.path("absent/out.jsonl")); }, 2,
                  "cannot write", "absent/out.jsonl"},
        bad_start{"no_number", [](setting&, auto& flags) { flags.insert(flags.end(), {"--rpm", "many"}); }, 2, "many",
                  "--rpm"},
        bad_start{"unknown_flag", [](setting&, auto& flags) { flags.push_back("--api-key=x"); }, 2, "--api-key",
                  "--help"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(CliBatch, AnOlderOutputIsNotTouchedWithoutResume) {
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

TEST(CliBatch, OutputOfOtherInputIsNotResumed) {
    setting const s{{}};
    std::string const other = R"({"index":0,"key":"other","status":"error","error":{"code":"refused"}})"
                              "\n";
    std::ofstream{s.out} << other;
    for (std::vector<std::string> const& more :
         {std::vector<std::string>{"--resume"}, {"--resume", "--retry-failed"}}) {
        auto const end = s.run(more);
        EXPECT_EQ(end.exit_code, 2);
        EXPECT_NE(end.errors.find("in.jsonl:1"), std::string::npos) << end.errors;
    }
    EXPECT_EQ(temp_folder::read(s.out), other);
    EXPECT_EQ(s.server.stats().model_requests, 0U);
}

TEST(CliBatch, AFullDiskEndsIt) {
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP();
    setting s{{}};
    s.out = "/dev/full";
    auto const end = s.run({"--concurrency", "4"});
    EXPECT_EQ(end.exit_code, 3);
    EXPECT_NE(end.errors.find("No space left on device (/dev/full)"), std::string::npos) << end.errors;
    EXPECT_LE(s.server.stats().model_requests, 8U);
}

TEST(CliBatch, AKeyRevokedOnTheWayLeavesTheRestForLater) {
    setting const s{{.faults = {{.kind = sim::fault_kind::http_status, .after_requests = 50, .http_status = 401}}}};
    auto const end = s.run({"--concurrency", "4"});
    EXPECT_EQ(end.exit_code, 3) << end.errors;
    auto const lines = lines_of(s.out);
    EXPECT_EQ(lines.size(), 50U);
    EXPECT_TRUE(all_ok(lines));
    EXPECT_NE(end.errors.find("150 records remain"), std::string::npos) << end.errors;
}

TEST(CliBatch, FencedAnswersAreWrittenAsTheirJson) {
    auto const fenced = [](sim::recorded_request const&) -> std::optional<sim::scripted_response> {
        return sim::scripted_response{
            .body =
                R"({"id":"c","model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant",)"
                R"("content":"```json\n{\"answer\": \"yes\", \"reason\": \"r\"}\n```"}}]})"};
    };
    sim::server const server{{.handler = fenced}};
    temp_folder const folder;
    auto const input = folder.write("in.jsonl", "{\"id\":\"post-0\",\"text\":\"x\"}\n");
    auto const end =
        run_program({"--base-url", server.url() + "/v1", "--model", "m", "batch", input, "--prompt", "Is {{text}}?",
                     "--schema", "yes_no", "--adaptive", "--out", folder.path("out.jsonl")},
                    {{"COAX_API_KEY", "sk-test-key"}});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    auto const lines = lines_of(folder.path("out.jsonl"));
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].output.text(), R"({"answer":"yes","reason":"r"})");
    EXPECT_EQ(server.stats().requests, 1U);
}

struct resume_case {
    char const* name;
    void (*change)(setting&, std::vector<std::string>& flags);
    char const* says;
};
void PrintTo(resume_case const& row, std::ostream* out) { *out << row.name; }
class ResumedOtherwise : public testing::TestWithParam<resume_case> {};

/// Three records without ids.
std::string const rows = "{\"text\":\"a\"}\n{\"text\":\"b\"}\n{\"text\":\"c\"}\n";

TEST_P(ResumedOtherwise, IsRefusedByNameAndNothingIsAskedOrWritten) {
    setting s{{}};
    s.folder.write("in.jsonl", rows);
    ASSERT_EQ(s.run({"--limit", "2"}).exit_code, 0);
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
                    "another prompt"},
        resume_case{"system", [](setting&, auto& flags) { flags.insert(flags.end(), {"--system", "x"}); },
                    "another prompt"},
        resume_case{"model", [](setting&, auto& flags) { replace(flags, "--model", "n"); }, "another model"},
        resume_case{"schema", [](setting&, auto& flags) { replace(flags, "--schema", "summary"); }, "another schema"},
        resume_case{"temperature", [](setting&, auto& flags) { flags.insert(flags.end(), {"--temperature", "0"}); },
                    "other parameters"},
        resume_case{"changed_row",
                    [](setting& s, auto&) { s.folder.write("in.jsonl", "{\"text\":\"a\"}\n{\"text\":\"B\"}\n"); },
                    "in.jsonl:2"},
        resume_case{"new_order",
                    [](setting& s, auto&) { s.folder.write("in.jsonl", "{\"text\":\"b\"}\n{\"text\":\"a\"}\n"); },
                    "in.jsonl:1"},
        resume_case{"rows_taken_away", [](setting& s, auto&) { s.folder.write("in.jsonl", "{\"text\":\"a\"}\n"); },
                    "in.jsonl"},
        resume_case{"ids_of_another_kind",
                    [](setting& s, auto&) {
                        s.folder.write("in.jsonl", "{\"id\":\"0\",\"text\":\"a\"}\n{\"id\":1,\"text\":\"b\"}\n");
                    },
                    "in.jsonl:2"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(CliBatch, WhatDoesNotChangeTheAnswersIsNoReasonNotToResume) {
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

TEST(CliBatch, AnswersAreMixedOnlyOnRequest) {
    setting s{{}};
    s.folder.write("in.jsonl", rows);
    ASSERT_EQ(s.run({"--limit", "2"}).exit_code, 0);
    auto flags = s.flags({"--resume", "--mix"});
    replace(flags, "--model", "n");
    replace(flags, "--prompt", "Rate: {{text}}");
    auto const end = run_program(flags, s.variables);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_EQ(lines_of(s.out).size(), 3U);
}

TEST(CliBatch, AnOutputOfBeforeIsResumedByItsKeysAndSaysSo) {
    setting s{{}};
    s.folder.write("in.jsonl", "{\"id\":1,\"text\":\"a\"}\n{\"id\":2,\"text\":\"b\"}\n");
    std::ofstream{s.out} << R"({"index":0,"key":"1","status":"ok","output":{}})" << '\n';
    auto const end = s.run({"--resume"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_NE(end.errors.find("1 lines of " + s.out + " are known by their keys only"), std::string::npos)
        << end.errors;
    EXPECT_EQ(s.server.stats().model_requests, 1U);
}

TEST(CliBatch, KeysOneAndTextOneStayTwo) {
    setting s{{}};
    s.folder.write("in.jsonl", "{\"id\":1,\"text\":\"a\"}\n{\"id\":\"1\",\"text\":\"b\"}\n");
    EXPECT_EQ(s.run({"--concurrency", "1"}).exit_code, 0);
    auto const text = temp_folder::read(s.out);
    EXPECT_NE(text.find(R"("index":0,"key":1,)"), std::string::npos) << text;
    EXPECT_NE(text.find(R"("index":1,"key":"1",)"), std::string::npos) << text;
}

TEST(CliBatch, NoRecordsGiveAnEmptyFile) {
    setting const s{{}};
    s.folder.write("in.jsonl", "");
    EXPECT_EQ(s.run().exit_code, 0);
    ASSERT_TRUE(std::filesystem::exists(s.out));
    EXPECT_TRUE(std::filesystem::is_empty(s.out));
}

TEST(CliBatch, StandardInputAndOutputTakeTheFilesPlace) {
    setting s{{}};
    s.input = s.out = "-";
    program run{s.flags({"--quiet"}), s.variables, rows};
    auto const end = run.wait();
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_EQ(end.errors, "");
    EXPECT_EQ(std::count(end.output.begin(), end.output.end(), '\n'), 3) << end.output;
    EXPECT_EQ(run_program(s.flags({"--resume"}), s.variables, rows).exit_code, 2);
    auto const bad = run_program(s.flags(), s.variables, rows + "hello\n");
    EXPECT_NE(bad.errors.find("(-:4)"), std::string::npos) << bad.errors;
}

TEST(CliBatch, AReaderOfTheOutputThatLeavesEndsIt) {
    setting s{{}};
    s.out = s.folder.path("pipe");
    ASSERT_EQ(::mkfifo(s.out.c_str(), 0600), 0);
    int const reader = ::open(s.out.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    program run{s.flags({"--concurrency", "2", "--rpm", "600", "--even-spacing"}), s.variables};
    ASSERT_TRUE(eventually([&] { return s.server.stats().model_requests >= 2; })) << run.errors();
    ::close(reader);
    auto const end = run.wait();
    EXPECT_EQ(end.exit_code, 3) << end.errors;
    EXPECT_NE(end.errors.find("Broken pipe"), std::string::npos) << end.errors;
    EXPECT_TRUE(std::filesystem::exists(s.out));
}

TEST(CliBatch, ABlockedOutputDoesNotKeepCtrlCFromAborting) {
    setting s{{}};
    s.out = s.folder.path("pipe");
    ASSERT_EQ(::mkfifo(s.out.c_str(), 0600), 0);
    int const reader = ::open(s.out.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    std::string const full(1U << 20U, 'x');
    while (::write(reader, full.data(), full.size()) > 0) {
    }
    program run{s.flags({"--concurrency", "1"}), s.variables};
    ASSERT_TRUE(eventually([&] { return s.server.stats().model_requests >= 1; })) << run.errors();
    run.signal(SIGINT);
    ASSERT_TRUE(eventually([&] { return run.errors().find("stopping") != std::string::npos; }));
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(5s).exit_code, 130);
    ::close(reader);
}

TEST(CliBatch, AHangUpIsAnOrderlyEnd) {
    setting const s{{.latency = {.first_byte = 50ms}}};
    program run{s.flags({"--concurrency", "8"}), s.variables};
    ASSERT_TRUE(eventually([&] { return lines_of(s.out).size() >= 16; })) << run.errors();
    run.signal(SIGHUP);
    run.signal(SIGHUP);
    EXPECT_EQ(run.wait().exit_code, 130);
    EXPECT_EQ(s.server.stats().model_requests, lines_of(s.out).size());
}

TEST(CliBatch, ALimitOfFileSizesIsAFullDisk) {
    setting const s{{}};
    auto const run = "ulimit -f 4; exec " + quoted(s.flags({"--concurrency", "2", "--quiet"}));
    auto const end = run_shell(run, s.variables);
    EXPECT_EQ(end.exit_code, 3) << end.errors;
    EXPECT_NE(end.errors.find("File too large"), std::string::npos) << end.errors;
    EXPECT_GT(lines_of(s.out).size(), 5U);
}

TEST(CliBatch, ClosedStandardFilesDoNotMixIntoTheOutput) {
    setting const s{{}};
    auto const end = run_shell("exec " + quoted(s.flags({"--progress-every", "0.01"})) + " <&- >&- 2>&-", s.variables);
    EXPECT_EQ(end.exit_code, 0);
    expect_each_once(lines_of(s.out), 200);
}

}  // namespace
}  // namespace coax
