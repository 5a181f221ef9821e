#include "provider/response_headers.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace coax::detail {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// 2023-09-29 16:26:37 GMT
constexpr std::chrono::system_clock::time_point now{1'696'004'797'000ms};

struct retry_delay_case {
    char const* name;
    std::string text;
    std::optional<std::chrono::milliseconds> expected;
};
void PrintTo(retry_delay_case const& row, std::ostream* out) { *out << row.name; }
class ParseRetryDelay : public testing::TestWithParam<retry_delay_case> {};
TEST_P(ParseRetryDelay, FollowsTheTable) { EXPECT_EQ(parse_retry_delay(GetParam().text), GetParam().expected); }
INSTANTIATE_TEST_SUITE_P(
    Rows, ParseRetryDelay,
    testing::Values(retry_delay_case{"whole", "37s", std::chrono::seconds{37}},
                    retry_delay_case{"fraction", "3.5s", std::chrono::milliseconds{3500}},
                    retry_delay_case{"microseconds_round_up", "1.50001s", std::chrono::milliseconds{1501}},
                    retry_delay_case{"zero_is_none", "0s", std::nullopt},
                    retry_delay_case{"negative", "-1s", std::nullopt}, retry_delay_case{"no_unit", "3.5", std::nullopt},
                    retry_delay_case{"minutes", "1m5s", std::nullopt},
                    retry_delay_case{"milliseconds", "20ms", std::nullopt}, retry_delay_case{"empty", "", std::nullopt},
                    retry_delay_case{"unit_alone", "s", std::nullopt}),
    [](auto const& row) { return std::string(row.param.name); });

struct duration_case {
    char const* name;
    std::string text;
    std::optional<milliseconds> expected;
};
void PrintTo(duration_case const& row, std::ostream* out) { *out << row.name; }
class Duration : public testing::TestWithParam<duration_case> {};

