#include <coax/core/error.hpp>

#include <gtest/gtest.h>

#include <sstream>

namespace coax {
namespace {

TEST(Errc, EveryValueHasANameOfItsOwn) {
    for (int value = 1; value <= static_cast<int>(errc::internal); ++value) {
        EXPECT_NE(to_string(static_cast<errc>(value)), "unknown") << value;
        for (int other = 1; other < value; ++other)
            EXPECT_NE(to_string(static_cast<errc>(value)), to_string(static_cast<errc>(other)));
    }
    EXPECT_EQ(to_string(static_cast<errc>(0)), "unknown");
    EXPECT_EQ(to_string(static_cast<errc>(999)), "unknown");
}

struct retryable_case {
    char const* name;
    error why;
    bool expected;
};
void PrintTo(retryable_case const& row, std::ostream* out) { *out << row.name; }
class IsRetryable : public testing::TestWithParam<retryable_case> {};

TEST_P(IsRetryable, FollowsTheTable) { EXPECT_EQ(is_retryable(GetParam().why), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Rows, IsRetryable,
    testing::Values(retryable_case{"rate_limited", {.code = errc::rate_limited}, true},
                    retryable_case{"overloaded", {.code = errc::overloaded}, true},
                    retryable_case{"lost_connection", {.code = errc::connection_lost}, true},
                    retryable_case{"bad_request", {.code = errc::bad_request}, false},
                    retryable_case{"exhausted_quota_never_heals", {.code = errc::quota_exhausted}, false},
                    retryable_case{"service_says_no", {.code = errc::rate_limited, .should_retry = false}, false},
                    retryable_case{"service_says_yes", {.code = errc::bad_request, .should_retry = true}, true},
                    retryable_case{"cancelled_is_final", {.code = errc::cancelled, .should_retry = true}, false}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Error, PrintsOneLine) {
    std::ostringstream out;
    out << error{.code = errc::bad_request,
                 .message = "no such\nfield",
                 .where = "/model",
                 .http_status = 400,
                 .service_code = "invalid_request_error",
                 .request_id = "req_1"};
    EXPECT_EQ(out.str(), "bad_request: no such field at /model (HTTP 400) [invalid_request_error] (request id req_1)");
}

}  // namespace
}  // namespace coax
