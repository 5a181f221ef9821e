#include "config/parse_file.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace coax::config::detail {
namespace {

/// A value as text: plain texts bare, others in quotes, with the place of each if wanted.
std::string shown(node const& value, bool with_places = false) {
    std::string text;
    switch (value.kind) {
        case node_kind::null: text = "null"; break;
        case node_kind::plain:
        case node_kind::literal: text = value.text; break;
        case node_kind::quoted: text = '"' + value.text + '"'; break;
        case node_kind::list:
        case node_kind::map:
            for (auto const& item : value.items)
                text +=
                    (text.empty() ? "" : ", ") + (item.key.empty() ? "" : item.key + ": ") + shown(item, with_places);
            text = value.kind == node_kind::list ? '[' + text + ']' : '{' + text + '}';
    }
    if (with_places) text += '@' + std::to_string(value.at.line) + ':' + std::to_string(value.at.column);
    return text;
}

std::string shown(parsed_file const& parsed) {
    if (auto const* const value = std::get_if<node>(&parsed)) return shown(*value);
    auto const& wrong = std::get<problem>(parsed);
    return to_string(wrong.where) + ": " + wrong.message;
}

struct file_case {
    char const* name;
    std::string text;
    std::string yaml;  ///< What it is, or the beginning of what is wrong with it.
};
void PrintTo(file_case const& row, std::ostream* out) { *out << row.name; }
class YamlFile : public testing::TestWithParam<file_case> {};

TEST_P(YamlFile, IsReadAsItIsMeantOrRefusedWhereItIsWrong) {
    auto const found = shown(parse_file(GetParam().text, "c.yaml"));
    EXPECT_EQ(found.substr(0, GetParam().yaml.size()), GetParam().yaml) << found;
    if (!GetParam().yaml.starts_with("c.yaml")) EXPECT_EQ(found, GetParam().yaml);
}

/// "a: [x, x, …]" nine times as long with each line: a billion values from a few hundred bytes.
std::string many_laughs() {
    std::string text = "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
    for (char c = 'b'; c <= 'i'; ++c) {
        std::string const before{static_cast<char>(c - 1)};
        text += std::string{c} + ": &" + c + " [";
        for (int i = 0; i < 9; ++i) text += (i == 0 ? "*" : ", *") + before;
        text += "]\n";
    }
    return text;
}

std::string nested(int levels) {
    std::string text = "a: ";
    for (int i = 0; i < levels; ++i) text += '[';
    for (int i = 0; i < levels; ++i) text += ']';
    return text;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, YamlFile,
    testing::Values(
        file_case{"nothing", "", "{}"}, file_case{"comments_only", "# nothing here\n", "{}"},
        file_case{"block_and_flow", "a:\n  b: 1\n  c: [x, \"y\", 'z']\nd: {e: f}\n",
                  R"({a: {b: 1, c: [x, "y", "z"]}, d: {e: f}})"},
        file_case{"norway_stays_text", "a: no\nb: off\nc: 1e3\nd: 012\n", "{a: no, b: off, c: 1e3, d: 012}"},
        file_case{"nulls", "a:\nb: ~\nc: null\nd: \"null\"\n", R"({a: null, b: null, c: null, d: "null"})"},
        file_case{"many_lines", "a: |\n  one\n  two\nb: >-\n  three\n  four\n",
                  "{a: \"one\ntwo\n\", b: \"three four\"}"},
        file_case{"alias", "a: &x {k: 1}\nb: *x\n", "{a: {k: 1}, b: {k: 1}}"},
        file_case{"merge_key", "a: &x {k: 1, l: 2}\nb: {<<: *x, l: 3}\n", "{a: {k: 1, l: 2}, b: {l: 3, k: 1}}"},
        file_case{"merge_of_two", "b: {<<: [{k: 1}, {k: 2, m: 3}]}\n", "{b: {k: 1, m: 3}}"},
        file_case{"one_document_with_marks", "---\na: 1\n...\n", "{a: 1}"},
        file_case{"utf8", "a: \xC3\xA9\xE2\x82\xAC\n", "{a: \xC3\xA9\xE2\x82\xAC}"},
        file_case{"key_twice", "a: 1\nb: 2\na: 3\n", "c.yaml:3:1: \"a\" stands here twice"},
        file_case{"inner_key_twice", "a: {b: 1, b: 2}\n", "c.yaml:1:11: \"b\" stands here twice"},
        file_case{"two_documents", "a: 1\n---\nb: 2\n", "c.yaml:2:1: a second document"},
        file_case{"laughs", many_laughs(), "c.yaml:5:"},
        file_case{"too_deep", nested(70), "c.yaml:1:66: nested deeper"},
        file_case{"alias_of_itself", "a: &x [*x]\n", "c.yaml:1:8: an alias inside"},
        file_case{"unknown_alias", "a: *x\n", "c.yaml:1:4: "},
        file_case{"tag", "a: !!python/object:os.system x\n", "c.yaml:1:4: a tag"},
        file_case{"text_tag", "a: !!str 5\n", R"({a: "5"})"},
        file_case{"map_as_key", "? {a: 1}\n: 2\n", "c.yaml:1:3: a key that is no text"},
        file_case{"tab_as_indent", "a:\n\tb: 1\n", "c.yaml:2:"},
        file_case{"open_quote", "a: \"b\n", "c.yaml:1:4: a quote"},
        file_case{"open_single_quote", "a: &x 'b''\nc: d\n", "c.yaml:1:4: a quote"},
        file_case{"closed_quotes", "a: &x \"b\\\"\"\nb: 'c'''\n", R"({a: "b"", b: "c'"})"},
        file_case{"variable_in_a_flow_map", "a: {b: ${C}}\n",
                  "c.yaml:1:9: end of map flow not found; between braces write"},
        file_case{"open_bracket", "a: [1, 2\n", "c.yaml:2:1: "},
        file_case{"bad_indent", "a:\n    b: 1\n  c: 2\n", "c.yaml:3:3: "},
        file_case{"no_map", "- a\n- b\n", "c.yaml:1:1: a file holds settings"},
        file_case{"text_only", "hello\n", "c.yaml:1:1: a file holds settings"},
        file_case{"zero_byte", std::string{"a: 1\0b", 6}, "c.yaml: a zero byte"},
        file_case{"too_large", std::string(most_file_bytes + 1, '#'), "c.yaml: larger than 1 MiB"}),
    [](auto const& row) { return std::string(row.param.name); });

