#include <coax/tokens/fit.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace coax {
namespace fit_test {

/// Each character is a token, so that a message of text is 3 and its length.
std::int64_t letters(std::string_view text) { return static_cast<std::int64_t>(text.size()); }

message asks_tool(std::string id) {
    message one{.role = role::assistant};
    one.tool_calls.push_back({.id = std::move(id), .name = "t", .arguments = "{}"});
    return one;
}

/// A conversation, a letter for each message, of 20 tokens a message: S system, u user, a assistant, c a call and r its
/// result, U the last message of the user.
chat_request conversation(std::string_view shape) {
    chat_request request{.model = "m"};
    for (char const c : shape) {
        std::string const text(17, c);
        switch (c) {
            case 'S': request.messages.push_back(system(text)); break;
            case 'a': request.messages.push_back(assistant(text)); break;
            case 'c': request.messages.push_back(asks_tool("1")); break;
            case 'r': request.messages.push_back(tool_result("1", text)); break;
            default: request.messages.push_back(user(text));
        }
    }
    return request;
}

std::string shape_of(chat_request const& request) {
    std::string shape;
    for (auto const& one : request.messages) shape += one.tool_calls.empty() ? one.text.at(0) : 'c';
    return shape;
}

struct fit_case {
    char const* name;
    char const* shape;
    std::int64_t most;
    char const* left;
};
void PrintTo(fit_case const& row, std::ostream* out) { *out << row.name; }
class Fit : public testing::TestWithParam<fit_case> {};

TEST_P(Fit, LeavesOutWhatItMustAndNoMore) {
    auto const request = conversation(GetParam().shape);
    auto const made = fit(request, GetParam().most, {.cut_texts = false}, letters);
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(shape_of(made->request), GetParam().left);
    EXPECT_EQ(made->report.tokens_before, estimate_prompt_tokens(request, letters));
    EXPECT_EQ(made->report.tokens_after, estimate_prompt_tokens(made->request, letters));
    EXPECT_LE(made->report.tokens_after, GetParam().most);
    EXPECT_EQ(made->report.dropped_messages, request.messages.size() - made->request.messages.size());
}
// The beginning of the response is 3 tokens more; a call is 3 + 4 + 3.
INSTANTIATE_TEST_SUITE_P(Rows, Fit,
                         testing::Values(fit_case{"fits", "SuaU", 83, "SuaU"},
                                         fit_case{"one_too_many", "SuaU", 82, "SU"},
                                         fit_case{"oldest_turn", "SuauaU", 83, "SuaU"},
                                         fit_case{"all_turns", "SuauaU", 43, "SU"},
                                         fit_case{"tools_go_with_their_turn", "SucrauaU", 83, "SuaU"},
                                         fit_case{"last_turn_stays", "uaUcr", 53, "Ucr"},
                                         fit_case{"beginning_of_an_assistant", "SauaU", 83, "SuaU"},
                                         fit_case{"system_in_the_middle", "uaSuaU", 83, "SuaU"}),
                         [](auto const& row) { return std::string{row.param.name}; });

TEST(FitTooLong, TellsTheNumbers) {
    auto const made = fit(conversation("SuaU"), 42, {.cut_texts = false}, letters);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, errc::context_too_long);
    EXPECT_NE(made.error().message.find("43 tokens, and 42"), std::string::npos) << made.error();
}

TEST(FitPinned, KeepsATurnThatHasAPinnedMessage) {
    fit_policy const policy{.pinned = [](message const& one) { return one.text.starts_with("p"); }, .cut_texts = false};
    EXPECT_EQ(shape_of(fit(conversation("SpauaU"), 83, policy, letters)->request), "SpaU");
    EXPECT_FALSE(fit(conversation("SpaU"), 63, policy, letters));
}

TEST(FitPriority, SparesTurnsAsLongAsOptionalPartsAreLeft) {
    fit_policy const policy{.priority = [](message const& one) -> std::optional<int> {
                                if (one.text.starts_with("x")) return 1;
                                if (one.text.starts_with("y")) return 2;
                                return std::nullopt;
                            },
                            .cut_texts = false};
    EXPECT_EQ(shape_of(fit(conversation("SyxuaU"), 103, policy, letters)->request), "SyuaU");
    EXPECT_EQ(shape_of(fit(conversation("SyxuaU"), 83, policy, letters)->request), "SuaU");
    EXPECT_EQ(shape_of(fit(conversation("SyxuaU"), 63, policy, letters)->request), "SU");
}

TEST(FitTexts, AreCutInTheMiddleExactly) {
    chat_request request{.model = "m"};
    request.messages.push_back(system("be brief"));
    std::string text;
    for (int i = 0; i < 100; ++i) text += "0123456789";
    request.messages.push_back(user(text));
    for (std::int64_t most = 40; most < 60; ++most) {
        auto const made = fit(request, most, {.mark = "[...]"}, letters);
        ASSERT_TRUE(made) << made.error();
        EXPECT_EQ(made->report.tokens_after, most);
        EXPECT_EQ(made->report.cut_texts, 1U);
        auto const& left = made->request.messages[1].text;
        EXPECT_TRUE(left.starts_with("0123"));
        EXPECT_TRUE(left.ends_with("6789"));
        EXPECT_NE(left.find("[...]"), std::string::npos);
    }
    EXPECT_FALSE(fit(request, 20, {.mark = "[...]"}, letters));
}

TEST(FitTexts, AreCutBetweenCharacters) {
    chat_request request{.model = "m"};
    std::string text;
    for (int i = 0; i < 100; ++i) text += "\u6f22";
    request.messages.push_back(user(text));
    for (std::int64_t most = 20; most < 40; ++most) {
        auto left = fit(request, most, {.mark = "|"}, letters)->request.messages[0].text;
        std::erase(left, '|');
        EXPECT_EQ(left.size() % 3, 0U);
        EXPECT_TRUE(text.starts_with(left));
    }
}

TEST(MaxPromptTokens, LeaveRoomForTheResponse) {
    auto const& facts = *model_table::built_in().find("gpt-4o", "openai");
    chat_request request{.model = "gpt-4o"};
    EXPECT_EQ(max_prompt_tokens(request, facts), 128'000);
    request.max_output_tokens = 8'000;
    EXPECT_EQ(max_prompt_tokens(request, facts), 120'000);
    EXPECT_EQ(max_prompt_tokens(request, model_facts{}), std::nullopt);
}

}  // namespace fit_test
}  // namespace coax
