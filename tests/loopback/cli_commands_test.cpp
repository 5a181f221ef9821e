#include "loopback/cli_program.hpp"

#include <coax/sim/server.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::program;
using test::run_program;
using test::temp_folder;

program::environment const with_key{{"OPENAI_API_KEY", "sk-test-key"}};

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
        wrong_flags{"no_url", {"chat", "x", "--base-url", "nonsense"}, "base_url"},
        wrong_flags{"out_of_range", {"chat", "x", "--temperature", "5"}, "temperature"},
        wrong_flags{"negative_limit", {"batch", "in", "--prompt", "{{a}}", "--out", "out", "--limit", "-1"}, "--limit"},
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
    EXPECT_NE(end.errors.find("cannot connect: Connection refused"), std::string::npos) << end.errors;
}

TEST(CliServeSim, ServesUntilInterruptedAndTellsWhatItDid) {
    temp_folder const folder;
    program server{{"serve-sim", "--tls", "--ca-out", folder.path("ca.pem"), "--seed", "3", "--fault",
                    "rate_limited:1:1", "--rpm", "100000"},
                   {{"COAX_SIM_KEY", "sk-test-key"}}};
    ASSERT_TRUE(eventually([&] { return server.output().find('\n') != std::string::npos; })) << server.errors();
    auto const line = server.output();
    ASSERT_EQ(line.rfind("serving on https://", 0), 0U) << line;
    auto const url = line.substr(11, line.size() - 12);

    auto const end = run_program(
        {"chat", "Hi", "--base-url", url + "/v1", "--model", "m", "--ca-file", folder.path("ca.pem")}, with_key);
    EXPECT_EQ(end.exit_code, 1) << end.errors;
    EXPECT_NE(end.errors.find("429"), std::string::npos) << end.errors;

    server.signal(SIGINT);
    auto const told = server.wait();
    EXPECT_EQ(told.exit_code, 0);
    EXPECT_NE(told.output.find("fault rate_limited: 3"), std::string::npos) << told.output;
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
    for (auto const* name : {"openai", "azure", "anthropic", "compatible"})
        EXPECT_NE(providers.output.find(name), std::string::npos);
    auto const help = run_program({"batch", "--help"}, {});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_NE(help.output.find("Exit codes"), std::string::npos);
    EXPECT_NE(help.output.find("environment only"), std::string::npos);
    EXPECT_EQ(run_program({}, {}).exit_code, 2);
    EXPECT_EQ(run_program({"dance"}, {}).exit_code, 2);
}

}  // namespace
}  // namespace coax
