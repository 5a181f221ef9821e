#include <coax/chat/response.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace coax {
namespace {

TEST(Usage, AddsMemberByMember) {
    usage const first{.input_tokens = 1,
                      .output_tokens = 2,
                      .cached_input_tokens = 3,
                      .cache_write_tokens = 4,
                      .reasoning_tokens = 5};
    usage const second{.input_tokens = 10,
                       .output_tokens = 20,
                       .cached_input_tokens = 30,
                       .cache_write_tokens = 40,
                       .reasoning_tokens = 50};
    usage const sum{.input_tokens = 11,
                    .output_tokens = 22,
                    .cached_input_tokens = 33,
                    .cache_write_tokens = 44,
                    .reasoning_tokens = 55};
    EXPECT_EQ(first + second, sum);
    EXPECT_EQ(sum.total_tokens(), 33);
}

TEST(Usage, AbsurdNumbersDoNotOverflow) {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    usage sum{.input_tokens = most, .output_tokens = most};
    for (int i = 0; i < 3; ++i) sum += usage{.input_tokens = most, .output_tokens = most, .reasoning_tokens = most};
    EXPECT_GT(sum.total_tokens(), most / 2);
}

TEST(FinishReason, EveryValueHasANameOfItsOwn) {
    EXPECT_EQ(to_string(finish_reason::stop), "stop");
    EXPECT_EQ(to_string(finish_reason::pause), "pause");
    EXPECT_EQ(to_string(static_cast<finish_reason>(99)), "unknown");
    for (int value = 0; value <= static_cast<int>(finish_reason::pause); ++value)
        for (int other = 0; other < value; ++other)
            EXPECT_NE(to_string(static_cast<finish_reason>(value)), to_string(static_cast<finish_reason>(other)));
}

TEST(ToMessage, KeepsAllThatTheNextRequestNeeds) {
    chat_response answer{
        .text = "Let me look.", .tool_calls = {{"c1", "clock", "{}"}}, .refusal = "no", .reasoning = "hm"};
    answer.raw_content = json_value::parse(R"([{"type":"thinking"}])").value();
    auto const said = to_message(answer);
    EXPECT_EQ(said.role, role::assistant);
    EXPECT_EQ(said.text, "Let me look.");
    EXPECT_EQ(said.refusal, "no");
    EXPECT_EQ(said.tool_calls, answer.tool_calls);
    EXPECT_EQ(said.raw_content, answer.raw_content);
}

TEST(ChatResponse, IsEqualToACopyUntilAnythingInItChanges) {
    chat_response const response{.text = "hi", .tool_calls = {{"c1", "clock", "{}"}}, .usage = {.input_tokens = 1}};
    void (*const changes[])(chat_response&){
        [](auto& r) { r.text = "ho"; },
        [](auto& r) { r.tool_calls[0].id = "c2"; },
        [](auto& r) { r.finish_reason = finish_reason::stop; },
        [](auto& r) { r.usage.output_tokens = 1; },
        [](auto& r) { r.rate_limits.limit_tokens = 1; },
        [](auto& r) { r.attempts = 2; },
    };
    for (auto const change : changes) {
        auto other = response;
        EXPECT_EQ(other, response);
        change(other);
        EXPECT_NE(other, response);
    }
    EXPECT_EQ(chat_delta{.text = "a"}, chat_delta{.text = "a"});
    EXPECT_NE(chat_delta{.text = "a"}, chat_delta{.reasoning = "a"});
}

TEST(ChatDelta, ClearLeavesNothing) {
    chat_delta delta{.text = "a", .refusal = "b", .reasoning = "c"};
    EXPECT_FALSE(delta.empty());
    delta.clear();
    EXPECT_TRUE(delta.empty());
}

struct usable_case {
    char const* name;
    chat_response response;
    std::optional<errc> expected;
};
void PrintTo(usable_case const& row, std::ostream* out) { *out << row.name; }
class CheckUsable : public testing::TestWithParam<usable_case> {};

TEST_P(CheckUsable, FollowsTheTable) {
    auto response = GetParam().response;
    response.attempts = 2;
    response.usage = {.input_tokens = 7, .output_tokens = 3};
    auto const usable = check_usable(response);
    EXPECT_EQ(usable.has_error(), GetParam().expected.has_value());
    if (!usable) {
        EXPECT_EQ(usable.error().code, GetParam().expected);
        EXPECT_EQ(usable.error().attempts, 2);
        EXPECT_EQ(usable.error().input_tokens, 7);
        EXPECT_EQ(usable.error().output_tokens, 3);
    }
}
INSTANTIATE_TEST_SUITE_P(
    Rows, CheckUsable,
    testing::Values(usable_case{"whole", {.finish_reason = finish_reason::stop}, std::nullopt},
                    usable_case{"unknown_end", {}, std::nullopt},
                    usable_case{"refusal_text", {.finish_reason = finish_reason::stop, .refusal = "no"}, errc::refused},
                    usable_case{"refusal", {.finish_reason = finish_reason::refusal}, errc::refused},
                    usable_case{"cut", {.finish_reason = finish_reason::length}, errc::truncated},
                    usable_case{"filtered", {.finish_reason = finish_reason::content_filter}, errc::content_filtered},
                    usable_case{"tool", {.finish_reason = finish_reason::tool_calls}, errc::invalid_output}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax
