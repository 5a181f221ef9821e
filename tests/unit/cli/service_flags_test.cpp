#include "cli/service_flags.hpp"

#include "cli/exit_code.hpp"
#include "unit/batch/temp_file.hpp"

#include <coax/provider/service_profile.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <string>

namespace coax::cli {
namespace {

using variables = std::map<std::string, std::string, std::less<>>;

environment over(variables const& set) {
    return [&set](std::string_view name) -> std::optional<std::string> {
        auto const found = set.find(name);
        if (found == set.end()) return std::nullopt;
        return found->second;
    };
}

TEST(ServiceFlags, EnvironmentAloneIsEnough) {
    variables const set{{"OPENAI_API_KEY", "k"}, {"OPENAI_BASE_URL", "https://env"}, {"COAX_MODEL", "m"}};
    auto const options = resolve({}, over(set));
    ASSERT_TRUE(options) << options.error();
    EXPECT_EQ(options->service.provider.service, "openai");
    EXPECT_EQ(options->service.provider.base_url, "https://env");
    EXPECT_EQ(options->service.model, "m");
    EXPECT_EQ(options->service.api_key.reveal(), "k");
}

TEST(ServiceFlags, FlagsComeBeforeTheEnvironment) {
    variables const set{{"OPENAI_API_KEY", "o"},        {"ANTHROPIC_API_KEY", "a"}, {"COAX_PROVIDER", "openai"},
                        {"COAX_BASE_URL", "https://e"}, {"COAX_MODEL", "env"},      {"SSL_CERT_FILE", "/env.pem"}};
    service_flags const flags{.provider = "anthropic",
                              .model = "flag",
                              .base_url = "https://f",
                              .api_version = "2023-01-01",
                              .ca_file = "/flag.pem",
                              .client_certificate = "/client.pem",
                              .client_key = "/client.key",
                              .http2 = "automatic"};
    auto const options = resolve(flags, over(set));
    ASSERT_TRUE(options) << options.error();
    EXPECT_EQ(options->service.provider.service, "anthropic");
    EXPECT_EQ(options->service.api_key.reveal(), "a");
    EXPECT_EQ(options->service.provider.base_url, "https://f");
    EXPECT_EQ(options->service.provider.api_version, "2023-01-01");
    EXPECT_EQ(options->service.model, "flag");
    EXPECT_EQ(options->http.ca_file, "/flag.pem");
    EXPECT_EQ(options->http.client_certificate.file, "/client.pem");
    EXPECT_EQ(options->http.client_certificate.key_file, "/client.key");
    EXPECT_EQ(options->http.http2, http2_mode::automatic);
}

TEST(ServiceFlags, FormOfRequestsIsThatOfTheFlagOrTheEnvironment) {
    variables set{{"OPENAI_API_KEY", "o"}};
    EXPECT_EQ(resolve({}, over(set)).value().service.provider.api, "");
    EXPECT_EQ(resolve({.api = "responses"}, over(set)).value().service.provider.api, "responses");
    set["COAX_API"] = "responses";
    EXPECT_EQ(resolve({}, over(set)).value().service.provider.api, "responses");
    EXPECT_EQ(resolve({.api = "chat_completions"}, over(set)).value().service.provider.api, "chat_completions");
}

TEST(ServiceFlags, DeploymentNamesTheModelWhereNothingElseDoes) {
    variables const set{{"AZURE_OPENAI_API_KEY", "k"}, {"AZURE_OPENAI_ENDPOINT", "https://x.openai.azure.com"}};
    auto const options = resolve({.deployment = "mine"}, over(set));
    ASSERT_TRUE(options) << options.error();
    EXPECT_EQ(options->service.provider.service, "azure");
    EXPECT_EQ(options->service.provider.deployment, "mine");
    EXPECT_EQ(options->service.model, "mine");
}

TEST(ServiceFlags, BaseUrlAloneMeansACompatibleServer) {
    auto const options = resolve({.base_url = "http://127.0.0.1:1/v1"}, over({}));
    ASSERT_TRUE(options) << options.error();
    EXPECT_EQ(options->service.provider.service, "compatible");
    EXPECT_TRUE(options->service.api_key.empty());
}

TEST(ServiceFlags, ANamedServiceDoesNotGoToTheAddressOfAnother) {
    variables const set{{"OPENAI_API_KEY", "o"}, {"COAX_BASE_URL", "http://other"}, {"COAX_API_KEY", "third"}};
    auto const named = resolve({.provider = "openai"}, over(set));
    ASSERT_TRUE(named) << named.error();
    EXPECT_EQ(named->service.provider.base_url, "");
    EXPECT_EQ(named->service.api_key.reveal(), "o");
    auto const address = resolve({.base_url = "http://mine"}, over({{"OPENAI_API_KEY", "o"}}));
    ASSERT_TRUE(address) << address.error();
    EXPECT_EQ(address->service.provider.service, "compatible");
    EXPECT_TRUE(address->service.api_key.empty());
}

TEST(ServiceFlags, SayTheFormOfRequests) {
    service_flags const flags{.provider = "openai",
                              .token_limit_name = "max_tokens",
                              .omit = {"stream_options", "user"},
                              .organization = "org",
                              .project = "proj",
                              .bearer = true};
    auto const options = resolve(flags, over({{"OPENAI_API_KEY", "o"}}));
    ASSERT_TRUE(options) << options.error();
    auto const& provider = options->service.provider;
    EXPECT_EQ(provider.token_limit_name, "max_tokens");
    EXPECT_EQ(provider.omit, (std::vector<std::string>{"stream_options", "user"}));
    EXPECT_EQ(provider.organization, "org");
    EXPECT_EQ(provider.project, "proj");
    EXPECT_TRUE(provider.bearer);
}

TEST(ServiceFlags, NameProjectAndLocationOfVertex) {
    service_flags flags{.provider = "vertex", .project = "mine", .location = "europe-west4"};
    variables const set{{"GOOGLE_API_KEY", "g"}, {"GOOGLE_CLOUD_PROJECT", "other"}, {"GOOGLE_CLOUD_LOCATION", "x"}};
    auto const options = resolve(flags, over(set));
    ASSERT_TRUE(options) << options.error();
    EXPECT_EQ(options->service.provider.project, "mine");
    EXPECT_EQ(options->service.provider.location, "europe-west4");
    auto const keyless = resolve(flags, over({}));  // a token of Google needs the project, which the flag names
    EXPECT_TRUE(keyless || keyless.error().where != "GOOGLE_CLOUD_PROJECT") << keyless.error();
}

TEST(ServiceFlags, NameTheServicesOfTheChatCompletionsWire) {
    auto const groq = resolve({.provider = "groq"}, over({{"GROQ_API_KEY", "g"}, {"OPENAI_API_KEY", "o"}}));
    ASSERT_TRUE(groq) << groq.error();
    EXPECT_EQ(groq->service.provider.service, "groq");
    EXPECT_EQ(groq->service.api_key.reveal(), "g");
    auto const ollama = resolve({.provider = "ollama", .model = "m"}, over({}));
    ASSERT_TRUE(ollama) << ollama.error();
    EXPECT_TRUE(ollama->service.api_key.empty());
    auto const found = resolve({}, over({{"MISTRAL_API_KEY", "m"}}));
    ASSERT_TRUE(found) << found.error();
    EXPECT_EQ(found->service.provider.service, "mistral");
    auto const keyless = resolve({.provider = "groq"}, over({{"OPENAI_API_KEY", "o"}}));
    ASSERT_FALSE(keyless);
    EXPECT_EQ(keyless.error().where, "GROQ_API_KEY");
}

/// A file that goes with the test.
struct profile_file {
    explicit profile_file(std::string const& text) { std::ofstream{path} << text; }
    profile_file(profile_file const&) = delete;
    profile_file& operator=(profile_file const&) = delete;
    ~profile_file() { std::filesystem::remove(path); }
    std::string path{testing::TempDir() + "coax_profile_" + std::to_string(reinterpret_cast<std::uintptr_t>(this))};
};

TEST(ServiceFlags, ReadAServiceOfTheUsersOwn) {
    profile_file const file{
        R"({"name":"acme","base_url":"https://acme.example/v1","key_variable":"ACME_KEY","members":["temperature"]})"};
    variables const set{{"ACME_KEY", "a"}, {"COAX_API_KEY", "other"}, {"COAX_BASE_URL", "https://other"}};
    auto const options = resolve({.model = "m", .profile = file.path}, over(set));
    ASSERT_TRUE(options) << options.error();
    EXPECT_EQ(options->service.provider.profile->name, "acme");
    EXPECT_EQ(options->service.provider.base_url, "https://acme.example/v1");
    EXPECT_EQ(options->service.api_key.reveal(), "a");
    auto const service = make_provider(options->service.provider);
    ASSERT_TRUE(service) << service.error();
    EXPECT_EQ((*service)->name(), "acme");
}

TEST(ServiceFlags, SayWhatIsWrongWithAProfile) {
    for (auto const* text :
         {R"({"name":"acme","members":["temprature"]})", R"({"nam":"acme"})", "{", R"({"base_url":"http://x"})"}) {
        profile_file const file{text};
        auto const options = resolve({.profile = file.path}, over({{"COAX_BASE_URL", "http://x"}}));
        ASSERT_FALSE(options) << text;
        EXPECT_EQ(options.error().where, "--profile") << text;
        EXPECT_EQ(resolve_exit_code(options.error()), bad_usage);
    }
    auto const both = resolve({.provider = "openai", .profile = "x"}, over({{"OPENAI_API_KEY", "o"}}));
    ASSERT_FALSE(both);
    EXPECT_EQ(both.error().where, "--profile");
    auto const missing = resolve({.profile = "/nowhere/profile.json"}, over({}));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, errc::io_failed);
}

/// A configuration with two services.
struct config_file : test::temp_folder {
    std::string path = write("coax.yaml", R"(policies: {max_concurrency: 7, timeout: 30s}
request: {temperature: 0.5}
services:
  fast: {service: {provider: {service: openai}, model: small, api_key: k-file}}
  big: {service: {provider: {service: anthropic}, model: large, api_key: "${BIG_KEY}"}}
default_service: fast
)");
};

TEST(ConfigurationFlags, NameAFileAndOneOfItsServices) {
    config_file const file;
    variables const set{{"BIG_KEY", "b"}, {"OPENAI_API_KEY", "o"}};
    auto const fast = resolve_all({.config = file.path}, over(set));
    ASSERT_TRUE(fast) << fast.error();
    EXPECT_EQ(fast->client.service.api_key.reveal(), "k-file");
    EXPECT_EQ(fast->client.service.model, "small");
    EXPECT_EQ(fast->client.policies.max_concurrency, 7U);
    EXPECT_EQ(fast->request.temperature, 0.5);
    auto const big = resolve_all({.config = file.path, .service = "big", .model = "larger"}, over(set));
    ASSERT_TRUE(big) << big.error();
    EXPECT_EQ(big->client.service.provider.service, "anthropic");
    EXPECT_EQ(big->client.service.api_key.reveal(), "b");
    EXPECT_EQ(big->client.service.model, "larger");
    auto const named = resolve_all({}, over({{"COAX_CONFIG", file.path}, {"COAX_SERVICE", "big"}, {"BIG_KEY", "b"}}));
    ASSERT_TRUE(named) << named.error();
    EXPECT_EQ(named->service, "big");
    auto const unknown = resolve_all({.config = file.path, .service = "small"}, over(set));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(resolve_exit_code(unknown.error()), bad_usage);
    auto const none = resolve_all({.config = "/nowhere/coax.yaml"}, over(set));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, errc::io_failed);
}

TEST(ConfigurationFlags, OfAnotherServiceTakeNothingFromTheFilesOwn) {
    config_file const file;
    auto const other =
        resolve_all({.config = file.path, .provider = "groq", .model = "m"}, over({{"GROQ_API_KEY", "g"}}));
    ASSERT_TRUE(other) << other.error();
    EXPECT_EQ(other->client.service.api_key.reveal(), "g");
    EXPECT_EQ(other->client.policies.max_concurrency, 7U);
    profile_file const profile{R"({"name":"acme","base_url":"https://acme.example/v1","members":["temperature"]})"};
    auto const own = resolve_all({.config = file.path, .model = "m", .profile = profile.path}, over({}));
    ASSERT_TRUE(own) << own.error();
    EXPECT_TRUE(own->client.service.api_key.empty());
    EXPECT_EQ(own->client.service.provider.base_url, "https://acme.example/v1");
}

TEST(ConfigurationFlags, OfACommandComeFirst) {
    config_file const file;
    command_settings command{
        .flags = {{"request.temperature", "0.25", "--temperature"}, {"policies.timeout", "1500ms", "--timeout"}}};
    command.defaults.client.policies.retry.max_attempts = 6;
    auto const set = resolve_all({.config = file.path}, over({{"RETRY_ATTEMPTS", "4"}}), command);
    ASSERT_TRUE(set) << set.error();
    EXPECT_EQ(set->request.temperature, 0.25);
    EXPECT_EQ(set->client.policies.timeout, std::chrono::milliseconds{1'500});
    EXPECT_EQ(set->client.policies.retry.max_attempts, 4);
    command.flags = {{"request.temperature", "9", "--temperature"}};
    auto const hot = resolve_all({.config = file.path}, over({}), command);
    ASSERT_FALSE(hot);
    EXPECT_EQ(hot.error().where, "--temperature");
}

struct refused_case {
    char const* name;
    service_flags flags;
    variables set;
    char const* where;
    int exit_code;
};
void PrintTo(refused_case const& row, std::ostream* out) { *out << row.name; }
class RefusedService : public testing::TestWithParam<refused_case> {};

TEST_P(RefusedService, NamesTheFlagOrVariable) {
    auto const options = resolve(GetParam().flags, over(GetParam().set));
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().code, errc::invalid_argument);
    EXPECT_NE(options.error().where.find(GetParam().where), std::string::npos) << options.error();
    EXPECT_EQ(resolve_exit_code(options.error()), GetParam().exit_code);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedService,
    testing::Values(
        refused_case{"unknown_flag", {.provider = "closedai"}, {{"OPENAI_API_KEY", "k"}}, "--provider", bad_usage},
        refused_case{"unknown_variable", {}, {{"COAX_PROVIDER", "closedai"}}, "COAX_PROVIDER", bad_usage},
        refused_case{"no_key", {.provider = "openai"}, {}, "OPENAI_API_KEY", could_not_go_on},
        refused_case{"another_services_key",
                     {.provider = "openai"},
                     {{"ANTHROPIC_API_KEY", "k"}},
                     "OPENAI_API_KEY",
                     could_not_go_on},
        refused_case{"misspelt_variable",
                     {},
                     {{"OPENAI_API_KEY", "k"}, {"COAX_POLICIES__TIMEOUT", "30"}},
                     "environment COAX_POLICIES__TIMEOUT",
                     bad_usage},
        refused_case{"nothing", {}, {}, "environment", could_not_go_on}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax::cli
