// The real services, for a few cents: with RUN_EXPENSIVE_TESTS=true and a service's variables, as
// `client_options::from_env` reads them. What is not configured says so and is skipped. COAX_LIVE_MODEL_OPENAI and its
// like name other models.

#include "support/run_coro.hpp"

#include <coax/client/client.hpp>
#include <coax/client/toolbox.hpp>
#include <coax/provider/embedding.hpp>
#include <coax/runtime/as_result.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ostream>

namespace coax {
namespace {

constexpr int most_output_tokens = 512;
constexpr int most_input_tokens = 400;
constexpr int requests_a_service = 6;
constexpr double dollars_a_million_tokens = 20;  ///< Of the dearest of these models.

/// A service as this suite calls it.
struct live_service {
    char const* name;
    char const* provider;
    char const* model;         ///< "": the service's default, or its deployment.
    char const* embedding;     ///< "": the default, or none.
    char const* url_variable;  ///< Of an address that `client_options_from` has no variable for; "": it has one.
    char const* api{""};
};
void PrintTo(live_service const& row, std::ostream* out) { *out << row.name; }

constexpr std::array live_services{
    live_service{"openai", "openai", "", "", ""},
    live_service{"openai_responses", "openai", "", "", "", "responses"},
    live_service{"azure", "azure", "", "", ""},
    live_service{"azure_ai", "azure_ai", "", "", ""},
    live_service{"anthropic", "anthropic", "", "", ""},
    live_service{"gemini", "gemini", "", "gemini-embedding-001", ""},
    live_service{"vertex", "vertex", "", "gemini-embedding-001", ""},
    live_service{"openrouter", "openrouter", "openai/gpt-5.4-mini", "", "OPENROUTER_BASE_URL"},
    live_service{"mistral", "mistral", "mistral-small-latest", "mistral-embed", "MISTRAL_BASE_URL"},
    live_service{"deepseek", "deepseek", "deepseek-chat", "", "DEEPSEEK_BASE_URL"},
    live_service{"groq", "groq", "llama-3.3-70b-versatile", "", "GROQ_BASE_URL"},
    live_service{"compatible", "compatible", "", "", ""},
};

std::optional<std::string> variable(std::string const& name) {
    auto const* value = std::getenv(name.c_str());
    return value != nullptr && *value != '\0' ? std::optional<std::string>{value} : std::nullopt;
}

std::string in_capitals(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return text;
}

/// The environment as it is for this service: the variables of coax's own are those of `compatible`.
std::optional<std::string> look_up(live_service const& row, std::string_view name) {
    bool const compatible = std::string_view{row.name} == "compatible";
    if (name == "COAX_PROVIDER") return row.provider;
    if (name == "COAX_API") return row.api;
    if (name == "COAX_BASE_URL" && !compatible)
        return *row.url_variable != '\0' ? variable(row.url_variable) : std::nullopt;
    if (name == "COAX_API_KEY" && !compatible) return std::nullopt;
    if (name == "COAX_MODEL") {
        if (auto model = variable("COAX_LIVE_MODEL_" + in_capitals(row.name))) return model;
        return compatible ? variable("COAX_MODEL") : std::optional<std::string>{row.model};
    }
    if (name == "COAX_EMBEDDING_MODEL") {
        if (auto model = variable("COAX_LIVE_EMBEDDING_MODEL_" + in_capitals(row.name))) return model;
        return compatible ? variable("COAX_EMBEDDING_MODEL") : std::optional<std::string>{row.embedding};
    }
    return variable(std::string{name});
}

bool wanted() { return variable("RUN_EXPENSIVE_TESTS") == "true"; }

result<client_options> options_of(live_service const& row) {
    return client_options_from([&row](std::string_view name) { return look_up(row, name); });
}

/// Says what will be spent before anything is.
class cost_notice : public testing::Environment {
public:
    void SetUp() override {
        if (!wanted()) return;
        std::string names;
        int count = 0;
        for (auto const& row : live_services)
            if (options_of(row)) names.append(++count > 1 ? ", " : "").append(row.name);
        double const dollars = count * requests_a_service * (most_input_tokens + most_output_tokens) *
                               dollars_a_million_tokens / 1'000'000;
        std::printf("live: at most %d requests of %d tokens and %d in return to each of: %s; below %.2f USD\n",
                    requests_a_service, most_input_tokens, most_output_tokens, names.empty() ? "none" : names.c_str(),
                    dollars);
        std::fflush(stdout);
    }
};
auto* const notice = testing::AddGlobalTestEnvironment(new cost_notice);  // NOLINT: GoogleTest deletes it

class Live : public testing::TestWithParam<live_service> {
protected:
    void SetUp() override {
        if (!wanted()) GTEST_SKIP() << "RUN_EXPENSIVE_TESTS is not \"true\": nothing is sent";
        auto options = options_of(GetParam());
        if (!options) GTEST_SKIP() << "not configured: " << options.error().message;
        options_ = *std::move(options);
        if (options_.service.model.empty())
            GTEST_SKIP() << "no model: set COAX_LIVE_MODEL_" << in_capitals(GetParam().name);
    }

