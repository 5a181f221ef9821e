#include "unit/table/arrow_arrays.hpp"
#include "unit/table/table_rows.hpp"

#include <coax/table/arrow_stream.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

namespace coax {
namespace {

using test::arrow_node;
using test::made_stream;
using test::numbers;
using test::rows_of;
using test::table_of;
using test::texts_of;
using test::words;
using texts = std::vector<std::string>;

/// The rows of one batch; all that was handed out is released.
texts read_batch(std::function<arrow_node()> const& make) {
    made_stream made;
    made.batches.push_back(make());
    texts rows;
    {
        auto stream = made.stream();
        auto table = read_arrow(stream);
        EXPECT_EQ(stream.release, nullptr);
        if (!table) return {to_string(table.error())};
        for (;;) {
            auto row = (*table)->next();
            if (!row) rows.push_back("end: " + row.error().where + ": " + row.error().message);
            if (!row || !*row) break;
            rows.push_back((*row)->problem ? (*row)->problem->where + ": " + (*row)->problem->message
                                           : (*row)->fields.text());
        }
    }
    EXPECT_EQ(made.released, 1);
    EXPECT_EQ(made.open_arrays, 0);
    return rows;
}

struct arrow_case {
    char const* name;
    std::function<arrow_node()> make;  ///< A column called "c".
    texts values;
};
void PrintTo(arrow_case const& row, std::ostream* out) { *out << row.name; }
class ArrowColumn : public testing::TestWithParam<arrow_case> {};

TEST_P(ArrowColumn, BecomesJson) {
    texts rows;
    for (auto const& value : GetParam().values) rows.push_back("{\"c\":" + value + '}');
    EXPECT_EQ(read_batch([] {
                  std::vector<arrow_node> columns;
                  columns.push_back(GetParam().make());
                  return table_of(std::move(columns));
              }),
              rows);
}

/// Lists of numbers: [1,2], null, [], [3].
arrow_node lists(std::string format) {
    arrow_node made{.format = std::move(format), .name = "c", .length = 4, .null_count = 1};
    made.buffer(std::vector<char>{0b1101}).buffer(std::vector<std::int32_t>{0, 2, 2, 2, 3});
    made.children.push_back(numbers<std::int16_t>("item", "s", {1, 2, 3}));
    return made;
}

arrow_node structures() {
    arrow_node made{.format = "+s", .name = "c", .length = 2, .offset = 1, .null_count = 1};
    made.buffer(std::vector<char>{0b010});
    made.children.push_back(numbers<std::int8_t>("a", "c", {9, 1, 2}));
    made.children.push_back(words("b\"", {"x", "y", "z"}));
    return made;
}

arrow_node maps() {
    arrow_node made{.format = "+m", .name = "c", .length = 2};
    made.missing().buffer(std::vector<std::int32_t>{0, 2, 2});
    arrow_node entries{.format = "+s", .name = "entries", .length = 2, .offset = 1};
    entries.missing();
    entries.children.push_back(words("key", {"w", "k", "l"}));
    entries.children.push_back(numbers<double>("value", "g", {0, 0.5, 2}));
    made.children.push_back(std::move(entries));
    return made;
}

arrow_node indexed() {
    auto made = numbers<std::uint8_t>("c", "C", {1, 0, 1});
    made.dictionary = std::make_unique<arrow_node>(words("", {"no", "yes"}));
    return made;
}

/// "a", null, "c" of which the first is cut off by the offset.
arrow_node sliced() {
    arrow_node made{.format = "U", .name = "c", .length = 2, .offset = 1, .null_count = -1};
    made.buffer(std::vector<char>{0b101}).buffer(std::vector<std::int64_t>{0, 1, 1, 4}).text("a\xE2\x82\xAC");
    return made;
}

arrow_node views() {
    arrow_node made{.format = "vu", .name = "c", .length = 2};
    std::string const text = "longer than twelve";
    std::vector<char> view(32);
    std::int32_t const sizes[] = {5, static_cast<std::int32_t>(text.size())};
    std::memcpy(view.data(), &sizes[0], 4);
    std::memcpy(view.data() + 4, "short", 5);
    std::memcpy(view.data() + 16, &sizes[1], 4);
    std::memcpy(view.data() + 20, "long", 4);
    made.missing().buffer(view).text(text).buffer(std::vector<std::int64_t>{static_cast<std::int64_t>(text.size())});
    return made;
}

arrow_node nothing() { return {.format = "n", .name = "c", .length = 2, .null_count = 2}; }

arrow_node bits() {
    arrow_node made{.format = "b", .name = "c", .length = 3, .offset = 2, .null_count = 1};
    made.buffer(std::vector<char>{0b01111}).buffer(std::vector<char>{0b00100});
    return made;
}

arrow_node fixed_lists() {
    arrow_node made{.format = "+w:2", .name = "c", .length = 1, .offset = 1};
    made.missing();
    made.children.push_back(numbers<float>("item", "f", {1, 2, 0.1F, std::numeric_limits<float>::quiet_NaN()}));
    return made;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ArrowColumn,
    testing::Values(
        arrow_case{"i64",
                   [] { return numbers<std::int64_t>("c", "l", {std::numeric_limits<std::int64_t>::min(), 7}); },
                   {"-9223372036854775808", "7"}},
        arrow_case{
            "u64", [] { return numbers<std::uint64_t>("c", "L", {18446744073709551615U}); }, {"18446744073709551615"}},
        arrow_case{"i32", [] { return numbers<std::int32_t>("c", "i", {-3}); }, {"-3"}},
        arrow_case{"u16", [] { return numbers<std::uint16_t>("c", "S", {65535}); }, {"65535"}},
        arrow_case{"f64",
                   [] { return numbers<double>("c", "g", {0.1, -1e300, std::numeric_limits<double>::infinity()}); },
                   {"0.1", "-1e+300", "null"}},
        arrow_case{"f32", [] { return numbers<float>("c", "f", {0.1F}); }, {"0.1"}},
        arrow_case{"decimal",
                   [] {
                       auto made = numbers<std::int64_t>("c", "d:10,2", {1234, 0, -5, -1, 0, 0, 7, 0});
                       made.length = 4;
                       return made;
                   },
                   {"12.34", "-0.05", "0.00", "0.07"}},
        arrow_case{"large_decimal",
                   [] {
                       auto made = numbers<std::uint64_t>("c", "d:38,0,128", {0, 1});
                       made.length = 1;
                       return made;
                   },
                   {"18446744073709551616"}},
        arrow_case{"bool_sliced", bits, {"true", "false", "null"}}, arrow_case{"null", nothing, {"null", "null"}},
        arrow_case{"utf8", [] { return words("c", {"", "\xC3\xA4\"\n"}); }, {"\"\"", "\"\xC3\xA4\\\"\\n\""}},
        arrow_case{"large_utf8_sliced", sliced, {"null", "\"\xE2\x82\xAC\""}},
        arrow_case{"utf8_view", views, {"\"short\"", "\"longer than twelve\""}},
        arrow_case{"binary",
                   [] {
                       auto made = words("c", {"\xFF\x01"});
                       made.format = "z";
                       return made;
                   },
                   {"\"/wE=\""}},
        arrow_case{"date32",
                   [] { return numbers<std::int32_t>("c", "tdD", {0, -1, 20786}); },
                   {"\"1970-01-01\"", "\"1969-12-31\"", "\"2026-11-29\""}},
        arrow_case{"date64", [] { return numbers<std::int64_t>("c", "tdm", {-86'400'000}); }, {"\"1969-12-31\""}},
        arrow_case{"timestamp_us",
                   [] { return numbers<std::int64_t>("c", "tsu:UTC", {-1, 1'000'000}); },
                   {"\"1969-12-31T23:59:59.999999Z\"", "\"1970-01-01T00:00:01Z\""}},
        arrow_case{"timestamp_without_zone",
                   [] { return numbers<std::int64_t>("c", "tsn:", {1}); },
                   {"\"1970-01-01T00:00:00.000000001\""}},
        arrow_case{"dictionary", indexed, {"\"yes\"", "\"no\"", "\"yes\""}},
        arrow_case{"list", [] { return lists("+l"); }, {"[1,2]", "null", "[]", "[3]"}},
        arrow_case{"fixed_list", fixed_lists, {"[0.1,null]"}},
        arrow_case{"structure", structures, {R"({"a":1,"b\"":"y"})", "null"}},
        arrow_case{"map", maps, {R"({"k":0.5,"l":2})", "{}"}}),
    [](auto const& row) { return std::string(row.param.name); });

struct hostile_case {
    char const* name;
    std::function<void(arrow_node&)> spoil;  ///< A table of one column of two texts.
    std::string told;
};
void PrintTo(hostile_case const& row, std::ostream* out) { *out << row.name; }
class HostileArrow : public testing::TestWithParam<hostile_case> {};

TEST_P(HostileArrow, IsAnErrorAndNothingIsReadBeyondIt) {
    auto const rows = read_batch([] {
        std::vector<arrow_node> columns;
        columns.push_back(words("c", {"ab", "cd"}));
        auto table = table_of(std::move(columns));
        GetParam().spoil(table);
        return table;
    });
    std::string all;
    for (auto const& row : rows) all += row + '\n';
    EXPECT_NE(all.find(GetParam().told), std::string::npos) << all;
}

/// Puts another column in the place of "c".
auto column(std::function<arrow_node()> make) {
    return [make = std::move(make)](arrow_node& table) { table.children[0] = make(); };
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HostileArrow,
    testing::Values(
        hostile_case{"negative_length", [](arrow_node& node) { node.children[0].length = -1; }, "a wrong length"},
        hostile_case{"negative_offset", [](arrow_node& node) { node.children[0].offset = -1; }, "a wrong length"},
        hostile_case{"huge_length", [](arrow_node& node) { node.length = std::numeric_limits<std::int64_t>::max(); },
                     "a wrong length"},
        hostile_case{"short_column", [](arrow_node& node) { node.children[0].length = 1; }, "shorter than the others"},
        hostile_case{"offset_of_the_table", [](arrow_node& node) { node.offset = 1; }, "shorter than the others"},
        hostile_case{"more_nulls_than_values", [](arrow_node& node) { node.children[0].null_count = 3; },
                     "a wrong number of nulls"},
        hostile_case{"nulls_without_bits", [](arrow_node& node) { node.children[0].null_count = 1; },
                     "nulls without the buffer"},
        hostile_case{"no_offsets", [](arrow_node& node) { node.children[0].buffers[1] = nullptr; },
                     "a buffer of values is missing"},
        hostile_case{"no_text", [](arrow_node& node) { node.children[0].buffers[2] = nullptr; },
                     "text without its buffer"},
        hostile_case{"too_few_buffers", [](arrow_node& node) { node.children[0].buffers.pop_back(); },
                     "a wrong number of buffers"},
        hostile_case{"offsets_backwards",
                     [](arrow_node& node) {
                         node.children[0].buffers.resize(1);
                         node.children[0].buffer(std::vector<std::int32_t>{0, 2, 1}).text("abcd");
                     },
                     "offsets that go backwards"},
        hostile_case{"negative_offsets",
                     [](arrow_node& node) {
                         node.children[0].buffers.resize(1);
                         node.children[0].buffer(std::vector<std::int32_t>{-2, 2, 3}).text("abcd");
                     },
                     "offsets that go backwards"},
        hostile_case{"not_utf8", column([] { return words("c", {"ok", "\xFF"}); }),
                     "table:2: a value that cannot be read: text that is not UTF-8"},
        hostile_case{"index_beyond", column([] {
                         auto made = indexed();
                         made.dictionary->length = 1;
                         return made;
                     }),
                     "an index beyond its dictionary"},
        hostile_case{"list_beyond", column([] {
                         auto made = lists("+l");
                         made.children[0].length = 1;
                         return made;
                     }),
                     "a list beyond its values"},
        hostile_case{"view_beyond", column([] {
                         auto made = views();
                         made.buffers.pop_back();
                         made.buffer(std::vector<std::int64_t>{5});
                         return made;
                     }),
                     "text beyond its buffer"},
        hostile_case{"list_without_size", column([] { return lists("+w:"); }), "no form in JSON"},
        hostile_case{"fixed_list_of_billions", column([] {
                         auto made = lists("+w:4611686018427387904");
                         made.buffers.pop_back();
                         return made;
                     }),
                     "shorter than the others"},
        hostile_case{"union_type", column([] { return numbers<std::int8_t>("c", "+ud:0", {1, 2}); }),
                     "no form in JSON"},
        hostile_case{"list_of_nothing", column([] { return numbers<std::int8_t>("c", "+l", {1, 2}); }),
                     "a wrong number of children"},
        hostile_case{"name_twice", [](arrow_node& node) { node.children.push_back(words("c", {"e", "f"})); },
                     "two columns are called \"c\""},
        hostile_case{"no_table", [](arrow_node& node) { node = words("c", {"a"}); }, "the Arrow stream is no table"},
        hostile_case{"day_beyond", column([] { return numbers<std::int32_t>("c", "tdD", {1, 2'000'000'000}); }),
                     "a day that no date has"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ReadArrow, BatchesFollowOneAnotherAndEmptyOnesAreFine) {
    made_stream made;
    for (std::vector<std::string> const& values : {texts{"a"}, texts{}, texts{"b", "c"}}) {
        std::vector<arrow_node> columns;
        columns.push_back(words("c", values));
        made.batches.push_back(table_of(std::move(columns)));
    }
    auto stream = made.stream();
    auto table = read_arrow(stream, "posts").value();
    EXPECT_EQ(table->columns(), (std::vector<table_column>{{"c", column_type::text}}));
    auto const rows = rows_of(*table);
    EXPECT_EQ(texts_of(rows), (texts{R"({"c":"a"})", R"({"c":"b"})", R"({"c":"c"})"}));
    EXPECT_EQ(rows[2].where, "posts:3");
    EXPECT_FALSE(*table->next());  // ever after
    table.reset();
    EXPECT_EQ(made.released, 1);
    EXPECT_EQ(read_arrow(stream).error().code, errc::invalid_argument);  // released
}

TEST(ReadArrow, WhatTheProducerSaysIsTold) {
    made_stream made{.fails_with = 5};
    made.batches.push_back(table_of({}));
    auto stream = made.stream();
    auto table = read_arrow(stream).value();
    auto const row = table->next();
    ASSERT_FALSE(row);
    EXPECT_EQ(row.error().code, errc::io_failed);
    EXPECT_EQ(row.error().message, "the Arrow stream gives no further rows: the producer is ill");
}

}  // namespace
}  // namespace coax
