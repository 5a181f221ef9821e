#include "unit/batch/temp_file.hpp"

#include <coax/batch/jsonl_writer.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <ostream>
#include <string>
#include <sys/resource.h>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::temp_folder;

batch_result<std::string> ok(std::uint64_t index, std::string key, std::string text) {
    batch_result<std::string> outcome{.index = index, .key = std::move(key)};
    outcome.value = std::move(text);
    outcome.usage = {.input_tokens = 5, .output_tokens = 2};
    outcome.attempts = 1;
    outcome.latency = 12ms;
    return outcome;
}

batch_result<std::string> failed(std::uint64_t index, std::string key, error why) {
    batch_result<std::string> outcome{.index = index, .key = std::move(key)};
    outcome.attempts = why.attempts;
    outcome.value = std::move(why);
    return outcome;
}

TEST(JsonLine, OkWithText) {
    EXPECT_EQ(to_json_line(ok(3, "a\"b", "hi\nyou"), output_kind::text),
              R"({"index":3,"key":"a\"b","status":"ok","output":"hi\nyou",)"
              R"("usage":{"input_tokens":5,"output_tokens":2},"attempts":1,"latency_ms":12})");
}

TEST(JsonLine, OkWithJsonStaysOnOneLine) {
    auto const line = to_json_line(ok(0, "k", "{\n  \"a\": \"x\\n\"\r\n}"), output_kind::json);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_NE(line.find(R"("output":{   "a": "x\n"  },)"), std::string::npos) << line;
}

