#include "provider/told_wait.hpp"

#include "unit/provider/support.hpp"

#include <ostream>

namespace coax::detail {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using test::test_time;

struct told_wait_case {
    char const* name;
    char const* words;
    std::optional<milliseconds> expected;
};
void PrintTo(told_wait_case const& row, std::ostream* out) { *out << row.name; }
class WaitInWords : public testing::TestWithParam<told_wait_case> {};

TEST_P(WaitInWords, IsUnderstood) { EXPECT_EQ(wait_in_words(GetParam().words), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Rows, WaitInWords,
    testing::Values(
        told_wait_case{"openai", "Limit 500000, Used 498000, Requested 8218. Please try again in 2.192s. Visit ...",
                       2192ms},
        told_wait_case{"openai_short", "Please try again in 20ms.", 20ms},
        told_wait_case{"openai_long", "Please try again in 6m0s.", 6min},
        told_wait_case{"groq", "Please try again in 7m12.48s.", 432'480ms},
        told_wait_case{"azure", "Please retry after 45 seconds.", 45s},
        told_wait_case{"gemini", "Please retry in 35.5s.", 35'500ms},
        told_wait_case{"words", "Try again in 1 hour 5 minutes", 65min}, told_wait_case{"bare", "Retry after 3", 3s},
        told_wait_case{"please_wait", "Too fast, please wait 10 sec", 10s},
        told_wait_case{"wait_in_vain", "Please wait a moment and try again in a minute", std::nullopt},
        told_wait_case{"zero", "try again in 0s", std::nullopt}, told_wait_case{"nothing", "slow down", std::nullopt},
        told_wait_case{"cut", "try again in ", std::nullopt}),
    [](auto const& row) { return std::string(row.param.name); });

struct reset_case {
    char const* name;
    header_list headers;
    std::optional<milliseconds> expected;
};
void PrintTo(reset_case const& row, std::ostream* out) { *out << row.name; }
class WaitForReset : public testing::TestWithParam<reset_case> {};

TEST_P(WaitForReset, IsThatOfTheLimitOfWhichNothingRemains) {
    EXPECT_EQ(wait_for_reset(GetParam().headers, test_time), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, WaitForReset,
    testing::Values(reset_case{"openai",
                               {{"x-ratelimit-remaining-tokens", "0"},
                                {"x-ratelimit-reset-tokens", "2.192s"},
                                {"x-ratelimit-remaining-requests", "7"},
                                {"x-ratelimit-reset-requests", "9s"}},
                               2192ms},
                    reset_case{"the_longer",
                               {{"X-RateLimit-Remaining-Requests", "0"},
                                {"X-RateLimit-Reset-Requests", "1m"},
                                {"x-ratelimit-remaining-tokens", "0"},
                                {"x-ratelimit-reset-tokens", "2s"}},
                               1min},
                    reset_case{"something_remains",
                               {{"x-ratelimit-remaining-tokens", "5"}, {"x-ratelimit-reset-tokens", "2s"}},
                               std::nullopt},
                    reset_case{"anthropic",
                               {{"anthropic-ratelimit-input-tokens-remaining", "0"},
                                {"anthropic-ratelimit-input-tokens-reset", "2023-09-29T16:26:40Z"}},
                               3s},
                    reset_case{"unix_seconds", {{"x-ratelimit-reset", "1696004800"}}, 3s},
                    reset_case{"unix_milliseconds", {{"X-RateLimit-Reset", "1696004800000"}}, 3s},
                    reset_case{"seconds", {{"ratelimit-reset", "30"}}, 30s},
                    reset_case{"none", {{"x-ratelimit-limit-tokens", "30"}}, std::nullopt}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ALimit, IsExceededAlone) {
    EXPECT_TRUE(
        exceeds_limit_alone("Request too large for gpt in organization x on tokens per min (TPM): Limit 30000, "
                            "Requested 53412. The input or output tokens must be reduced."));
    EXPECT_TRUE(exceeds_limit_alone("on tokens per min: Limit 30000, Requested 53412"));
    EXPECT_FALSE(exceeds_limit_alone("Rate limit reached: Limit 500000, Used 498000, Requested 8218."));
    EXPECT_FALSE(exceeds_limit_alone("slow down"));
}

}  // namespace
}  // namespace coax::detail
