#include <coax/tokens/image_tokens.hpp>
#include <coax/tokens/prompt_estimate.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>

namespace coax {
namespace {

using namespace std::string_view_literals;

struct header_case {
    char const* name;
    std::string_view bytes;
    std::optional<image_size> size;
};
void PrintTo(header_case const& row, std::ostream* out) { *out << row.name; }
class ImageHeader : public testing::TestWithParam<header_case> {};

TEST_P(ImageHeader, TellsTheSize) {
    EXPECT_EQ(size_of_image(GetParam().bytes), GetParam().size);
    if (!GetParam().size) return;
    for (std::size_t size = 0; size < GetParam().bytes.size(); ++size) {
        auto const cut = size_of_image(GetParam().bytes.substr(0, size));
        EXPECT_TRUE(!cut || cut == GetParam().size) << size;
    }
}
INSTANTIATE_TEST_SUITE_P(
    Rows, ImageHeader,
    testing::Values(
        header_case{"png", "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xE0\x08\x02"sv, image_size{640, 480}},
        header_case{"gif", "GIF89a\x40\x01\xF0\0\0\0\0"sv, image_size{320, 240}},
        header_case{"jpeg",
                    "\xFF\xD8\xFF\xE0\0\x06JFIF\xFF\xFF\xDB\0\x04\0\0\xFF\xC2\0\x11\x08\x04\x38\x07\x80\x03\x01"sv,
                    image_size{1920, 1080}},
        header_case{"webp_lossy", "RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9D\x01\x2A\x80\x02\xE0\x01\0\0"sv,
                    image_size{640, 480}},
        header_case{"webp_lossless", "RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2F\x7F\xC2\x77\0\0\0\0\0\0"sv,
                    image_size{640, 480}},
        header_case{"webp_extended", "RIFF\0\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0\x7F\x02\0\xDF\x01\0"sv,
                    image_size{640, 480}},
        header_case{"nothing", ""sv, std::nullopt},
        header_case{"text", "hello, this is no image at all"sv, std::nullopt},
        header_case{"png_without_size", "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\0\0\0\x01\xE0"sv, std::nullopt},
        header_case{"jpeg_of_lost_markers", "\xFF\xD8\xFF\xE0\0\x02hello, is there anybody"sv, std::nullopt},
        header_case{"jpeg_of_no_length", "\xFF\xD8\xFF\xE0\0\0\xFF\xE0\0\0\xFF\xE0\0\0"sv, std::nullopt}),
    [](auto const& row) { return std::string{row.param.name}; });

struct image_case {
    char const* model;
    image_size size;
    char const* detail;
    std::optional<std::int64_t> tokens;
};
void PrintTo(image_case const& row, std::ostream* out) {
    *out << row.model << ' ' << row.size.width << 'x' << row.size.height << ' ' << row.detail;
}
class ImageTokens : public testing::TestWithParam<image_case> {};

TEST_P(ImageTokens, AreThoseThatWereMeasuredOrDocumented) {
    EXPECT_EQ(estimate_image_tokens(GetParam().model, GetParam().size, GetParam().detail), GetParam().tokens);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, ImageTokens,
    testing::Values(
        image_case{"gpt-6-luna", {4032, 3024}, "auto", 14'364}, image_case{"gpt-6", {4032, 3024}, "high", 2'942},
        image_case{"gpt-6", {4032, 3024}, "", 2'942}, image_case{"gpt-5.5", {1024, 1024}, "high", 1'229},
        image_case{"gpt-5.5", {256, 256}, "high", 77},
        // https://platform.openai.com/docs/guides/images-vision, "Calculating costs"
        image_case{"gpt-4.1-mini", {1024, 1024}, "high", 1'659},
        image_case{"gpt-4.1-mini", {1800, 2400}, "high", 2'353}, image_case{"gpt-4o", {1024, 1024}, "high", 765},
        image_case{"gpt-4o", {2048, 4096}, "high", 1'105}, image_case{"gpt-4o", {4096, 8192}, "low", 85},
        image_case{"gpt-4o-mini", {1024, 1024}, "high", 25'501},
        image_case{"claude-haiku-4-5", {1024, 1024}, "", 1'369},
        image_case{"claude-haiku-4-5", {4032, 3024}, "", 1'568}, image_case{"claude-opus-4-7", {1024, 1024}, "", 1'369},
        image_case{"gemini-3.6-flash", {256, 256}, "", 1'120}, image_case{"gemini-2.5-flash", {384, 384}, "", 258},
        image_case{"gemini-2.5-flash", {1000, 768}, "", 516},
        image_case{"llama-3.3-70b", {256, 256}, "", std::nullopt}));

/// Each word is a token.
std::int64_t count_words(std::string_view text) {
    return text.empty() ? 0 : 1 + std::count(text.begin(), text.end(), ' ');
}

TEST(PromptEstimate, AddsWhatServicesPutAroundTexts) {
    chat_request request{.model = "gpt-4o"};
    request.messages.push_back(system("be very brief"));
    request.messages.push_back(user("hello there"));
    EXPECT_EQ(estimate_prompt_tokens(request, count_words), 3 + (3 + 3) + (3 + 2));
    request.messages[1].name = "ann";
    EXPECT_EQ(estimate_prompt_tokens(request, count_words), 3 + (3 + 3) + (3 + 2 + 1 + 1));
    EXPECT_EQ(estimate_prompt_tokens(request), 3 + (3 + 4) + (3 + 3 + 1 + 1));
}

TEST(PromptEstimate, CountsToolsSchemasAndImages) {
    chat_request request{.model = "gpt-4o"};
    request.messages.push_back(user("hello there"));
    auto const plain = estimate_prompt_tokens(request, count_words);
    request.response_format.schema = "a b c";
    EXPECT_EQ(estimate_prompt_tokens(request, count_words), plain + 3);
    request.tools.push_back({.name = "get", .description = "gets it", .parameters = "{} x"});
    EXPECT_EQ(estimate_prompt_tokens(request, count_words), plain + 3 + 9 + 8 + 1 + 2 + 2);

    auto const png = "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\x04\0\0\0\x04\0\x08\x02"sv;
    message shown{.role = role::user};
    shown.parts.emplace_back(image_part{.media_type = "image/png", .data = base64_data::encode(png)});
    EXPECT_EQ(estimate_message_tokens(shown, count_words, "gpt-4o"), 3 + 765);
    EXPECT_EQ(estimate_message_tokens(shown, count_words, "unheard-of"), 3 + 2'000);
}

TEST(PromptEstimate, IsNeverMoreThanTheMost) {
    chat_request request{.model = "gpt-4o"};
    request.messages.push_back(system("be brief"));
    request.messages.push_back(user(std::string(1'000, 'x')));
    EXPECT_GE(most_prompt_tokens(request), 1'008);
    EXPECT_GT(most_prompt_tokens(request), estimate_prompt_tokens(request));
}

TEST(RequestEstimate, TellsTokensAndMoney) {
    chat_request request{.model = "gpt-4o"};
    request.messages.push_back(user("hello there"));
    request.max_output_tokens = 100;
    auto const& facts = *model_table::built_in().find("gpt-4o", "openai");
    auto const made = estimate(request, facts, count_words);
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(made->input_tokens, 8);
    EXPECT_EQ(made->output_tokens, 100);
    EXPECT_EQ(to_string(made->at_most), "0.00102");
    request.max_output_tokens.reset();
    EXPECT_EQ(estimate(request, facts)->output_tokens, 16'384);
}

}  // namespace
}  // namespace coax
