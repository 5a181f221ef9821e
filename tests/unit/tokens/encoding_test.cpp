#include <coax/tokens/model_encoding.hpp>

#include <gtest/gtest.h>

#include <ostream>

namespace coax {
namespace {

using enum token_encoding;

struct encoding_case {
    char const* model;
    std::optional<model_encoding> is;
};
void PrintTo(encoding_case const& row, std::ostream* out) { *out << row.model; }
class ModelEncodings : public testing::TestWithParam<encoding_case> {};

TEST_P(ModelEncodings, AreThoseThatTiktokenNames) { EXPECT_EQ(encoding_of_model(GetParam().model), GetParam().is); }

constexpr model_encoding published(token_encoding which) { return {which, true}; }

INSTANTIATE_TEST_SUITE_P(
    Rows, ModelEncodings,
    testing::Values(
        encoding_case{"gpt-4o", published(o200k_base)}, encoding_case{"gpt-4o-mini-2024-07-18", published(o200k_base)},
        encoding_case{"chatgpt-4o-latest", published(o200k_base)}, encoding_case{"gpt-4.1-nano", published(o200k_base)},
        encoding_case{"gpt-4-turbo", published(cl100k_base)}, encoding_case{"gpt-4", published(cl100k_base)},
        encoding_case{"ft:gpt-3.5-turbo:acme::x", published(cl100k_base)},
        encoding_case{"gpt-35-turbo", published(cl100k_base)}, encoding_case{"o3-mini", published(o200k_base)},
        encoding_case{"gpt-5", published(o200k_base)}, encoding_case{"gpt-5-mini-2025-08-07", published(o200k_base)},
        encoding_case{"gpt-5.4", model_encoding{o200k_base, false}},
        encoding_case{"gpt-6-luna", model_encoding{o200k_base, false}},
        encoding_case{"openai/gpt-oss-120b", published(o200k_harmony)},
        encoding_case{"text-embedding-3-small", published(cl100k_base)}, encoding_case{"gpt-40", std::nullopt},
        encoding_case{"o1x", std::nullopt}, encoding_case{"claude-opus-4-7", std::nullopt},
        encoding_case{"", std::nullopt}));

TEST(TokenEncoding, NamesAreReadBack) {
    for (auto const which : {o200k_base, cl100k_base, o200k_harmony})
        EXPECT_EQ(token_encoding_of(to_string(which)), which);
    EXPECT_EQ(token_encoding_of("p50k_base"), std::nullopt);
}

}  // namespace
}  // namespace coax
