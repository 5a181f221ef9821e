#include "support/fault_server.hpp"
#include "support/run_coro.hpp"

#include <coax/auth/entra.hpp>

#include <gtest/gtest.h>

#include <string>

namespace coax {
namespace {

using test::fault_server;
using test::run_coro;

/// An application whose authority is the server.
token_source application_at(fault_server const& server) {
    entra_options options{.authority = to_string(server.to())};
    options.http.http.ca_pem = server.ca_pem();
    return client_secret_token({.tenant_id = "t", .client_id = "app", .client_secret = "s3cr3t-value"}, options);
}

asio::awaitable<result<secret>> ask(token_source source) { co_return co_await source(); }

std::string refusal() {
    std::string const body{
        R"({"error":"invalid_client","error_description":"AADSTS7000222: s3cr3t-value has expired"})"};
    return "HTTP/1.1 401 Unauthorized\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(EntraOverHttp, IsAskedAgainAfterEachKindOfFailure) {
    fault_server const server{
        {{test::receive(), test::cut()},
         {test::receive(), test::send(refusal())},
         {test::receive(), test::send(test::answer("<html>"))},
         {test::receive(), test::send(test::answer(R"({"access_token":"eyJ.a.b","expires_in":3599})"), 1)}},
        {.tls = true}};
    auto const source = application_at(server);
    run_coro([](token_source from) -> asio::awaitable<void> {
        auto const lost = co_await ask(from);
        EXPECT_EQ(lost.error().code, errc::connection_lost);
        auto const refused = co_await ask(from);
        EXPECT_EQ(refused.error().code, errc::authentication);
        EXPECT_EQ(refused.error().service_message, "AADSTS7000222: [secret] has expired");
        auto const page = co_await ask(from);
        EXPECT_EQ(page.error().code, errc::protocol_error);
        for (int i = 0; i < 3; ++i) {
            auto const token = co_await ask(from);
            EXPECT_TRUE(token && token->reveal() == "eyJ.a.b");
        }
    }(source));
    EXPECT_EQ(server.connections(), 4U);
    EXPECT_NE(server.requests().back().find("POST /t/oauth2/v2.0/token HTTP/1.1"), std::string::npos);
}

TEST(EntraOverHttp, ReadsNoMoreThanATokenTakes) {
    fault_server const server{{{test::receive(), test::send(test::answer(std::string(1U << 20U, 'x'))), test::drain()}},
                              {.tls = true}};
    auto const source = application_at(server);
    run_coro([](token_source from) -> asio::awaitable<void> {
        auto const token = co_await ask(from);
        EXPECT_EQ(token.error().code, errc::too_large);
    }(source));
}

}  // namespace
}  // namespace coax
