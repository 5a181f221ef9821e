// The same answer, held against a type and against the type's own schema at run time: the same words.
#include "unit/bind/rich_types.hpp"
#include "unit/bind/types.hpp"

#include <coax/schema/codec.hpp>
#include <coax/schema/runtime_schema.hpp>

#include <gtest/gtest.h>

namespace coax {
namespace {

using namespace types;

struct marks {
    std::map<std::string, std::vector<int>> of{};
    static constexpr auto coax_schema = describe(doc{}, field(&marks::of, {.maximum = 5}));
};

struct fault_case {
    char const* name;
    json::codec const* type;
    std::vector<json::violation> (*read)(std::string_view text);
    char const* text;
};
void PrintTo(fault_case const& row, std::ostream* out) { *out << row.name; }
class TwoJudges : public testing::TestWithParam<fault_case> {};

template <class T>
fault_case fault(char const* name, char const* text) {
    return {name, &json::codec_of<T>, [](std::string_view answer) { return json::find_violations<T>(answer); }, text};
}

TEST_P(TwoJudges, SayTheSame) {
    auto const& row = GetParam();
    auto const expected = row.read(row.text);
    ASSERT_FALSE(expected.empty());
    auto const schema = runtime_schema::parse(row.type->schema(schema_dialect::json_schema).value()).value();
    auto found = schema.find_violations(row.text);
    for (auto& each : found)  // only the schema tells that an optional may be null
        if (each.expected.ends_with(" or null")) each.expected.resize(each.expected.size() - 8);
    EXPECT_EQ(to_string(found), to_string(expected));
    EXPECT_FALSE(schema.validate(row.text));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, TwoJudges,
    testing::Values(
        fault<plain>("no_json", R"({"a":1,)"),
        fault<std::vector<plain>>("no_json_inside", R"([{"a":1,"b":"x"},{"a":1,}])"),
        fault<judgement>("no_json_in_a_list", R"({"emotions":["joy",}]})"),
        fault<plain>("rest", R"({"a":1,"b":"x"} 3)"), fault<plain>("bad_escape", R"({"a":1,"b":"\q"})"),
        fault<plain>("other_root", "[1]"), fault<plain>("text_for_number", R"({"a":"1","b":"x"})"),
        fault<plain>("fraction_for_integer", R"({"a":1.5,"b":"x"})"),
        fault<plain>("number_for_text", R"({"a":1,"b":2.5})"), fault<plain>("boolean_for_text", R"({"a":1,"b":true})"),
        fault<plain>("list_for_text", R"({"a":1,"b":[1]})"), fault<plain>("null_for_required", R"({"a":null,"b":"x"})"),
        fault<plain>("other_for_optional", R"({"a":1,"b":"x","c":"y"})"), fault<plain>("missing", R"({"b":"x"})"),
        fault<plain>("all_missing", "{}"), fault<plain>("several", R"({"c":"z","a":"x","b":1})"),
        fault<plain>("wrong_and_missing", R"({"a":"x"})"), fault<bool>("boolean", "1"),
        fault<colour>("enum", R"("pink")"), fault<colour>("number_for_enum", "3"),
        fault<std::vector<plain>>("items", "[{\"a\":1,\"b\":\"x\"},\n {\"a\":1},\n {\"a\":true,\"b\":\"\u00e9\"}]"),
        fault<std::map<std::string, std::vector<int>>>("in_a_map", R"({"a/b":[1,"x"],"c":3})"),
        fault<judgement>("documented", R"({"label":"green","confidence":1.5,"emotions":["joy","B","x"]})"),
        fault<judgement>("few_items", R"({"label":"green","confidence":-1,"emotions":[]})"),
        fault<judgement>("many_items", R"({"label":"green","confidence":0.5,"emotions":["aa","bb","cc","dd"]})"),
        fault<ruled>("rules", R"({"even":3,"share":1,"mail":"a@","once":[1,1],"from":1,"to":2})"),
        fault<ruled>("fewest", R"({"even":2,"share":0,"mail":"a@b.c","once":[],"from":1,"to":2})"),
        fault<marks>("deep_below_a_field", R"({"of":{"a/b":[1],"c":[5,6]}})"),
        fault<classes>(
            "of_a_base",
            R"({"price":{"cents":1,"currency":"E"},"box":{"value":1},"pet":{"name":"R","age":-1},"release":"1.2","pets":{"items":[]}})"),
        fault<std::set<int>>("twice", "[1,2,1]"), fault<std::pair<int, std::string>>("tuple_too_short", "[1]"),
        fault<std::pair<int, std::string>>("tuple_too_long", R"([1,"x",2])"),
        fault<std::pair<int, std::string>>("tuple_part", R"([1,2])"),
        fault<std::array<int, 2>>("array_too_short", "[1]"),
        fault<labels>("flags", R"({"mix":["pink"],"home":"mars","visited":["pluto",1]})"),
        fault<times>(
            "date",
            R"({"birthday":"2023-02-29","due":"x","sent":"now","exact":1,"pause":"90 s","step":"PT1S","shift":"PT1H","measured":"PT0.5S","blob":""})"),
        fault<history>("unknown_tag", R"({"events":[{"body":"x","type":"draw"}]})"),
        fault<history>("known_tag", R"({"events":[{"x":1,"body":"no","type":"move"}]})"),
        fault<history>("no_tag", R"({"events":[{"x":1}]})"), fault<shape>("no_alternative", "3"),
        fault<std::optional<shape>>("in_an_alternative", R"({"side":"x"})"),
        fault<chain>("recursive",
                     R"({"value":1,"next":{"value":"x","below":[],"maybe":null},"below":[3],"maybe":null})")),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax
