#include "unit/bind/types.hpp"

#include <coax/bind/partial_reader.hpp>
#include <coax/bind/read.hpp>

#include <gtest/gtest.h>

#include <set>

namespace coax {
namespace {

/// What `parse` and `parse_stream` forgive unless told otherwise.
constexpr json::leniency of_client{.code_fences = true, .prose = true, .bad_utf8 = true};

struct person {
    std::string name{};
    int age{};
    friend bool operator==(person const&, person const&) = default;
};
struct report {
    std::string title{};
    std::vector<person> people{};
    std::optional<person> author{};
    friend bool operator==(report const&, report const&) = default;
};
struct search {
    std::optional<std::string> query{};
    std::optional<int> page{};
    friend bool operator==(search const&, search const&) = default;
};

/// A model's response, and the name that it answers with; null: it is to be asked again.
struct response_case {
    char const* name;
    char const* text;
    char const* answer;
};
void PrintTo(response_case const& row, std::ostream* out) { *out << row.name; }
std::string name_of_row(testing::TestParamInfo<response_case> const& row) { return row.param.name; }

template <class T>
result<T> read_in_pieces(std::string_view text, json::read_options const& options) {
    json::partial_reader<T> reader{options};
    for (char const c : text) {
        reader.feed({&c, 1});
        static_cast<void>(reader.problem());
    }
    return reader.finish();
}

class OnePerson : public testing::TestWithParam<response_case> {};

TEST_P(OnePerson, IsTheLastThatStandsForItself) {
    auto const& row = GetParam();
    for (auto const& allowed : {of_client, json::full_leniency}) {
        auto const read = json::read<person>(row.text, {.leniency = allowed});
        auto const streamed = read_in_pieces<person>(row.text, {.leniency = allowed});
        ASSERT_EQ(read.has_value(), row.answer != nullptr) << (read ? read->name : read.error().message);
        EXPECT_EQ(read.has_value(), streamed.has_value());
        if (!read) continue;
        EXPECT_EQ(read->name, row.answer);
        EXPECT_EQ(*streamed, *read);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Thoughts, OnePerson,
    testing::Values(
        response_case{"before", R"(<think>e.g. {"name":"example","age":0}</think>{"name":"Ann","age":4})", "Ann"},
        response_case{"after", R"({"name":"Ann","age":4}<think>or {"name":"example","age":0}?</think>)", "Ann"},
        response_case{"alone", R"(<think>{"name":"example","age":0}</think>)", nullptr},
        response_case{"without_an_end", R"(<think>{"name":"example","age":0} and then {"name":"Ann","age":4})",
                      nullptr},
        response_case{"cut_within", R"(<think>{"name":"example","age":0}</thi)", nullptr},
        response_case{"without_a_beginning",
                      "I try {\"name\":\"example\",\"age\":0}\n</think>\n{\"name\":\"Ann\",\"age\":4}", "Ann"},
        response_case{"without_a_beginning_or_answer", R"(I try {"name":"example","age":0}</think>)", nullptr},
        response_case{"with_a_cut_value", R"(so {"name":"exam</think>{"name":"Ann","age":4})", "Ann"},
        response_case{
            "nested",
            R"(<think>a<think>{"name":"x","age":0}</think>{"name":"y","age":0}</think>{"name":"Ann","age":4})", "Ann"},
        response_case{"that_speak_of_the_mark", R"(<think>no <think> here</think>{"name":"Ann","age":4})", "Ann"},
        response_case{"of_another_tag", R"(<thinking>{"name":"example","age":0}</thinking> {"name":"Ann","age":4})",
                      "Ann"},
        response_case{"in_reasoning", R"(<reasoning>{"name":"example","age":0}</reasoning> {"name":"Ann","age":4})",
                      "Ann"},
        response_case{"in_capitals_with_attributes",
                      R"(<Think depth="2">{"name":"example","age":0}</THINK>{"name":"Ann","age":4})", "Ann"},
        response_case{"in_brackets", R"([THINK]{"name":"example","age":0}[/THINK]{"name":"Ann","age":4})", "Ann"},
        response_case{
            "twice",
            R"(<think>{"name":"x","age":0}</think> hm <think>{"name":"y","age":0}</think> {"name":"Ann","age":4})",
            "Ann"},
        response_case{"before_a_fence", "<think>{}</think>\n```json\n{\"name\":\"Ann\",\"age\":4}\n```", "Ann"},
        response_case{"in_a_string", R"({"name":"<think>{}</think>","age":4})", "<think>{}</think>"},
        response_case{"in_a_string_behind_words", R"(So: {"name":"</think>","age":4})", "</think>"},
        response_case{"no_thought", R"(<answer>{"name":"Ann","age":4}</answer>)", "Ann"}),
    name_of_row);

INSTANTIATE_TEST_SUITE_P(
    Roots, OnePerson,
    testing::Values(
        response_case{"a_list_of_two", R"([{"name":"Ann","age":4},{"name":"Bob","age":5}])", nullptr},
        response_case{"a_list_of_one", R"([{"name":"Ann","age":4}])", nullptr},
        response_case{"a_list_behind_words", R"(Here they are: [{"name":"Ann","age":4},{"name":"Bob","age":5}].)",
                      nullptr},
        response_case{"a_list_in_a_fence", "```json\n[{\"name\":\"Ann\",\"age\":4}]\n```", nullptr},
        response_case{"a_wrapper", R"({"person":{"name":"Ann","age":4}})", nullptr},
        response_case{"a_wrapper_behind_words", R"(Sure: {"person":{"name":"Ann","age":4}})", nullptr},
        response_case{"a_string", R"("{\"name\":\"Ann\",\"age\":4}")", nullptr},
        response_case{"a_string_with_a_bare_value", R"("so {'name':'Ann','age':4}")", nullptr},
        response_case{"a_cut_list", R"([{"name":"Ann","age":4},{"name":"Bob")", nullptr},
        response_case{"a_cut_list_behind_words", R"(Here: [{"name":"Ann","age":4},)", nullptr},
        response_case{"a_cut_object", R"({"people":[{"name":"Ann","age":4}],"author":{"name":"Bob","age":5})", nullptr},
        response_case{"a_cut_string", R"({"name":"Ann","note":"e.g. {\"name\":\"x\",\"age\":1}", "age)", nullptr},
        response_case{"a_cut_object_in_a_fence", "```json\n{\"a\":{\"name\":\"Ann\",\"age\":4},\n```", nullptr},
        response_case{"a_cut_one_behind_a_whole_one", R"({"name":"Ann","age":4} or rather {"name":"Bob","a)", nullptr},
        response_case{"a_broken_object", R"({"x":1,"y":oops,"inner":{"name":"Ann","age":4}})", nullptr},
        response_case{"a_broken_open_object", R"({"x":1,"y":oops,"inner":{"name":"Ann","age":4})", nullptr},
        response_case{"a_broken_escape", R"({"x":"\d","inner":{"name":"Ann","age":"4})", nullptr},
        response_case{"two", R"({"name":"example","age":0} {"name":"Ann","age":4})", "Ann"},
        response_case{"two_lines", "{\"name\":\"example\",\"age\":0}\n{\"name\":\"Ann\",\"age\":4}\n", "Ann"},
        response_case{"an_example_first",
                      R"(For example {"name":"example","age":0}. The answer: {"name":"Ann","age":4}.)", "Ann"},
        response_case{"another_kind_behind", R"({"name":"Ann","age":4} See [1] and {"note":"x"}.)", "Ann"},
        response_case{"a_citation_before", R"(As [1] says: {"name":"Ann","age":4})", "Ann"},
        response_case{"one_that_does_not_fit_behind", R"({"name":"Ann","age":4} {"name":"Bob"})", "Ann"},
        response_case{"code_before", "```python\nprint({'name': x, 'list': [1, 2})\n```\n{\"name\":\"Ann\",\"age\":4}",
                      "Ann"},
        response_case{
            "a_fence_before",
            "```json\n{\"name\":\"example\",\"age\":0}\n```\nso\n```json\n{\"name\":\"Ann\",\"age\":4}\n```\n", "Ann"},
        response_case{"words_in_braces", R"(Use {braces} and {0}: {"name":"Ann","age":4} {ok})", "Ann"},
        response_case{"an_interval", R"(An age in [0, 150) it is: {"name":"Ann","age":4})", "Ann"},
        response_case{"doubled_braces", R"({{"name":"Ann","age":4}})", "Ann"},
        response_case{"a_brace_too_many", R"({"name":"Ann","age":4}})", "Ann"},
        response_case{"a_link", R"([here](https://x.org) it is: {"name":"Ann","age":4})", "Ann"},
        response_case{"words_alone", "I cannot do that.", nullptr}, response_case{"nothing", "", nullptr}),
    name_of_row);

class People : public testing::TestWithParam<response_case> {};

TEST_P(People, AreTheLastListThatStandsForItself) {
    auto const& row = GetParam();
    for (auto const& allowed : {of_client, json::full_leniency}) {
        auto const read = json::read<std::vector<person>>(row.text, {.leniency = allowed});
        auto const streamed = read_in_pieces<std::vector<person>>(row.text, {.leniency = allowed});
        ASSERT_EQ(read.has_value(), row.answer != nullptr) << (read ? "read" : read.error().message);
        EXPECT_EQ(read.has_value(), streamed.has_value());
        if (!read) continue;
        EXPECT_EQ(*streamed, *read);
        std::string names;
        for (auto const& each : *read) names += each.name;
        EXPECT_EQ(names, row.answer);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, People,
    testing::Values(response_case{"an_error_with_a_list", R"({"error":"not found","citations":[]})", nullptr},
                    response_case{"an_error_behind_words", R"(Sorry: {"error":"not found","citations":[]})", nullptr},
                    response_case{"a_wrapper", R"({"people":[{"name":"Ann","age":4}]})", nullptr},
                    response_case{"one_object", R"({"name":"Ann","age":4})", nullptr},
                    response_case{"a_list_of_lists", R"([[{"name":"Ann","age":4}]])", nullptr},
                    response_case{"a_cut_list_of_lists", R"([[{"name":"Ann","age":4}],[)", nullptr},
                    response_case{"a_cut_list", R"([{"name":"Ann","age":4},)", nullptr},
                    response_case{"a_cut_wrapper", R"({"people":[{"name":"Ann","age":4}],)", nullptr},
                    response_case{"a_list", R"([{"name":"Ann","age":4},{"name":"Bob","age":5}])", "AnnBob"},
                    response_case{"an_empty_list", "[]", ""},
                    response_case{"words_around", R"(These [sic]: [{"name":"Ann","age":4}]. Anything else?)", "Ann"},
                    response_case{"a_citation_behind", R"([{"name":"Ann","age":4}] [1])", "Ann"},
                    response_case{"a_thought_before",
                                  R"(<think>[{"name":"x","age":0}]</think>[{"name":"Ann","age":4}])", "Ann"}),
    name_of_row);

/// A text and the number that it is; null: it is none.
struct number_case {
    char const* name;
    char const* text;
    char const* number;
};
void PrintTo(number_case const& row, std::ostream* out) { *out << row.name; }

class Number : public testing::TestWithParam<number_case> {
public:
    static std::string read(std::string_view text, json::leniency const& allowed) {
        auto const read = json::read<double>(text, {.leniency = allowed});
        auto const streamed = read_in_pieces<double>(text, {.leniency = allowed});
        EXPECT_EQ(read.has_value(), streamed.has_value());
        return read ? std::to_string(*read) : "none";
    }
};

TEST_P(Number, IsAllOfTheText) {
    auto const& row = GetParam();
    std::string const expected = row.number != nullptr ? std::to_string(std::stod(row.number)) : "none";
    EXPECT_EQ(read(row.text, of_client), expected);
    EXPECT_EQ(read(row.text, json::full_leniency), expected);
    EXPECT_EQ(read(std::string{"<think>7</think>\n"} + row.text, of_client), expected);
    EXPECT_EQ(read(std::string{"```json\n"} + row.text + "\n```", of_client), expected);
    EXPECT_EQ(read(std::string{"\""} + row.text + '"', {.scalars_in_strings = true}), expected);
    EXPECT_EQ(read(std::string{"\""} + row.text + '"', json::full_leniency), expected);
    EXPECT_EQ(json::read<std::vector<double>>(std::string{"[\""} + row.text + "\"]", {.leniency = json::full_leniency})
                  .has_value(),
              row.number != nullptr);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Number,
    testing::Values(number_case{"plain", "42", "42"}, number_case{"exponent", "1e5", "100000"},
                    number_case{"space", " 5 ", "5"}, number_case{"thousands", "1,000", nullptr},
                    number_case{"thousands_of_things", "1,000 apples", nullptr}, number_case{"hex", "0x10", nullptr},
                    number_case{"percent", "3.5%", nullptr}, number_case{"date", "2026-01-02", nullptr},
                    number_case{"time", "12:30", nullptr}, number_case{"version", "1.2.3", nullptr},
                    number_case{"range", "1-2", nullptr}, number_case{"unit", "5 kg", nullptr},
                    number_case{"underscore", "1_000", nullptr}, number_case{"plus", "+5", nullptr},
                    number_case{"arabic", "\u0661", nullptr}, number_case{"sentence", "7.", nullptr},
                    number_case{"two", "1 2", nullptr}, number_case{"word", "five", nullptr},
                    number_case{"suffix", "10k", nullptr}, number_case{"fraction", "1/2", nullptr},
                    number_case{"leading_zero", "007", nullptr}, number_case{"nothing", "", nullptr}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Scalars, NeedTheEndOfTheText) {
    json::read_options const client{.leniency = of_client};
    json::read_options const all{.leniency = json::full_leniency};
    EXPECT_FALSE(json::read<int>("1,000 apples", client));
    EXPECT_FALSE(json::read<bool>("true story", client));
    EXPECT_FALSE(json::read<bool>(R"("true story")", all));
    EXPECT_FALSE(json::read<bool>(R"("yes")", all));
    EXPECT_TRUE(*json::read<bool>(R"(" True ")", all));
    EXPECT_FALSE(json::read<std::string>(R"("a" and "b")", client));
    EXPECT_FALSE(json::read<std::string>("1,000 apples", all));
    EXPECT_EQ(*json::read<std::string>("<think>\"x\"</think> \"a\"", client), "a");
    EXPECT_EQ(*json::read<std::string>("\"a </think> b\"", client), "a </think> b");
    EXPECT_FALSE(json::read<types::colour>(R"("red" or "blue")", client));
    EXPECT_FALSE(json::read<std::chrono::sys_days>(R"("2026-01-02" is the day)", client));
    EXPECT_FALSE(json::read<std::chrono::sys_days>(R"("2026-01-02 or so")", all));
    EXPECT_EQ(json::read<json_value>("<think>[1]</think> {\"a\":[2]}", client)->text(), R"({"a":[2]})");
    EXPECT_FALSE(json::read<json_value>("As [1] says", client));
    EXPECT_FALSE(json::read<std::optional<int>>("null and void", client));
}

TEST(Responses, EmptyAndOptionalRoots) {
    json::read_options const client{.leniency = of_client};
    EXPECT_EQ(json::read<std::optional<person>>("Well: null", client).has_value(), false);
    EXPECT_EQ(**json::read<std::optional<person>>(R"(Well: {"name":"Ann","age":4}!)", client), (person{"Ann", 4}));
    using either = std::variant<person, std::vector<int>, int>;
    EXPECT_EQ(std::get<1>(*json::read<either>("Well: [1,2]", client)), (std::vector{1, 2}));
    EXPECT_EQ(std::get<0>(*json::read<either>(R"([1] or {"name":"Ann","age":4})", client)), (person{"Ann", 4}));
    EXPECT_EQ(std::get<2>(*json::read<either>("<think>1</think>3", client)), 3);
}

TEST(Responses, NothingOfOneThatDoesNotFitIsLeft) {
    json::read_options const client{.leniency = of_client};
    std::string_view const text{R"({"title":"a","people":[]} {"title":7,"people":[],"author":{"name":"x","age":1}})"};
    EXPECT_EQ(*json::read<report>(text, client), (report{"a", {}, {}}));
}

TEST(Responses, TheViolationsAreThoseOfTheLikeliest) {
    json::read_options const client{.leniency = of_client};
    auto const message = [&](std::string_view text) { return json::read<person>(text, client).error().message; };
    EXPECT_EQ(message(R"(Hm: {"name":"Ann"} [1])"),
              "expected an integer, found nothing: the key is required (line 1, column 18)");
    EXPECT_EQ(message(R"(Here: [{"name":"Ann","age":4}])"), "expected an object, found an array (line 1, column 7)");
    EXPECT_EQ(message("<think>hm</think>"), "expected a value, found the end of the text (line 1, column 18)");
    EXPECT_EQ(message(R"([{"name":"Ann","age":4})"),
              "expected ',' or ']' in an array, found the end of the text (line 1, column 24)");
}

TEST(Responses, ForeignObjectsAreRefused) {
    json::read_options const closed{.refuse_foreign_objects = true, .leniency = of_client};
    EXPECT_EQ(json::read<search>(R"({"error":"busy"})", closed).error().message,
              "expected one of \"query\", \"page\" as a key, found other keys only (line 1, column 1)");
    EXPECT_EQ(*json::read<search>("{}", closed), search{});
    EXPECT_EQ(json::read<search>(R"({"page":2,"error":"busy"})", closed)->page, 2);
    EXPECT_EQ(json::read<search>(R"({"query":"x"} {"error":"busy"})", closed)->query, "x");
    EXPECT_FALSE(json::read<std::vector<search>>(R"([{"error":"busy"}])", closed));
    EXPECT_TRUE(json::read<search>(R"({"error":"busy"})"));
}

TEST(Responses, AHugeOneOfBracketsEnds) {
    json::read_options const client{.leniency = of_client};
    for (std::string_view const piece : {"{", "[", "{\"a\":", "[1 ", "{\"a\":1, so [", "<think>", "\n```\n[\"", "{}"}) {
        std::string text;
        while (text.size() < 200'000) text += piece;
        static_cast<void>(json::read<person>(text, client));
        text += R"({"name":"Ann","age":4})";
        static_cast<void>(json::read<person>(text, client));
    }
}

TEST(Stream, ThoughtsAndOtherRootsAreNotShown) {
    json::partial_reader<person> reader{{.leniency = of_client}};
    reader.feed(R"(<think>e.g. {"name":"example","age":7}</th)");
    EXPECT_EQ(reader.value(), person{});
    reader.feed(R"(ink>{"name":"Ann","ag)");
    EXPECT_EQ(reader.value().name, "Ann");
    reader.feed(R"(e":4})");
    EXPECT_EQ(*reader.finish(), (person{"Ann", 4}));
    json::partial_reader<person> list{{.leniency = of_client}};
    list.feed(R"([{"name":"Ann","age":4},)");
    EXPECT_EQ(list.value(), person{});
    EXPECT_FALSE(list.finish());
}

}  // namespace
}  // namespace coax
