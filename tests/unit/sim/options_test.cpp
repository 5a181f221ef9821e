#include <coax/sim/options.hpp>

#include <gtest/gtest.h>

namespace coax::sim::detail {
namespace {

using namespace std::chrono_literals;

TEST(ParseFault, ReadsEachPart) {
    EXPECT_EQ(parse_fault("stall")->kind, fault_kind::stall);
    EXPECT_DOUBLE_EQ(parse_fault("stall")->probability, 1);
    EXPECT_DOUBLE_EQ(parse_fault("reset:0.05:200")->probability, 0.05);
    EXPECT_EQ(parse_fault("reset:0.05:200")->at_byte, 200U);
    EXPECT_EQ(parse_fault("http_status:0.1:503")->http_status, 503);
    EXPECT_EQ(parse_fault("rate_limited:1:1500")->wait, 1500ms);
    EXPECT_EQ(parse_fault("rate_limited:1:1500")->retry_after, retry_after_form::milliseconds);
    EXPECT_EQ(parse_fault("rate_limited:1:2000")->retry_after, retry_after_form::seconds);
    EXPECT_EQ(parse_fault("slow:1:5")->wait, 5ms);
}

TEST(ParseFault, NamesWhatIsWrong) {
    for (char const* text : {"", "nonsense", "reset:often", "reset:2", "reset:-1", "reset:0.5:x", "http_status:1:200",
                             "reset:0.5:1:2", "reset:nan"}) {
        auto const read = parse_fault(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, errc::invalid_argument);
        EXPECT_EQ(read.error().where, text);
    }
}

TEST(FaultKind, EveryOneHasANameThatReadsBack) {
    for (int kind = 0; kind <= static_cast<int>(fault_kind::slow); ++kind) {
        auto const name = to_string(static_cast<fault_kind>(kind));
        ASSERT_NE(name, "unknown") << kind;
        EXPECT_EQ(static_cast<int>(parse_fault(name)->kind), kind);
    }
}

struct option_case {
    char const* where;
    options opts;
};
void PrintTo(option_case const& row, std::ostream* out) { *out << row.where; }
class WrongOption : public testing::TestWithParam<option_case> {};

TEST_P(WrongOption, IsNamed) {
    auto const valid = validate(GetParam().opts);
    ASSERT_FALSE(valid);
    EXPECT_EQ(valid.error().code, errc::invalid_argument);
    EXPECT_EQ(valid.error().where, GetParam().where);
}

INSTANTIATE_TEST_SUITE_P(Rows, WrongOption,
                         testing::Values(option_case{"certificate_host", {.certificate_host = ""}},
                                         option_case{"requests_per_minute", {.requests_per_minute = -1}},
                                         option_case{"tokens_per_minute", {.tokens_per_minute = -1}},
                                         option_case{"limit_window", {.limit_window = 0ms}},
                                         option_case{"latency.tokens_per_second",
                                                     {.latency = {.tokens_per_second = -1}}},
                                         option_case{"response_words", {.response_words = 0}},
                                         option_case{"tool_calls_per_turn", {.tool_calls_per_turn = 0}},
                                         option_case{"max_connections", {.max_connections = 0}},
                                         option_case{"max_body_bytes", {.max_body_bytes = 0}},
                                         option_case{"idle_timeout", {.idle_timeout = 0ms}},
                                         option_case{"stall_limit", {.stall_limit = 0ms}},
                                         option_case{"faults[0].probability", {.faults = {{.probability = 1.5}}}},
                                         option_case{"script[0].request", {.script = {{.request = 0}}}}));

TEST(Options, AreValidAsTheyCome) { EXPECT_TRUE(validate(options{})); }

TEST(RecordedRequest, FindsHeadersWithoutCase) {
    recorded_request const request{.headers = {{"Api-Key", "a"}, {"api-key", "b"}}};
    EXPECT_EQ(request.header("API-KEY"), "a");
    EXPECT_EQ(request.header("other"), "");
}

}  // namespace
}  // namespace coax::sim::detail
