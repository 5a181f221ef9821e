#include "mcp/messages.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace coax::mcp::detail {
namespace {

struct bad_message {
    char const* name;
    char const* text;
};
void PrintTo(bad_message const& row, std::ostream* out) { *out << row.name; }
class McpBadMessage : public testing::TestWithParam<bad_message> {};

TEST_P(McpBadMessage, IsAProtocolError) {
    auto const read = parse_message(GetParam().text);
    EXPECT_EQ(read.error().code, errc::protocol_error);
}
INSTANTIATE_TEST_SUITE_P(Rows, McpBadMessage,
                         testing::Values(bad_message{"no_json", "hello"}, bad_message{"cut", R"({"id":1)"},
                                         bad_message{"a_batch", "[]"}, bad_message{"neither", R"({"id":1})"},
                                         bad_message{"method_is_number", R"({"id":1,"method":7})"},
                                         bad_message{"error_is_text", R"({"id":1,"error":"no"})"},
                                         bad_message{"code_is_text", R"({"id":1,"error":{"code":"x"}})"},
                                         bad_message{"too_deep", R"({"id":1,"result":)"}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(McpMessages, AreToldApart) {
    auto const response = parse_message(R"({"jsonrpc":"2.0","id":7,"result":{}})");
    EXPECT_EQ(number_of(response->id), 7);
    EXPECT_TRUE(response->method.empty());
    auto const request = parse_message(R"({"jsonrpc":"2.0","id":"a","method":"ping"})");
    EXPECT_EQ(request->method, "ping");
    EXPECT_FALSE(number_of(request->id));
    EXPECT_EQ(answer_to(*request), R"({"jsonrpc":"2.0","id":"a","result":{}})");
    auto const notice = parse_message(R"({"jsonrpc":"2.0","id":null,"method":"notifications/message"})");
    EXPECT_FALSE(notice->id);
    auto const failed = parse_message(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"no"}})");
    EXPECT_TRUE(is_modern(*failed->outcome.error));
}

TEST(McpMessages, SayWhatEachRequestOfTheNewerProtocolNeeds) {
    auto const empty = with_meta("{}");
    EXPECT_TRUE(empty.starts_with(R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)")) << empty;
    EXPECT_NE(empty.find(R"("io.modelcontextprotocol/clientCapabilities":{})"), std::string::npos) << empty;
    EXPECT_TRUE(json_value::parse(empty));
    auto const some = with_meta(R"({"cursor":""})");
    EXPECT_TRUE(some.ends_with(R"(},"cursor":""})")) << some;
    EXPECT_TRUE(json_value::parse(some));
}

TEST(McpMessages, AreOneLineWhateverTheyHold) {
    auto const text = request_text(3, "tools/call", R"({"name":"a\nb"})");
    EXPECT_EQ(text, R"({"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"a\nb"}})");
    EXPECT_EQ(notification_text("notifications/initialized", {}),
              R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
}

}  // namespace
}  // namespace coax::mcp::detail