TEST_P(Duration, FollowsTheTable) { EXPECT_EQ(parse_duration(GetParam().text), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Rows, Duration,
    testing::Values(duration_case{"seconds", "1s", 1s}, duration_case{"minutes", "6m0s", 6min},
                    duration_case{"milliseconds", "20ms", 20ms}, duration_case{"fraction", "1.5s", 1'500ms},
                    duration_case{"fraction_without_dust", "1.1s", 1'100ms},
                    duration_case{"compound", "1h2m3s", 1h + 2min + 3s},
                    duration_case{"minutes_and_milliseconds", "2m20ms", 2min + 20ms},
                    duration_case{"bare_number_is_seconds", "300", 300s},
                    duration_case{"microseconds_round_up", "1500us", 2ms},
                    duration_case{"micro_sign", "3000\xC2\xB5s", 3ms}, duration_case{"nanoseconds", "5000000ns", 5ms},
                    duration_case{"zero", "0s", 0s}, duration_case{"blanks_around", " 1s ", 1s},
                    duration_case{"negative", "-1", std::nullopt}, duration_case{"negative_unit", "-1s", std::nullopt},
                    duration_case{"empty", "", std::nullopt}, duration_case{"words", "soon", std::nullopt},
                    duration_case{"unknown_unit", "3d", std::nullopt}, duration_case{"unit_alone", "ms", std::nullopt},
                    duration_case{"rest_without_unit", "1s5", std::nullopt},
                    duration_case{"beyond_belief", "999999999999h", std::nullopt}),
    [](auto const& row) { return std::string(row.param.name); });

struct date_case {
    char const* name;
    std::string text;
    std::optional<header_time_point> expected;
};
void PrintTo(date_case const& row, std::ostream* out) { *out << row.name; }
class HttpDate : public testing::TestWithParam<date_case> {};
class Timestamp : public testing::TestWithParam<date_case> {};

TEST_P(HttpDate, FollowsTheTable) { EXPECT_EQ(parse_http_date(GetParam().text), GetParam().expected); }
TEST_P(Timestamp, FollowsTheTable) { EXPECT_EQ(parse_timestamp(GetParam().text), GetParam().expected); }

constexpr header_time_point example{784'111'777'000ms};  // RFC 9110's own

INSTANTIATE_TEST_SUITE_P(
    Rows, HttpDate,
    testing::Values(date_case{"imf", "Sun, 06 Nov 1994 08:49:37 GMT", example},
                    date_case{"rfc850", "Sunday, 06-Nov-94 08:49:37 GMT", example},
                    date_case{"asctime", "Sun Nov  6 08:49:37 1994", example},
                    date_case{"no_such_weekday", "Zun, 29 Sep 2023 16:26:37 GMT", std::nullopt},
                    date_case{"no_such_month", "Sun, 06 Nuv 1994 08:49:37 GMT", std::nullopt},
                    date_case{"month_off_by_a_letter", "Sun, 06 anF 1994 08:49:37 GMT", std::nullopt},
                    date_case{"no_such_day", "Sun, 31 Nov 1994 08:49:37 GMT", std::nullopt},
                    date_case{"no_such_hour", "Sun, 06 Nov 1994 24:49:37 GMT", std::nullopt},
                    date_case{"year_of_five_digits", "Fri, 29 Sep 100000 16:26:37 GMT", std::nullopt},
                    date_case{"other_zone", "Sun, 06 Nov 1994 08:49:37 CET", std::nullopt},
                    date_case{"cut", "Sun, 06 Nov 1994 08:4", std::nullopt}, date_case{"empty", "", std::nullopt}),
    [](auto const& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(Rows, Timestamp,
                         testing::Values(date_case{"utc", "1994-11-06T08:49:37Z", example},
                                         date_case{"fraction", "1994-11-06T08:49:37.125999Z", example + 125ms},
                                         date_case{"ahead", "1994-11-06T10:19:37+01:30", example},
                                         date_case{"behind", "1994-11-06T03:49:37-05:00", example},
                                         date_case{"lower_case", "1994-11-06t08:49:37z", example},
                                         date_case{"no_zone", "1994-11-06T08:49:37", std::nullopt},
                                         date_case{"empty_fraction", "1994-11-06T08:49:37.Z", std::nullopt},
                                         date_case{"no_such_month", "1994-13-06T08:49:37Z", std::nullopt},
                                         date_case{"date_alone", "1994-11-06", std::nullopt},
                                         date_case{"letters", "1994-11-06T08:49:37.aZ", std::nullopt}),
                         [](auto const& row) { return std::string(row.param.name); });

struct retry_case {
    char const* name;
    header_list headers;
    std::optional<milliseconds> expected;
};
void PrintTo(retry_case const& row, std::ostream* out) { *out << row.name; }
class RetryAfter : public testing::TestWithParam<retry_case> {};

TEST_P(RetryAfter, FollowsTheTable) { EXPECT_EQ(retry_after(GetParam().headers, now), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Rows, RetryAfter,
    testing::Values(
        retry_case{"none", {}, std::nullopt}, retry_case{"seconds", {{"retry-after", "20"}}, 20s},
        retry_case{"any_case", {{"Retry-After", "20"}}, 20s}, retry_case{"fraction", {{"retry-after", "1.5"}}, 1'500ms},
        retry_case{"milliseconds_come_first", {{"retry-after", "20"}, {"retry-after-ms", "150"}}, 150ms},
        retry_case{"bad_milliseconds_do_not_count", {{"retry-after-ms", "x"}, {"retry-after", "3"}}, 3s},
        retry_case{"date", {{"retry-after", "Fri, 29 Sep 2023 16:28:37 GMT"}}, 120s},
        retry_case{"date_in_the_past", {{"retry-after", "Fri, 29 Sep 2023 16:26:00 GMT"}}, std::nullopt},
        retry_case{"date_by_the_servers_clock",
                   {{"date", "Fri, 29 Sep 2023 15:00:00 GMT"}, {"retry-after", "Fri, 29 Sep 2023 15:00:07 GMT"}},
                   7s},
        retry_case{"date_by_ours_where_the_servers_is_none",
                   {{"date", "today"}, {"retry-after", "Fri, 29 Sep 2023 16:28:37 GMT"}},
                   120s},
        retry_case{"bad_date", {{"retry-after", "Zun, 29 Sep 2023 16:28:37 GMT"}}, std::nullopt},
        retry_case{"zero", {{"retry-after", "0"}}, std::nullopt},
        retry_case{"negative", {{"retry-after", "-10"}}, std::nullopt},
        retry_case{"empty", {{"retry-after", ""}}, std::nullopt},
        retry_case{"infinity", {{"retry-after", "inf"}}, std::nullopt},
        retry_case{"nan", {{"retry-after", "nan"}}, std::nullopt}, retry_case{"a_day", {{"retry-after", "86400"}}, 24h},
        retry_case{"beyond_belief", {{"retry-after", "99999999999999999999"}}, std::nullopt},
        retry_case{"old_azure", {{"x-rate-limit-reset-tokens", "7"}}, 7s}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ShouldRetry, IsTheServicesVerdictWhenItGaveOne) {
    EXPECT_EQ(should_retry({}), std::nullopt);
    EXPECT_EQ(should_retry({{"x-should-retry", "true"}}), true);
    EXPECT_EQ(should_retry({{"X-Should-Retry", "false"}}), false);
    EXPECT_EQ(should_retry({{"x-should-retry", "maybe"}}), std::nullopt);
}

TEST(RequestId, ComesFromTheHeaderOfAnyService) {
    EXPECT_EQ(request_id({}), "");
    EXPECT_EQ(request_id({{"x-request-id", "req_1"}}), "req_1");
    EXPECT_EQ(request_id({{"request-id", "req_2"}}), "req_2");
    EXPECT_EQ(request_id({{"apim-request-id", "a"}, {"x-request-id", "b"}}), "b");
    EXPECT_EQ(request_id({{"apim-request-id", "a"}}), "a");
}

TEST(RateLimits, OfOpenAiHaveDurations) {
    auto const status = openai_rate_limits({{"x-ratelimit-limit-requests", "60"},
                                            {"x-ratelimit-remaining-requests", "59"},
                                            {"x-ratelimit-reset-requests", "1s"},
                                            {"X-RateLimit-Limit-Tokens", "150000"},
                                            {"x-ratelimit-remaining-tokens", "149984"},
                                            {"x-ratelimit-reset-tokens", "6m0s"},
                                            {"x-ratelimit-limit-project-tokens", "1"}});
    EXPECT_EQ(status.limit_requests, 60);
    EXPECT_EQ(status.remaining_requests, 59);
    EXPECT_EQ(status.reset_requests, 1s);
    EXPECT_EQ(status.limit_tokens, 150'000);
    EXPECT_EQ(status.remaining_tokens, 149'984);
    EXPECT_EQ(status.reset_tokens, 6min);
}

TEST(RateLimits, OfAzureHaveWholeSecondsAndNegativesAreUnknown) {
    auto const status = openai_rate_limits({{"x-ratelimit-remaining-requests", "-1"},
                                            {"x-ratelimit-remaining-tokens", "0"},
                                            {"x-ratelimit-reset-tokens", "300"},
                                            {"x-ratelimit-limit-tokens", "many"}});
    EXPECT_EQ(status.remaining_requests, std::nullopt);
    EXPECT_EQ(status.remaining_tokens, 0);
    EXPECT_EQ(status.reset_tokens, 300s);
    EXPECT_EQ(status.limit_tokens, std::nullopt);
    EXPECT_EQ(status.limit_requests, std::nullopt);
}

TEST(AnthropicRateLimits, ResetsCountByTheServersClock) {
    auto const status = anthropic_rate_limits(
        {{"anthropic-ratelimit-requests-reset", "2023-09-29T15:00:07Z"}, {"date", "Fri, 29 Sep 2023 15:00:00 GMT"}},
        now);
    EXPECT_EQ(status.reset_requests, 7s);
}

TEST(RateLimits, OfAnthropicResetAtAMoment) {
    auto const status = anthropic_rate_limits({{"anthropic-ratelimit-requests-limit", "50"},
                                               {"anthropic-ratelimit-requests-remaining", "49"},
                                               {"anthropic-ratelimit-requests-reset", "2023-09-29T16:26:40Z"},
                                               {"anthropic-ratelimit-input-tokens-remaining", "7"},
                                               {"anthropic-ratelimit-tokens-limit", "40000"},
                                               {"anthropic-ratelimit-tokens-remaining", "39000"},
                                               {"anthropic-ratelimit-tokens-reset", "2023-09-29T16:26:00Z"}},
                                              now);
    EXPECT_EQ(status.limit_requests, 50);
    EXPECT_EQ(status.remaining_requests, 49);
    EXPECT_EQ(status.reset_requests, 3s);
    EXPECT_EQ(status.limit_tokens, 40'000);
    EXPECT_EQ(status.remaining_tokens, 39'000);
    EXPECT_EQ(status.reset_tokens, 0s);
}

TEST(RateLimits, OfAnthropicsInputStandInForAllTokens) {
    auto const status = anthropic_rate_limits({{"anthropic-ratelimit-input-tokens-limit", "10"},
                                               {"anthropic-ratelimit-input-tokens-remaining", "7"},
                                               {"anthropic-ratelimit-input-tokens-reset", "soon"}},
                                              now);
    EXPECT_EQ(status.limit_tokens, 10);
    EXPECT_EQ(status.remaining_tokens, 7);
    EXPECT_EQ(status.reset_tokens, std::nullopt);
}

}  // namespace
}  // namespace coax::detail
