#include "client/embedding_split.hpp"
#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/client/client.hpp>
#include <coax/provider/embedding.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/clock.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::connect;
using test::openai_error;
using test::run_virtual;

// ---- which texts go together ---------------------------------------------------------------------------------------

struct split_case {
    char const* name;
    std::vector<std::string> texts;
    embedding_limits limits;
    std::vector<std::vector<std::size_t>> expected;
};
void PrintTo(split_case const& row, std::ostream* out) { *out << row.name; }
class SplitTexts : public testing::TestWithParam<split_case> {};

TEST_P(SplitTexts, FollowsTheTable) {
    EXPECT_EQ(detail::split_texts(GetParam().texts, GetParam().limits), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, SplitTexts,
    testing::Values(split_case{"nothing", {}, {}, {}}, split_case{"one", {"a"}, {}, {{0}}},
                    split_case{"by_count", {"a", "b", "c", "d", "e"}, {.texts = 2}, {{0, 1}, {2, 3}, {4}}},
                    split_case{"by_tokens", {"aaa", "bbb", "cccc"}, {.tokens = 2}, {{0, 1}, {2}}},
                    split_case{"one_token_at_least", {"a", "b", "c"}, {.tokens = 2}, {{0, 1}, {2}}},
                    split_case{"too_long_goes_alone", {"a", std::string(30, 'x'), "b"}, {.tokens = 5}, {{0}, {1}, {2}}},
                    split_case{"just_fits", {std::string(15, 'x'), "b"}, {.tokens = 5}, {{0}, {1}}},
                    split_case{"without_empty_ones", {"", "a", "", "b", ""}, {}, {{1, 3}}},
                    split_case{"all_empty", {"", ""}, {}, {}}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(EmbeddingLimits, AreTheServicesUnlessOverridden) {
    embedding_limits const service{.texts = 2048, .tokens = 300'000};
    std::size_t const plenty = std::size_t{1} << 32U;
    auto const plain = detail::limits_of_request({}, service, plenty);
    EXPECT_EQ(plain.texts, 2048U);
    EXPECT_EQ(plain.tokens, 300'000);
    auto const own =
        detail::limits_of_request({.max_texts_per_request = 5'000, .max_tokens_per_request = 7}, service, 1);
    EXPECT_EQ(own.texts, 5'000U);
    EXPECT_EQ(own.tokens, 7);
    EXPECT_EQ(detail::limits_of_request({.dimensions = 1'000}, service, 1'400'000).texts, 100U)
        << "so many vectors, written as numbers, fit the response";
    EXPECT_EQ(detail::limits_of_request({}, service, 1).texts, 1U);
}

TEST(SplitRule, BlamesTextsOnlyForWhatMayBeTheirs) {
    auto const splits = [](error const& why, std::size_t count) { return detail::split_rule{}.splits(why, count); };
    EXPECT_TRUE(splits({.code = errc::context_too_long, .http_status = 400}, 2));
    EXPECT_TRUE(splits({.code = errc::bad_request, .http_status = 413}, 2));
    EXPECT_TRUE(splits({.code = errc::bad_request, .http_status = 422}, 2));
    EXPECT_FALSE(splits({.code = errc::context_too_long, .http_status = 400}, 1)) << "nothing is left to split";
    EXPECT_FALSE(splits({.code = errc::bad_request, .http_status = 405}, 2));
    EXPECT_FALSE(splits({.code = errc::authentication, .http_status = 401}, 2));
    EXPECT_FALSE(splits({.code = errc::server_error, .http_status = 500}, 2));
    EXPECT_FALSE(splits({.code = errc::timeout}, 2));
}

TEST(SplitRule, GivesUpWhereNoRequestEverSucceeds) {
    error const refused{.code = errc::bad_request, .http_status = 400};
    detail::split_rule rule;
    for (int i = 1; i < 32; ++i) EXPECT_TRUE(rule.splits(refused, 2)) << i;
    EXPECT_FALSE(rule.splits(refused, 2));
    detail::split_rule other;
    other.on_success();
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(other.splits(refused, 2));
}

// ---- the client ----------------------------------------------------------------------------------------------------

/// A service whose vector of a text is its length and its first byte; what it does besides is a function.
class embedding_service {
public:
    using texts = std::vector<std::string>;
    /// The response in the place of the vectors, for the n-th request, from 1; nothing: the vectors.
    using script = std::function<std::optional<memory_transport::timed_response>(int number, texts const& asked)>;

    explicit embedding_service(script changes = {}) : changes_{std::move(changes)} {}

    [[nodiscard]] client_options options() {
        client_options made{.service = {.api_key = "sk-test", .embedding_model = "e"}};
        made.service.transport = std::make_shared<memory_transport>(
            [this](http_request const& request) -> result<memory_transport::timed_response> {
                auto const body = boost::json::parse(request.body);
                texts asked;
                for (auto const& text : body.at("input").as_array()) asked.emplace_back(text.as_string().c_str());
                requests.push_back(asked);
                models.emplace_back(body.at("model").as_string().c_str());
                if (changes_)
                    if (auto change = changes_(static_cast<int>(requests.size()), asked)) return *std::move(change);
                return memory_transport::timed_response{.response = vectors_of(asked)};
            });
        return made;
    }

    static http_response vectors_of(texts const& asked) {
        std::string body{R"({"model":"e-1","data":[)"};
        for (std::size_t i = asked.size(); i > 0; --i)  // the last one first: their order is not that of the texts
            body.append(i < asked.size() ? "," : "")
                .append(R"({"index":)" + std::to_string(i - 1) + R"(,"embedding":[)")
                .append(std::to_string(asked[i - 1].size()) + "," + std::to_string(asked[i - 1][0]) + "]}");
        return {.status = 200, .body = body + R"(],"usage":{"prompt_tokens":)" + std::to_string(asked.size()) + "}}"};
    }

    std::vector<texts> requests{};
    std::vector<std::string> models{};

private:
    script changes_;
};

std::vector<std::string> growing_words(std::size_t count) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i) texts.push_back(std::string(i + 1, static_cast<char>('a' + i % 26)));
    return texts;
}

void expect_vector_of(result<std::vector<float>> const& vector, std::string const& text) {
    ASSERT_TRUE(vector) << vector.error();
    EXPECT_EQ(*vector, (std::vector<float>{static_cast<float>(text.size()), static_cast<float>(text[0])}));
}

TEST(Embed, GivesEachTextItsVectorInOrder) {
    embedding_service service;
    run_virtual([](client_options options) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(options));
        auto const texts = growing_words(25);
        auto const response =
            co_await llm.embed(embedding_request{.texts = texts, .max_texts_per_request = 10, .concurrency = 2});
        EXPECT_EQ(response.vectors.size(), 25U);
        for (std::size_t i = 0; i < texts.size(); ++i) expect_vector_of(response.vectors[i], texts[i]);
        EXPECT_EQ(response.usage.input_tokens, 25);
        EXPECT_EQ(response.attempts, 3);
        EXPECT_EQ(response.model, "e-1");
        EXPECT_EQ(llm.statistics().calls, 3U);
        EXPECT_EQ(llm.statistics().usage.input_tokens, 25);
    }(service.options()));
    ASSERT_EQ(service.requests.size(), 3U);
    EXPECT_EQ(service.requests[0].size(), 10U);
    EXPECT_EQ(service.requests[2].size(), 5U);
    EXPECT_EQ(service.models[0], "e");
}

TEST(Embed, TakesPlainTexts) {
    embedding_service service;
    run_virtual([](client_options options) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(options));
        auto const texts = growing_words(2);
        auto response = co_await llm.embed(texts);
        auto const values = std::move(response).values();
        EXPECT_EQ(values.size(), 2U);
        EXPECT_EQ(values[1][0], 2.0F);
    }(service.options()));
}

TEST(Embed, OnlyTheFailedRequestIsSentAgain) {
    embedding_service service{[](int number, auto const&) -> std::optional<memory_transport::timed_response> {
        if (number != 2) return std::nullopt;
        return memory_transport::timed_response{.response = openai_error(503, "x")};
    }};
    run_virtual([](client_options options) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(options));
        auto const response = co_await llm.embed(
            embedding_request{.texts = growing_words(9), .max_texts_per_request = 3, .concurrency = 1});
        for (std::size_t i = 0; i < 9; ++i) expect_vector_of(response.vectors[i], growing_words(9)[i]);
        EXPECT_EQ(response.attempts, 4);
        EXPECT_EQ(response.usage.input_tokens, 9);
    }(service.options()));
    ASSERT_EQ(service.requests.size(), 4U);
    EXPECT_EQ(service.requests[1], service.requests[2]);
}

TEST(Embed, FailureOfOneRequestIsThatOfItsTextsAlone) {
    embedding_service service{[](int, auto const& asked) -> std::optional<memory_transport::timed_response> {
        if (asked[0].size() != 4) return std::nullopt;
        return memory_transport::timed_response{.response = openai_error(500, "x")};
    }};
    run_virtual([](client_options options) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(options));
        auto response = co_await llm.embed(embedding_request{.texts = growing_words(9), .max_texts_per_request = 3});
        for (std::size_t i : {0U, 1U, 2U, 6U, 7U, 8U}) expect_vector_of(response.vectors[i], growing_words(9)[i]);
        for (std::size_t i : {3U, 4U, 5U}) {
            EXPECT_FALSE(response.vectors[i]);
            if (response.vectors[i]) co_return;
            EXPECT_EQ(response.vectors[i].error().code, errc::server_error);
            EXPECT_EQ(response.vectors[i].error().attempts, 3);
        }
        EXPECT_EQ(response.attempts, 5);
        EXPECT_THROW((void)std::move(response).values(), coax::exception);
    }(service.options()));
}

TEST(Embed, BadTextFailsAlone) {
    embedding_service service{[](int, auto const& asked) -> std::optional<memory_transport::timed_response> {
        for (auto const& text : asked)
            if (text.size() == 6 || text.size() == 7)
                return memory_transport::timed_response{
                    .response = {
                        .status = 400,
                        .body = R"({"error":{"message":"Invalid 'input[0]': maximum input length is 8192 tokens."}})"}};
        return std::nullopt;
    }};
    run_virtual([](client_options options) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(options));
        auto const texts = growing_words(20);
        auto const response = co_await llm.embed(texts);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (i != 5 && i != 6) {
                expect_vector_of(response.vectors[i], texts[i]);
                continue;
            }
            EXPECT_FALSE(response.vectors[i]);
            if (!response.vectors[i]) EXPECT_EQ(response.vectors[i].error().code, errc::context_too_long);
        }
        EXPECT_EQ(response.usage.input_tokens, 18) << "refusals cost nothing";
    }(service.options()));
    EXPECT_LE(service.requests.size(), 20U);
}

