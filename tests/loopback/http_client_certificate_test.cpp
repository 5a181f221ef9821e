#include "loopback/http_support.hpp"
#include "unit/batch/temp_file.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace coax::test {
namespace {

namespace asio = boost::asio;

constexpr char const* passphrase = "open sesame";

/// The authorities and certificates of one run: making keys takes time.
struct identities {
    certificate_authority authority{};
    certificate_authority intermediate{authority};
    certificate_authority stranger{"another authority"};
    certificate_authority forger{};
    certificate own{authority.issue("client.invalid")};
    certificate renewed{authority.issue("client.invalid")};
    certificate behind{intermediate.issue("client.invalid")};
    certificate strange{stranger.issue("client.invalid")};
    certificate forged{forger.issue("client.invalid")};
    certificate expired{authority.issue("client.invalid", std::chrono::minutes{-1})};
};

identities const& known() {
    static identities const all;
    return all;
}

fault_server_options asking(bool is_tls12 = false) {
    return {.tls = true, .client_ca_pem = known().authority.pem(), .is_tls12 = is_tls12, .all_must_come = false};
}

http_options options_for(fault_server const& server, tls_client_certificate certificate) {
    return {.ca_pem = server.ca_pem(), .client_certificate = std::move(certificate)};
}

struct way_case {
    char const* name;
    tls_client_certificate (*given)(temp_folder const& at);
    certificate identities::* shown{&identities::own};
};
void PrintTo(way_case const& row, std::ostream* out) { *out << row.name; }
class HttpClientCertificate : public testing::TestWithParam<std::tuple<way_case, bool>> {};

TEST_P(HttpClientCertificate, IsShownToAServerThatAsks) {
    auto const& [row, is_tls12] = GetParam();
    temp_folder const at;
    fault_server server{{times(2, exchange("x"))}, asking(is_tls12)};
    run_coro([](fault_server& to, tls_client_certificate given) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, options_for(to, std::move(given))};
        for (int i = 0; i < 2; ++i) EXPECT_EQ(outcome(co_await transport.send(request_to(to.to()), {})), "x");
    }(server, row.given(at)));
    auto const shown = server.client_certificates();
    ASSERT_EQ(shown.size(), 1U);
    EXPECT_TRUE((known().*row.shown).chain.starts_with(shown.front()));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HttpClientCertificate,
    testing::Combine(testing::Values(way_case{"two_files",
                                              [](temp_folder const& at) -> tls_client_certificate {
                                                  return {.file = at.write("it.pem", known().own.chain),
                                                          .key_file = at.write("it.key", known().own.key)};
                                              }},
                                     way_case{"one_file",
                                              [](temp_folder const& at) -> tls_client_certificate {
                                                  return {.file =
                                                              at.write("it.pem", known().own.key + known().own.chain)};
                                              }},
                                     way_case{"texts",
                                              [](temp_folder const&) -> tls_client_certificate {
                                                  return {.pem = known().own.chain, .key_pem = known().own.key};
                                              }},
                                     way_case{"an_encrypted_key",
                                              [](temp_folder const&) -> tls_client_certificate {
                                                  return {.pem = known().own.chain,
                                                          .key_pem = encrypted(known().own.key, passphrase),
                                                          .passphrase = passphrase};
                                              }},
                                     way_case{"with_its_issuer",
                                              [](temp_folder const&) -> tls_client_certificate {
                                                  return {.pem = known().behind.chain, .key_pem = known().behind.key};
                                              },
                                              &identities::behind}),
                     testing::Bool()),
    [](auto const& row) {
        return std::get<0>(row.param).name + std::string{std::get<1>(row.param) ? "_by_TLS_1_2" : "_by_TLS_1_3"};
    });

struct refused_case {
    char const* name;
    certificate identities::* given;  ///< Null: none.
    char const* message;
};
void PrintTo(refused_case const& row, std::ostream* out) { *out << row.name; }
class HttpClientCertificateRefused : public testing::TestWithParam<std::tuple<refused_case, bool>> {};

