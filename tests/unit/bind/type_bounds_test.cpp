#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>
#include <coax/schema/schema.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <memory>

namespace coax {
/// A share that is shown as a percentage.
struct share {
    double value{};
    friend bool operator==(share const&, share const&) = default;
};
template <>
struct json_form<share> {
    using type = int;
    static constexpr doc documentation{.description = "In percent", .minimum = 0, .maximum = 100, .multiple_of = 5};
    static type to(share const& shown) { return static_cast<int>(shown.value * 100); }
    static std::optional<share> from(type percent) { return share{percent / 100.0}; }
};

namespace {

using dialect = schema_dialect;

/// Whether what the schema of a field says is what the reader demands.
template <class Integer>
void expect_told(std::string const& low, std::string const& high) {
    struct holder {
        Integer value{};
    };
    std::string const bounds = R"({"type":"integer","minimum":)" + low + R"(,"maximum":)" + high + "}";
    std::string const words = "{minimum: " + low + ", maximum: " + high + "}";
    for (auto const schema :
         {json_schema<holder>, json_schema<holder, dialect::openai_strict>, json_schema<holder, dialect::gemini>})
        EXPECT_NE(schema.find(bounds), schema.npos) << schema;
    for (auto const schema : {json_schema<holder, dialect::anthropic>, json_schema<holder, dialect::azure_strict>})
        EXPECT_NE(schema.find(words), schema.npos) << schema;
    for (auto const& bound : {low, high}) EXPECT_TRUE(json::read<Integer>(bound)) << bound;
    EXPECT_FALSE(json::read<Integer>(high + "0"));
    EXPECT_FALSE(json::read<Integer>(low == "0" ? "-1" : low + "0"));
}

TEST(IntegerBounds, AreTold) {
    expect_told<std::int8_t>("-128", "127");
    expect_told<std::uint8_t>("0", "255");
    expect_told<short>("-32768", "32767");
    expect_told<std::uint16_t>("0", "65535");
    expect_told<int>("-2147483648", "2147483647");
    expect_told<unsigned>("0", "4294967295");
    expect_told<std::int64_t>("-9223372036854775808", "9223372036854775807");
    expect_told<std::uint64_t>("0", "18446744073709551615");
}

struct stated {
    int both{};
    unsigned char wider{};
    unsigned positive{};
    std::vector<std::optional<short>> items{};
    std::uint64_t large{};
    static constexpr auto coax_schema = describe(doc{}, field(&stated::both, {.minimum = -3, .exclusive_maximum = 7}),
                                                 field(&stated::wider, {.minimum = -5, .maximum = 1000}),
                                                 field(&stated::positive, {.exclusive_minimum = 0}),
                                                 field(&stated::items, {.maximum = 5.5, .max_items = 2}));
};

TEST(IntegerBounds, AreTheCloserOfThoseStatedAndThoseOfTheType) {
    EXPECT_EQ(
        json_schema<stated>,
        R"({"type":"object","properties":{"both":{"type":"integer","minimum":-3,"exclusiveMaximum":7},)"
        R"("wider":{"type":"integer","minimum":0,"maximum":255},)"
        R"("positive":{"type":"integer","maximum":4294967295,"exclusiveMinimum":0},)"
        R"("items":{"type":"array","maxItems":2,"items":{"type":["integer","null"],"minimum":-32768,"maximum":5.5}},)"
        R"("large":{"type":"integer","minimum":0,"maximum":18446744073709551615}},)"
        R"("required":["both","wider","positive","items","large"]})");
}

TEST(IntegerBounds, OfAGrammarFit64BitsWithASign) {
    EXPECT_NE((json_schema<stated, dialect::grammar>.find(
                  R"("large":{"type":"integer","description":"{maximum: 18446744073709551615}","minimum":0})")),
              std::string_view::npos)
        << json_schema<stated, dialect::grammar>;
}

struct poll {
    share yes{};
    std::vector<share> each{};
    std::optional<share> no{};
    static constexpr auto coax_schema = describe(doc{}, field(&poll::no, {.description = "Against", .maximum = 50}));
};

TEST(JsonForm, BoundsAreToldAndChecked) {
    EXPECT_EQ(json_schema<poll>,
              R"({"type":"object","properties":{)"
              R"("yes":{"type":"integer","description":"In percent","minimum":0,"maximum":100,"multipleOf":5},)"
              R"("each":{"type":"array","items":{"type":"integer","minimum":0,"maximum":100,"multipleOf":5}},)"
              R"("no":{"type":["integer","null"],"description":"Against","minimum":0,"maximum":50,"multipleOf":5}},)"
              R"("required":["yes","each"]})");
    auto const message = [](std::string_view text) { return json::read<poll>(text).error().message; };
    EXPECT_EQ(message(R"({"yes":101,"each":[]})"), "expected at most 100, found 101 (line 1, column 8)");
    EXPECT_EQ(message(R"({"yes":1,"each":[]})"), "expected a multiple of 5, found 1 (line 1, column 8)");
    EXPECT_EQ(json::read<poll>(R"({"yes":5,"each":[5,-5]})").error().where, "/each/1");
    EXPECT_EQ(json::read<poll>(R"({"yes":5,"each":[],"no":-5})").error().where, "/no");
    EXPECT_EQ(json::read<poll>(R"({"yes":5,"each":[],"no":55})").error().where, "/no");
    EXPECT_EQ(json::read<share>("200").error().message, "expected at most 100, found 200 (line 1, column 1)");
    EXPECT_TRUE(json::read<share>("200", {.check_docs = false}));
    EXPECT_EQ(json::read<poll>(R"({"yes":5,"each":[10],"no":50})")->each, std::vector{share{0.1}});
}

struct filled {
    std::optional<int> o{5};
    std::unique_ptr<int> p{std::make_unique<int>(7)};
    std::optional<int> empty{};
};

TEST(FilledOptionals, AreWrittenAsNullWhenTheyAreEmpty) {
    filled value;
    EXPECT_EQ(json::write(value), R"({"o":5,"p":7})");
    value.o.reset();
    value.p.reset();
    EXPECT_EQ(json::write(value), R"({"o":null,"p":null})");
    auto const read = json::read<filled>(json::write(value));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->o, std::nullopt);
    EXPECT_EQ(read->p, nullptr);
    EXPECT_EQ(json::read<filled>("{}")->o, 5);
}

enum class access : int { read = 1, write = 2, all = std::numeric_limits<int>::min() };
enum class tiny : signed char { low = 1, high = -128 };
enum class wide : long long { low = 1, high = std::numeric_limits<long long>::min() };

template <class Flags>
void expect_there_and_back(Flags value, std::string_view text) {
    EXPECT_EQ(json::write(value), text);
    auto const read = json::read<Flags>(text);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, value);
}

}  // namespace
template <>
inline constexpr bool is_flags<access> = true;
template <>
inline constexpr bool is_flags<tiny> = true;
template <>
inline constexpr bool is_flags<wide> = true;
namespace {

TEST(Flags, KeepTheHighestBitOfASignedType) {
    expect_there_and_back(access::all, R"(["all"])");
    expect_there_and_back(static_cast<access>(static_cast<int>(access::all) | 3), R"(["read","write","all"])");
    expect_there_and_back(tiny::high, R"(["high"])");
    expect_there_and_back(static_cast<wide>(static_cast<long long>(wide::high) | 1), R"(["low","high"])");
    EXPECT_NE(json_schema<access>.find(R"("all")"), std::string_view::npos) << json_schema<access>;
}

struct rights {
    access granted{};
    static constexpr auto coax_schema = describe(doc{}, field(&rights::granted, {.min_items = 1}));
};

TEST(Flags, AreCounted) {
    EXPECT_FALSE(json::read<rights>(R"({"granted":[]})"));
    EXPECT_TRUE(json::read<rights>(R"({"granted":["read"]})"));
}

}  // namespace
}  // namespace coax
