#include "unit/provider/support.hpp"

#include <coax/chat/advanced_options.hpp>

#include <functional>
#include <ostream>

namespace coax {
namespace {

using test::json;
using test::make;
using test::same_json;

/// What a change of a request becomes on each service: members of the body, or "!where" of the error before sending.
struct advanced_case {
    char const* name;
    std::function<void(chat_request&)> change;
    std::string openai;
    std::string compatible;
    std::string anthropic;
};
void PrintTo(advanced_case const& row, std::ostream* out) { *out << row.name; }

/// "!where", or the members besides those of a plain request.
testing::AssertionResult becomes(std::string const& service, std::function<void(chat_request&)> const& change,
                                 std::string const& expected) {
    chat_request request{.model = "m", .messages = {user("Hi")}, .max_output_tokens = 5'000};
    change(request);
    auto const encoded = make(service)->encode(request, false);
    if (!encoded) {
        if (encoded.error().code == errc::invalid_argument && expected == '!' + encoded.error().where)
            return testing::AssertionSuccess();
        return testing::AssertionFailure() << service << ": " << to_string(encoded.error()) << ", not " << expected;
    }
    auto const* const limit = service == "openai" || service == "azure" ? "max_completion_tokens" : "max_tokens";
    auto plain = R"({"model":"m","messages":[{"role":"user","content":"Hi"}],")" + std::string{limit} + "\":5000";
    if (!expected.empty()) plain.append(",").append(expected);
    return same_json(encoded->body, plain + '}') << ' ' << service;
}

class AdvancedOption : public testing::TestWithParam<advanced_case> {};

TEST_P(AdvancedOption, IsSentOrRefusedAsTheServiceHasIt) {
    EXPECT_TRUE(becomes("openai", GetParam().change, GetParam().openai));
    EXPECT_TRUE(becomes("azure", GetParam().change, GetParam().openai));
    EXPECT_TRUE(becomes("compatible", GetParam().change, GetParam().compatible));
    EXPECT_TRUE(becomes("anthropic", GetParam().change, GetParam().anthropic));
}

/// The same on every service of the chat completions wire.
advanced_case openai_only(char const* name, std::function<void(chat_request&)> change, std::string members,
                          std::string where) {
    return {name, std::move(change), members, members, '!' + where};
}
advanced_case anthropic_only(char const* name, std::function<void(chat_request&)> change, std::string where,
                             std::string members) {
    return {name, std::move(change), '!' + where, '!' + where, std::move(members)};
}

INSTANTIATE_TEST_SUITE_P(
    Rows, AdvancedOption,
    testing::Values(
        advanced_case{"none_set", [](auto& r) { r.advanced.edit(); }, "", "", ""},
        openai_only(
            "n", [](auto& r) { r.advanced.edit().n = 3; }, R"("n":3)", "advanced.n"),
        openai_only(
            "logprobs", [](auto& r) { r.advanced.edit().logprobs = true; }, R"("logprobs":true)", "advanced.logprobs"),
        openai_only(
            "top_logprobs", [](auto& r) { r.advanced = advanced_options{.logprobs = true, .top_logprobs = 20}; },
            R"("logprobs":true,"top_logprobs":20)", "advanced.logprobs"),
        openai_only(
            "logit_bias", [](auto& r) { r.advanced.edit().logit_bias = {{50256, -100}, {7, 5}}; },
            R"("logit_bias":{"50256":-100,"7":5})", "advanced.logit_bias"),
        openai_only(
            "verbosity", [](auto& r) { r.advanced.edit().verbosity = "low"; }, R"("verbosity":"low")",
            "advanced.verbosity"),
        openai_only(
            "store", [](auto& r) { r.advanced.edit().store = false; }, R"("store":false)", "advanced.store"),
        openai_only(
            "prediction", [](auto& r) { r.advanced.edit().prediction = "int main"; },
            R"("prediction":{"type":"content","content":"int main"})", "advanced.prediction"),
        openai_only(
            "safety_identifier", [](auto& r) { r.advanced.edit().safety_identifier = "u1"; },
            R"("safety_identifier":"u1")", "advanced.safety_identifier"),
        openai_only(
            "prompt_cache_key", [](auto& r) { r.advanced.edit().prompt_cache_key = "k"; }, R"("prompt_cache_key":"k")",
            "advanced.prompt_cache_key"),
        advanced_case{"any_tier", [](auto& r) { r.advanced.edit().service_tier = "auto"; }, R"("service_tier":"auto")",
                      R"("service_tier":"auto")", R"("service_tier":"auto")"},
        openai_only(
            "tier", [](auto& r) { r.advanced.edit().service_tier = "flex"; }, R"("service_tier":"flex")",
            "advanced.service_tier"),
        advanced_case{"tier_of_another", [](auto& r) { r.advanced.edit().service_tier = "standard_only"; },
                      "!advanced.service_tier", R"("service_tier":"standard_only")",
                      R"("service_tier":"standard_only")"},
        advanced_case{"long_identifier", [](auto& r) { r.advanced.edit().safety_identifier = std::string(65, 'x'); },
                      "!advanced.safety_identifier", R"("safety_identifier":")" + std::string(65, 'x') + '"',
                      "!advanced.safety_identifier"},
        advanced_case{"unknown_verbosity", [](auto& r) { r.advanced.edit().verbosity = "loud"; }, "!advanced.verbosity",
                      R"("verbosity":"loud")", "!advanced.verbosity"},
        anthropic_only(
            "thinking_off", [](auto& r) { r.advanced.edit().thinking.mode = thinking_mode::off; }, "advanced.thinking",
            R"("thinking":{"type":"disabled"})"),
        anthropic_only(
            "thinking_adaptive",
            [](auto& r) { r.advanced.edit().thinking = {.mode = thinking_mode::adaptive, .show = true}; },
            "advanced.thinking", R"("thinking":{"type":"adaptive","display":"summarized"})"),
        anthropic_only(
            "thinking_budget",
            [](auto& r) {
                r.advanced.edit().thinking = {.mode = thinking_mode::budget, .budget_tokens = 1'024, .show = false};
            },
            "advanced.thinking", R"("thinking":{"type":"enabled","budget_tokens":1024,"display":"omitted"})"),
        anthropic_only(
            "thinking_between_tools", [](auto& r) { r.advanced.edit().thinking.mode = thinking_mode::between_tools; },
            "advanced.thinking", R"("thinking":{"type":"between_tools"})"),
        advanced_case{
            "small_budget",
            [](auto& r) { r.advanced.edit().thinking = {.mode = thinking_mode::budget, .budget_tokens = 1'023}; },
            "!advanced.thinking", "!advanced.thinking", "!advanced.thinking.budget_tokens"},
        advanced_case{
            "budget_of_all",
            [](auto& r) { r.advanced.edit().thinking = {.mode = thinking_mode::budget, .budget_tokens = 5'000}; },
            "!advanced.thinking", "!advanced.thinking", "!advanced.thinking.budget_tokens"},
        advanced_case{"shown_thoughts_of_none", [](auto& r) { r.advanced.edit().thinking.show = true; },
                      "!advanced.thinking", "!advanced.thinking", "!advanced.thinking.show"},
        advanced_case{"thinking_without_effort",
                      [](auto& r) {
                          r.reasoning_effort = "none";
                          r.advanced.edit().thinking.mode = thinking_mode::adaptive;
                      },
                      "!advanced.thinking", "!advanced.thinking", "!advanced.thinking.mode"},
        advanced_case{"ttl_of_anthropic", [](auto& r) { r.advanced.edit().cache_ttl = "1h"; }, "!advanced.cache_ttl",
                      "!advanced.cache_ttl", ""},
        advanced_case{"ttl_of_openai", [](auto& r) { r.advanced.edit().cache_ttl = "12h"; }, "", "",
                      "!advanced.cache_ttl"},
        advanced_case{
            "raw_tool",
            [](auto& r) {
                r.tools = {{.name = "f"}, {.raw = json(R"({"type":"web_search_20250305","name":"web_search"})")}};
            },
            R"("tools":[{"type":"function","function":{"name":"f"}},{"type":"web_search_20250305","name":"web_search"}])",
            R"("tools":[{"type":"function","function":{"name":"f"}},{"type":"web_search_20250305","name":"web_search"}])",
            R"("tools":[{"name":"f","input_schema":{"type":"object","properties":{}}},{"type":"web_search_20250305","name":"web_search"}])"},
        advanced_case{"extra_that_removes",
                      [](auto& r) {
                          r.temperature = 0.5;
                          r.extra = json(R"({"temperature":null,"kept":{"x":null}})");
                      },
                      R"("kept":{"x":null})", R"("kept":{"x":null})", R"("kept":{"x":null})"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(SeveralChoices, AreNotStreamed) {
    chat_request request{.model = "m", .messages = {user("Hi")}, .advanced = advanced_options{.n = 2}};
    EXPECT_EQ(make("openai")->encode(request, true).error().where, "advanced.n");
    request.advanced = {};
    request.extra = json(R"({"n":2})");
    EXPECT_EQ(make("openai")->encode(request, true).error().where, "extra.n");
    EXPECT_TRUE(make("openai")->encode(request, false));
}

// --- parts ---

struct part_case {
    char const* name;
    content_part part;
    std::string openai;  ///< The part, or "!" where it is refused.
    std::string anthropic;
    role speaker{role::user};
};
void PrintTo(part_case const& row, std::ostream* out) { *out << row.name; }
class Part : public testing::TestWithParam<part_case> {};

testing::AssertionResult part_becomes(std::string const& service, part_case const& row, std::string const& expected) {
    message said{.role = row.speaker, .parts = {text_part{"a"}, row.part}};
    if (row.speaker == role::tool) said.tool_call_id = "c";
    chat_request const request{.model = "m", .messages = {user("b"), said}};
    auto const encoded = make(service)->encode(request, false);
    if (!encoded) {
        auto const& why = encoded.error();
        if (expected == "!" && why.where == "messages[1].parts[1]" && why.message.starts_with(service))
            return testing::AssertionSuccess();
        return testing::AssertionFailure() << service << ": " << to_string(why);
    }
    auto const body = json(encoded->body).text();
    if (expected != "!" && body.find(json(expected).text()) != std::string::npos) return testing::AssertionSuccess();
    return testing::AssertionFailure() << body << "\nhas no\n" << expected;
}

TEST_P(Part, IsSentOrRefusedAsTheServiceHasIt) {
    EXPECT_TRUE(part_becomes("openai", GetParam(), GetParam().openai));
    EXPECT_TRUE(part_becomes("anthropic", GetParam(), GetParam().anthropic));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Part,
    testing::Values(
        part_case{"image_url", image_part{.url = "https://x/y.png"},
                  R"({"type":"image_url","image_url":{"url":"https://x/y.png","detail":"high"}})",
                  R"({"type":"image","source":{"type":"url","url":"https://x/y.png"}})"},
        part_case{"image_detail", image_part{.url = "https://x/y.png", .detail = "auto"},
                  R"({"type":"image_url","image_url":{"url":"https://x/y.png","detail":"auto"}})",
                  R"({"type":"image","source":{"type":"url","url":"https://x/y.png"}})"},
        part_case{"image_data", image_part{.media_type = "image/webp", .data = "QUJD"},
                  R"({"type":"image_url","image_url":{"url":"data:image/webp;base64,QUJD","detail":"high"}})",
                  R"({"type":"image","source":{"type":"base64","media_type":"image/webp","data":"QUJD"}})"},
        part_case{"image_of_another_type", image_part{.media_type = "image/bmp", .data = "QUJD"},
                  R"({"type":"image_url","image_url":{"url":"data:image/bmp;base64,QUJD","detail":"high"}})", "!"},
        part_case{"kept_image", image_part{.file_id = "file_1"}, "!",
                  R"({"type":"image","source":{"type":"file","file_id":"file_1"}})"},
        part_case{
            "pdf", file_part{.name = "a.pdf", .media_type = "application/pdf", .data = "QUJD"},
            R"({"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,QUJD"}})",
            R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"QUJD"},"title":"a.pdf"})"},
        part_case{
            "nameless_pdf", file_part{.media_type = "application/pdf", .data = "QUJD"},
            R"({"type":"file","file":{"filename":"document.pdf","file_data":"data:application/pdf;base64,QUJD"}})",
            R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"QUJD"}})"},
        part_case{
            "text_document", file_part{.name = "a.txt", .media_type = "text/plain", .text = "ABC"},
            R"({"type":"file","file":{"filename":"a.txt","file_data":"data:text/plain;base64,QUJD"}})",
            R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"ABC"},"title":"a.txt"})"},
        part_case{"text_in_base64", file_part{.media_type = "text/plain", .data = "QUJD"},
                  R"({"type":"file","file":{"filename":"document","file_data":"data:text/plain;base64,QUJD"}})",
                  R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"ABC"}})"},
        part_case{"sheet", file_part{.name = "a.csv", .media_type = "text/csv", .data = "QUJD"},
                  R"({"type":"file","file":{"filename":"a.csv","file_data":"data:text/csv;base64,QUJD"}})", "!"},
        part_case{"file_url", file_part{.url = "https://x/a.pdf"}, "!",
                  R"({"type":"document","source":{"type":"url","url":"https://x/a.pdf"}})"},
        part_case{"kept_file", file_part{.file_id = "file-1"}, R"({"type":"file","file":{"file_id":"file-1"}})",
                  R"({"type":"document","source":{"type":"file","file_id":"file-1"}})"},
        part_case{
            "cited_document", file_part{.text = "ABC", .context = "Old.", .citations = true}, "!",
            R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"ABC"},"context":"Old.","citations":{"enabled":true}})"},
        part_case{"wav", audio_part{.media_type = "audio/wav", .data = "QUJD"},
                  R"({"type":"input_audio","input_audio":{"data":"QUJD","format":"wav"}})", "!"},
        part_case{"mp3", audio_part{.media_type = "audio/mpeg", .data = "QUJD"},
                  R"({"type":"input_audio","input_audio":{"data":"QUJD","format":"mp3"}})", "!"},
        part_case{"flac", audio_part{.media_type = "audio/flac", .data = "QUJD"}, "!", "!"},
        part_case{"sound_url", audio_part{.url = "https://x/a.wav"}, "!", "!"},
        part_case{"kept_sound", audio_part{.file_id = "file-1"}, "!", "!"},
        part_case{"picture_of_a_tool", image_part{.url = "https://x/y.png"}, "!",
                  R"({"type":"image","source":{"type":"url","url":"https://x/y.png"}})", role::tool},
        part_case{"file_of_the_assistant", file_part{.file_id = "file-1"}, "!", "!", role::assistant},
        part_case{"picture_of_the_system", image_part{.url = "https://x/y.png"}, "!", "!", role::system}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ImageDetail, IsNotSentToServersThatMayNotKnowIt) {
    chat_request request{.messages = {{.parts = {image_part{.url = "https://x"}}}}};
    EXPECT_TRUE(same_json(
        make("compatible")->encode(request, false).value().body,
        R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x"}}]}]})"));
}

// --- headers ---

TEST(RequestHeaders, AreAddedOrReplaced) {
    chat_request const request{
        .model = "m",
        .messages = {user("Hi")},
        .advanced = advanced_options{.headers = {{"X-Team", "a"}, {"accept", "*/*"}, {"Anthropic-Beta", "b-1"}}}};
    for (auto const name : test::chat_services()) {
        auto const headers = make(std::string{name})->encode(request, false).value().headers;
        EXPECT_EQ(headers.find("x-team"), "a") << name;
        EXPECT_EQ(headers.find("Accept"), "*/*") << name;
        EXPECT_EQ(headers.find("anthropic-beta"), "b-1") << name;
    }
}

TEST(RequestHeaders, JoinTheFeaturesThatARequestNeeds) {
    chat_request request{.model = "m", .messages = {{.parts = {image_part{.file_id = "file_1"}}}}};
    auto const beta = [&] {
        return std::string{make("anthropic")->encode(request, false).value().headers.find("anthropic-beta")};
    };
    EXPECT_EQ(beta(), "files-api-2025-04-14");
    request.advanced.edit().headers = {{"anthropic-beta", "b-1"}};
    EXPECT_EQ(beta(), "files-api-2025-04-14,b-1");
}

struct refused_header_case {
    char const* name;
    request_header header;
};
void PrintTo(refused_header_case const& row, std::ostream* out) { *out << row.name; }
class RefusedHeader : public testing::TestWithParam<refused_header_case> {};

TEST_P(RefusedHeader, IsNamed) {
    for (auto const name : test::chat_services()) {
        auto const encoded = make(std::string{name})
                                 ->encode({.model = "m",
                                           .messages = {user("Hi")},
                                           .advanced = advanced_options{.headers = {{"X-A", "b"}, GetParam().header}}},
                                          false);
        ASSERT_FALSE(encoded) << name;
        EXPECT_EQ(encoded.error().code, errc::invalid_argument);
        EXPECT_EQ(encoded.error().where, "advanced.headers[1]");
        EXPECT_EQ(encoded.error().message.find("hunter2"), std::string::npos);
    }
}

INSTANTIATE_TEST_SUITE_P(Rows, RefusedHeader,
                         testing::Values(refused_header_case{"line_end", {"X-B", "hunter2\r\nX-C: d"}},
                                         refused_header_case{"no_name", {"", "hunter2"}},
                                         refused_header_case{"name_with_a_colon", {"a:b", "hunter2"}},
                                         refused_header_case{"bearer", {"authorization", "Bearer hunter2"}},
                                         refused_header_case{"key", {"X-API-Key", "hunter2"}},
                                         refused_header_case{"length", {"Content-Length", "0"}},
                                         refused_header_case{"coding", {"transfer-encoding", "chunked"}},
                                         refused_header_case{"host", {"Host", "x"}}),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax
