#include "policy/flight_window.hpp"

#include <coax/policy/rate_limiter.hpp>

#include <gtest/gtest.h>

#include <string_view>

namespace coax::policy::detail {
namespace {

/// Plays what happens to those under way, one letter each: s served, r refused, f failed, t taken, before the next.
double size_after(std::string_view course) {
    flight_window window;
    std::int64_t out = 0;
    for (char const what : course) {
        if (what == 't') ++out;
        if (what == 's') window.served(--out);
        if (what == 'r') window.refused(--out);
        if (what == 'f') window.failed();
    }
    return window.size();
}

TEST(FlightWindow, HasNoBoundBeforeARefusal) {
    flight_window window;
    window.served(0);
    window.failed();
    EXPECT_FALSE(window.on());
    EXPECT_FALSE(window.full(1'000'000));
    window.refused(0);
    EXPECT_TRUE(window.on());
    EXPECT_FALSE(window.full(0));
    EXPECT_TRUE(window.full(1));
}

TEST(FlightWindow, DoublesUntilTheNextRefusalThenGrowsByOneAWindowful) {
    EXPECT_EQ(size_after("tr"), 1.0);
    EXPECT_EQ(size_after("trts"), 2.0);
    EXPECT_EQ(size_after("trtsttss"), 4.0);
    EXPECT_EQ(size_after("trtsttsstr"), 2.0);
    EXPECT_EQ(size_after("trtsttsstrttss"), 2.5 + 1.0 / 2.5);
}

TEST(FlightWindow, IsHalvedOnceByThoseThatWentOutTogether) {
    EXPECT_EQ(size_after("tttr"), 1.0);
    EXPECT_EQ(size_after("tttrrr"), 1.0);
    EXPECT_EQ(size_after("tttrsstts"), 2.0) << "what went out before the refusal says nothing new";
    EXPECT_EQ(size_after("trtsttsstttrrr"), 2.0);
}

TEST(FlightWindow, GrowsOnlyWhereItIsUsed) {
    EXPECT_EQ(size_after("trtsttssttttssss"), 7.0);
    EXPECT_EQ(size_after("trtsttssttttssssts"), 7.0);
}

TEST(FlightWindow, IsLearntByTheLimiterFromRefusalsWithoutLimits) {
    using namespace std::chrono_literals;
    error const refused{.code = errc::rate_limited, .retry_after = 1ms};
    rate_limiter quota{{.requests_per_minute = 60'000}};
    auto first = quota.try_reserve();
    auto second = quota.try_reserve();
    ASSERT_TRUE(first && second);
    quota.settle(*first, refused, 0ms);
    EXPECT_FALSE(quota.try_reserve()) << "one is under way";
    second->settle(1);
    EXPECT_TRUE(quota.try_reserve());

    auto stated = refused;
    stated.rate_limits.limit_requests = 60'000;
    for (auto const& [why, how] :
         {std::pair{stated, server_limits::lower_to}, std::pair{refused, server_limits::off}}) {
        rate_limiter other{{.requests_per_minute = 60'000, .server_limits = how}};
        auto one = other.try_reserve();
        auto const two = other.try_reserve();
        ASSERT_TRUE(one && two);
        other.settle(*one, why, 0ms);
        EXPECT_TRUE(other.try_reserve());
    }
}

}  // namespace
}  // namespace coax::policy::detail
