#include "bind/internal/format.hpp"

#include <gtest/gtest.h>

#include <string>

namespace coax::bind::detail {
namespace {

struct format_case {
    char const* format;
    std::string text;
    bool holds;
};
void PrintTo(format_case const& row, std::ostream* out) { *out << row.format << ' ' << row.text; }
class Format : public testing::TestWithParam<format_case> {};

TEST_P(Format, FollowsTheTable) {
    auto const& row = GetParam();
    auto const rule = find_format(row.format);
    ASSERT_NE(rule.holds, nullptr);
    EXPECT_EQ(rule.holds(row.text), row.holds);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Format,
    testing::Values(
        format_case{"date-time", "2026-11-20T23:15:00Z", true}, format_case{"date-time", "2026-11-20", false},
        format_case{"date", "2024-02-29", true}, format_case{"date", "2026-02-29", false},
        format_case{"time", "01:29:60+01:30", true}, format_case{"time", "23:15:60+01:30", false},
        format_case{"time", "23:15:00", false}, format_case{"time", "24:00:00Z", false},
        format_case{"time", "23:15:00+24:00", false}, format_case{"duration", "P1Y2M3DT4H5M6.5S", true},
        format_case{"duration", "-P2W", true}, format_case{"duration", "-PT1.5S", true},
        format_case{"duration", "+PT1,5S", false}, format_case{"duration", "PT1H2S", false},
        format_case{"duration", "P3D", true}, format_case{"duration", "P", false}, format_case{"duration", "PT", false},
        format_case{"duration", "P1DT", false}, format_case{"duration", "P1W2D", false},
        format_case{"duration", "P1D1Y", false}, format_case{"duration", "PT1H2H", false},
        format_case{"duration", "1D", false}, format_case{"duration", "P1", false},
        format_case{"email", "a.b+c@example.org", true}, format_case{"email", "\u00e9@x.fr", true},
        format_case{"email", "@example.org", false}, format_case{"email", ".a@example.org", false},
        format_case{"email", "a.@example.org", false}, format_case{"email", "a..b@example.org", false},
        format_case{"email", "a b@example.org", false}, format_case{"email", "a@", false},
        format_case{"email", "none", false}, format_case{"email", std::string(65, 'a') + "@b.c", false},
        format_case{"hostname", "a-1.example.org", true}, format_case{"hostname", std::string(63, 'a'), true},
        format_case{"hostname", std::string(64, 'a'), false}, format_case{"hostname", "", false},
        format_case{"hostname", "-a.b", false}, format_case{"hostname", "a-.b", false},
        format_case{"hostname", "a..b", false}, format_case{"hostname", "a.b.", false},
        format_case{"hostname", "a_b", false},
        format_case{"hostname", std::string(60, 'a') + "." + std::string(60, 'b'), true},
        format_case{"hostname", std::string(127, 'a').replace(1, 126, 127, '.'), false},
        format_case{"ipv4", "192.168.0.255", true}, format_case{"ipv4", "0.0.0.0", true},
        format_case{"ipv4", "256.0.0.1", false}, format_case{"ipv4", "01.2.3.4", false},
        format_case{"ipv4", "1.2.3", false}, format_case{"ipv4", "1.2.3.4.5", false},
        format_case{"ipv4", "1.2.3.4.", false}, format_case{"ipv4", "1.2.3.1000", false},
        format_case{"ipv6", "::1", true}, format_case{"ipv6", "::", true}, format_case{"ipv6", "1:2:3:4:5:6:7:8", true},
        format_case{"ipv6", "fe80::1:FFFF", true}, format_case{"ipv6", "::ffff:1.2.3.4", true},
        format_case{"ipv6", "1:2:3:4:5:6:7", false}, format_case{"ipv6", "1:2:3:4:5:6:7:8:9", false},
        format_case{"ipv6", "1::2::3", false}, format_case{"ipv6", "12345::", false}, format_case{"ipv6", "1:", false},
        format_case{"ipv6", "::1.2.3", false}, format_case{"ipv6", "::g", false},
        format_case{"uri", "https://example.org/a?b=%20#c", true}, format_case{"uri", "mailto:a@b", true},
        format_case{"uri", "x+1.y-z:", true}, format_case{"uri", "example.org", false}, format_case{"uri", ":a", false},
        format_case{"uri", "1a:b", false}, format_case{"uri", "a:%2", false}, format_case{"uri", "a:%zz", false},
        format_case{"uri", "a:b c", false}, format_case{"uri", "a_b:c", false}, format_case{"uri", "a:\u00e9", false},
        format_case{"uuid", "123e4567-E89B-12d3-a456-426614174000", true},
        format_case{"uuid", "123e4567-e89b-12d3-a456-42661417400", false},
        format_case{"uuid", "123e4567-e89b-12d3-a456_426614174000", false},
        format_case{"uuid", "123e4567-e89b-12d3-a456-42661417400g", false}));

TEST(Format, OnesThatAreOnlyForTheModelHaveNoRule) { EXPECT_EQ(find_format("colour").holds, nullptr); }

}  // namespace
}  // namespace coax::bind::detail
