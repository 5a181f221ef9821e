#include "loopback/cli_program.hpp"

#include <coax/sim/server.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace coax {
namespace {

using test::program;
using test::run_program;
using test::temp_folder;
using testing::HasSubstr;

program::environment const embed_key{{"COAX_API_KEY", "sk-test-key"}};

std::vector<std::string> with_service(std::string name, sim::server const& server, std::vector<std::string> more) {
    std::vector<std::string> all{std::move(name), "--base-url", server.url() + "/v1", "--model", "m"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

/// The lines of an output by their index.
std::map<std::int64_t, boost::json::value> by_index(std::string const& text) {
    std::map<std::int64_t, boost::json::value> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) {
        auto value = boost::json::parse(line);
        lines.emplace(value.at("index").as_int64(), std::move(value));
    }
    return lines;
}

std::string numbered_records(int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += R"({"id":"p)" + std::to_string(i) + R"(","text":"post )" + std::to_string(i) + "\"}\n";
    return text;
}

TEST(CliEmbed, WritesAVectorForEachRecord) {
    sim::server const server{{.record_requests = 64}};
    temp_folder const folder;
    auto const end = run_program(with_service("embed", server,
                                              {folder.write("in", numbered_records(20)), "--out", folder.path("out"),
                                               "--dimensions", "4", "--texts-per-request", "8"}),
                                 embed_key);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    auto const lines = by_index(temp_folder::read(folder.path("out")));
    ASSERT_EQ(lines.size(), 20U);
    for (auto const& [index, line] : lines) {
        EXPECT_EQ(line.at("key").as_string(), ("p" + std::to_string(index)).c_str());
        EXPECT_EQ(line.at("status"), "ok");
        EXPECT_EQ(line.at("output").as_array().size(), 4U);
        EXPECT_GT(line.at("usage").at("input_tokens").as_int64(), 0);
    }
    EXPECT_NE(lines.at(1).at("output"), lines.at(2).at("output"));
    EXPECT_EQ(server.requests().size(), 3U) << "several texts in one request";
    EXPECT_THAT(end.errors, HasSubstr("20"));
}

TEST(CliEmbed, TakesPlainLines) {
    sim::server const server{{.record_requests = 8}};
    auto const end =
        run_program(with_service("embed", server, {"-", "--lines", "--out", "-", "--dimensions", "2", "--quiet"}),
                    embed_key, "one\r\n\n\"two\"\t\\\nlast");
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_EQ(by_index(end.output).size(), 3U);
    std::vector<std::string> sent;
    for (auto const& request : server.requests()) {
        auto const body = boost::json::parse(request.body);
        for (auto const& text : body.at("input").as_array()) sent.emplace_back(text.as_string().c_str());
    }
    EXPECT_THAT(sent, testing::UnorderedElementsAre("one", "\"two\"\t\\", "last"));
}

TEST(CliEmbed, ResumesWithoutAskingAgain) {
    sim::server const server{{.record_requests = 64}};
    temp_folder const folder;
    auto const in = folder.write("in", numbered_records(10));
    auto const out = folder.path("out");
    auto const run = [&](std::vector<std::string> more) {
        std::vector<std::string> all{in, "--out", out, "--dimensions", "4", "--quiet"};
        all.insert(all.end(), more.begin(), more.end());
        return run_program(with_service("embed", server, all), embed_key);
    };
    EXPECT_EQ(run({"--limit", "4"}).exit_code, 0);
    EXPECT_EQ(run({"--resume"}).exit_code, 0);
    EXPECT_EQ(by_index(temp_folder::read(out)).size(), 10U);
    std::size_t sent = 0;
    for (auto const& request : server.requests())
        sent += boost::json::parse(request.body).at("input").as_array().size();
    EXPECT_EQ(sent, 10U);
    auto const other = run({"--resume", "--text", "Post: {{text}}"});
    EXPECT_EQ(other.exit_code, 2) << "vectors of other texts are not mixed in";
    EXPECT_EQ(run({}).exit_code, 2) << "the output is not overwritten";
}

TEST(CliEmbed, TextThatIsRefusedFailsAlone) {
    sim::server const server{};
    temp_folder const folder;
    auto const input = numbered_records(3) + R"({"id":"long","text":")" + std::string(40'000, 'x') + "\"}\n" +
                       R"({"id":"empty","text":""})" + "\n" + numbered_records(2);
    auto const end = run_program(
        with_service("embed", server,
                     {folder.write("in", input), "--out", folder.path("out"), "--quiet", "--allow-duplicate-keys"}),
        embed_key);
    EXPECT_EQ(end.exit_code, 1) << end.errors;
    auto const lines = by_index(temp_folder::read(folder.path("out")));
    ASSERT_EQ(lines.size(), 7U);
    for (auto const& [index, line] : lines)
        EXPECT_EQ(line.at("status"), index == 3 || index == 4 ? "error" : "ok") << boost::json::serialize(line);
    EXPECT_EQ(lines.at(3).at("error").at("code"), "context_too_long");
    EXPECT_EQ(lines.at(4).at("error").at("code"), "invalid_argument");
}

