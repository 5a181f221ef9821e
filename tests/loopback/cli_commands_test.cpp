#include "loopback/cli_program.hpp"

#include <coax/sim/server.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
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