TEST(Embed, RequestThatIsWrongForAllIsNotSplitForEver) {
    embedding_service service{[](int, auto const&) -> std::optional<memory_transport::timed_response> {
        return memory_transport::timed_response{.response = openai_error(400, "invalid_value")};
    }};
    run_virtual([](client_options options) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(options));
        auto const response = co_await llm.embed(embedding_request{.texts = growing_words(100), .concurrency = 1});
        for (auto const& one : response.vectors) EXPECT_TRUE(!one && one.error().code == errc::bad_request);
    }(service.options()));
    EXPECT_LE(service.requests.size(), 40U);
}

TEST(Embed, EmptyTextsAreNotSent) {
    embedding_service service;
    run_virtual([](client_options options) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(options));
        std::vector<std::string> const texts{"", "a", ""};
        auto const response = co_await llm.embed(texts);
        expect_vector_of(response.vectors[1], "a");
        EXPECT_EQ(response.vectors[0].error().code, errc::invalid_argument);
        EXPECT_EQ(response.vectors[2].error().where, "texts");
    }(service.options()));
    EXPECT_EQ(service.requests.size(), 1U);
}

TEST(Embed, WrongRequestThrowsBeforeAnythingIsSent) {
    embedding_service service;
    run_virtual([](client_options options) -> asio::awaitable<void> {
        auto const llm = co_await connect(options);
        auto const none = co_await as_result(llm.embed(embedding_request{}));
        EXPECT_EQ(none.error().where, "texts");
        auto const odd =
            co_await as_result(llm.embed(embedding_request{.texts = growing_words(1), .input_type = "query"}));
        EXPECT_EQ(odd.error().where, "input_type");
        options.service.embedding_model = "";
        auto const nameless = co_await connect(options);
        auto const unnamed = co_await as_result(nameless.embed(growing_words(1)));
        EXPECT_EQ(unnamed.error().where, "model");
        options.service.provider.service = "anthropic";
        auto const other = co_await connect(options);
        auto const lacking = co_await as_result(other.embed(growing_words(1)));
        EXPECT_EQ(lacking.error().where, "service");
        EXPECT_THAT(lacking.error().message, testing::HasSubstr("anthropic offers no embeddings"));
    }(service.options()));
    EXPECT_TRUE(service.requests.empty());
}

