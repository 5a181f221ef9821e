#include "unit/batch/output_lines.hpp"
#include "unit/batch/temp_file.hpp"

#include <coax/batch/jsonl_writer.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace coax {
namespace {

using namespace test;

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

TEST(JsonLine, NumericKeysStayNumbersWhereAllReadersKeepTheirDigits) {
    auto const key_of = [](std::string key, bool numeric) {
        auto const line = to_json_line(ok(0, std::move(key), "x"), output_kind::text, {.numeric_key = numeric});
        auto const begin = line.find("\"key\":") + 6;
        return line.substr(begin, line.find(",\"status\"") - begin);
    };
    EXPECT_EQ(key_of("1", true), "1");
    EXPECT_EQ(key_of("1", false), "\"1\"");
    EXPECT_EQ(key_of("-9007199254740992", true), "-9007199254740992");
    EXPECT_EQ(key_of("50000000014435121", true), "\"50000000014435121\"");
    EXPECT_EQ(key_of("1.0", true), "\"1.0\"");
}

TEST(JsonLine, HoldsNothingThatATerminalObeys) {
    auto const line = to_json_line(ok(0, "k",
                                      "a\x1b]52;c;x\x07 \xc2\x9b"
                                      "b \x7f \xc3\xb6"),
                                   output_kind::text);
    EXPECT_NE(line.find(R"("output":"a\u001b]52;c;x\u0007 \u009bb \u007f )"
                        "\xc3\xb6\""),
              std::string::npos)
        << line;
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
}

TEST(JsonlWriter, ABatchOfNoRecordsLeavesAnEmptyFile) {
    temp_folder const folder;
    auto const path = folder.path("out.jsonl");
    auto writer = jsonl_writer::open(path);
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->close());
    EXPECT_TRUE(std::filesystem::is_empty(path));
    auto again = jsonl_writer::open(path);  // an empty file is as good as none, but not ours to remove
    ASSERT_TRUE(again);
    again->discard_if_unused();
    EXPECT_TRUE(std::filesystem::exists(path));
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

TEST(JsonlWriter, ALinkToNoFileYetIsFollowed) {
    temp_folder const folder;
    std::filesystem::create_symlink("real.jsonl", folder.path("out.jsonl"));
    auto writer = jsonl_writer::open(folder.path("out.jsonl"));
    ASSERT_TRUE(writer) << writer.error();
    ASSERT_TRUE(writer->write("{}"));
    EXPECT_EQ(temp_folder::read(folder.path("real.jsonl")), "{}\n");
}

TEST(JsonlWriter, APipeWhoseReaderLeavesIsAnError) {
    temp_folder const folder;
    auto const path = folder.path("pipe");
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    auto const previous = std::signal(SIGPIPE, SIG_IGN);
    int const reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
    auto writer = jsonl_writer::open(path);
    ASSERT_TRUE(writer) << writer.error();
    EXPECT_TRUE(writer->write("{}"));
    EXPECT_EQ(jsonl_writer::open(path, {.resume = true}).error().code, errc::invalid_argument);
    ::close(reader);
    auto const written = writer->write("{}");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().cause.value(), EPIPE);
    std::signal(SIGPIPE, previous);
}

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
