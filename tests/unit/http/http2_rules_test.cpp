#include "http/http2_rules.hpp"

#include "http/http2_request.hpp"

#include <gtest/gtest.h>

namespace coax::http::detail {
namespace {

using namespace std::chrono_literals;

constexpr clock::time_point start{1h};

struct spread_case {
    std::size_t requests;
    std::size_t streams;
    std::size_t connections;
};
class Http2Spread : public testing::TestWithParam<spread_case> {};

TEST_P(Http2Spread, FollowsTheTable) {
    EXPECT_EQ(wanted_connections(GetParam().requests, GetParam().streams), GetParam().connections);
}

INSTANTIATE_TEST_SUITE_P(Rows, Http2Spread,
                         testing::Values(spread_case{0, 100, 0}, spread_case{1, 100, 1}, spread_case{8, 100, 1},
                                         spread_case{9, 100, 2}, spread_case{200, 100, 2}, spread_case{201, 100, 3},
                                         spread_case{10'000, 100, 100}, spread_case{3, 1, 3}, spread_case{3, 0, 3}));

TEST(Http2Window, AllStreamsTogetherKeepToTheBuffer) {
    EXPECT_EQ(stream_window(16U << 20U, 100), (16U << 20U) / 100);
    EXPECT_EQ(stream_window(16U << 20U, 1), 1U << 20U) << "none needs more";
    EXPECT_EQ(stream_window(64U << 10U, 100), 16U << 10U) << "none can do with less";
}

TEST(Http2Keepalive, AsksAfterASilenceAndGivesUpAfterAnother) {
    using step = http2_keepalive::step;
    http2_keepalive rule{15s, 10s, start};
    EXPECT_EQ(rule.due(), start + 15s);
    EXPECT_EQ(rule.decide(start + 14s), step::wait);
    rule.heard(start + 14s);
    EXPECT_EQ(rule.decide(start + 28s), step::wait);
    EXPECT_EQ(rule.decide(start + 29s), step::ping);
    EXPECT_EQ(rule.due(), start + 39s);
    EXPECT_EQ(rule.decide(start + 38s), step::wait);
    rule.heard(start + 38s);
    EXPECT_EQ(rule.decide(start + 39s), step::wait) << "whatever comes is a sign of life";
    EXPECT_EQ(rule.decide(start + 53s), step::ping);
    EXPECT_EQ(rule.decide(start + 63s), step::dead);
}

TEST(Http2ResetBudget, IsSpentByAStormAndRefillsInTime) {
    http2_reset_budget budget;
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(budget.spend(start)) << i;
    EXPECT_FALSE(budget.spend(start));
    EXPECT_TRUE(budget.spend(start + 1s));
    http2_reset_budget steady;
    for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(steady.spend(start + i * 50ms)) << i;
}

TEST(Http2Hosts, AreAvoidedForAWhile) {
    http2_hosts hosts;
    origin const one{.host = "one"};
    origin const two{.host = "two"};
    EXPECT_FALSE(hosts.uses_http1(one, start));
    hosts.avoid(one, start);
    EXPECT_TRUE(hosts.uses_http1(one, start + 9min));
    EXPECT_FALSE(hosts.uses_http1(two, start));
    EXPECT_FALSE(hosts.uses_http1(one, start + 10min));
}

TEST(Http2Hosts, OneTroubleIsAnAccidentThreeAreNot) {
    http2_hosts hosts;
    origin const one{.host = "one"};
    hosts.troubled(one, start);
    hosts.troubled(one, start + 1min);
    hosts.troubled(one, start + 11min);
    EXPECT_FALSE(hosts.uses_http1(one, start + 11min)) << "the first was long ago";
    hosts.troubled(one, start + 12min);
    EXPECT_FALSE(hosts.uses_http1(one, start + 12min));
    hosts.troubled(one, start + 13min);
    EXPECT_TRUE(hosts.uses_http1(one, start + 13min));
}

TEST(Http2Hosts, AreNotRememberedWithoutEnd) {
    http2_hosts hosts;
    origin const first{.host = "first"};
    hosts.avoid(first, start);
    for (int i = 0; i < 1'024; ++i) hosts.avoid({.host = std::to_string(i)}, start);
    EXPECT_FALSE(hosts.uses_http1(first, start));
    EXPECT_TRUE(hosts.uses_http1({.host = "1023"}, start));
}

TEST(Http2Request, HasPseudoHeadersFirstAndNamesInLowerCase) {
    http_request const request{.to = {.host = "::1", .port = 8443},
                               .target = "/v1?x=1",
                               .headers = {{"X-Api-Key", "K"}, {"Keep-Alive", "5"}, {"TE", "gzip"}},
                               .body = "abc"};
    std::string told;
    for (auto const& each : http2_fields(request)) told += each.name + '=' + each.value + '\n';
    EXPECT_EQ(told,
              ":method=POST\n:scheme=https\n:authority=[::1]:8443\n:path=/v1?x=1\ncontent-length=3\n"
              "accept-encoding=gzip, deflate\nx-api-key=K\n");
}

TEST(Http2Request, LeavesTheDefaultPortAndAnAbsentBodyOut) {
    http_request const request{
        .to = {.host = "api.example"}, .method = "GET", .headers = {{"Accept-Encoding", "identity"}}};
    std::string told;
    for (auto const& each : http2_fields(request)) told += each.name + '=' + each.value + '\n';
    EXPECT_EQ(told, ":method=GET\n:scheme=https\n:authority=api.example\n:path=/\naccept-encoding=identity\n");
}

}  // namespace
}  // namespace coax::http::detail
