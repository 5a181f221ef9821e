// What Gemini and Vertex AI alone have, of the client against the simulator's independent server half.

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

/// Rows: the service, and the form of its schemas.
struct gemini_form {
    char const* service;
    char const* schema_form;
};
void PrintTo(gemini_form const& row, std::ostream* out) { *out << row.service << "_" << row.schema_form; }
class GeminiOverHttp : public testing::TestWithParam<gemini_form> {
protected:
    template <class Body>
    void with_gemini(Body body, std::string model = "gemini-3.6-flash") {
        sim::server const server{{.api_key = "sk-sim"}};
        auto const& form = *std::ranges::find_if(
            test::wire_forms, [](auto const& one) { return one.service == std::string_view{GetParam().service}; });
        auto options = test::options_for(form, server);
        options.service.provider.schema_form = GetParam().schema_form;
        options.service.model = std::move(model);
        test::run_coro([](client_options wanted, Body inner) -> asio::awaitable<void> {
            client llm{co_await asio::this_coro::executor, std::move(wanted)};
            co_await inner(llm);
        }(std::move(options), std::move(body)));
    }
};

INSTANTIATE_TEST_SUITE_P(Rows, GeminiOverHttp,
                         testing::Values(gemini_form{"gemini", "json_schema"}, gemini_form{"gemini", "open_api"},
                                         gemini_form{"vertex", "json_schema"}),
                         [](auto const& row) { return std::string{row.param.service} + "_" + row.param.schema_form; });

TEST_P(GeminiOverHttp, ShowsThoughtsAndCountsThem) {
    with_gemini([](client& llm) -> asio::awaitable<void> {
        chat_request request{.messages = {user("Think.")}, .reasoning_effort = "low"};
        auto const whole = co_await llm.chat(request);
        EXPECT_FALSE(whole.reasoning.empty());
        EXPECT_GT(whole.usage.reasoning_tokens, 0);
        auto words = co_await llm.stream(request);
        auto const streamed = co_await words.finish();
        EXPECT_EQ(streamed.reasoning, whole.reasoning);
        EXPECT_EQ(streamed.usage, whole.usage);
    });
}

/// The simulator demands the signature of each step of a turn back, but of the older models.
TEST_P(GeminiOverHttp, CallsToolsRoundAfterRoundWithTheirSignatures) {
    auto const talk = [](client& llm) -> asio::awaitable<void> {
        chat_request request{.messages = {user("Where can I sit in Oslo?")}};
        request.tools = {
            {.name = "find_park", .parameters = R"({"type":"object","properties":{"city":{"type":"string"}}})"}};
        request.tool_choice.mode = tool_choice_mode::required;
        for (int round = 0; round < 3; ++round) {
            auto const answer = co_await llm.chat(request);
            EXPECT_EQ(answer.tool_calls.size(), 1U);
            if (answer.tool_calls.empty()) co_return;
            request.messages.push_back(to_message(answer));
            request.messages.push_back(tool_result(answer.tool_calls[0].id, "Frogner"));
        }
        request.tool_choice.mode = tool_choice_mode::automatic;
        auto const answer = co_await llm.chat(request);
        EXPECT_NE(answer.text.find("Frogner"), std::string::npos) << answer.text;
    };
    with_gemini(talk, "gemini-3.6-flash");
    with_gemini(talk, "gemini-2.5-flash");
}

TEST_P(GeminiOverHttp, MakesSeveralChoicesAndTellsHowLikelyTheyAre) {
    with_gemini([](client& llm) -> asio::awaitable<void> {
        chat_request request{.messages = {user("Hi")},
                             .advanced = advanced_options{.n = 3, .logprobs = true, .top_logprobs = 2}};
        auto const answer = co_await llm.chat(request);
        EXPECT_EQ(answer.details->choices.size(), 2U);
        std::string text;
        for (auto const& token : answer.details->logprobs) {
            text += token.token;
            EXPECT_EQ(token.top.size(), 2U);
        }
        EXPECT_EQ(text, answer.text);
        request.advanced.edit().n = 1;
        auto const one = co_await llm.chat(request);
        auto words = co_await llm.stream(request);
        auto const streamed = co_await words.finish();
        EXPECT_FALSE(streamed.details->logprobs.empty());
        EXPECT_EQ(streamed.details->logprobs, one.details->logprobs);
    });
}

TEST_P(GeminiOverHttp, TakesImagesFilesAndSound) {
    with_gemini([](client& llm) -> asio::awaitable<void> {
        auto const png = image_bytes("\x89PNG\r\n\x1A\n...."sv);
        auto pdf = pdf_bytes("%PDF-1.7 ...", "a.pdf");
        auto wav = audio_bytes("RIFF\x24\x00\x00\x00WAVEfmt "sv);
        std::vector<content_part> const parts{
            png,
            image_part{.url = "https://x/y.png"},
            std::move(pdf),
            std::move(wav),
            file_part{.text = "Plain."},
            file_part{.media_type = "application/pdf", .file_id = "https://x/v1beta/files/a"}};
        for (auto const& part : parts) {
            chat_request const request{.messages = {{.parts = {text_part{"Look."}, part}}}};
            auto const answer = co_await as_result(llm.chat(request));
            EXPECT_TRUE(answer) << answer.error();
        }
    });
}

}  // namespace
}  // namespace coax
