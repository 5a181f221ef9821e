#include "loopback/cli_batch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using namespace test;
using setting = batch_setting;

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

}  // namespace
}  // namespace coax
