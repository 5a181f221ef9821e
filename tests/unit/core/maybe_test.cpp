#include <coax/core/maybe.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coax {
namespace {

using namespace std::chrono_literals;

struct plain {
    int least{1};
    std::string name{};
};
struct holder {
    maybe<double> number{};
    maybe<std::chrono::milliseconds> wait{};
    maybe<plain> options{};
};

TEST(Maybe, HoldsNothingAtFirstAndTheDefaultBehindIt) {
    maybe<plain> const nothing{};
    EXPECT_FALSE(nothing);
    EXPECT_FALSE(nothing.has_value());
    EXPECT_EQ(nothing->least, 1);
    EXPECT_EQ(nothing.to_optional().has_value(), false);
}

TEST(Maybe, TakesWhatItsTypeTakes) {
    holder const given{.number = 1, .wait = 2s, .options = plain{.least = 3}};
    EXPECT_EQ(given.number, 1.0);
    EXPECT_EQ(given.wait, 2s);
    EXPECT_EQ(given.options->least, 3);

    holder assigned;
    assigned.number = 4;
    assigned.wait = 5min;
    assigned.options = {.least = 6, .name = "x"};
    EXPECT_EQ(assigned.number, 4.0);
    EXPECT_EQ(assigned.wait, 300'000ms);
    EXPECT_EQ(assigned.options->name, "x");
}

TEST(Maybe, ComesFromAnOptionalAndGoesToOne) {
    std::optional<int> const some{7};
    maybe<std::int64_t> wide{some};
    EXPECT_EQ(wide, 7);
    EXPECT_EQ(wide.to_optional(), std::optional<std::int64_t>{7});
    wide = std::optional<int>{};
    EXPECT_FALSE(wide);
}

TEST(Maybe, IsEmptiedByResetAndByNullopt) {
    maybe<std::string> text{"kept"};
    text.reset();
    EXPECT_FALSE(text);
    EXPECT_EQ(*text, "");
    text = "again";
    text = std::nullopt;
    EXPECT_EQ(text, std::nullopt);
}

TEST(Maybe, NothingIsNotTheDefaultValue) {
    EXPECT_NE(maybe<bool>{}, false);
    EXPECT_EQ(maybe<bool>{}, maybe<bool>{});
    EXPECT_NE(maybe<int>{}, maybe<int>{0});
    EXPECT_EQ(maybe<int>{}.value_or(8), 8);
    EXPECT_EQ(maybe<int>{0}.value_or(8), 0);
    maybe<int> emplaced;
    emplaced.emplace();
    EXPECT_EQ(emplaced, 0);
}

TEST(Maybe, GivesItsValueAway) {
    maybe<std::unique_ptr<int>> owner{std::make_unique<int>(9)};
    auto const taken = *std::move(owner);
    EXPECT_EQ(*taken, 9);
}

}  // namespace
}  // namespace coax
