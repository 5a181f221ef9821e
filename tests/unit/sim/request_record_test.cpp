// Requests as lines of a file.
#include "sim/request_record.hpp"

#include <coax/sim/server.hpp>

#include <gtest/gtest.h>

#include <ostream>

namespace coax::sim::detail {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::system_clock::time_point recorded_at{1'795'219'200'007ms};

struct record_case {
    char const* name;
    recorded_request request;
    char const* line;  ///< Behind the time.
};
void PrintTo(record_case const& row, std::ostream* out) { *out << row.name; }
class RecordLine : public testing::TestWithParam<record_case> {};

TEST_P(RecordLine, TellsAllButSecrets) {
    EXPECT_EQ(record_line(GetParam().request, recorded_at),
              R"({"time":"2026-11-21T00:00:00.007Z",)" + std::string{GetParam().line} + "}\n");
}
INSTANTIATE_TEST_SUITE_P(
    Rows, RecordLine,
    testing::Values(
        record_case{"json",
                    {.method = "POST", .target = "/v1/x", .headers = {{"Host", "a"}}, .body = "{\"a\": [1,\n2]}"},
                    R"("method":"POST","path":"/v1/x","headers":{"host":"a"},"body":{"a":[1,2]})"},
        record_case{"text",
                    {.method = "POST", .target = "/", .body = "a \"b\""},
                    R"("method":"POST","path":"/","headers":{},"body":"a \"b\"")"},
        record_case{"bytes",
                    {.method = "POST", .target = "/", .body = "\xff\xfe"},
                    R"("method":"POST","path":"/","headers":{},"body":{"base64":"//4="})"},
        record_case{"nothing", {.method = "GET", .target = "/"}, R"("method":"GET","path":"/","headers":{},"body":"")"},
        record_case{"several_of_a_name",
                    {.method = "GET", .target = "/", .headers = {{"A", "1"}, {"a", "2"}}},
                    R"("method":"GET","path":"/","headers":{"a":"1, 2"},"body":"")"},
        record_case{"secret_headers",
                    {.method = "GET",
                     .target = "/",
                     .headers = {{"Authorization", "Bearer s"},
                                 {"api-key", "s"},
                                 {"X-Goog-Api-Key", "s"},
                                 {"Idempotency-Key", "1"},
                                 {"Cookie", "s"}}},
                    R"("method":"GET","path":"/","headers":{"api-key":"***","authorization":"***","cookie":"***",)"
                    R"("idempotency-key":"1","x-goog-api-key":"***"},"body":"")"},
        record_case{"secret_parameters",
                    {.method = "GET", .target = "/a?key=s&b=1&access_token=s"},
                    R"("method":"GET","path":"/a?key=***&b=1&access_token=***","headers":{},"body":"")"}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST(RequestRecord, ThatCannotBeOpenedIsAnErrorWithItsPath) {
    try {
        server const none{{.record_file = "/no/such/folder/record.jsonl"}};
        FAIL() << "it was opened";
    } catch (exception const& failure) {
        EXPECT_EQ(failure.code_value(), errc::io_failed);
        EXPECT_EQ(failure.why().where, "/no/such/folder/record.jsonl");
    }
}

}  // namespace
}  // namespace coax::sim::detail
