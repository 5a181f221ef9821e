#include "cli/request_kinds.hpp"
#include "cli/service_table.hpp"
#include "sim/service.hpp"
#include "unit/cli/wire_description.hpp"

#include <coax/provider/provider.hpp>
#include <coax/provider/service_profile.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <ostream>
#include <set>
#include <string>

namespace coax::cli {
namespace {

// --- every kind of request for every service: said in its own words, or refused before it is sent ---

struct wire_case {
    std::string name;  ///< "openai" or "openai/responses".
    provider_options options;
    std::set<std::string_view> beyond{};  ///< Kinds that OpenAI's service, which the simulator plays for it, refuses.
};
void PrintTo(wire_case const& row, std::ostream* out) { *out << row.name; }

std::vector<wire_case> wires() {
    std::vector<wire_case> all;
    for (auto const name : provider_names()) {
        provider_options options{.service = std::string{name}};
        if (name == "azure") options.base_url = "https://r.openai.azure.com";
        if (name == "azure_ai") options.base_url = "https://r.services.ai.azure.com";
        if (name == "compatible") options.base_url = "http://localhost/v1";
        if (name == "vertex") options.project = "p", options.location = "us-central1";
        all.push_back({std::string{name}, options});
    }
    return all;
}

class EveryKind : public testing::TestWithParam<wire_case> {};

TEST_P(EveryKind, IsSaidOrRefusedWithTheReason) {
    auto const service = make_provider(GetParam().options).value();
    for (auto const& kind : request_kinds()) {
        auto const encoded = service->encode(kind.request, kind.streaming);
        if (encoded) {
            EXPECT_TRUE(json_value::parse(encoded->body)) << kind.name;
            continue;
        }
        EXPECT_EQ(encoded.error().code, errc::invalid_argument) << kind.name << ": " << encoded.error();
        EXPECT_FALSE(encoded.error().where.empty()) << kind.name << ": " << encoded.error();
        EXPECT_FALSE(encoded.error().message.empty()) << kind.name;
    }
}
INSTANTIATE_TEST_SUITE_P(Services, EveryKind, testing::ValuesIn(wires()), [](auto const& row) {
    auto name = row.param.name;
    std::replace_if(name.begin(), name.end(), [](char c) { return c == '.' || c == '/'; }, '_');
    return name;
});

class Described : public testing::TestWithParam<test::wire_description> {};

TEST_P(Described, IsAllThatIsSent) {
    auto const service = make_provider([] {
                             provider_options options{.service = GetParam().service};
                             if (options.service == "azure_ai") options.base_url = "https://r.services.ai.azure.com";
                             return options;
                         }())
                             .value();
    int sent = 0;
    for (auto const& kind : request_kinds()) {
        auto const encoded = service->encode(kind.request, kind.streaming);
        if (!encoded) continue;
        ++sent;
        EXPECT_EQ(test::wire_reader{GetParam()}.fault(encoded->body), "") << kind.name << "\n" << encoded->body;
    }
    EXPECT_GE(sent, 25);
}
INSTANTIATE_TEST_SUITE_P(Services, Described, testing::ValuesIn(test::wire_descriptions), [](auto const& row) {
    std::string name{row.param.service};
    std::replace(name.begin(), name.end(), '.', '_');
    return name;
});

/// The reader can find a fault.
TEST(WireReader, RefusesWhatIsNotDescribed) {
    auto const fault = [](char const* service, std::string_view body) {
        for (auto const& wire : test::wire_descriptions)
            if (wire.service == std::string_view{service}) return test::wire_reader{wire}.fault(body);
        return std::string{"no such service"};
    };
    EXPECT_EQ(fault("groq", R"({"messages":[{"role":"user","content":"a"}],"top_k":1})"), "unknown member top_k");
    EXPECT_EQ(fault("groq", R"({"messages":[{"role":"user","content":"a","name":"b"}]})"), "unknown member user.name");
    EXPECT_EQ(fault("groq", R"({"messages":[{"role":"developer","content":"a"}]})"), "unknown role developer");
    EXPECT_EQ(fault("deepseek", R"({"messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]})"),
              "content of user is no text");
    EXPECT_EQ(
        fault("mistral",
              R"({"messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{"name":"f"}}]})"),
        "a tool without parameters!");
    EXPECT_EQ(fault("lmstudio", R"({"messages":[{"role":"user","content":"a"}],"tool_choice":{"type":"function"}})"),
              "tool_choice is no text");
    EXPECT_EQ(
        fault("deepseek", R"({"messages":[{"role":"user","content":"a"}],"response_format":{"type":"json_schema"}})"),
        "unknown format json_schema");
}

