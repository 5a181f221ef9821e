#include "support/run_coro.hpp"

#include <coax/auth/google.hpp>
#include <coax/bind/read.hpp>
#include <coax/http/memory_transport.hpp>
#include <coax/json/writer.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;

using key_pointer = std::shared_ptr<EVP_PKEY>;

key_pointer const& test_key() {
    static key_pointer const key{EVP_RSA_gen(2048), &EVP_PKEY_free};
    return key;
}

std::string pem_of(EVP_PKEY* key) {
    std::shared_ptr<BIO> const out{BIO_new(BIO_s_mem()), &BIO_free_all};
    PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    char* text = nullptr;
    auto const size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::string from_base64url(std::string text) {
    for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
    auto const padding = (4 - text.size() % 4) % 4;
    text.append(padding, '=');
    std::string bytes(text.size() / 4 * 3, '\0');
    EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), reinterpret_cast<unsigned char const*>(text.data()),
                    static_cast<int>(text.size()));
    bytes.resize(bytes.size() - padding);
    return bytes;
}

bool is_signed(std::string const& text, std::string const& signature) {
    std::shared_ptr<EVP_MD_CTX> const context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
    return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, test_key().get()) == 1 &&
           EVP_DigestVerify(context.get(), reinterpret_cast<unsigned char const*>(signature.data()), signature.size(),
                            reinterpret_cast<unsigned char const*>(text.data()), text.size()) == 1;
}

/// Google in memory: what it was asked, and what it answers.
struct google {
    http_response answer{.status = 200, .body = R"({"access_token":"ya29.a","expires_in":3599,"token_type":"Bearer"})"};
    std::vector<http_request> asked{};
};

google_options options_for(std::shared_ptr<google> const& from) {
    google_options options;
    options.http.transport = std::make_shared<memory_transport>([from](http_request const& request) {
        from->asked.push_back(request);
        return result<memory_transport::timed_response>{memory_transport::timed_response{.response = from->answer}};
    });
    return options;
}

asio::awaitable<result<secret>> ask_google(token_source source) { co_return co_await source(); }

std::string address_of(http_request const& request) { return to_string(request.to) + request.target; }

service_account account() {
    return {.client_email = "sa@p.iam.gserviceaccount.com",
            .private_key = secret{pem_of(test_key().get())},
            .private_key_id = "k1"};
}

std::vector<std::string> parts_of_assertion(http_request const& request) {
    auto const at = request.body.find("&assertion=");
    auto rest = at == std::string::npos ? std::string{} : request.body.substr(at + 11);
    std::vector<std::string> parts;
    for (auto dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.')) {
        parts.push_back(rest.substr(0, dot));
        rest.erase(0, dot + 1);
    }
    parts.push_back(rest);
    return parts;
}

/// Virtual time starts at 1767225600.
TEST(ServiceAccount, SignsEachRequestAnew) {
    auto body = []() -> asio::awaitable<void> {
        auto const from = std::make_shared<google>();
        auto const source = service_account_token(account(), options_for(from));
        auto const token = co_await ask_google(source);
        EXPECT_TRUE(token && token->reveal() == "ya29.a");
        co_await sleep_for(3400s);
        EXPECT_TRUE(co_await ask_google(source));
        EXPECT_EQ(from->asked.size(), 2U);
        auto const& request = from->asked.at(1);
        EXPECT_EQ(address_of(request), "https://oauth2.googleapis.com/token");
        EXPECT_TRUE(request.body.starts_with("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&"));
        auto const parts = parts_of_assertion(request);
        EXPECT_EQ(parts.size(), 3U);
        if (parts.size() != 3) co_return;
        EXPECT_EQ(boost::json::parse(from_base64url(parts[0])),
                  boost::json::parse(R"({"alg":"RS256","typ":"JWT","kid":"k1"})"));
        EXPECT_EQ(
            boost::json::parse(from_base64url(parts[1])),
            boost::json::parse(R"({"iss":"sa@p.iam.gserviceaccount.com","aud":"https://oauth2.googleapis.com/token",)"
                               R"("scope":"https://www.googleapis.com/auth/cloud-platform",)"
                               R"("iat":1767229000,"exp":1767232600})"));
        EXPECT_TRUE(is_signed(parts[0] + "." + parts[1], from_base64url(parts[2])));
        EXPECT_FALSE(is_signed(parts[0] + "." + parts[1] + "x", from_base64url(parts[2])));
    };
    run_virtual(body());
}

TEST(ServiceAccount, TellsWhatGoogleSaysAndNoAssertion) {
    auto body = []() -> asio::awaitable<void> {
        auto const from = std::make_shared<google>();
        from->answer = {.status = 400,
                        .body = R"({"error":"invalid_grant","error_description":"Invalid JWT Signature."})"};
        auto const token = co_await ask_google(service_account_token(account(), options_for(from)));
        EXPECT_FALSE(token);
        if (token) co_return;
        EXPECT_EQ(token.error().code, errc::authentication);
        EXPECT_EQ(token.error().service_message, "Invalid JWT Signature.");
        auto const line = to_string(token.error());
        EXPECT_NE(line.find("https://oauth2.googleapis.com/token"), std::string::npos) << line;
        EXPECT_EQ(line.find(parts_of_assertion(from->asked.at(0)).back()), std::string::npos) << line;
    };
    run_virtual(body());
}

