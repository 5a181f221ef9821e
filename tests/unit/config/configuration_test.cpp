#include "unit/batch/temp_file.hpp"
#include "unit/config/config_support.hpp"

#include <coax/cache/response_cache.hpp>
#include <coax/chat/cache_control.hpp>
#include <coax/client/router.hpp>
#include <coax/core/error.hpp>
#include <coax/schema/runtime_schema.hpp>

#include <gtest/gtest.h>

#include <string>

namespace coax::test {
namespace {

using namespace std::chrono_literals;

constexpr char whole_file[] = R"(service:
  provider: {service: openai}
  model: gpt-5.4-mini
  api_key: ${MY_KEY}
policies:
  max_concurrency: 16
  timeout: 30s
  retry: {max_attempts: 5}
request: {temperature: 0, max_output_tokens: 500}
batch: {max_failures: 10}
services:
  fast:
    service: {model: gpt-5.4-nano}
  big:
    service:
      provider: {service: anthropic}
      api_key: ${BIG_KEY:-none}
    policies: {retry: {max_attempts: 9}, timeout: 5m}
    request: {temperature: 1}
    exclude_fields: [user, metadata]
default_service: fast
exclude_fields: [seed]
)";

TEST(Configuration, TakesAServiceOverWhatAllHave) {
    auto const fast = read_yaml(whole_file, {{"MY_KEY", "k-secret-1"}});
    ASSERT_TRUE(fast) << fast.error();
    EXPECT_EQ(fast->service, "fast");
    EXPECT_EQ(fast->client.service.provider.service, "openai");
    EXPECT_EQ(fast->client.service.model, "gpt-5.4-nano");
    EXPECT_EQ(fast->client.service.api_key.reveal(), "k-secret-1");
    EXPECT_EQ(fast->client.policies.retry.max_attempts, 5);
    EXPECT_EQ(fast->client.policies.timeout, 30s);
    EXPECT_EQ(fast->client.service.provider.omit, std::vector<std::string>{"seed"});
    EXPECT_EQ(fast->request.temperature, 0.0);
    EXPECT_EQ(fast->batch.max_failures, 10U);

    auto const big = read_yaml(whole_file, {{"MY_KEY", "k-secret-1"}}, "big");
    ASSERT_TRUE(big) << big.error();
    EXPECT_EQ(big->client.service.provider.service, "anthropic");
    EXPECT_EQ(big->client.service.model, "gpt-5.4-mini");
    EXPECT_EQ(big->client.service.api_key.reveal(), "none");
    EXPECT_EQ(big->client.policies.retry.max_attempts, 9);
    EXPECT_EQ(big->client.policies.timeout, 5min);
    EXPECT_EQ(big->client.policies.max_concurrency, 16U);
    EXPECT_EQ(big->request.temperature, 1.0);
    EXPECT_EQ(big->request.max_output_tokens, 500);
    EXPECT_EQ(big->client.service.provider.omit, (std::vector<std::string>{"user", "metadata"}));
}

constexpr char routed_file[] = R"(service: {provider: {service: openai}, model: gpt-5.4}
services:
  reserved:
    service: {api_key: "${RESERVED_KEY}"}
    policies: {rate_limits: {requests_per_minute: 600}}
  shared: {service: {api_key: key-of-shared}}
  long: {service: {provider: {service: anthropic}, model: claude-opus-5, api_key: key-of-long}}
router:
  routes:
    - {name: reserved}
    - {name: shared, priority: 1, weight: 2.5}
    - {name: long, only_after: [context_too_long, content_filtered]}
  choice: least_busy
  sticky: 10m
policies: {retry: {max_attempts: 7}}
)";

TEST(Configuration, MakesARouterOfItsServices) {
    auto const made = read_yaml(routed_file, {{"RESERVED_KEY", "key-of-reserved"}});
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(made->service, "reserved") << "where none is chosen";
    ASSERT_TRUE(made->router);
    auto const& router = *made->router;
    EXPECT_EQ(router.choice, route_choice::least_busy);
    EXPECT_EQ(router.sticky, 10min);
    EXPECT_EQ(router.retry.max_attempts, 7);
    ASSERT_EQ(router.routes.size(), 3U);
    EXPECT_EQ(router.routes[0].options.service.api_key.reveal(), "key-of-reserved");
    EXPECT_EQ(router.routes[0].options.policies.rate_limits.requests_per_minute, 600);
    EXPECT_EQ(router.routes[1].priority, 1);
    EXPECT_EQ(router.routes[1].weight, 2.5);
    EXPECT_EQ(router.routes[1].options.service.model, "gpt-5.4");
    EXPECT_EQ(router.routes[1].options.policies.rate_limits.requests_per_minute, 0);
    EXPECT_EQ(router.routes[2].only_after, (std::vector{errc::context_too_long, errc::content_filtered}));
    EXPECT_EQ(router.routes[2].options.service.provider.service, "anthropic");
    EXPECT_FALSE(read_yaml("service: {model: m}")->router);
}

