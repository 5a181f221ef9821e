#include "client/secret_filter.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace coax::detail {
namespace {

struct secret_case {
    char const* name;
    void (*give)(client_options&);
    std::string quoted;
    std::string shown;
};
void PrintTo(secret_case const& row, std::ostream* out) { *out << row.name; }
class SecretFilter : public testing::TestWithParam<secret_case> {};

TEST_P(SecretFilter, HidesWhatIsSentInConfidenceWhereverItIsQuoted) {
    client_options options;
    GetParam().give(options);
    auto const& quoted = GetParam().quoted;
    error why{
        .message = quoted, .where = quoted, .service_code = quoted, .service_message = quoted, .request_id = quoted};
    secret_filter{options}.hide(why, nullptr);
    for (auto const& text : {why.message, why.where, why.service_code, why.service_message, why.request_id})
        EXPECT_EQ(text, GetParam().shown);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, SecretFilter,
    testing::Values(
        secret_case{"key", [](client_options& o) { o.service.api_key = "k-12345678"; }, "bad k-12345678!",
                    "bad [secret]!"},
        secret_case{"placeholder", [](client_options& o) { o.service.api_key = "a"; }, "a bad day", "a bad day"},
        secret_case{
            "authorization",
            [](client_options& o) { o.service.provider.headers.push_back({"Authorization", "Bearer tok-12345"}); },
            "Bearer tok-12345 expired", "Bearer [secret] expired"},
        secret_case{"header_with_a_name_of_its_own",
                    [](client_options& o) { o.service.provider.headers.push_back({"X-Gateway-Token", "gate-9876"}); },
                    "gate-9876", "[secret]"},
        secret_case{"other_headers_are_none",
                    [](client_options& o) { o.service.provider.headers.push_back({"X-Title", "my programme"}); },
                    "my programme", "my programme"},
        secret_case{"key_in_the_query",
                    [](client_options& o) {
                        o.service.provider.base_url =
                            "http://h/v1?api-version=2024-10-21&subscription-key=s%2Bcret-key";
                    },
                    "2024-10-21 s%2Bcret-key s+cret-key", "2024-10-21 [secret] [secret]"},
        secret_case{"password_of_the_proxy", [](client_options& o) { o.http.https_proxy = "http://me:hunter2@p:3128"; },
                    "me:hunter2 bWU6aHVudGVyMg== on p:3128", "me:[secret] [secret] on p:3128"},
        secret_case{"proxy_without_a_scheme", [](client_options& o) { o.http.https_proxy = "me:p%40ssword@p:3128"; },
                    "p@ssword p%40ssword", "[secret] [secret]"},
        secret_case{"the_longer_one_first",
                    [](client_options& o) {
                        o.service.api_key = "long-key";
                        o.service.provider.headers.push_back({"x-key", "long-key-of-two"});
                    },
                    "long-key-of-two long-key", "[secret] [secret]"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(SecretFilterToken, HidesTheTokenOfTheRequest) {
    error why{.message = "token eyJ-abcdef expired"};
    std::vector<secret> const more{"eyJ-abcdef"};
    secret_filter{client_options{}}.hide(why, &more);
    EXPECT_EQ(why.message, "token [secret] expired");
}

}  // namespace
}  // namespace coax::detail