TEST(MetadataServer, IsAskedForTheAccountsToken) {
    auto body = []() -> asio::awaitable<void> {
        auto const from = std::make_shared<google>();
        auto const token = co_await ask_google(google_metadata_token({.account = "a@b"}, options_for(from)));
        EXPECT_TRUE(token && token->reveal() == "ya29.a");
        auto const& request = from->asked.at(0);
        EXPECT_EQ(address_of(request),
                  "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/a%40b/token?"
                  "scopes=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform");
        EXPECT_EQ(request.method, "GET");
        EXPECT_EQ(request.headers.find("Metadata-Flavor"), "Google");
    };
    run_virtual(body());
}

// --- files and the environment ---

/// A folder that goes with the test.
struct folder {
    folder() { std::filesystem::create_directories(path); }
    folder(folder const&) = delete;
    folder& operator=(folder const&) = delete;
    ~folder() { std::filesystem::remove_all(path); }
    [[nodiscard]] std::string write(std::string const& name, std::string const& text) const {
        std::ofstream{path + "/" + name} << text;
        return path + "/" + name;
    }
    std::string path{testing::TempDir() + "coax_google_" + std::to_string(reinterpret_cast<std::uintptr_t>(this))};
};

std::string account_json() {
    std::string text;
    json::writer out{text};
    out.begin_object().member("type", "service_account").member("client_email", "sa@p");
    out.member("private_key", pem_of(test_key().get())).member("token_uri", "https://file.example/token").end_object();
    return text;
}

constexpr char const* user_json =
    R"({"type":"authorized_user","client_id":"c","client_secret":"cs","refresh_token":"1//r"})";

asio::awaitable<void> see_first_request(std::map<std::string, std::string, std::less<>> set, std::string address,
                                        std::string body) {
    auto const from = std::make_shared<google>();
    auto const look_up = [&set](std::string_view name) -> std::optional<std::string> {
        auto const found = set.find(name);
        return found == set.end() ? std::nullopt : std::optional{found->second};
    };
    auto const source = google_token_from(look_up, options_for(from));
    EXPECT_TRUE(source);
    if (!source) co_return;
    EXPECT_TRUE(co_await ask_google(*source));
    auto const& request = from->asked.at(0);
    EXPECT_EQ(to_string(request.to) + request.target.substr(0, request.target.find('?')), address);
    EXPECT_EQ(request.body.substr(0, body.size()), body);
}

TEST(GoogleEnvironment, NamesTheSource) {
    folder const at;
    auto const account_file = at.write("account.json", account_json());
    (void)at.write("application_default_credentials.json", user_json);
    run_virtual(see_first_request({{"GOOGLE_APPLICATION_CREDENTIALS", account_file}, {"CLOUDSDK_CONFIG", at.path}},
                                  "https://file.example/token", "grant_type=urn"));
    run_virtual(see_first_request({{"CLOUDSDK_CONFIG", at.path}, {"HOME", "/nowhere"}},
                                  "https://oauth2.googleapis.com/token",
                                  "grant_type=refresh_token&client_id=c&client_secret=cs&refresh_token=1%2F%2Fr"));
    run_virtual(see_first_request(
        {{"HOME", "/nowhere"}},
        "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token", ""));
    run_virtual(see_first_request({{"GCE_METADATA_HOST", "127.0.0.1:8080"}},
                                  "http://127.0.0.1:8080/computeMetadata/v1/instance/service-accounts/default/token",
                                  ""));
}

struct bad_file_case {
    char const* name;
    char const* text;
    char const* says;
};
void PrintTo(bad_file_case const& row, std::ostream* out) { *out << row.name; }
class BadGoogleFile : public testing::TestWithParam<bad_file_case> {};

TEST_P(BadGoogleFile, IsRefusedByName) {
    folder const at;
    auto const path = at.write("bad.json", GetParam().text);
    auto const source = google_token_file(path);
    ASSERT_FALSE(source);
    EXPECT_EQ(source.error().where, path);
    EXPECT_NE(source.error().message.find(GetParam().says), std::string::npos) << source.error();
    EXPECT_EQ(source.error().message.find("s3cret"), std::string::npos) << source.error();
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadGoogleFile,
    testing::Values(bad_file_case{"no_json", "s3cret", "no file of Google's credentials"},
                    bad_file_case{"other_type", R"({"type":"external_account"})", "\"external_account\""},
                    bad_file_case{"no_type", "{}", "known are service_account"},
                    bad_file_case{"no_email", R"({"type":"service_account","private_key":"s3cret"})", "client_email"},
                    bad_file_case{"no_key", R"({"type":"service_account","client_email":"a","private_key":"s3cret"})",
                                  "private_key"},
                    bad_file_case{"no_refresh_token",
                                  R"({"type":"authorized_user","client_id":"a","client_secret":"s3cret"})",
                                  "refresh_token"},
                    bad_file_case{"empty", "", "empty"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(WrongGoogleOptions, AreRefusedByName) {
    auto const where = [](auto make) -> std::string {
        try {
            make();
        } catch (exception const& failure) {
            return failure.why().where;
        }
        return "accepted";
    };
    auto elsewhere = account();
    elsewhere.token_uri = "ftp://x";
    EXPECT_EQ(where([&] { (void)service_account_token(elsewhere); }), "token_uri");
    EXPECT_EQ(where([] { (void)service_account_token({}); }), "client_email");
    EXPECT_EQ(where([] { (void)google_metadata_token({.host = "x://h"}); }), "host");
    key_pointer const other{EVP_EC_gen("P-256"), &EVP_PKEY_free};
    EXPECT_EQ(
        where([&] { (void)service_account_token({.client_email = "a", .private_key = secret{pem_of(other.get())}}); }),
        "private_key");
}

}  // namespace
}  // namespace coax
