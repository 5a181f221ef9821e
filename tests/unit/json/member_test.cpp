#include "json/internal/member.hpp"

#include <coax/json/value.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace coax::json::detail {
namespace {

struct member_case {
    char const* name;
    char const* object;
    char const* member;
    char const* value;  ///< Null: there is none.
};
void PrintTo(member_case const& row, std::ostream* out) { *out << row.name; }

class FindMember : public testing::TestWithParam<member_case> {};

TEST_P(FindMember, GivesItsText) {
    auto const object = json_value::parse(GetParam().object).value();
    auto const found = find_member(object.text(), GetParam().member);
    ASSERT_EQ(found.has_value(), GetParam().value != nullptr);
    if (found) {
        EXPECT_EQ(*found, GetParam().value);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, FindMember,
    testing::Values(member_case{"first", R"({"a":1,"b":2})", "a", "1"},
                    member_case{"last", R"({"a":1,"b":"x"})", "b", R"("x")"},
                    member_case{"behind_others", R"({"x":{"a":[1,{"a":2}]},"y":"\"a\":","a":{"b":[]}})", "a",
                                R"({"b":[]})"},
                    member_case{"twice_the_last_counts", R"({"a":1,"b":2,"a":3})", "a", "3"},
                    member_case{"escapes_in_the_name", R"({"\u0061\n":true})", "a\n", "true"},
                    member_case{"empty_name", R"({"":null})", "", "null"},
                    member_case{"only_inside", R"({"b":{"a":1}})", "a", nullptr},
                    member_case{"part_of_a_name", R"({"ab":1})", "a", nullptr},
                    member_case{"empty_object", "{}", "a", nullptr}, member_case{"array", R"([{"a":1}])", "a", nullptr},
                    member_case{"string", R"("{\"a\":1}")", "a", nullptr}, member_case{"word", "null", "a", nullptr}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax::json::detail
