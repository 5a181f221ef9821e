#include "support/run_coro.hpp"

#include <coax/auth/entra.hpp>
#include <coax/http/memory_transport.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;

/// An authority in memory: what it was asked, and what it answers.
struct entra {
    http_response answer{.status = 200,
                         .body = R"({"token_type":"Bearer","expires_in":3599,"access_token":"eyJ.a.b"})"};
    std::vector<http_request> asked{};
};

entra_options options_for(std::shared_ptr<entra> const& from) {
    entra_options options;
    options.http.transport = std::make_shared<memory_transport>([from](http_request const& request) {
        from->asked.push_back(request);
        return result<memory_transport::timed_response>{memory_transport::timed_response{.response = from->answer}};
    });
    return options;
}

asio::awaitable<result<secret>> ask(token_source source) { co_return co_await source(); }

/// A file that goes with the test.
struct token_file {
    explicit token_file(std::string const& text) { std::ofstream{path} << text; }
    token_file(token_file const&) = delete;
    token_file& operator=(token_file const&) = delete;
    ~token_file() { std::filesystem::remove(path); }
    std::string path{testing::TempDir() + "coax_token_" + std::to_string(reinterpret_cast<std::uintptr_t>(this))};
};

token_source application(entra_options const& options) {
    return client_secret_token({"tenant 1", "app", secret{"s3cr+t/value"}}, options);
}

// --- what is asked ---

TEST(ClientSecret, IsSentAsAForm) {
    auto body = []() -> asio::awaitable<void> {
        auto const from = std::make_shared<entra>();
        auto const token = co_await ask(application(options_for(from)));
        EXPECT_TRUE(token && token->reveal() == "eyJ.a.b");
        EXPECT_EQ(from->asked.size(), 1U);
        auto const& request = from->asked.at(0);
        EXPECT_EQ(to_string(request.to) + request.target,
                  "https://login.microsoftonline.com/tenant%201/oauth2/v2.0/token");
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(request.headers.find("Content-Type"), "application/x-www-form-urlencoded");
        EXPECT_EQ(request.body,
                  "grant_type=client_credentials&client_id=app&scope=https%3A%2F%2Fai.azure.com%2F.default&"
                  "client_secret=s3cr%2Bt%2Fvalue");
    };
    run_virtual(body());
}

TEST(WorkloadIdentity, SendsWhatIsInTheFileAtThatMoment) {
    auto body = []() -> asio::awaitable<void> {
        auto const from = std::make_shared<entra>();
        token_file const file{"first.jwt\n"};
        auto const source =
            workload_identity_token({.tenant_id = "t", .client_id = "app", .token_file = file.path}, options_for(from));
        EXPECT_TRUE(co_await ask(source));
        std::ofstream{file.path} << "second.jwt";
        co_await sleep_for(3400s);
        EXPECT_TRUE(co_await ask(source));
        EXPECT_EQ(from->asked.size(), 2U);
        EXPECT_EQ(from->asked.at(0).body,
                  "grant_type=client_credentials&client_id=app&scope=https%3A%2F%2Fai.azure.com%2F.default&"
                  "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&"
                  "client_assertion=first.jwt");
        EXPECT_TRUE(from->asked.at(1).body.ends_with("=second.jwt"));
    };
    run_virtual(body());
}

TEST(WorkloadIdentity, NamesTheFileThatIsNotThere) {
    auto body = []() -> asio::awaitable<void> {
        auto const from = std::make_shared<entra>();
        auto const token = co_await ask(workload_identity_token(
            {.tenant_id = "t", .client_id = "a", .token_file = "/nowhere/token"}, options_for(from)));
        EXPECT_EQ(token.error().code, errc::io_failed);
        EXPECT_EQ(token.error().where, "/nowhere/token");
        EXPECT_TRUE(from->asked.empty());
    };
    run_virtual(body());
}

TEST(ManagedIdentity, OfAMachineAsksItsMetadataService) {
    auto body = []() -> asio::awaitable<void> {
        auto const from = std::make_shared<entra>();
        from->answer.body =
            R"({"access_token":"imds","expires_in":"86399","expires_on":"1767311999","refresh_in":"43199"})";
        auto const source = managed_identity_token({.client_id = "mine"}, options_for(from));
        auto const token = co_await ask(source);
        EXPECT_TRUE(token && token->reveal() == "imds");
        auto const& request = from->asked.at(0);
        EXPECT_EQ(to_string(request.to) + request.target,
                  "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&"
                  "resource=https%3A%2F%2Fai.azure.com&client_id=mine");
        EXPECT_EQ(request.method, "GET");
        EXPECT_EQ(request.headers.find("Metadata"), "true");
        co_await sleep_for(43198s);
        EXPECT_TRUE(co_await ask(source));
        EXPECT_EQ(from->asked.size(), 1U);
        co_await sleep_for(1s);
        EXPECT_TRUE(co_await ask(source));
        EXPECT_EQ(from->asked.size(), 2U);
    };
    run_virtual(body());
}

