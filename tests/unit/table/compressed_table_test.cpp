#include "support/compressed.hpp"
#include "unit/table/table_rows.hpp"

#include <coax/table/write_table.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace coax {
namespace {

using test::compressed;
using test::compression;
using test::failure_of;
using test::rows_of;
using test::temp_folder;
using test::texts_of;

std::string csv_text(int rows) {
    std::string text = "id,text\n";
    for (int i = 0; i < rows; ++i) text += std::to_string(i) + ",row " + std::to_string(i * 7919) + "\n";
    return text;
}

/// A table compressed by its name's end.
std::string written(temp_folder const& folder, std::string_view name, int rows) {
    auto table = read_table(folder.write("plain.csv", csv_text(rows))).value();
    EXPECT_EQ(write_table(*table, folder.path(name)).value(), static_cast<std::uint64_t>(rows));
    return folder.path(name);
}

std::vector<std::string> endings() {
    std::vector<std::string> all{".gz"};
#if COAX_WITH_ZSTD
    all.emplace_back(".zst");
#endif
    return all;
}

TEST(CompressedTable, IsReadAsWhatItHolds) {
    temp_folder const folder;
    for (auto const& ending : endings()) {
        auto const path = written(folder, "in.csv" + ending, 3'000);
        EXPECT_LT(temp_folder::read(path).size(), csv_text(3'000).size() / 2);
        auto const rows = rows_of(path);
        ASSERT_EQ(rows.size(), 3'000U) << ending;
        EXPECT_EQ(rows.back().fields.text(), R"({"id":2999,"text":"row 23749081"})");
        EXPECT_EQ(rows.back().where, path + ":3001");
    }
}

TEST(CompressedTable, CutAnywhereIsAnErrorThatNamesTheFile) {
    temp_folder const folder;
    for (auto const& ending : endings()) {
        auto const whole = temp_folder::read(written(folder, "in.csv" + ending, 40));
        for (std::size_t cut = 0; cut < whole.size(); ++cut) {
            auto const path = folder.write("cut.csv" + ending, whole.substr(0, cut));
            auto const why = failure_of(path);
            EXPECT_EQ(why.code, errc::io_failed) << ending << ' ' << cut;
            EXPECT_EQ(why.where, path);
        }
    }
}

TEST(CompressedTable, DamageIsFoundByTheChecksum) {
    temp_folder const folder;
    for (auto const& ending : endings()) {
        auto const whole = temp_folder::read(written(folder, "in.csv" + ending, 40));
        for (std::size_t at = whole.size() / 2; at < whole.size(); ++at) {
            auto damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
            auto const path = folder.write("bad.csv" + ending, damaged);
            auto const why = failure_of(path);
            EXPECT_EQ(why.code, errc::io_failed) << ending << ' ' << at;
            EXPECT_EQ(why.where, path);
        }
    }
}

TEST(CompressedTable, FurtherMembersAndAnyNameAreFine) {
    temp_folder const folder;
    auto const first = compressed("a\n1\n", compression::gzip);
    auto const second = compressed("2\n", compression::gzip);
    EXPECT_EQ(rows_of(folder.write("in.csv", first + second)).size(), 2U);
    EXPECT_EQ(rows_of(folder.write("in.csv.gz", first + second + std::string(512, '\0'))).size(), 2U);
    auto const why = failure_of(folder.write("in.csv.gz", first + "tail"));
    EXPECT_NE(why.message.find("damaged"), std::string::npos) << why;
}

TEST(CompressedTable, ANameThatPromisesMoreIsAnError) {
    temp_folder const folder;
    auto const why = failure_of(folder.write("in.csv.gz", "a\n1\n"));
    EXPECT_EQ(why.message, "named as gzip data, which it is not");
    EXPECT_EQ(failure_of(folder.write("in.jsonl.zst", "")).message, "cut short: it is empty, which no zstd data is");
}

#if COAX_WITH_ZSTD
TEST(CompressedTable, SeveralZstdFramesAreOneFile) {
    temp_folder const folder;
    auto const one = temp_folder::read(written(folder, "one.csv.zst", 1));
    EXPECT_EQ(rows_of(folder.write("in.csv.zst", one + one)).size(), 3U);  // the second header is a row
}
#endif

}  // namespace
}  // namespace coax
