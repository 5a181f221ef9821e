// Embeddings, reranking, models and checks of the client against the simulator's independent server half, over TLS.

#include "support/run_coro.hpp"
#include "support/sim_client.hpp"

#include <coax/client/client.hpp>
#include <coax/client/connection_check.hpp>
#include <coax/provider/embedding.hpp>
#include <coax/provider/model_info.hpp>
#include <coax/provider/rerank.hpp>
#include <coax/runtime/as_result.hpp>

#include <gmock/gmock.h>

#include <algorithm>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::options_for;
using test::run_coro;
using test::wire_form;

wire_form const& form_of(std::string_view name) {
    return *std::ranges::find_if(test::wire_forms, [name](auto const& form) { return form.name == name; });
}

/// Runs `body` with a client of that form.
template <class Body>
void run_with_client(std::string_view form, sim::server const& server, Body body) {
    run_coro([](client_options options, Body inner) -> asio::awaitable<void> {
        client llm{co_await asio::this_coro::executor, std::move(options)};
        co_await inner(llm);
    }(options_for(form_of(form), server), std::move(body)));
}

std::vector<std::string> numbered_posts(std::size_t count) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i) texts.push_back("Post number " + std::to_string(i) + " is about cats.");
    return texts;
}

class EmbeddingService : public testing::TestWithParam<char const*> {};

TEST_P(EmbeddingService, GivesTheSameVectorsInEveryEncoding) {
    sim::server const server{{.tls = true, .api_key = "sk-sim", .record_requests = 8}};
    run_with_client(GetParam(), server, [](client& llm) -> asio::awaitable<void> {
        embedding_request request{.texts = {"the red cat sleeps", "the red cat eats", "stock markets fell"}};
        auto const usual = co_await llm.embed(request);
        request.encoding = embedding_encoding::numbers;
        auto const numbers = co_await llm.embed(request);
        request.encoding = embedding_encoding::base64;
        auto const base64 = co_await llm.embed(request);
        EXPECT_GT(usual.usage.input_tokens, 0);
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(usual.vectors[i].value().size(), 1536U);
            EXPECT_EQ(numbers.vectors[i].value(), base64.vectors[i].value());
            EXPECT_EQ(usual.vectors[i].value(), base64.vectors[i].value());
        }
        EXPECT_GT(cosine_similarity(*usual.vectors[0], *usual.vectors[1]), 0.5);
        EXPECT_LT(cosine_similarity(*usual.vectors[0], *usual.vectors[2]), 0.3);
        request.dimensions = 64;
        auto const shorter = co_await llm.embed(request);
        EXPECT_EQ(shorter.vectors[2].value().size(), 64U);
    });
}

TEST_P(EmbeddingService, HundredTextsSurviveFaults) {
    sim::options wanted{.tls = true, .seed = 7, .api_key = "sk-sim"};
    for (auto const kind : {sim::fault_kind::reset, sim::fault_kind::malformed_json, sim::fault_kind::overloaded,
                            sim::fault_kind::truncated_body, sim::fault_kind::http_status})
        wanted.faults.push_back({.kind = kind, .probability = 0.08, .wait = 1ms, .at_byte = 40});
    sim::server const server{std::move(wanted)};
    auto options = options_for(form_of(GetParam()), server);
    options.policies.retry.max_attempts = 12;
    run_coro([](client_options chosen) -> asio::awaitable<void> {
        client const llm{co_await asio::this_coro::executor, std::move(chosen)};
        auto const texts = numbered_posts(100);
        embedding_request request{.texts = texts, .dimensions = 32, .max_texts_per_request = 3};
        auto const response = co_await llm.embed(request);
        request.texts = {texts[0], texts[42], texts[99]};
        auto const alone = co_await llm.embed(request);
        std::size_t lost = 0;
        for (auto const& one : response.vectors) {
            lost += !one;
            if (!one) EXPECT_EQ(one.error().code, errc::protocol_error) << one.error();  // paid for, not asked again
        }
        EXPECT_LT(lost, 30U);
        EXPECT_GT(response.attempts, 34);
        for (std::size_t i : {0U, 42U, 99U})
            if (auto const& vector = response.vectors[i]; vector && alone.vectors[i == 0 ? 0 : i == 42 ? 1 : 2])
                EXPECT_EQ(*vector, *alone.vectors[i == 0 ? 0 : i == 42 ? 1 : 2]);
    }(std::move(options)));
}

