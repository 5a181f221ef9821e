#include "unit/bind/rich_types.hpp"

#include <coax/schema/codec.hpp>
#include <coax/schema/schema.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace coax {
namespace {

using namespace types;
using namespace std::chrono_literals;

groups groups_value() {
    groups value;
    value.mixed = {7, "seven", true};
    value.point = {0.5, -2};
    value.ordered = {3, 1, 2};
    value.loose = {"a"};
    value.counts = {{"x", 1}};
    value.queue = {"first", "second"};
    value.bits = {true, false, true};
    value.nested = {{"k", {{"b", "a"}, {}}}};
    return value;
}

chain chain_value() {
    chain value;
    value.value = 1;
    value.next = std::make_shared<chain>();
    value.next->maybe = "text";
    value.below.push_back(std::make_unique<chain>());
    value.below.push_back(nullptr);
    return value;
}

times times_value() {
    using namespace std::chrono;
    times value;
    value.birthday = year{2000} / 2 / 29;
    value.due = sys_days{year{1969} / 12 / 31};
    value.sent = sys_days{year{2026} / 11 / 20} + 23h + 15min + 250ms;
    value.exact = sys_time<nanoseconds>{-1ns};
    value.pause = -90s;
    value.step = 1500ms;
    value.shift = 49h;
    value.measured = duration<double>{0.25};
    value.blob = {std::byte{'c'}, std::byte{'o'}, std::byte{'a'}, std::byte{0xFF}};
    return value;
}

classes classes_value() {
    classes value;
    value.price = money{250};
    value.box = secret_box{-4};
    value.pet.name = "Rex";
    value.pet.age = 3;
    value.release = {1, 12};
    value.pets.items.push_back(value.pet);
    return value;
}

history history_value() {
    history value;
    value.events.emplace_back(text_event{.body = "hi"});
    value.events.emplace_back(move_event{.x = 1, .y = -1});
    return value;
}

template <class T>
void expect_text(T const& value, std::string_view expected) {
    auto const text = json::write(value);
    EXPECT_EQ(text, expected);
    auto const back = json::read<T>(text);
    ASSERT_TRUE(back) << back.error();
    EXPECT_TRUE(*back == value);
}

TEST(RichTypes, AreWrittenAndReadBack) {
    expect_text(groups_value(),
                R"({"mixed":[7,"seven",true],"point":[0.5,-2],"ordered":[1,2,3],"loose":["a"],"counts":{"x":1},)"
                R"("queue":["first","second"],"bits":[true,false,true],"nested":{"k":[["a","b"],[]]}})");
    expect_text(chain_value(), R"({"value":1,"next":{"value":0,"below":[],"maybe":"text"},)"
                               R"("below":[{"value":0,"below":[],"maybe":null},null],"maybe":null})");
    expect_text(times_value(), R"({"birthday":"2000-02-29","due":"1969-12-31","sent":"2026-11-20T23:15:00.25Z",)"
                               R"("exact":"1969-12-31T23:59:59.999999999Z","pause":"-PT1M30S","step":"PT1.5S",)"
                               R"("shift":"P2DT1H","measured":"PT0.25S","blob":"Y29h/w=="})");
    expect_text(labels{static_cast<colours>(1 | 1U << 20U), planet::earth, {}, {planet::pluto, planet::mercury}},
                R"({"mix":["red","blue"],"home":"Terra","visited":["pluto","mercury"]})");
    expect_text(history_value(), R"({"events":[{"type":"text","body":"hi"},{"x":1,"y":-1,"type":"move"}]})");
    expect_text(
        classes_value(),
        R"({"price":{"cents":250,"currency":"EUR"},"box":{"value":-4},"pet":{"name":"Rex","age":3},"release":"1.12",)"
        R"("pets":{"items":[{"name":"Rex","age":3}]}})");
    expect_text(ruled{}, R"({"even":2,"share":0.5,"mail":"a@example.org","once":[1],"level":"low","from":1,"to":2})");
}

TEST(RichTypes, AFormMayRefuseWhatItsDocumentationAllows) {
    auto const read = json::read<version>(R"("x")", {.check_docs = false});
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message.find("can be made of"), std::string::npos) << read.error();
}