TEST_P(HttpClientCertificateRefused, IsToldWithTheReason) {
    auto const& [row, is_tls12] = GetParam();
    tls_client_certificate given;
    if (row.given != nullptr) given = {.pem = (known().*row.given).chain, .key_pem = (known().*row.given).key};
    fault_server server{{{}}, asking(is_tls12)};
    run_coro([](fault_server& to, tls_client_certificate with, char const* message) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, options_for(to, std::move(with))};
        auto const got = co_await transport.send(request_to(to.to()), {});
        EXPECT_EQ(outcome(got), "[tls_failed]");
        if (got) co_return;
        EXPECT_EQ(got.error().message, message);
        EXPECT_EQ(got.error().where, coax::to_string(to.to()));
        EXPECT_FALSE(is_retryable(got.error()));
    }(server, std::move(given), row.message));
    EXPECT_EQ(server.connections(), 1U);
    EXPECT_TRUE(server.requests().empty());
}

constexpr char const* not_accepted = "the server does not accept the client certificate (client_certificate)";

INSTANTIATE_TEST_SUITE_P(
    Rows, HttpClientCertificateRefused,
    testing::Combine(testing::Values(refused_case{"none", nullptr,
                                                  "the server asks for a client certificate, and none is set "
                                                  "(client_certificate)"},
                                     refused_case{"of_another_authority", &identities::strange, not_accepted},
                                     refused_case{"signed_by_another", &identities::forged, not_accepted},
                                     refused_case{"expired", &identities::expired, not_accepted}),
                     testing::Bool()),
    [](auto const& row) {
        return std::get<0>(row.param).name + std::string{std::get<1>(row.param) ? "_by_TLS_1_2" : "_by_TLS_1_3"};
    });

struct unusable_case {
    char const* name;
    tls_client_certificate (*given)(temp_folder const& at);
    errc code;
    char const* where;  ///< The end of it.
    char const* message;
};
void PrintTo(unusable_case const& row, std::ostream* out) { *out << row.name; }
class HttpClientCertificateUnusable : public testing::TestWithParam<unusable_case> {};