INSTANTIATE_TEST_SUITE_P(Rows, EmbeddingService,
                         testing::Values("openai", "azure_deployment", "azure_v1", "azure_v1_bearer", "compatible"),
                         [](auto const& row) { return std::string(row.param); });

TEST(EmbeddingLimits, OfTheServiceAreKept) {
    sim::server const server{{.api_key = "sk-sim", .record_requests = 64}};
    run_with_client("openai", server, [](client& llm) -> asio::awaitable<void> {
        std::vector<std::string> many(2'100, "a");
        many.push_back(std::string(40'000, 'x'));  // more than 8,192 tokens
        many.emplace_back(24'000, 'y');
        for (int i = 0; i < 40; ++i) many.emplace_back(30'000, 'z');  // 300,000 tokens together
        auto const response = co_await llm.embed(embedding_request{.texts = many, .dimensions = 8});
        std::size_t failed = 0;
        for (auto const& one : response.vectors) failed += !one;
        EXPECT_EQ(failed, 1U);
        EXPECT_EQ(response.vectors[2'100].error().code, errc::context_too_long);
    });
    for (auto const& request : server.requests()) EXPECT_LT(request.body.size(), 1'300'000U);
}

TEST(EmbeddingLimits, WrongDimensionsAreTheErrorOfEachText) {
    sim::server const server{{.api_key = "sk-sim"}};
    run_with_client("openai", server, [](client& llm) -> asio::awaitable<void> {
        auto const response = co_await llm.embed(
            embedding_request{.texts = numbered_posts(40), .model = "text-embedding-3-small", .dimensions = 1'537});
        for (auto const& one : response.vectors) EXPECT_TRUE(!one && one.error().code == errc::bad_request);
        EXPECT_THAT(response.vectors[7].error().service_message, testing::HasSubstr("less than or equal to 1536"));
        EXPECT_LE(response.attempts, 64);
    });
}

TEST(RerankService, OrdersDocuments) {
    sim::server const server{{.api_key = "sk-sim"}};
    run_with_client("compatible", server, [](client& llm) -> asio::awaitable<void> {
        rerank_request request{.query = "red cats", .documents = {"stock markets", "red cats sleep", "a red car"}};
        auto const all = co_await llm.rerank(request);
        EXPECT_EQ(all.documents.size(), 3U);
        EXPECT_EQ(all.documents[0].index, 1U);
        EXPECT_EQ(all.documents[1].index, 2U);
        EXPECT_GT(all.usage.input_tokens, 0);
        EXPECT_EQ(all.attempts, 1);
        request.top_n = 1;
        auto const best = co_await llm.rerank(request);
        EXPECT_EQ(best.documents.size(), 1U);
        EXPECT_EQ(best.documents[0], all.documents[0]);
    });
}

// ---- around the calls ----------------------------------------------------------------------------------------------

class AroundTheCalls : public testing::TestWithParam<wire_form> {};

TEST_P(AroundTheCalls, ListsModels) {
    sim::options wanted{.tls = true, .api_key = "sk-sim"};
    for (int i = 0; i < 1'050; ++i) wanted.models.push_back("model-" + std::to_string(i));
    sim::server const server{std::move(wanted)};
    run_with_client(GetParam().name, server, [](client& llm) -> asio::awaitable<void> {
        auto const models = co_await llm.models();
        EXPECT_EQ(models.size(), 1'050U);
        EXPECT_EQ(models.back().id, "model-1049");
        bool const is_google = GetParam().service == "gemini" || GetParam().service == "vertex";
        EXPECT_EQ(models.front().created.has_value(), !is_google) << "Google tells none";
    });
}

TEST_P(AroundTheCalls, ChecksTheConnection) {
    sim::server const server{{.api_key = "sk-sim", .models = {"dep", "other"}}};
    run_with_client(GetParam().name, server, [](client& llm) -> asio::awaitable<void> {
        auto const found = co_await llm.check_connection();
        EXPECT_TRUE(found.ok()) << to_string(found);
        EXPECT_EQ(found.address, check_state::ok);
        EXPECT_EQ(found.key, check_state::ok);
        EXPECT_EQ(found.model, check_state::ok);
        EXPECT_EQ(found.model_name, "dep");
        auto const health = co_await llm.health();
        EXPECT_TRUE(health.ok);
        EXPECT_FALSE(health.circuit_open);
        EXPECT_GE(health.statistics.attempts, 2U);
    });
}

TEST_P(AroundTheCalls, NamesTheWrongKey) {
    sim::server const server{{.api_key = "sk-another"}};
    run_with_client(GetParam().name, server, [](client& llm) -> asio::awaitable<void> {
        auto const found = co_await llm.check_connection();
        EXPECT_EQ(found.address, check_state::ok);
        EXPECT_EQ(found.key, check_state::wrong);
        EXPECT_EQ(found.model, check_state::unknown);
        EXPECT_EQ(found.why->code, errc::authentication);
        EXPECT_EQ(to_string(found).find("sk-sim"), std::string::npos);
        auto const health = co_await llm.health();
        EXPECT_FALSE(health.ok);
        EXPECT_EQ(health.why->code, errc::authentication);
    });
}

TEST_P(AroundTheCalls, NamesTheWrongModel) {
    sim::server const server{{.api_key = "sk-sim", .models = {"gpt-x", "gpt-y"}}};
    run_with_client(GetParam().name, server, [](client& llm) -> asio::awaitable<void> {
        auto const found = co_await llm.check_connection();
        EXPECT_EQ(found.address, check_state::ok);
        EXPECT_EQ(found.key, check_state::ok);
        EXPECT_EQ(found.model, check_state::wrong);
        EXPECT_EQ(found.why->code, errc::not_found);
        EXPECT_THAT(found.models, testing::ElementsAre("gpt-x", "gpt-y"));
        EXPECT_THAT(to_string(found), testing::HasSubstr("models   gpt-x, gpt-y"));
        EXPECT_EQ(llm.statistics().retries, 0U);
    });
}

TEST_P(AroundTheCalls, NamesTheWrongAddress) {
    sim::server const server{{.tls = true, .api_key = "sk-sim"}};
    auto refused = options_for(GetParam(), server);
    refused.service.provider.base_url = "https://127.0.0.1:1/v1";
    if (GetParam().service == "azure") refused.service.provider.base_url = "https://127.0.0.1:1";
    auto untrusted = options_for(GetParam(), server);
    untrusted.http.ca_pem.clear();
    auto elsewhere = options_for(GetParam(), server);
    elsewhere.service.provider.base_url = server.url() + "/elsewhere";
    for (auto const& options : {refused, untrusted}) {
        run_coro([](client_options chosen) -> asio::awaitable<void> {
            client const llm{co_await asio::this_coro::executor, std::move(chosen)};
            auto const found = co_await llm.check_connection();
            EXPECT_EQ(found.address, check_state::wrong) << to_string(found);
            EXPECT_EQ(found.key, check_state::unknown);
            EXPECT_TRUE(found.why->code == errc::connect_failed || found.why->code == errc::tls_failed) << *found.why;
            EXPECT_FALSE((co_await llm.health()).ok);
        }(options));
    }
}

TEST_P(AroundTheCalls, TroubleOfTheServiceIsToldApart) {
    sim::server const server{{.tls = true, .handler = [](sim::recorded_request const&) {
                                  return std::optional{sim::scripted_response{.status = 503, .body = "{}"}};
                              }}};
    run_with_client(GetParam().name, server, [](client& llm) -> asio::awaitable<void> {
        auto const found = co_await llm.check_connection();
        EXPECT_FALSE(found.ok());
        EXPECT_EQ(found.address, check_state::ok);
        EXPECT_EQ(found.key, check_state::unknown);
        EXPECT_EQ(found.why->code, errc::overloaded);
    });
}

TEST_P(AroundTheCalls, TellsWhatItIsSetTo) {
    sim::server const server;
    run_with_client(GetParam().name, server, [](client& llm) -> asio::awaitable<void> {
        auto const info = llm.info();
        EXPECT_EQ(info.service, GetParam().service);
        EXPECT_THAT(info.address,
                    testing::AnyOf(testing::EndsWith("/chat/completions"), testing::EndsWith("/responses"),
                                   testing::EndsWith("/messages"), testing::EndsWith(":generateContent")));
        EXPECT_EQ(info.model, "dep");
        EXPECT_EQ(info.key, "set");
        EXPECT_EQ(info.options.find("sk-sim"), std::string::npos);
        EXPECT_THAT(info.options, testing::HasSubstr("service.model: dep"));
        co_return;
    });
}

INSTANTIATE_TEST_SUITE_P(Rows, AroundTheCalls, testing::ValuesIn(test::wire_forms),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(CheckOfAnAddress, WithAnotherServiceBehindIt) {
    sim::server const server{{.handler = [](sim::recorded_request const&) {
        return std::optional{sim::scripted_response{.headers = {{"content-type", "text/html"}}, .body = "<html>Hi"}};
    }}};
    run_with_client("openai", server, [](client& llm) -> asio::awaitable<void> {
        auto const found = co_await llm.check_connection();
        EXPECT_EQ(found.address, check_state::wrong);
        EXPECT_EQ(found.why->code, errc::protocol_error);
    });
}

TEST(CheckOfAnAddress, WithNothingAtItsPath) {
    sim::server const server{{.handler = [](sim::recorded_request const&) {
        return std::optional{sim::scripted_response{.status = 404, .body = "not here"}};
    }}};
    run_with_client("compatible", server, [](client& llm) -> asio::awaitable<void> {
        auto const found = co_await llm.check_connection();
        EXPECT_EQ(found.address, check_state::wrong);
        EXPECT_EQ(found.why->code, errc::not_found);
    });
}

TEST(CheckOfAServer, WithoutAListOfModels) {
    sim::server const server{
        {.handler = [](sim::recorded_request const& request) -> std::optional<sim::scripted_response> {
            if (request.method == "GET") return sim::scripted_response{.status = 404, .body = "{}"};
            return std::nullopt;
        }}};
    run_with_client("compatible", server, [](client& llm) -> asio::awaitable<void> {
        auto const found = co_await llm.check_connection();
        EXPECT_TRUE(found.ok()) << to_string(found);
        EXPECT_TRUE((co_await llm.health()).ok) << "it answers";
    });
}

TEST(CountTokens, IsTheServicesOwn) {
    sim::server const server{{.api_key = "sk-sim", .record_requests = 4}};
    for (auto const* form : {"anthropic", "anthropic_2026", "openai", "openai_responses", "gemini", "vertex"})
        run_with_client(form, server, [](client& llm) -> asio::awaitable<void> {
            chat_request request{.max_output_tokens = 50};
            request.messages = {system("Be brief."), user(std::string(400, 'a'))};
            auto const count = co_await llm.count_tokens(request);
            EXPECT_GE(count, 100);
            EXPECT_LT(co_await llm.count_tokens("four"), count);
            auto const answer = co_await llm.chat(request);
            EXPECT_EQ(answer.usage.input_tokens, count);
        });
    run_with_client("compatible", server, [](client& llm) -> asio::awaitable<void> {
        auto const none = co_await as_result(llm.count_tokens("x"));
        EXPECT_EQ(none.error().code, errc::invalid_argument);
        EXPECT_THAT(none.error().message, testing::HasSubstr("compatible"));
    });
}

}  // namespace
}  // namespace coax