TEST(RichTypes, ADefaultIsTakenForWhatIsNotThere) {
    auto const value = json::read<ruled>(R"({"even":0,"share":0.1,"mail":"a@b.c","once":[1],"from":0,"to":9})");
    ASSERT_TRUE(value) << value.error();
    EXPECT_EQ(value->level, "high");
}

TEST(RichTypes, AConstantIsWrittenWhateverTheMemberHolds) {
    EXPECT_EQ(json::write(text_event{.type = "other", .body = ""}), R"({"type":"text","body":""})");
}

template <class T>
error failure_of(std::string_view text) {
    auto const value = json::read<T>(text);
    return value ? error{} : value.error();
}

struct type_refusal_case {
    char const* name;
    error why;
    char const* where;
    char const* words;
};
void PrintTo(type_refusal_case const& row, std::ostream* out) { *out << row.name; }
class RefusedText : public testing::TestWithParam<type_refusal_case> {};

TEST_P(RefusedText, SaysWhereAndWhy) {
    EXPECT_EQ(GetParam().why.where, GetParam().where) << GetParam().why;
    EXPECT_NE(GetParam().why.message.find(GetParam().words), std::string::npos) << GetParam().why;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedText,
    testing::Values(
        type_refusal_case{"tuple_too_short", failure_of<std::tuple<int, int>>("[1]"), "", "expected 2 items, found 1"},
        type_refusal_case{"tuple_too_long", failure_of<std::pair<int, int>>("[1,2,3]"), "",
                          "expected 2 items, found 3"},
        type_refusal_case{"tuple_part", failure_of<std::pair<int, std::string>>(R"([1,2])"), "/1", "expected a string"},
        type_refusal_case{"twice_in_a_set", failure_of<std::set<int>>("[1,2,1]"), "/2", "duplicate item"},
        type_refusal_case{"item_of_a_set", failure_of<std::set<int>>(R"([1,"x"])"), "/1", "expected an integer"},
        type_refusal_case{"not_null", failure_of<std::monostate>("1"), "", "expected null, found 1"},
        type_refusal_case{"no_such_date", failure_of<std::chrono::year_month_day>(R"("2023-02-29")"), "",
                          "expected a date such as"},
        type_refusal_case{"duration_in_words", failure_of<std::chrono::seconds>(R"("90 s")"), "",
                          "expected a duration such as"},
        type_refusal_case{"duration_too_fine", failure_of<std::chrono::minutes>(R"("PT90S")"), "",
                          "expected a duration such as"},
        type_refusal_case{"duration_of_months", failure_of<std::chrono::seconds>(R"("P1M")"), "",
                          "expected a duration such as"},
        type_refusal_case{"no_base64", failure_of<std::vector<std::byte>>(R"("a-==")"), "", "expected bytes in base64"},
        type_refusal_case{"unknown_flag", failure_of<labels>(R"({"mix":["pink"],"home":"Terra","visited":[]})"),
                          "/mix/0", "expected one of \"red\""},
        type_refusal_case{"skipped_name", failure_of<planet>(R"("mars")"), "",
                          "expected one of \"mercury\", \"Terra\", \"pluto\""},
        type_refusal_case{"unknown_tag", failure_of<history>(R"({"events":[{"body":"x","type":"draw"}]})"),
                          "/events/0/type", "expected one of \"text\", \"move\", found \"draw\""},
        type_refusal_case{"tag_tells_the_type",
                          failure_of<history>(R"({"events":[{"x":1,"body":"no","type":"move"}]})"), "/events/0/y",
                          "the key is required"},
        type_refusal_case{"no_tag", failure_of<history>(R"({"events":[{"x":1}]})"), "/events/0/type",
                          "found nothing: the key is required"},
        type_refusal_case{"not_convertible", failure_of<version>(R"("one")"), "", "expected a string that matches"},
        type_refusal_case{"not_a_multiple",
                          failure_of<ruled>(R"({"even":3,"share":0.5,"mail":"a@b.c","once":[1],"from":1,"to":2})"),
                          "/even", "expected a multiple of 2, found 3"},
        type_refusal_case{"on_the_bound",
                          failure_of<ruled>(R"({"even":2,"share":1,"mail":"a@b.c","once":[1],"from":1,"to":2})"),
                          "/share", "expected less than 1, found 1"},
        type_refusal_case{"no_mail",
                          failure_of<ruled>(R"({"even":2,"share":0.5,"mail":"a@","once":[1],"from":1,"to":2})"),
                          "/mail", "expected an e-mail address"},
        type_refusal_case{"twice_in_a_list",
                          failure_of<ruled>(R"({"even":2,"share":0.5,"mail":"a@b.c","once":[1,1],"from":1,"to":2})"),
                          "/once/1", "duplicate item"},
        type_refusal_case{"whole_type",
                          failure_of<ruled>(R"({"even":2,"share":0.5,"mail":"a@b.c","once":[1],"from":2,"to":2})"), "",
                          "`from` must be less than `to`"}),
    [](auto const& row) { return std::string(row.param.name); });

