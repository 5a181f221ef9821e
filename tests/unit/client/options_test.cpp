#include <coax/client/options.hpp>

#include <gtest/gtest.h>

#include <map>

namespace coax {
namespace {

using environment = std::map<std::string, std::string, std::less<>>;

result<client_options> from(environment const& set) {
    return client_options_from([&set](std::string_view name) -> std::optional<std::string> {
        auto const found = set.find(name);
        if (found == set.end()) return std::nullopt;
        return found->second;
    });
}

struct found_case {
    char const* name;
    environment set;
    std::string service;
    std::string base_url;
    std::string key;
    std::string model;
    bool bearer{false};
};
void PrintTo(found_case const& row, std::ostream* out) { *out << row.name; }
class FromEnvironment : public testing::TestWithParam<found_case> {};

TEST_P(FromEnvironment, FindsTheService) {
    auto const& row = GetParam();
    auto const options = from(row.set);
    ASSERT_TRUE(options) << options.error();
    EXPECT_EQ(options->provider.service, row.service);
    EXPECT_EQ(options->provider.base_url, row.base_url);
    EXPECT_EQ(options->api_key.reveal(), row.key);
    EXPECT_EQ(options->model, row.model);
    EXPECT_EQ(options->provider.bearer, row.bearer);
    EXPECT_FALSE(validate(*options));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, FromEnvironment,
    testing::Values(
        found_case{"openai", {{"OPENAI_API_KEY", "sk"}}, "openai", "", "sk", "gpt-5.4-mini"},
        found_case{"openai_elsewhere",
                   {{"OPENAI_API_KEY", "sk"}, {"OPENAI_BASE_URL", "https://x/v1"}, {"COAX_MODEL", "z"}},
                   "openai",
                   "https://x/v1",
                   "sk",
                   "z"},
        found_case{"azure_wins",
                   {{"OPENAI_API_KEY", "sk"},
                    {"AZURE_OPENAI_ENDPOINT", "https://r.example"},
                    {"AZURE_OPENAI_API_KEY", "az"},
                    {"AZURE_OPENAI_DEPLOYMENT", "d"}},
                   "azure",
                   "https://r.example",
                   "az",
                   "d"},
        found_case{"azure_token_wins",
                   {{"AZURE_OPENAI_ENDPOINT", "https://r.example"},
                    {"AZURE_OPENAI_API_KEY", "az"},
                    {"AZURE_OPENAI_AD_TOKEN", "jwt"}},
                   "azure",
                   "https://r.example",
                   "jwt",
                   "",
                   true},
        found_case{"anthropic", {{"ANTHROPIC_API_KEY", "ak"}}, "anthropic", "", "ak", "claude-sonnet-5"},
        found_case{"anthropic_token", {{"ANTHROPIC_AUTH_TOKEN", "tk"}}, "anthropic", "", "tk", "claude-sonnet-5", true},
        found_case{"local_server_without_key",
                   {{"COAX_BASE_URL", "http://127.0.0.1:8080/v1"}},
                   "compatible",
                   "http://127.0.0.1:8080/v1",
                   "",
                   ""},
        found_case{"name_beats_search",
                   {{"COAX_PROVIDER", "anthropic"}, {"OPENAI_API_KEY", "sk"}, {"ANTHROPIC_API_KEY", "ak"}},
                   "anthropic",
                   "",
                   "ak",
                   "claude-sonnet-5"},
        found_case{"empty_counts_as_unset",
                   {{"AZURE_OPENAI_ENDPOINT", ""}, {"OPENAI_API_KEY", "sk"}},
                   "openai",
                   "",
                   "sk",
                   "gpt-5.4-mini"}),
    [](auto const& row) { return std::string(row.param.name); });

struct refused_case {
    char const* name;
    environment set;
    std::string where;
};
void PrintTo(refused_case const& row, std::ostream* out) { *out << row.name; }
class RefusedEnvironment : public testing::TestWithParam<refused_case> {};

TEST_P(RefusedEnvironment, NamesWhatIsMissing) {
    auto const options = from(GetParam().set);
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().code, errc::invalid_argument);
    EXPECT_EQ(options.error().where, GetParam().where);
}

INSTANTIATE_TEST_SUITE_P(Rows, RefusedEnvironment,
                         testing::Values(refused_case{"nothing_set", {}, "environment"},
                                         refused_case{"unknown_provider",
                                                      {{"COAX_PROVIDER", "acme"}, {"OPENAI_API_KEY", "sk"}},
                                                      "COAX_PROVIDER"},
                                         refused_case{"no_key", {{"COAX_PROVIDER", "openai"}}, "OPENAI_API_KEY"},
                                         refused_case{"azure_without_key",
                                                      {{"AZURE_OPENAI_ENDPOINT", "https://r.example"}},
                                                      "AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN"}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(ClientOptions, TakesRetriesFromTheEnvironment) {
    auto const set = from({{"OPENAI_API_KEY", "sk"}, {"RETRY_ATTEMPTS", "5"}, {"RETRY_WAIT_EXPONENTIAL_MAX", "30"}});
    ASSERT_TRUE(set);
    EXPECT_EQ(set->retry.max_attempts, 5);
    EXPECT_EQ(set->retry.max_delay, std::chrono::seconds{30});
    auto const wrong = from({{"OPENAI_API_KEY", "sk"}, {"RETRY_ATTEMPTS", "many"}});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().where, "RETRY_ATTEMPTS");
}

TEST(ClientOptions, NamesTheWrongField) {
    EXPECT_EQ(validate(client_options{.max_concurrency = 0})->where, "max_concurrency");
    EXPECT_EQ(validate(client_options{.max_reasks = 11})->where, "max_reasks");
    EXPECT_EQ(validate(client_options{.timeout = std::chrono::milliseconds{-1}})->where, "timeout");
    EXPECT_EQ(validate(client_options{.max_event_bytes = 0})->where, "max_event_bytes");
    EXPECT_EQ(validate(client_options{.rate_limits = {.requests_per_minute = -1}})->where,
              "rate_limits.requests_per_minute");
    EXPECT_EQ(validate(client_options{.retry = {.max_attempts = 0}})->where, "retry.max_attempts");
    EXPECT_EQ(validate(client_options{.http = {.max_connections = 0}})->where, "http.max_connections");
    EXPECT_EQ(validate(client_options{.adaptive = adaptive_limit_options{.minimum = 0}})->where, "adaptive.minimum");
    EXPECT_EQ(validate(client_options{.circuit_breaker = circuit_breaker_options{.trials = 0}})->where,
              "circuit_breaker.trials");
    EXPECT_EQ(validate(client_options{.hedge = hedge_options{.percentile = 1}})->where, "hedge.percentile");
    EXPECT_EQ(validate(client_options{.retry_budget = retry_budget_options{.capacity = 0}})->where,
              "retry_budget.capacity");
    client_options two_budgets{.retry_budget = retry_budget_options{}};
    two_budgets.retry.budget = std::make_shared<retry_budget>();
    EXPECT_EQ(validate(two_budgets)->where, "retry_budget");
}

TEST(ClientOptions, DescriptionHoldsNoSecret) {
    client_options options{.api_key = "sk-very-secret", .model = "m"};
    options.http.https_proxy = "http://user:hush@proxy:3128";
    auto const text = describe(options);
    EXPECT_NE(text.find("model: m"), std::string::npos);
    EXPECT_EQ(text.find("very-secret"), std::string::npos);
    EXPECT_EQ(text.find("hush"), std::string::npos);
}

}  // namespace
}  // namespace coax
