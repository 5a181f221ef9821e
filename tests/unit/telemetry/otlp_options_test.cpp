#include <coax/telemetry/otlp_exporter.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace coax {
namespace otlp_options_test {

using namespace std::chrono_literals;
using variables = std::map<std::string, std::string>;

result<std::optional<otlp_options>> read(variables const& set) {
    return otlp_options_from([&](std::string_view name) -> std::optional<std::string> {
        auto const found = set.find(std::string{name});
        if (found == set.end()) return std::nullopt;
        return found->second;
    });
}

otlp_options read_some(variables const& set) {
    auto const options = read(set).value();
    EXPECT_TRUE(options) << "nothing is exported";
    return options.value_or(otlp_options{});
}

TEST(OtlpOptions, NothingIsExportedUnlessTheVariablesNameAPlace) {
    EXPECT_FALSE(read({}).value());
    EXPECT_FALSE(read({{"OTEL_SERVICE_NAME", "x"}}).value());
    EXPECT_FALSE(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", ""}}).value());
    EXPECT_FALSE(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:4318"}, {"OTEL_SDK_DISABLED", "true"}}).value());
    EXPECT_FALSE(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:4318"},
                       {"OTEL_TRACES_EXPORTER", "none"},
                       {"OTEL_METRICS_EXPORTER", "none"}})
                     .value());
}

TEST(OtlpOptions, TheEndpointIsTheBaseOfBoth) {
    auto const options = read_some({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:4318/base/"}});
    EXPECT_EQ(options.traces_url, "http://h:4318/base/v1/traces");
    EXPECT_EQ(options.metrics_url, "http://h:4318/base/v1/metrics");
    EXPECT_EQ(options.content_bytes, 0U) << "prompts are nobody's business";
}

TEST(OtlpOptions, AnEndpointOfItsOwnIsTakenAsItIs) {
    auto const options = read_some({{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://trace.wandb.ai/otel/v1/traces"},
                                    {"OTEL_EXPORTER_OTLP_HEADERS", "a=all"},
                                    {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "wandb-api-key=k%3D1, project_id=e/p"}});
    EXPECT_EQ(options.traces_url, "https://trace.wandb.ai/otel/v1/traces");
    EXPECT_EQ(options.metrics_url, "");
    std::vector<header_list::field> const own{{"wandb-api-key", "k=1"}, {"project_id", "e/p"}};
    EXPECT_EQ(options.traces_headers, own);
    std::vector<header_list::field> const common{{"a", "all"}};
    EXPECT_EQ(options.metrics_headers, common);
}

TEST(OtlpOptions, AllElseIsReadToo) {
    auto const options = read_some({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:4318"},
                                    {"OTEL_EXPORTER_OTLP_TIMEOUT", "2000"},
                                    {"OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"},
                                    {"OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"},
                                    {"OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem"},
                                    {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/client.pem"},
                                    {"OTEL_EXPORTER_OTLP_CLIENT_KEY", "/client.key"},
                                    {"OTEL_SERVICE_NAME", "docs"},
                                    {"OTEL_RESOURCE_ATTRIBUTES", "service.name=other,wandb.entity=me,k=a%20b"},
                                    {"OTEL_TRACES_SAMPLER", "traceidratio"},
                                    {"OTEL_TRACES_SAMPLER_ARG", "0.25"},
                                    {"OTEL_BSP_SCHEDULE_DELAY", "100"},
                                    {"OTEL_BSP_MAX_QUEUE_SIZE", "9"},
                                    {"OTEL_METRIC_EXPORT_INTERVAL", "700"},
                                    {"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Delta"},
                                    {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true"},
                                    {"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "1000"}});
    EXPECT_EQ(options.timeout, 2s);
    EXPECT_TRUE(options.gzip);
    EXPECT_EQ(options.http.ca_file, "/ca.pem");
    EXPECT_EQ(options.http.client_certificate.file, "/client.pem");
    EXPECT_EQ(options.http.client_certificate.key_file, "/client.key");
    EXPECT_EQ(options.service_name, "docs");
    std::vector<std::pair<std::string, std::string>> const more{
        {"service.name", "other"}, {"wandb.entity", "me"}, {"k", "a b"}};
    EXPECT_EQ(options.resource_attributes, more);
    EXPECT_EQ(options.sampled_share, 0.25);
    EXPECT_FALSE(options.heed_parent);
    EXPECT_EQ(options.send_delay, 100ms);
    EXPECT_EQ(options.max_queued_spans, 9U);
    EXPECT_EQ(options.metrics_interval, 700ms);
    EXPECT_TRUE(options.delta);
    EXPECT_EQ(options.content_bytes, 1000U);
}

struct wrong_variable {
    char const* name;
    char const* variable;
    char const* value;
};
void PrintTo(wrong_variable const& row, std::ostream* out) { *out << row.name; }
class WrongVariable : public testing::TestWithParam<wrong_variable> {};

TEST_P(WrongVariable, IsNamed) {
    variables set{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:4318"}, {"OTEL_TRACES_SAMPLER", "traceidratio"}};
    set[GetParam().variable] = GetParam().value;
    auto const options = read(set);
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().code, errc::invalid_argument);
    EXPECT_EQ(options.error().where, GetParam().variable);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, WrongVariable,
    testing::Values(wrong_variable{"grpc", "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"},
                    wrong_variable{"compression", "OTEL_EXPORTER_OTLP_COMPRESSION", "zip"},
                    wrong_variable{"timeout", "OTEL_EXPORTER_OTLP_TIMEOUT", "10s"},
                    wrong_variable{"no_timeout", "OTEL_EXPORTER_OTLP_TIMEOUT", "0"},
                    wrong_variable{"headers", "OTEL_EXPORTER_OTLP_HEADERS", "key"},
                    wrong_variable{"attributes", "OTEL_RESOURCE_ATTRIBUTES", "=x"},
                    wrong_variable{"sampler", "OTEL_TRACES_SAMPLER", "sometimes"},
                    wrong_variable{"share", "OTEL_TRACES_SAMPLER_ARG", "1.5"},
                    wrong_variable{"exporter", "OTEL_TRACES_EXPORTER", "zipkin"},
                    wrong_variable{"contents", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "yes please"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(OtlpOptions, AnAddressThatIsNoneIsRefused) {
    auto const options = read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"}});
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().where, "traces_url");
}

}  // namespace otlp_options_test
}  // namespace coax
