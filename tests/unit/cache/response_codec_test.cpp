#include "cache/internal/response_codec.hpp"

#include <coax/chat/response_details.hpp>

#include <gtest/gtest.h>

namespace coax::cache::detail {
namespace {

using namespace std::chrono_literals;

/// A response in which everything is set, to what text formats lose.
chat_response everything() {
    chat_response all{.text = std::string{"a\0\xFF\xF0\n", 5},
                      .tool_calls = {{.id = "c1", .name = "f", .arguments = R"({"a":1})"}, {.id = "c2"}},
                      .finish_reason = finish_reason::tool_calls,
                      .refusal = "no",
                      .reasoning = "because",
                      .usage = {.input_tokens = 1, .output_tokens = -2, .cached_input_tokens = 3'000'000'000},
                      .model = "m",
                      .id = "i",
                      .request_id = "r",
                      .service_tier = "t"};
    all.rate_limits.limit_tokens = INT64_MIN;
    all.rate_limits.reset_tokens = 1'500ms;
    all.raw_content = *json_value::parse(R"([{"type":"thinking"},1.0])");
    all.content_filter = *json_value::parse("{}");
    all.schema_note = "note";
    all.attempts = 3;
    all.latency = 77ms;
    auto& details = all.details.edit();
    details.choices = {{.text = "second", .finish_reason = finish_reason::stop}};
    token_logprob token;
    token.token = "\xC3";
    token.bytes = "\xC3";
    token.logprob = -0.1;
    token.top = {{.token = "x", .logprob = -1e300}};
    details.choices[0].logprobs = {token};
    details.logprobs = {token, token};
    details.citations = {{.kind = "k", .document = 4, .text_begin = 5}};
    details.raw = "raw";
    return all;
}

TEST(ResponseCodec, GivesBackAllOfAResponse) {
    for (auto const& response : {everything(), chat_response{}}) {
        auto const read = unpack(pack(response));
        ASSERT_TRUE(read) << read.error();
        EXPECT_EQ(*read, response);
    }
}

TEST(ResponseCodec, WhatIsCutOrChangedIsAnError) {
    auto const whole = pack(everything());
    for (std::size_t i = 0; i < whole.size(); ++i) {
        EXPECT_FALSE(unpack(whole.substr(0, i))) << i;
        auto changed = whole;
        changed[i] = static_cast<char>(changed[i] ^ 0x10);
        auto const read = unpack(changed);
        ASSERT_FALSE(read) << i;
        EXPECT_EQ(read.error().code, errc::protocol_error);
    }
    EXPECT_FALSE(unpack(whole + 'x'));
}

TEST(ResponseCodec, AnotherVersionSaysSo) {
    auto other = pack({});
    other[6] = static_cast<char>(other[6] + 1);
    EXPECT_NE(unpack(other).error().message.find("another version"), std::string::npos);
}

}  // namespace
}  // namespace coax::cache::detail
