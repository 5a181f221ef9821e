#include "loopback/cli_batch.hpp"
#include "support/compressed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace test;

sim::options echo() { return {.answers = {{.then = {.text = "{prompt}"}}}}; }

std::string const posts = "id;zip;score;text\n7;01234;1.50;\"a;b\"\n8;;2;\n10;10115;;c\n";

/// A simulator that answers, and a folder for tables.
struct table_setting {
    temp_folder folder{};
    sim::server server;
    program::environment variables{{"COAX_API_KEY", "sk-test-key"}};

    explicit table_setting(sim::options options = echo()) : server{std::move(options)} {}

    [[nodiscard]] program_end run(std::vector<std::string> flags, std::string input = {}) const {
        std::vector<std::string> const service{"--base-url", server.url() + "/v1", "--model", "gpt-4o-mini", "--quiet"};
        flags.insert(flags.begin(), "batch");
        flags.insert(flags.end(), service.begin(), service.end());
        return run_program(flags, variables, std::move(input));
    }
    [[nodiscard]] std::string read(std::string_view name) const { return temp_folder::read(folder.path(name)); }
    [[nodiscard]] bool exists(std::string_view name) const { return std::filesystem::exists(folder.path(name)); }
};

TEST(CliTable, ATableInATableOutWithTypesAsTheyWere) {
    table_setting const s;
    auto const in = s.folder.write("in.csv", posts);
    auto const end = s.run({in, "--prompt", "<{{text}}|{{zip}}>", "--out", s.folder.path("out.csv"), "--columns",
                            "id,zip,score,text,output,error,error_kind,model,attempts"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_EQ(s.read("out.csv"),
              "id,zip,score,text,output,error,error_kind,model,attempts\n"
              "7,01234,1.50,a;b,<a;b|01234>,,,gpt-4o-mini,1\n"
              "8,,2,,<|>,,,gpt-4o-mini,1\n"
              "10,10115,,c,<c|10115>,,,gpt-4o-mini,1\n");
    EXPECT_EQ(std::ranges::count(s.read("out.csv.journal.jsonl"), '\n'), 3);
}

TEST(CliTable, AnswersInAFormBecomeColumns) {
    table_setting const s{
        {.answers = {
             {.then = {
                  .json = json_value::parse(R"({"label":"positive","confidence":0.5,"emotions":["joy"]})").value()}}}}};
    auto const in = s.folder.write("in.jsonl", "{\"id\":\"a\",\"post\":{\"text\":\"x\"}}\n");
    auto const end = s.run({in, "--prompt", "{{post.text}}", "--schema", "sentiment", "--out", s.folder.path("out.tsv"),
                            "--exclude-fields", "latency_ms"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    auto const text = s.read("out.tsv");
    EXPECT_EQ(text.substr(0, text.find('\n')),
              "id\tpost.text\tlabel\tconfidence\temotions\terror\terror_kind\tmodel\tinput_tokens\toutput_tokens\t"
              "attempts");
    EXPECT_NE(text.find("\na\tx\tpositive\t0.5\t\"[\"\"joy\"\"]\"\t\t\tgpt-4o-mini\t"), std::string::npos) << text;
}

TEST(CliTable, FailedRowsAreThereAndResumeMendsTheTable) {
    table_setting const s{
        {.answers = {{.when = {.prompt = "b"}, .then = {.refusal = "no"}, .times = 1}, {.then = {.text = "yes"}}}}};
    auto const in = s.folder.write("in.csv", "text\na\nb\nc\n");
    std::vector<std::string> flags{
        in, "--prompt", "{{text}}", "--out", s.folder.path("out.csv"), "--columns", "text,output,error_kind"};
    auto const first = s.run(flags);
    EXPECT_EQ(first.exit_code, 1) << first.errors;
    EXPECT_EQ(s.read("out.csv"), "text,output,error_kind\na,yes,\nb,,refused\nc,yes,\n");
    EXPECT_EQ(s.run(flags).exit_code, 2);  // there is a table already
    flags.insert(flags.end(), {"--resume", "--retry-failed"});
    auto const second = s.run(flags);
    EXPECT_EQ(second.exit_code, 0) << second.errors;
    EXPECT_EQ(s.read("out.csv"), "text,output,error_kind\na,yes,\nb,yes,\nc,yes,\n");
    EXPECT_EQ(s.server.stats().model_requests, 4U);
}

TEST(CliTable, IsNotThereBeforeAllRecordsAre) {
    table_setting const s{{.answers = {{.then = {.refusal = "no"}}}}};
    auto const in = s.folder.write("in.csv", "text\na\nb\nc\nd\ne\nf\n");
    auto const end = s.run(
        {in, "--prompt", "{{text}}", "--out", s.folder.path("out.csv"), "--max-failures", "1", "--concurrency", "1"});
    EXPECT_NE(end.errors.find("out.csv is written once all records are done"), std::string::npos) << end.errors;
    EXPECT_FALSE(s.exists("out.csv"));
    EXPECT_TRUE(s.exists("out.csv.journal.jsonl"));
}

TEST(CliTable, SeveralCompressedFilesAndPatternsAreOneInput) {
    table_setting const s;
    s.folder.write("a1.csv.gz", compressed("id,text\n1,x\n", compression::gzip));
    s.folder.write("a2.csv", "text,id\ny,2\n");
    s.folder.write("b.jsonl", "{\"id\":3,\"text\":\"z\"}\n");
    auto const end = s.run({s.folder.path("a*"), s.folder.path("b.jsonl"), "--prompt", "{{text}}", "--out",
                            s.folder.path("out.jsonl.gz"), "--columns", "id,output"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    auto const shown = run_program({"show", s.folder.path("out.jsonl.gz"), "--json"}, {});
    EXPECT_EQ(shown.output, "{\"id\":1,\"output\":\"x\"}\n{\"id\":2,\"output\":\"y\"}\n{\"id\":3,\"output\":\"z\"}\n")
        << shown.errors;
}

TEST(CliTable, StandardInputHasItsFormatFromAFlag) {
    table_setting const s;
    auto const end = s.run(
        {"-", "--format", "tsv", "--prompt", "{{text}}", "--out", s.folder.path("out.jsonl"), "--types", "id=string"},
        "id\ttext\n007\tx\n8\ty\n");
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    auto const lines = lines_of(s.folder.path("out.jsonl"));
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].key + lines[1].key, lines[0].index == 0 ? "0078" : "8007");
}

struct refused_case {
    char const* name;
    char const* file;
    std::string text;
    std::vector<std::string> flags;
    std::string told;
};
void PrintTo(refused_case const& row, std::ostream* out) { *out << row.name; }
class RefusedBatchTable : public testing::TestWithParam<refused_case> {};

TEST_P(RefusedBatchTable, IsToldBeforeAnythingIsSent) {
    table_setting const s;
    std::vector<std::string> flags{s.folder.write(GetParam().file, GetParam().text)};
    flags.insert(flags.end(), GetParam().flags.begin(), GetParam().flags.end());
    if (std::ranges::find(flags, "--prompt") == flags.end()) flags.insert(flags.end(), {"--prompt", "{{text}}"});
    flags.insert(flags.end(), {"--out", s.folder.path("out.csv")});
    auto const end = s.run(flags);
    EXPECT_EQ(end.exit_code, 2);
    EXPECT_NE(end.errors.find(GetParam().told), std::string::npos) << end.errors;
    EXPECT_EQ(s.server.stats().model_requests, 0U);
    EXPECT_FALSE(s.exists("out.csv"));
    EXPECT_FALSE(s.exists("out.csv.journal.jsonl"));
}
INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedBatchTable,
    testing::Values(
        refused_case{
            "missing_column", "in.csv", posts, {"--prompt", "{{txet}}"}, "no column \"txet\": did you mean \"text\"?"},
        refused_case{"missing_column_of_many_bad_rows",
                     "in.csv",
                     posts,
                     {"--prompt", "{{txet}}", "--allow-bad-lines"},
                     "did you mean \"text\"?"},
        refused_case{"missing_member",
                     "in.jsonl",
                     "{\"text\":\"a\"}\n",
                     {"--prompt", "{{txet}}"},
                     "no field \"txet\": did you mean \"text\"? ("},
        refused_case{"missing_key", "in.csv", posts, {"--key", "uid"}, "no column \"uid\": did you mean \"id\"?"},
        refused_case{"key_twice", "in.csv", "id,text\n1,a\n2,b\n1,c\n", {}, "its key \"1\" is that of"},
        refused_case{"name_twice", "in.csv", "text,text\na,b\n", {}, "names column \"text\" twice"},
        refused_case{"ragged", "in.csv", "id,text\n1,a\n2\n", {}, "in.csv:3"},
        refused_case{"wrong_type", "in.csv", "id,text\nx,a\n", {"--types", "id=int"}, "in.csv:2:1"},
        refused_case{"no_such_type", "in.csv", posts, {"--types", "id=uuid"}, "--types id=uuid"},
        refused_case{"no_such_format", "in.csv", posts, {"--format", "xml"}, "--format xml"},
        refused_case{"no_such_output_column", "in.csv", posts, {"--columns", "id,outptu"}, "did you mean \"output\"?"},
        refused_case{"truncated", "in.csv.gz", compressed(posts, compression::gzip).substr(0, 40), {}, "cut short"},
        refused_case{"parquet", "in.parquet", "PAR1", {}, "libparquet-dev"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(CliTable, TwoRecordsMayHaveAKeyWhereThatIsWanted) {
    table_setting const s;
    auto const in = s.folder.write("in.csv", "id,text\n1,a\n1,b\n");
    auto const end = s.run({in, "--prompt", "{{text}}", "--out", s.folder.path("out.csv"), "--allow-duplicate-keys",
                            "--columns", "id,output"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_EQ(s.read("out.csv"), "id,output\n1,a\n1,b\n");
}

TEST(CliShow, AlignsForTheWidth) {
    temp_folder const folder;
    auto const in = folder.write("in.csv",
                                 "id,name,text\n1,\xE6\xBC\xA2\xE5\xAD\x97,\"one\ntwo\x1b[31m\"\n20,e\xCC\x81,"
                                 "0123456789012345678901234567890123456789\n");
    auto const narrow = run_program({"show", in, "--width", "30"}, {});
    EXPECT_EQ(narrow.output,
              "id  name  text\n"
              "──  ────  ────────────────────\n"
              " 1  \xE6\xBC\xA2\xE5\xAD\x97  one\\ntwo\\x1b[31m\n"
              "20  e\xCC\x81     0123456789012345678…\n")
        << narrow.errors;
    auto const wide = run_program({"show", in, "--width", "200", "--columns", "text", "--limit", "1"}, {});
    EXPECT_EQ(wide.output, "text\n────────────────\none\\ntwo\\x1b[31m\n… more rows (--limit 0 shows all)\n");
    EXPECT_EQ(run_program({"show", in, "--columns", "txet"}, {}).exit_code, 2);
}

}  // namespace
}  // namespace coax
