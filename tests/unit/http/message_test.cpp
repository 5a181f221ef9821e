#include <coax/http/message.hpp>

#include <gtest/gtest.h>

namespace coax {
namespace {

struct url_case {
    char const* name;
    char const* text;
    base_url expected;
};
void PrintTo(url_case const& row, std::ostream* out) { *out << row.name; }
class ParseBaseUrl : public testing::TestWithParam<url_case> {};

TEST_P(ParseBaseUrl, FollowsTheTable) {
    auto const url = parse_base_url(GetParam().text);
    ASSERT_TRUE(url) << url.error();
    EXPECT_EQ(url->to, GetParam().expected.to);
    EXPECT_EQ(url->path, GetParam().expected.path);
    EXPECT_EQ(url->query, GetParam().expected.query);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ParseBaseUrl,
    testing::Values(url_case{"plain_name", "https://api.openai.com", {.to = {true, "api.openai.com", 443}}},
                    url_case{"path", "https://api.openai.com/v1", {.to = {true, "api.openai.com", 443}, .path = "/v1"}},
                    url_case{"slashes_at_the_end_go", "https://a.b/v1//", {.to = {true, "a.b", 443}, .path = "/v1"}},
                    url_case{
                        "http_and_port", "http://localhost:8080/x", {.to = {false, "localhost", 8080}, .path = "/x"}},
                    url_case{"http_port", "http://localhost", {.to = {false, "localhost", 80}}},
                    url_case{"empty_port", "https://h:/", {.to = {true, "h", 443}}},
                    url_case{"case_of_scheme_and_host",
                             "HTTPS://API.Example.COM/V1",
                             {.to = {true, "api.example.com", 443}, .path = "/V1"}},
                    url_case{"query",
                             "https://h/openai?api-version=2024-10-21",
                             {.to = {true, "h", 443}, .path = "/openai", .query = "api-version=2024-10-21"}},
                    url_case{"ipv4", "http://127.0.0.1:9", {.to = {false, "127.0.0.1", 9}}},
                    url_case{"ipv6", "http://[::1]:9/v1", {.to = {false, "::1", 9}, .path = "/v1"}},
                    url_case{"escapes_stay", "https://h/a%20b", {.to = {true, "h", 443}, .path = "/a%20b"}}),
    [](auto const& row) { return std::string(row.param.name); });

struct bad_url_case {
    char const* name;
    char const* text;
};
void PrintTo(bad_url_case const& row, std::ostream* out) { *out << row.name; }
class BadBaseUrl : public testing::TestWithParam<bad_url_case> {};

TEST_P(BadBaseUrl, IsAnInvalidArgumentWithoutThePassword) {
    auto const url = parse_base_url(GetParam().text);
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().code, errc::invalid_argument);
    EXPECT_EQ(url.error().where, "base_url");
    EXPECT_EQ(to_string(url.error()).find("hunter2"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadBaseUrl,
    testing::Values(bad_url_case{"empty", ""}, bad_url_case{"no_scheme", "api.openai.com/v1"},
                    bad_url_case{"other_scheme", "ftp://h/"}, bad_url_case{"websocket", "wss://h/"},
                    bad_url_case{"no_host", "https:///v1"}, bad_url_case{"no_authority", "https:v1"},
                    bad_url_case{"user", "https://me@h/"}, bad_url_case{"password", "https://me:hunter2@h/"},
                    bad_url_case{"fragment", "https://h/#x"}, bad_url_case{"port_zero", "https://h:0/"},
                    bad_url_case{"port_too_large", "https://h:65536/"},
                    bad_url_case{"port_that_wraps_around", "https://h:99999/"},
                    bad_url_case{"escaped_host", "https://a%20b/"}, bad_url_case{"space", "https://h /"},
                    bad_url_case{"line_break", "https://h/\r\nX: y"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Origin, IsWrittenWithoutTheSchemesOwnPort) {
    EXPECT_EQ(to_string(origin{true, "h", 443}), "https://h");
    EXPECT_EQ(to_string(origin{true, "h", 80}), "https://h:80");
    EXPECT_EQ(to_string(origin{false, "h", 80}), "http://h");
    EXPECT_EQ(to_string(origin{false, "::1", 8080}), "http://[::1]:8080");
}

TEST(PercentEncode, LeavesOnlyUnreservedCharacters) {
    EXPECT_EQ(percent_encode("gpt-4o_mini.v1~"), "gpt-4o_mini.v1~");
    EXPECT_EQ(percent_encode("a/b c?d&e=f%"), "a%2Fb%20c%3Fd%26e%3Df%25");
    EXPECT_EQ(percent_encode("\xC3\xA9"), "%C3%A9");
    EXPECT_EQ(percent_encode(""), "");
}

TEST(HeaderList, FindsNamesWithoutRegardToCase) {
    header_list headers{{"Retry-After", "3"}, {"retry-after", "5"}, {"X", ""}};
    EXPECT_EQ(headers.find("RETRY-AFTER"), "3");
    EXPECT_EQ(headers.find("Retry"), "");
    EXPECT_TRUE(headers.contains("x"));
    EXPECT_FALSE(headers.contains("y"));
}

TEST(HeaderList, SetReplacesEveryFieldOfThatName) {
    header_list headers{{"A", "1"}, {"B", "2"}, {"a", "3"}};
    headers.set("A", "4");
    EXPECT_EQ(headers, (header_list{{"B", "2"}, {"A", "4"}}));
    headers.erase("b");
    EXPECT_EQ(headers.size(), 1U);
}

TEST(EqualIgnoringCase, ComparesAsciiOnly) {
    EXPECT_TRUE(equal_ignoring_case("Keep-Alive", "keep-alive"));
    EXPECT_FALSE(equal_ignoring_case("a", "ab"));
    EXPECT_FALSE(equal_ignoring_case("[", "{"));
    EXPECT_FALSE(equal_ignoring_case("\xC3\x89", "\xC3\xA9"));
}

}  // namespace
}  // namespace coax
