// Content, request options and the prompt cache of the client against the simulator's independent server half.

#include "support/run_coro.hpp"
#include "support/sim_client.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/chat/content_file.hpp>
#include <coax/chat/response_details.hpp>
#include <coax/client/client.hpp>
#include <coax/runtime/as_result.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace coax {
namespace {

using namespace std::string_view_literals;
using test::options_for;
using test::run_coro;
using test::wire_form;

class ContentOnEveryService : public testing::TestWithParam<wire_form> {
protected:
    /// Runs `body` with a client of the row's service.
    template <class Body>
    void with_client(Body body) {
        sim::server server{{.api_key = "sk-sim"}};
        run_coro([](client_options options, Body inner) -> asio::awaitable<void> {
            client llm{co_await asio::this_coro::executor, std::move(options)};
            co_await inner(llm);
        }(options_for(GetParam(), server), std::move(body)));
    }

    [[nodiscard]] static bool is_anthropic() { return GetParam().service == "anthropic"; }
};

/// Those of chat completions and of Messages.
std::vector<wire_form> forms() {
    std::vector<wire_form> wanted;
    for (auto const& form : test::wire_forms)
        if (form.service != "gemini" && form.service != "vertex" &&
            std::string_view{form.name}.find("responses") == std::string_view::npos)
            wanted.push_back(form);
    return wanted;
}

INSTANTIATE_TEST_SUITE_P(Forms, ContentOnEveryService, testing::ValuesIn(forms()),
                         [](auto const& row) { return std::string(row.param.name); });

chat_request showing(content_part part) { return {.messages = {{.parts = {text_part{"Look."}, std::move(part)}}}}; }

TEST_P(ContentOnEveryService, TakesImagesAndDocuments) {
    with_client([](client& llm) -> asio::awaitable<void> {
        auto const png = image_bytes("\x89PNG\r\n\x1A\n...."sv);
        auto pdf = pdf_bytes("%PDF-1.7 ...", "a.pdf");
        std::vector<content_part> const parts{png, image_part{.url = "https://x/y.png"}, std::move(pdf),
                                              file_part{.text = "Plain."}, file_part{.file_id = "file-1"}};
        for (auto const& part : parts) {
            auto const answer = co_await as_result(llm.chat(showing(part)));
            EXPECT_TRUE(answer) << to_string(answer.error());
            if (answer) EXPECT_GT(answer->usage.input_tokens, 100);
        }
    });
}

TEST_P(ContentOnEveryService, TakesSoundOrRefusesItBeforeSending) {
    with_client([](client& llm) -> asio::awaitable<void> {
        auto const answer = co_await as_result(llm.chat(showing(audio_bytes("RIFF\0\0\0\0WAVEfmt "sv))));
        EXPECT_EQ(answer.has_value(), !is_anthropic());
        if (!answer) EXPECT_EQ(answer.error().where, "messages[0].parts[1]");
        EXPECT_EQ(llm.statistics().attempts, is_anthropic() ? 0U : 1U);
    });
}

TEST_P(ContentOnEveryService, KeepsTheRawResponseWhereAsked) {
    with_client([](client& llm) -> asio::awaitable<void> {
        chat_request request{.messages = {user("Hi")}};
        EXPECT_EQ((co_await llm.chat(request)).raw(), "");
        request.advanced.edit().keep_raw = true;
        auto const kept = co_await llm.chat(request);
        auto const raw = json_value::parse(kept.raw());
        EXPECT_TRUE(raw && raw->is_object());
        EXPECT_NE(kept.raw().find(kept.id), std::string::npos);
    });
}

TEST_P(ContentOnEveryService, ShowsEachEventAsItCameWhereAsked) {
    with_client([](client& llm) -> asio::awaitable<void> {
        chat_request request{.messages = {user("Hi")}, .advanced = advanced_options{.keep_raw = true}};
        auto words = co_await llm.stream(request);
        std::string text;
        std::size_t events = 0;
        std::size_t silent = 0;
        while (auto delta = co_await words.next()) {
            text += delta->text;
            events += delta->raw_event.empty() ? 0 : 1;
            silent += delta->text.empty() ? 1 : 0;
        }
        EXPECT_GT(events, 3U);
        EXPECT_GT(silent, 0U);
        EXPECT_EQ((co_await words.finish()).text, text);
    });
}

TEST_P(ContentOnEveryService, StreamsToolCallsPieceByPiece) {
    with_client([](client& llm) -> asio::awaitable<void> {
        chat_request request{.messages = {user("What is the weather in Oslo?")},
                             .tools = {{.name = "weather",
                                        .parameters = R"({"type":"object","properties":{"city":{"type":"string"}},)"
                                                      R"("required":["city"],"additionalProperties":false})"}}};
        auto words = co_await llm.stream(request);
        std::string arguments;
        std::string id;
        std::string name;
        while (auto delta = co_await words.next())
            for (auto const& piece : delta->tool_calls) {
                arguments += piece.arguments;
                id = piece.id;
                name = piece.name;
            }
        auto const whole = co_await words.finish();
        EXPECT_EQ(whole.tool_calls, (std::vector<tool_call>{{.id = id, .name = name, .arguments = arguments}}));
        EXPECT_EQ(name, "weather");
    });
}

TEST_P(ContentOnEveryService, MakesSeveralChoicesAndTellsHowLikelyTheyAre) {
    if (is_anthropic()) GTEST_SKIP() << "makes one and tells nothing";
    with_client([](client& llm) -> asio::awaitable<void> {
        chat_request const request{.messages = {user("Hi")},
                                   .advanced = advanced_options{.n = 3, .logprobs = true, .top_logprobs = 2}};
        auto const answer = co_await llm.chat(request);
        EXPECT_EQ(answer.details->choices.size(), 2U);
        std::string text;
        for (auto const& token : answer.details->logprobs) {
            text += token.bytes;
            EXPECT_EQ(token.top.size(), 2U);
            EXPECT_LE(token.logprob, 0);
        }
        EXPECT_EQ(text, answer.text);
        for (auto const& choice : answer.details->choices) {
            EXPECT_FALSE(choice.text.empty());
            EXPECT_FALSE(choice.logprobs.empty());
        }
    });
}

TEST_P(ContentOnEveryService, StreamsLogprobsToo) {
    if (is_anthropic()) GTEST_SKIP() << "tells none";
    with_client([](client& llm) -> asio::awaitable<void> {
        chat_request request{.messages = {user("Hi")}, .advanced = advanced_options{.logprobs = true}};
        auto const whole = co_await llm.chat(request);
        auto words = co_await llm.stream(request);
        auto const streamed = co_await words.finish();
        EXPECT_FALSE(streamed.details->logprobs.empty());
        EXPECT_EQ(streamed.details->logprobs, whole.details->logprobs);
    });
}

TEST_P(ContentOnEveryService, TakesEveryOptionItKnows) {
    with_client([](client& llm) -> asio::awaitable<void> {
        chat_request request{.messages = {user("Hi")}, .max_output_tokens = 3'000};
        auto& options = request.advanced.edit();
        options.service_tier = "auto";
        if (is_anthropic()) {
            options.thinking = {.mode = thinking_mode::budget, .budget_tokens = 2'000, .show = true};
        } else {
            options.logit_bias = {{50'256, -100}};
            options.verbosity = "low";
            options.store = false;
            options.prediction = "Hello";
            options.safety_identifier = "user-1";
            options.prompt_cache_key = "key";
        }
        auto const answer = co_await as_result(llm.chat(request));
        EXPECT_TRUE(answer) << to_string(answer.error());
        if (answer) EXPECT_EQ(answer->service_tier, is_anthropic() ? "standard" : "default");
    });
}

TEST_P(ContentOnEveryService, HandsThoughtsBackWithTheResultsOfTools) {
    if (!is_anthropic()) GTEST_SKIP() << "wants none back";
    with_client([](client& llm) -> asio::awaitable<void> {
        chat_request request{.messages = {user("What is the weather in Oslo?")},
                             .max_output_tokens = 3'000,
                             .tools = {{.name = "weather", .parameters = R"({"type":"object","properties":{}})"}},
                             .advanced = advanced_options{.thinking = {.mode = thinking_mode::adaptive}}};
        auto const asked = co_await llm.chat(request);
        EXPECT_FALSE(asked.reasoning.empty());
        EXPECT_EQ(asked.tool_calls.size(), 1U);
        request.messages.push_back(to_message(asked));
        request.messages.push_back(tool_result(asked.tool_calls.at(0).id, "4 degrees"));
        EXPECT_TRUE(co_await as_result(llm.chat(request)));
        auto forgotten = request;
        forgotten.messages[1].raw_content = {};
        EXPECT_EQ((co_await as_result(llm.chat(forgotten))).error().code, errc::bad_request);
        auto forged = request;
        auto text = asked.raw_content.text();
        text.replace(text.find("\"Eq"), 4, "\"EqX");
        forged.messages[1].raw_content = json_value::parse(text).value();
        EXPECT_EQ((co_await as_result(llm.chat(forged))).error().code, errc::bad_request);
    });
}

TEST_P(ContentOnEveryService, CitesADocument) {
    if (!is_anthropic()) GTEST_SKIP() << "cites none";
    with_client([](client& llm) -> asio::awaitable<void> {
        auto const request = showing(file_part{.name = "Grass", .text = "Grass is green.", .citations = true});
        auto const whole = co_await llm.chat(request);
        citation const expected{.kind = "char_location",
                                .text = "Grass is green.",
                                .title = "Grass",
                                .document = 0,
                                .begin = 0,
                                .end = 15,
                                .text_begin = 0,
                                .text_end = whole.text.size()};
        EXPECT_EQ(whole.details->citations, std::vector{expected});
        auto words = co_await llm.stream(request);
        EXPECT_EQ((co_await words.finish()).details->citations, std::vector{expected});
        auto again = request;
        again.messages.push_back(to_message(whole));
        again.messages.push_back(user("Go on."));
        EXPECT_TRUE(co_await as_result(llm.chat(again)));
    });
}

TEST_P(ContentOnEveryService, ReadsAMarkedPrefixFromTheCache) {
    bool const is_openai = GetParam().service == "openai";
    if (!is_anthropic() && !is_openai) GTEST_SKIP() << "knows no marks";
    with_client([](client& llm) -> asio::awaitable<void> {
        chat_request request{.model = is_anthropic() ? "claude-sonnet-5" : "gpt-6-sol",
                             .messages = {system(std::string(8'000, 's')), user("First?")},
                             .cache_prefix = true};
        auto const first = (co_await llm.chat(request)).usage;
        EXPECT_EQ(first.cached_input_tokens, 0);
        EXPECT_GE(first.cache_write_tokens, 2'000);
        request.messages[1].text = "Second?";
        auto const second = (co_await llm.chat(request)).usage;
        EXPECT_EQ(second.cached_input_tokens, first.cache_write_tokens);
        EXPECT_EQ(second.cache_write_tokens, 0);
        EXPECT_NEAR(static_cast<double>(second.input_tokens), static_cast<double>(first.input_tokens), 4);
        request.cache_prefix = false;
        if (is_anthropic()) EXPECT_EQ((co_await llm.chat(request)).usage.cached_input_tokens, 0);
    });
}

}  // namespace
}  // namespace coax
