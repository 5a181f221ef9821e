#include "json/internal/pointer.hpp"
#include "json/internal/scanner.hpp"

#include <coax/json/value.hpp>

#include <gtest/gtest.h>

namespace coax {
namespace {

TEST(JsonValue, KeepsCompactText) {
    auto const value = json_value::parse(" { \"a b\" : [ 1 , \"x \\\" y\" ] ,\n\"c\":null } ");
    ASSERT_TRUE(value) << value.error();
    EXPECT_EQ(value->text(), R"({"a b":[1,"x \" y"],"c":null})");
    EXPECT_TRUE(value->is_object());
    EXPECT_TRUE(json_value{}.is_null());
    EXPECT_EQ(json_value::parse("-1")->kind(), json_kind::number);
    EXPECT_EQ(json_value::parse("false")->kind(), json_kind::boolean);
    EXPECT_TRUE(json_value::parse("[]")->is_array());
    EXPECT_TRUE(json_value::parse(R"("\u00e9")")->is_string());
}

TEST(JsonValue, RefusesWhatIsNotJson) {
    for (std::string_view const text : {"", "{", "{\"a\":}", "[1,]", "1 2", "nul", "'x'", "[1}", "{\"a\":1]"}) {
        auto const value = json_value::parse(text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().code, errc::invalid_json);
    }
}

TEST(JsonValue, NamesThePlaceOfTheError) {
    auto const value = json_value::parse(R"({"a":1,"b/c":[true,{"d":nul}]})");
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().where, "/b~1c/1/d");
    EXPECT_EQ(value.error().message, "expected a value, found 'n' (line 1, column 25)");
}

struct merge_case {
    char const* name;
    char const* body;
    char const* extra;
    char const* expected;
};
void PrintTo(merge_case const& row, std::ostream* out) { *out << row.name; }
class MergeObjects : public testing::TestWithParam<merge_case> {};

TEST_P(MergeObjects, FollowsTheTable) {
    std::string body = GetParam().body;
    auto const merged = json::merge_objects(body, json_value::parse(GetParam().extra).value());
    EXPECT_EQ(merged.has_value(), std::string_view{GetParam().expected} != "error");
    EXPECT_EQ(body, merged ? GetParam().expected : GetParam().body);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, MergeObjects,
    testing::Values(merge_case{"adds", R"({"a":1})", R"({"b":2})", R"({"a":1,"b":2})"},
                    merge_case{"extra_wins", R"({"a":1,"b":2})", R"({"a":[3]})", R"({"a":[3],"b":2})"},
                    merge_case{"in_depth", R"({"a":{"x":1,"y":{"p":1}}})", R"({"a":{"y":{"q":2}}})",
                               R"({"a":{"x":1,"y":{"p":1,"q":2}}})"},
                    merge_case{"object_over_scalar", R"({"a":1})", R"({"a":{"b":1}})", R"({"a":{"b":1}})"},
                    merge_case{"null_takes_out", R"({"a":1,"b":2,"c":3})", R"({"a":null})", R"({"b":2,"c":3})"},
                    merge_case{"null_takes_out_in_depth", R"({"a":{"x":1,"y":2}})", R"({"a":{"x":null}})",
                               R"({"a":{"y":2}})"},
                    merge_case{"null_of_nothing", R"({"a":1})", R"({"b":null})", R"({"a":1})"},
                    merge_case{"null_within_what_is_new", R"({"a":1})", R"({"b":{"x":null},"c":[null]})",
                               R"({"a":1,"b":{"x":null},"c":[null]})"},
                    merge_case{"extra_is_no_object", R"({"a":1})", "[1]", "error"},
                    merge_case{"body_is_no_object", "[1]", "{}", "error"}),
    [](auto const& row) { return std::string(row.param.name); });

// --- pointers ---

struct pointer_case {
    char const* name;
    char const* text;
    char const* pointer;
    std::size_t offset;
};
void PrintTo(pointer_case const& row, std::ostream* out) { *out << row.name; }
class LocatePointer : public testing::TestWithParam<pointer_case> {};

TEST_P(LocatePointer, FollowsTheTable) {
    EXPECT_EQ(json::detail::locate_pointer(GetParam().text, GetParam().pointer), GetParam().offset);
}

INSTANTIATE_TEST_SUITE_P(Rows, LocatePointer,
                         testing::Values(pointer_case{"root", " 1", "", 1},
                                         pointer_case{"member", R"({"a":1,"b":2})", "/b", 11},
                                         pointer_case{"escaped_key", R"({"x":0,"a/b~":2})", "/a~1b~0", 14},
                                         pointer_case{"prefix_of_another", R"({"ab":{"c":1},"a":{"c":2}})", "/a/c", 23},
                                         pointer_case{"item", R"([0,[1,2]])", "/1/1", 6},
                                         pointer_case{"missing_member", R"({"a":{"b":1}})", "/a/c", 11},
                                         pointer_case{"missing_item", "[1]", "/1", 2},
                                         pointer_case{"below_a_number", R"({"a":1})", "/a/b", 5},
                                         pointer_case{"malformed", R"({"a":1,)", "/b", 0}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(FindErrorPointer, LeadsToTheInnermostValue) {
    using json::detail::find_error_pointer;
    EXPECT_EQ(find_error_pointer(R"({"a":[1,{"b":tru}]})"), "/a/1/b");
    EXPECT_EQ(find_error_pointer(R"({"a":[1 2]})"), "/a");
    EXPECT_EQ(find_error_pointer(R"({"a":1 "b":2})"), "");
    EXPECT_EQ(find_error_pointer("x"), "");
}

TEST(FindSyntaxError, BoundsTheDepth) {
    EXPECT_FALSE(json::detail::find_syntax_error("[[1]]", 2));
    auto const wrong = json::detail::find_syntax_error("[[[1]]]", 2);
    ASSERT_TRUE(wrong);
    EXPECT_EQ(wrong->expected, "at most 2 levels of arrays and objects");
    EXPECT_EQ(wrong->found, "more");
}

// --- violations ---

TEST(Violations, AreToldAsOneErrorOrAsAList) {
    std::string_view const text = "[1,\n \"x\"]";
    std::vector<json::violation> const found{
        {.pointer = "/1", .expected = "an integer", .found = "a string", .offset = 5},
        {.expected = "2 items"},
        {.pointer = "/2", .found = "duplicate item"}};
    EXPECT_EQ(json::detail::to_error({found[0]}, text).message,
              "expected an integer, found a string (line 2, column 2)");
    EXPECT_EQ(json::detail::to_error(found, text, 3).message,
              "at least 3 violations: /1: expected an integer, found a string (line 2, column 2); "
              "the whole value: expected 2 items (line 1, column 1); /2: duplicate item (line 1, column 1)");
    EXPECT_EQ(json::to_string(found),
              "- /1: expected an integer, found a string\n"
              "- the whole value: expected 2 items\n- /2: duplicate item\n");
    auto const placed = json::detail::add_positions(found, text);
    EXPECT_EQ(placed[0].near, "[1,   >>> \"x\"]");
    EXPECT_EQ(placed[0].line, 2U);
}

TEST(Violations, ExcerptsEndBetweenCodePoints) {
    std::string text;
    for (int i = 0; i < 40; ++i) text += "\u00e9";
    auto const near = json::detail::add_positions({{.offset = 40}}, text).front().near;
    EXPECT_FALSE(json::detail::find_invalid_utf8(near.data(), near.data() + near.size()) != near.data() + near.size());
    EXPECT_LE(near.size(), 60U);
}

}  // namespace
}  // namespace coax
