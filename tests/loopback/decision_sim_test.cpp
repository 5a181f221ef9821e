// Typed questions on all wires against the simulator's independent server half, over TLS.

#include "support/run_coro.hpp"

#include <coax/client/connection_check.hpp>
#include <coax/client/decide.hpp>
#include <coax/provider/model_info.hpp>
#include <coax/reflect/enums.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/sim/server.hpp>
#include <coax/tasks/map.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

namespace coax::decision_sim_test {

enum class topic { billing, delivery, quality, account, other };
enum class severity { none, minor, major, critical };

struct manner {
    bool polite{};
    bool sarcastic{};
    severity anger{};
    std::optional<bool> threatens{};
};

/// Twenty members, by the leaves.
struct review {
    bool spam{};
    bool urgent{};
    bool mentions_price{};
    bool wants_refund{};
    topic about{};
    topic second{};
    std::optional<topic> third{};
    severity harm{};
    std::optional<severity> risk{};
    int stars{};
    int likelihood{};
    std::optional<int> patience{};
    manner writer{};
    manner reader{};

    static constexpr auto coax_schema =
        coax::describe("A review", coax::field(&review::spam, "Is this advertising?"),
                       coax::field(&review::stars, {.description = "How many stars?", .minimum = 1, .maximum = 5}),
                       coax::field(&review::likelihood, {.minimum = -4, .maximum = 5}),
                       coax::field(&review::patience, {.maximum = 3, .exclusive_minimum = 0}));
};

}  // namespace coax::decision_sim_test

template <>
inline constexpr bool coax::is_ordered<coax::decision_sim_test::severity> = true;

