#include "unit/provider/support.hpp"

#include <coax/chat/advanced_options.hpp>

#include <functional>
#include <ostream>

namespace coax {
namespace {

using test::json;
using test::make;
using test::same_json;

struct cache_case {
    char const* name;
    std::function<void(chat_request&)> change;
    std::string openai;  ///< The body but for the model; "!where": an error.
    std::string anthropic;
};
void PrintTo(cache_case const& row, std::ostream* out) { *out << row.name; }
class PromptCache : public testing::TestWithParam<cache_case> {};

testing::AssertionResult body_is(std::string const& service, std::string model, cache_case const& row,
                                 std::string const& expected) {
    chat_request request{.model = model, .messages = {system("S"), user("U")}};
    row.change(request);
    auto const encoded = make(service)->encode(request, false);
    if (!encoded && expected == '!' + encoded.error().where) return testing::AssertionSuccess();
    if (!encoded) return testing::AssertionFailure() << to_string(encoded.error());
    return same_json(encoded->body, "{\"model\":\"" + model + "\"," + expected + '}');
}

TEST_P(PromptCache, IsMarkedAsTheServiceHasIt) {
    EXPECT_TRUE(body_is("openai", "gpt-6-sol", GetParam(), GetParam().openai));
    EXPECT_TRUE(body_is("anthropic", "claude-sonnet-5", GetParam(), GetParam().anthropic));
}

message marked(message said) {
    said.cache_breakpoint = true;
    return said;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, PromptCache,
    testing::Values(
        cache_case{
            "prefix", [](auto& r) { r.cache_prefix = true; },
            R"("messages":[{"role":"system","content":[{"type":"text","text":"S","prompt_cache_breakpoint":{"mode":"explicit"}}]},
                {"role":"user","content":"U"}],"prompt_cache_options":{"mode":"explicit"})",
            R"("max_tokens":4096,"system":[{"type":"text","text":"S","cache_control":{"type":"ephemeral"}}],
                "messages":[{"role":"user","content":"U"}])"},
        cache_case{"prefix_of_several",
                   [](auto& r) {
                       r.cache_prefix = true;
                       r.messages = {system("S"), developer("D"), user("U"), system("T")};
                   },
                   R"("messages":[{"role":"system","content":"S"},
                {"role":"developer","content":[{"type":"text","text":"D","prompt_cache_breakpoint":{"mode":"explicit"}}]},
                {"role":"user","content":"U"},{"role":"system","content":"T"}],"prompt_cache_options":{"mode":"explicit"})",
                   R"("max_tokens":4096,"system":[{"type":"text","text":"S"},{"type":"text","text":"D"},
                {"type":"text","text":"T","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":"U"}])"},
        cache_case{
            "prefix_of_tools",
            [](auto& r) {
                r.cache_prefix = true;
                r.messages = {user("U")};
                r.tools = {{.name = "a"}, {.name = "b"}};
            },
            R"("messages":[{"role":"user","content":"U"}],"tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b"}}])",
            R"("max_tokens":4096,"messages":[{"role":"user","content":"U"}],
                "tools":[{"name":"a","input_schema":{"type":"object","properties":{}}},
                {"name":"b","input_schema":{"type":"object","properties":{}},"cache_control":{"type":"ephemeral"}}])"},
        cache_case{"prefix_of_raw_tools",
                   [](auto& r) {
                       r.cache_prefix = true;
                       r.messages = {user("U")};
                       r.tools = {{.raw = json(R"({"type":"t","name":"a"})")}};
                   },
                   R"("messages":[{"role":"user","content":"U"}],"tools":[{"type":"t","name":"a"}])",
                   R"("max_tokens":4096,"messages":[{"role":"user","content":"U"}],
                       "tools":[{"type":"t","name":"a","cache_control":{"type":"ephemeral"}}])"},
        cache_case{"prefix_of_nothing",
                   [](auto& r) {
                       r.cache_prefix = true;
                       r.messages = {user("U")};
                   },
                   R"("messages":[{"role":"user","content":"U"}])",
                   R"("max_tokens":4096,"messages":[{"role":"user","content":"U"}])"},
        cache_case{
            "message", [](auto& r) { r.messages = {marked(user("A")), assistant("B"), user("C")}; },
            R"("messages":[{"role":"user","content":[{"type":"text","text":"A","prompt_cache_breakpoint":{"mode":"explicit"}}]},
                {"role":"assistant","content":"B"},{"role":"user","content":"C"}],"prompt_cache_options":{"mode":"explicit"})",
            R"("max_tokens":4096,"messages":[
                {"role":"user","content":[{"type":"text","text":"A","cache_control":{"type":"ephemeral"}}]},
                {"role":"assistant","content":"B"},{"role":"user","content":"C"}])"},
        cache_case{"last_part_that_is_sent",
                   [](auto& r) {
                       r.messages = {marked({.parts = {text_part{"A"}, image_part{.url = "https://x"}, text_part{}}})};
                   },
                   R"("messages":[{"role":"user","content":[{"type":"text","text":"A"},
                {"type":"image_url","image_url":{"url":"https://x","detail":"high"},"prompt_cache_breakpoint":{"mode":"explicit"}}]}],
                "prompt_cache_options":{"mode":"explicit"})",
                   R"("max_tokens":4096,"messages":[{"role":"user","content":[{"type":"text","text":"A"},
                {"type":"image","source":{"type":"url","url":"https://x"},"cache_control":{"type":"ephemeral"}}]}])"},
        cache_case{"tool_result",
                   [](auto& r) {
                       r.messages = {user("A"),
                                     {.role = role::assistant, .tool_calls = {{"c", "f", "{}"}}},
                                     marked(tool_result("c", "B"))};
                   },
                   R"("messages":[{"role":"user","content":"A"},{"role":"assistant","content":null,"tool_calls":[
                {"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
                {"role":"tool","content":[{"type":"text","text":"B","prompt_cache_breakpoint":{"mode":"explicit"}}],"tool_call_id":"c"}],
                "prompt_cache_options":{"mode":"explicit"})",
                   R"("max_tokens":4096,"messages":[{"role":"user","content":"A"},
                {"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{}}]},
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"B","cache_control":{"type":"ephemeral"}}]}])"},
        cache_case{
            "five_marks",
            [](auto& r) {
                r.cache_prefix = true;
                r.messages = {system("S"), marked(user("A")), marked(user("A")), marked(user("A")), marked(user("A"))};
            },
            R"("messages":[{"role":"system","content":[{"type":"text","text":"S","prompt_cache_breakpoint":{"mode":"explicit"}}]},
                {"role":"user","content":[{"type":"text","text":"A","prompt_cache_breakpoint":{"mode":"explicit"}}]},
                {"role":"user","content":[{"type":"text","text":"A","prompt_cache_breakpoint":{"mode":"explicit"}}]},
                {"role":"user","content":[{"type":"text","text":"A","prompt_cache_breakpoint":{"mode":"explicit"}}]},
                {"role":"user","content":[{"type":"text","text":"A","prompt_cache_breakpoint":{"mode":"explicit"}}]}],
                "prompt_cache_options":{"mode":"explicit"})",
            "!messages[4].cache_breakpoint"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(PromptCacheTime, IsSentWithTheMarks) {
    chat_request request{.model = "claude-opus-5", .messages = {system("S"), user("U")}, .cache_prefix = true};
    request.advanced.edit().cache_ttl = "1h";
    EXPECT_NE(make("anthropic")
                  ->encode(request, false)
                  .value()
                  .body.find(R"("cache_control":{"type":"ephemeral","ttl":"1h"})"),
              std::string::npos);
    request.model = "gpt-5.6-sol";
    request.advanced.edit().cache_ttl = "12h";
    EXPECT_NE(make("openai")
                  ->encode(request, false)
                  .value()
                  .body.find(R"("prompt_cache_options":{"mode":"explicit","ttl":"12h"})"),
              std::string::npos);
}

