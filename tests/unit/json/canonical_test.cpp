#include "json/internal/canonical.hpp"

#include <gtest/gtest.h>

#include <string>

namespace coax::json::detail {
namespace {

struct canonical_case {
    char const* name;
    char const* text;
    char const* canonical;  ///< Empty: the text is not JSON.
};

class Canonical : public testing::TestWithParam<canonical_case> {};

TEST_P(Canonical, HasOneFormOfWhatMeansTheSame) {
    std::string out = "> ";
    bool const is_json = append_canonical(out, GetParam().text, 4);
    EXPECT_EQ(is_json, *GetParam().canonical != '\0');
    if (is_json) EXPECT_EQ(out, "> " + std::string{GetParam().canonical});
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Canonical,
    testing::Values(canonical_case{"empty_object", " { } ", "{}"}, canonical_case{"empty_array", "[ ]", "[]"},
                    canonical_case{"words", "[true,false,null]", "[true,false,null,]"},
                    canonical_case{"members_sorted", R"({"b":1,"a":{"y":[2],"x":{}},"ab":3})",
                                   R"({"a":{"x":{},"y":[2,],},"ab":3,"b":1,})"},
                    canonical_case{"names_with_escapes", R"({"b":1,"\u0061":2})", R"({"a":2,"b":1,})"},
                    canonical_case{"a_name_that_begins_another", R"({"a b":1,"a":2})", R"({"a":2,"a b":1,})"},
                    canonical_case{"twice_the_same_name", R"({"b":0,"a":2,"a":1})", R"({"a":2,"a":1,"b":0,})"},
                    canonical_case{"escapes", R"(["\u0041\/\n\u00e9"])", "[\"A/\\n\u00e9\",]"},
                    canonical_case{"integers", "[0,-0,-1,9007199254740993,123456789012345678901234567890]",
                                   "[0,0,-1,9007199254740993,123456789012345678901234567890,]"},
                    canonical_case{"whole_reals", "[1.0,1e2,-0.0,100E-2,-3.00]", "[1,100,0,1,-3,]"},
                    canonical_case{"reals", "[0.10,1.5e-3,1e400]", "[0.1,0.0015,1e400,]"},
                    canonical_case{"deepest", "[[[[1]]]]", "[[[[1,],],],]"},
                    canonical_case{"too_deep", "[[[[[1]]]]]", ""}, canonical_case{"nothing", "", ""},
                    canonical_case{"cut", R"({"a":)", ""}, canonical_case{"two_values", "1 2", ""},
                    canonical_case{"no_comma", R"({"a":1 "b":2})", ""}, canonical_case{"trailing_comma", "[1,]", ""},
                    canonical_case{"bad_utf8", "\"\xff\"", ""}, canonical_case{"bad_word", "[nul]", ""},
                    canonical_case{"name_without_quotes", "{a:1}", ""}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST(CanonicalRoot, LeavesOutMembersOfTheRootOnly) {
    std::string out;
    EXPECT_TRUE(append_canonical(out, R"({"user":{"user":1},"b":{"user":2},"a":[{"user":3}]})", 8,
                                 [](std::string_view member) { return member == "user"; }));
    EXPECT_EQ(out, R"({"a":[{"user":3,},],"b":{"user":2,},})");
}

}  // namespace
}  // namespace coax::json::detail
