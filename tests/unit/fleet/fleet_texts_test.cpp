#include "fleet/limit_words.hpp"
#include "fleet/queue_address.hpp"
#include "fleet/result_text.hpp"

#include <coax/chat/request.hpp>
#include <coax/fleet/messages_text.hpp>
#include <coax/fleet/work_queue.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace coax {
namespace {

using namespace fleet::detail;
using namespace std::chrono_literals;

struct address_case {
    char const* name;
    char const* url;
    char const* shown;  ///< Empty: it is none.
};
void PrintTo(address_case const& row, std::ostream* out) { *out << row.name; }
class QueueAddress : public testing::TestWithParam<address_case> {};

TEST_P(QueueAddress, IsReadAndShownWithoutCredentials) {
    auto const address = parse_queue_url(GetParam().url);
    EXPECT_EQ(address ? to_string(*address) : "", std::string{GetParam().shown});
    if (!address) {
        EXPECT_EQ(address.error().message.find("pa55"), std::string::npos);
    }
}
INSTANTIATE_TEST_SUITE_P(
    Rows, QueueAddress,
    testing::Values(address_case{"whole", "redis://me:pa55@h:7/3/job", "redis://h:7/3/job"},
                    address_case{"tls", "rediss://h/0/a.b-c_d", "rediss://h:6379/0/a.b-c_d"},
                    address_case{"files", "rediss://h/0/j?ssl_ca_certs=/etc/a@b/ca.pem", "rediss://h:6379/0/j"},
                    address_case{"another_parameter", "rediss://h/0/j?pa55=1", ""},
                    address_case{"no_job", "redis://me:pa55@h:7/3", ""},
                    address_case{"no_database", "redis://h//job", ""},
                    address_case{"no_number", "redis://h/pa55/job", ""},
                    address_case{"no_name", "redis://h/0/a job", ""}, address_case{"empty_name", "redis://h/0/", ""},
                    address_case{"more_parts", "redis://h/0/a/b", ""},
                    address_case{"another_scheme", "http://h/0/job", ""}, address_case{"nothing", "", ""}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(QueueOptions, AreChecked) {
    EXPECT_TRUE(validate(queue_options{.url = "redis://h/0/j"}));
    EXPECT_EQ(validate(queue_options{}).error().where, "url");
    EXPECT_EQ(validate(queue_options{.url = "redis://h/0/j", .lease = 10ms}).error().where, "lease");
    EXPECT_EQ(validate(queue_options{.url = "redis://h/0/j", .max_deliveries = 0}).error().where, "max_deliveries");
    EXPECT_EQ(validate(fleet_limits{.requests_per_minute = -1}).error().where, "requests_per_minute");
    EXPECT_EQ(validate(fleet_limits{.burst = 0ms}).error().where, "burst");
}

TEST(ResultText, GivesTheOutcomeBack) {
    batch_output<std::string> const output{
        .value = "{\"a\":\"\u00e9\n\"}",
        .usage = {.input_tokens = 5, .output_tokens = 7, .cached_input_tokens = 2, .reasoning_tokens = 3},
        .attempts = 4};
    auto const read = read_result(result_text(result<batch_output<std::string>>{output}));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->value, output.value);
    EXPECT_EQ(read->usage, output.usage);
    EXPECT_EQ(read->attempts, 4);
}

TEST(ResultText, GivesTheErrorBack) {
    error const why{.code = errc::content_filtered,
                    .message = "no \"words\"",
                    .where = "here",
                    .http_status = 400,
                    .service_code = "c",
                    .service_message = "m",
                    .request_id = "r",
                    .retry_after = 1500ms,
                    .attempts = 3,
                    .input_tokens = 11,
                    .output_tokens = 13};
    auto const read = read_result(result_text(why));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error(), why);
}

TEST(ResultText, RefusesWhatIsNone) {
    for (auto const* text : {"", "{}", "[]", "{\"attempts\":1}", "null", "{\"value\":"})
        EXPECT_EQ(read_result(text).error().code, errc::protocol_error) << text;
}

TEST(MessagesText, GivesTheMessagesBack) {
    std::vector<message> messages{system("Be brief."), user("")};
    messages.back().parts = {text_part{"What is it?"}, image_part{.url = "https://h/a.png", .detail = "low"},
                             image_part{.media_type = "image/png", .data = base64_data::encode("bytes")},
                             file_part{.name = "a.txt", .text = "all of it"},
                             audio_part{.media_type = "audio/wav", .data = base64_data::encode("sound")}};
    auto const text = messages_text(messages);
    ASSERT_TRUE(text);
    auto const read = read_messages(*text);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, messages);
}

TEST(MessagesText, RefusesWhatItHasNoWordsFor) {
    std::vector<message> messages{user("a"), tool_result("id", "b")};
    EXPECT_EQ(messages_text(messages).error().where, "messages[1]");
    EXPECT_FALSE(read_messages("{\"role\":\"user\"}"));
    EXPECT_FALSE(read_messages("[{\"role\":\"nobody\"}]"));
}

TEST(FleetMoney, IsRoundedSoThatNoSumIsTooSmall) {
    EXPECT_EQ(to_nanos(usd{1}), 1);
    EXPECT_EQ(to_nanos(usd{1'000}), 1);
    EXPECT_EQ(to_nanos(usd{1'001}), 2);
    EXPECT_EQ(to_nanos(usd{}), 0);
    EXPECT_EQ(from_nanos(to_nanos(usd::cents(7))), usd::cents(7));
    EXPECT_EQ(limit_words({.max_cost = usd{1'999}})[7], "1");  // what may be spent is rounded down
}

}  // namespace
}  // namespace coax
