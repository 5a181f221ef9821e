#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/client/prompt_function.hpp>
#include <coax/runtime/as_result.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coax {
namespace {

using test::connect;
using test::fake_service;
using test::openai_text;
using test::run_virtual;

struct source_place {
    std::string file{};
    int line{};
};
struct function_source {
    std::string name{};
    std::string code{};
    std::optional<std::string> note{};
    std::optional<source_place> at{};
    std::map<std::string, std::string> tags{};
};
struct docstring_text {
    std::string summary{};
    std::vector<std::string> parameters{};
};

prompt_options<function_source, docstring_text> with_example() {
    return {.prompt = "Describe {{name}}:\n{{code}}{{note}}",
            .system = "You document {{at.file}}.",
            .examples = {{{.name = "f", .code = "f()"}, {.summary = "Does f."}}},
            .request = {.temperature = 0.0}};
}

std::vector<std::string> texts_of(chat_request const& request) {
    std::vector<std::string> texts;
    for (auto const& one : request.messages) texts.push_back(one.text);
    return texts;
}

TEST(PromptFunction, MakesARequestOfAnInput) {
    prompt_function<function_source, docstring_text> const docstring{with_example()};
    auto const request = docstring.request_for({.name = "g", .code = "g(\"\n\")", .at = source_place{"a.cpp", 3}});
    EXPECT_EQ(texts_of(request),
              (std::vector<std::string>{"You document a.cpp.", "Describe f:\nf()",
                                        R"({"summary":"Does f.","parameters":[]})", "Describe g:\ng(\"\n\")"}));
    EXPECT_EQ(request.messages[0].role, role::system);
    EXPECT_EQ(request.messages[2].role, role::assistant);
    EXPECT_EQ(request.temperature, 0.0);
}

TEST(PromptFunction, LeavesOutWhatHasNoValue) {
    prompt_function<function_source, docstring_text> const docstring{with_example()};
    EXPECT_EQ(texts_of(docstring.request_for({.name = "g"}))[0], "You document .");
    EXPECT_EQ(texts_of(docstring.request_for({.name = "g", .note = " (old)"})).back(), "Describe g:\n (old)");
}

TEST(PromptFunction, ShowsTheWholeInput) {
    prompt_function<source_place, std::string> const told{{.prompt = "Look at {{record}}, not \\{{line}}."}};
    EXPECT_EQ(texts_of(told.request_for({"a.cpp", 3})).back(), R"(Look at {"file":"a.cpp","line":3}, not {{line}}.)");
}

TEST(PromptFunction, ReadsTheResponseAndTellsTheSchema) {
    run_virtual([]() -> asio::awaitable<void> {
        fake_service service;
        service.then(openai_text(R"({"summary":"Does g.","parameters":["x"]})"));
        auto const llm = co_await connect(service.options());
        prompt_function<function_source, docstring_text> const docstring{with_example()};
        auto const got = co_await docstring(llm, {.name = "g"});
        EXPECT_EQ(got.summary, "Does g.");
        EXPECT_EQ(got.parameters, std::vector<std::string>{"x"});
        EXPECT_NE(service.requests().at(0).body.find("\"parameters\""), std::string::npos);
        EXPECT_NE(service.requests().at(0).body.find("json_schema"), std::string::npos);
    }());
}

TEST(PromptFunction, MayGiveText) {
    run_virtual([]() -> asio::awaitable<void> {
        fake_service service;
        service.then(openai_text("It does g."));
        auto const llm = co_await connect(service.options());
        auto const describe = prompt_function<source_place, std::string>{{.prompt = "What is in {{file}}?"}};
        EXPECT_EQ(co_await describe(llm, {"a.cpp", 3}), "It does g.");
        auto const outcomes = co_await describe.all(llm, {{"a.cpp", 1}, {"b.cpp", 2}});
        EXPECT_EQ(outcomes.at(1).value.value(), "It does g.");
        EXPECT_EQ(outcomes.at(1).usage.total_tokens(), 15);
    }());
}

/// Answers with the name that it was asked about; "bad" with what is no answer.
client_options named_service() {
    client_options made{.service = {.api_key = "sk-test", .model = "m"}, .output = {.max_reasks = 0}};
    made.service.transport =
        std::make_shared<memory_transport>([](http_request const& request) -> result<memory_transport::timed_response> {
            auto const body = boost::json::parse(request.body);
            std::string const prompt{body.at("messages").as_array().back().at("content").as_string().c_str()};
            auto const text = prompt == "bad" ? "no" : R"({"summary":")" + prompt + R"(","parameters":[]})";
            return memory_transport::timed_response{.response = openai_text(text)};
        });
    return made;
}

TEST(PromptFunction, GivesOneOutcomeForEachOfManyInputs) {
    run_virtual([]() -> asio::awaitable<void> {
        auto const llm = co_await connect(named_service());
        auto const docstring = prompt_function<function_source, docstring_text>{{.prompt = "{{name}}{{tags.kind}}"}};
        std::vector<function_source> sources{{.name = "a", .tags = {{"kind", ""}}},
                                             {.name = "bad", .tags = {{"kind", ""}}},
                                             {.name = "untagged"},
                                             {.name = "b", .tags = {{"kind", "!"}}}};
        auto const outcomes = co_await docstring.all(llm, sources, {.concurrency = 2});
        EXPECT_EQ(outcomes.size(), 4U);
        EXPECT_EQ(outcomes[0].value->summary, "a");
        EXPECT_EQ(outcomes[1].why->code, errc::invalid_output);
        EXPECT_EQ(outcomes[1].usage.total_tokens(), 15);
        EXPECT_EQ(outcomes[2].why->where, "tags.kind");
        EXPECT_EQ(outcomes[2].attempts, 0);
        EXPECT_EQ(outcomes[3].value->summary, "b!");
        EXPECT_EQ(outcomes[3].index, 3U);
    }());
}

/// `error::where` of a function that cannot be made.
std::string where_refused(std::string_view prompt, std::string_view system = {}) {
    try {
        prompt_function<function_source, docstring_text> const made{
            {.prompt = runtime_prompt{prompt}, .system = runtime_prompt{system}}};
        return "made";
    } catch (exception const& wrong) {
        EXPECT_EQ(wrong.why().code, errc::invalid_argument);
        return wrong.why().where;
    }
}

TEST(PromptFunction, IsRefusedWhenItIsMadeIfTheInputLacksAField) {
    EXPECT_EQ(where_refused("{{name}} {{at.line}} {{tags.anything}} {{record}}"), "made");
    EXPECT_EQ(where_refused("{{nam}}"), "nam");
    EXPECT_EQ(where_refused("{{name.first}}"), "name.first");
    EXPECT_EQ(where_refused("{{at.column}}"), "at.column");
    EXPECT_EQ(where_refused("{{name}}", "{{nam}}"), "nam");
    EXPECT_EQ(where_refused("a\n{{name"), "prompt:2");
    EXPECT_EQ(where_refused(""), "prompt:1");
    EXPECT_EQ(where_refused("system:\nS {{name}}\n---\nP {{name}}"), "made");
    EXPECT_EQ(where_refused("system:\nS\n---\nP", "S"), "system");
}

TEST(PromptFunction, OutlivesNothingThatItNeeds) {
    run_virtual([]() -> asio::awaitable<void> {
        auto const llm = co_await connect(named_service());
        std::optional made{prompt_function<function_source, docstring_text>{{.prompt = "{{name}}"}}};
        auto asked = (*made)(llm, {.name = "kept"});
        made.reset();
        EXPECT_EQ((co_await std::move(asked)).summary, "kept");
    }());
}

}  // namespace
}  // namespace coax