TEST(JsonLine, BlanksAroundJsonAreDropped) {
    auto const line = to_json_line(ok(0, "k", "\n {\"a\":1}" + std::string(5'000, ' ')), output_kind::json);
    EXPECT_NE(line.find(R"("output":{"a":1},)"), std::string::npos) << line;
}

TEST(JsonLine, ErrorTellsAllThatIsKnown) {
    error const why{.code = errc::rate_limited,
                    .message = "too many",
                    .where = "api.host",
                    .http_status = 429,
                    .service_code = "rate_limit_exceeded",
                    .service_message = "slow down",
                    .request_id = "req_1",
                    .attempts = 3};
    EXPECT_EQ(to_json_line(failed(4, "d", why), output_kind::json),
              R"({"index":4,"key":"d","status":"error","error":{"code":"rate_limited","message":"too many",)"
              R"("where":"api.host","http_status":429,"service_code":"rate_limit_exceeded",)"
              R"("service_message":"slow down","request_id":"req_1"},)"
              R"("usage":{"input_tokens":0,"output_tokens":0},"attempts":3,"latency_ms":0})");
}

TEST(FinishedRecords, RememberIndexAndKey) {
    finished_records done;
    done.add(0, "a", false);
    done.add(1'000, "b", true);
    EXPECT_EQ(done.size(), 2U);
    EXPECT_EQ(done.failed(), 1U);
    EXPECT_TRUE(done.contains(0));
    EXPECT_FALSE(done.contains(1));
    EXPECT_FALSE(done.contains(1'000'000));
    EXPECT_FALSE(done.contradicts(1'000, "b"));
    EXPECT_TRUE(done.contradicts(1'000, "c"));
    EXPECT_FALSE(done.contradicts(7, "x"));
}

std::string const line_a = R"({"index":0,"key":"a","status":"ok","output":"x"})"
                           "\n";
std::string const line_b = R"({"index":1,"key":"b","status":"error","error":{"code":"refused","message":"no"}})"
                           "\n";
std::string const line_c = R"({"index":2,"key":"c","status":"ok","output":{"n":1}})"
                           "\n";

TEST(JsonlWriter, AppendsWholeLinesThatAreThereAtOnce) {
    temp_folder const folder;
    auto const path = folder.path("out.jsonl");
    auto writer = jsonl_writer::open(path);
    ASSERT_TRUE(writer) << writer.error();
    ASSERT_TRUE(writer->write("{\"a\":1}"));
    EXPECT_EQ(temp_folder::read(path), "{\"a\":1}\n");
    ASSERT_TRUE(writer->write("{\"a\":2}"));
    ASSERT_TRUE(writer->close());
    EXPECT_EQ(temp_folder::read(path), "{\"a\":1}\n{\"a\":2}\n");
}

TEST(JsonlWriter, UnusedFileIsNotLeftBehind) {
    temp_folder const folder;
    auto const path = folder.path("out.jsonl");
    {
        ASSERT_TRUE(jsonl_writer::open(path));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
    auto writer = jsonl_writer::open(path);
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->close());
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(JsonlWriter, EmptyFileOfSomeoneElseStays) {
    temp_folder const folder;
    auto const path = folder.write("out.jsonl", "");
    {
        ASSERT_TRUE(jsonl_writer::open(path));
    }
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(JsonlWriter, FileWithSomethingInItIsRefusedAndUnchanged) {
    temp_folder const folder;
    auto const path = folder.write("out.jsonl", line_a);
    auto const writer = jsonl_writer::open(path);
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().code, errc::io_failed);
    EXPECT_EQ(writer.error().where, path);
    EXPECT_EQ(temp_folder::read(path), line_a);
}

TEST(JsonlWriter, SecondWriterIsRefused) {
    temp_folder const folder;
    auto const path = folder.path("out.jsonl");
    auto const first = jsonl_writer::open(path);
    ASSERT_TRUE(first);
    auto const second = jsonl_writer::open(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message, "another batch is writing it");
}

TEST(JsonlWriter, UnwritablePlaceIsNamed) {
    temp_folder const folder;
    auto const path = folder.path("absent/out.jsonl");
    auto const writer = jsonl_writer::open(path);
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().where, path);
}

TEST(Resume, GoesOnAfterTheLastWholeLine) {
    temp_folder const folder;
    auto const path = folder.write("out.jsonl", line_a + line_b);
    auto writer = jsonl_writer::open(path, {.resume = true});
    ASSERT_TRUE(writer) << writer.error();
    EXPECT_TRUE(writer->finished().contains(0));
    EXPECT_TRUE(writer->finished().contains(1));
    EXPECT_EQ(writer->finished().failed(), 1U);
    ASSERT_TRUE(writer->write(line_c.substr(0, line_c.size() - 1)));
    EXPECT_EQ(temp_folder::read(path), line_a + line_b + line_c);
}

TEST(Resume, CutsATornLastLineWhereverItWasTorn) {
    temp_folder const folder;
    for (std::size_t length = 0; length < line_c.size(); ++length) {
        auto const path = folder.write("out.jsonl", line_a + line_c.substr(0, length));
        auto writer = jsonl_writer::open(path, {.resume = true});
        ASSERT_TRUE(writer) << length << writer.error();
        EXPECT_EQ(writer->finished().size(), 1U);
        EXPECT_EQ(temp_folder::read(path), line_a);
    }
}

TEST(Resume, DroppedFailuresLeaveOnlyTheOkLines) {
    temp_folder const folder;
    auto const path = folder.write("out.jsonl", line_a + line_b + line_c + "{\"ind");
    auto writer = jsonl_writer::open(path, {.resume = true, .drop_failures = true});
    ASSERT_TRUE(writer) << writer.error();
    EXPECT_EQ(writer->finished().size(), 2U);
    EXPECT_EQ(writer->finished().failed(), 0U);
    EXPECT_FALSE(writer->finished().contains(1));
    ASSERT_TRUE(writer->write("{}"));
    ASSERT_TRUE(writer->close());
    EXPECT_EQ(temp_folder::read(path), line_a + line_c + "{}\n");
    EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

struct foreign_case {
    char const* name;
    std::string text;
    int line;
};
void PrintTo(foreign_case const& row, std::ostream* out) { *out << row.name; }
class ForeignOutput : public testing::TestWithParam<foreign_case> {};

TEST_P(ForeignOutput, IsRefusedAndUnchanged) {
    temp_folder const folder;
    auto const path = folder.write("out.jsonl", GetParam().text);
    for (bool const drop : {false, true}) {
        auto const writer = jsonl_writer::open(path, {.resume = true, .drop_failures = drop});
        ASSERT_FALSE(writer);
        EXPECT_EQ(writer.error().code, errc::invalid_json);
        EXPECT_EQ(writer.error().where, path + ':' + std::to_string(GetParam().line));
        EXPECT_EQ(temp_folder::read(path), GetParam().text);
    }
}
INSTANTIATE_TEST_SUITE_P(
    Rows, ForeignOutput,
    testing::Values(foreign_case{"prose", "Dear diary\n", 1}, foreign_case{"other_json", line_a + "{\"id\":1}\n", 2},
                    foreign_case{"unknown_status", "{\"index\":0,\"key\":\"a\",\"status\":\"maybe\"}\n", 1},
                    foreign_case{"negative_index", "{\"index\":-1,\"key\":\"a\",\"status\":\"ok\"}\n", 1},
                    foreign_case{"absurd_index", "{\"index\":99999999999,\"key\":\"a\",\"status\":\"ok\"}\n", 1},
                    foreign_case{"torn_in_the_middle", line_a.substr(0, 10) + "\n" + line_c, 1},
                    foreign_case{"twice", line_a + line_c + line_a, 3}),
    [](auto const& row) { return std::string(row.param.name); });

/// Makes writes beyond `bytes` fail, as on a full disk.
class file_size_limit {
public:
    explicit file_size_limit(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        previous_ = std::signal(SIGXFSZ, SIG_IGN);
        rlimit limit = before_;
        limit.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    file_size_limit(file_size_limit const&) = delete;
    file_size_limit& operator=(file_size_limit const&) = delete;
    ~file_size_limit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, previous_);
    }

private:
    rlimit before_{};
    void (*previous_)(int){SIG_DFL};
};

TEST(JsonlWriter, LineThatDoesNotFitIsTakenBack) {
    temp_folder const folder;
    auto const path = folder.path("out.jsonl");
    auto writer = jsonl_writer::open(path);
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->write("{\"a\":1}"));
    {
        file_size_limit const full{12};
        auto const written = writer->write("{\"a\":\"a long line\"}");
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().code, errc::io_failed);
        EXPECT_EQ(written.error().where, path);
    }
    EXPECT_EQ(temp_folder::read(path), "{\"a\":1}\n");
    ASSERT_TRUE(writer->write("{}"));
    EXPECT_EQ(temp_folder::read(path), "{\"a\":1}\n{}\n");
}

}  // namespace
}  // namespace coax
