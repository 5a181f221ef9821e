#include "support/rounds.hpp"
#include "unit/tokens/trained_ranks.hpp"

#include <coax/tokens/tokenizer.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace coax {
namespace {

/// A small vocabulary of English, cut into words as cl100k_base or o200k_base does.
tokenizer const& small(token_encoding which = token_encoding::o200k_base) {
    static test::trained_ranks const ranks{
        "the cat sat on the mat and the rat ate the hat that the cat had on the mat, it's the cat's; then they'll sit "
        "in the sun 123 456 \n\n the sea   the tea    \n\t thé été",
        340};
    static auto const o200k = value_or_throw(tokenizer::from_ranks(token_encoding::o200k_base, ranks.text()));
    static auto const harmony = value_or_throw(tokenizer::from_ranks(token_encoding::o200k_harmony, ranks.text()));
    return which == token_encoding::o200k_harmony ? harmony : o200k;
}

std::string random_text(std::mt19937& random, std::size_t pieces) {
    static std::vector<std::string> const words{"the", " cat", " THE", "'s",   "'",        "'l", "l",   " ",  "  ",
                                                "\n",  " \n",  "1",    "23",   "é",        "漢", "A",   "AB", "\u0301",
                                                "!",   "/",    "ate",  "\xFF", "\xE6\xBC", "😀", "\xC3"};
    std::string text;
    for (; pieces > 0; --pieces) text += words[random() % words.size()];
    return text;
}

TEST(Tokenizer, CountsWhatItEncodesAndDecodesIt) {
    std::mt19937 random{3};
    for (int i = 0; i < test::rounds(3'000, 100'000); ++i) {
        auto const text = random_text(random, 1 + random() % 20);
        auto const tokens = small().encode(text);
        ASSERT_EQ(small().count(text), static_cast<std::int64_t>(tokens.size())) << text;
        auto const back = small().decode(tokens);
        ASSERT_TRUE(back);
        ASSERT_EQ(small().count(*back), small().count(text));
        if (text.find_first_of("\xFF\xE6\xC3") == std::string::npos) ASSERT_EQ(*back, text);
    }
}

TEST(Tokenizer, ReadsBytesThatAreNoTextAsReplacementCharacters) {
    EXPECT_EQ(small().encode("a\xFF"
                             "b\xE6\xBC"),
              small().encode("a\uFFFD"
                             "b\uFFFD\uFFFD"));
    EXPECT_EQ(small().count("\xC3"), small().count("\uFFFD"));
}

TEST(Tokenizer, CountsUpToALimit) {
    std::string const text = "the cat sat on the mat";
    auto const all = small().count(text);
    EXPECT_EQ(small().count_up_to(text, all), all);
    EXPECT_EQ(small().count_up_to(text, all + 5), all);
    EXPECT_EQ(small().count_up_to(text, all - 1), std::nullopt);
    EXPECT_EQ(small().count_up_to("", 0), 0);
}

TEST(Tokenizer, TruncatesToWhatHasNoMoreTokens) {
    std::mt19937 random{5};
    for (int i = 0; i < test::rounds(3'000, 50'000); ++i) {
        auto const text = random_text(random, 1 + random() % 14);
        auto const all = small().count(text);
        auto const most = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(all + 2));
        auto const cut = small().truncate(text, most);
        ASSERT_TRUE(text.starts_with(cut));
        ASSERT_LE(small().count(cut), most) << text;
        if (most >= all) ASSERT_EQ(cut, text);
    }
}

TEST(Tokenizer, TruncatesAtTheLastTokenThatFits) {
    std::string const text = "the cat sat on the mat";
    auto const tokens = small().encode(text);
    for (std::size_t most = 0; most <= tokens.size(); ++most)
        EXPECT_EQ(small().truncate(text, static_cast<std::int64_t>(most)),
                  small().decode(std::span{tokens}.first(most)).value());
    EXPECT_EQ(small().truncate(text, -1), "");
    EXPECT_EQ(small().truncate("\u00e9", 1).size() % 2, 0U) << "cut within a character";
}