TEST(Configuration, ChangesOnlyWhatItSaysOfATableOfErrors) {
    auto const made = read_yaml(R"(services: {a: {service: {api_key: k}}}
router: {routes: [{name: a}], moves: {timeout: false, "409": true}}
policies: {retry: {table: {overloaded: false}}}
)");
    ASSERT_TRUE(made) << made.error();
    auto const& router = *made->router;
    EXPECT_FALSE(router.moves.retryable(errc::timeout));
    EXPECT_EQ(router.moves.status(409), true);
    EXPECT_TRUE(router.moves.retryable(errc::authentication)) << "as default_moves() has it";
    EXPECT_FALSE(router.moves(error{.code = errc::bad_request, .should_retry = true})) << "nor is the service heeded";
    EXPECT_FALSE(router.retry.table.retryable(errc::overloaded));
    EXPECT_FALSE(router.retry.table.retryable(errc::authentication));
}

TEST(Configuration, SaysWhatIsWrongWithARouter) {
    auto const told = [](std::string_view router) {
        auto const made = read_yaml("services: {a: {service: {api_key: k}}}\nrouter:\n  " + std::string{router});
        return made ? std::string{} : made.error().where + " " + made.error().message;
    };
    EXPECT_EQ(told("routes: [{name: a}]"), "");
    EXPECT_EQ(told("routes: [{name: a}, {name: b}]"), "c.yaml:3:11 router.routes: no service \"b\": known are a");
    EXPECT_NE(told("routes: [{name: a, wait: 0}]").find("no such setting"), std::string::npos);
    EXPECT_NE(told("routes: [{name: a, weight: 0}]").find("must be in (0, 1e6]"), std::string::npos);
    EXPECT_NE(told("routes: [{name: a}]\n  sticky: 2d").find("router.sticky"), std::string::npos);
}

