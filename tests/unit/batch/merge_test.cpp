#include "unit/batch/output_lines.hpp"
#include "unit/batch/temp_file.hpp"

#include <coax/batch/merge.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace coax {
namespace merge_test {

using namespace test;

/// Parts of a batch in files.
struct parts {
    temp_folder folder{};
    std::vector<std::string> files{};

    /// Adds a part that has these rows of an input.
    std::string& add(run_identity run, std::vector<std::uint64_t> const& rows) {
        files.push_back(folder.path("part" + std::to_string(files.size())));
        write_rows(files.back(), std::move(run), rows);
        return files.back();
    }
    static void write_rows(std::string const& file, run_identity run, std::vector<std::uint64_t> const& rows) {
        auto journal = batch_journal::open(file, {.resume = resume_mode::anyway, .run = std::move(run)}).value();
        while (journal.wants_rows()) {
            for (std::uint64_t i = 0; i < 100; ++i) {
                auto const key = std::to_string(i);
                journal.row({i, key, {.sent = i + 1}});
            }
            journal.rows_ended();
        }
        EXPECT_TRUE(journal.begin());
        for (auto const index : rows)
            EXPECT_TRUE(test::write(journal, ok(index, std::to_string(index), "x"), {.sent = index + 1}));
        EXPECT_TRUE(journal.close());
    }
    [[nodiscard]] result<merge_report> merge(merge_options options = {}) const {
        return merge_outputs(files, folder.path("all"), options);
    }
    [[nodiscard]] bool has_output() const { return std::filesystem::exists(folder.path("all")); }
};

run_identity part(std::string shard, std::uint64_t records, std::string model = "m") {
    return {.digests = {.prompt = 1, .model = digest_of(model)},
            .model = model,
            .shard = std::move(shard),
            .records = records};
}

TEST(Merge, AllLinesOfAllParts) {
    parts p;
    p.add(part("1/2", 5), {0, 3});
    p.add(part("2/2", 5), {4, 1, 2});
    auto const merged = p.merge();
    ASSERT_TRUE(merged) << merged.error();
    EXPECT_EQ(merged->ok, 5U);
    EXPECT_EQ(merged->missing, 0U);
    EXPECT_EQ(temp_folder::read(p.folder.path("all")), temp_folder::read(p.files[0]) + temp_folder::read(p.files[1]));
    auto const again = p.merge();
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, errc::io_failed) << "there is one already";
}

TEST(Merge, APartOfSeveralRunsCountsAsItsLastOneSays) {
    parts p;
    parts::write_rows(p.add(part("1/2", 2), {0}), part("1/2", 4), {3});
    p.add(part("2/2", 4), {1, 2});
    auto const merged = p.merge();
    ASSERT_TRUE(merged) << merged.error();
    EXPECT_EQ(merged->ok, 4U);
}

TEST(Merge, WhatIsMissingIsToldAndMergedOnRequest) {
    parts p;
    p.add(part("1/3", 5), {0, 2});
    p.add(part("3/3", 5), {4});
    auto const refused = p.merge();
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("2 of 5 rows are missing, the first is 1; no rows came of part 2/3"),
              std::string::npos)
        << refused.error();
    EXPECT_FALSE(p.has_output());
    auto const merged = p.merge({.partial = true});
    ASSERT_TRUE(merged) << merged.error();
    EXPECT_EQ(merged->missing, 2U);
    EXPECT_EQ(merged->first_missing, 1U);
    EXPECT_EQ(merged->shards, (std::vector<std::string>{"2/3"}));
}

TEST(Merge, WhatDoesNotGoTogetherIsRefusedByItsPlace) {
    struct refused_case {
        char const* says;
        run_identity run;
        std::vector<std::uint64_t> rows;
        bool at_a_line;
    };
    for (auto const& [says, run, rows, at_a_line] :
         {refused_case{"another model", part("2/2", 3, "n"), {1, 2}, true},
          refused_case{"row 0 is there twice", part("2/2", 3), {0, 1, 2}, true},
          refused_case{"the input had 9 rows", part("2/2", 9), {1, 2}, false},
          refused_case{"is part 2/3", part("2/3", 3), {1, 2}, false}}) {
        parts p;
        p.add(part("1/2", 3), {0});
        auto const& file = p.add(run, rows);
        auto const merged = p.merge();
        ASSERT_FALSE(merged) << says;
        EXPECT_EQ(merged.error().code, errc::invalid_argument);
        EXPECT_EQ(merged.error().where, file + (at_a_line ? ":1" : ""));
        EXPECT_NE(merged.error().message.find(says), std::string::npos) << merged.error();
        EXPECT_FALSE(p.has_output());
    }
}

TEST(Merge, DamagedAndForeignLinesAreRefused) {
    parts p;
    auto& file = p.add(part("1/1", 2), {0, 1});
    auto text = temp_folder::read(file);
    text[text.find("status")] = 'S';
    p.folder.write(std::filesystem::path{file}.filename().string(), text);
    auto const damaged = p.merge();
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().code, errc::invalid_json);
    EXPECT_EQ(damaged.error().where, file + ":1");
    p.files = {p.folder.write("diary", "Dear diary\n")};
    EXPECT_EQ(p.merge().error().code, errc::invalid_json);
    EXPECT_FALSE(p.has_output());
}

}  // namespace merge_test
}  // namespace coax