TEST(Embed, ModelOfTheRequestComesFirst) {
    embedding_service service;
    run_virtual([](client_options options) -> asio::awaitable<void> {
        auto const llm = co_await connect(options);
        (void)co_await llm.embed(embedding_request{.texts = growing_words(1), .model = "own"});
        options.service.embedding_model = "";
        options.service.model = "chat";
        auto const other = co_await connect(options);
        (void)co_await other.embed(growing_words(1));
    }(service.options()));
    EXPECT_THAT(service.models, testing::ElementsAre("own", "chat"));
}

TEST(Embed, WhatCameInTimeIsKept) {
    embedding_service service{[](int number, auto const& asked) -> std::optional<memory_transport::timed_response> {
        return memory_transport::timed_response{.response = embedding_service::vectors_of(asked),
                                                .delay = number == 2 ? 1h : 1s};
    }};
    run_virtual([](client_options options) -> asio::awaitable<void> {
        options.policies.timeout = 1min;
        auto const executor = co_await asio::this_coro::executor;
        auto const llm = co_await connect(std::move(options));
        auto const began = now(executor);
        auto const response =
            co_await llm.embed(embedding_request{.texts = growing_words(3), .max_texts_per_request = 1});
        EXPECT_EQ(now(executor) - began, 1min);
        expect_vector_of(response.vectors[0], "a");
        expect_vector_of(response.vectors[2], "ccc");
        EXPECT_FALSE(response.vectors[1]);
        if (!response.vectors[1]) EXPECT_EQ(response.vectors[1].error().code, errc::timeout);
    }(service.options()));
}

