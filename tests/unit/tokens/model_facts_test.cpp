#include <coax/tokens/model_facts.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <ostream>
#include <string>

namespace coax {
namespace {

struct usd_case {
    char const* text;
    std::int64_t picos;
    char const* shown;
};
void PrintTo(usd_case const& row, std::ostream* out) { *out << row.text; }
class Usd : public testing::TestWithParam<usd_case> {};

TEST_P(Usd, IsReadAndWrittenExactly) {
    auto const amount = usd::parse(GetParam().text);
    ASSERT_TRUE(amount) << amount.error();
    EXPECT_EQ(amount->picos, GetParam().picos);
    EXPECT_EQ(to_string(*amount), GetParam().shown);
}
INSTANTIATE_TEST_SUITE_P(Rows, Usd,
                         testing::Values(usd_case{"0", 0, "0.00"}, usd_case{"2.5", 2'500'000'000'000, "2.50"},
                                         usd_case{"$0.000125", 125'000'000, "0.000125"},
                                         usd_case{"0.000000000001", 1, "0.000000000001"},
                                         usd_case{"9000000", 9'000'000'000'000'000'000, "9000000.00"},
                                         usd_case{".5", 500'000'000'000, "0.50"}));

TEST(UsdText, ThatIsNoAmountIsRefused) {
    for (auto const* text :
         {"", "$", "-1", "1,5", "1.2.3", "9000001", "0.0000000000001", "1e3", "99999999999999999999"})
        EXPECT_FALSE(usd::parse(text)) << text;
    EXPECT_EQ(to_string(usd{-5}), "-0.000000000005");
}

TEST(UsdText, SumsThatAreTooLargeStayAtTheMost) {
    constexpr usd most{std::numeric_limits<std::int64_t>::max()};
    EXPECT_EQ(usd::dollars(9'000'000) + usd::dollars(9'000'000), most);
    EXPECT_EQ(usd::dollars(10'000'000), most);
    EXPECT_EQ(usd::cents(-2'000'000'000).picos, -most.picos);
    EXPECT_EQ(usd::cents(-2'000'000'000) - most, usd{std::numeric_limits<std::int64_t>::min()});
    EXPECT_EQ(usd::dollars(2) - usd::cents(50), usd::cents(150));
}

struct find_case {
    char const* model;
    char const* service;
    char const* id;  ///< Null: not found.
};
void PrintTo(find_case const& row, std::ostream* out) { *out << row.model << " of " << row.service; }
class FindModel : public testing::TestWithParam<find_case> {};

TEST_P(FindModel, KnowsSnapshotsAndNothingElse) {
    auto const* const facts = model_table::built_in().find(GetParam().model, GetParam().service);
    if (GetParam().id == nullptr) {
        EXPECT_EQ(facts, nullptr) << facts->id;
        return;
    }
    ASSERT_NE(facts, nullptr);
    EXPECT_EQ(facts->id, GetParam().id);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, FindModel,
    testing::Values(find_case{"gpt-5", "openai", "gpt-5"}, find_case{"gpt-5-2025-08-07", "openai", "gpt-5"},
                    find_case{"gpt-5-mini-2025-08-07", "openai", "gpt-5-mini"},
                    find_case{"gpt-5-pro", "openai", nullptr}, find_case{"gpt-5.9", "openai", nullptr},
                    find_case{"gpt-4o-latest", "openai", "gpt-4o"},
                    find_case{"claude-opus-5", "anthropic", "claude-opus-5"},
                    find_case{"claude-opus-5-5", "anthropic", nullptr},
                    find_case{"claude-opus-5-1-20261101", "anthropic", nullptr},
                    find_case{"claude-haiku-4-5-20251001", "anthropic", "claude-haiku-4-5"},
                    find_case{"claude-haiku-4-5@20251001", "anthropic", "claude-haiku-4-5"},
                    find_case{"models/gemini-2.5-flash-001", "vertex", "gemini-2.5-flash"},
                    find_case{"gemini-2.5-pro-preview-05-06", "gemini", "gemini-2.5-pro"},
                    find_case{"gpt-3.5-turbo-0125", "openai", "gpt-3.5-turbo"}, find_case{"gpt-5", "groq", nullptr},
                    find_case{"gpt-4o-mini", "azure", "gpt-4o-mini"}, find_case{"", "openai", nullptr}));

constexpr char own_facts[] = R"({"as_of": "2026-11-28", "models": [
    {"id": "acme-*", "service": "compatible", "max_output_tokens": 500, "usd_per_million": {"input": 0, "output": 0}},
    {"id": "gpt-5", "service": "openai", "usd_per_million": {"input": 1.5, "output": 12.000001}, "shutdown": "2026-12-11"}]})";

TEST(OwnFacts, ComeBeforeThoseOfTheBuild) {
    auto const table = model_table::parse(own_facts);
    ASSERT_TRUE(table) << table.error();
    EXPECT_EQ(table->as_of(), "2026-11-28");
    auto const* const own = table->find("gpt-5", "openai");
    ASSERT_NE(own, nullptr);
    EXPECT_EQ(own->prices.input, 1'500'000);
    EXPECT_EQ(own->prices.output, 12'000'001);
    EXPECT_EQ(own->shutdown, std::chrono::sys_days{std::chrono::year{2026} / 12 / 11});
    EXPECT_EQ(table->find("acme-large", "compatible")->prices.input, 0);
    EXPECT_EQ(table->find("gpt-4o", "openai")->prices.input, 2'500'000);
}

struct bad_facts_case {
    char const* name;
    char const* text;
    char const* where;
};
void PrintTo(bad_facts_case const& row, std::ostream* out) { *out << row.name; }
class BadFacts : public testing::TestWithParam<bad_facts_case> {};

TEST_P(BadFacts, AreRefusedWithTheirPlace) {
    auto const table = model_table::parse(GetParam().text);
    ASSERT_FALSE(table);
    EXPECT_EQ(table.error().code, errc::invalid_json);
    EXPECT_EQ(table.error().where, GetParam().where) << table.error();
}
INSTANTIATE_TEST_SUITE_P(
    Rows, BadFacts,
    testing::Values(bad_facts_case{"unknown_name", R"({"as_of":"","models":[{"id":"a","service":"","inputs":1}]})",
                                   "/models/0/inputs"},
                    bad_facts_case{"no_id", R"({"as_of":"","models":[{"id":"","service":""}]})", "/models/0/id"},
                    bad_facts_case{"all_models", R"({"as_of":"","models":[{"id":"*","service":""}]})", "/models/0/id"},
                    bad_facts_case{"negative_price",
                                   R"({"as_of":"","models":[{"id":"a","service":"","usd_per_million":{"input":-1}}]})",
                                   "/models/0/usd_per_million"},
                    bad_facts_case{"no_day",
                                   R"({"as_of":"","models":[{"id":"a","service":"","shutdown":"2026-02-30"}]})",
                                   "/models/0/shutdown"},
                    bad_facts_case{"no_limit",
                                   R"({"as_of":"","models":[{"id":"a","service":"","max_output_tokens":0}]})",
                                   "/models/0/max_input_tokens"}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST(ModelTable, NamesTheFileThatIsWrong) {
    auto const table = model_table::load("/nowhere/models.json");
    ASSERT_FALSE(table);
    EXPECT_EQ(table.error().code, errc::io_failed);
    EXPECT_EQ(table.error().where, "/nowhere/models.json");
}

struct cost_case {
    char const* name;
    char const* model;
    usage used;
    billing how;
    char const* cost;  ///< Of the price list, by hand.
};
void PrintTo(cost_case const& row, std::ostream* out) { *out << row.name; }
class Cost : public testing::TestWithParam<cost_case> {};

TEST_P(Cost, IsThatOfThePriceList) {
    auto const cost = cost_of(GetParam().used, GetParam().model, {}, GetParam().how);
    ASSERT_TRUE(cost) << cost.error();
    EXPECT_EQ(to_string(*cost), GetParam().cost);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, Cost,
    testing::Values(
        cost_case{"nothing", "gpt-5", {}, {}, "0.00"},
        cost_case{"input_and_output", "gpt-5", {.input_tokens = 1'000'000, .output_tokens = 100'000}, {}, "2.25"},
        cost_case{"one_token", "gpt-5-nano", {.input_tokens = 1}, {}, "0.00000005"},
        cost_case{"cached_input", "gpt-5", {.input_tokens = 1'000'000, .cached_input_tokens = 800'000}, {}, "0.35"},
        cost_case{
            "cache_write", "claude-opus-4-8", {.input_tokens = 100'000, .cache_write_tokens = 100'000}, {}, "0.625"},
        cost_case{"long_cache_write",
                  "claude-opus-4-8",
                  {.input_tokens = 100'000, .cache_write_tokens = 100'000},
                  {.long_cache = true},
                  "1.00"},
        cost_case{"reasoning_is_output", "gpt-5", {.output_tokens = 1'000, .reasoning_tokens = 900}, {}, "0.01"},
        cost_case{"batch", "gpt-5", {.input_tokens = 1'000'000}, {.at = billing::tier::batch}, "0.625"},
        cost_case{"batch_is_rounded_up",
                  "gpt-4.1-nano",
                  {.input_tokens = 1, .cached_input_tokens = 1},
                  {.at = billing::tier::batch},
                  "0.0000000125"},
        cost_case{"long_context", "gpt-5.5", {.input_tokens = 300'000, .output_tokens = 1'000}, {}, "3.045"},
        cost_case{"just_not_long", "gpt-5.5", {.input_tokens = 272'000}, {}, "1.36"},
        cost_case{"embedding", "text-embedding-3-small", {.input_tokens = 1'000'000}, {}, "0.02"}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST(UnknownCost, IsAnErrorAndNeverNothing) {
    auto const model = cost_of({.input_tokens = 1}, "gpt-99");
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, errc::invalid_argument);
    EXPECT_EQ(model.error().where, "model");
    auto const output = cost_of({.output_tokens = 1}, "text-embedding-3-small");
    ASSERT_FALSE(output);
    EXPECT_EQ(output.error().where, "output");
    auto const tier = cost_of({.input_tokens = 1}, "gpt-5", {}, {.at = billing::tier::priority});
    ASSERT_FALSE(tier);
    EXPECT_EQ(tier.error().where, "tier");
}

TEST(MostCost, TakesWhatIsNotKnownAsTheDearest) {
    auto const& facts = *model_table::built_in().find("claude-opus-4-8");
    EXPECT_EQ(to_string(most_cost_of(100'000, 0, facts).value()), "0.625");
    EXPECT_EQ(to_string(most_cost_of(100'000, 1'000, facts, {.long_cache = true}).value()), "1.025");
    EXPECT_FALSE(most_cost_of(0, 1, *model_table::built_in().find("text-embedding-3-small")));
}

}  // namespace
}  // namespace coax
