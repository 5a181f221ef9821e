#include "cli/service_flags.hpp"

#include "cli/exit_code.hpp"

#include <gtest/gtest.h>

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
                              .ca_file = "/flag.pem"};
    auto const options = resolve(flags, over(set));
    ASSERT_TRUE(options) << options.error();
    EXPECT_EQ(options->service.provider.service, "anthropic");
    EXPECT_EQ(options->service.api_key.reveal(), "a");
    EXPECT_EQ(options->service.provider.base_url, "https://f");
    EXPECT_EQ(options->service.provider.api_version, "2023-01-01");
    EXPECT_EQ(options->service.model, "flag");
    EXPECT_EQ(options->http.ca_file, "/flag.pem");
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
        refused_case{"nothing", {}, {}, "environment", could_not_go_on}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax::cli