TEST(Embed, KeepsToItsConcurrency) {
    embedding_service service{[](int, auto const& asked) -> std::optional<memory_transport::timed_response> {
        return memory_transport::timed_response{.response = embedding_service::vectors_of(asked), .delay = 1s};
    }};
    run_virtual([](client_options options) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const llm = co_await connect(std::move(options));
        auto const began = now(executor);
        auto const response = co_await llm.embed(
            embedding_request{.texts = growing_words(10), .max_texts_per_request = 1, .concurrency = 2});
        EXPECT_EQ(now(executor) - began, 5s);
        EXPECT_EQ(response.latency, 5s);
    }(service.options()));
}

TEST(Embed, KeepsToTheClientsLimits) {
    embedding_service service;
    run_virtual([](client_options options) -> asio::awaitable<void> {
        options.policies.rate_limits.requests_per_minute = 60;
        options.policies.rate_limits.even_spacing = true;
        auto const executor = co_await asio::this_coro::executor;
        auto const llm = co_await connect(std::move(options));
        auto const began = now(executor);
        (void)co_await llm.embed(embedding_request{.texts = growing_words(10), .max_texts_per_request = 1});
        EXPECT_GE(now(executor) - began, 8s);
    }(service.options()));
    EXPECT_EQ(service.requests.size(), 10U);
}

TEST(Embed, CancellationEndsAllRequests) {
    embedding_service service{[](int, auto const& asked) -> std::optional<memory_transport::timed_response> {
        return memory_transport::timed_response{.response = embedding_service::vectors_of(asked), .delay = 1h};
    }};
    run_virtual([](client_options options) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const llm = co_await connect(std::move(options));
        auto const embed = [](client shared) -> asio::awaitable<void> {
            (void)co_await shared.embed(embedding_request{.texts = growing_words(9), .max_texts_per_request = 1});
        };
        test::started work{executor, embed(llm)};
        co_await sleep_for(1s);
        work.cancel();
        co_await sleep_for(1s);
        EXPECT_TRUE(work.done());
        EXPECT_EQ(work.failure(), errc::cancelled);
        EXPECT_EQ(llm.statistics().attempts, 8U);
    }(service.options()));
    EXPECT_EQ(service.requests.size(), 8U) << "eight at once, and none after";
}

TEST(Embed, ClosedClientSaysSoForEachText) {
    embedding_service service;
    run_virtual([](client_options options) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(options));
        llm.close();
        auto const response = co_await llm.embed(growing_words(2));
        for (auto const& one : response.vectors) EXPECT_TRUE(!one && one.error().code == errc::closed);
    }(service.options()));
}

}  // namespace
}  // namespace coax
