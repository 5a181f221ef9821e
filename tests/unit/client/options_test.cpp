#include <coax/client/options.hpp>
#include <coax/http/memory_transport.hpp>
#include <coax/reflect/fields.hpp>

#include <gtest/gtest.h>

#include <map>
#include <set>

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
    EXPECT_EQ(options->service.provider.service, row.service);
    EXPECT_EQ(options->service.provider.base_url, row.base_url);
    EXPECT_EQ(options->service.api_key.reveal(), row.key);
    EXPECT_EQ(options->service.model, row.model);
    EXPECT_EQ(options->service.provider.bearer, row.bearer);
    EXPECT_TRUE(validate(*options));
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
        found_case{"typesafe", {{"TYPESAFE_API_KEY", "tk"}}, "typesafe", "", "tk", "jev-latest"},
        found_case{"typesafe_elsewhere",
                   {{"TYPESAFE_API_KEY", "tk"},
                    {"TYPESAFE_BASE_URL", "https://eu.typesafe.ai"},
                    {"TYPESAFE_DEFAULT_MODEL", "jev-1.13.0"}},
                   "typesafe",
                   "https://eu.typesafe.ai",
                   "tk",
                   "jev-1.13.0"},
        found_case{"perplexity_where_it_is_named",
                   {{"COAX_PROVIDER", "perplexity"}, {"PERPLEXITY_API_KEY", "pk"}, {"COAX_MODEL", "m"}},
                   "perplexity",
                   "",
                   "pk",
                   "m"},
        found_case{"anthropic", {{"ANTHROPIC_API_KEY", "ak"}}, "anthropic", "", "ak", "claude-sonnet-5"},
        found_case{"anthropic_token", {{"ANTHROPIC_AUTH_TOKEN", "tk"}}, "anthropic", "", "tk", "claude-sonnet-5", true},
        found_case{"gemini", {{"GEMINI_API_KEY", "gk"}}, "gemini", "", "gk", "gemini-3.6-flash"},
        found_case{"gemini_googles_key_wins",
                   {{"GEMINI_API_KEY", "gk"}, {"GOOGLE_API_KEY", "ok"}, {"GOOGLE_GENAI_USE_VERTEXAI", "false"}},
                   "gemini",
                   "",
                   "ok",
                   "gemini-3.6-flash"},
        found_case{"vertex",
                   {{"GOOGLE_GENAI_USE_VERTEXAI", "true"}, {"GOOGLE_API_KEY", "ok"}, {"COAX_MODEL", "m"}},
                   "vertex",
                   "",
                   "ok",
                   "m"},
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
        found_case{"an_address_of_its_own_gets_no_other_services_key",
                   {{"OPENAI_API_KEY", "sk"}, {"COAX_BASE_URL", "http://other"}, {"COAX_API_KEY", "third"}},
                   "compatible",
                   "http://other",
                   "third",
                   ""},
        found_case{"not_even_where_it_has_none",
                   {{"AZURE_OPENAI_ENDPOINT", "https://r.example"},
                    {"AZURE_OPENAI_API_KEY", "az"},
                    {"ANTHROPIC_API_KEY", "ak"},
                    {"COAX_BASE_URL", "http://other"}},
                   "compatible",
                   "http://other",
                   "",
                   ""},
        found_case{"a_named_service_elsewhere_takes_the_key_beside_the_address",
                   {{"COAX_PROVIDER", "anthropic"},
                    {"ANTHROPIC_AUTH_TOKEN", "tk"},
                    {"COAX_BASE_URL", "http://other"},
                    {"COAX_API_KEY", "third"}},
                   "anthropic",
                   "http://other",
                   "third",
                   "claude-sonnet-5"},
        found_case{"a_named_service_at_home_keeps_its_key",
                   {{"COAX_PROVIDER", "openai"}, {"OPENAI_API_KEY", "sk"}, {"COAX_API_KEY", "third"}},
                   "openai",
                   "",
                   "sk",
                   "gpt-5.4-mini"},
        found_case{"values_from_files_end_in_newlines",
                   {{"COAX_BASE_URL", "http://other/v1\n"}, {"COAX_API_KEY", " sk-1\r\n"}, {"COAX_MODEL", "m\n"}},
                   "compatible",
                   "http://other/v1",
                   "sk-1",
                   "m"},
        found_case{"blank_counts_as_unset",
                   {{"COAX_API_KEY", "\n"}, {"OPENAI_API_KEY", "sk"}},
                   "openai",
                   "",
                   "sk",
                   "gpt-5.4-mini"},
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

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedEnvironment,
    testing::Values(
        refused_case{"nothing_set", {}, "environment"},
        refused_case{"unknown_provider", {{"COAX_PROVIDER", "acme"}, {"OPENAI_API_KEY", "sk"}}, "COAX_PROVIDER"},
        refused_case{"no_key", {{"COAX_PROVIDER", "openai"}}, "OPENAI_API_KEY"},
        refused_case{"key_without_address", {{"COAX_API_KEY", "third"}, {"OPENAI_API_KEY", "sk"}}, "COAX_BASE_URL"},
        refused_case{"key_of_two_lines", {{"OPENAI_API_KEY", "sk-1\nsk-2"}}, "OPENAI_API_KEY"},
        refused_case{
            "key_of_two_lines_elsewhere", {{"COAX_BASE_URL", "http://x"}, {"COAX_API_KEY", "a\rb"}}, "COAX_API_KEY"},
        refused_case{"vertex_without_project", {{"COAX_PROVIDER", "vertex"}}, "GOOGLE_CLOUD_PROJECT"},
        refused_case{"azure_without_key",
                     {{"AZURE_OPENAI_ENDPOINT", "https://r.example"}},
                     "AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ClientOptions, CallAzureWithAnIdentityWhereThereIsNoKey) {
    environment set{{"AZURE_OPENAI_ENDPOINT", "https://r.example"},
                    {"AZURE_TENANT_ID", "t"},
                    {"AZURE_CLIENT_ID", "c"},
                    {"AZURE_CLIENT_SECRET", "s"}};
    auto const identity = from(set);
    ASSERT_TRUE(identity) << identity.error();
    EXPECT_TRUE(identity->service.token_source);
    EXPECT_TRUE(identity->service.api_key.empty());
    set.emplace("AZURE_OPENAI_API_KEY", "az");
    EXPECT_FALSE(from(set).value().service.token_source);
    auto const headless = from({{"AZURE_OPENAI_ENDPOINT", "https://r.example"}, {"IDENTITY_ENDPOINT", "http://h"}});
    ASSERT_FALSE(headless);
    EXPECT_EQ(headless.error().where, "IDENTITY_HEADER");
    set = {{"OPENAI_API_KEY", "sk"}, {"AZURE_TENANT_ID", "t"}, {"AZURE_CLIENT_ID", "c"}, {"AZURE_CLIENT_SECRET", "s"}};
    EXPECT_FALSE(from(set).value().service.token_source);
}

TEST(ClientOptions, TakesVertexsIdentityWhereThereIsNoKey) {
    environment set{{"COAX_PROVIDER", "vertex"}, {"GOOGLE_CLOUD_PROJECT", "p"}, {"GOOGLE_CLOUD_LOCATION", "eu"}};
    auto const identity = from(set);
    ASSERT_TRUE(identity) << identity.error();
    EXPECT_TRUE(identity->service.token_source);
    EXPECT_EQ(identity->service.provider.project, "p");
    EXPECT_EQ(identity->service.provider.location, "eu");
    set["GOOGLE_APPLICATION_CREDENTIALS"] = "/nowhere/key.json";
    auto const lost = from(set);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, errc::io_failed);
    EXPECT_EQ(lost.error().where, "/nowhere/key.json");
    set["GOOGLE_API_KEY"] = "ok";
    EXPECT_FALSE(from(set).value().service.token_source);
}