TEST_P(HttpClientCertificateUnusable, IsToldBeforeAnythingIsSent) {
    temp_folder const at;
    fault_server server{{{}}, asking()};
    run_coro([](fault_server& to, unusable_case const& row, tls_client_certificate given) -> asio::awaitable<void> {
        auto const options = options_for(to, std::move(given));
        http_transport transport{co_await asio::this_coro::executor, options};
        auto const got = co_await transport.send(request_to(to.to()), {});
        if (got) co_return void(ADD_FAILURE() << got->body);
        auto const checked = check_for(options, to.to());
        if (checked) co_return void(ADD_FAILURE() << "check_for finds nothing");
        for (auto const* why : {&got.error(), &checked.error()}) {
            EXPECT_EQ(why->code, row.code) << *why;
            EXPECT_TRUE(why->where.ends_with(row.where)) << *why;
            EXPECT_EQ(why->message, row.message);
            EXPECT_EQ(to_string(*why).find(passphrase), std::string::npos);
            EXPECT_FALSE(is_retryable(*why));
        }
    }(server, GetParam(), GetParam().given(at)));
    EXPECT_TRUE(server.client_certificates().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HttpClientCertificateUnusable,
    testing::Values(
        unusable_case{"no_file", [](temp_folder const&) -> tls_client_certificate { return {.file = "/gone/it.pem"}; },
                      errc::io_failed, "/gone/it.pem", "cannot read the file of the client certificate or its key"},
        unusable_case{"no_key_file",
                      [](temp_folder const&) -> tls_client_certificate {
                          return {.pem = known().own.chain, .key_file = "/gone/it.key"};
                      },
                      errc::io_failed, "/gone/it.key", "cannot read the file of the client certificate or its key"},
        unusable_case{"a_file_without_end",
                      [](temp_folder const&) -> tls_client_certificate { return {.file = "/dev/zero"}; },
                      errc::io_failed, "/dev/zero", "a file of more than a mebibyte is no certificate or key"},
        unusable_case{"no_certificate",
                      [](temp_folder const& at) -> tls_client_certificate {
                          return {.file = at.write("it.pem", known().own.key)};
                      },
                      errc::tls_failed, "/it.pem", "no certificate in PEM form"},
        unusable_case{"a_damaged_certificate",
                      [](temp_folder const&) -> tls_client_certificate {
                          return {.pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                                  .key_pem = known().own.key};
                      },
                      errc::tls_failed, "client_certificate.pem", "no certificate in PEM form"},
        unusable_case{"no_key",
                      [](temp_folder const& at) -> tls_client_certificate {
                          return {.file = at.write("it.pem", known().own.chain)};
                      },
                      errc::tls_failed, "/it.pem", "no private key in PEM form"},
        unusable_case{"no_passphrase",
                      [](temp_folder const&) -> tls_client_certificate {
                          return {.pem = known().own.chain, .key_pem = encrypted(known().own.key, passphrase)};
                      },
                      errc::tls_failed, "client_certificate.key_pem",
                      "the private key cannot be read: if it is encrypted, its passphrase is missing"},
        unusable_case{"another_passphrase",
                      [](temp_folder const&) -> tls_client_certificate {
                          return {.pem = known().own.chain,
                                  .key_pem = encrypted(known().own.key, "another"),
                                  .passphrase = passphrase};
                      },
                      errc::tls_failed, "client_certificate.key_pem",
                      "the private key cannot be read with this passphrase"},
        unusable_case{"another_key",
                      [](temp_folder const&) -> tls_client_certificate {
                          return {.pem = known().own.chain, .key_pem = known().renewed.key};
                      },
                      errc::tls_failed, "client_certificate.key_pem",
                      "the private key is not that of the client certificate"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(HttpClientCertificate, IsReadAgainWhenItsFilesChange) {
    temp_folder const at;
    auto const file = at.write("it.pem", known().own.chain);
    auto const key_file = at.write("it.key", known().own.key);
    fault_server server{{exchange("1"), exchange("2"), exchange("3"), exchange("4")}, asking()};
    run_coro([](fault_server& to, temp_folder const& in, tls_client_certificate given) -> asio::awaitable<void> {
        auto options = options_for(to, std::move(given));
        options.idle_time = {};  // each request has a connection of its own
        http_transport transport{co_await asio::this_coro::executor, options};
        EXPECT_EQ(outcome(co_await transport.send(request_to(to.to()), {})), "1");
        in.write("it.pem", known().renewed.chain);  // its key is not there yet
        EXPECT_EQ(outcome(co_await transport.send(request_to(to.to()), {})), "2");
        in.write("it.key", known().renewed.key);
        EXPECT_EQ(outcome(co_await transport.send(request_to(to.to()), {})), "3");
        in.write("it.key", "");
        EXPECT_EQ(outcome(co_await transport.send(request_to(to.to()), {})), "4");
    }(server, at, {.file = file, .key_file = key_file}));
    auto const shown = server.client_certificates();
    ASSERT_EQ(shown.size(), 4U);
    EXPECT_EQ(shown[0], known().own.chain);
    EXPECT_EQ(shown[1], known().own.chain);
    EXPECT_EQ(shown[2], known().renewed.chain);
    EXPECT_EQ(shown[3], known().renewed.chain);
    EXPECT_EQ(server.resumed(), 2U);  // with the certificate of its first handshake alone
}

struct wrong_case {
    char const* where;
    tls_client_certificate given;
};

TEST(HttpClientCertificate, IsRefusedWhereItIsGivenTwiceOrInPart) {
    wrong_case const rows[]{{"client_certificate.pem", {.file = "a", .pem = "b"}},
                            {"client_certificate.key_pem", {.file = "a", .key_file = "b", .key_pem = "c"}},
                            {"client_certificate.file", {.key_file = "a"}},
                            {"client_certificate.file", {.key_pem = "a"}},
                            {"client_certificate.file", {.passphrase = "a"}}};
    for (auto const& row : rows) {
        auto const checked = validate(http_options{.client_certificate = row.given});
        ASSERT_FALSE(checked) << row.where;
        EXPECT_EQ(checked.error().code, errc::invalid_argument);
        EXPECT_EQ(checked.error().where, row.where);
    }
    EXPECT_TRUE(validate(http_options{}));
}

TEST(HttpClientCertificate, HoldsForAResumedSession) {
    fault_server server{{exchange("1"), exchange("2")}, asking()};
    run_coro([](fault_server& to) -> asio::awaitable<void> {
        auto options = options_for(to, {.pem = known().own.chain, .key_pem = known().own.key});
        options.idle_time = {};
        http_transport transport{co_await asio::this_coro::executor, options};
        EXPECT_EQ(outcome(co_await transport.send(request_to(to.to()), {})), "1");
        EXPECT_EQ(outcome(co_await transport.send(request_to(to.to()), {})), "2");
    }(server));
    EXPECT_EQ(server.resumed(), 1U);
}

}  // namespace
}  // namespace coax::test