/// App Service tells the end of a token as a date; virtual time starts at 1767225600.
TEST(ManagedIdentity, OfAnAppAsksItsEndpoint) {
    auto body = []() -> asio::awaitable<void> {
        auto const from = std::make_shared<entra>();
        from->answer.body = R"({"access_token":"app","expires_on":"1767226600","token_type":"Bearer"})";
        auto const source = managed_identity_token(
            {.endpoint = "http://127.0.0.1:41741/msi/token", .header = secret{"guid"}}, options_for(from));
        EXPECT_TRUE(co_await ask(source));
        auto const& request = from->asked.at(0);
        EXPECT_EQ(to_string(request.to) + request.target,
                  "http://127.0.0.1:41741/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fai.azure.com");
        EXPECT_EQ(request.headers.find("X-IDENTITY-HEADER"), "guid");
        co_await sleep_for(699s);
        EXPECT_TRUE(co_await ask(source));
        EXPECT_EQ(from->asked.size(), 1U);
        co_await sleep_for(1s);
        EXPECT_TRUE(co_await ask(source));
        EXPECT_EQ(from->asked.size(), 2U);
    };
    run_virtual(body());
}

// --- answers that are no tokens ---

struct bad_answer_case {
    char const* name;
    http_response answer;
    errc code;
    std::string says;
};
void PrintTo(bad_answer_case const& row, std::ostream* out) { *out << row.name; }
class BadAnswer : public testing::TestWithParam<bad_answer_case> {};

asio::awaitable<void> see_error(bad_answer_case row) {
    auto const from = std::make_shared<entra>();
    from->answer = row.answer;
    auto const token = co_await ask(application(options_for(from)));
    EXPECT_FALSE(token);
    if (token) co_return;
    auto const line = to_string(token.error());
    EXPECT_EQ(token.error().code, row.code) << line;
    EXPECT_NE(line.find(row.says), std::string::npos) << line;
    EXPECT_NE(line.find("https://login.microsoftonline.com/tenant%201/oauth2/v2.0/token"), std::string::npos) << line;
    EXPECT_EQ(line.find("s3cr+t/value"), std::string::npos) << line;
}
TEST_P(BadAnswer, IsAnErrorWithTheAddressAndNoSecret) { run_virtual(see_error(GetParam())); }

http_response says(int status, std::string body) { return {.status = status, .body = std::move(body)}; }

INSTANTIATE_TEST_SUITE_P(
    Rows, BadAnswer,
    testing::Values(
        bad_answer_case{
            "wrong_secret",
            says(401, R"({"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret )"
                      R"(provided: s3cr+t/value.\r\nTrace ID: 1","error_codes":[7000215]})"),
            errc::authentication, "AADSTS7000215"},
        bad_answer_case{"unknown_application",
                        says(400, R"({"error":"unauthorized_client","error_description":"AADSTS700016: not found"})"),
                        errc::authentication, "unauthorized_client"},
        bad_answer_case{"no_identity", says(404, R"({"statusCode":404,"message":"No managed identity was found"})"),
                        errc::not_found, "No managed identity was found"},
        bad_answer_case{"throttled", says(429, ""), errc::rate_limited, "status 429"},
        bad_answer_case{"down", says(503, "<html>down</html>"), errc::server_error, "status 503"},
        bad_answer_case{"error_in_200", says(200, R"({"error":"invalid_grant"})"), errc::authentication,
                        "invalid_grant"},
        bad_answer_case{"error_object", says(403, R"({"error":{"code":403,"message":"no"}})"), errc::authentication,
                        "403"},
        bad_answer_case{"redirect", says(302, ""), errc::authentication, "302"},
        bad_answer_case{"empty", says(200, ""), errc::protocol_error, "holds no token"},
        bad_answer_case{"page", says(200, "<html></html>"), errc::protocol_error, "holds no token"},
        bad_answer_case{"number", says(200, R"({"access_token":12,"expires_in":60})"), errc::protocol_error,
                        "no token"},
        bad_answer_case{"line_break", says(200, R"({"access_token":"a\r\nX: b","expires_in":60})"),
                        errc::protocol_error, "no token"},
        bad_answer_case{"array", says(200, "[]"), errc::protocol_error, "no token"}),
    [](auto const& row) { return std::string(row.param.name); });

struct life_case {
    char const* name;
    std::string members;
    std::chrono::seconds still_good;
};
void PrintTo(life_case const& row, std::ostream* out) { *out << row.name; }
class OddLife : public testing::TestWithParam<life_case> {};

