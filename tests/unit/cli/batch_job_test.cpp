#include "cli/batch_job.hpp"

#include "cli/built_in_schemas.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "unit/batch/temp_file.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace coax::cli {
namespace {

using test::temp_folder;

std::optional<std::string> with_key(std::string_view name) {
    if (name == "OPENAI_API_KEY") return "k";
    return std::nullopt;
}
std::optional<std::string> without_key(std::string_view) { return std::nullopt; }

/// Good input, of which each test spoils one thing.
struct good_input {
    temp_folder folder{};
    batch_flags flags{};

    good_input() {
        flags.input = folder.write("in.jsonl", "{\"id\":\"a\",\"text\":\"hi\"}\n{\"id\":\"b\",\"text\":\"ho\"}\n");
        flags.prompt = "Judge {{text}}";
        flags.schema = "sentiment";
        flags.out = folder.path("out.jsonl");
    }
};

TEST(Prepare, GoodInputGivesAJob) {
    good_input const in;
    auto const job = prepare(in.flags, {}, with_key);
    ASSERT_TRUE(job) << job.error().why;
    EXPECT_EQ(job->record_count, 2U);
    EXPECT_TRUE(job->schema);
    EXPECT_EQ(job->options.policies.retry.max_attempts, in.flags.retries + 1);
    EXPECT_EQ(job->options.policies.max_concurrency, in.flags.concurrency);
    EXPECT_FALSE(job->options.policies.adaptive);
}

TEST(Prepare, AdaptiveStaysWithinTheConcurrency) {
    good_input in;
    in.flags.adaptive = true;
    in.flags.concurrency = 5;
    auto const job = prepare(in.flags, {}, with_key);
    ASSERT_TRUE(job) << job.error().why;
    ASSERT_TRUE(job->options.policies.adaptive);
    EXPECT_EQ(job->options.policies.adaptive->maximum, 5U);
    EXPECT_EQ(job->options.policies.adaptive->initial, 5U);
}

TEST(Prepare, RequestCarriesSystemPromptAndSampling) {
    good_input in;
    in.flags.system = "Be brief.";
    in.flags.temperature = 0.5;
    in.flags.prompt = in.folder.write("p.txt", "system:\nEnglish.\n---\nJudge {{text}}\n");
    auto const job = prepare(in.flags, {}, with_key);
    ASSERT_TRUE(job) << job.error().why;
    batch_record record{.line = 1};
    record.fields = json_value::parse(R"({"text":"hi"})").value();
    auto const request = request_for(*job, in.flags.input, record);
    ASSERT_TRUE(request) << request.error();
    ASSERT_EQ(request->messages.size(), 3U);
    EXPECT_EQ(request->messages[0].text, "Be brief.");
    EXPECT_EQ(request->messages[1].text, "English.");
    EXPECT_EQ(request->messages[2].text, "Judge hi");
    EXPECT_EQ(request->temperature, 0.5);
}

struct spoiled_case {
    char const* name;
    void (*spoil)(good_input&);
    char const* where;
    int exit_code{bad_usage};
};
void PrintTo(spoiled_case const& row, std::ostream* out) { *out << row.name; }
class SpoiledInput : public testing::TestWithParam<spoiled_case> {};

TEST_P(SpoiledInput, IsRefusedWithItsPlace) {
    good_input in;
    GetParam().spoil(in);
    bool const no_key = GetParam().exit_code == could_not_go_on;
    auto const job = prepare(in.flags, {}, no_key ? without_key : with_key);
    ASSERT_FALSE(job);
    EXPECT_EQ(job.error().exit_code, GetParam().exit_code);
    EXPECT_NE(job.error().why.where.find(GetParam().where), std::string::npos) << job.error().why;
    EXPECT_EQ(error_text(job.error().why).find('\n'), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, SpoiledInput,
    testing::Values(
        spoiled_case{"no_input", [](good_input& in) { in.flags.input = in.folder.path("absent.jsonl"); },
                     "absent.jsonl"},
        spoiled_case{"folder_as_input", [](good_input& in) { in.flags.input = in.folder.path(""); }, "/"},
        spoiled_case{"pipe_as_input", [](good_input& in) { in.flags.input = "/dev/null"; }, "/dev/null"},
        spoiled_case{"line_not_json", [](good_input& in) { in.folder.write("in.jsonl", "{\"text\":1}\nhello\n"); },
                     "in.jsonl:2"},
        spoiled_case{"field_missing",
                     [](good_input& in) { in.folder.write("in.jsonl", "{\"text\":1}\n{\"body\":1}\n"); }, "in.jsonl:2"},
        spoiled_case{"no_prompt_file", [](good_input& in) { in.flags.prompt = "absent.txt"; }, "absent.txt"},
        spoiled_case{"prompt_not_closed", [](good_input& in) { in.flags.prompt = "Judge {{text"; }, "--prompt:1"},
        spoiled_case{"prompt_without_field", [](good_input& in) { in.flags.prompt = "my prompt.txt"; }, "--prompt"},
        spoiled_case{"no_such_schema", [](good_input& in) { in.flags.schema = "sentimental"; }, "--schema sentimental"},
        spoiled_case{"schema_not_json",
                     [](good_input& in) { in.flags.schema = in.folder.write("s.json", "{\"type\":"); }, "s.json"},
        spoiled_case{"schema_of_no_type",
                     [](good_input& in) { in.flags.schema = in.folder.write("s.json", R"({"type":"strnig"})"); },
                     "s.json#/type"},
        spoiled_case{"no_concurrency", [](good_input& in) { in.flags.concurrency = 0; }, "--concurrency"},
        spoiled_case{"negative_rpm", [](good_input& in) { in.flags.rpm = -1; }, "--rpm"},
        spoiled_case{"many_reasks", [](good_input& in) { in.flags.max_reasks = 11; }, "--max-reasks"},
        spoiled_case{"endless_timeout", [](good_input& in) { in.flags.timeout = 1e300; }, "--timeout"},
        spoiled_case{"retry_without_resume", [](good_input& in) { in.flags.retry_failed = true; }, "--retry-failed"},
        spoiled_case{"hot", [](good_input& in) { in.flags.temperature = 9; }, "temperature"},
        spoiled_case{"no_key", [](good_input&) {}, "", could_not_go_on}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Prepare, BadLinesAreCountedWhereTheyAreAllowed) {
    good_input in;
    in.flags.allow_bad_lines = true;
    in.folder.write("in.jsonl", "{\"text\":1}\nhello\n{\"body\":1}\n");
    auto const job = prepare(in.flags, {}, with_key);
    ASSERT_TRUE(job) << job.error().why;
    EXPECT_EQ(job->record_count, 3U);
}

TEST(CountUndone, LeavesOutWhatIsDone) {
    good_input const in;
    finished_records done;
    done.add(1, "b", false);
    EXPECT_EQ(count_undone(in.flags.input, {}, done).value(), 1U);
    EXPECT_EQ(count_undone(in.flags.input, {}, {}).value(), 2U);
}

TEST(CountUndone, OutputOfOtherInputIsRefused) {
    good_input const in;
    finished_records done;
    done.add(1, "z", false);
    auto const undone = count_undone(in.flags.input, {}, done);
    ASSERT_FALSE(undone);
    EXPECT_EQ(undone.error().where, in.flags.input + ":2");
}

TEST(ExitCode, TellsScriptsWhatHappened) {
    EXPECT_EQ(exit_code_of({.ok = 5}, false, 0), all_ok);
    EXPECT_EQ(exit_code_of({.ok = 5, .failed = 1}, false, 0), some_failed);
    EXPECT_EQ(exit_code_of({.ok = 5}, false, 1), some_failed);
    EXPECT_EQ(exit_code_of({.ok = 5, .stopped = true}, true, 0), interrupted);
    EXPECT_EQ(exit_code_of({.ok = 5}, true, 0), all_ok);  // the signal came when all was done
    EXPECT_EQ(exit_code_of({.ok = 5, .ended_by = error{.code = errc::io_failed}}, true, 0), could_not_go_on);
}

TEST(BuiltInSchemas, AreAllGood) {
    for (auto const name : built_in_schema_names()) {
        auto const text = built_in_schema(name);
        ASSERT_TRUE(text) << name;
        auto const schema = runtime_schema::parse(*text);
        ASSERT_TRUE(schema) << name << schema.error();
        for (auto const dialect : {schema_dialect::openai_strict, schema_dialect::anthropic})
            EXPECT_TRUE(schema->for_dialect(dialect)) << name;
    }
    EXPECT_FALSE(built_in_schema("sentimental"));
}

TEST(ErrorText, IsOneLineWithItsPlaces) {
    error const why{.code = errc::rate_limited,
                    .message = "too\nmany",
                    .where = "host",
                    .http_status = 429,
                    .service_message = "slow down",
                    .request_id = "r1",
                    .attempts = 3};
    EXPECT_EQ(error_text(why), "too many: slow down (host, status 429, request r1, 3 attempts)");
    EXPECT_EQ(error_text({.code = errc::closed}), "closed");
}

}  // namespace
}  // namespace coax::cli
