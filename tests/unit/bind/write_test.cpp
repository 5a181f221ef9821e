#include "unit/bind/types.hpp"

#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>
#include <coax/schema/codec.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

namespace coax {
namespace {

using namespace types;

TEST(Write, ReadsBackAsTheSameValue) {
    auto const text = json::write(everything_value());
    auto const back = json::read<everything>(text);
    ASSERT_TRUE(back) << back.error() << text;
    EXPECT_EQ(*back, everything_value());
    EXPECT_EQ(json::write(*back), text);
}

TEST(Write, RecursiveTypesWriteThemselves) {
    constexpr std::string_view text =
        R"({"name":"a","children":[{"name":"b","children":[]}],"next":{"name":"c","children":[]}})";
    EXPECT_EQ(json::write(*json::read<node>(text)), text);
}

TEST(Write, EmptyOptionalsAreLeftOutUnlessAskedFor) {
    plain const value{1, "x", std::nullopt};
    EXPECT_EQ(json::write(value), R"({"a":1,"b":"x"})");
    EXPECT_EQ(json::write(value, {.omit_empty_optionals = false}), R"({"a":1,"b":"x","c":null})");
}

TEST(Write, NamesOnTheWireAndSkippedFields) {
    EXPECT_EQ(json::write(renamed{"t", 1, 2}), R"({"the-text/~":"t","last":2})");
}

TEST(Write, AppendsToWhatIsThere) {
    std::string out = "x";
    json::write_to(out, std::vector<int>{1, 2});
    EXPECT_EQ(out, "x[1,2]");
}

TEST(Write, FloatsHaveTheDigitsOfAFloat) { EXPECT_EQ(json::write(1.1F), "1.1"); }

TEST(Write, EnumValuesWithoutANameAreNumbers) { EXPECT_EQ(json::write(static_cast<colour>(5)), "5"); }

TEST(Write, DatesThatRfc3339CannotSayAreNull) {
    EXPECT_EQ(json::write(std::chrono::sys_seconds{}), R"("1970-01-01T00:00:00Z")");
    EXPECT_EQ(json::write(std::chrono::sys_days{std::chrono::year{12000} / 1 / 1} + std::chrono::seconds{0}), "null");
}

TEST(Writer, PutsCommasBetween) {
    std::string out;
    json::writer writer{out};
    writer.begin_object().member("model", "m\"").key("messages").begin_array();
    writer.begin_object().member("n", 1).member("ok", true).member("x", 0.5).end_object();
    writer.value("two")
        .value(std::string{"three"})
        .null()
        .raw("[4]")
        .write(plain{1, "x", {}})
        .begin_array()
        .end_array();
    writer.end_array().member("big", std::numeric_limits<std::uint64_t>::max()).end_object();
    EXPECT_EQ(out, R"({"model":"m\"","messages":[{"n":1,"ok":true,"x":0.5},"two","three",null,[4],{"a":1,"b":"x"},[]],)"
                   R"("big":18446744073709551615})");
}

// --- json_value ---

TEST(JsonValue, IsWrittenAndReadAsAnyType) {
    EXPECT_EQ(json::to_value(std::vector{1, 2}).text(), "[1,2]");
    EXPECT_EQ(*json::read<std::vector<int>>(json::to_value(std::vector{1, 2})), (std::vector{1, 2}));
}

TEST(Codec, CarriesAllThatAClientNeeds) {
    auto const& codec = json::codec_of<judgement>;
    EXPECT_EQ(codec.name, "judgement");
    EXPECT_EQ(codec.description, "A judgement");
    judgement value;
    ASSERT_TRUE(codec.read(&value, R"({"label":"green","confidence":0.5,"emotions":["joy"]})"));
    EXPECT_EQ(value.label, colour::green);
    std::string out;
    codec.write(out, &value);
    EXPECT_EQ(out, R"({"label":"green","confidence":0.5,"emotions":["joy"]})");
    EXPECT_TRUE(codec.schema(schema_dialect::anthropic));
}

TEST(Codec, SaysWhyADialectCannotExpressAType) {
    auto const schema = json::codec_of<everything>.schema(schema_dialect::openai_strict);
    ASSERT_FALSE(schema);
    EXPECT_EQ(schema.error().code, errc::invalid_argument);
    EXPECT_NE(schema.error().message.find("a map cannot be expressed"), std::string::npos) << schema.error();
}

}  // namespace
}  // namespace coax