TEST(Configuration, SaysWhereEachValueIsFrom) {
    auto const made = configuration_from(
        whole_file, "c.yaml",
        {.overrides = {{"policies.timeout", "0", "--timeout"}, {"http.no_proxy", "a,b", "--no-proxy"}},
         .look_up = environment_of({{"MY_KEY", "k-secret-1"},
                                    {"COAX_MODEL", "m"},
                                    {"RETRY_ATTEMPTS", "7"},
                                    {"OPENAI_ORG_ID", "org-1"},
                                    {"COAX_POLICIES__RETRY__JITTER", "0.5"}})});
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(origin_of(*made, "service.provider.service"), "c.yaml:2:23");
    EXPECT_EQ(origin_of(*made, "service.api_key"), "c.yaml:4:12");
    EXPECT_EQ(find_setting(*made, "service.api_key")->value, "[secret]");
    EXPECT_EQ(origin_of(*made, "service.model"), "environment COAX_MODEL");
    EXPECT_EQ(find_setting(*made, "service.model")->value, "m");
    EXPECT_EQ(origin_of(*made, "policies.retry.max_attempts"), "environment RETRY_ATTEMPTS");
    EXPECT_EQ(made->client.policies.retry.max_attempts, 7);
    EXPECT_EQ(origin_of(*made, "policies.retry.jitter"), "environment COAX_POLICIES__RETRY__JITTER");
    EXPECT_EQ(made->client.policies.retry.jitter, 0.5);
    EXPECT_EQ(origin_of(*made, "policies.timeout"), "--timeout");
    EXPECT_EQ(made->client.policies.timeout, 0ms);
    EXPECT_EQ(origin_of(*made, "http.no_proxy"), "--no-proxy");
    EXPECT_EQ(made->client.http.no_proxy, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(origin_of(*made, "service.provider.organization"), "environment OPENAI_ORG_ID");
    EXPECT_EQ(origin_of(*made, "service.embedding_model"), "default of openai");
    EXPECT_EQ(origin_of(*made, "policies.max_concurrency"), "c.yaml:6:20");
    EXPECT_EQ(origin_of(*made, "policies.adaptive"), "default");
    EXPECT_EQ(find_setting(*made, "policies.adaptive")->value, "none");
    EXPECT_EQ(find_setting(*made, "policies.limits.connect")->value, "5s");
    for (auto const& each : made->settings) EXPECT_EQ(each.value.find("k-secret"), std::string::npos) << each.path;
}

TEST(Configuration, NamesAResponseCacheThatOnlyAClientOpens) {
    constexpr std::string_view file =
        "response_cache: {where: none/answers.sqlite, ttl: 24h, tags: [docs], sampled: true}\n"
        "request: {response_cache: {max_age: 1h}}";
    auto const made = read_yaml(file);
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(made->client.response_cache->where.reveal(), "none/answers.sqlite");
    EXPECT_EQ(made->client.response_cache->ttl, 24h);
    EXPECT_EQ(made->client.response_cache->tags, std::vector<std::string>{"docs"});
    EXPECT_TRUE(made->client.response_cache->sampled);
    EXPECT_EQ(made->request.response_cache->max_age, 1h);
    auto const other = read_yaml(file, {{"COAX_CACHE", "redis://:word-of-mine@h"}});
    ASSERT_TRUE(other) << other.error();
    EXPECT_EQ(other->client.response_cache->where.reveal(), "redis://:word-of-mine@h");
    EXPECT_EQ(origin_of(*other, "response_cache.where"), "environment COAX_CACHE");
    EXPECT_EQ(find_setting(*other, "response_cache.where")->value, "[secret]");
    EXPECT_FALSE(read_yaml("{}")->client.response_cache);
}

TEST(Configuration, SaysWhereAResponseCacheIsWrong) {
    EXPECT_EQ(read_yaml("response_cache:\n  where: redis://h/x").error().where, "c.yaml:2:10");
    EXPECT_EQ(read_yaml("response_cache:\n  where: https://h").error().where, "c.yaml:2:10");
    EXPECT_FALSE(read_yaml("response_cache: {ttl: 1h}"));
    EXPECT_EQ(read_yaml("response_cache: {where: memory, ttl: 1h, tags: [\"\"]}").error().where, "c.yaml:1:48");
    EXPECT_NE(read_yaml("response_cache: {were: memory}").error().message.find("where"), std::string::npos);
}

TEST(Configuration, IsThatOfTheEnvironmentWithoutAFile) {
    auto const made = load_configuration({}, {.look_up = environment_of({{"ANTHROPIC_API_KEY", "a-key"}})});
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(made->client.service.provider.service, "anthropic");
    EXPECT_EQ(made->client.service.api_key.reveal(), "a-key");
    EXPECT_EQ(made->client.service.model, "claude-sonnet-5");
    EXPECT_EQ(origin_of(*made, "service.api_key"), "environment ANTHROPIC_API_KEY");
    EXPECT_EQ(origin_of(*made, "service.model"), "default of anthropic");
    auto const none = load_configuration({}, {.look_up = environment_of({})});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().where, "environment");
}

TEST(Configuration, TakesKeysOfTheServiceThatItNames) {
    variables const set{{"OPENAI_API_KEY", "o"}, {"GROQ_API_KEY", "g"}};
    auto const made = configuration_from("service: {provider: {service: groq}, model: m}", "c.yaml",
                                         {.look_up = environment_of(set)});
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(made->client.service.api_key.reveal(), "g");
    auto const nameless = configuration_from("service: {api_key: k, model: m}", "c.yaml",
                                             {.look_up = environment_of({{"ANTHROPIC_API_KEY", "a"}})});
    ASSERT_TRUE(nameless) << nameless.error();
    EXPECT_EQ(nameless->client.service.provider.service, "openai");
    auto const address = configuration_from("service: {provider: {base_url: \"http://localhost:1/v1\"}, model: m}",
                                            "c.yaml", {.look_up = environment_of(set)});
    ASSERT_TRUE(address) << address.error();
    EXPECT_EQ(address->client.service.provider.service, "compatible");
    EXPECT_TRUE(address->client.service.api_key.empty());
}