    /// Runs `body` with a client of the row's service. What it throws fails the test.
    template <class Body>
    void with_client(Body body) {
        constexpr std::chrono::minutes bound{3};
        test::run_coro(
            [](client_options options, Body inner) -> asio::awaitable<void> {
                client llm{co_await asio::this_coro::executor, std::move(options)};
                co_await inner(llm);
            }(options_, std::move(body)),
            bound);
    }

    static chat_request asking(std::string text) {
        return {.messages = {user(std::move(text))}, .max_output_tokens = most_output_tokens};
    }

    client_options options_{};
};
INSTANTIATE_TEST_SUITE_P(Services, Live, testing::ValuesIn(live_services),
                         [](auto const& row) { return std::string{row.param.name}; });

std::string in_small_letters(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

TEST_P(Live, Chats) {
    with_client([](client& llm) -> asio::awaitable<void> {
        auto const answer = co_await llm.chat(asking("Reply with the single word pong."));
        EXPECT_NE(in_small_letters(answer.text).find("pong"), std::string::npos) << answer.text;
        EXPECT_EQ(answer.finish_reason, finish_reason::stop);
        EXPECT_GT(answer.usage.input_tokens, 0);
        EXPECT_GT(answer.usage.output_tokens, 0);
    });
}

TEST_P(Live, Streams) {
    with_client([](client& llm) -> asio::awaitable<void> {
        auto words = co_await llm.stream(asking("Count from one to five in words."));
        std::string shown;
        int pieces = 0;
        while (auto const piece = co_await words.next()) {
            shown += piece->text;
            ++pieces;
        }
        auto const answer = co_await words.finish();
        EXPECT_EQ(shown, answer.text);
        EXPECT_NE(in_small_letters(answer.text).find("five"), std::string::npos) << answer.text;
        EXPECT_GT(pieces, 0);
        EXPECT_GT(answer.usage.output_tokens, 0);
    });
}

struct live_sum {
    int sum{};
};

TEST_P(Live, Parses) {
    with_client([](client& llm) -> asio::awaitable<void> {
        auto const parsed = co_await llm.parse<live_sum>(asking("What is 12 + 30?"));
        EXPECT_EQ(parsed.sum, 42);
    });
}

struct live_locker {
    std::string owner{};
};
struct live_code {
    int code{};
};
asio::awaitable<live_code> open_locker(live_locker /*whose*/) { co_return live_code{.code = 4711}; }

TEST_P(Live, CallsATool) {
    with_client([](client& llm) -> asio::awaitable<void> {
        toolbox tools;
        tools.add("get_locker_code", "The code of somebody's locker", open_locker);
        auto const answer =
            co_await llm.run(asking("What is the code of Mira's locker? Reply with the number."), std::move(tools));
        EXPECT_NE(answer.text.find("4711"), std::string::npos) << answer.text;
    });
}

TEST_P(Live, Embeds) {
    if (options_.service.embedding_model.empty())
        GTEST_SKIP() << "no model of embeddings: set COAX_LIVE_EMBEDDING_MODEL_" << in_capitals(GetParam().name);
    with_client([](client& llm) -> asio::awaitable<void> {
        std::vector<std::string> texts{"the cat sleeps", "the cat is sleeping", "stock markets fell"};
        auto const found = co_await llm.embed(std::move(texts));
        EXPECT_EQ(found.vectors.size(), 3U);
        if (found.vectors.size() != 3) co_return;
        auto const& cat = found.vectors[0].value();
        EXPECT_GT(cosine_similarity(cat, found.vectors[1].value()), cosine_similarity(cat, found.vectors[2].value()));
    });
}

}  // namespace
}  // namespace coax
