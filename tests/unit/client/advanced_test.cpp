#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/client/client.hpp>
#include <coax/runtime/as_result.hpp>

#include <gtest/gtest.h>

namespace coax {
namespace {

using test::connect;
using test::fake_service;
using test::openai_stream;
using test::openai_text;
using test::run_virtual;

TEST(RawResponse, IsTheBodyWhereAskedAndNothingElse) {
    fake_service service;
    service.then(openai_text("Hi"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        chat_request request{.messages = {user("x")}};
        EXPECT_EQ((co_await llm.chat(request)).raw(), "");
        request.advanced.edit().keep_raw = true;
        EXPECT_EQ((co_await llm.chat(request)).raw(), openai_text("Hi").body);
    }(service));
}

TEST(RawEvents, ComeOneByOneWithWhatTheyShow) {
    fake_service service;
    service.then(openai_stream({"a", "b"}));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        chat_request request{.messages = {user("x")}, .advanced = advanced_options{.keep_raw = true}};
        auto words = co_await llm.stream(request);
        std::vector<std::string> texts;
        std::string events;
        while (auto delta = co_await words.next()) {
            texts.push_back(delta->text);
            events += "data: " + delta->raw_event + "\n\n";
        }
        EXPECT_EQ(texts, (std::vector<std::string>{"a", "b", "", "", ""}));
        EXPECT_EQ(events, openai_stream({"a", "b"}).body);
    }(service));
}

TEST(RawEvents, OfAServerThatDoesNotStreamAreItsWholeResponse) {
    fake_service service;
    service.then(openai_text("Hi"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        chat_request request{.messages = {user("x")}, .advanced = advanced_options{.keep_raw = true}};
        auto words = co_await llm.stream(request);
        EXPECT_EQ((co_await words.finish()).raw(), openai_text("Hi").body);
    }(service));
}

TEST(RequestHeaders, AreSentAndTheirCredentialsAreNotShown) {
    fake_service service;
    service.then(http_response{.status = 400,
                               .headers = {{"x-request-id", "gate-9876"}},
                               .body = R"({"error":{"message":"no tenant gate-9876, team red"}})"});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        chat_request request{.messages = {user("x")}};
        request.advanced.edit().headers = {{"X-Gateway-Token", "gate-9876"}, {"X-Team", "red"}};
        auto const why = (co_await as_result(llm.chat(request))).error();
        EXPECT_EQ(why.service_message, "no tenant [secret], team red");
        EXPECT_EQ(why.request_id, "[secret]");
        EXPECT_EQ(fake.requests().at(0).headers.find("x-gateway-token"), "gate-9876");
    }(service));
}

}  // namespace
}  // namespace coax
