#include <coax/tokens/tokenizer.hpp>

#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace coax {
namespace {

/// The tokenizer of OpenAI's ranks, where scripts/fetch_ranks could have them. Null: it could not.
tokenizer const* ranks_of(token_encoding which) {
    static std::map<token_encoding, result<tokenizer>> all;
    auto const at = all.try_emplace(which, tokenizer::load(which)).first;
    return at->second ? &*at->second : nullptr;
}

struct ranks_case {
    char const* name;
    token_encoding encoding;
    std::string text;
    std::vector<token_id> tokens;
};
void PrintTo(ranks_case const& row, std::ostream* out) { *out << row.name; }
class Ranks : public testing::TestWithParam<ranks_case> {};

TEST_P(Ranks, EncodeAsTiktokenDoes) {
    auto const* const with = ranks_of(GetParam().encoding);
    if (with == nullptr) GTEST_SKIP() << "the ranks are not here: scripts/fetch_ranks needs npm";
    EXPECT_EQ(with->encode(GetParam().text), GetParam().tokens);
    EXPECT_EQ(with->count(GetParam().text), static_cast<std::int64_t>(GetParam().tokens.size()));
}

using enum token_encoding;

INSTANTIATE_TEST_SUITE_P(
    Rows, Ranks,
    testing::Values(
        ranks_case{"o200k_base_hello", o200k_base, "hello world", {24912, 2375}},
        ranks_case{"o200k_base_contraction", o200k_base, "I'VE seen they're don't", {40, 6, 19511, 6177, 18940, 4128}},
        ranks_case{"o200k_base_camel", o200k_base, "getElementById(document)", {522, 2394, 1582, 906, 29675, 8}},
        ranks_case{"o200k_base_digits", o200k_base, "12345678", {7633, 19354, 4388}},
        ranks_case{"o200k_base_blanks", o200k_base, "a   b \n\n  c", {64, 256, 287, 1202, 220, 274}},
        ranks_case{"o200k_base_chinese",
                   o200k_base,
                   "今天天气很好，我们去公园吧。",
                   {10941, 1487, 25896, 148483, 69072, 13817, 5312, 37075, 18208, 788}},
        ranks_case{"o200k_base_mixed", o200k_base, "漢ABCdef", {183591, 44197, 1314}},
        ranks_case{"o200k_base_emoji",
                   o200k_base,
                   "👩\u200d👩\u200d👧\u200d👦🎉",
                   {28823, 102, 2524, 28823, 102, 2524, 28823, 100, 2524, 28823, 99, 71344, 231}},
        ranks_case{"o200k_base_arabic", o200k_base, "مرحبا بالعالم", {158894, 26537, 101462, 12773}},
        ranks_case{"o200k_base_code",
                   o200k_base,
                   "for (int i = 0; i < n; ++i) {\n    sum += a[i];\n}\n",
                   {1938, 350, 491, 575, 314, 220,  15,   26,  575,  464,  297, 26,
                    7600, 72,  8,   405, 271, 4215, 2757, 261, 1768, 1735, 739}},
        ranks_case{"o200k_base_german",
                   o200k_base,
                   "Donaudampfschifffahrtsgesellschaftskapitän",
                   {35, 3180, 527, 1515, 188805, 366, 608, 6907, 1561, 113975, 70739, 278, 4204}},
        ranks_case{"o200k_base_combining", o200k_base, "e\u0301le\u0300ve", {68, 13430, 282, 23168, 737}},
        ranks_case{"o200k_base_special", o200k_base, "<|endoftext|>", {27, 91, 419, 1440, 919, 91, 29}},
        ranks_case{"o200k_base_replacement", o200k_base, "\ufffd\ufffd", {10123}},
        ranks_case{"o200k_base_long_word",
                   o200k_base,
                   "abcdefghijabcdefghijabcdefghij",
                   {130783, 681, 130783, 681, 130783, 681}},
        ranks_case{"cl100k_base_hello", cl100k_base, "hello world", {15339, 1917}},
        ranks_case{"cl100k_base_contraction",
                   cl100k_base,
                   "I'VE seen they're don't",
                   {40, 6, 4592, 3970, 814, 2351, 1541, 956}},
        ranks_case{"cl100k_base_camel", cl100k_base, "getElementById(document)", {76757, 2787, 15649, 8}},
        ranks_case{"cl100k_base_digits", cl100k_base, "12345678", {4513, 10961, 2495}},
        ranks_case{"cl100k_base_blanks", cl100k_base, "a   b \n\n  c", {64, 256, 293, 4815, 220, 272}},
        ranks_case{"cl100k_base_chinese",
                   cl100k_base,
                   "今天天气很好，我们去公园吧。",
                   {37271, 36827, 36827, 30320, 242, 17599, 230, 53901, 3922, 98739, 86436, 35417, 9921, 255, 7305, 100,
                    1811}},
        ranks_case{"cl100k_base_mixed", cl100k_base, "漢ABCdef", {78256, 95, 26484, 755}},
        ranks_case{
            "cl100k_base_emoji", cl100k_base, "👩\u200d👩\u200d👧\u200d👦🎉", {9468, 239,  102, 378,  235,  9468, 239,
                                                                               102,  378,  235, 9468, 239,  100,  378,
                                                                               235,  9468, 239, 99,   9468, 236,  231}},
        ranks_case{"cl100k_base_arabic",
                   cl100k_base,
                   "مرحبا بالعالم",
                   {10386, 11318, 30925, 22071, 5821, 28946, 32482, 24102, 32482, 10386}},
        ranks_case{"cl100k_base_code",
                   cl100k_base,
                   "for (int i = 0; i < n; ++i) {\n    sum += a[i];\n}\n",
                   {2000, 320, 396, 602, 284, 220,  15,   26,  602,  366, 308, 26,
                    3526, 72,  8,   341, 262, 2694, 1447, 264, 1004, 947, 534}},
        ranks_case{"cl100k_base_german",
                   cl100k_base,
                   "Donaudampfschifffahrtsgesellschaftskapitän",
                   {35, 6863, 664, 1141, 3933, 331, 333, 544, 1494, 3423, 2034, 288, 70801, 4991, 391, 275, 15492}},
        ranks_case{"cl100k_base_combining", cl100k_base, "e\u0301le\u0300ve", {68, 54939, 273, 97649, 588}},
        ranks_case{"cl100k_base_special", cl100k_base, "<|endoftext|>", {27, 91, 8862, 728, 428, 91, 29}},
        ranks_case{"cl100k_base_replacement", cl100k_base, "\ufffd\ufffd", {10178}},
        ranks_case{"cl100k_base_long_word",
                   cl100k_base,
                   "abcdefghijabcdefghijabcdefghij",
                   {57847, 3251, 57847, 3251, 57847, 3251}}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST(RanksInAll, AMillionLettersAreCountedInLinearTime) {
    for (auto const which : {o200k_base, cl100k_base}) {
        auto const* const with = ranks_of(which);
        if (with == nullptr) GTEST_SKIP() << "the ranks are not here: scripts/fetch_ranks needs npm";
        EXPECT_EQ(with->count(std::string(1'000'000, 'a')), 125'000);
        EXPECT_EQ(with->count(std::string(1'000'000, ' ')), 7'813);
    }
}

TEST(RanksInAll, EachTokenThatIsTextOfOneWordIsEncodedAsItself) {
    auto const* const with = ranks_of(o200k_base);
    if (with == nullptr) GTEST_SKIP() << "the ranks are not here: scripts/fetch_ranks needs npm";
    int same = 0;
    for (token_id token = 0; token < 199'998; ++token) {
        auto const text = with->decode(std::vector{token}).value();
        same += with->encode(text) == std::vector{token} ? 1 : 0;
    }
    EXPECT_GT(same, 190'000);  // the others are no whole characters, or more words than one
}

}  // namespace
}  // namespace coax
