#include "http/proxy.hpp"

#include <coax/http/http_transport.hpp>

#include <gtest/gtest.h>

#include <cstdlib>

namespace coax::http::detail {
namespace {

struct no_proxy_case {
    char const* name;
    std::vector<std::string> entries;
    origin to;
    bool direct;
};
void PrintTo(no_proxy_case const& row, std::ostream* out) { *out << row.name; }
class NoProxy : public testing::TestWithParam<no_proxy_case> {};

TEST_P(NoProxy, FollowsTheTable) { EXPECT_EQ(bypasses_proxy(GetParam().entries, GetParam().to), GetParam().direct); }

origin const api{true, "api.example.com", 443};
origin const v4{true, "10.1.2.3", 443};
origin const v6{true, "fd00::1", 443};

INSTANTIATE_TEST_SUITE_P(
    Rows, NoProxy,
    testing::Values(
        no_proxy_case{"nothing", {}, api, false}, no_proxy_case{"star", {"*"}, api, true},
        no_proxy_case{"name", {"api.example.com"}, api, true},
        no_proxy_case{"name_in_other_case", {"API.Example.COM"}, api, true},
        no_proxy_case{"name_covers_those_below", {"example.com"}, api, true},
        no_proxy_case{"name_ends_at_a_dot", {"ample.com"}, api, false},
        no_proxy_case{"other_name", {"example.org", "www.example.com"}, api, false},
        no_proxy_case{"suffix", {".example.com"}, api, true},
        no_proxy_case{"suffix_is_not_the_name", {".api.example.com"}, api, false},
        no_proxy_case{"star_suffix", {"*.example.com"}, api, true},
        no_proxy_case{"star_suffix_and_port", {"*.example.com:443"}, api, true},
        no_proxy_case{"star_suffix_is_not_the_name", {"*.api.example.com"}, api, false},
        no_proxy_case{"later_entry", {"x", " example.com "}, api, true},
        no_proxy_case{"port", {"example.com:443"}, api, true},
        no_proxy_case{"other_port", {"example.com:8443"}, api, false},
        no_proxy_case{"bad_port", {"example.com:x"}, api, false}, no_proxy_case{"empty_entry", {"", "."}, api, false},
        no_proxy_case{"address", {"10.1.2.3"}, v4, true}, no_proxy_case{"address_and_port", {"10.1.2.3:443"}, v4, true},
        no_proxy_case{"other_address", {"10.1.2.4"}, v4, false},
        no_proxy_case{"address_is_no_suffix", {"2.3"}, v4, false}, no_proxy_case{"network", {"10.0.0.0/8"}, v4, true},
        no_proxy_case{"other_network", {"11.0.0.0/8"}, v4, false},
        no_proxy_case{"network_of_another_kind", {"10.0.0.0/8"}, v6, false},
        no_proxy_case{"address_6", {"fd00::1"}, v6, true}, no_proxy_case{"address_6_long", {"FD00:0:0::1"}, v6, true},
        no_proxy_case{"address_6_and_port", {"[fd00::1]:443"}, v6, true},
        no_proxy_case{"address_6_other_port", {"[fd00::1]:80"}, v6, false},
        no_proxy_case{"network_6", {"fd00::/8"}, v6, true}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(SplitNoProxy, DropsSpaceAndEmptyEntries) {
    EXPECT_EQ(split_no_proxy(" a, ,.b ,*,"), (std::vector<std::string>{"a", ".b", "*"}));
    EXPECT_TRUE(split_no_proxy("").empty());
}

TEST(ParseProxy, ReadsHostPortAndCredentials) {
    auto const plain = parse_proxy("http://proxy:3128");
    ASSERT_TRUE(plain) << plain.error();
    EXPECT_EQ(plain->host, "proxy");
    EXPECT_EQ(plain->port, 3'128);
    EXPECT_TRUE(plain->authorization.empty());
    for (char const* text : {"proxy:3128", "127.0.0.1:3128", "me:x@proxy:3128"}) {
        auto const bare = parse_proxy(text);
        ASSERT_TRUE(bare) << text << bare.error();
        EXPECT_EQ(bare->port, 3'128);
        EXPECT_EQ(bare->authorization.empty(), std::string_view{text}.find('@') == std::string_view::npos);
    }
    auto const named = parse_proxy("http://Aladdin:open%20sesame@[::1]/");
    ASSERT_TRUE(named) << named.error();
    EXPECT_EQ(named->host, "::1");
    EXPECT_EQ(named->port, 80);
    EXPECT_EQ(named->authorization.reveal(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    EXPECT_EQ(connect_request(*named, {.host = "::2", .port = 8'443}).reveal(),
              "CONNECT [::2]:8443 HTTP/1.1\r\nHost: [::2]:8443\r\nProxy-Authorization: Basic "
              "QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
}

TEST(ParseProxy, RefusesOtherFormsWithoutRepeatingThem) {
    for (char const* text : {"https://me:hunter2@proxy", "socks5h://me:hunter2@proxy", "http://", "",
                             "http://me:hunter2@proxy:0", "http://me:hunter2@proxy:99999", "me:hunter2@pro xy",
                             "http://me:hunter2@proxy/hunter2", "http://me:hunter2@pro xy"}) {
        auto const refused = parse_proxy(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code, errc::invalid_argument);
        EXPECT_EQ(refused.error().where, "https_proxy");
        EXPECT_NE(refused.error().message.find("NO_PROXY"), std::string::npos) << "the way out";
        EXPECT_EQ(coax::to_string(refused.error()).find("hunter2"), std::string::npos);
    }
}

TEST(ProxyFromEnv, FillsOnlyWhatIsEmpty) {
    ::setenv("HTTPS_PROXY", "http://a:1", 1);
    ::setenv("NO_PROXY", "x,.y", 1);
    http_options options;
    proxy_from_env(options);
    EXPECT_EQ(options.https_proxy.reveal(), "http://a:1");
    EXPECT_EQ(options.no_proxy, (std::vector<std::string>{"x", ".y"}));

    ::unsetenv("HTTPS_PROXY");
    ::setenv("https_proxy", "http://b:2", 1);
    http_options lower;
    proxy_from_env(lower);
    EXPECT_EQ(lower.https_proxy.reveal(), "http://b:2");
    proxy_from_env(options);
    EXPECT_EQ(options.https_proxy.reveal(), "http://a:1");
    ::unsetenv("https_proxy");
    ::unsetenv("NO_PROXY");
}

struct options_case {
    char const* name;
    http_options options;
    char const* where;
};
void PrintTo(options_case const& row, std::ostream* out) { *out << row.name; }
class HttpOptions : public testing::TestWithParam<options_case> {};

TEST_P(HttpOptions, OutOfRangeNamesTheField) {
    auto const valid = validate(GetParam().options);
    ASSERT_FALSE(valid);
    EXPECT_EQ(valid.error().code, errc::invalid_argument);
    EXPECT_EQ(valid.error().where, GetParam().where);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HttpOptions,
    testing::Values(options_case{"per_host", {.max_connections_per_host = 0}, "max_connections_per_host"},
                    options_case{"total", {.max_connections = 65'536}, "max_connections"},
                    options_case{"handshakes", {.max_handshakes = 0}, "max_handshakes"},
                    options_case{"idle", {.idle_time = std::chrono::milliseconds{-1}}, "idle_time"},
                    options_case{"life", {.life_time = std::chrono::milliseconds{-1}}, "life_time"},
                    options_case{"overlong_idle", {.idle_time = std::chrono::milliseconds::max()}, "idle_time"},
                    options_case{"head", {.max_header_bytes = 0}, "max_header_bytes"}),
    [](auto const& row) { return std::string(row.param.name); });

/// A request that does not go through it needs it not.
TEST(HttpOptions, AProxyIsReadByTheRequestThatUsesIt) {
    EXPECT_TRUE(validate(http_options{.https_proxy = "socks5h://127.0.0.1:1080"}));
}

TEST(HttpOptionsDefaults, AreValid) { EXPECT_TRUE(validate(http_options{})); }

}  // namespace
}  // namespace coax::http::detail