namespace coax::decision_sim_test {
namespace {

using namespace std::chrono_literals;
using test::run_coro;

struct decision_wire_case {
    char const* name;
    std::string_view service;
    std::string_view path;  ///< After the server's address.
    std::string_view model;
    decision_form form{decision_form::automatic};
    bool measured{true};
};
void PrintTo(decision_wire_case const& row, std::ostream* out) { *out << row.name; }

constexpr decision_wire_case decision_wires[]{
    {"typesafe", "typesafe", "", "jev-1.13.0"},
    {"perplexity", "perplexity", "", "decider"},
    {"vllm", "vllm", "/v1", "m"},
    {"ollama", "ollama", "/v1", "m"},
    {"compatible", "compatible", "/v1", "m", decision_form::measured},
    {"openai", "openai", "/v1", "gpt-6-luna"},
    {"gemini", "gemini", "", "gemini-4-argon"},
    {"openai_by_chat", "openai", "/v1", "gpt-5.4-mini", decision_form::automatic, false},
    {"anthropic_by_chat", "anthropic", "", "claude-sonnet-5", decision_form::automatic, false},
    {"gemini_by_chat", "gemini", "", "gemini-4-argon", decision_form::structured_output, false},
};

client_options to(decision_wire_case const& wire, sim::server const& server) {
    client_options options;
    options.service.provider.service = wire.service;
    options.service.provider.base_url = server.url() + std::string{wire.path};
    options.service.api_key = "sk-sim";
    options.service.model = wire.model;
    options.http.ca_pem = server.ca_pem();
    options.policies.retry.initial_delay = 1ms;
    options.policies.retry.max_delay = 5ms;
    return options;
}

/// Runs `body(client, wire)` against the server.
template <class Body>
void run_on(decision_wire_case const& wire, sim::server const& server, Body body,
            void (*change)(client_options&) = nullptr) {
    auto options = to(wire, server);
    if (change != nullptr) change(options);
    run_coro([](client_options chosen, decision_wire_case on, Body inner) -> asio::awaitable<void> {
        client llm{co_await asio::this_coro::executor, std::move(chosen)};
        co_await inner(llm, on);
    }(std::move(options), wire, std::move(body)));
}

/// That an answer agrees with itself.
void expect_consistent(decision_answer const& answer) {
    SCOPED_TRACE(answer.name);
    EXPECT_FALSE(answer.refused);
    ASSERT_FALSE(answer.distribution.empty());
    auto const sum = std::accumulate(answer.distribution.begin(), answer.distribution.end(), 0.0,
                                     [](double all, auto const& one) { return all + one.probability; });
    EXPECT_NEAR(sum, 1, 1e-3);
    for (auto const& [label, probability] : answer.distribution) {
        EXPECT_GE(answer.probability.value_or(-1) + 1e-9, probability) << label << " is likelier than " << answer.label;
        if (label == answer.label) EXPECT_EQ(probability, answer.probability);
    }
}

class DecisionService : public testing::TestWithParam<decision_wire_case> {};

TEST_P(DecisionService, DecidesTwentyMembers) {
    sim::server const server{{.tls = true, .api_key = "sk-sim"}};
    run_on(GetParam(), server, [](client& llm, decision_wire_case const& wire) -> asio::awaitable<void> {
        decide_options const options{.form = wire.form, .threshold = 0};
        auto const decided = co_await llm.decide<review>("The delivery was late and I am angry.", options);
        auto const again = co_await llm.decide<review>("The delivery was late and I am angry.", options);
        auto const& all = decided.response.answers;
        EXPECT_EQ(all.size(), 20U);
        EXPECT_EQ(decided.response.measured, wire.measured);
        EXPECT_GT(decided.response.usage.input_tokens, 0);
        auto const& value = decided.value;
        EXPECT_TRUE(value.stars >= 1 && value.stars <= 5) << value.stars;
        EXPECT_TRUE(value.likelihood >= -4 && value.likelihood <= 5) << value.likelihood;
        EXPECT_EQ(value.spam, decided.answer(&review::spam).label == "true");
        EXPECT_EQ(reflect::enum_name(value.about), decided.answer(&review::about).label);
        EXPECT_EQ(std::to_string(value.stars), decided.answer(&review::stars).label);
        EXPECT_EQ(value.writer.polite, decided.answer("writer.polite").label == "true");
        EXPECT_EQ(reflect::enum_name(value.reader.anger), decided.answer("reader.anger").label);
        EXPECT_EQ(again.response.answers, all) << "the same question has the same answer";
        if (!wire.measured) co_return;
        for (auto const& answer : all) expect_consistent(answer);
        EXPECT_EQ(value.about, topic::delivery) << "its name is in the text";
        EXPECT_TRUE(value.third && value.risk && value.patience && value.writer.threatens) << "there is no threshold";
    });
}

TEST_P(DecisionService, SurvivesFaults) {
    sim::options wanted{.tls = true, .seed = 7, .api_key = "sk-sim"};
    for (auto const kind : {sim::fault_kind::reset, sim::fault_kind::rate_limited, sim::fault_kind::overloaded,
                            sim::fault_kind::schema_violation, sim::fault_kind::malformed_json})
        wanted.faults.push_back({.kind = kind,
                                 .probability = 0.06,
                                 .retry_after = sim::retry_after_form::milliseconds,
                                 .wait = 1ms,
                                 .at_byte = 40});
    sim::server const server{std::move(wanted)};
    run_on(
        GetParam(), server,
        [](client& llm, decision_wire_case const& wire) -> asio::awaitable<void> {
            int right = 0;
            for (int i = 0; i < 60; ++i) {
                decide_options const options{.form = wire.form};
                auto const got = co_await as_result(llm.decide<manner>("Post " + std::to_string(i), options));
                right += got.has_value();
                if (!got) EXPECT_FALSE(is_retryable(got.error())) << got.error();  // paid for, and wrong
                if (!got && wire.measured) EXPECT_EQ(got.error().code, errc::protocol_error) << got.error();
            }
            EXPECT_GT(right, 40);
        },
        [](client_options& options) { options.policies.retry.max_attempts = 12; });
}

INSTANTIATE_TEST_SUITE_P(Rows, DecisionService, testing::ValuesIn(decision_wires),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(ScriptedDecisions, AreWhatTheRuleSays) {
    sim::options wanted{.tls = true};
    wanted.answers.push_back(
        {.when = {.prompt = "late"},
         .then = {
             .json =
                 json_value::parse(
                     R"({"spam":0.03,"about":"quality","harm":"major","stars":"4","writer.polite":true,"third":null})")
                     .value()}});
    sim::server const server{std::move(wanted)};
    for (auto const& wire : decision_wires) {
        if (!wire.measured) continue;
        SCOPED_TRACE(wire.name);
        run_on(wire, server, [](client& llm, decision_wire_case const& on) -> asio::awaitable<void> {
            decide_options const options{.form = on.form};
            auto const decided = co_await llm.decide<review>("It came late.", options);
            EXPECT_FALSE(decided.value.spam);
            EXPECT_NEAR(decided.answer(&review::spam).probability.value_or(0), 0.97, 1e-6);
            EXPECT_EQ(decided.value.about, topic::quality);
            EXPECT_NEAR(decided.answer(&review::about).probability.value_or(0), 0.9, 1e-6);
            EXPECT_EQ(decided.value.harm, severity::major);
            EXPECT_EQ(decided.value.stars, 4);
            EXPECT_TRUE(decided.value.writer.polite);
            if (on.service == "openai") EXPECT_TRUE(decided.answer(&review::third).refused);
            if (on.service == "openai") EXPECT_EQ(decided.value.third, std::nullopt);
        });
    }
}

TEST(RefusedDecisions, AreErrors) {
    struct row {
        std::string_view service;
        errc code;
    };
    for (auto const& [service, code] : {row{"openai", errc::refused}, row{"gemini", errc::content_filtered}}) {
        sim::server const server{{.tls = true, .faults = {{.kind = sim::fault_kind::refusal}}}};
        auto const* const wire = std::ranges::find(decision_wires, service, &decision_wire_case::service);
        run_on(*wire, server, [code](client& llm, decision_wire_case const&) -> asio::awaitable<void> {
            auto const got = co_await as_result(llm.decide<manner>("x"));
            EXPECT_FALSE(got);
            EXPECT_EQ(got.error().code, code) << got.error();
            EXPECT_GT(got.error().input_tokens, 0);
        });
    }
}

TEST(TypesafeService, ListsItsModelsAndIsChecked) {
    sim::server const server{{.tls = true, .api_key = "sk-sim", .models = {"jev-1.13.0", "jev-latest"}}};
    decision_wire_case const wire{"typesafe", "typesafe", "/typesafe", "jev-latest"};
    run_on(wire, server, [](client& llm, decision_wire_case const&) -> asio::awaitable<void> {
        auto const models = co_await llm.models();
        EXPECT_EQ(models.size(), 2U);
        EXPECT_EQ(models.front().id, "jev-1.13.0");
        EXPECT_TRUE((co_await llm.check_connection()).ok());
        auto const chat = co_await as_result(llm.chat("Hello"));
        EXPECT_EQ(chat.error().code, errc::invalid_argument);
        chat_request const unknown{.model = "jev-9", .messages = {user("x")}};
        auto const missing = co_await as_result(llm.decide<manner>(unknown));
        EXPECT_EQ(missing.error().code, errc::not_found) << missing.error();
    });
    run_on(
        wire, server,
        [](client& llm, decision_wire_case const&) -> asio::awaitable<void> {
            auto const got = co_await as_result(llm.decide<manner>("x"));
            EXPECT_EQ(got.error().code, errc::authentication) << got.error();
            EXPECT_FALSE(got.error().request_id.empty());
        },
        [](client_options& options) { options.service.api_key = "sk-wrong"; });
}

}  // namespace
}  // namespace coax::decision_sim_test