TEST(ClientOptions, TakesRetriesFromTheEnvironment) {
    auto const set = from({{"OPENAI_API_KEY", "sk"}, {"RETRY_ATTEMPTS", "5"}, {"RETRY_WAIT_EXPONENTIAL_MAX", "30"}});
    ASSERT_TRUE(set);
    EXPECT_EQ(set->policies.retry.max_attempts, 5);
    EXPECT_EQ(set->policies.retry.max_delay, std::chrono::seconds{30});
    auto const wrong = from({{"OPENAI_API_KEY", "sk"}, {"RETRY_ATTEMPTS", "many"}});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().where, "RETRY_ATTEMPTS");
}

std::string wrong_option(client_options const& options) { return validate(options).error().where; }

TEST(ClientOptions, NamesTheWrongField) {
    EXPECT_EQ(wrong_option({.policies = {.max_concurrency = 0}}), "policies.max_concurrency");
    EXPECT_EQ(wrong_option({.output = {.max_reasks = 11}}), "output.max_reasks");
    EXPECT_EQ(wrong_option({.policies = {.timeout = std::chrono::milliseconds{-1}}}), "policies.timeout");
    EXPECT_EQ(wrong_option({.output = {.max_event_bytes = 0}}), "output.max_event_bytes");
    EXPECT_EQ(wrong_option({.policies = {.limits = {.max_body_bytes = 0}}}), "policies.limits.max_body_bytes");
    EXPECT_EQ(wrong_option({.policies = {.rate_limits = {.requests_per_minute = -1}}}),
              "policies.rate_limits.requests_per_minute");
    EXPECT_EQ(wrong_option({.policies = {.retry = {.max_attempts = 0}}}), "policies.retry.max_attempts");
    EXPECT_EQ(wrong_option({.http = {.max_connections = 0}}), "http.max_connections");
    EXPECT_EQ(wrong_option({.policies = {.adaptive = adaptive_limit_options{.minimum = 0}}}),
              "policies.adaptive.minimum");
    EXPECT_EQ(wrong_option({.policies = {.circuit_breaker = circuit_breaker_options{.trials = 0}}}),
              "policies.circuit_breaker.trials");
    EXPECT_EQ(wrong_option({.policies = {.hedge = hedge_options{.percentile = 1}}}), "policies.hedge.percentile");
    EXPECT_EQ(wrong_option({.policies = {.retry_budget = retry_budget_options{.capacity = 0}}}),
              "policies.retry_budget.capacity");
    client_options two_budgets{.policies = {.retry_budget = retry_budget_options{}}};
    two_budgets.policies.retry.budget = std::make_shared<retry_budget>();
    EXPECT_EQ(wrong_option(two_budgets), "policies.retry_budget");
}