TEST(Tokenizer, KnowsSpecialTokensWhereItIsAsked) {
    std::string const text = "the<|endoftext|> cat<|no|><|start|>";
    auto const plain = small().encode(text);
    auto const special = small().encode(text, special_tokens::as_tokens);
    EXPECT_GT(plain.size(), special.size());
    EXPECT_EQ(small().count(text, special_tokens::as_tokens), static_cast<std::int64_t>(special.size()));
    EXPECT_EQ(std::ranges::count(special, 199'999U), 1);
    EXPECT_EQ(small().decode(special).value(), text);

    auto const& harmony = small(token_encoding::o200k_harmony);
    EXPECT_EQ(
        harmony.encode("<|start|><|message|><|reserved_200013|><|reserved_200002|>", special_tokens::as_tokens).front(),
        200'006U);
    EXPECT_EQ(harmony.encode("<|reserved_200013|>", special_tokens::as_tokens), std::vector{200'013U});
    EXPECT_GT(harmony.count("<|reserved_200002|>", special_tokens::as_tokens), 1) << "that is <|return|>";
    EXPECT_EQ(harmony.decode(std::vector{200'013U, 200'002U}).value(), "<|reserved_200013|><|return|>");
}

TEST(Tokenizer, RefusesTokensThatAreNone) {
    std::vector<token_id> const tokens{0, 5'000};
    auto const text = small().decode(tokens);
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code, errc::invalid_argument);
    EXPECT_EQ(text.error().where, "tokens[1]");
}

TEST(Tokenizer, IsLoadedFromTheFileThatItSaves) {
    auto const folder = std::filesystem::path{testing::TempDir()} / "coax_tokenizer";
    std::filesystem::create_directories(folder);
    ASSERT_TRUE(small().save(folder / "o200k_base.bpe"));
    auto const loaded = tokenizer::load(token_encoding::o200k_base, folder);
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_EQ(loaded->encode("the cat's hat"), small().encode("the cat's hat"));
    auto const harmony = tokenizer::load(token_encoding::o200k_harmony, folder);
    ASSERT_TRUE(harmony) << harmony.error();
    EXPECT_EQ(harmony->encoding(), token_encoding::o200k_harmony);

    std::ofstream{folder / "o200k_base.bpe"} << "x";
    auto const broken = tokenizer::load(token_encoding::o200k_base, folder);
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, errc::io_failed);
    std::filesystem::remove_all(folder);
}

TEST(Tokenizer, SaysWhatIsMissing) {
    auto const none = tokenizer::load(token_encoding::cl100k_base, "/nowhere");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, errc::io_failed);
    EXPECT_EQ(none.error().where, "/nowhere/cl100k_base.bpe");
    EXPECT_NE(none.error().message.find("scripts/fetch_ranks"), std::string::npos);
    EXPECT_FALSE(small().save("/nowhere/x.bpe"));
}

TEST(TokenCounter, CountsPiecesAsTheWhole) {
    std::mt19937 random{9};
    for (int i = 0; i < test::rounds(1'500, 50'000); ++i) {
        auto const text = random_text(random, 1 + random() % 30);
        token_counter counter{small()};
        for (std::size_t at = 0; at < text.size();) {
            auto const size = std::min<std::size_t>(1 + random() % 5, text.size() - at);
            counter.append(std::string_view{text}.substr(at, size));
            at += size;
            ASSERT_EQ(counter.count(), small().count(std::string_view{text}.substr(0, at))) << text << " at " << at;
        }
    }
}

TEST(TokenCounter, TakesALongWordBitByBit) {
    token_counter counter{small()};
    std::string const piece(50, 'a');
    for (int i = 0; i < 2'000; ++i) counter.append(piece);
    EXPECT_EQ(counter.count(), small().count(std::string(100'000, 'a')));
}

}  // namespace
}  // namespace coax
