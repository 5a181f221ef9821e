#include "unit/batch/temp_file.hpp"

#include <coax/batch/jsonl_writer.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <ostream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

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
    EXPECT_EQ(temp_folder::read(path), line_a + line_b + line_c);  // as long as there is nothing better
    ASSERT_TRUE(writer->write("{}"));
    ASSERT_TRUE(writer->write("{}"));
    ASSERT_TRUE(writer->close());
    EXPECT_EQ(temp_folder::read(path), line_a + line_c + "{}\n{}\n");
}

TEST(Resume, ToTakeFailuresOutChangesNothingElse) {
    temp_folder const folder;
    auto const path = folder.write("real.jsonl", line_a + line_b);
    auto const link = folder.path("out.jsonl");
    auto const other = folder.write("out.jsonl.new", "mine");
    std::filesystem::create_symlink("real.jsonl", link);
    std::filesystem::permissions(path, std::filesystem::perms{0600});
    auto writer = jsonl_writer::open(link, {.resume = true, .drop_failures = true});
    ASSERT_TRUE(writer) << writer.error();
    ASSERT_TRUE(writer->write("{}"));
    ASSERT_TRUE(writer->close());
    EXPECT_TRUE(std::filesystem::is_symlink(link));
    EXPECT_EQ(temp_folder::read(path), line_a + "{}\n");
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms{0600});
    EXPECT_EQ(temp_folder::read(other), "mine");
    auto const files = std::filesystem::directory_iterator{folder.path("")};
    EXPECT_EQ(std::distance(begin(files), end(files)), 3);
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

std::string line_of(std::uint64_t index, std::string key, response_origin const& origin) {
    return to_json_line(ok(index, std::move(key), "x"), output_kind::text, {.origin = origin}) + '\n';
}

constexpr response_origin made_with{.prompt = 1, .model = 2, .schema = 3, .service = 4, .parameters = 5, .record = 6};

struct origin_case {
    char const* name;
    response_origin now;
    std::string says;
};
void PrintTo(origin_case const& row, std::ostream* out) { *out << row.name; }
class OtherOrigin : public testing::TestWithParam<origin_case> {};

TEST_P(OtherOrigin, IsRefusedByNameAndTheFileIsUnchanged) {
    temp_folder const folder;
    auto const text = line_of(0, "a", made_with) + line_of(1, "b", made_with);
    auto const path = folder.write("out.jsonl", text);
    auto const refused = jsonl_writer::open(path, {.resume = true, .origin = GetParam().now});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::invalid_argument);
    EXPECT_EQ(refused.error().where, path + ":1");
    EXPECT_NE(refused.error().message.find("made with " + GetParam().says + ':'), std::string::npos) << refused.error();
    EXPECT_EQ(temp_folder::read(path), text);
    EXPECT_TRUE(jsonl_writer::open(path, {.resume = true, .origin = GetParam().now, .mix = true}));
}
INSTANTIATE_TEST_SUITE_P(
    Rows, OtherOrigin,
    testing::Values(
        origin_case{"prompt", {.prompt = 9, .model = 2, .schema = 3, .service = 4, .parameters = 5}, "another prompt"},
        origin_case{"model_and_schema",
                    {.prompt = 1, .model = 9, .schema = 9, .service = 4, .parameters = 5},
                    "another model, another schema"},
        origin_case{
            "service", {.prompt = 1, .model = 2, .schema = 3, .service = 9, .parameters = 5}, "another service"},
        origin_case{
            "parameters", {.prompt = 1, .model = 2, .schema = 3, .service = 4, .parameters = 9}, "other parameters"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Resume, KnowsTheRecordsByWhatThePromptShowsOfThem) {
    temp_folder const folder;
    auto const path = folder.write("out.jsonl", line_of(0, "a", made_with) + line_c);
    auto const writer = jsonl_writer::open(path, {.resume = true, .origin = made_with});
    ASSERT_TRUE(writer) << writer.error();
    auto const& done = writer->finished();
    EXPECT_FALSE(done.contradicts(0, "a", 7));  // the lowest bit tells marks apart
    EXPECT_TRUE(done.contradicts(0, "a", 8));
    EXPECT_FALSE(done.contradicts(2, "c", 8));  // a line of before: its key is all that is known
    EXPECT_TRUE(done.contradicts(2, "d", 8));
    EXPECT_EQ(done.known_by_key(), 1U);
}

TEST(ResponseOriginText, IsReadAsItIsWritten) {
    EXPECT_EQ(to_string(response_origin{.prompt = 0xffffffff, .record = 0x1a}), "ffffffff-0-0-0-0-1a");
    EXPECT_EQ(to_string(parse_origin("ffffffff-0-0-0-0-1a")), "ffffffff-0-0-0-0-1a");
    EXPECT_EQ(to_string(parse_origin("12-zz")), "12-0-0-0-0-0");
    EXPECT_EQ(to_string(parse_origin("")), "0-0-0-0-0-0");
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
