#include "core/internal/near_names.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace coax::core::detail {
namespace {

TEST(EditDistance, CountsLettersAndSwaps) {
    EXPECT_EQ(edit_distance("retry", "retry"), 0U);
    EXPECT_EQ(edit_distance("rtery", "retry"), 1U);
    EXPECT_EQ(edit_distance("retr", "retry"), 1U);
    EXPECT_EQ(edit_distance("rettry", "retry"), 1U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_GE(edit_distance(std::string(1'000'000, 'a'), "a"), 64U);
}

constexpr std::array<std::string_view, 5> known{"max_attempts", "max-tokens", "top_p", "top_k", "model"};

struct misspelt_case {
    std::string_view name;
    std::vector<std::string_view> meant;
};

TEST(NearNames, AreTheNearestThatAreLikelyToBeMeant) {
    for (auto const& [name, meant] : std::vector<misspelt_case>{{"maxAttempts", {"max_attempts"}},
                                                                {"max_atempt", {"max_attempts"}},
                                                                {"max_tokens", {"max-tokens"}},
                                                                {"modle", {"model"}},
                                                                {"top_x", {"top_p", "top_k"}},
                                                                {"temperature", {}},
                                                                {"", {}}})
        EXPECT_EQ(near_names(name, known), meant) << name;
    EXPECT_EQ(near_names("model", {}), std::vector<std::string_view>{});
}

TEST(NearNames, AreListedForPeople) {
    EXPECT_EQ(one_of(std::span{known}.subspan(2, 2)), "\"top_p\" or \"top_k\"");
    EXPECT_EQ(one_of({}), "");
}

}  // namespace
}  // namespace coax::core::detail
