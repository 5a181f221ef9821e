#include "unit/batch/output_lines.hpp"
#include "unit/batch/temp_file.hpp"

#include <coax/batch/jsonl_writer.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <ostream>
#include <string>

namespace coax {
namespace {

using namespace test;

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

}  // namespace
}  // namespace coax