class JsonFile : public testing::TestWithParam<file_case> {};

TEST_P(JsonFile, IsReadAsItIsMeantOrRefusedWhereItIsWrong) {
    auto found = shown(parse_file(GetParam().text, "c.json"));
    EXPECT_EQ(found.substr(0, GetParam().yaml.size()), GetParam().yaml) << found;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, JsonFile,
    testing::Values(file_case{"all_kinds", R"({"a":[1,true,null,"x"],"b":{"c":-1.5e3},"d":{},"e":[]})",
                              R"({a: [1, true, null, "x"], b: {c: -1.5e3}, d: {}, e: []})"},
                    file_case{"escapes", "{\"a\":\"\\u00e9\\ud83d\\ude00\\n\"}", "{a: \"\xC3\xA9\xF0\x9F\x98\x80\n\"}"},
                    file_case{"key_twice", "{\"a\":1,\n \"a\":2}", "c.json:2:2: \"a\" stands here twice"},
                    file_case{"trailing_comma", "{\"a\":1,\n}", "c.json:2:1: expected"},
                    file_case{"comment", "{\n// no\n}", "c.json:2:1: expected"},
                    file_case{"cut", "{\"a\":", "c.json:1:6: expected"},
                    file_case{"too_deep", std::string(70, '['), "c.json:1:66: "},
                    file_case{"list", "[1]", "c.json:1:1: a file holds settings"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Places, AreThoseOfTheValues) {
    auto const yaml = parse_file("# c\na:\n  b: [x, y]\n", "c.yaml");
    EXPECT_EQ(shown(std::get<node>(yaml), true), "{a: {b: [x@3:7, y@3:10]@3:6}@3:3}@2:1");
    auto const json = parse_file("{\n  \"\xC3\xA9\": 1, \"b\": [2,\n 3]}", "c.json");
    EXPECT_EQ(shown(std::get<node>(json), true), "{\xC3\xA9: 1@2:8, b: [2@2:17, 3@3:2]@2:16}@1:1");
}

}  // namespace
}  // namespace coax::config::detail