TEST(ClientOptions, DescriptionHoldsNoSecret) {
    client_options options{.service = {.api_key = "sk-very-secret", .model = "m"}};
    options.service.provider.headers = {{"x-token", "hush"}};
    options.service.provider.base_url = "https://h/v1?api-key=keep-quiet";
    options.http.https_proxy = "http://user:hush@proxy:3128";
    EXPECT_EQ(describe(options),
              "service.provider.base_url: https://h/v1?api-key=[secret]\n"
              "service.provider.headers: x-token [secret]\n"
              "service.api_key: [secret]\n"
              "service.model: m\n"
              "http.https_proxy: [secret]\n");
}

/// One option that is not as it comes, and its line.
struct described_case {
    char const* line;
    void (*change)(client_options&);
};

TEST(ClientOptions, DescriptionTellsEveryOptionThatIsChanged) {
    EXPECT_EQ(describe({}), "");
    described_case const rows[]{
        {"service.provider.service: azure", [](auto& o) { o.service.provider.service = "azure"; }},
        {"service.provider.base_url: https://u", [](auto& o) { o.service.provider.base_url = "https://u"; }},
        {"service.provider.api_version: v", [](auto& o) { o.service.provider.api_version = "v"; }},
        {"service.provider.deployment: d", [](auto& o) { o.service.provider.deployment = "d"; }},
        {"service.provider.bearer: true", [](auto& o) { o.service.provider.bearer = true; }},
        {"service.provider.organization: o", [](auto& o) { o.service.provider.organization = "o"; }},
        {"service.provider.project: p", [](auto& o) { o.service.provider.project = "p"; }},
        {"service.provider.headers: h [secret]", [](auto& o) { o.service.provider.headers = {{"h", "v"}}; }},
        {"service.api_key: [secret]", [](auto& o) { o.service.api_key = "k"; }},
        {"service.token_source: [set]",
         [](auto& o) { o.service.token_source = [] { return boost::asio::awaitable<result<secret>>{}; }; }},
        {"service.model: m", [](auto& o) { o.service.model = "m"; }},
        {"service.embedding_model: e", [](auto& o) { o.service.embedding_model = "e"; }},
        {"service.transport: [set]",
         [](auto& o) { o.service.transport = std::make_shared<memory_transport>(memory_transport::handler{}); }},
        {"http.max_connections_per_host: 2", [](auto& o) { o.http.max_connections_per_host = 2; }},
        {"http.max_connections: 2", [](auto& o) { o.http.max_connections = 2; }},
        {"http.max_waiting: 2", [](auto& o) { o.http.max_waiting = 2; }},
        {"http.max_handshakes: 2", [](auto& o) { o.http.max_handshakes = 2; }},
        {"http.idle_time: 2000 ms", [](auto& o) { o.http.idle_time = std::chrono::seconds{2}; }},
        {"http.life_time: 2000 ms", [](auto& o) { o.http.life_time = std::chrono::seconds{2}; }},
        {"http.max_header_bytes: 512", [](auto& o) { o.http.max_header_bytes = 512; }},
        {"http.http2: automatic", [](auto& o) { o.http.http2 = http2_mode::automatic; }},
        {"http.max_streams_per_connection: 2", [](auto& o) { o.http.max_streams_per_connection = 2; }},
        {"http.http2_buffer_bytes: 65536", [](auto& o) { o.http.http2_buffer_bytes = 64U << 10U; }},
        {"http.ping_time: 2000 ms", [](auto& o) { o.http.ping_time = std::chrono::seconds{2}; }},
        {"http.ping_timeout: 2000 ms", [](auto& o) { o.http.ping_timeout = std::chrono::seconds{2}; }},
        {"http.ca_file: f.pem", [](auto& o) { o.http.ca_file = "f.pem"; }},
        {"http.client_certificate.passphrase: [secret]",
         [](auto& o) { o.http.client_certificate.passphrase = "open sesame"; }},
        {"http.ca_pem: [4 bytes]", [](auto& o) { o.http.ca_pem = "a\nb\n"; }},
        {"http.https_proxy: [secret]", [](auto& o) { o.http.https_proxy = "http://p:1"; }},
        {"http.no_proxy: a, b", [](auto& o) { o.http.no_proxy = {"a", "b"}; }},
        {"policies.timeout: 5 ms", [](auto& o) { o.policies.timeout = std::chrono::milliseconds{5}; }},
        {"policies.limits.max_body_bytes: 9", [](auto& o) { o.policies.limits.max_body_bytes = 9; }},
        {"policies.max_concurrency: 3", [](auto& o) { o.policies.max_concurrency = 3; }},
        {"policies.adaptive: on", [](auto& o) { o.policies.adaptive.edit(); }},
        {"policies.rate_limits.even_spacing: true", [](auto& o) { o.policies.rate_limits.even_spacing = true; }},
        {"policies.expected_output_tokens: 1", [](auto& o) { o.policies.expected_output_tokens = 1; }},
        {"policies.retry.factor: 1.5", [](auto& o) { o.policies.retry.factor = 1.5; }},
        {"policies.retry.form: full", [](auto& o) { o.policies.retry.form = jitter_form::full; }},
        {"policies.retry.retry_if: [set]",
         [](auto& o) { o.policies.retry.retry_if = [](error const&) { return true; }; }},
        {"policies.retry_budget: on\npolicies.retry_budget.capacity: 7",
         [](auto& o) { o.policies.retry_budget = retry_budget_options{.capacity = 7}; }},
        {"policies.circuit_breaker: on", [](auto& o) { o.policies.circuit_breaker.edit(); }},
        {"policies.hedge: on\npolicies.hedge.budget.per_second: 2",
         [](auto& o) { o.policies.hedge.edit().budget.per_second = 2; }},
        {"output.max_reasks: 1", [](auto& o) { o.output.max_reasks = 1; }},
        {"output.max_reask_tokens: 1", [](auto& o) { o.output.max_reask_tokens = 1; }},
        {"output.relax_schemas: true", [](auto& o) { o.output.relax_schemas = true; }},
        {"output.leniency.prose: false", [](auto& o) { o.output.leniency.prose = false; }},
        {"output.max_event_bytes: 1", [](auto& o) { o.output.max_event_bytes = 1; }},
        {"hooks.on_reask: [set]", [](auto& o) { o.hooks.on_reask = [](reask_event const&) {}; }},
        {"hooks.on_attempt: [set]", [](auto& o) { o.hooks.on_attempt = [](attempt_event const&) {}; }},
    };
    std::set<std::string> options_told;
    for (auto const& row : rows) {
        client_options options;
        row.change(options);
        EXPECT_EQ(describe(options), std::string{row.line} + "\n");
        std::string const line{row.line};
        options_told.insert(line.substr(0, line.find('.', line.find('.') + 1)).substr(0, line.find(':')));
    }
    auto const groups = reflect::field_count<service_options> + reflect::field_count<http_options> +
                        reflect::field_count<policy_options> + reflect::field_count<output_options> +
                        reflect::field_count<client_hooks>;
    EXPECT_EQ(options_told.size(), groups) << "an option is not in the rows above";
}

}  // namespace
}  // namespace coax
