#include <coax/chat/prompt_template.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace coax {
namespace {

json_value parsed(std::string_view text) { return json_value::parse(text).value(); }

struct render_case {
    char const* name;
    char const* text;
    char const* fields;
    char const* user;
    char const* system{""};
};
void PrintTo(render_case const& row, std::ostream* out) { *out << row.name; }
class Render : public testing::TestWithParam<render_case> {};

TEST_P(Render, PutsTheFieldsIn) {
    auto const made = prompt_template::parse(GetParam().text);
    ASSERT_TRUE(made) << made.error();
    auto const prompt = made->render(parsed(GetParam().fields));
    ASSERT_TRUE(prompt) << prompt.error();
    EXPECT_EQ(prompt->user, GetParam().user);
    EXPECT_EQ(prompt->system, GetParam().system);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, Render,
    testing::Values(render_case{"text", "Say {{a}}!", R"({"a":"hi"})", "Say hi!"},
                    render_case{"spaces_in_braces", "{{ a }}", R"({"a":"hi"})", "hi"},
                    render_case{"twice", "{{a}}{{a}}", R"({"a":"x"})", "xx"},
                    render_case{"number_and_list", "{{a}} {{b}}", R"({"a":1.50,"b":[1, 2]})", "1.50 [1,2]"},
                    render_case{"null_and_bool", "{{a}} {{b}}", R"({"a":null,"b":true})", "null true"},
                    render_case{"escapes_are_undone", "{{a}}", R"({"a":"\u00e4\n\"{{b}}\""})", "ä\n\"{{b}}\""},
                    render_case{"nested", "{{a.b.c}}", R"({"a":{"b":{"c":"deep"}}})", "deep"},
                    render_case{"dotted_name_first", "{{a.b}}", R"({"a.b":"flat","a":{"b":"deep"}})", "flat"},
                    render_case{"whole_record", "{{record}}", R"({"a": 1})", R"({"a":1})"},
                    render_case{"member_called_record", "{{record}}", R"({"record":"mine"})", "mine"},
                    render_case{"escaped_braces", R"(\{{a}} {{a}})", R"({"a":"x"})", "{{a}} x"},
                    render_case{"single_braces", "{\"k\": \"{{a}}\"}", R"({"a":"x"})", "{\"k\": \"x\"}"},
                    render_case{"last_newline_is_the_files", "{{a}}\r\n\n", R"({"a":"x"})", "x"},
                    render_case{"system_part", "system:\nYou judge {{lang}}.\n---\nPost: {{a}}\n",
                                R"({"a":"x","lang":"en"})", "Post: x", "You judge en."},
                    render_case{"system_part_crlf", "system:\r\nBrief.\r\n---\r\n{{a}}\r\n", R"({"a":"x"})", "x",
                                "Brief."},
                    render_case{"dashes_without_system", "a\n---\n{{a}}", R"({"a":"x"})", "a\n---\nx"}),
    [](auto const& row) { return std::string(row.param.name); });

struct wrong_case {
    char const* name;
    char const* text;
    char const* where;
};
void PrintTo(wrong_case const& row, std::ostream* out) { *out << row.name; }
class WrongTemplate : public testing::TestWithParam<wrong_case> {};

TEST_P(WrongTemplate, IsRefusedWithItsLine) {
    auto const made = prompt_template::parse(GetParam().text, "p.txt");
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, errc::invalid_argument);
    EXPECT_EQ(made.error().where, GetParam().where);
}
INSTANTIATE_TEST_SUITE_P(Rows, WrongTemplate,
                         testing::Values(wrong_case{"empty", "", "p.txt:1"}, wrong_case{"blank", " \n\n", "p.txt:1"},
                                         wrong_case{"open_brace", "a\nb {{c", "p.txt:2"},
                                         wrong_case{"open_after_escaped", "\\{{a}}\n{{c", "p.txt:2"},
                                         wrong_case{"no_name", "x {{ }}", "p.txt:1"},
                                         wrong_case{"brace_in_name", "{{a{b}}", "p.txt:1"},
                                         wrong_case{"system_without_end", "system:\nhello", "p.txt:1"},
                                         wrong_case{"system_only", "system:\nhello\n---\n", "p.txt:4"},
                                         wrong_case{"open_in_system", "system:\na\n{{b\n---\nc", "p.txt:3"},
                                         wrong_case{"open_after_system", "system:\na\n---\nc\n{{d", "p.txt:5"}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(PromptTemplate, MissingFieldIsNamed) {
    auto const made = prompt_template::parse("{{a}} {{b.c}}");
    ASSERT_TRUE(made);
    for (auto const* fields : {R"({"a":1})", R"({"a":1,"b":2})", R"({"a":1,"b":{"d":1}})"}) {
        auto const prompt = made->render(parsed(fields));
        ASSERT_FALSE(prompt) << fields;
        EXPECT_EQ(prompt.error().where, "b.c");
        EXPECT_EQ(prompt.error().message, "the record has no field \"b.c\"");
    }
}

TEST(PromptTemplate, TellsItsFields) {
    auto const made = prompt_template::parse("system:\n{{s}}\n---\n{{a}} \\{{no}} {{b.c}}");
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(made->fields(), (std::vector<std::string>{"s", "a", "b.c"}));
}

}  // namespace
}  // namespace coax
