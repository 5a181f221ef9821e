#include <coax/chat/advanced_options.hpp>
#include <coax/chat/request.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <ostream>

namespace coax {
namespace {

chat_request good_request() { return {.model = "gpt-5.4", .messages = {system("Be brief."), user("Hello")}}; }

struct invalid_case {
    char const* name;
    std::function<void(chat_request&)> spoil;
    std::string where;
};
void PrintTo(invalid_case const& row, std::ostream* out) { *out << row.name; }
class InvalidRequest : public testing::TestWithParam<invalid_case> {};

TEST_P(InvalidRequest, IsRefusedNamingTheField) {
    auto request = good_request();
    GetParam().spoil(request);
    auto const valid = validate(request);
    ASSERT_FALSE(valid);
    EXPECT_EQ(valid.error().code, errc::invalid_argument);
    EXPECT_EQ(valid.error().where, GetParam().where);
    EXPECT_FALSE(valid.error().message.empty());
}

tool_definition tool(std::string name) { return {.name = std::move(name)}; }
json_value json(std::string_view text) { return json_value::parse(text).value(); }

INSTANTIATE_TEST_SUITE_P(
    Rows, InvalidRequest,
    testing::Values(
        invalid_case{"no_messages", [](auto& r) { r.messages.clear(); }, "messages"},
        invalid_case{"temperature_above", [](auto& r) { r.temperature = 2.01; }, "temperature"},
        invalid_case{"temperature_below", [](auto& r) { r.temperature = -0.01; }, "temperature"},
        invalid_case{"temperature_nan", [](auto& r) { r.temperature = std::numeric_limits<double>::quiet_NaN(); },
                     "temperature"},
        invalid_case{"top_p_above", [](auto& r) { r.top_p = 1.5; }, "top_p"},
        invalid_case{"presence_penalty", [](auto& r) { r.presence_penalty = -2.5; }, "presence_penalty"},
        invalid_case{"frequency_penalty", [](auto& r) { r.frequency_penalty = 2.5; }, "frequency_penalty"},
        invalid_case{"top_k", [](auto& r) { r.top_k = -2; }, "top_k"},
        invalid_case{"negative_limit", [](auto& r) { r.max_output_tokens = -1; }, "max_output_tokens"},
        invalid_case{"empty_stop", [](auto& r) { r.stop = {"x", ""}; }, "stop[1]"},
        invalid_case{"text_and_parts", [](auto& r) { r.messages[1].parts = {text_part{"x"}}; }, "messages[1].parts"},
        invalid_case{"tool_answer_to_nothing", [](auto& r) { r.messages.push_back(tool_result("", "4")); },
                     "messages[2].tool_call_id"},
        invalid_case{"user_calling_tools", [](auto& r) { r.messages[1].tool_calls = {{"a", "b", "{}"}}; },
                     "messages[1].tool_calls"},
        invalid_case{"image_of_nothing", [](auto& r) { r.messages[1] = {.parts = {image_part{}}}; },
                     "messages[1].parts[0]"},
        invalid_case{"image_without_type",
                     [](auto& r) { r.messages[1] = {.parts = {text_part{"x"}, image_part{.data = "AAAA"}}}; },
                     "messages[1].parts[1].media_type"},
        invalid_case{"image_of_two",
                     [](auto& r) { r.messages[1] = {.parts = {image_part{.url = "https://x/y", .file_id = "f"}}}; },
                     "messages[1].parts[0]"},
        invalid_case{"file_of_nothing", [](auto& r) { r.messages[1] = {.parts = {file_part{.name = "a.pdf"}}}; },
                     "messages[1].parts[0]"},
        invalid_case{"file_without_type", [](auto& r) { r.messages[1] = {.parts = {file_part{.data = "AAAA"}}}; },
                     "messages[1].parts[0].media_type"},
        invalid_case{"sound_of_nothing", [](auto& r) { r.messages[1] = {.parts = {audio_part{}}}; },
                     "messages[1].parts[0]"},
        invalid_case{"sound_without_type", [](auto& r) { r.messages[1] = {.parts = {audio_part{.data = "AAAA"}}}; },
                     "messages[1].parts[0].media_type"},
        invalid_case{"cached_assistant",
                     [](auto& r) {
                         r.messages.push_back(assistant("Hi"));
                         r.messages[2].cache_breakpoint = true;
                     },
                     "messages[2].cache_breakpoint"},
        invalid_case{"raw_tool_and_name",
                     [](auto& r) { r.tools = {{.name = "a", .raw = json(R"({"type":"web_search"})")}}; },
                     "tools[0].raw"},
        invalid_case{"raw_tool_that_is_none", [](auto& r) { r.tools = {{.raw = json("[]")}}; }, "tools[0].raw"},
        invalid_case{"no_choices", [](auto& r) { r.advanced.edit().n = 0; }, "advanced.n"},
        invalid_case{"too_many_choices", [](auto& r) { r.advanced.edit().n = 129; }, "advanced.n"},
        invalid_case{"too_many_logprobs",
                     [](auto& r) { r.advanced = advanced_options{.logprobs = true, .top_logprobs = 21}; },
                     "advanced.top_logprobs"},
        invalid_case{"top_logprobs_alone", [](auto& r) { r.advanced.edit().top_logprobs = 1; },
                     "advanced.top_logprobs"},
        invalid_case{"too_much_bias", [](auto& r) { r.advanced.edit().logit_bias = {{1, 5}, {2, 101}}; },
                     "advanced.logit_bias[1].bias"},
        invalid_case{"bias_twice", [](auto& r) { r.advanced.edit().logit_bias = {{1, 5}, {2, 1}, {1, 6}}; },
                     "advanced.logit_bias[2].token"},
        invalid_case{"no_token", [](auto& r) { r.advanced.edit().logit_bias = {{-1, 5}}; },
                     "advanced.logit_bias[0].token"},
        invalid_case{"budget_of_nothing", [](auto& r) { r.advanced.edit().thinking.mode = thinking_mode::budget; },
                     "advanced.thinking.budget_tokens"},
        invalid_case{"budget_without_mode", [](auto& r) { r.advanced.edit().thinking.budget_tokens = 2'000; },
                     "advanced.thinking.budget_tokens"},
        invalid_case{"tool_without_name", [](auto& r) { r.tools = {tool("")}; }, "tools[0].name"},
        invalid_case{"tool_with_a_space", [](auto& r) { r.tools = {tool("get weather")}; }, "tools[0].name"},
        invalid_case{"tool_name_of_65", [](auto& r) { r.tools = {tool(std::string(65, 'x'))}; }, "tools[0].name"},
        invalid_case{"tool_twice", [](auto& r) { r.tools = {tool("a"), tool("b"), tool("a")}; }, "tools[2].name"},
        invalid_case{"tool_schema", [](auto& r) { r.tools = {{.name = "a", .parameters = "[]"}}; },
                     "tools[0].parameters"},
        invalid_case{"metadata_twice", [](auto& r) { r.metadata = {{"a", "1"}, {"b", "2"}, {"a", "3"}}; },
                     "metadata[2].key"},
        invalid_case{"required_without_tools", [](auto& r) { r.tool_choice.mode = tool_choice_mode::required; },
                     "tool_choice"},
        invalid_case{"unknown_tool_named",
                     [](auto& r) {
                         r.tools = {tool("a")};
                         r.tool_choice = {tool_choice_mode::named, "b"};
                     },
                     "tool_choice.name"},
        invalid_case{"schema_name", [](auto& r) { r.response_format.name = "my answer"; }, "response_format.name"},
        invalid_case{"schema_missing", [](auto& r) { r.response_format.kind = response_format_kind::json_schema; },
                     "response_format.schema"},
        invalid_case{"extra_array", [](auto& r) { r.extra = json("[1]"); }, "extra"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Request, AtTheEdgesOfTheRangesIsValid) {
    auto request = good_request();
    request.temperature = 2;
    request.top_p = 0;
    request.presence_penalty = -2;
    request.frequency_penalty = 2;
    request.max_output_tokens = 0;
    request.tools = {tool(std::string(64, 'x')), {.name = "y", .parameters = " {\"type\":\"object\"}\n"}};
    request.tool_choice = {tool_choice_mode::named, "y"};
    request.response_format = {
        .kind = response_format_kind::json_schema, .name = "answer-1_A", .schema = R"({"type":"object"})"};
    request.extra = json(R"({"service_tier":"flex"})");
    EXPECT_EQ(validate(request), result<void>{});
}

TEST(ChatRequest, IsEqualToACopyUntilAnythingInItChanges) {
    chat_request const request{
        .messages = {{.role = role::user, .parts = {text_part{"What is it?"}, image_part{.url = "https://i"}}}},
        .stop = {"."},
        .tools = {tool("look")},
        .response_format = {.name = "a"},
        .metadata = {{"k", "v"}}};
    void (*const changes[])(chat_request&){
        [](auto& r) { r.messages[0].role = role::developer; },
        [](auto& r) { r.messages[0].parts[0] = text_part{"What?"}; },
        [](auto& r) { r.messages[0].parts[0] = image_part{}; },
        [](auto& r) { r.messages[0].tool_failed = true; },
        [](auto& r) { r.temperature = 0; },
        [](auto& r) { r.stop.clear(); },
        [](auto& r) { r.tools[0].strict = true; },
        [](auto& r) { r.tool_choice.mode = tool_choice_mode::required; },
        [](auto& r) { r.response_format.kind = response_format_kind::json_object; },
        [](auto& r) { r.metadata[0].value = "w"; },
        [](auto& r) { r.extra = json("{}"); },
        [](auto& r) { r.messages[0].cache_breakpoint = true; },
        [](auto& r) { r.cache_prefix = true; },
        [](auto& r) { r.advanced.edit().n = 2; },
        [](auto& r) { r.advanced.edit().headers = {{"X-A", "b"}}; },
        [](auto& r) { r.tools[0].raw = json("{}"); },
    };
    for (auto const change : changes) {
        auto other = request;
        EXPECT_EQ(other, request);
        change(other);
        EXPECT_NE(other, request);
    }
}

TEST(ChatRequest, IsEqualToOneWhoseAdvancedOptionsAreSetToTheirDefaults) {
    chat_request request{.messages = {user("Hi")}};
    auto const plain = request;
    EXPECT_FALSE(request.advanced);
    EXPECT_EQ(request.advanced->n, 1);
    request.advanced.edit();
    EXPECT_TRUE(request.advanced);
    EXPECT_EQ(request, plain);
}

TEST(ChatRequest, OwnsItsAdvancedOptions) {
    chat_request const request{.messages = {user("Hi")}, .advanced = advanced_options{.n = 3}};
    auto copy = request;
    copy.advanced.edit().n = 4;
    EXPECT_EQ(request.advanced->n, 3);
    auto const moved = std::move(copy);
    EXPECT_EQ(moved.advanced->n, 4);
    copy = request;
    EXPECT_EQ(copy, request);
}

TEST(EstimateTokens, CountsPromptAndWantedAnswer) {
    chat_request request{.messages = {user(std::string(400, 'x'))}};
    EXPECT_EQ(estimate_tokens(request), 100 + 4 + 256);
    EXPECT_EQ(estimate_tokens(request, 10), 100 + 4 + 10);
    request.max_output_tokens = 1'000;
    EXPECT_EQ(estimate_tokens(request, 10), 100 + 4 + 1'000);
    request.advanced.edit().n = 3;
    EXPECT_EQ(estimate_tokens(request, 10), 100 + 4 + 3'000);
    request.max_output_tokens = std::numeric_limits<std::int64_t>::max();
    EXPECT_GT(estimate_tokens(request, 10), 1'000'000'000);
}

TEST(EstimateTokens, CountsAllThatIsSent) {
    chat_request const plain{.messages = {user("Hello")}};
    auto grown = [&](auto change) {
        auto request = plain;
        change(request);
        return estimate_tokens(request) - estimate_tokens(plain);
    };
    EXPECT_GE(grown([](auto& r) { r.tools = {{.name = "t", .parameters = std::string(400, ' ')}}; }), 100);
    EXPECT_GE(grown([](auto& r) { r.response_format.schema = std::string(400, ' '); }), 100);
    EXPECT_GE(grown([](auto& r) { r.messages.push_back(assistant("")); }), 4);
    EXPECT_GE(grown([](auto& r) { r.messages.push_back({.parts = {image_part{.url = "https://x/y.png"}}}); }), 500);
    EXPECT_GE(grown([](auto& r) { r.messages.push_back({.parts = {file_part{.text = std::string(400, 'x')}}}); }), 100);
    EXPECT_GE(grown([](auto& r) {
                  r.messages.push_back({.parts = {file_part{.data = base64_data{std::string(40'000, 'x')}}}});
              }),
              1'000);
    EXPECT_GE(grown([](auto& r) { r.messages.push_back({.parts = {audio_part{.file_id = "f"}}}); }), 500);
    EXPECT_GE(grown([](auto& r) {
                  r.messages.push_back({.role = role::assistant, .tool_calls = {{"i", "f", std::string(400, ' ')}}});
              }),
              100);
}

}  // namespace
}  // namespace coax
