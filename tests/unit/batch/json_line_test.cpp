#include "batch/line_checksum.hpp"
#include "batch/renumber.hpp"
#include "unit/batch/output_lines.hpp"

#include <coax/batch/json_line.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

namespace coax {
namespace {

using detail::check_line;
using detail::line_checksum;

using namespace test;

batch_result<std::string> failed(std::uint64_t index, std::string key, error why) {
    batch_result<std::string> outcome{.index = index, .key = std::move(key)};
    outcome.attempts = why.attempts;
    outcome.value = std::move(why);
    return outcome;
}

TEST(JsonLine, OkWithText) {
    EXPECT_EQ(to_json_line(ok(3, "a\"b", "hi\nyou"), output_kind::text),
              R"({"index":3,"key":"a\"b","status":"ok","output":"hi\nyou",)"
              R"("usage":{"input_tokens":5,"output_tokens":2},"attempts":1,"latency_ms":12,"crc":"243989ed"})");
}

TEST(JsonLine, OkWithJsonStaysOnOneLine) {
    auto const line = to_json_line(ok(0, "k", "{\n  \"a\": \"x\\n\"\r\n}"), output_kind::json);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_NE(line.find(R"("output":{   "a": "x\n"  },)"), std::string::npos) << line;
}

TEST(JsonLine, BlanksAroundJsonAreDropped) {
    auto const line = to_json_line(ok(0, "k", "\n {\"a\":1}" + std::string(5'000, ' ')), output_kind::json);
    EXPECT_NE(line.find(R"("output":{"a":1},)"), std::string::npos) << line;
}

TEST(JsonLine, ErrorTellsAllThatIsKnown) {
    error const why{.code = errc::rate_limited,
                    .message = "too many",
                    .where = "api.host",
                    .http_status = 429,
                    .service_code = "rate_limit_exceeded",
                    .service_message = "slow down",
                    .request_id = "req_1",
                    .attempts = 3};
    EXPECT_EQ(to_json_line(failed(4, "d", why), output_kind::json),
              R"({"index":4,"key":"d","status":"error","error":{"code":"rate_limited","message":"too many",)"
              R"("where":"api.host","http_status":429,"service_code":"rate_limit_exceeded",)"
              R"("service_message":"slow down","request_id":"req_1"},)"
              R"("usage":{"input_tokens":0,"output_tokens":0},"attempts":3,"latency_ms":0,"crc":"90cec4f9"})");
}

TEST(JsonLine, NumericKeysStayNumbersWhereAllReadersKeepTheirDigits) {
    auto const key_of = [](std::string key, bool numeric) {
        auto const line = to_json_line(ok(0, std::move(key), "x"), output_kind::text, {.numeric_key = numeric});
        auto const begin = line.find("\"key\":") + 6;
        return line.substr(begin, line.find(",\"status\"") - begin);
    };
    EXPECT_EQ(key_of("1", true), "1");
    EXPECT_EQ(key_of("1", false), "\"1\"");
    EXPECT_EQ(key_of("-9007199254740992", true), "-9007199254740992");
    EXPECT_EQ(key_of("50000000014435121", true), "\"50000000014435121\"");
    EXPECT_EQ(key_of("1.0", true), "\"1.0\"");
}

TEST(JsonLine, HoldsNothingThatATerminalObeys) {
    auto const line = to_json_line(ok(0, "k",
                                      "a\x1b]52;c;x\x07 \xc2\x9b"
                                      "b \x7f \xc3\xb6"),
                                   output_kind::text);
    EXPECT_NE(line.find(R"("output":"a\u001b]52;c;x\u0007 \u009bb \u007f )"
                        "\xc3\xb6\""),
              std::string::npos)
        << line;
}

TEST(JsonLine, TellsWhichRowItIsOfAndOfWhichRun) {
    auto outcome = ok(3, "a", "x");
    outcome.same_as = 1;
    line_facts const facts{.origin = {.prompt = 1, .model = 2, .schema = 3, .service = 4, .parameters = 5},
                           .row = {.key = 0xab, .sent = 0xdef},
                           .run = R"({"model":"m"})"};
    EXPECT_EQ(to_json_line(outcome, output_kind::text, facts),
              R"({"index":3,"key":"a","status":"ok","output":"x","usage":{"input_tokens":5,"output_tokens":2},)"
              R"("attempts":1,"latency_ms":12,"origin":"1-2-3-4-5-0","row":"000000ab-0000000000000def","same_as":1,)"
              R"("run":{"model":"m"},"crc":"7d591d91"})");
    auto const row = detail::parse_row("000000ab-0000000000000def");
    ASSERT_TRUE(row);
    EXPECT_EQ(row->key, 0xabU);
    EXPECT_EQ(row->sent, 0xdefU);
    for (auto const* const text : {"", "-", "ab-def", "000000ab-0000000000000deg", "000000ab-0000000000000def0"})
        EXPECT_FALSE(detail::parse_row(text)) << text;
}

TEST(LineChecksum, FindsEveryChangedByte) {
    auto const line = to_json_line(ok(3, "a", "some text"), output_kind::text);
    EXPECT_EQ(check_line(line), line_checksum::right);
    for (std::size_t at = 0; at < line.size(); ++at) {
        auto spoiled = line;
        spoiled[at] = static_cast<char>(spoiled[at] ^ 1);
        EXPECT_NE(check_line(spoiled), line_checksum::right) << at;
        EXPECT_NE(check_line(line.substr(0, at)), line_checksum::right) << at;
    }
    EXPECT_EQ(check_line(R"({"index":0,"key":"a","status":"ok"})"), line_checksum::absent);
}

TEST(Renumbered, KeepsAllButThePlaces) {
    auto outcome = ok(3, "3", R"(,"same_as":9,"key":"3")");
    outcome.same_as = 9;
    auto const to = [](std::uint64_t index) { return std::optional{index + 100}; };
    auto const moved = detail::renumbered(to_json_line(outcome, output_kind::text, {.run = "{}"}), 3, 12, to);
    outcome.index = 12;
    outcome.key = "12";
    outcome.same_as = 109;
    EXPECT_EQ(moved, to_json_line(outcome, output_kind::text, {.run = "{}"}));
    auto const named = detail::renumbered(to_json_line(ok(3, "a", "x"), output_kind::text), 3, 12, to);
    EXPECT_EQ(named, to_json_line(ok(12, "a", "x"), output_kind::text));
    EXPECT_EQ(detail::with_run(named, R"({"model":"m"})"),
              to_json_line(ok(12, "a", "x"), output_kind::text, {.run = R"({"model":"m"})"}));
}

TEST(SentDigest, IsTheBeginningOfSha256) {
    EXPECT_EQ(sent_digest("abc"), 0xba7816bf8f01cfeaU);  // FIPS 180-2, appendix B.1
    EXPECT_NE(key_digest("1", true), key_digest("1", false));
}

}  // namespace
}  // namespace coax
