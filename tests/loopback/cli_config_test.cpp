#include "loopback/cli_program.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/value.hpp>
#include <coax/sim/server.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

namespace coax {
namespace {

using test::program;
using test::run_program;
using test::temp_folder;

/// A configuration of two simulated services.
struct configured {
    sim::server fast{{.record_requests = 10}};
    sim::server big{{.record_requests = 10}};
    temp_folder folder{};
    std::string path = folder.write("coax.yaml", "services:\n  fast: {service: {provider: {base_url: \"" + fast.url() +
                                                     "/v1\"}, model: small, api_key: \"${KEY:-k}\"}}\n" +
                                                     "  big: {service: {provider: {base_url: \"" + big.url() +
                                                     "/v1\"}, model: large}, request: {temperature: 0.25}}\n" +
                                                     "default_service: fast\n");
};

TEST(CliConfig, ChoosesTheServiceOfACommand) {
    configured const set;
    EXPECT_EQ(run_program({"--config", set.path, "chat", "Hi"}, {}).exit_code, 0);
    EXPECT_EQ(set.fast.requests().size(), 1U);
    auto const end = run_program({"chat", "Hi", "--service", "big"}, {{"COAX_CONFIG", set.path}});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    ASSERT_EQ(set.big.requests().size(), 1U);
    for (auto const* part : {"\"large\"", "0.25"})
        EXPECT_NE(set.big.requests()[0].body.find(part), std::string::npos) << part;
    auto const hotter =
        run_program({"chat", "Hi", "--temperature", "0.75"}, {{"COAX_CONFIG", set.path}, {"COAX_SERVICE", "big"}});
    EXPECT_EQ(hotter.exit_code, 0) << hotter.errors;
    EXPECT_NE(set.big.requests().at(1).body.find("0.75"), std::string::npos);
    auto const unknown = run_program({"chat", "Hi", "--service", "bg"}, {{"COAX_CONFIG", set.path}});
    EXPECT_EQ(unknown.exit_code, 2);
    EXPECT_NE(unknown.errors.find("fast, big"), std::string::npos) << unknown.errors;
}

TEST(CliConfig, AChatGoesOverTheRoutesOfTheFile) {
    sim::server const closed{{.api_key = "sk-another", .record_requests = 10}};
    sim::server const open{{.record_requests = 10}};
    temp_folder const folder;
    auto const service = [](sim::server const& at, std::string const& model) {
        return "{service: {provider: {base_url: \"" + at.url() + "/v1\"}, model: " + model + ", api_key: sk-mine}}\n";
    };
    auto const path =
        folder.write("coax.yaml", "services:\n  a: " + service(closed, "first") + "  b: " + service(open, "second") +
                                      "router: {routes: [{name: a}, {name: b, priority: 1}]}\n");
    auto const moved = run_program({"--config", path, "chat", "Hi"}, {});
    EXPECT_EQ(moved.exit_code, 0) << moved.errors;
    ASSERT_EQ(open.requests().size(), 1U);
    EXPECT_NE(open.requests()[0].body.find("\"second\""), std::string::npos);
    EXPECT_EQ(run_program({"--config", path, "--service", "a", "chat", "Hi"}, {}).exit_code, 3);
    EXPECT_EQ(run_program({"--config", path, "chat", "Hi"}, {{"COAX_SERVICE", "a"}}).exit_code, 3);
    EXPECT_EQ(open.requests().size(), 1U);

    auto const input = folder.write("in.jsonl", "{\"text\":\"x\"}\n");
    auto const batch =
        run_program({"--config", path, "batch", input, "--prompt", "{{text}}", "--out", folder.path("out.jsonl")}, {});
    EXPECT_NE(batch.errors.find("router is not used by batches"), std::string::npos) << batch.errors;
}

TEST(CliConfig, CheckTellsEachMistakeOnALineOfItsOwn) {
    temp_folder const folder;
    auto const path = folder.write("c.yaml", "policies:\n  timout: 3s\n  retry: {max_attempts: many}\n");
    auto const wrong = run_program({"config", "check", path}, {});
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_EQ(wrong.errors,
              "coax: " + path + ":2:3: policies.timout: there is no such setting; did you mean \"timeout\"?\n" +
                  "coax: " + path + ":3:25: policies.retry.max_attempts: expected an integer, found \"many\"\n");
    configured const set;
    EXPECT_EQ(run_program({"config", "check", set.path}, {}).exit_code, 0);
    EXPECT_EQ(run_program({"config", "check", folder.path("none")}, {}).exit_code, 2);
}

TEST(CliConfig, ShowTellsWhereEachValueIsFrom) {
    configured const set;
    auto const end = run_program({"config", "show", set.path, "--model", "m"},
                                 {{"KEY", "k-secret-1"}, {"COAX_POLICIES__MAX_CONCURRENCY", "3"}});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    auto const line_of = [&](std::string const& path) {
        auto const at = end.output.find(path + ": ");
        return at == std::string::npos ? "none" : end.output.substr(at, end.output.find('\n', at) - at);
    };
    EXPECT_NE(line_of("service.model").find("m "), std::string::npos);
    EXPECT_NE(line_of("service.model").find("# --model"), std::string::npos) << line_of("service.model");
    EXPECT_NE(line_of("service.api_key").find("[secret]"), std::string::npos);
    EXPECT_NE(line_of("service.api_key").find("# " + set.path + ":2:"), std::string::npos);
    EXPECT_NE(line_of("policies.max_concurrency").find("# environment COAX_POLICIES__MAX_CONCURRENCY"),
              std::string::npos);
    EXPECT_NE(line_of("policies.retry.max_attempts").find("3  "), std::string::npos);
    EXPECT_NE(line_of("policies.retry.max_attempts").find("# default"), std::string::npos);
    EXPECT_EQ((end.output + end.errors).find("k-secret"), std::string::npos);
    // Without a service there is still something to be seen.
    auto const none = run_program({"config", "show"}, {});
    EXPECT_EQ(none.exit_code, 0);
    EXPECT_NE(none.output.find("policies.timeout: 0s"), std::string::npos);
    EXPECT_NE(none.errors.find("no service is configured"), std::string::npos) << none.errors;
}

TEST(CliConfig, SchemaIsJson) {
    auto const end = run_program({"config", "schema"}, {});
    EXPECT_EQ(end.exit_code, 0);
    EXPECT_TRUE(json_value::parse(end.output)) << end.output;
}

TEST(CliLog, GoesToFilesAndStandardError) {
    configured const set;
    auto const logs = set.folder.path("logs");
    auto const end = run_program({"chat", "Hi there", "--config", set.path, "--log-dir", logs, "--log-level", "debug"},
                                 {{"KEY", "k-secret-1"}});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_NE(end.errors.find("client: chat small: ok in "), std::string::npos) << end.errors;
    EXPECT_EQ(end.errors.find('\x1b'), std::string::npos) << "colours without a terminal";
    EXPECT_NE(temp_folder::read(logs + "/default.log").find("http: attempt 1 small: ok in "), std::string::npos);
    auto const calls = temp_folder::read(logs + "/inference.log");
    auto const line = json::read<std::map<std::string, json_value>>(calls);
    ASSERT_TRUE(line) << calls;
    EXPECT_EQ(line->at("model").text(), "\"small\"");
    EXPECT_EQ(line->at("outcome").text(), "\"ok\"");
    EXPECT_EQ((end.errors + calls).find("k-secret"), std::string::npos);
    EXPECT_EQ((end.errors + calls).find("Hi there"), std::string::npos);
    // Contents only where the configuration says so.
    auto const told = run_program({"chat", "Hi there", "--config", set.path, "--log-dir", logs},
                                  {{"COAX_LOG__CONTENTS", "true"}, {"COAX_LOG__CONSOLE", "false"}});
    EXPECT_EQ(told.exit_code, 0) << told.errors;
    EXPECT_EQ(told.errors, "");
    EXPECT_NE(temp_folder::read(logs + "/inference.log").find("Hi there"), std::string::npos);
    auto const nowhere = run_program({"chat", "Hi", "--config", set.path, "--log-dir", set.path}, {});
    EXPECT_EQ(nowhere.exit_code, 3);
    EXPECT_EQ(set.fast.requests().size(), 2U);
}

TEST(CliLog, IsNotBegunToBeShown) {
    configured const set;
    auto const end = run_program({"config", "show", "--log-dir", set.folder.path("logs")}, {{"COAX_CONFIG", set.path}});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_NE(end.output.find("# --log-dir"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(set.folder.path("logs")));
}

}  // namespace
}  // namespace coax
