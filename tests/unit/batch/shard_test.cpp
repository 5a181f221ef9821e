#include <coax/batch/shard.hpp>

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <ostream>
#include <string>

namespace coax {
namespace {

using variables = std::map<std::string, std::string, std::less<>>;

auto look_up_in(variables all) {
    return [all = std::move(all)](std::string_view name) -> std::optional<std::string> {
        auto const found = all.find(name);
        if (found == all.end()) return std::nullopt;
        return found->second;
    };
}

TEST(Shard, EachKeyIsInOneAndTheyAreAboutEqual) {
    constexpr std::uint32_t count = 7;
    std::array<int, count> rows{};
    for (int i = 0; i < 70'000; ++i) {
        int holders = 0;
        for (std::uint32_t number = 1; number <= count; ++number)
            if (batch_shard{number, count}.holds(std::to_string(i))) ++rows[number - 1], ++holders;
        ASSERT_EQ(holders, 1) << i;
    }
    for (int const each : rows) EXPECT_NEAR(each, 10'000, 400);
}

/// Other machines and later versions have to find the same parts.
TEST(Shard, AKeyStaysWhereItIs) {
    std::string parts;
    for (auto const* const key : {"", "0", "1", "post-17", "\xc3\xa9"})
        for (std::uint32_t number = 1; number <= 10; ++number)
            if (batch_shard{number, 10}.holds(key)) parts += std::to_string(number) + ' ';
    EXPECT_EQ(parts, "1 9 4 10 4 ");
}

struct shard_case {
    char const* name;
    std::string flag;  ///< Empty: only the environment tells.
    variables set;
    std::string shard;  ///< Empty: none, or wrong.
    std::string wrong;  ///< Where; empty: nothing is.
};
void PrintTo(shard_case const& row, std::ostream* out) { *out << row.name; }
class FoundShard : public testing::TestWithParam<shard_case> {};

TEST_P(FoundShard, IsWhatFlagAndEnvironmentTell) {
    auto const& [name, flag, set, shard, wrong] = GetParam();
    auto const look_up = look_up_in(set);
    auto const as_optional = [](result<batch_shard> read) -> result<std::optional<batch_shard>> {
        if (!read) return std::move(read).error();
        return std::optional{*read};
    };
    auto const found = flag.empty() ? found_shard(look_up) : as_optional(parse_shard(flag, look_up));
    ASSERT_EQ(found.has_value(), wrong.empty());
    if (!found) {
        EXPECT_EQ(found.error().where, wrong);
        return;
    }
    EXPECT_EQ(*found ? to_string(**found) : "", shard);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, FoundShard,
    testing::Values(shard_case{"nothing", "", {}, "", ""}, shard_case{"stated", "2/10", {}, "2/10", ""},
                    shard_case{"zero", "0/10", {}, "", "shard"}, shard_case{"beyond", "11/10", {}, "", "shard"},
                    shard_case{"no_count", "3", {}, "", "shard"}, shard_case{"words", "a/b", {}, "", "shard"},
                    shard_case{
                        "slurm",
                        "",
                        {{"SLURM_ARRAY_TASK_ID", "3"}, {"SLURM_ARRAY_TASK_COUNT", "4"}, {"SLURM_ARRAY_TASK_MIN", "0"}},
                        "4/4",
                        ""},
                    shard_case{"slurm_with_steps",
                               "",
                               {{"SLURM_ARRAY_TASK_ID", "5"},
                                {"SLURM_ARRAY_TASK_COUNT", "3"},
                                {"SLURM_ARRAY_TASK_MIN", "1"},
                                {"SLURM_ARRAY_TASK_MAX", "5"},
                                {"SLURM_ARRAY_TASK_STEP", "2"}},
                               "3/3",
                               ""},
                    shard_case{"slurm_with_gaps",
                               "",
                               {{"SLURM_ARRAY_TASK_ID", "2"},
                                {"SLURM_ARRAY_TASK_COUNT", "3"},
                                {"SLURM_ARRAY_TASK_MIN", "1"},
                                {"SLURM_ARRAY_TASK_MAX", "7"}},
                               "",
                               "SLURM_ARRAY_TASK_ID"},
                    shard_case{"slurm_in_part", "", {{"SLURM_ARRAY_TASK_ID", "2"}}, "", "SLURM_ARRAY_TASK_ID"},
                    shard_case{"slurm_odd", "", {{"SLURM_ARRAY_TASK_ID", "x"}}, "", "SLURM_ARRAY_TASK_ID"},
                    shard_case{"kubernetes_alone", "", {{"JOB_COMPLETION_INDEX", "0"}}, "", "JOB_COMPLETION_INDEX"},
                    shard_case{"kubernetes_with_a_count", "auto/5", {{"JOB_COMPLETION_INDEX", "0"}}, "1/5", ""},
                    shard_case{"kubernetes_beyond", "auto/5", {{"JOB_COMPLETION_INDEX", "5"}}, "", "shard"},
                    shard_case{"auto_of_nothing", "auto/5", {}, "", "shard"},
                    shard_case{"stated_beats_found", "1/1", {{"JOB_COMPLETION_INDEX", "3"}}, "1/1", ""}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax
