// What Azure AI model inference alone has, of the client against the simulator's independent server half.

#include "support/run_coro.hpp"
#include "support/sim_client.hpp"

#include <coax/client/client.hpp>
#include <coax/client/connection_check.hpp>
#include <coax/provider/embedding.hpp>
#include <coax/provider/model_info.hpp>
#include <coax/runtime/as_result.hpp>

#include <gmock/gmock.h>

namespace coax {
namespace {

class AzureAiOverHttp : public testing::TestWithParam<char const*> {
protected:
    /// Runs `body` with a client whose address is a resource's, or a model's own.
    template <class Body>
    void with_azure_ai(Body body) {
        sim::server const server{{.tls = true, .api_key = "sk-sim", .models = {"dep", "embed"}}};
        auto options = test::options_for(test::azure_ai_form, server);
        options.service.provider.base_url = server.url() + GetParam();
        test::run_coro([](client_options wanted, Body inner) -> asio::awaitable<void> {
            client llm{co_await asio::this_coro::executor, std::move(wanted)};
            co_await inner(llm);
        }(std::move(options), std::move(body)));
    }
};
INSTANTIATE_TEST_SUITE_P(Addresses, AzureAiOverHttp, testing::Values("/models", ""),
                         [](auto const& row) { return *row.param == '\0' ? "of_a_model" : "of_a_resource"; });

TEST_P(AzureAiOverHttp, TellsOfItsModelAndItsWrongOnes) {
    with_azure_ai([](client& llm) -> asio::awaitable<void> {
        auto const models = co_await llm.models();
        EXPECT_EQ(models.size(), 1U);
        EXPECT_EQ(models.front().id, "dep");
        auto const found = co_await llm.check_connection();
        EXPECT_TRUE(found.ok()) << to_string(found);
        auto const other = co_await as_result(llm.chat({.model = "other", .messages = {user("Hi")}}));
        EXPECT_EQ(other.error().code, errc::not_found);
        EXPECT_EQ(other.error().service_code, "DeploymentNotFound");
    });
}

TEST_P(AzureAiOverHttp, PassesThroughWhatItsApiDoesNotDefine) {
    with_azure_ai([](client& llm) -> asio::awaitable<void> {
        chat_request request{.messages = {user("Hi")}};
        request.extra = json_value::parse(R"({"safe_prompt":true})").value();
        auto const passed = co_await as_result(llm.chat(request));
        EXPECT_TRUE(passed) << passed.error();
    });
}

TEST_P(AzureAiOverHttp, EmbedsForWhatItIsToldTo) {
    with_azure_ai([](client& llm) -> asio::awaitable<void> {
        auto const found = co_await llm.embed({.texts = {"a cat", "a dog"}, .model = "embed", .dimensions = 8});
        EXPECT_EQ(found.vectors.size(), 2U);
        EXPECT_EQ(found.vectors[1].value().size(), 8U);
    });
}

}  // namespace
}  // namespace coax
