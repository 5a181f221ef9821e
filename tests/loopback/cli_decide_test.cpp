// `coax batch --decide`: typed questions about each record.

#include "loopback/cli_batch.hpp"

#include <coax/json/value.hpp>

#include <gmock/gmock.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coax::cli_decide_test {
namespace {

using namespace test;
using testing::HasSubstr;

constexpr auto questions = R"({"type":"object","properties":{
    "urgent":{"type":"boolean","description":"Must it be answered today?"},
    "topic":{"type":["string","null"],"enum":["billing","delivery","other",null]},
    "stars":{"type":"integer","minimum":1,"maximum":5},
    "tone":{"type":"object","properties":{"polite":{"type":"boolean"}}}}})";

struct decided_value {
    bool urgent{};
    std::optional<std::string> topic{};
    int stars{};

    static constexpr auto coax_schema =
        coax::describe("", coax::field(&decided_value::stars, {.minimum = 1, .maximum = 5}));
};
struct decided_output {
    decided_value value{};
    bool measured{};
    std::map<std::string, std::map<std::string, double>> probabilities{};
};

struct decide_setting : batch_setting {
    using batch_setting::batch_setting;

    /// @param service  The flags that choose it.
    [[nodiscard]] program_end decide(std::vector<std::string> service, std::string_view schema,
                                     std::vector<std::string> more = {}) const {
        std::vector<std::string> all{"batch",     input,
                                     "--prompt",  "{{text}}",
                                     "--decide",  folder.write("questions.json", std::string{schema}),
                                     "--out",     out,
                                     "--ca-file", folder.path("ca.pem")};
        all.insert(all.end(), service.begin(), service.end());
        all.insert(all.end(), more.begin(), more.end());
        return run_program(all, {{"TYPESAFE_API_KEY", "k"}, {"OPENAI_API_KEY", "k"}, {"GEMINI_API_KEY", "k"}});
    }
    [[nodiscard]] std::vector<std::string> typesafe() const {
        return {"--provider", "typesafe", "--base-url", server.url(), "--model", "jev-1.13.0"};
    }
};

TEST(CliDecide, GivesValuesAndProbabilitiesOnEveryWire) {
    decide_setting const s{{.faults = {{.kind = sim::fault_kind::overloaded, .probability = 0.05}}}};
    std::vector<std::vector<std::string>> const services{
        s.typesafe(),
        {"--provider", "openai", "--base-url", s.server.url() + "/v1", "--model", "gpt-6-luna"},
        {"--provider", "gemini", "--base-url", s.server.url(), "--model", "gemini-4-argon"}};
    for (auto const& service : services) {
        SCOPED_TRACE(service[1]);
        std::remove(s.out.c_str());
        auto const end = s.decide(service, questions);
        EXPECT_EQ(end.exit_code, 0) << end.errors;
        auto const lines = lines_of(s.out);
        expect_each_once(lines, 200);
        bool left_open = false;
        for (auto const& line : lines) {
            auto const got = json::read<decided_output>(line.output);
            ASSERT_TRUE(got) << line.output.text() << got.error();
            EXPECT_TRUE(got->measured);
            EXPECT_EQ(got->probabilities.size(), 4U);
            auto const& topic = got->probabilities.at("topic");
            EXPECT_EQ(topic.size(), 3U);
            left_open |= !got->value.topic;
            if (got->value.topic)
                EXPECT_GE(topic.at(*got->value.topic), 0.5);
            else
                for (auto const& [label, probability] : topic) EXPECT_LT(probability, 0.5) << label;
            EXPECT_EQ(got->value.urgent, got->probabilities.at("urgent").at("true") >= 0.5);
        }
        EXPECT_TRUE(left_open) << "of 200 answers some are less likely than not";
    }
}

TEST(CliDecide, ResumesAndCountsWhatItCost) {
    decide_setting const s{{}};
    auto const first = s.decide(s.typesafe(), questions, {"--limit", "20", "--max-cost", "1"});
    EXPECT_EQ(first.exit_code, 0) << first.errors;
    EXPECT_THAT(first.errors, HasSubstr("USD of 1"));
    auto const rest = s.decide(s.typesafe(), questions, {"--resume"});
    EXPECT_EQ(rest.exit_code, 0) << rest.errors;
    expect_each_once(lines_of(s.out), 200);
    EXPECT_EQ(s.server.stats().model_requests, 200U);
    auto const other = s.decide(s.typesafe(), questions, {"--resume", "--threshold", "0.9"});
    EXPECT_EQ(other.exit_code, 2) << "the answers depend on the threshold";
}

TEST(CliDecide, SaysWhereAnswersAreNotMeasured) {
    decide_setting const s{{}};
    auto const end = s.decide({"--provider", "openai", "--base-url", s.server.url() + "/v1", "--model", "m"}, questions,
                              {"--limit", "3"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    for (auto const& line : lines_of(s.out)) {
        auto const got = json::read<decided_output>(line.output, {.require_fields = false});
        ASSERT_TRUE(got) << line.output.text() << got.error();
        EXPECT_FALSE(got->measured);
        EXPECT_TRUE(got->probabilities.empty());
    }
}

struct refused_schema_case {
    char const* name;
    std::string schema;
    std::vector<std::string> more;
    std::string says;
};
void PrintTo(refused_schema_case const& row, std::ostream* out) { *out << row.name; }
class RefusedDecideSchema : public testing::TestWithParam<refused_schema_case> {};

TEST_P(RefusedDecideSchema, NamesThePlaceAndSendsNothing) {
    decide_setting const s{{}};
    auto const end = s.decide(s.typesafe(), GetParam().schema, GetParam().more);
    EXPECT_EQ(end.exit_code, 2) << end.errors;
    EXPECT_THAT(end.errors, HasSubstr(GetParam().says));
    EXPECT_EQ(s.server.stats().requests, 0U);
}

std::string many_options(int count) {
    std::string list;
    for (int i = 0; i < count; ++i) list.append(i > 0 ? "," : "").append("\"" + std::to_string(i) + "\"");
    return R"({"properties":{"kind":{"enum":[)" + list + "]}}}";
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedDecideSchema,
    testing::Values(refused_schema_case{"text",
                                        R"({"properties":{"a":{"type":"boolean"},"why":{"type":"string"}}})",
                                        {},
                                        "questions.json#/properties/why"},
                    refused_schema_case{
                        "free_number", R"({"properties":{"price":{"type":"number"}}})", {}, "#/properties/price"},
                    refused_schema_case{"too_many_options", many_options(256), {}, "255 options of a choice at most"},
                    refused_schema_case{"with_a_schema", questions, {"--schema", "yes_no"}, "--schema"},
                    refused_schema_case{"temperature", questions, {"--temperature", "0"}, "temperature"}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax::cli_decide_test
