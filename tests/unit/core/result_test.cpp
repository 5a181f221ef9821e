#include <coax/core/result.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace coax {
namespace {

/// Counts those that live.
struct counted {
    explicit(false) counted(int of) : number{of} { ++living; }
    counted(counted const& other) : number{other.number} { ++living; }
    counted(counted&& other) noexcept : number{std::exchange(other.number, -1)} { ++living; }
    counted& operator=(counted const&) = delete;
    ~counted() { --living; }
    friend bool operator==(counted const& a, counted const& b) { return a.number == b.number; }

    static inline int living = 0;
    int number;
};

error refused(std::string message) { return {.code = errc::refused, .message = std::move(message)}; }

struct state {
    char const* name;
    result<counted> (*make)();
};
void PrintTo(state const& row, std::ostream* out) { *out << row.name; }

state const states[]{
    {"value", [] { return result<counted>{7}; }},
    {"other_value", [] { return result<counted>{8}; }},
    {"error", [] { return result<counted>{refused("no")}; }},
    {"other_error", [] { return result<counted>{refused("never")}; }},
};

class ResultPair : public testing::TestWithParam<std::tuple<state, state>> {
protected:
    state const& from = std::get<0>(GetParam());
    state const& to = std::get<1>(GetParam());
    ~ResultPair() override { EXPECT_EQ(counted::living, 0); }
};

TEST_P(ResultPair, CopyingLeavesTwoEquals) {
    auto const source = from.make();
    auto target = to.make();
    target = source;
    EXPECT_EQ(target, source);
    EXPECT_EQ(result<counted>{source}, from.make());
}

TEST_P(ResultPair, MovingTakesAllButWhetherThereIsAnError) {
    auto source = from.make();
    auto target = to.make();
    target = std::move(source);
    EXPECT_EQ(target, from.make());
    EXPECT_EQ(source.has_error(), target.has_error());
    EXPECT_TRUE(source.error().message.empty());
}

TEST_P(ResultPair, IsEqualToItsLikeOnly) {
    EXPECT_EQ(from.make() == to.make(), std::string{from.name} == to.name);
    EXPECT_NE(from.make() == to.make(), from.make() != to.make());
}

INSTANTIATE_TEST_SUITE_P(Rows, ResultPair, testing::Combine(testing::ValuesIn(states), testing::ValuesIn(states)),
                         [](auto const& row) {
                             return std::string{std::get<0>(row.param).name} + "_to_" + std::get<1>(row.param).name;
                         });

TEST(Result, AssignedToItselfStaysAsItIs) {
    result<std::string> text = "kept";
    auto& same = text;
    text = same;
    text = std::move(same);
    EXPECT_EQ(text, "kept");
}

TEST(Result, ValueThrowsTheErrorItHolds) {
    result<int> failed = refused("no");
    try {
        (void)failed.value();
        FAIL();
    } catch (exception const& thrown) {
        EXPECT_EQ(thrown.why(), failed.error());
        EXPECT_EQ(thrown.code(), errc::refused);
        EXPECT_STREQ(thrown.code().category().name(), "coax");
    }
    EXPECT_THROW(result<void>{refused("no")}.value(), exception);
    EXPECT_THROW((void)value_or_throw(std::move(failed)), exception);
    EXPECT_EQ(value_or_throw(result<int>{3}), 3);
    EXPECT_NO_THROW(value_or_throw(result<void>{}));
}

TEST(Result, OfASuccessHasAnEmptyError) {
    EXPECT_EQ(result<int>{3}.error(), error{});
    EXPECT_EQ(result<void>{}.error(), error{});
}

TEST(Result, ValueOrStandsInForAMissingValue) {
    EXPECT_EQ(result<std::string>{"kept"}.value_or("other"), "kept");
    result<std::string> const failed = refused("no");
    EXPECT_EQ(failed.value_or("other"), "other");
    EXPECT_EQ(*result<std::unique_ptr<int>>{refused("no")}.value_or(std::make_unique<int>(4)), 4);
}

result<int> half(int number) {
    if (number % 2 != 0) return refused("odd");
    return number / 2;
}

TEST(Result, AndThenGoesOnWhileThereIsAValue) {
    EXPECT_EQ(result<int>{8}.and_then(half).and_then(half), 2);
    EXPECT_EQ(result<int>{6}.and_then(half).and_then(half), refused("odd"));
    EXPECT_EQ(result<int>{refused("no")}.and_then(half), refused("no"));
    EXPECT_EQ(result<void>{}.and_then([] { return half(4); }), 2);
    EXPECT_EQ(result<void>{refused("no")}.and_then([] { return half(4); }), refused("no"));
    EXPECT_EQ(result<int>{5}.and_then([](int) { return result<void>{}; }), result<void>{});
}

TEST(Result, TransformChangesTheValueAlone) {
    result<int> const seven = 7;
    EXPECT_EQ(seven.transform([](int number) { return std::to_string(number); }), "7");
    EXPECT_EQ(result<int>{refused("no")}.transform([](int) { return 1; }), refused("no"));
    EXPECT_EQ(result<void>{}.transform([] { return 3; }), 3);
    int seen = 0;
    EXPECT_EQ(seven.transform([&seen](int number) { seen = number; }), result<void>{});
    EXPECT_EQ(seen, 7);
    auto const moved = result<std::unique_ptr<int>>{std::make_unique<int>(3)}.transform(
        [](std::unique_ptr<int> held) { return *held; });
    EXPECT_EQ(moved, 3);
}

TEST(Result, OrElseAndTransformErrorTouchTheErrorAlone) {
    auto const rescue = [](error const& why) { return result<int>{static_cast<int>(why.message.size())}; };
    EXPECT_EQ(result<int>{refused("no")}.or_else(rescue), 2);
    EXPECT_EQ(result<int>{7}.or_else(rescue), 7);
    auto const late = [](error why) { return why.message += ", late", why; };
    EXPECT_EQ(result<int>{refused("no")}.transform_error(late), refused("no, late"));
    EXPECT_EQ(result<int>{7}.transform_error(late), 7);
    result<void> const failed = refused("no");
    EXPECT_EQ(failed.transform_error(late), refused("no, late"));
    EXPECT_EQ(failed.or_else([](error const&) { return result<void>{}; }), result<void>{});
}

TEST(Result, GivesItsErrorAway) {
    result<void> failed = refused("no");
    EXPECT_EQ(std::move(failed).error(), refused("no"));
    EXPECT_TRUE(failed.has_error());
}

TEST(Result, GivesAMoveOnlyValueAway) {
    result<std::unique_ptr<int>> held = std::make_unique<int>(3);
    auto const taken = *std::move(held);
    EXPECT_EQ(*taken, 3);
    EXPECT_EQ(*held, nullptr);
}

TEST(Result, TakesWhatConvertsToItsValueAndNothingElse) {
    static_assert(std::is_convertible_v<char const*, result<std::string>>);
    static_assert(!std::is_convertible_v<std::size_t, result<std::vector<int>>>);
    static_assert(!std::is_convertible_v<result<void>, result<bool>>);
    static_assert(!std::is_convertible_v<result<int>, result<bool>>);
    static_assert(!std::is_copy_constructible_v<result<std::unique_ptr<int>>>);
    static_assert(std::is_nothrow_move_constructible_v<result<std::string>>);
    static_assert(sizeof(result<int>) <= 2 * sizeof(void*));  // a map over a million of them holds no more
    result<bool> const verdict = refused("no");
    EXPECT_TRUE(verdict.has_error());
}

}  // namespace
}  // namespace coax