asio::awaitable<void> see_life(life_case row) {
    auto const from = std::make_shared<entra>();
    from->answer.body = R"({"access_token":"t")" + row.members + "}";
    auto options = options_for(from);
    options.http.cache.refresh_before = 0s;
    auto const source = application(options);
    auto const token = co_await ask(source);
    EXPECT_EQ(static_cast<bool>(token), row.still_good.count() > 0);
    if (!token) co_return;
    co_await sleep_for(row.still_good - 1s);
    EXPECT_TRUE(co_await ask(source));
    EXPECT_EQ(from->asked.size(), 1U);
    co_await sleep_for(1s);
    EXPECT_TRUE(co_await ask(source));
    EXPECT_EQ(from->asked.size(), 2U);
}
TEST_P(OddLife, IsRead) { run_virtual(see_life(GetParam())); }
INSTANTIATE_TEST_SUITE_P(
    Rows, OddLife,
    testing::Values(life_case{"not_told", "", 600s}, life_case{"null", R"(,"expires_in":null)", 600s},
                    life_case{"object", R"(,"expires_in":{})", 600s}, life_case{"text", R"(,"expires_in":"90")", 90s},
                    life_case{"negative", R"(,"expires_in":-5)", 0s}, life_case{"past", R"(,"expires_on":1000)", 0s},
                    life_case{"endless", R"(,"expires_in":9223372036854775807)", 31536000s},
                    life_case{"far_date", R"(,"expires_on":"9223372036854775807")", 31536000s}),
    [](auto const& row) { return std::string(row.param.name); });

// --- the environment ---

struct environment_case {
    char const* name;
    std::map<std::string, std::string, std::less<>> set;
    std::string asked;  ///< The first address; empty: there is no source.
};
void PrintTo(environment_case const& row, std::ostream* out) { *out << row.name; }
class Environment : public testing::TestWithParam<environment_case> {};

asio::awaitable<void> see_source(environment_case row) {
    auto const from = std::make_shared<entra>();
    auto const look_up = [&row](std::string_view name) -> std::optional<std::string> {
        auto const found = row.set.find(name);
        return found == row.set.end() ? std::nullopt : std::optional{found->second};
    };
    auto const source = entra_token_from(look_up, options_for(from)).value();
    EXPECT_EQ(static_cast<bool>(source), !row.asked.empty());
    if (!source) co_return;
    EXPECT_TRUE(co_await ask(source));
    auto const& request = from->asked.at(0);
    EXPECT_EQ(to_string(request.to) + request.target.substr(0, request.target.find('?')), row.asked);
}
TEST_P(Environment, NamesTheSource) { run_virtual(see_source(GetParam())); }
INSTANTIATE_TEST_SUITE_P(
    Rows, Environment,
    testing::Values(environment_case{"nothing", {}, ""},
                    environment_case{"no_secret", {{"AZURE_TENANT_ID", "t"}, {"AZURE_CLIENT_ID", "c"}}, ""},
                    environment_case{"no_tenant", {{"AZURE_CLIENT_ID", "c"}, {"AZURE_CLIENT_SECRET", "s"}}, ""},
                    environment_case{"secret",
                                     {{"AZURE_TENANT_ID", "t"},
                                      {"AZURE_CLIENT_ID", "c"},
                                      {"AZURE_CLIENT_SECRET", "s"},
                                      {"IDENTITY_ENDPOINT", "http://h"}},
                                     "https://login.microsoftonline.com/t/oauth2/v2.0/token"},
                    environment_case{"other_cloud",
                                     {{"AZURE_TENANT_ID", "t"},
                                      {"AZURE_CLIENT_ID", "c"},
                                      {"AZURE_CLIENT_SECRET", "s"},
                                      {"AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/"}},
                                     "https://login.microsoftonline.us/t/oauth2/v2.0/token"},
                    environment_case{"identity",
                                     {{"IDENTITY_ENDPOINT", "http://h:1/msi"}, {"IDENTITY_HEADER", "x"}},
                                     "http://h:1/msi"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(WrongCredentials, OfTheEnvironmentAreAnError) {
    auto const source = entra_token_from([](std::string_view name) {
        return name == "IDENTITY_ENDPOINT" ? std::optional<std::string>{"http://h"} : std::nullopt;
    });
    EXPECT_EQ(source.error().where, "IDENTITY_HEADER");
}

TEST(WrongCredentials, AreRefusedByName) {
    auto const where = [](std::function<void()> const& make) -> std::string {
        try {
            make();
        } catch (exception const& failure) {
            return failure.why().where;
        }
        return "accepted";
    };
    EXPECT_EQ(where([] { (void)client_secret_token({"", "c", "s"}); }), "tenant_id");
    EXPECT_EQ(where([] { (void)client_secret_token({"t", "", "s"}); }), "client_id");
    EXPECT_EQ(where([] { (void)client_secret_token({"t", "c", ""}); }), "client_secret");
    EXPECT_EQ(where([] { (void)client_secret_token({"t", "c", "s"}, {.authority = "ftp://x"}); }), "authority");
    EXPECT_EQ(where([] { (void)workload_identity_token({"t", "c", ""}); }), "token_file");
    EXPECT_EQ(where([] { (void)managed_identity_token({.endpoint = "http://h"}); }), "header");
    EXPECT_EQ(where([] { (void)managed_identity_token({.metadata_host = "x://h"}); }), "metadata_host");
}

}  // namespace
}  // namespace coax
