#include "json/internal/text.hpp"
#include "unit/bind/rich_types.hpp"
#include "unit/bind/types.hpp"

#include <coax/bind/partial_reader.hpp>
#include <coax/bind/write.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <algorithm>

namespace coax {
namespace {

using namespace types;
using json::partial_reader;
using json::presence;

// --- every document, cut everywhere ---

struct document_case {
    char const* name;
    void (*check)(std::string_view text, json::read_options const& options);
    std::string text;
    json::read_options options{};
};
void PrintTo(document_case const& row, std::ostream* out) { *out << row.name; }
class EveryPrefix : public testing::TestWithParam<document_case> {};

template <class T>
boost::json::value tree_of(T const& value) {
    return boost::json::parse(json::write(value, {.omit_empty_optionals = false}));
}

/// A set keeps its items in an order of its own.
bool is_set(std::string const& pointer) {
    return pointer == "/ordered" || pointer == "/loose" || pointer.starts_with("/nested/k/");
}

/// What is there of a whole: all that is complete is what the whole has there, and what grows is a beginning of it.
template <class Reader>
void expect_part(Reader const& reader, boost::json::value const& found, boost::json::value const& whole,
                 std::string const& pointer) {
    auto const there = reader.presence_at(pointer);
    if (there == presence::complete) EXPECT_EQ(found, whole) << pointer;
    if (there != presence::growing) return;
    auto const below = [&](std::string_view key) {
        auto place = pointer;
        coax::json::detail::append_pointer(place, key);
        return place;
    };
    ASSERT_EQ(found.kind(), whole.kind()) << pointer;
    if (found.is_string()) EXPECT_TRUE(whole.get_string().starts_with(found.get_string())) << pointer;
    if (found.is_object())
        for (auto const& [key, value] : found.get_object()) {
            auto const* const member = whole.get_object().if_contains(key);
            EXPECT_NE(member, nullptr) << below(key);
            if (member != nullptr) expect_part(reader, value, *member, below(key));
        }
    if (!found.is_array()) return;
    auto const& items = whole.get_array();
    ASSERT_LE(found.get_array().size(), items.size()) << pointer;
    for (std::size_t i = 0; i < found.get_array().size(); ++i) {
        auto const& item = found.get_array()[i];
        if (is_set(pointer))
            EXPECT_NE(std::find(items.begin(), items.end(), item), items.end()) << pointer << item;
        else
            expect_part(reader, item, items[i], below(std::to_string(i)));
    }
}

template <class T, bool KeysComeOnce = true>
void check_prefixes(std::string_view text, json::read_options const& options) {
    auto const whole = json::read<T>(text, options);
    for (std::size_t size = 0; size <= text.size(); ++size) {
        std::string const cut{text.substr(0, size)};
        partial_reader<T> reader{options};
        reader.feed(cut);
        if (whole) {
            ASSERT_FALSE(reader.problem()) << cut << *reader.problem();
            if constexpr (KeysComeOnce) expect_part(reader, tree_of(reader.value()), tree_of(*whole), "");
            ASSERT_FALSE(testing::Test::HasFailure()) << cut;
        }
        // The end may come here: then the reader says what read says of the same text.
        auto const expected = json::read<T>(cut, options);
        auto const finished = reader.finish();
        ASSERT_EQ(finished.has_value(), expected.has_value()) << cut;
        if (expected) {
            ASSERT_EQ(json::write(*finished), json::write(*expected)) << cut;
        } else {
            ASSERT_EQ(finished.error(), expected.error());
        }
        // Or the rest comes, at once or byte by byte.
        partial_reader<T> in_two{options};
        in_two.feed(cut);
        in_two.feed(text.substr(size));
        auto const joined = in_two.finish();
        ASSERT_EQ(joined.has_value(), whole.has_value()) << cut;
        if (whole) ASSERT_EQ(json::write(*joined), json::write(*whole)) << cut;
        if (!whole) ASSERT_EQ(joined.error(), whole.error()) << cut;
    }
    partial_reader<T> by_bytes{options};
    for (char const c : text) by_bytes.feed({&c, 1});
    auto const problem = by_bytes.problem();
    auto const last = by_bytes.finish();
    ASSERT_EQ(last.has_value(), whole.has_value());
    if (whole) {
        ASSERT_EQ(json::write(*last), json::write(*whole));
    } else {
        ASSERT_EQ(last.error(), whole.error());
    }
    if (problem && problem->message.find("violations") == std::string::npos)
        ASSERT_EQ(problem->where, whole.error().where);
}

template <class T, bool KeysComeOnce = true>
void check_document(std::string_view text, json::read_options const& options) {
    ASSERT_TRUE((json::read<T>(text, options)));
    check_prefixes<T, KeysComeOnce>(text, options);
}
template <class T>
void check_refused(std::string_view text, json::read_options const& options) {
    ASSERT_FALSE(json::read<T>(text, options));
    check_prefixes<T>(text, options);
}

TEST_P(EveryPrefix, IsAPartOfTheWholeOrACleanError) { GetParam().check(GetParam().text, GetParam().options); }

constexpr char wrapped_text[] = "Well {so}:\n```json\n{\"a\":\"1\",\"b\":2,\"c\":null,}\n``` bye {x}";

INSTANTIATE_TEST_SUITE_P(
    Documents, EveryPrefix,
    testing::Values(
        document_case{"everything", check_document<everything>, everything_text},
        document_case{"everything_with_leniency", check_document<everything>, everything_text,
                      json::read_options{.leniency = json::full_leniency}},
        document_case{"everything_on_the_wire", check_document<everything>, everything_text, json::wire_options},
        document_case{
            "groups", check_document<groups>,
            R"({"mixed":[7,"seven",true],"point":[0.5,-2],"ordered":[3,1,2],"loose":["b","a"],"counts":{"x":1,"yy":22},)"
            R"("queue":["first","second"],"bits":[true,false,true],"nested":{"k":[["b","a"],[],["c"]],"l":[]}})"},
        document_case{
            "groups_with_leniency", check_document<groups>,
            R"({"mixed":["7",8,"True"],"point":[0.5,-2,],"ordered":[3,1,2,],"loose":['b'],"counts":{x:1},"queue":[],"bits":[True],"nested":{}})",
            json::read_options{.leniency = json::full_leniency}},
        document_case{
            "chain", check_document<chain>,
            R"({"value":1,"next":{"value":22,"next":null,"below":[],"maybe":"te\u00e4xt"},"below":[{"value":3,"below":[null],"maybe":null},null],"maybe":44})"},
        document_case{
            "times", check_document<times>,
            R"({"birthday":"2000-02-29","due":"1969-12-31","sent":"2026-11-20T23:15:00.25Z","exact":"1969-12-31T23:59:59.999999999Z",)"
            R"("pause":"-PT1M30S","step":"PT1.5S","shift":"P2DT1H","measured":"PT0.25S","blob":"Y29h/w=="})"},
        document_case{"labels", check_document<labels>,
                      R"({"mix":["red","blue"],"home":"Terra","away":null,"visited":["pluto","mercury"]})"},
        document_case{
            "tag_first_and_last", check_document<history>,
            R"({"events":[{"type":"text","body":"hi"},{"x":1,"y":-1,"type":"move"},{"body":"\u00e9","type":"text"}]})"},
        document_case{
            "classes", check_document<classes>,
            R"({"price":{"cents":250,"currency":"EUR"},"box":{"value":-4},"pet":{"name":"Rex","age":3},"release":"1.12",)"
            R"("pets":{"items":[{"name":"Rex","age":3},{"name":"Ada","age":4}],"next":"p2"}})"},
        document_case{
            "ruled", check_document<ruled>,
            R"({"even":4,"share":0.25,"mail":"b@example.org","once":[1,2],"level":"high","old":"x","from":1,"to":2})"},
        document_case{"default_taken", check_document<ruled>,
                      R"({"to":9,"even":4,"share":0.25,"mail":"b@example.org","once":[3],"from":1})"},
        document_case{"alternatives", check_document<std::vector<shape>>,
                      R"([{"radius":2},"a text",{"side":1,"note":"n"}])"},
        document_case{"set", check_document<std::set<std::string>>, R"(["b","a"])"},
        document_case{"pair", check_document<std::pair<int, std::string>>, R"([1,"x"])"},
        document_case{"shared", check_document<std::shared_ptr<plain>>, R"({"a":1,"b":"x","c":null})"},
        document_case{"bytes", check_document<std::vector<std::byte>>, R"("Y29heA==")"},
        document_case{"twice_in_a_set", check_refused<groups>, R"({"ordered":[1,2,1],"mixed":[7,"x",true]})"},
        document_case{"tuple_too_long", check_refused<groups>, R"({"point":[1,2,3],"mixed":[7,"x",true]})"},
        document_case{"no_such_date", check_refused<times>,
                      R"({"birthday":"2023-02-29","pause":"soon","blob":"a-=="})"},
        document_case{"unknown_flag", check_refused<labels>,
                      R"({"mix":["red","pink"],"home":"mars","visited":["pluto"]})"},
        document_case{"unknown_tag", check_refused<history>,
                      R"({"events":[{"type":"text","body":"hi"},{"body":"x","type":"draw"},{"x":1}]})"},
        document_case{"rule_of_the_whole", check_refused<ruled>,
                      R"({"even":3,"share":1,"mail":"b@","once":[1,1],"from":2,"to":1})"},
        document_case{"spaced", check_document<plain>,
                      " {\n\t\"c\" : null ,\r\n \"z\" : [ {} , \"]}\" ] , \"b\":\"x\"  , \"a\" : -0 } "},
        document_case{"broken_key_behind_an_escaped_one", check_refused<plain>,
                      "{\"\\u0061 key of nobody, longer than a short string\":1,\"\\u0062 longer still, so that it is "
                      "written somewhere else\xFF\":2}"},
        document_case{
            "recursive", check_document<node>,
            R"({"name":"a","children":[{"name":"b","children":[]},{"name":"c","children":[],"next":null}],"next":{"name":"d","children":[]}})"},
        document_case{"records", check_document<std::vector<plain>>,
                      R"([{"a":1,"b":"x"},{"a":22,"b":"\u00e9\ud83d\ude00","c":1.5},{"b":"","a":3}])"},
        document_case{"table_of_lists", check_document<std::map<std::string, std::vector<std::optional<int>>>>,
                      R"({"k\n":[1,null,33],"":[],"k2":[4]})"},
        document_case{"list_of_texts", check_document<std::vector<std::string>>,
                      "[\"\u00e4\u20ac\U0001F600\",\"\\\\\\u0041\",\"\"]"},
        document_case{"renamed", check_document<renamed>, R"({"the-text/~":"t","hidden":9,"last":1})"},
        document_case{"number", check_document<double>, " -12.5e1 "},
        document_case{"text", check_document<std::string>, R"("a\tb")"},
        document_case{"nothing", check_document<std::optional<plain>>, "null"},
        document_case{"something", check_document<std::optional<plain>>, R"({"a":1,"b":"x"})"},
        document_case{"key_twice", check_document<plain, false>, R"({"a":1,"b":"x","b":"yy","a":2,"c":1,"c":null})"},
        document_case{
            "key_twice_refused", check_refused<plain>, R"({"a":1,"b":"x","b":"yy"})", {.refuse_duplicate_keys = true}},
        document_case{"entry_twice_refused",
                      check_refused<std::map<std::string, int>>,
                      R"({"k":1,"k":2})",
                      {.refuse_duplicate_keys = true}},
        document_case{
            "unknown_refused", check_refused<plain>, R"({"a":1,"q":[1,2],"b":"x"})", {.refuse_unknown_keys = true}},
        document_case{"several_wrong", check_refused<judgement>,
                      R"({"label":"x","confidence":2,"emotions":["aa","B"]})"},
        document_case{"deep_wrong", check_refused<std::map<std::string, std::vector<plain>>>,
                      R"({"a/b":[{"a":1,"b":2},{"a":true,"b":""}]})"},
        document_case{"missing", check_refused<std::vector<plain>>, R"([{"a":1,"b":"x"},{"a":1}])"},
        document_case{"broken", check_refused<plain>, R"({"a":1,"b":"x"]})"},
        document_case{"broken_escape", check_refused<plain>, R"({"a":1,"b":"x\q"})"},
        document_case{"half_a_pair", check_refused<plain>, R"({"a":1,"b":"\ud83dx"})"},
        document_case{"not_utf8", check_refused<plain>, "{\"a\":1,\"b\":\"\xE2\x82(\"}"},
        document_case{"rest", check_refused<plain>, R"({"a":1,"b":"x"} 3)"},
        document_case{"too_deep", check_refused<json_value>, "[[[[1]]]]", {.max_depth = 3}},
        document_case{"too_long", check_refused<std::vector<int>>, "[1,2,3,4]", {.max_bytes = 5}},
        document_case{"wrapped", check_document<plain>, wrapped_text,
                      json::read_options{.leniency = json::full_leniency}},
        document_case{"fenced",
                      check_document<plain>,
                      "```json\n{\"a\":1,\"b\":\"x\"}\n```\n",
                      {.leniency = {.code_fences = true}}},
        document_case{"wrapped_set", check_document<std::set<std::string>>,
                      "These [two]:\n```json\n[\"b\",\"a\",]\n``` {ok}",
                      json::read_options{.leniency = json::full_leniency}},
        document_case{"wrapped_pair", check_document<std::pair<int, std::string>>, "It is [1,\"x\"] then",
                      json::read_options{.leniency = json::full_leniency}},
        document_case{"wrapped_alternatives", check_document<std::variant<circle, square>>, "A square: {\"side\":2}!",
                      json::read_options{.leniency = json::full_leniency}},
        document_case{"with_comments", check_document<plain>, "{\"a\":1, // one\n\"b\":/* x */\"x//\"} // done",
                      json::read_options{.leniency = json::full_leniency}},
        document_case{"loose", check_document<plain>, "{a:'1', b:'x\\'y', \"c\":\"2\", z:[NaN,True]}",
                      json::read_options{.leniency = json::full_leniency}},
        document_case{"raw_breaks", check_document<plain>, "{\"a\":1,\"b\":\"x\ny\\q\"}",
                      json::read_options{.leniency = json::full_leniency}}),
    [](auto const& row) { return std::string(row.param.name); });

// --- what can be seen on the way ---

TEST(PartialReader, TellsNotYetFromNull) {
    partial_reader<plain> reader;
    EXPECT_EQ(reader.presence_of(&plain::c), presence::absent);
    reader.feed(R"({"c":null)");
    EXPECT_EQ(reader.presence_of(&plain::c), presence::complete);
    EXPECT_EQ(reader.value().c, std::nullopt);
    EXPECT_EQ(reader.presence_of(&plain::a), presence::absent);
    EXPECT_EQ(reader.presence_at(""), presence::growing);
    reader.feed(R"(,"b":"he)");
    EXPECT_EQ(reader.presence_of(&plain::b), presence::growing);
    EXPECT_EQ(reader.value().b, "he");
    reader.feed("llo\\");
    EXPECT_EQ(reader.value().b, "hello");
    reader.feed(R"(n","a":12)");
    EXPECT_EQ(reader.presence_of(&plain::b), presence::complete);
    EXPECT_EQ(reader.value().b, "hello\n");
    EXPECT_EQ(reader.presence_of(&plain::a), presence::absent) << "more digits may come";
    EXPECT_EQ(reader.value().a, 0);
    reader.feed("3}");
    EXPECT_TRUE(reader.is_complete());
    EXPECT_EQ(reader.presence_at("/a"), presence::complete);
    EXPECT_EQ(*reader.finish(), (plain{123, "hello\n", std::nullopt}));
}

TEST(PartialReader, GivesItemsAsTheyComplete) {
    partial_reader<std::vector<plain>> reader;
    std::vector<std::size_t> counts;
    for (std::string_view const piece :
         {"[", R"({"a":1,"b")", R"(:"x"})", R"(,{"a":2,"b":"y")", "}, {", R"("a":3,"b":""}])"}) {
        reader.feed(piece);
        counts.push_back(reader.complete_items().size());
    }
    EXPECT_EQ(counts, (std::vector<std::size_t>{0, 0, 1, 1, 2, 3}));
    EXPECT_EQ(reader.complete_items()[1], (plain{2, "y", std::nullopt}));
}

TEST(PartialReader, GivesItemsOfAField) {
    partial_reader<judgement> reader;
    EXPECT_TRUE(reader.complete_items(&judgement::emotions).empty());
    reader.feed(R"({"emotions":["joy","an)");
    ASSERT_EQ(reader.complete_items(&judgement::emotions).size(), 1U);
    EXPECT_EQ(reader.complete_items(&judgement::emotions)[0], "joy");
    EXPECT_EQ(reader.value().emotions.size(), 2U);
    EXPECT_EQ(reader.presence_at("/emotions/0"), presence::complete);
    EXPECT_EQ(reader.presence_at("/emotions/1"), presence::growing);
    EXPECT_EQ(reader.presence_at("/emotions/2"), presence::absent);
    reader.feed(R"(ger"])");
    EXPECT_EQ(reader.complete_items(&judgement::emotions).size(), 2U);
}

TEST(PartialReader, NobodySeesHalfACodePoint) {
    partial_reader<std::vector<std::string>> reader;
    reader.feed("[\"\xF0\x9F");
    EXPECT_EQ(reader.value().at(0), "");
    reader.feed("\x98\x80");
    EXPECT_EQ(reader.value().at(0), "\xF0\x9F\x98\x80");
    reader.feed("\\ud83d");
    EXPECT_EQ(reader.value().at(0).size(), 4U);
    reader.feed("\\ude00");
    EXPECT_EQ(reader.value().at(0).size(), 8U);
}

TEST(PartialReader, TellsAViolationAtOnce) {
    partial_reader<judgement> reader;
    reader.feed(R"({"confidence":7)");
    EXPECT_FALSE(reader.problem());
    reader.feed(",");
    ASSERT_TRUE(reader.problem());
    EXPECT_EQ(reader.problem()->where, "/confidence");
    EXPECT_EQ(reader.problem()->message, "expected at most 1, found 7 (line 1, column 15)");
    reader.feed(R"("label":"blue")");
    EXPECT_EQ(reader.value().label, colour::blue) << "it reads on";
}

TEST(PartialReader, PointersReachIntoOpenMaps) {
    partial_reader<std::map<std::string, plain>> reader;
    reader.feed(R"({"a/b":{"a":1,"b":"x"},"c":{"a":1,"b":"y)");
    EXPECT_EQ(reader.presence_at("/a~1b"), presence::complete);
    EXPECT_EQ(reader.presence_at("/a~1b/a"), presence::complete);
    EXPECT_EQ(reader.presence_at("/c/a"), presence::complete);
    EXPECT_EQ(reader.presence_at("/c/b"), presence::growing);
    EXPECT_EQ(reader.presence_at("/c/c"), presence::absent);
    EXPECT_EQ(reader.presence_at("/d"), presence::absent);
}

TEST(PartialReader, WordsAroundDoNotHoldItUp) {
    partial_reader<plain> reader{{.leniency = {.code_fences = true, .prose = true}}};
    reader.feed("Sure, here you are:\n```json\n{\"a\":1,");
    EXPECT_EQ(reader.presence_of(&plain::a), presence::complete);
    reader.feed("\"b\":\"x\"}\n```\nAnything else?");
    EXPECT_TRUE(reader.is_complete());
    EXPECT_EQ(*reader.finish(), (plain{1, "x", std::nullopt}));
}

TEST(PartialReader, WordsWithBracketsAreNotTheValue) {
    partial_reader<plain> reader{{.leniency = {.prose = true}}};
    reader.feed("I set {\"a\":null, in");
    EXPECT_FALSE(reader.problem()) << "these may be words";
    reader.feed(" {\"a\":1,\"b\":\"x\"}");
    EXPECT_EQ(*reader.finish(), (plain{1, "x", std::nullopt}));
    partial_reader<plain> wrong{{.leniency = {.prose = true}}};
    wrong.feed("Here: {\"a\":null,\"b\":\"x\"");
    EXPECT_FALSE(wrong.problem());
    wrong.feed("}");
    EXPECT_TRUE(wrong.problem());
}

TEST(PartialReader, MayMoveWhileReading) {
    partial_reader<plain> first;
    first.feed(R"({"a":1,"b":"x)");
    auto second = std::move(first);
    second.feed(R"(y"})");
    EXPECT_EQ(*second.finish(), (plain{1, "xy", std::nullopt}));
}

}  // namespace
}  // namespace coax
