#include "loopback/cli_program.hpp"

#include <coax/sim/server.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <ostream>
#include <string>
#include <unistd.h>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::program;
using test::quoted;
using test::run_program;
using test::run_shell;
using test::temp_folder;

program::environment const with_key{{"COAX_API_KEY", "sk-test-key"}};

std::vector<std::string> chat(sim::server const& server, std::vector<std::string> more) {
    std::vector<std::string> all{"chat", "--base-url", server.url() + "/v1", "--model", "m"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

TEST(CliChat, WholeStreamedAndFromStandardInputAreTheSame) {
    sim::server const server{};
    auto const whole = run_program(chat(server, {"Say hello"}), with_key);
    EXPECT_EQ(whole.exit_code, 0) << whole.errors;
    EXPECT_GT(whole.output.size(), 10U);
    EXPECT_EQ(whole.output.back(), '\n');
    EXPECT_EQ(run_program(chat(server, {"Say hello", "--stream"}), with_key).output, whole.output);
    EXPECT_EQ(run_program(chat(server, {"-"}), with_key, "Say hello").output, whole.output);
}

TEST(CliChat, SystemMessageAndSamplingAreSent) {
    sim::server const server{{.record_requests = 1}};
    auto const end = run_program(
        chat(server, {"Hi", "--system", "Be brief.", "--temperature", "0.25", "--max-tokens", "50"}), with_key);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    auto const requests = server.requests();
    ASSERT_EQ(requests.size(), 1U);
    for (auto const* part : {"Be brief.", "0.25", "50", "\"m\""})
        EXPECT_NE(requests[0].body.find(part), std::string::npos) << requests[0].body;
}

TEST(CliChat, FilesAreShownOrNamedWhereTheyCannotBe) {
    sim::server const server{{.record_requests = 1}};
    temp_folder const folder;
    auto const image = folder.write("a.png", "\x89PNG\r\n\x1A\n....");
    auto const text = folder.write("notes.txt", "Notes.");
    auto const end = run_program(chat(server, {"What is it?", "--file", image, "--file", text}), with_key);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    for (auto const* part : {"data:image/png;base64,", "notes.txt", "What is it?"})
        EXPECT_NE(server.requests().at(0).body.find(part), std::string::npos) << part;
    auto const missing = run_program(chat(server, {"What is it?", "--file", folder.path("none")}), with_key);
    EXPECT_EQ(missing.exit_code, 2);
    EXPECT_NE(missing.errors.find(folder.path("none")), std::string::npos) << missing.errors;
}

TEST(CliChat, FailuresAreOneLineAndAnExitCode) {
    sim::server const refusing{{.faults = {{.kind = sim::fault_kind::refusal}}}};
    EXPECT_EQ(run_program(chat(refusing, {"Hi"}), with_key).exit_code, 1);

    sim::server const locked{{.api_key = "sk-other"}};
    auto const end = run_program(chat(locked, {"Hi"}), with_key);
    EXPECT_EQ(end.exit_code, 3);
    EXPECT_EQ(end.errors.rfind("coax: ", 0), 0U);
    EXPECT_EQ(end.errors.find("sk-test-key"), std::string::npos);
    EXPECT_EQ(run_program({"chat", "Hi"}, {}).exit_code, 3);
    EXPECT_EQ(run_program({"chat"}, with_key).exit_code, 2);
}

std::vector<std::string> in_batch(std::string flag, std::string value) {
    return {"batch", "in", "--prompt", "{{a}}", "--out", "out", std::move(flag), std::move(value)};
}

struct wrong_flags {
    char const* name;
    std::vector<std::string> arguments;
    char const* says;
};
void PrintTo(wrong_flags const& row, std::ostream* out) { *out << row.name; }
class CliWrongFlags : public testing::TestWithParam<wrong_flags> {};

TEST_P(CliWrongFlags, AreNamedOnOneLineAndNothingStarts) {
    auto const end = run_program(GetParam().arguments, with_key);
    EXPECT_EQ(end.exit_code, 2) << end.errors;
    EXPECT_NE(end.errors.find(GetParam().says), std::string::npos) << end.errors;
    EXPECT_EQ(std::count(end.errors.begin(), end.errors.end(), '\n'), 1) << end.errors;
    EXPECT_EQ(end.output, "");
}

INSTANTIATE_TEST_SUITE_P(
    Rows, CliWrongFlags,
    testing::Values(
        wrong_flags{"negative_timeout", {"chat", "x", "--timeout", "-1"}, "--timeout"},
        wrong_flags{"no_number", {"chat", "x", "--timeout", "nan"}, "--timeout: must be a number in [0, 1000000]"},
        wrong_flags{"no_decimal_number", {"chat", "x", "--max-tokens", "0x10"}, "--max-tokens"},
        wrong_flags{"no_port", {"serve-sim", "--port", "65536"}, "--port"},
        wrong_flags{"no_rate", {"serve-sim", "--rpm", "inf"}, "--rpm"},
        wrong_flags{"no_concurrency", in_batch("--concurrency", "0"),
                    "--concurrency: must be a whole number in [1, 65535]"},
        wrong_flags{"negative_rpm", in_batch("--rpm", "-1"), "--rpm"},
        wrong_flags{"broken_tpm", in_batch("--tpm", "1.5"), "--tpm"},
        wrong_flags{"many_reasks", in_batch("--max-reasks", "11"), "--max-reasks"},
        wrong_flags{"negative_retries", in_batch("--retries", "-1"), "--retries"},
        wrong_flags{"endless_timeout", in_batch("--timeout", "1e300"), "--timeout"},
        wrong_flags{"timeout_of_nothing", in_batch("--timeout", "nan"), "--timeout"},
        wrong_flags{"negative_failures", in_batch("--max-failures", "-1"), "--max-failures"},
        wrong_flags{"no_progress", in_batch("--progress-every", "0"), "--progress-every"},
        wrong_flags{"negative_limit", in_batch("--limit", "-1"),
                    "--limit: must be a whole number of at least 0, is \"-1\""},
        wrong_flags{"too_large_limit", in_batch("--limit", "18446744073709551616"), "--limit"},
        wrong_flags{"no_url", {"chat", "x", "--base-url", "nonsense"}, "base_url"},
        wrong_flags{"out_of_range", {"chat", "x", "--temperature", "5"}, "temperature"},
        wrong_flags{"ca_file_without_tls", {"serve-sim", "--ca-out", "ca.pem"}, "--tls"},
        wrong_flags{"unknown_fault", {"serve-sim", "--fault", "flood=1"}, "known are http_status, rate_limited"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(CliChat, ErrorOfABrokenStreamBeginsOnALineOfItsOwn) {
    sim::server const breaking{{.faults = {{.kind = sim::fault_kind::truncated_body}}}};
    auto const end = run_program(chat(breaking, {"Hi", "--stream"}), with_key);
    EXPECT_EQ(end.exit_code, 1);
    ASSERT_FALSE(end.output.empty());
    EXPECT_EQ(end.output.back(), '\n');
    EXPECT_EQ(end.errors.rfind("coax: ", 0), 0U);
}

TEST(CliChat, AFailedConnectionTellsWhatTheSystemSaid) {
    auto const end = run_program({"chat", "x", "--base-url", "http://127.0.0.1:1/v1"}, with_key);
    EXPECT_EQ(end.exit_code, 3);
    EXPECT_NE(end.errors.find("cannot connect to 127.0.0.1:1: Connection refused"), std::string::npos) << end.errors;
}

TEST(CliChat, AnAnswerThatCannotBeWrittenIsAFailure) {
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP();
    sim::server const server{};
    for (auto const& more : {std::vector<std::string>{"Hi"}, {"Hi", "--stream"}}) {
        auto const end = run_shell("exec " + quoted(chat(server, more)) + " >/dev/full", with_key);
        EXPECT_EQ(end.exit_code, 3);
        EXPECT_EQ(end.errors, "coax: cannot write: No space left on device (standard output)\n");
    }
    EXPECT_EQ(run_shell("exec " + quoted({"providers"}) + " >/dev/full", {}).exit_code, 3);
    EXPECT_EQ(run_shell("exec " + quoted({"--version"}) + " >/dev/full", {}).exit_code, 3);
}

TEST(CliChat, OnATerminalWhatItWouldObeyIsEscaped) {
    auto const coloured = [](sim::recorded_request const&) -> std::optional<sim::scripted_response> {
        return sim::scripted_response{
            .body = R"({"id":"c","model":"m","choices":[{"index":0,"finish_reason":"stop","message":)"
                    R"({"role":"assistant","content":"\u001b[31mred"}}]})"};
    };
    sim::server const server{{.handler = coloured}};
    EXPECT_EQ(run_program(chat(server, {"Hi"}), with_key).output, "\x1b[31mred\n");
    int const master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) GTEST_SKIP() << "no terminals here";
    std::string const terminal = ::ptsname(master);
    int const kept_open = ::open(terminal.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_EQ(run_shell("exec " + quoted(chat(server, {"Hi"})) + " >" + terminal, with_key).exit_code, 0);
    std::array<char, 100> shown{};
    auto const length = ::read(master, shown.data(), shown.size());
    EXPECT_EQ(std::string(shown.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))), "\\x1b[31mred\r\n");
    ::close(kept_open);
    ::close(master);
}

TEST(CliChat, WhatAServiceQuotesOfTheKeyIsHidden) {
    auto const quoting = [](sim::recorded_request const&) -> std::optional<sim::scripted_response> {
        return sim::scripted_response{.status = 400,
                                      .headers = {{"x-request-id", "req-third-key-1"}},
                                      .body = R"({"error":{"message":"no third-key-1 here","type":"third-key-1"}})"};
    };
    sim::server const server{{.handler = quoting}};
    auto const end =
        run_program(chat(server, {"Hi"}), {{"COAX_API_KEY", "third-key-1"}, {"OPENAI_API_KEY", "sk-other"}});
    EXPECT_EQ(end.exit_code, 1);
    EXPECT_EQ(end.errors.find("third-key-1"), std::string::npos) << end.errors;
    EXPECT_NE(end.errors.find("no [secret] here"), std::string::npos) << end.errors;
    temp_folder const folder;
    auto const out = folder.path("out.jsonl");
    EXPECT_EQ(run_program({"batch", folder.write("in.jsonl", "{\"t\":1}\n"), "--prompt", "{{t}}", "--out", out,
                           "--base-url", server.url() + "/v1", "--model", "m"},
                          {{"COAX_API_KEY", "third-key-1"}})
                  .exit_code,
              1);
    auto const line = temp_folder::read(out);
    EXPECT_NE(line.find("[secret]"), std::string::npos) << line;
    EXPECT_EQ(line.find("third-key-1"), std::string::npos) << line;
}

TEST(CliChat, AKeyFromAFileMayEndInANewline) {
    sim::server const server{{.api_key = "sk-test-key"}};
    EXPECT_EQ(run_program(chat(server, {"Hi"}), {{"COAX_API_KEY", "sk-test-key\n"}}).exit_code, 0);
    auto const torn = run_program(chat(server, {"Hi"}), {{"COAX_API_KEY", "sk-test\nkey"}});
    EXPECT_NE(torn.errors.find("(environment COAX_API_KEY)"), std::string::npos) << torn.errors;
    EXPECT_EQ(torn.errors.find("sk-test"), std::string::npos) << torn.errors;
}

TEST(CliServeSim, ServesUntilInterruptedAndTellsWhatItDid) {
    temp_folder const folder;
    program server{{"serve-sim", "--tls", "--ca-out", folder.path("ca.pem"), "--seed", "3", "--fault",
                    "http_status:1:503", "--rpm", "100000"},
                   {{"COAX_SIM_KEY", "sk-test-key"}}};
    ASSERT_TRUE(eventually([&] { return server.output().find('\n') != std::string::npos; })) << server.errors();
    auto const line = server.output();
    ASSERT_EQ(line.rfind("serving on https://", 0), 0U) << line;
    auto const url = line.substr(11, line.size() - 12);

    auto const end = run_program(
        {"chat", "Hi", "--base-url", url + "/v1", "--model", "m", "--ca-file", folder.path("ca.pem")}, with_key);
    EXPECT_EQ(end.exit_code, 1) << end.errors;
    EXPECT_NE(end.errors.find("503"), std::string::npos) << end.errors;

    server.signal(SIGINT);
    auto const told = server.wait();
    EXPECT_EQ(told.exit_code, 0);
    EXPECT_NE(told.output.find("fault http_status: 3"), std::string::npos) << told.output;
}

TEST(CliServeSim, AnswersByTheRulesOfAFileAndRecordsWhatItIsAsked) {
    temp_folder const folder;
    auto const rules = folder.write("rules.jsonl", R"({"when":{"prompt":"capital"},"then":{"text":"Oslo."}})");
    program server{{"serve-sim", "--script", rules, "--record", folder.path("record.jsonl")}, {}};
    ASSERT_TRUE(eventually([&] { return server.output().find('\n') != std::string::npos; })) << server.errors();
    auto const line = server.output();
    auto const url = line.substr(11, line.size() - 12);
    auto const end = run_program({"chat", "The capital?", "--base-url", url + "/v1", "--model", "m"}, with_key);
    EXPECT_EQ(end.output, "Oslo.\n") << end.errors;
    auto const record = temp_folder::read(folder.path("record.jsonl"));
    EXPECT_NE(record.find(R"("path":"/v1/chat/completions")"), std::string::npos) << record;
    EXPECT_NE(record.find("The capital?"), std::string::npos) << record;
    EXPECT_EQ(record.find("sk-test-key"), std::string::npos) << record;
    EXPECT_EQ(std::ranges::count(record, '\n'), 1);
}

TEST(CliServeSim, AWrongRuleIsNamedWithItsLine) {
    temp_folder const folder;
    auto const rules = folder.write("rules.jsonl", "# none yet\n{\"then\":{\"say\":\"a\"}}\n");
    auto const end = run_program({"serve-sim", "--script", rules}, {});
    EXPECT_EQ(end.exit_code, 2);
    EXPECT_NE(end.errors.find("rules.jsonl:2"), std::string::npos) << end.errors;
    EXPECT_NE(end.errors.find("say"), std::string::npos) << end.errors;
    EXPECT_EQ(run_program({"serve-sim", "--script", folder.path("none")}, {}).exit_code, 3);
    EXPECT_EQ(run_program({"serve-sim", "--record", folder.path("no/such/folder")}, {}).exit_code, 3);
}

TEST(CliServeSim, WrongOptionsAreNamed) {
    auto const fault = run_program({"serve-sim", "--fault", "gremlins=1"}, {});
    EXPECT_EQ(fault.exit_code, 2);
    EXPECT_NE(fault.errors.find("gremlins"), std::string::npos) << fault.errors;
    sim::server const taken{};
    auto const port = run_program({"serve-sim", "--port", std::to_string(taken.port())}, {});
    EXPECT_EQ(port.exit_code, 3);
    EXPECT_EQ(port.output, "");
}

TEST(Cli, HelpVersionAndProvidersNeedNoKey) {
    EXPECT_EQ(run_program({"--version"}, {}).output.rfind("coax ", 0), 0U);
    auto const providers = run_program({"providers"}, {});
    for (auto const* name : {"openai", "azure", "anthropic", "gemini", "vertex", "compatible"})
        EXPECT_NE(providers.output.find(name), std::string::npos);
    auto const requests = run_program({"providers", "--requests"}, {});
    EXPECT_NE(requests.output.find(R"({"service":"groq","kind":"top_k","refused":")"), std::string::npos);
    EXPECT_NE(requests.output.find(R"({"service":"openai","kind":"plain text","body":{"model":)"), std::string::npos);
    EXPECT_EQ(run_program({"providers", "--requests", "--table"}, {}).exit_code, 2);
    auto const help = run_program({"batch", "--help"}, {});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_NE(help.output.find("Exit codes"), std::string::npos);
    EXPECT_NE(help.output.find("environment only"), std::string::npos);
    EXPECT_EQ(run_program({"--model", "m"}, {}).exit_code, 2);
    EXPECT_EQ(run_program({"dance"}, {}).exit_code, 2);
}

}  // namespace
}  // namespace coax