TEST(Configuration, SendsNoKeyToAServiceThatIsNotTheFiles) {
    constexpr char file[] =
        "service: {provider: {service: openai, base_url: \"https://gateway\"}, api_key: k-file}\n"
        "policies: {max_concurrency: 3}\n";
    variables const set{{"ANTHROPIC_API_KEY", "a"}};
    auto const flag = configuration_from(
        file, "c.yaml",
        {.overrides = {{"service.provider.service", "anthropic", "--provider"}}, .look_up = environment_of(set)});
    ASSERT_TRUE(flag) << flag.error();
    EXPECT_EQ(flag->client.service.api_key.reveal(), "a");
    EXPECT_EQ(flag->client.service.provider.base_url, "");
    EXPECT_EQ(flag->client.policies.max_concurrency, 3U);
    auto const same = configuration_from(
        file, "c.yaml",
        {.overrides = {{"service.provider.service", "openai", "--provider"}}, .look_up = environment_of(set)});
    ASSERT_TRUE(same) << same.error();
    EXPECT_EQ(same->client.service.api_key.reveal(), "k-file");
    // A key of the environment is for the address that stands beside it.
    auto const key = configuration_from(file, "c.yaml", {.look_up = environment_of({{"COAX_API_KEY", "c"}})});
    ASSERT_TRUE(key) << key.error();
    EXPECT_EQ(key->client.service.api_key.reveal(), "k-file");
    auto const both = configuration_from(
        file, "c.yaml", {.look_up = environment_of({{"COAX_API_KEY", "c"}, {"COAX_BASE_URL", "http://here"}})});
    ASSERT_TRUE(both) << both.error();
    EXPECT_EQ(both->client.service.api_key.reveal(), "c");
    EXPECT_EQ(both->client.service.provider.base_url, "http://here");
}

struct refused_file {
    char const* name;
    std::string text;
    variables set;
    std::string service;
    std::string where;
    std::string message;
};
void PrintTo(refused_file const& row, std::ostream* out) { *out << row.name; }
class RefusedConfiguration : public testing::TestWithParam<refused_file> {};

TEST_P(RefusedConfiguration, SaysWhereAndWhy) {
    auto const& row = GetParam();
    auto const made = read_yaml(row.text, row.set, row.service);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().where, row.where) << made.error();
    EXPECT_NE(made.error().message.find(row.message), std::string::npos) << made.error();
    EXPECT_EQ(to_string(made.error()).find("k-secret"), std::string::npos) << made.error();
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedConfiguration,
    testing::Values(
        refused_file{"unset_variable", "service:\n  api_key: ${KEY}\n", {}, "", "c.yaml:2:12", "KEY is not set"},
        refused_file{"empty_variable", "service: {api_key: \"${KEY}\"}", {{"KEY", ""}}, "", "c.yaml:1:20", "KEY"},
        refused_file{"open_variable", "service: {api_key: \"a${KEY\"}", {}, "", "c.yaml:1:20", "without"},
        refused_file{"no_variable", "service: {api_key: \"${A B}\"}", {}, "", "c.yaml:1:20", "names no variable"},
        refused_file{"value_of_a_variable_is_not_shown",
                     "policies: {max_concurrency: \"${KEY}\"}",
                     {{"KEY", "k-secret"}},
                     "",
                     "c.yaml:1:29",
                     "found the value of its variable"},
        refused_file{"wrong_variable",
                     "",
                     {{"COAX_POLICIES__MAX_CONCURRENCY", "x"}},
                     "",
                     "environment COAX_POLICIES__MAX_CONCURRENCY",
                     "expected an integer"},
        refused_file{"variable_out_of_range",
                     "policies: {max_concurrency: 5}",
                     {{"COAX_POLICIES__MAX_CONCURRENCY", "0"}},
                     "",
                     "environment COAX_POLICIES__MAX_CONCURRENCY",
                     "must be in"},
        refused_file{"wrong_retries", "", {{"RETRY_ATTEMPTS", "x"}}, "", "environment RETRY_ATTEMPTS", ""},
        refused_file{"which_service", "services:\n  a: {}\n  b: {}\n", {}, "", "c.yaml:2:3", "which of them (a, b)"},
        refused_file{"unknown_service", "services: {a: {}}", {}, "c", "service", "no service \"c\": known are a"},
        refused_file{"service_of_none", "policies: {}", {}, "c", "service", "names none"},
        refused_file{"unknown_service_in_the_environment",
                     "services: {a: {}}",
                     {{"COAX_SERVICE", "c"}},
                     "",
                     "environment COAX_SERVICE",
                     "known are a"},
        refused_file{
            "unknown_default", "services: {a: {}}\ndefault_service: b\n", {}, "", "c.yaml:2:18", "known are a"},
        refused_file{"mistake_in_another_service", "services: {a: {}, b: {htp: {}}}", {}, "a", "c.yaml:1:23", "http"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Variables, StandInTextsAndNumbers) {
    auto const made = read_yaml(R"(
service: {provider: {base_url: "https://${HOST}:${PORT:-443}/v1"}, model: "$${literal}", api_key: "${KEY}"}
policies: {max_concurrency: "${N}", retry: {max_attempts: "${N}"}}
output: {relax_schemas: "${FLAG:-true}"}
http: {no_proxy: ["${HOST}", "${EMPTY:-}"]}
)",
                                {{"HOST", "h"}, {"N", "12"}, {"KEY", "a: {b: [}"}});
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(made->client.service.provider.base_url, "https://h:443/v1");
    EXPECT_EQ(made->client.service.model, "${literal}");
    EXPECT_EQ(made->client.service.api_key.reveal(), "a: {b: [}");
    EXPECT_EQ(made->client.policies.max_concurrency, 12U);
    EXPECT_EQ(made->client.policies.retry.max_attempts, 12);
    EXPECT_TRUE(made->client.output.relax_schemas);
    EXPECT_EQ(made->client.http.no_proxy, (std::vector<std::string>{"h", ""}));
}

