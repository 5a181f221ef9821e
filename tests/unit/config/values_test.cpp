#include "config/duration_text.hpp"
#include "config/nearest_name.hpp"
#include "unit/config/config_support.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/core/error.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace coax::test {
namespace {

using namespace std::chrono_literals;

struct duration_case {
    char const* text;
    std::optional<std::int64_t> milliseconds;
};

TEST(Durations, HaveAUnit) {
    constexpr std::int64_t second = 1'000;
    constexpr std::int64_t day = 86'400 * second;
    for (auto const& row :
         {duration_case{"30s", 30 * second}, duration_case{"500ms", 500}, duration_case{"1.5h", 5'400 * second},
          duration_case{"1h30m", 5'400 * second}, duration_case{"2d", 2 * day}, duration_case{"0", 0},
          duration_case{"0s", 0}, duration_case{"0.25s", 250}, duration_case{"10000d", 10'000 * day}}) {
        EXPECT_EQ(config::detail::parse_duration(row.text), row.milliseconds) << row.text;
        auto const text = config::detail::duration_text(*row.milliseconds);
        EXPECT_EQ(config::detail::parse_duration(text), row.milliseconds) << text;
    }
    EXPECT_EQ(config::detail::duration_text(90'000), "90s");
    EXPECT_EQ(config::detail::duration_text(1'500), "1500ms");
    for (char const* const wrong : {"", "30", "s", "-1s", "1e3s", "30 s", "30sec", "1s1h", "1s2s", "0.0001s", "10001d",
                                    "1..5s", ".", "1.5.s", "inf", "s30", "PT30S"})
        EXPECT_FALSE(config::detail::parse_duration(wrong)) << wrong;
}

struct typed_case {
    char const* name;
    char const* text;   ///< Of a file.
    char const* wrong;  ///< A part of the message; empty: it is right.
};
void PrintTo(typed_case const& row, std::ostream* out) { *out << row.name; }
class TypedValue : public testing::TestWithParam<typed_case> {};

TEST_P(TypedValue, IsWhatItsSettingWantsOrRefused) {
    auto const made = read_yaml(GetParam().text);
    if (std::string{GetParam().wrong}.empty()) {
        EXPECT_TRUE(made) << made.error();
    } else {
        ASSERT_FALSE(made);
        EXPECT_EQ(made.error().code, errc::invalid_argument);
        EXPECT_EQ(made.error().where.find("c.yaml:1:"), 0U) << made.error().where;
        EXPECT_NE(made.error().message.find(GetParam().wrong), std::string::npos) << made.error();
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, TypedValue,
    testing::Values(
        typed_case{"integer", "policies: {max_concurrency: 5}", ""},
        typed_case{"text_for_integer", "policies: {max_concurrency: many}",
                   "policies.max_concurrency: expected an integer, found \"many\""},
        typed_case{"quoted_integer", "policies: {max_concurrency: \"5\"}", "expected an integer"},
        typed_case{"octal", "policies: {max_concurrency: 010}", "expected an integer"},
        typed_case{"hexadecimal", "policies: {max_concurrency: 0x10}", "expected an integer"},
        typed_case{"negative", "policies: {max_concurrency: -1}", "expected an integer from 0"},
        typed_case{"fraction", "policies: {max_concurrency: 1.5}", "expected an integer"},
        typed_case{"too_large", "output: {max_reasks: 99999999999}", "expected an integer from"},
        typed_case{"out_of_range", "output: {max_reasks: 11}", "output.max_reasks: must be in [0, 10], is 11"},
        typed_case{"concurrency_out_of_range", "policies: {max_concurrency: 0}", "must be in [1, 65535]"},
        typed_case{"retry_out_of_range", "policies: {retry: {max_attempts: 0}}", "policies.retry.max_attempts: "},
        typed_case{"request_out_of_range", "request: {temperature: 9}", "request.temperature: "},
        typed_case{"batch_out_of_range", "batch: {concurrency: 0}", "batch.concurrency: "},
        typed_case{"boolean", "output: {relax_schemas: true}", ""},
        typed_case{"yes_for_boolean", "output: {relax_schemas: yes}", "expected true or false, found \"yes\""},
        typed_case{"time", "policies: {timeout: 1m30s}", ""},
        typed_case{"time_without_unit", "policies: {timeout: 30}",
                   "policies.timeout: expected a time with its unit such as \"30s\", found \"30\""},
        typed_case{"negative_time", "policies: {timeout: -30s}", "expected a time"},
        typed_case{"enumerator", "policies: {rate_limits: {server_limits: follow}}", ""},
        typed_case{"no_enumerator", "policies: {rate_limits: {server_limits: folow}}",
                   "expected one of \"off\", \"lower_to\", \"follow\", found \"folow\""},
        typed_case{"list_for_text", "service: {model: [a, b]}", "service.model: expected a string, found an array"},
        typed_case{"text_for_list", "http: {no_proxy: a}", "http.no_proxy: expected an array"},
        typed_case{"text_for_group", "policies: {retry: often}", "policies.retry: expected an object"},
        typed_case{"list_for_group", "policies: [retry]", "policies: expected an object"},
        typed_case{"callback", "hooks: {on_attempt: print}", "hooks: there is no such setting"},
        typed_case{"shared_object", "service: {transport: x}", "service.transport: there is no such setting"},
        typed_case{"messages_of_a_request", "request: {messages: []}", "request.messages: there is no such setting"},
        typed_case{"unknown_provider", "service: {provider: {service: opnai}}", "did you mean \"openai\"?"},
        typed_case{"retry_code", "policies: {retry: {table: {timeout: false, 409: true}}}", ""},
        typed_case{"no_retry_code", "policies: {retry: {table: {timeuot: false}}}", "map of error codes"},
        typed_case{"retried_cancellation", "policies: {retry: {table: {cancelled: true}}}", "map of error codes"},
        typed_case{"extra_that_is_no_object", "request: {extra: 5}", "request.extra: must be a JSON object"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Values, KeepTheTextThatATextIsWantedAs) {
    auto const made = read_yaml(R"(
service:
  model: no
  provider: {api_version: 2024-10-21, deployment: 012, organization: 1e3, project: 0x1F, base_url: "http://x"}
http: {no_proxy: [off, 10.0, "true", ~x]}
request: {user: ~}
)");
    ASSERT_TRUE(made) << made.error();
    auto const& service = made->client.service;
    EXPECT_EQ(service.model, "no");
    EXPECT_EQ(service.provider.api_version, "2024-10-21");
    EXPECT_EQ(service.provider.deployment, "012");
    EXPECT_EQ(service.provider.organization, "1e3");
    EXPECT_EQ(service.provider.project, "0x1F");
    EXPECT_EQ(made->client.http.no_proxy, (std::vector<std::string>{"off", "10.0", "true", "~x"}));
    EXPECT_EQ(made->request.user, "");
}

TEST(Values, AreReadOfEachType) {
    auto const made = read_yaml(R"(
policies:
  timeout: 1h
  adaptive: {maximum: 20}
  hedge: {percentile: 0.9, budget: {capacity: 5}}
  circuit_breaker: {}
  rate_limits: {even_spacing: true, tokens_per_minute: 90000, server_limits: follow}
  retry: {form: decorrelated, table: {connection_lost: false, 409: true}}
service: {provider: {headers: {X-Team: blue, X-Key: "${TEAM_KEY}"}}}
request:
  temperature: 0
  stop: [END]
  metadata: {run: "5"}
  extra: {top_a: 0.5, tags: [no, 1, true, null], deep: {x: 1e3, y: "2"}}
  advanced: {n: 2, store: false, thinking: {mode: budget, budget_tokens: 2000}}
)",
                                {{"TEAM_KEY", "k-1"}});
    ASSERT_TRUE(made) << made.error();
    auto const& policies = made->client.policies;
    EXPECT_EQ(policies.timeout, 1h);
    EXPECT_EQ(policies.adaptive->maximum, 20U);
    EXPECT_EQ(policies.adaptive->initial, 16U);
    EXPECT_EQ(policies.hedge->percentile, 0.9);
    EXPECT_EQ(policies.hedge->budget.capacity, 5.0);
    EXPECT_EQ(policies.hedge->budget.per_success, 0.05);
    EXPECT_TRUE(policies.circuit_breaker);
    EXPECT_FALSE(policies.retry_budget);
    EXPECT_EQ(policies.rate_limits.server_limits, server_limits::follow);
    EXPECT_EQ(policies.retry.form, jitter_form::decorrelated);
    EXPECT_FALSE(policies.retry.table.retryable(errc::connection_lost));
    EXPECT_TRUE(policies.retry.table.retryable(errc::rate_limited));
    EXPECT_EQ(policies.retry.table.status(409), true);
    auto const& headers = made->client.service.provider.headers;
    ASSERT_EQ(headers.size(), 2U);
    EXPECT_EQ(headers[0].name + '=' + headers[0].value, "X-Key=k-1");
    EXPECT_EQ(headers[1].name + '=' + headers[1].value, "X-Team=blue");
    auto const& request = made->request;
    EXPECT_EQ(request.temperature, 0.0);
    EXPECT_EQ(request.stop, std::vector<std::string>{"END"});
    EXPECT_EQ(request.metadata, (std::vector<metadata_entry>{{"run", "5"}}));
    EXPECT_EQ(request.extra.text(), R"({"top_a":0.5,"tags":["no",1,true,null],"deep":{"x":1e3,"y":"2"}})");
    EXPECT_EQ(request.advanced->n, 2);
    EXPECT_EQ(request.advanced->store, false);
    EXPECT_EQ(request.advanced->thinking.mode, thinking_mode::budget);
}

}  // namespace
}  // namespace coax::test
