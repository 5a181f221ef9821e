#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/client/compare.hpp>
#include <coax/runtime/as_result.hpp>

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using namespace coax::test;
using testing::HasSubstr;

// --- what is compared ---

struct answer_case {
    char const* name;
    std::string_view text;
    compared_answer which;
    std::string_view expected;
};
void PrintTo(answer_case const& row, std::ostream* out) { *out << row.name; }
class AnswerIn : public testing::TestWithParam<answer_case> {};

TEST_P(AnswerIn, IsThePartThatIsCompared) {
    EXPECT_EQ(answer_in(GetParam().text, GetParam().which), GetParam().expected);
}

constexpr auto as_number = compared_answer::last_number;
constexpr auto as_whole = compared_answer::whole_text;
INSTANTIATE_TEST_SUITE_P(Rows, AnswerIn,
                         testing::Values(answer_case{"plain", "18", as_number, "18"},
                                         answer_case{"in_a_sentence", "He has 3 and 4, so 7.", as_number, "7"},
                                         answer_case{"thousands", "It costs $1,600.", as_number, "1600"},
                                         answer_case{"millions", "1,234,567 in all", as_number, "1234567"},
                                         answer_case{"a_list_is_two_numbers", "1,2", as_number, "2"},
                                         answer_case{"decimals", "#### 2.50", as_number, "2.5"},
                                         answer_case{"whole_as_decimal", "3.00", as_number, "3"},
                                         answer_case{"leading_zeros", "007", as_number, "7"},
                                         answer_case{"zero", "0", as_number, "0"},
                                         answer_case{"negative", "It is -5 degrees", as_number, "-5"},
                                         answer_case{"negative_money", "a loss of -$5", as_number, "-5"},
                                         answer_case{"a_range_is_not_negative", "3-5", as_number, "5"},
                                         answer_case{"markup_behind", "**18**", as_number, "18"},
                                         answer_case{"none", "many", as_number, ""},
                                         answer_case{"text", "  Yes,\n sir. ", as_whole, "yes, sir"},
                                         answer_case{"silence", " . ", as_whole, ""}),
                         [](auto const& row) { return std::string(row.param.name); });

// --- several models ---

fake_service saying(std::string_view text) {
    fake_service service;
    service.then(openai_text(text));
    return service;
}

asio::awaitable<client> model_of(fake_service service, std::string name) {
    auto options = service.options();
    options.service.model = std::move(name);
    co_return co_await connect(std::move(options));
}

TEST(Compare, ShowsModelsSideBySideAndAFailureAsItsOwnRow) {
    run_virtual([]() -> asio::awaitable<void> {
        fake_service broken;
        broken.then(openai_error(401, "invalid_api_key"));
        std::vector<client> models;
        models.push_back(co_await model_of(saying("It is 7."), "gpt-5"));
        models.push_back(co_await model_of(broken, "broken"));
        models.push_back(co_await model_of(saying("7"), "unpriced"));
        models.push_back(co_await model_of(saying("8"), "gpt-5"));
        chat_request request{.messages = {user("3 + 4?")}};
        compare_options const options{.expected = "7", .answer = compared_answer::last_number};
        auto const rows = co_await compare(models, request, options);
        EXPECT_EQ(rows.size(), 4U);
        EXPECT_EQ(rows[0].response->text, "It is 7.");
        EXPECT_EQ(rows[0].correct, true);
        EXPECT_EQ(rows[0].agreeing, 1U);
        EXPECT_EQ(rows[0].usage.total_tokens(), 15);
        EXPECT_EQ(rows[0].cost, cost_of({.input_tokens = 10, .output_tokens = 5}, "gpt-5").value());
        EXPECT_EQ(rows[1].response.error().code, errc::authentication);
        EXPECT_FALSE(rows[1].correct);
        EXPECT_EQ(rows[1].agreeing, 0U);
        EXPECT_FALSE(rows[2].cost);
        EXPECT_EQ(rows[3].correct, false);

        comparison all;
        all.add(rows, true);
        auto const& scores = all.scores();
        EXPECT_EQ(scores[0].accuracy(), 1.0);
        EXPECT_EQ(scores[0].agreement(), 0.5);
        EXPECT_EQ(scores[1].failed, 1U);
        EXPECT_EQ(scores[1].accuracy(), 0.0) << "a failure is no right answer";
        EXPECT_EQ(scores[1].agreement(), std::nullopt);
        EXPECT_EQ(scores[3].accuracy(), 0.0);
        auto const table = to_table(scores);
        EXPECT_THAT(table, HasSubstr("accuracy"));
        EXPECT_THAT(table, HasSubstr("100.0 %     50.0 %"));
    }());
}

TEST(Compare, RefusesWhatCannotBeCompared) {
    run_virtual([]() -> asio::awaitable<void> {
        EXPECT_EQ((co_await as_result(compare({}, {}))).error().where, "clients");
        std::vector<client> one;
        one.push_back(co_await model_of(saying("x"), "m"));
        compare_options const options{.expected = "many", .answer = compared_answer::last_number};
        EXPECT_EQ((co_await as_result(compare(one, to_request("x"), options))).error().where, "expected");
    }());
}

}  // namespace
}  // namespace coax
