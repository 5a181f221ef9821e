#include "loopback/cli_program.hpp"

#include <coax/json/value.hpp>
#include <coax/sim/server.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace coax {
namespace {

using test::program_end;
using test::run_program;
using test::temp_folder;

test::program::environment const compare_key{{"COAX_API_KEY", "sk-test-key"}};

constexpr int question_count = 20;

/// Three models, each right in another share of the questions "What is n plus 1,000?".
sim::options graded_models() {
    sim::options wanted;
    constexpr std::array<std::pair<char const*, int>, 3> models{{{"sharp", 20}, {"fair", 15}, {"dull", 10}}};
    for (auto const& [model, right] : models)
        for (int n = 0; n < question_count; ++n) {
            auto const said = n < right ? "1," + std::to_string(100 + n) : std::string{"no idea, maybe 3"};
            sim::answer_rule rule{.when = {.prompt = "is " + std::to_string(100 + n) + " plus", .model = model}};
            rule.then.text = "Let me see: 1,000 and more make " + said + ".";
            wanted.answers.push_back(std::move(rule));
        }
    return wanted;
}

std::string questions() {
    std::string lines;
    for (int n = 0; n < question_count; ++n)
        lines += R"({"id":"q)" + std::to_string(n) + R"(","number":)" + std::to_string(100 + n) + R"(,"answer":")" +
                 std::to_string(1'100 + n) + "\"}\n";
    return lines;
}

program_end compare_models(sim::server const& server, std::vector<std::string> more, std::string input = {}) {
    std::vector<std::string> all{"compare", "--base-url", server.url() + "/v1"};
    all.insert(all.end(), more.begin(), more.end());
    return run_program(all, compare_key, std::move(input));
}

/// The row of a model, with single blanks.
std::string row_of(std::string const& table, std::string const& model) {
    auto const at = table.rfind("\n" + model + " ");
    if (at == std::string::npos) return "no row";
    std::string row;
    for (char const c : table.substr(at + 1, table.find('\n', at + 1) - at - 1))
        if (c != ' ' || row.back() != ' ') row += c;
    return row;
}

TEST(CliCompare, ShowsTheAccuracyOfEachModelOverAFile) {
    sim::server const server{graded_models()};
    temp_folder const folder;
    auto const end = compare_models(
        server,
        {"--models", "sharp", "fair", "dull", "--input", "-", "--prompt", "What is {{number}} plus 1,000?",
         "--expected", "answer", "--answer", "number", "--out", folder.path("out.jsonl")},
        questions());
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_EQ(row_of("\n" + end.output, "sharp").find("sharp 20 0 100.0 % 62.5 %"), 0U) << end.output;
    EXPECT_EQ(row_of("\n" + end.output, "fair").find("fair 20 0 75.0 % 75.0 %"), 0U) << end.output;
    EXPECT_EQ(row_of("\n" + end.output, "dull").find("dull 20 0 50.0 % 62.5 %"), 0U) << end.output;
    auto const lines = temp_folder::read(folder.path("out.jsonl"));
    EXPECT_EQ(std::ranges::count(lines, '\n'), 60);
    EXPECT_NE(lines.find(R"({"key":"q3","index":3,"model":"sharp","text":)"), std::string::npos) << lines;
}

/// As `coax batch`: any table in, and a table out.
TEST(CliCompare, TakesAndMakesTables) {
    sim::server const server{graded_models()};
    temp_folder const folder;
    folder.write("a.csv", "n;number;answer\n1;100;1100\n2;101;1101\n");
    folder.write("b.csv", "n;number;answer\n3;115;1115\n");
    std::vector<std::string> const flags{"--models",
                                         "sharp",
                                         "fair",
                                         "--input",
                                         folder.path("?.csv"),
                                         "--prompt",
                                         "What is {{number}} plus 1,000?",
                                         "--expected",
                                         "answer",
                                         "--answer",
                                         "number",
                                         "--key",
                                         "n"};
    auto const with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), flags.begin(), flags.end());
        return compare_models(server, std::move(more));
    };
    auto const out = folder.path("out.csv");
    auto const end = with({"--out", out, "--columns", "key,index,model,answer,correct", "--concurrency", "1"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_EQ(temp_folder::read(out),
              "key,index,model,answer,correct\n1,0,sharp,1100,true\n1,0,fair,1100,true\n2,1,sharp,1101,true\n"
              "2,1,fair,1101,true\n3,2,sharp,1115,true\n3,2,fair,3,false\n");
    EXPECT_FALSE(std::filesystem::exists(out + ".lines.jsonl"));
    auto const asked = server.stats().requests;
    EXPECT_EQ(with({"--out", out, "--columns", "kye"}).exit_code, 2);
    EXPECT_EQ(with({"--columns", "key"}).exit_code, 2);  // no table
    EXPECT_EQ(with({"--separator", "ab"}).exit_code, 2);
    EXPECT_EQ(with({"--key", "m"}).exit_code, 2);
    EXPECT_EQ(server.stats().requests, asked);
}

TEST(CliCompare, ShowsOneQuestionSideBySideAndAFailureAsItsOwnRow) {
    auto wanted = graded_models();
    wanted.models = {"sharp", "fair"};
    sim::server const server{std::move(wanted)};
    auto const end = compare_models(server, {"What is 105 plus 1,000?", "--models", "sharp", "fair", "gone",
                                             "--expected", "1105", "--answer", "number"});
    EXPECT_EQ(end.exit_code, 1) << end.errors;
    EXPECT_NE(end.output.find("== sharp  "), std::string::npos) << end.output;
    EXPECT_NE(end.output.find("right  agrees with 1 of 2\nLet me see: 1,000 and more make 1,105.\n"), std::string::npos)
        << end.output;
    EXPECT_NE(end.output.find("== gone  failed: "), std::string::npos) << end.output;
    EXPECT_EQ(row_of(end.output, "gone").find("gone 1 1 0.0 % -"), 0U) << end.output;
}

TEST(CliCompare, RefusesWrongInputBeforeAnythingIsSent) {
    sim::server const server{graded_models()};
    std::vector<std::string> const file{"--models", "sharp", "--input", "-", "--answer", "number"};
    auto const with = [&](std::vector<std::string> more) {
        more.insert(more.end(), file.begin(), file.end());
        return compare_models(server, std::move(more), questions());
    };
    EXPECT_EQ(with({}).exit_code, 2);                                                 // no prompt
    EXPECT_EQ(with({"--prompt", "{{gone}}?"}).exit_code, 2);                          // no such field
    EXPECT_EQ(with({"--prompt", "{{number}}?", "--expected", "gone"}).exit_code, 2);  // nor that
    EXPECT_EQ(with({"A question", "--prompt", "{{number}}?"}).exit_code, 2);          // both
    EXPECT_EQ(compare_models(server, {"A question"}).exit_code, 2);                   // no models
    EXPECT_EQ(compare_models(server, {"--models", "sharp"}).exit_code, 2);            // no question
    EXPECT_EQ(server.stats().requests, 0U);
}

}  // namespace
}  // namespace coax