TEST(CliEmbed, WrongUseSendsNothing) {
    sim::server const server{{.record_requests = 4}};
    temp_folder const folder;
    auto const in = folder.write("in", numbered_records(2));
    auto const run = [&](std::vector<std::string> more) {
        std::vector<std::string> all{in, "--out", folder.path("out")};
        all.insert(all.end(), more.begin(), more.end());
        return run_program(with_service("embed", server, all), embed_key).exit_code;
    };
    EXPECT_EQ(run({"--text", "the same for all"}), 2);
    EXPECT_EQ(run({"--text", "{{missing}}"}), 2);
    EXPECT_EQ(run({"--texts-per-request", "5000"}), 2);
    EXPECT_EQ(run({"--provider", "anthropic"}), 3) << "no key";
    EXPECT_TRUE(server.requests().empty());
}

TEST(CliCheck, TellsWhatIsWrong) {
    sim::server const server{{.api_key = "sk-test-key", .models = {"m", "n"}}};
    auto const good = run_program(with_service("check", server, {}), embed_key);
    EXPECT_EQ(good.exit_code, 0) << good.errors << good.output;
    EXPECT_THAT(good.output, HasSubstr("address  ok\nkey      ok\nmodel    ok: m\n"));
    auto const locked = run_program(with_service("check", server, {}), {{"COAX_API_KEY", "sk-wrong-key"}});
    EXPECT_EQ(locked.exit_code, 3);
    EXPECT_THAT(locked.output, HasSubstr("key      wrong"));
    EXPECT_EQ(locked.output.find("sk-wrong-key"), std::string::npos);
    auto const unknown =
        run_program({"check", "--base-url", server.url() + "/v1", "--model", "x", "--json"}, embed_key);
    EXPECT_EQ(unknown.exit_code, 3);
    auto const json = boost::json::parse(unknown.output);
    EXPECT_EQ(json.at("ok"), false);
    EXPECT_EQ(json.at("key"), "ok");
    EXPECT_EQ(json.at("model"), "wrong");
    EXPECT_EQ(json.at("models"), (boost::json::array{"m", "n"}));
    EXPECT_EQ(json.at("error").at("code"), "not_found");
    EXPECT_EQ(run_program({"check"}, {}).exit_code, 3);
}

TEST(CliModels, ListsThem) {
    sim::server const server{{.models = {"first", "second"}}};
    auto const text = run_program(with_service("models", server, {}), embed_key);
    EXPECT_EQ(text.exit_code, 0) << text.errors;
    EXPECT_EQ(text.output, "first\nsecond\n");
    auto const json = run_program(with_service("models", server, {"--json"}), embed_key);
    EXPECT_EQ(boost::json::parse(json.output.substr(0, json.output.find('\n'))).at("id"), "first");
    auto const nobody = run_program({"models", "--base-url", "http://127.0.0.1:1/v1"}, embed_key);
    EXPECT_EQ(nobody.exit_code, 3);
    EXPECT_THAT(nobody.errors, HasSubstr("127.0.0.1"));
}

}  // namespace
}  // namespace coax
