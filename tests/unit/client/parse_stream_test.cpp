#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/client/client.hpp>
#include <coax/runtime/as_result.hpp>

#include <gtest/gtest.h>

namespace coax {
namespace {

using namespace std::chrono_literals;
using json::presence;
using test::connect;
using test::fake_service;
using test::openai_stream;
using test::openai_text;
using test::run_virtual;

struct mood {
    std::string label{};
    double confidence{0};
    std::vector<std::string> emotions{};

    static constexpr auto coax_schema = coax::describe(
        "A mood", coax::field(&mood::confidence, {.description = "How sure", .minimum = 0, .maximum = 1}));

    friend bool operator==(mood const&, mood const&) = default;
};

/// A stream whose answer ends for another reason than its natural end.
http_response ended_by(http_response answer, std::string_view reason) {
    constexpr std::string_view stop = R"("finish_reason":"stop")";
    answer.body.replace(answer.body.find(stop), stop.size(), R"("finish_reason":")" + std::string{reason} + '"');
    return answer;
}

TEST(StreamParse, GrowsTheValue) {
    fake_service service;
    service.then(openai_stream(
        {R"({"label":"go)", R"(od","confid)", R"(ence":0.5,"emotions":["joy")", R"(,"re)", R"(lief"]})"}));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto answer = co_await llm.parse_stream<mood>("x");
        std::vector<mood> seen;
        std::vector<std::size_t> items;
        while (mood const* so_far = co_await answer.next()) {
            seen.push_back(*so_far);
            items.push_back(answer.reader().complete_items(&mood::emotions).size());
        }
        EXPECT_EQ(seen, (std::vector<mood>{{"go", 0, {}},
                                           {"good", 0, {}},
                                           {"good", 0.5, {"joy"}},
                                           {"good", 0.5, {"joy", "re"}},
                                           {"good", 0.5, {"joy", "relief"}}}));
        EXPECT_EQ(items, (std::vector<std::size_t>{0, 0, 1, 1, 2}));
        EXPECT_EQ(co_await answer.next(), nullptr);
        auto const whole = co_await answer.finish_response();
        EXPECT_EQ(whole.value, seen.back());
        EXPECT_EQ(whole.response.usage.total_tokens(), 15);
    }(service));
    EXPECT_NE(service.requests().at(0).body.find(R"("name":"mood")"), std::string::npos);
    EXPECT_NE(service.requests().at(0).body.find(R"("stream":true)"), std::string::npos);
}

TEST(StreamParse, TellsNotYetFromThere) {
    fake_service service;
    service.then(openai_stream({R"({"confidence":0.25,"la)", R"(bel":"x","emotions":[]})"}));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto answer = co_await llm.parse_stream<mood>("x");
        EXPECT_EQ(answer.reader().presence_of(&mood::confidence), presence::absent);
        co_await answer.next();
        EXPECT_EQ(answer.reader().presence_of(&mood::confidence), presence::complete);
        EXPECT_EQ(answer.reader().presence_of(&mood::label), presence::absent);
        EXPECT_EQ((co_await answer.finish()).label, "x");
    }(service));
}

class StreamParseInPieces : public testing::TestWithParam<std::size_t> {};

TEST_P(StreamParseInPieces, EndsInWhatParseGives) {
    constexpr std::string_view text =
        "Sure:\n```json\n{\"label\":\"g\\u00f6\\ud83d\\ude00d\",\"confidence\":1e-1,\"emotions\":[\"joy\"]}\n```\n";
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size(); at += GetParam()) pieces.emplace_back(text.substr(at, GetParam()));
    fake_service service;
    service.then(openai_text(text)).then(openai_stream(pieces));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const at_once = co_await llm.parse<mood>("x");
        auto answer = co_await llm.parse_stream<mood>("x");
        EXPECT_EQ(co_await answer.finish(), at_once);
    }(service));
}

INSTANTIATE_TEST_SUITE_P(Sizes, StreamParseInPieces, testing::Values(1, 2, 3, 7, 64, 1000));