TEST(Variables, OfServicesThatAreNotUsedNeedNotBeSet) {
    auto const made = read_yaml("services: {a: {}, b: {service: {api_key: \"${NEVER}\"}}}", {}, "a");
    EXPECT_TRUE(made) << made.error();
    auto const wrong = check_configuration("services: {a: {}, b: {service: {api_key: \"${NEVER}\"}}}", "c.yaml",
                                           {.look_up = environment_of({})});
    ASSERT_EQ(wrong.size(), 1U);
    EXPECT_EQ(wrong[0].where, "c.yaml:1:42");
}

TEST(Configuration, OfJsonIsTheSame) {
    constexpr char text[] = R"({"service":{"provider":{"service":"openai"},"model":"m"},
"policies":{"timeout":"30s","retry":{"max_attempts":4}}})";
    auto const made = configuration_from(text, "c.json", {.complete = false, .look_up = environment_of({})});
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(made->client.policies.timeout, 30s);
    EXPECT_EQ(made->client.policies.retry.max_attempts, 4);
    EXPECT_EQ(origin_of(*made, "policies.retry.max_attempts"), "c.json:2:53");
    auto const wrong =
        configuration_from(R"({"service":{"model":5}})", "c.json", {.complete = false, .look_up = environment_of({})});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().where, "c.json:1:21");
}

TEST(Configuration, IsReadFromAFile) {
    temp_folder const folder;
    auto const path = folder.write("my.yaml", "policies: {max_concurrency: 3}\n");
    auto const made = load_configuration(path, {.complete = false, .look_up = environment_of({})});
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(origin_of(*made, "policies.max_concurrency"), path + ":1:29");
    auto const none = load_configuration(folder.path("none.yaml"), {.look_up = environment_of({})});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, errc::io_failed);
    EXPECT_EQ(none.error().where, folder.path("none.yaml"));
    EXPECT_FALSE(load_configuration(folder.path(""), {.look_up = environment_of({})}));
}

TEST(Configuration, GoesOverTheDefaultsOfAProgram) {
    configuration defaults;
    defaults.client.policies.retry.max_attempts = 6;
    defaults.client.policies.max_concurrency = 9;
    auto const made =
        configuration_from("policies: {max_concurrency: 3}", "c.yaml",
                           {.defaults = std::move(defaults), .complete = false, .look_up = environment_of({})});
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(made->client.policies.retry.max_attempts, 6);
    EXPECT_EQ(made->client.policies.max_concurrency, 3U);
}

TEST(ConfigurationSchema, AcceptsWhatIsReadAndRefusesWhatIsNot) {
    auto const schema = runtime_schema::parse(configuration_schema());
    ASSERT_TRUE(schema) << schema.error();
    auto const fits = [&](char const* text) { return schema->find_violations(text).empty(); };
    EXPECT_TRUE(fits(R"({"policies":{"timeout":"30s","retry":{"max_attempts":4,"table":{"timeout":false}}}})"));
    EXPECT_TRUE(fits(R"({"services":{"a":{"service":{"model":"m","provider":{"headers":{"X-A":"b"}}}}}})"));
    EXPECT_TRUE(fits(R"({"policies":{"adaptive":null},"request":{"temperature":0,"extra":{"a":[1]}},"batch":{}})"));
    EXPECT_FALSE(fits(R"({"policies":{"timeout":30}})"));
    EXPECT_FALSE(fits(R"({"policies":{"timeout":"30"}})"));
    EXPECT_FALSE(fits(R"({"policies":{"retry":{"max_attemps":4}}})"));
    EXPECT_FALSE(fits(R"({"servce":{}})"));
    EXPECT_FALSE(fits(R"({"services":{"a":{"servic":{}}}})"));
    EXPECT_FALSE(fits(R"({"policies":{"rate_limits":{"server_limits":"folow"}}})"));
}

}  // namespace
}  // namespace coax::test