struct model_case {
    char const* model;
    bool marks;
};
void PrintTo(model_case const& row, std::ostream* out) { *out << row.model; }
class CacheMarks : public testing::TestWithParam<model_case> {};

TEST_P(CacheMarks, AreSentToModelsThatCacheAtThemAlone) {
    chat_request const request{.model = GetParam().model, .messages = {system("S"), user("U")}, .cache_prefix = true};
    auto const marks = [&](std::string service) {
        return make(std::move(service))->encode(request, false).value().body.find("prompt_cache") != std::string::npos;
    };
    EXPECT_EQ(marks("openai"), GetParam().marks);
    EXPECT_FALSE(marks("compatible"));
    EXPECT_FALSE(marks("azure"));
}

INSTANTIATE_TEST_SUITE_P(Models, CacheMarks,
                         testing::Values(model_case{"gpt-5.6-luna", true}, model_case{"gpt-5.6", true},
                                         model_case{"gpt-5.10", true}, model_case{"gpt-6-sol", true},
                                         model_case{"gpt-6.2-astra", true}, model_case{"gpt-10", true},
                                         model_case{"ft:gpt-5.6-luna:org::x", true}, model_case{"gpt-5.5", false},
                                         model_case{"gpt-5", false}, model_case{"gpt-5-mini", false},
                                         model_case{"gpt-4.1", false}, model_case{"gpt-4o", false},
                                         model_case{"o3", false}, model_case{"other", false}));

}  // namespace
}  // namespace coax