/// The simulator reads requests of these as strictly as the services do.
class Simulated : public testing::TestWithParam<wire_case> {};

TEST_P(Simulated, TakesAllThatIsSent) {
    auto const service = make_provider(GetParam().options).value();
    sim::detail::service simulated{sim::options{}};
    for (auto const& kind : request_kinds()) {
        auto const encoded = service->encode(kind.request, kind.streaming);
        if (!encoded) continue;
        auto const out = simulated.handle({.method = encoded->method,
                                           .target = encoded->target,
                                           .body = encoded->body,
                                           .anthropic_version = encoded->headers.find("anthropic-version"),
                                           .anthropic_beta = encoded->headers.find("anthropic-beta"),
                                           .extra_parameters = encoded->headers.find("extra-parameters")},
                                          {});
        EXPECT_EQ(out.status, GetParam().beyond.contains(kind.name) ? 400 : 200) << kind.name << "\n"
                                                                                 << encoded->body << "\n"
                                                                                 << out.body;
    }
}
INSTANTIATE_TEST_SUITE_P(
    Services, Simulated,
    testing::Values(wire_case{"openai", {}},
                    wire_case{"azure", {.service = "azure", .base_url = "https://r.openai.azure.com"}},
                    wire_case{"azure_classic",
                              {.service = "azure",
                               .base_url = "https://r.openai.azure.com",
                               .api_version = "2024-10-21",
                               .deployment = "d"}},
                    wire_case{"azure_ai", {.service = "azure_ai", .base_url = "https://r.services.ai.azure.com"}},
                    wire_case{"openai_responses", {.api = "responses"}},
                    wire_case{"azure_responses",
                              {.service = "azure", .api = "responses", .base_url = "https://r.openai.azure.com"}},
                    wire_case{"compatible",
                              {.service = "compatible", .base_url = "http://localhost/v1"},
                              {"top_k", "reasoning goes back (`reasoning_content`)",
                               "reasoning goes back (`reasoning`)", "reasoning goes back (`reasoning_details`)"}},
                    wire_case{"gemini", {.service = "gemini"}},
                    wire_case{"vertex", {.service = "vertex", .project = "p", .location = "us-central1"}},
                    wire_case{"anthropic", {.service = "anthropic"}}),
    [](auto const& row) { return row.param.name; });

// --- the page ---

TEST(ServicesPage, HoldsTheTableThatTheCodeMakes) {
    std::ifstream file{COAX_SOURCE_DIR "/docs/services.md"};
    std::string const page{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_NE(page.find("<!-- coax providers --table -->\n" + service_table()), std::string::npos)
        << "docs/services.md is not what `coax providers --table` prints:\n"
        << service_table();
}

TEST(ServicesPage, TellsOfEveryMemberOfAProfile) {
    std::ifstream file{COAX_SOURCE_DIR "/docs/services.md"};
    std::string const page{std::istreambuf_iterator<char>{file}, {}};
    for (auto const& [name, meaning] : profile_members())
        EXPECT_NE(page.find("| `" + std::string{name} + "` | " + std::string{meaning} + " |"), std::string::npos)
            << name;
}

}  // namespace
}  // namespace coax::cli