struct rich_schema_case {
    char const* name;
    std::string_view schema;
    char const* expected;
};
void PrintTo(rich_schema_case const& row, std::ostream* out) { *out << row.name; }
class RichSchema : public testing::TestWithParam<rich_schema_case> {};

TEST_P(RichSchema, IsAsWrittenByHand) {
    EXPECT_EQ(boost::json::parse(GetParam().schema), boost::json::parse(GetParam().expected)) << GetParam().schema;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RichSchema,
    testing::Values(
        rich_schema_case{"groups", json_schema<groups>, R"({"type":"object","properties":{
        "mixed":{"type":"array","prefixItems":[{"type":"integer","minimum":-2147483648,"maximum":2147483647},{"type":"string"},{"type":"boolean"}],"minItems":3,"maxItems":3},
        "point":{"type":"array","prefixItems":[{"type":"number"},{"type":"number"}],"minItems":2,"maxItems":2},
        "ordered":{"type":"array","items":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"uniqueItems":true},"loose":{"type":"array","items":{"type":"string"},"uniqueItems":true},
        "counts":{"type":"object","additionalProperties":{"type":"integer","minimum":-2147483648,"maximum":2147483647}},"queue":{"type":"array","items":{"type":"string"}},
        "bits":{"type":"array","items":{"type":"boolean"}},
        "nested":{"type":"object","additionalProperties":{"type":"array","items":{"type":"array","items":{"type":"string"},"uniqueItems":true}}}},
        "required":["mixed","point","ordered","loose","counts","queue","bits","nested"]})"},
        rich_schema_case{"uniform_tuple_in_strict",
                         json_schema<page<std::pair<int, int>>, schema_dialect::openai_strict>,
                         R"({"type":"object","properties":{
        "items":{"type":"array","items":{"type":"array","items":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"minItems":2,"maxItems":2}},"next":{"type":["string","null"]}},
        "required":["items","next"],"additionalProperties":false})"},
        rich_schema_case{
            "chain", json_schema<chain>,
            R"({"type":"object","properties":{"value":{"type":"integer","minimum":-2147483648,"maximum":2147483647},
        "next":{"anyOf":[{"$ref":"#/$defs/chain"},{"type":"null"}]},"below":{"type":"array","items":{"anyOf":[{"$ref":"#/$defs/chain"},{"type":"null"}]}},
        "maybe":{"anyOf":[{"type":"integer","minimum":-2147483648,"maximum":2147483647},{"type":"string"},{"type":"null"}]}},"required":["value","below","maybe"],
        "$defs":{"chain":{"type":"object","properties":{"value":{"type":"integer","minimum":-2147483648,"maximum":2147483647},
        "next":{"anyOf":[{"$ref":"#/$defs/chain"},{"type":"null"}]},"below":{"type":"array","items":{"anyOf":[{"$ref":"#/$defs/chain"},{"type":"null"}]}},
        "maybe":{"anyOf":[{"type":"integer","minimum":-2147483648,"maximum":2147483647},{"type":"string"},{"type":"null"}]}},"required":["value","below","maybe"]}}})"},
        rich_schema_case{
            "times", json_schema<times>,
            R"({"type":"object","properties":{"birthday":{"type":"string","format":"date"},"due":{"type":"string","format":"date"},
        "sent":{"type":"string","format":"date-time"},"exact":{"type":"string","format":"date-time"},"pause":{"type":"string","format":"duration"},
        "step":{"type":"string","format":"duration"},"shift":{"type":"string","format":"duration"},"measured":{"type":"string","format":"duration"},
        "blob":{"type":"string","contentEncoding":"base64"}},"required":["birthday","due","sent","exact","pause","step","shift","measured","blob"]})"},
        rich_schema_case{
            "labels", json_schema<labels>,
            R"({"type":"object","properties":{"mix":{"type":"array","items":{"type":"string","enum":["red","green","blue"]},"uniqueItems":true},
        "home":{"type":"string","enum":["mercury","Terra","pluto"],"description":"A planet"},"away":{"type":["string","null"],"enum":["mercury","Terra","pluto",null],"description":"A planet"},
        "visited":{"type":"array","items":{"type":"string","enum":["mercury","Terra","pluto"],"description":"A planet"}}},"required":["mix","home","visited"]})"},
        rich_schema_case{"history", json_schema<history>,
                         R"({"type":"object","properties":{"events":{"type":"array","items":{"anyOf":[
        {"type":"object","description":"Words","properties":{"type":{"type":"string","const":"text"},"body":{"type":"string"}},"required":["type","body"]},
        {"type":"object","description":"A move","properties":{"x":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"y":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"type":{"type":"string","const":"move"}},"required":["x","y","type"]}]}}},
        "required":["events"]})"},
        rich_schema_case{"classes", json_schema<classes>, R"({"type":"object","properties":{
        "price":{"type":"object","description":"An amount","properties":{"cents":{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807},"currency":{"type":"string"}},"required":["cents","currency"]},
        "box":{"type":"object","description":"A box","properties":{"value":{"type":"integer","minimum":-2147483648,"maximum":2147483647}},"required":["value"]},
        "pet":{"$ref":"#/$defs/dog"},
        "release":{"type":"string","description":"major.minor","pattern":"^\\d+\\.\\d+$"},
        "pets":{"type":"object","properties":{"items":{"type":"array","items":{"$ref":"#/$defs/dog"}},
            "next":{"type":["string","null"]}},"required":["items"]}},"required":["price","box","pet","release","pets"],
        "$defs":{"dog":{"type":"object","description":"A dog","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":2147483647}},"required":["name","age"]}}})"},
        rich_schema_case{
            "ruled", json_schema<ruled>,
            R"({"type":"object","description":"Rules","properties":{"even":{"type":"integer","minimum":-2147483648,"maximum":2147483647,"multipleOf":2},
        "share":{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1},"mail":{"type":"string","format":"email","examples":["me@example.org"]},
        "once":{"type":"array","items":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"minItems":1,"uniqueItems":true},"level":{"type":"string","default":"high"},
        "old":{"type":["string","null"],"deprecated":true},"from":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"to":{"type":"integer","minimum":-2147483648,"maximum":2147483647}},"required":["even","share","mail","once","from","to"]})"},
        rich_schema_case{
            "ruled_azure", json_schema<ruled, schema_dialect::azure_strict>,
            R"({"type":"object","description":"Rules","properties":{"even":{"type":"integer","description":"{minimum: -2147483648, maximum: 2147483647, multipleOf: 2}"},
        "share":{"type":"number","description":"{exclusiveMinimum: 0, exclusiveMaximum: 1}"},"mail":{"type":"string","description":"{format: email, examples: [\"me@example.org\"]}"},
        "once":{"type":"array","items":{"type":"integer","description":"{minimum: -2147483648, maximum: 2147483647}"},"description":"{minItems: 1, uniqueItems: true}"},"level":{"type":"string","description":"{default: \"high\"}"},
        "old":{"type":["string","null"],"description":"{deprecated: true}"},"from":{"type":"integer","description":"{minimum: -2147483648, maximum: 2147483647}"},"to":{"type":"integer","description":"{minimum: -2147483648, maximum: 2147483647}"}},
        "required":["even","share","mail","once","level","old","from","to"],"additionalProperties":false})"},
        rich_schema_case{
            "ruled_gemini", json_schema<ruled, schema_dialect::gemini>,
            R"({"type":"object","description":"Rules","properties":{"even":{"type":"integer","description":"{multipleOf: 2}","minimum":-2147483648,"maximum":2147483647},
        "share":{"type":"number","description":"{exclusiveMinimum: 0, exclusiveMaximum: 1}"},"mail":{"type":"string","description":"{examples: [\"me@example.org\"]}","format":"email"},
        "once":{"type":"array","items":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"description":"{uniqueItems: true}","minItems":1},"level":{"type":"string","description":"{default: \"high\"}"},
        "old":{"type":"string","description":"{deprecated: true}"},"from":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"to":{"type":"integer","minimum":-2147483648,"maximum":2147483647}},"required":["even","share","mail","once","from","to"]})"},
        rich_schema_case{"history_gemini", json_schema<history, schema_dialect::gemini>,
                         R"({"type":"object","properties":{"events":{"type":"array","items":{"anyOf":[
        {"type":"object","description":"Words","properties":{"type":{"type":"string","enum":["text"]},"body":{"type":"string"}},"required":["type","body"]},
        {"type":"object","description":"A move","properties":{"x":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"y":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"type":{"type":"string","enum":["move"]}},"required":["x","y","type"]}]}}},
        "required":["events"]})"},
        rich_schema_case{
            "gemini_schema",
            json_schema<page<std::variant<std::monostate, text_event, int>>, schema_dialect::gemini_schema>,
            R"({"type":"OBJECT","properties":{
        "items":{"type":"ARRAY","items":{"anyOf":[{"type":"OBJECT","description":"Words","properties":{"type":{"type":"STRING","enum":["text"]},"body":{"type":"STRING"}},
            "required":["type","body"],"propertyOrdering":["type","body"]},{"type":"INTEGER","minimum":-2147483648,"maximum":2147483647}],"nullable":true}},"next":{"type":"STRING"}},
        "required":["items"],"propertyOrdering":["items","next"]})"},
        rich_schema_case{
            "grammar", json_schema<ruled, schema_dialect::grammar>,
            R"({"type":"object","description":"Rules","properties":{"even":{"type":"integer","description":"{multipleOf: 2}","minimum":-2147483648,"maximum":2147483647},
        "share":{"type":"number","description":"{exclusiveMinimum: 0, exclusiveMaximum: 1}"},"mail":{"type":"string","description":"{format: email, examples: [\"me@example.org\"]}"},
        "once":{"type":"array","items":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"description":"{uniqueItems: true}","minItems":1},"level":{"type":"string","description":"{default: \"high\"}"},
        "old":{"type":["string","null"],"description":"{deprecated: true}"},"from":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"to":{"type":"integer","minimum":-2147483648,"maximum":2147483647}},"required":["even","share","mail","once","from","to"]})"}),
    [](auto const& row) { return std::string(row.param.name); });

