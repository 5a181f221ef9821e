#include <coax/telemetry/span_context.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace coax {
namespace span_context_test {

constexpr char good[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(SpanContext, IsReadAndWritten) {
    auto const span = parse_traceparent(good, "vendor=1").value();
    EXPECT_EQ(span.trace_id[0], 0x0a);
    EXPECT_EQ(span.span_id[7], 0x31);
    EXPECT_TRUE(span.sampled);
    EXPECT_EQ(span.trace_state, "vendor=1");
    EXPECT_EQ(to_traceparent(span), good);
}

TEST(SpanContext, KeepsThatNobodyWantsItRecorded) {
    std::string const text{"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"};
    auto const span = parse_traceparent(text).value();
    EXPECT_FALSE(span.sampled);
    EXPECT_EQ(to_traceparent(span), text);
}

TEST(SpanContext, ALaterVersionMaySayMore) {
    auto const span = parse_traceparent("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03-more").value();
    EXPECT_EQ(to_traceparent(span), good);
}

TEST(SpanContext, AStateThatIsTooLongIsDropped) {
    EXPECT_EQ(parse_traceparent(good, std::string(513, 'a')).value().trace_state, "");
    EXPECT_EQ(parse_traceparent(good, std::string(512, 'a')).value().trace_state.size(), 512U);
}

struct bad_case {
    char const* name;
    char const* text;
};
void PrintTo(bad_case const& row, std::ostream* out) { *out << row.name; }
class BadTraceparent : public testing::TestWithParam<bad_case> {};

TEST_P(BadTraceparent, IsRefused) {
    auto const read = parse_traceparent(GetParam().text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, errc::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadTraceparent,
    testing::Values(bad_case{"empty", ""}, bad_case{"short", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"},
                    bad_case{"upper_case", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"},
                    bad_case{"no_trace", "00-00000000000000000000000000000000-b7ad6b7169203331-01"},
                    bad_case{"no_span", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"},
                    bad_case{"version_ff", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
                    bad_case{"more_in_version_0", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x"},
                    bad_case{"more_without_dash", "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x"},
                    bad_case{"no_dash", "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace span_context_test
}  // namespace coax
