#include "mcp/catalog.hpp"

#include "mcp/mirrored_parameters.hpp"
#include "mcp/tool_names.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <ostream>
#include <string>

namespace coax::mcp::detail {
namespace {

json_value parsed(std::string const& text) { return json_value::parse(text).value(); }

json_value page_of(std::string const& schema) {
    return parsed(R"({"tools":[{"name":"t","inputSchema":)" + schema + "}]}");
}

struct schema_case {
    char const* name;
    char const* schema;
    char const* left_out;  ///< Part of why; empty: it is not.
};
void PrintTo(schema_case const& row, std::ostream* out) { *out << row.name; }
class McpSchema : public testing::TestWithParam<schema_case> {};

TEST_P(McpSchema, DecidesWhetherAToolCanBeUsed) {
    catalog all{{}};
    EXPECT_TRUE(all.add_page(page_of(GetParam().schema)));
    std::string const why = GetParam().left_out;
    EXPECT_EQ(all.tools().size(), why.empty() ? 1U : 0U);
    ASSERT_EQ(all.left_out().size(), why.empty() ? 0U : 1U);
    if (!why.empty()) EXPECT_NE(all.left_out()[0].find(why), std::string::npos) << all.left_out()[0];
}
INSTANTIATE_TEST_SUITE_P(
    Rows, McpSchema,
    testing::Values(
        schema_case{"object", R"({"type":"object"})", ""}, schema_case{"nothing", "null", ""},
        schema_case{"untyped", R"({"properties":{"a":{"type":"string"}}})", ""}, schema_case{"empty", "{}", ""},
        schema_case{"draft_07", R"({"$schema":"http://json-schema.org/draft-07/schema#","type":"object"})", ""},
        schema_case{"list", R"({"type":"array"})", "no object"}, schema_case{"number", "5", "schema of its arguments"},
        schema_case{"remote", R"({"type":"object","properties":{"a":{"$ref":"https://x/y"}}})", "/properties/a"},
        schema_case{"mirrored", R"({"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"}}})", ""},
        schema_case{"mirrored_number", R"({"type":"object","properties":{"a":{"type":"number","x-mcp-header":"A"}}})",
                    "a string, an integer or a boolean"},
        schema_case{"mirrored_twice",
                    R"({"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"},)"
                    R"("b":{"type":"string","x-mcp-header":"a"}}})",
                    "same name"},
        schema_case{"mirrored_blank", R"({"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A b"}}})",
                    "header field"},
        schema_case{"mirrored_in_items",
                    R"({"type":"object","properties":{"a":{"type":"array","items":)"
                    R"({"type":"string","x-mcp-header":"A"}}}})",
                    "properties alone"},
        schema_case{"property_of_that_name", R"({"type":"object","properties":{"x-mcp-header":{"type":"string"}}})",
                    ""}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(McpCatalog, LivesAsLongAsItsShortestPage) {
    catalog all{{}};
    EXPECT_EQ(all.lifetime().count(), 0);
    EXPECT_EQ(**all.add_page(parsed(R"({"tools":[],"ttlMs":5000,"nextCursor":""})")), "");
    EXPECT_EQ(all.lifetime().count(), 5'000);
    EXPECT_FALSE(*all.add_page(parsed(R"({"tools":[],"ttlMs":300})")));
    EXPECT_EQ(all.lifetime().count(), 300);
    EXPECT_TRUE(all.add_page(parsed(R"({"tools":[]})")));
    EXPECT_EQ(all.lifetime().count(), 0);
}

TEST(McpCatalog, HasBounds) {
    catalog pages{{.max_pages = 2}};
    EXPECT_TRUE(pages.add_page(parsed(R"({"tools":[]})")));
    EXPECT_TRUE(pages.add_page(parsed(R"({"tools":[]})")));
    EXPECT_EQ(pages.add_page(parsed(R"({"tools":[]})")).error().code, errc::too_large);
    catalog tools{{.max_tools = 1}};
    EXPECT_EQ(tools.add_page(parsed(R"({"tools":[{"name":"a"},{"name":"b"}]})")).error().code, errc::too_large);
    EXPECT_EQ(catalog{{}}.add_page(parsed("{}")).error().code, errc::protocol_error);
}

TEST(McpMirrored, ArgumentsBecomeHeaderFields) {
    auto const wanted = mirrored_parameters_of(parsed(
        R"({"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},"deep":{"type":"object",)"
        R"("properties":{"n":{"type":"integer","x-mcp-header":"N"},"b":{"type":"boolean","x-mcp-header":"B"}}}}})"));
    ASSERT_TRUE(wanted) << wanted.error();
    auto const fields = mirrored_fields(*wanted, parsed(R"({"region":"Köln","deep":{"n":42,"b":true}})"));
    EXPECT_EQ(fields.find("mcp-param-region"), "=?base64?S8O2bG4=?=");
    EXPECT_EQ(fields.find("mcp-param-n"), "42");
    EXPECT_EQ(fields.find("mcp-param-b"), "true");
    EXPECT_EQ(mirrored_fields(*wanted, parsed(R"({"region":"eu","deep":null})")),
              (header_list{{"Mcp-Param-Region", "eu"}}));
}

TEST(McpMirrored, TextsThatAHeaderWouldChangeAreEncoded) {
    EXPECT_EQ(header_text("plain text"), "plain text");
    EXPECT_EQ(header_text(" padded"), "=?base64?IHBhZGRlZA==?=");
    EXPECT_EQ(header_text("a\nb"), "=?base64?YQpi?=");
    EXPECT_EQ(header_text("=?base64?eA==?="), "=?base64?PT9iYXNlNjQ/ZUE9PT89?=");
}

TEST(McpNames, AreThoseThatServicesTake) {
    toolbox box;
    EXPECT_EQ(service_name("", "get.x", box), "get_x");
    EXPECT_EQ(service_name("weather", "get x/y", box), "weather__get_x_y");
    EXPECT_EQ(service_name("", std::string(128, 'a'), box), std::string(64, 'a'));
    box.add(std::string(64, 'a'), "", [] { return 1; }).add("get_x", "", [] { return 1; });
    EXPECT_EQ(service_name("", std::string(128, 'a'), box), std::string(62, 'a') + "_2");
    EXPECT_EQ(service_name("", "get.x", box), "get_x_2");
}

}  // namespace
}  // namespace coax::mcp::detail
