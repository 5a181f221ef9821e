#include "cli/batch_job.hpp"

#include "cli/built_in_schemas.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/number_flag.hpp"
#include "unit/batch/temp_file.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <ctime>
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
    EXPECT_EQ(job->options.policies.retry.max_attempts, 6);
    EXPECT_EQ(job->options.policies.max_concurrency, 64U);
    EXPECT_FALSE(job->options.policies.adaptive);
}

struct prefix_case {
    char const* name;
    char const* system;
    char const* prompt;
    std::size_t concurrency;
    bool cached;
};
void PrintTo(prefix_case const& row, std::ostream* out) { *out << row.name; }
class SharedPrefix : public testing::TestWithParam<prefix_case> {};

TEST_P(SharedPrefix, IsMarkedForTheCacheWhereThatPays) {
    good_input in;
    in.flags.system = GetParam().system;
    in.flags.prompt = in.folder.write("p.txt", GetParam().prompt);
    in.flags.concurrency = GetParam().concurrency;
    auto const job = prepare(in.flags, {}, with_key);
    ASSERT_TRUE(job) << job.error().why;
    EXPECT_EQ(job->defaults.cache_prefix, GetParam().cached);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, SharedPrefix,
    testing::Values(prefix_case{"shared_flag", "Be brief.", "Judge {{text}}", 1, true},
                    prefix_case{"shared_part", "", "system:\nBe brief.\n---\nJudge {{text}}", 1, true},
                    prefix_case{"none", "", "Judge {{text}}", 1, false},
                    prefix_case{"one_of_each_record", "", "system:\nYou are {{id}}.\n---\nJudge {{text}}", 1, false},
                    prefix_case{"all_under_way_at_once", "Be brief.", "Judge {{text}}", 2, false}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(FileField, ShowsTheRecordsFileBesideItsQuestion) {
    good_input in;
    auto const image = in.folder.write("a.png", "\x89PNG\r\n\x1A\n....");
    in.flags.input = in.folder.write("in.jsonl", R"({"text":"hi","photo":")" + image + "\"}\n" +
                                                     R"({"text":"ho","photo":"https://x/y.pdf"})" + "\n" +
                                                     R"({"text":"hu","photo":"none.png"})" + "\n");
    in.flags.file_field = "photo";
    auto const job = prepare(in.flags, {}, with_key);
    ASSERT_TRUE(job) << job.error().why;
    auto const shown = [&](std::string_view fields, std::uint64_t line) -> result<content_part> {
        batch_record const record{.line = line,
                                  .where = in.flags.input + ":" + std::to_string(line),
                                  .fields = json_value::parse(fields).value()};
        auto request = request_for(*job, record).value();
        if (auto added = add_file(*job, record, request); !added) return added.error();
        EXPECT_EQ(request.messages.back().parts.at(0), content_part{text_part{"Judge hi"}});
        return request.messages.back().parts.at(1);
    };
    EXPECT_EQ(shown(R"({"text":"hi","photo":")" + image + "\"}", 1).value().image()->media_type, "image/png");
    EXPECT_EQ(shown(R"({"text":"hi","photo":"https://x/y.pdf"})", 2).value().file()->url, "https://x/y.pdf");
    EXPECT_EQ(shown(R"({"text":"hi","photo":"https://x/y.png"})", 2).value().image()->url, "https://x/y.png");
    auto const why = shown(R"({"text":"hi","photo":"none.png"})", 3).error();
    EXPECT_EQ(why.code, errc::invalid_json);
    EXPECT_EQ(why.where, in.flags.input + ":3");
    EXPECT_EQ(why.message.find("none.png: cannot read"), 0U) << why.message;
    auto const facts = [&](std::string_view fields) {
        return sent_text(*job, {.line = 1, .fields = json_value::parse(fields).value()});
    };
    EXPECT_NE(facts(R"({"text":"hi","photo":"a"})"), facts(R"({"text":"hi","photo":"b"})"));
}

TEST(FileField, MustBeTextInEveryRecord) {
    good_input in;
    in.flags.file_field = "photo";
    in.flags.input = in.folder.write("in.jsonl", R"({"text":"hi","photo":"a.png"})"
                                                 "\n"
                                                 R"({"text":"ho","photo":5})"
                                                 "\n");
    auto const job = prepare(in.flags, {}, with_key);
    ASSERT_FALSE(job);
    EXPECT_EQ(job.error().why.where, in.flags.input + ":2");
    in.flags.allow_bad_lines = true;
    EXPECT_TRUE(prepare(in.flags, {}, with_key));
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

TEST(Prepare, ConfigurationHoldsWhereNoFlagIsGiven) {
    good_input in;
    auto const path = in.folder.write("c.yaml", R"(batch: {concurrency: 9, max_failures: 3, max_pause: 5m}
policies: {rate_limits: {requests_per_minute: 60}, retry: {max_attempts: 2}}
request: {temperature: 0.5, top_p: 0.9}
)");
    in.flags.max_failures = 4;
    auto const job = prepare(in.flags, {.config = path}, with_key);
    ASSERT_TRUE(job) << job.error().why;
    EXPECT_EQ(job->batch.concurrency, 9U);
    EXPECT_EQ(job->options.policies.max_concurrency, 9U);
    EXPECT_EQ(job->batch.max_failures, 4U);
    EXPECT_EQ(job->batch.max_pause, std::chrono::minutes{5});
    EXPECT_EQ(job->options.policies.rate_limits.requests_per_minute, 60);
    EXPECT_EQ(job->options.policies.retry.max_attempts, 2);
    EXPECT_EQ(job->defaults.temperature, 0.5);
    EXPECT_EQ(job->defaults.top_p, 0.9);
    // An output is of these parameters, whoever states them.
    auto const another = in.folder.write("d.yaml", "request: {temperature: 0.5, top_p: 0.8}\n");
    EXPECT_NE(prepare(in.flags, {.config = another}, with_key)->run.digests.parameters, job->run.digests.parameters);
    auto const fewer = in.folder.write("e.yaml", "request: {temperature: 0.5}\n");
    auto const stated = prepare(in.flags, {.config = fewer}, with_key)->run.digests.parameters;
    in.flags.temperature = 0.5;
    EXPECT_EQ(prepare(in.flags, {}, with_key)->run.digests.parameters, stated);
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
    auto const request = request_for(*job, record);
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
        spoiled_case{"retry_without_resume", [](good_input& in) { in.flags.journal.retry_failed = true; },
                     "--retry-failed"},
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

TEST(SentText, IsWhatThePromptShowsOfARecord) {
    good_input const in;
    auto const job = prepare(in.flags, {}, with_key);
    ASSERT_TRUE(job) << job.error().why;
    auto const of = [&](char const* fields, std::string key) {
        batch_record record{.index = 1, .key = std::move(key), .fields = json_value::parse(fields).value()};
        return sent_text(*job, record);
    };
    auto const before = of(R"({"text":"ho"})", "b");
    EXPECT_EQ(of(R"({"text":"ho","more":1})", "c"), before);
    EXPECT_NE(of(R"({"text":"changed"})", "b"), before);
    EXPECT_EQ(of(R"({"body":"ho"})", "b"), "") << "it cannot be asked";
}

TEST(ResponseOrigin, ChangesWithWhatMakesTheResponses) {
    good_input const in;
    auto const of = [](good_input const& now, service_flags const& service) {
        return prepare(now.flags, service, with_key)->run.digests;
    };
    auto const before = of(in, {.model = "m"});
    EXPECT_EQ(differences(before, of(good_input{}, {.model = "m"})), "");
    EXPECT_EQ(differences(before, of(in, {.model = "n"})), "another model");
    EXPECT_EQ(differences(before, of(in, {.provider = "compatible", .model = "m", .base_url = "http://h"})),
              "another service");
    struct change {
        void (*make)(batch_flags&);
        char const* part;
    };
    for (auto const& [make, part] : {change{[](batch_flags& f) { f.prompt = "Rate {{text}}"; }, "another prompt"},
                                     change{[](batch_flags& f) { f.system = "Be brief."; }, "another prompt"},
                                     change{[](batch_flags& f) { f.schema = ""; }, "another schema"},
                                     change{[](batch_flags& f) { f.schema = "yes_no"; }, "another schema"},
                                     change{[](batch_flags& f) { f.temperature = 0; }, "other parameters"},
                                     change{[](batch_flags& f) { f.max_tokens = 9; }, "other parameters"},
                                     change{[](batch_flags& f) { f.concurrency = 3; }, ""}}) {
        good_input changed;
        make(changed.flags);
        EXPECT_EQ(differences(before, of(changed, {.model = "m"})), part);
    }
}

TEST(ResponseOrigin, AServiceIsTheSameOnAnotherPortAndWithAnotherKeyInItsAddress) {
    good_input const in;
    auto const of = [&](std::string url) {
        return prepare(in.flags, {.model = "m", .base_url = std::move(url)}, with_key)->run.digests;
    };
    auto const before = of("http://localhost:8080/v1?key=a");
    EXPECT_EQ(differences(before, of("http://localhost:9090/v1/?key=b")), "");
    EXPECT_EQ(differences(before, of("http://localhost:8080/v2")), "another service");
}

TEST(ResponseOrigin, AServiceOfTheUsersOwnIsMoreThanItsName) {
    good_input const in;
    auto const of = [&](std::string const& profile) {
        return prepare(in.flags, {.model = "m", .profile = in.folder.write("acme.json", profile)}, with_key)
            ->run.digests;
    };
    std::string const head = R"({"name":"acme","key_variable":"OPENAI_API_KEY","base_url":"https://a.example/v1",)";
    auto const before = of(head + R"("members":["temperature","seed"]})");
    EXPECT_EQ(differences(before, of(head + R"("members":["seed","temperature"]})")), "");
    EXPECT_EQ(differences(before, of(head + R"("key_header":"api-key","members":["seed","temperature"]})")), "");
    EXPECT_EQ(differences(before, of(head + R"("members":["temperature"]})")), "another service");
    EXPECT_EQ(differences(before, of(head + R"("dialect":"grammar","members":["temperature","seed"]})")),
              "another service");
}

TEST(Prepare, SchemaThatIsNotEnforcedIsNoted) {
    good_input in;
    EXPECT_EQ(prepare(in.flags, {.model = "m"}, with_key)->schema_note, "");
    in.flags.schema = in.folder.write("free.json", R"({"type":"object","additionalProperties":{"type":"integer"}})");
    in.flags.relax_schema = true;
    EXPECT_NE(prepare(in.flags, {.model = "m"}, with_key)->schema_note, "");
}

TEST(JournalFlags, ATimeOfDayIsTheNextOne) {
    auto const at = [](int hour, int minute) {
        std::tm parts{.tm_min = minute, .tm_hour = hour, .tm_mday = 10, .tm_mon = 5, .tm_year = 126, .tm_isdst = -1};
        return std::chrono::system_clock::from_time_t(std::mktime(&parts));
    };
    EXPECT_EQ(next_time("07:00", at(6, 59)).value(), at(7, 0));
    EXPECT_EQ(next_time("07:00", at(7, 0)).value(), at(7, 0) + std::chrono::hours{24});
    EXPECT_EQ(next_time("7:05", at(23, 0)).value(), at(7, 5) + std::chrono::hours{24});
    for (auto const* const wrong : {"", "7", "24:00", "07:60", "-1:00", "07:00x", "noon"})
        EXPECT_EQ(next_time(wrong, at(6, 0)).error().where, std::string{"--until "} + wrong);
}

TEST(JournalFlags, APartThatWasFoundHasAnOutputOfItsOwn) {
    EXPECT_EQ(output_of_shard("out.jsonl", {2, 10}), "out.2-of-10.jsonl");
    EXPECT_EQ(output_of_shard("a.b/out", {2, 10}), "a.b/out.2-of-10");
    EXPECT_EQ(output_of_shard("./out.jsonl.gz", {1, 3}), "./out.1-of-3.jsonl.gz");
    EXPECT_EQ(output_of_shard("-", {2, 10}), "-");
    EXPECT_EQ(output_of_shard("out.jsonl", {1, 1}), "out.jsonl");
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

TEST(ErrorText, TellsWhatTheSystemSaidOnce) {
    auto const why = coax::detail::file_error("cannot read", "in.jsonl", ENOENT);
    EXPECT_EQ(error_text(why), "cannot read: No such file or directory (in.jsonl)");
    EXPECT_EQ(to_string(why), "io_failed: cannot read: No such file or directory at in.jsonl");
    error const bare{.code = errc::connect_failed, .message = "cannot connect", .cause = why.cause};
    EXPECT_EQ(error_text(bare), "cannot connect: No such file or directory");
}

TEST(ErrorText, HoldsNothingThatATerminalObeys) {
    EXPECT_EQ(error_text({.code = errc::refused,
                          .message = "a\x1b[31mb\xc2\x9bz\x9d"
                                     "c\x7f\xe2\x82\xac"}),
              "a [31mb  z c \xe2\x82\xac");
}

struct visible_case {
    char const* name;
    std::string text;
    std::string shown;
};
void PrintTo(visible_case const& row, std::ostream* out) { *out << row.name; }
class Visible : public testing::TestWithParam<visible_case> {};
TEST_P(Visible, EscapesWhatATerminalWouldObey) { EXPECT_EQ(visible(GetParam().text), GetParam().shown); }
INSTANTIATE_TEST_SUITE_P(Rows, Visible,
                         testing::Values(visible_case{"plain", "a\tb\nc j\xc3\xb6 \xe6\xbc\xa2 \xf0\x9f\x98\x80",
                                                      "a\tb\nc j\xc3\xb6 \xe6\xbc\xa2 \xf0\x9f\x98\x80"},
                                         visible_case{"colour", "\x1b[31mred", "\\x1b[31mred"},
                                         visible_case{"clipboard", "\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"},
                                         visible_case{"c1_in_utf8",
                                                      "\xc2\x9b"
                                                      "31m",
                                                      "\\xc2\\x9b31m"},
                                         visible_case{"c1_as_a_byte",
                                                      "\x9b"
                                                      "31m",
                                                      "\\x9b31m"},
                                         visible_case{"overwriting", "safe\rrm\b", "safe\\x0drm\\x08"},
                                         visible_case{"cut_character", "a\xe6\xbc", "a\\xe6\\xbc"}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(NumberFlag, TakesNumbersInItsRangeOnly) {
    EXPECT_EQ(read_number("010", number_range{0, 99}), 10);
    EXPECT_EQ(read_number("18446744073709551615", number_range{std::uint64_t{0}}), 18'446'744'073'709'551'615U);
    EXPECT_EQ(read_number("2.5", number_range{0.0, 3.0}), 2.5);
    for (auto const* text : {"", "-1", "100", "5 s", "0x10", "1e1", "nan", " 5", "5.0"})
        EXPECT_FALSE(read_number(text, number_range{0, 99})) << text;
    for (auto const* text : {"nan", "inf", "-0.1", "1e300", "five"})
        EXPECT_FALSE(read_number(text, number_range{0.0, 1e6})) << text;
    EXPECT_EQ(to_string(number_range{0.0, 0.5}), "a number in [0, 0.5]");
    EXPECT_EQ(to_string(number_range{std::uint64_t{0}}), "a whole number of at least 0");
}

}  // namespace
}  // namespace coax::cli
