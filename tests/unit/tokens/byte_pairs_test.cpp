#include "tokens/byte_pairs.hpp"

#include "support/rounds.hpp"
#include "unit/tokens/trained_ranks.hpp"

#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace coax::tokens::detail {
namespace {

/// A vocabulary and the slow encoder of the same ranks.
struct trained_vocabulary {
    trained_vocabulary(std::string_view corpus, std::size_t size)
        : slow{corpus, size},
          packed{value_or_throw(pack_vocabulary(slow.text()))},
          words{value_or_throw(vocabulary::read(std::as_bytes(std::span{packed})))} {}

    test::trained_ranks slow;
    std::string packed;
    vocabulary words;
};

struct alphabet_case {
    char const* name;
    char const* letters;
    std::size_t tokens;
    std::size_t corpus_bytes;
};
void PrintTo(alphabet_case const& row, std::ostream* out) { *out << row.name; }

/// Trained once for all tests of a row: it takes longer than they do.
trained_vocabulary& trained_for(alphabet_case const& row) {
    static std::map<std::string_view, trained_vocabulary> all;
    std::mt19937 random{7};
    if (auto const known = all.find(row.name); known != all.end()) return known->second;
    return all.try_emplace(row.name, test::random_word(random, row.letters, row.corpus_bytes), row.tokens)
        .first->second;
}

class BytePairs : public testing::TestWithParam<alphabet_case> {
protected:
    void expect_same(std::string const& word) {
        auto const wanted = made_.slow.encode(word);
        std::vector<token_id> found;
        append_tokens(made_.words, word, found);
        EXPECT_EQ(found, wanted) << word;
        EXPECT_EQ(count_tokens(made_.words, word), wanted.size()) << word;
    }

    std::mt19937 random_{8};
    trained_vocabulary& made_ = trained_for(GetParam());
};

TEST_P(BytePairs, EncodesAsMergingOneByOne) {
    for (int i = 0; i < test::rounds(150, 20'000); ++i)
        expect_same(test::random_word(random_, GetParam().letters, 1 + random_() % 60));
}

TEST_P(BytePairs, EncodesWordsLongerThanTheWindow) {
    for (int i = 0; i < test::rounds(1, 60); ++i)
        expect_same(test::random_word(random_, GetParam().letters, 520 + random_() % 100));
    expect_same(std::string(540, GetParam().letters[0]));
}

TEST_P(BytePairs, KnowsTheLastTokenOfEachBeginning) {
    for (int i = 0; i < test::rounds(8, 400); ++i) {
        auto const word = test::random_word(random_, GetParam().letters, 1 + random_() % 80);
        std::size_t next = 1;
        for_each_prefix(made_.words, word, [&](std::size_t size, prefix_encoding const& one) {
            auto const wanted = made_.slow.encode(std::string_view{word}.substr(0, size));
            EXPECT_EQ(size, next++);
            EXPECT_EQ(one.last, wanted.back());
            EXPECT_EQ(one.count, wanted.size());
        });
        EXPECT_EQ(next, word.size() + 1);
    }
}

TEST_P(BytePairs, EachTokenIsEncodedAsItself) {
    for (token_id token = 0; token < made_.slow.size(); ++token) {
        std::vector<token_id> found;
        append_tokens(made_.words, made_.slow.token(token), found);
        EXPECT_EQ(found, std::vector{token});
        EXPECT_EQ(made_.words.text_of(token), made_.slow.token(token));
    }
}

INSTANTIATE_TEST_SUITE_P(Rows, BytePairs,
                         testing::Values(alphabet_case{"one_letter", "a", 264, 600},
                                         alphabet_case{"two_letters", "ab", 420, 3'000},
                                         alphabet_case{"three_letters", "abc", 500, 3'000},
                                         alphabet_case{"bytes", "\x01\x80\xff z", 400, 2'000}),
                         [](auto const& row) { return std::string{row.param.name}; });

struct bad_ranks_case {
    char const* name;
    std::string ranks;
    char const* why;
};
void PrintTo(bad_ranks_case const& row, std::ostream* out) { *out << row.name; }

std::string all_bytes() { return test::trained_ranks{"", 256}.text(); }

class BadRanks : public testing::TestWithParam<bad_ranks_case> {};

TEST_P(BadRanks, AreRefused) {
    auto const packed = pack_vocabulary(GetParam().ranks);
    ASSERT_FALSE(packed);
    EXPECT_EQ(packed.error().code, errc::invalid_argument);
    EXPECT_NE(packed.error().message.find(GetParam().why), std::string::npos) << packed.error().message;
}
INSTANTIATE_TEST_SUITE_P(
    Rows, BadRanks,
    testing::Values(bad_ranks_case{"nothing", "", "1 to 1,048,574"}, bad_ranks_case{"no_rank", "YQ==\n", "line 1"},
                    bad_ranks_case{"gap", "YQ== 0\nYg== 2\n", "line 2: must have the next rank"},
                    bad_ranks_case{"no_base64", "? 0\n", "line 1: is not base64"},
                    bad_ranks_case{"missing_byte", "YQ== 0\n", "byte 0 is no token"},
                    bad_ranks_case{"twice", all_bytes() + "YQ== 256\n", "is there twice"},
                    bad_ranks_case{"merged_of_nothing", all_bytes() + "YWJj 256\n", "not merged of"},
                    bad_ranks_case{"too_long", all_bytes() + std::string(344, 'Y') + " 256\n", "at most 255 bytes"}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST(PackedVocabulary, IsRefusedWhereAByteWasChanged) {
    trained_vocabulary const made{"abababab", 260};
    for (auto const at : {std::size_t{0}, std::size_t{9}, made.packed.size() / 2, made.packed.size() - 1}) {
        auto bad = made.packed;
        bad[at] = static_cast<char>(bad[at] + 1);
        auto const read = vocabulary::read(std::as_bytes(std::span{bad}));
        ASSERT_FALSE(read) << at;
        EXPECT_EQ(read.error().code, errc::io_failed);
    }
}

TEST(PackedVocabulary, IsRefusedWhereItsEndIsMissing) {
    trained_vocabulary const made{"abababab", 260};
    for (std::size_t size = 0; size < made.packed.size(); size += 97) {
        auto const cut = made.packed.substr(0, size);
        EXPECT_FALSE(vocabulary::read(std::as_bytes(std::span{cut}))) << size;
    }
}

}  // namespace
}  // namespace coax::tokens::detail