struct many_unions {
    using choice = std::variant<int, std::string>;
    std::array<choice, 1> a0{};
    choice a1{}, a2{}, a3{}, a4{}, a5{}, a6{}, a7{}, a8{}, a9{}, a10{}, a11{}, a12{}, a13{}, a14{}, a15{}, a16{};
};
struct required_cycle {
    std::vector<required_cycle> below{};
};
struct open_cycle {
    std::unique_ptr<open_cycle> below{};
};

TEST(Codec, GivesTheTextThatTheCompilerMakes) {
    EXPECT_EQ(json::codec_of<ruled>.schema(schema_dialect::grammar).value(),
              (json_schema<ruled, schema_dialect::grammar>));
    EXPECT_EQ(json::codec_of<chain>.schema(schema_dialect::json_schema).value(), json_schema<chain>);
    EXPECT_EQ(json::codec_of<ruled>.schema(schema_dialect::gemini).value().data(),
              json::codec_of<ruled>.schema(schema_dialect::gemini).value().data());
}

TEST(Codec, NamesTheLimitOfTheDialect) {
    auto const why = [](json::codec const& codec, schema_dialect dialect) {
        auto const schema = codec.schema(dialect);
        return schema ? std::string{"none"} : schema.error().message;
    };
    EXPECT_NE(why(json::codec_of<many_unions>, schema_dialect::anthropic).find("more unions than the dialect allows"),
              std::string::npos);
    EXPECT_EQ(why(json::codec_of<many_unions>, schema_dialect::openai_strict), "none");
    EXPECT_NE(why(json::codec_of<groups>, schema_dialect::openai_strict).find("all items of an array have one type"),
              std::string::npos);
    EXPECT_NE(why(json::codec_of<required_cycle>, schema_dialect::gemini).find("not required"), std::string::npos);
    EXPECT_EQ(why(json::codec_of<open_cycle>, schema_dialect::gemini), "none");
    EXPECT_NE(why(json::codec_of<open_cycle>, schema_dialect::gemini_schema).find("nothing can contain itself"),
              std::string::npos);
}

}  // namespace
}  // namespace coax