struct ending_case {
    char const* name;
    fake_service::answer answer;
    errc expected;
};
void PrintTo(ending_case const& row, std::ostream* out) { *out << row.name; }
class StreamParseEndings : public testing::TestWithParam<ending_case> {};

/// Half a document.
http_response half() { return openai_stream({R"({"label":"good","conf)"}); }

fake_service::answer dropped() {
    auto cut = half();
    cut.body.resize(cut.body.find(R"("finish_reason":"stop")"));
    return {.response = cut, .fails_after = error{.code = errc::connection_lost, .message = "reset"}};
}

TEST_P(StreamParseEndings, GiveTheTypedErrorAndKeepThePartialValue) {
    fake_service service;
    service.then(GetParam().answer);
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto answer = co_await llm.parse_stream<mood>("x");
        error why;
        mood so_far;
        try {
            static_cast<void>(co_await answer.finish());
        } catch (partial_answer_error<mood> const& failure) {
            why = failure.why();
            so_far = failure.so_far();
        }
        EXPECT_EQ(why.code, GetParam().expected) << why;
        EXPECT_EQ(so_far.label, "good") << "the error has it";
        EXPECT_EQ(answer.so_far().label, "good");
        EXPECT_EQ(answer.so_far().confidence, 0);
        if (why.code != errc::connection_lost) EXPECT_EQ(why.output_tokens, 5);
        EXPECT_EQ((co_await as_result(answer.finish())).error().code, GetParam().expected) << "it stays ended";
    }(service));
    EXPECT_EQ(service.count(), 1U) << "nothing is asked again";
}

INSTANTIATE_TEST_SUITE_P(
    Rows, StreamParseEndings,
    testing::Values(
        ending_case{"cut_by_length", {.response = ended_by(half(), "length")}, errc::truncated},
        ending_case{"cut_by_a_filter", {.response = ended_by(half(), "content_filter")}, errc::content_filtered},
        ending_case{"connection_dropped", dropped(), errc::connection_lost},
        ending_case{"ends_early", {.response = half()}, errc::invalid_output},
        ending_case{"does_not_fit",
                    {.response = openai_stream({R"({"label":"good","emotions":[],"confid)", R"(ence":"x"})"})},
                    errc::invalid_output}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(StreamParse, StopsAtTheFirstViolationIfAsked) {
    fake_service service;
    service.then(
        fake_service::answer{.response = openai_stream({R"({"confidence":7)", ",", R"("label":"x","emotions":[]})"}),
                             .piece_bytes = 16,
                             .delay_per_piece = 10ms});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.max_concurrency = 1;
        auto llm = co_await connect(std::move(options));
        auto answer = co_await llm.parse_stream<mood>("x", {.stop_at_violation = true});
        EXPECT_TRUE(co_await answer.next());
        auto const stopped = co_await as_result(answer.next());
        EXPECT_FALSE(stopped);
        if (stopped) co_return;
        EXPECT_EQ(stopped.error().code, errc::invalid_output);
        EXPECT_EQ(stopped.error().where, "/confidence");
        EXPECT_EQ((co_await as_result(answer.finish())).error().where, "/confidence");
        EXPECT_EQ(answer.reader().presence_of(&mood::label), presence::absent);
        auto again = co_await llm.parse_stream<mood>("x");  // the slot is free
        EXPECT_TRUE(co_await again.next());
    }(service));
}

TEST(StreamParse, ReadsOnOtherwise) {
    fake_service service;
    service.then(openai_stream({R"({"confidence":7,)", R"("label":3})"}));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto answer = co_await llm.parse_stream<mood>("x");
        while (co_await answer.next()) continue;
        auto const ended = co_await as_result(answer.finish());
        EXPECT_FALSE(ended);
        if (!ended) EXPECT_TRUE(ended.error().message.starts_with("3 violations")) << ended.error();
    }(service));
}

}  // namespace
}  // namespace coax
