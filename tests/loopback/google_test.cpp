#include "support/fault_server.hpp"
#include "support/run_coro.hpp"

#include <coax/auth/google.hpp>

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>

namespace coax {
namespace {

using test::fault_server;
using test::run_coro;

secret new_key() {
    std::shared_ptr<EVP_PKEY> const key{EVP_RSA_gen(2048), &EVP_PKEY_free};
    std::shared_ptr<BIO> const out{BIO_new(BIO_s_mem()), &BIO_free_all};
    PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    char* text = nullptr;
    auto const size = BIO_get_mem_data(out.get(), &text);
    return secret{std::string{text, static_cast<std::size_t>(size)}};
}

/// An account whose token service is the server.
token_source account_at(fault_server const& server) {
    google_options options;
    options.http.http.ca_pem = server.ca_pem();
    return service_account_token({.client_email = "sa@p.iam.gserviceaccount.com",
                                  .private_key = new_key(),
                                  .token_uri = to_string(server.to()) + "/token"},
                                 options);
}

asio::awaitable<result<secret>> ask_account(token_source source) { co_return co_await source(); }

std::string bad_grant() {
    std::string const body{R"({"error":"invalid_grant","error_description":"Invalid JWT Signature."})"};
    return "HTTP/1.1 400 Bad Request\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

constexpr char const* google_answer = R"({"access_token":"ya29.a","expires_in":3599,"token_type":"Bearer"})";

TEST(GoogleOverHttp, IsAskedAgainAfterEachKindOfFailure) {
    fault_server const server{{{test::receive(), test::cut()},
                               {test::receive(), test::send(bad_grant())},
                               {test::receive(), test::send(test::answer("<html>"))},
                               {test::receive(), test::send(test::answer(google_answer), 1)}},
                              {.tls = true}};
    run_coro([](token_source from) -> asio::awaitable<void> {
        auto const lost = co_await ask_account(from);
        EXPECT_EQ(lost.error().code, errc::connection_lost);
        auto const refused = co_await ask_account(from);
        EXPECT_EQ(refused.error().code, errc::authentication);
        EXPECT_EQ(refused.error().service_message, "Invalid JWT Signature.");
        auto const page = co_await ask_account(from);
        EXPECT_EQ(page.error().code, errc::protocol_error);
        for (int i = 0; i < 3; ++i) {
            auto const token = co_await ask_account(from);
            EXPECT_TRUE(token && token->reveal() == "ya29.a");
        }
    }(account_at(server)));
    EXPECT_EQ(server.connections(), 4U);
    auto const last = server.requests().back();
    EXPECT_NE(last.find("POST /token HTTP/1.1"), std::string::npos) << last;
    EXPECT_NE(last.find("jwt-bearer&assertion=ey"), std::string::npos) << last;
}

TEST(GoogleOverHttp, MetadataServerIsAskedInTheClear) {
    fault_server const server{{{test::receive(), test::send(test::answer(google_answer))}}};
    run_coro([](token_source from) -> asio::awaitable<void> {
        auto const token = co_await ask_account(from);
        EXPECT_TRUE(token && token->reveal() == "ya29.a");
    }(google_metadata_token({.host = to_string(server.to())})));
    auto const asked = server.requests().back();
    EXPECT_NE(asked.find("GET /computeMetadata/v1/instance/service-accounts/default/token?scopes="), std::string::npos)
        << asked;
    EXPECT_NE(asked.find("Metadata-Flavor: Google\r\n"), std::string::npos) << asked;
}

}  // namespace
}  // namespace coax
