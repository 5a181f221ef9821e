#include "support/fake_service.hpp"

#include <coax/batch/batch.hpp>
#include <coax/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace coax {
// Named: GCC warns of coroutine templates over types without linkage.
namespace client_batch_test {

using test::fake_service;
using test::openai_error;
using test::openai_refusal;
using test::openai_text;

struct post {
    std::string author{};
    std::string text{};
};

struct verdict {
    bool kind{};
    int stars{};
    static constexpr auto coax_schema = describe("A verdict", field(&verdict::stars, {.minimum = 1, .maximum = 5}));
};

template <class T>
struct outcomes {
    std::map<std::uint64_t, result<T>> by_index{};
    batch_summary summary{};
};

/// Asks about these posts, one after another, in virtual time.
template <class T, class ToRequest>
outcomes<T> ask_about(std::vector<post> posts, fake_service const& service, ToRequest make_request) {
    outcomes<T> got;
    runtime rt{virtual_time{}};
    client const llm{rt.executor(), service.options()};
    auto const keep = [&got](batch_result<T> outcome) -> result<void> {
        got.by_index.emplace(outcome.index, std::move(outcome.value));
        return {};
    };
    got.summary = rt.run(batch<T>(llm, records_of(std::move(posts)), make_request, keep, {.concurrency = 1}));
    return got;
}

std::string prompt_of(listed_record<post> const& one) { return one.value.author + " wrote: " + one.value.text; }

TEST(ClientBatch, ReadsAStructForEachRecordAndReasks) {
    fake_service service;
    service.then(openai_text(R"({"kind":true,"stars":5})"))
        .then(openai_text(R"({"kind":true,"stars":9})"))
        .then(openai_text(R"({"kind":false,"stars":1})"))
        .then(openai_refusal("I will not"))
        .then(openai_error(503, "busy"))
        .then(openai_text(R"({"kind":true,"stars":3})"));
    auto const got = ask_about<verdict>({{"a", "x"}, {"b", "y"}, {"c", "z"}, {"d", "w"}}, service, prompt_of);
    ASSERT_EQ(got.by_index.size(), 4U);
    EXPECT_EQ(got.by_index.at(0).value().stars, 5);
    EXPECT_EQ(got.by_index.at(1).value().stars, 1);
    EXPECT_EQ(got.by_index.at(2).error().code, errc::refused);
    EXPECT_EQ(got.by_index.at(3).value().stars, 3);
    EXPECT_EQ(got.summary.ok, 3U);
    EXPECT_EQ(got.summary.failures, (std::vector<failure_count>{{errc::refused, 1}}));
    EXPECT_EQ(got.summary.attempts, 6U);
    EXPECT_EQ(got.summary.retries, 1U);
    EXPECT_EQ(got.summary.reasks, 1U);
    EXPECT_EQ(got.summary.usage.input_tokens, 50);  // the refusal is billed too
    EXPECT_NE(service.requests()[0].body.find("a wrote: x"), std::string::npos);
}

TEST(ClientBatch, PlainTextFailsWhereItIsNotWhole) {
    fake_service service;
    service.then(openai_text("fine")).then(openai_text("cut o", "length")).then(openai_refusal("no"));
    auto const got = ask_about<std::string>({{}, {}, {}}, service, prompt_of);
    EXPECT_EQ(got.by_index.at(0).value(), "fine");
    EXPECT_EQ(got.by_index.at(1).error().code, errc::truncated);
    EXPECT_EQ(got.by_index.at(2).error().code, errc::refused);
    EXPECT_EQ(got.summary.usage.input_tokens, 30);
}

TEST(ClientBatch, ARequestThatCannotBeMadeIsThatRecordsFailure) {
    fake_service service;
    service.then(openai_text("fine"));
    auto const guarded = [](listed_record<post> const& one) -> result<chat_request> {
        if (one.value.text.empty())
            return error{.code = errc::invalid_argument, .message = "empty post", .where = "text"};
        return to_request(prompt_of(one));
    };
    auto const got = ask_about<std::string>({{"a", ""}, {"b", "y"}}, service, guarded);
    EXPECT_EQ(got.by_index.at(0).error().message, "empty post");
    EXPECT_EQ(got.by_index.at(1).value(), "fine");
    EXPECT_EQ(service.count(), 1U);
}

TEST(ClientBatch, AWrongKeyEndsItAfterThreeOfThem) {
    fake_service service;
    service.then(openai_error(401, "invalid_api_key"));
    auto const got = ask_about<verdict>(std::vector<post>(50), service, prompt_of);
    ASSERT_TRUE(got.summary.ended_by);
    EXPECT_EQ(got.summary.ended_by->code, errc::authentication);
    EXPECT_TRUE(got.by_index.empty());
    EXPECT_EQ(service.count(), 3U) << "one alone might be that record's";
}

TEST(ClientBatch, UsedUpCreditEndsItAtOnce) {
    fake_service service;
    service.then(openai_error(429, "insufficient_quota"));
    auto const got = ask_about<verdict>(std::vector<post>(50), service, prompt_of);
    ASSERT_TRUE(got.summary.ended_by);
    EXPECT_EQ(got.summary.ended_by->code, errc::quota_exhausted);
    EXPECT_EQ(service.count(), 1U);
}

struct mark_case {
    char const* name;
    batch_options options;
    void (*change)(chat_request& request, int number);
    int first_marked;  ///< Of twelve requests; 12: none is.
};
void PrintTo(mark_case const& row, std::ostream* out) { *out << row.name; }
class SharedPrefixOfABatch : public testing::TestWithParam<mark_case> {};

TEST_P(SharedPrefixOfABatch, IsMarkedWhereThatPays) {
    detail::prefix_marks const mark{GetParam().options};
    for (int i = 0; i < 12; ++i) {
        chat_request request{.messages = {system("Judge."), user("post " + std::to_string(i))}};
        GetParam().change(request, i);
        EXPECT_EQ(mark(std::move(request)).cache_prefix, i >= GetParam().first_marked) << i;
    }
}

constexpr auto unchanged = [](chat_request&, int) {};

INSTANTIATE_TEST_SUITE_P(
    Rows, SharedPrefixOfABatch,
    testing::Values(mark_case{"many", {.concurrency = 2, .total = 12}, unchanged, 0},
                    mark_case{"few", {.concurrency = 8, .total = 12}, unchanged, 12},
                    mark_case{"as_many_as_come", {.concurrency = 3}, unchanged, 5},
                    mark_case{
                        "not_wanted", {.concurrency = 2, .total = 12, .mark_shared_prefix = false}, unchanged, 12},
                    mark_case{"nothing_shared",
                              {.concurrency = 2, .total = 12},
                              [](chat_request& r, int) { r.messages.erase(r.messages.begin()); },
                              12},
                    mark_case{"tools_alone",
                              {.concurrency = 2, .total = 12},
                              [](chat_request& r, int) {
                                  r.messages.erase(r.messages.begin());
                                  r.tools = {{.name = "f"}};
                              },
                              0},
                    mark_case{"marks_of_its_own",
                              {.concurrency = 2, .total = 12},
                              [](chat_request& r, int) { r.messages[0].cache_breakpoint = true; },
                              12}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(SharedPrefixOfABatch, OthersAreNotMarked) {
    detail::prefix_marks const mark{batch_options{.concurrency = 1, .total = 9}};
    auto const asks = [](char const* rules) { return chat_request{.messages = {system(rules), user("x")}}; };
    EXPECT_TRUE(mark(asks("Judge.")).cache_prefix);
    EXPECT_FALSE(mark(asks("Sum up.")).cache_prefix);
    EXPECT_TRUE(mark(asks("Judge.")).cache_prefix);
}

TEST(ClientBatch, MarksWhatItsRequestsShare) {
    fake_service service;
    service.then(openai_text("ok"));
    runtime rt{virtual_time{}};
    auto options = service.options();
    options.service.model = "gpt-6-luna";
    client const llm{rt.executor(), std::move(options)};
    auto const ask = [](listed_record<post> const& one) {
        return chat_request{.messages = {system("Judge."), user(one.value.text)}};
    };
    auto const drop = [](batch_result<std::string>) -> result<void> { return {}; };
    std::vector<post> posts(4, post{"a", "x"});
    auto const summary =
        rt.run(batch<std::string>(llm, records_of(std::move(posts)), ask, drop, {.concurrency = 2, .total = 4}));
    EXPECT_EQ(summary.ok, 4U);
    for (auto const& request : service.requests())
        EXPECT_NE(request.body.find("prompt_cache_breakpoint"), std::string::npos) << request.body;
}

}  // namespace client_batch_test
}  // namespace coax
