#include "cache/internal/redis_protocol.hpp"

#include "cache/internal/redis_url.hpp"
#include "cache/redis_commands.hpp"

#include <gtest/gtest.h>

namespace coax::cache::detail {
namespace {

TEST(RedisProtocol, ACommandIsItsWordsWithTheirLengths) {
    std::string bytes;
    append_command(bytes, {"SET", std::string_view{"a\0b", 3}, ""});
    EXPECT_EQ(bytes, std::string_view("*3\r\n$3\r\nSET\r\n$3\r\na\0b\r\n$0\r\n\r\n", 28));
}

constexpr std::string_view replies =
    "+OK\r\n-ERR no\r\n:-7\r\n$3\r\na\r\n\r\n$-1\r\n*2\r\n$1\r\nx\r\n*1\r\n:1\r\n*-1\r\n";

TEST(RedisProtocol, ReadsRepliesHoweverTheyAreCut) {
    for (std::size_t piece = 1; piece <= replies.size(); ++piece) {
        redis_reader reader;
        std::vector<redis_reply> all;
        for (std::size_t at = 0; at < replies.size(); at += piece)
            ASSERT_TRUE(reader.feed(replies.substr(at, piece), all));
        ASSERT_EQ(all.size(), 7U) << piece;
        EXPECT_EQ(all[0].text, "OK");
        EXPECT_EQ(all[1].kind, redis_kind::failure);
        EXPECT_EQ(all[2].integer, -7);
        EXPECT_EQ(all[3].text, "a\r\n");
        EXPECT_EQ(all[4].kind, redis_kind::nil);
        ASSERT_EQ(all[5].items.size(), 2U);
        EXPECT_EQ(all[5].items[1].items.at(0).integer, 1);
        EXPECT_EQ(all[6].kind, redis_kind::nil);
    }
}

TEST(RedisProtocol, WhatIsNoReplyIsAnError) {
    for (std::string_view const bytes : {"HTTP/1.1 400 Bad Request\r\n\r\n", "$abc\r\n", ":x\r\n"}) {
        redis_reader reader;
        std::vector<redis_reply> all;
        auto const fed = reader.feed(bytes, all);
        ASSERT_FALSE(fed) << bytes;
        EXPECT_EQ(fed.error().code, errc::protocol_error);
    }
}

TEST(RedisProtocol, ARefusalIsTyped) {
    EXPECT_EQ(check({.kind = redis_kind::failure, .text = "WRONGPASS invalid"}).error().code, errc::authentication);
    auto const why = check({.kind = redis_kind::failure, .text = "OOM command not allowed"}).error();
    EXPECT_EQ(why.code, errc::server_error);
    EXPECT_EQ(why.service_code, "OOM");
    EXPECT_TRUE(check({.kind = redis_kind::nil}));
}

TEST(RedisProtocol, APrefixIsNoPattern) {
    auto const scan = redis_commands{"a*[b"}.scan("0", true);
    EXPECT_NE(scan.find("a\\*\\[be:*"), std::string::npos) << scan;
}

struct url_case {
    char const* url;
    char const* shown;
    char const* user;
    char const* password;
    int database;
    char const* ca_file{""};
    char const* certificate{""};
    char const* key{""};
};
void PrintTo(url_case const& row, std::ostream* out) { *out << row.url; }
class RedisUrl : public testing::TestWithParam<url_case> {};

TEST_P(RedisUrl, IsRead) {
    auto const& row = GetParam();
    auto const address = parse_redis_url(row.url);
    ASSERT_TRUE(address) << address.error();
    EXPECT_EQ(to_string(*address), row.shown);
    EXPECT_EQ(address->user, row.user);
    EXPECT_EQ(address->password.reveal(), row.password);
    EXPECT_EQ(address->database, row.database);
    EXPECT_EQ(address->ca_file, row.ca_file);
    EXPECT_EQ(address->client_certificate.file, row.certificate);
    EXPECT_EQ(address->client_certificate.key_file, row.key);
}

INSTANTIATE_TEST_SUITE_P(Rows, RedisUrl,
                         testing::Values(url_case{"redis://localhost", "redis://localhost:6379", "", "", 0},
                                         url_case{"redis://LOCALHOST:7000/", "redis://localhost:7000", "", "", 0},
                                         url_case{"rediss://u:p%40ss@h/12", "rediss://h:6379", "u", "p@ss", 12},
                                         url_case{"redis://:word@[::1]:1/0", "redis://[::1]:1", "", "word", 0},
                                         url_case{"rediss://h?ssl_ca_certs=/a%20b.pem", "rediss://h:6379", "", "", 0,
                                                  "/a b.pem"},
                                         url_case{"rediss://h/3?ssl_certfile=c.pem&ssl_keyfile=c.key",
                                                  "rediss://h:6379", "", "", 3, "", "c.pem", "c.key"}));

TEST(RedisUrlErrors, ParametersAreThoseOfTls) {
    for (char const* url : {"redis://h?ssl_ca_certs=a", "rediss://h?ssl_cert_reqs=none", "rediss://h?ssl_keyfile=k",
                            "rediss://h?db=1", "rediss://h#x"}) {
        auto const address = parse_redis_url(url);
        ASSERT_FALSE(address) << url;
        EXPECT_EQ(address.error().code, errc::invalid_argument);
        EXPECT_EQ(address.error().where, "url");
    }
}

TEST(RedisUrlErrors, NeverRepeatThePassword) {
    for (char const* url : {"redis://u:hunter2secret@h/x", "http://u:hunter2secret@h", "redis://u:hunter2secret@h:0"}) {
        auto const address = parse_redis_url(url);
        ASSERT_FALSE(address);
        EXPECT_EQ(to_string(address.error()).find("hunter2"), std::string::npos);
    }
}

}  // namespace
}  // namespace coax::cache::detail
