#include <coax/http/sse.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace coax {
namespace {

struct event {
    std::string type;
    std::string data;
    friend bool operator==(event const&, event const&) = default;
};
void PrintTo(event const& e, std::ostream* out) { *out << '{' << e.type << '|' << e.data << '}'; }

/// Every event a decoder gives now; nothing may fail.
void drain(sse_decoder& decoder, std::vector<event>& events) {
    for (;;) {
        auto const each = decoder.next();
        ASSERT_TRUE(each) << each.error();
        if (!*each) return;
        events.push_back({std::string{(*each)->type}, std::string{(*each)->data}});
    }
}

std::vector<event> decode(std::initializer_list<std::string_view> pieces) {
    sse_decoder decoder;
    std::vector<event> events;
    for (auto const piece : pieces) {
        decoder.feed(piece);
        drain(decoder, events);
    }
    return events;
}

struct sse_case {
    char const* name;
    std::string_view text;
    std::vector<event> expected;
};
void PrintTo(sse_case const& row, std::ostream* out) { *out << row.name; }
class SseDecoder : public testing::TestWithParam<sse_case> {};

TEST_P(SseDecoder, DecodesItWhole) { EXPECT_EQ(decode({GetParam().text}), GetParam().expected); }

TEST_P(SseDecoder, DecodesItSplitAtEveryByte) {
    auto const text = GetParam().text;
    for (std::size_t at = 0; at <= text.size(); ++at)
        EXPECT_EQ(decode({text.substr(0, at), text.substr(at)}), GetParam().expected) << "split at " << at;
}

TEST_P(SseDecoder, DecodesItByteByByte) {
    sse_decoder decoder;
    std::vector<event> events;
    for (char const c : GetParam().text) {
        decoder.feed({&c, 1});
        drain(decoder, events);
    }
    EXPECT_EQ(events, GetParam().expected);
}

TEST_P(SseDecoder, GivesAPrefixOfTheEventsWhenCutAtEveryByte) {
    auto const text = GetParam().text;
    auto const& all = GetParam().expected;
    for (std::size_t at = 0; at <= text.size(); ++at) {
        auto const events = decode({text.substr(0, at)});
        ASSERT_LE(events.size(), all.size()) << "cut at " << at;
        EXPECT_TRUE(std::equal(events.begin(), events.end(), all.begin())) << "cut at " << at;
    }
}

using namespace std::string_view_literals;

INSTANTIATE_TEST_SUITE_P(
    Rows, SseDecoder,
    testing::Values(
        sse_case{"empty", "", {}}, sse_case{"one", "data: x\n\n", {{"", "x"}}},
        sse_case{"two", "data: x\n\ndata: y\n\n", {{"", "x"}, {"", "y"}}},
        sse_case{"typed", "event: delta\ndata: x\n\n", {{"delta", "x"}}},
        sse_case{"type_after_data", "data: x\nevent: delta\n\n", {{"delta", "x"}}},
        sse_case{"type_does_not_stick", "event: a\ndata: x\n\ndata: y\n\n", {{"a", "x"}, {"", "y"}}},
        sse_case{"last_type_wins", "event: a\nevent: b\ndata: x\n\n", {{"b", "x"}}},
        sse_case{"empty_type", "event: a\nevent\ndata: x\n\n", {{"", "x"}}},
        sse_case{"cr", "event: a\rdata: x\r\rdata: y\r\r", {{"a", "x"}, {"", "y"}}},
        sse_case{"crlf", "event: a\r\ndata: x\r\n\r\ndata: y\r\n\r\n", {{"a", "x"}, {"", "y"}}},
        sse_case{"mixed_line_ends", "data: x\r\n\ndata: y\n\r\ndata: z\r\n\r", {{"", "x"}, {"", "y"}, {"", "z"}}},
        sse_case{"several_data_lines", "data: a\ndata: b\ndata: c\n\n", {{"", "a\nb\nc"}}},
        sse_case{
            "several_data_lines_and_type", "data: a\nevent: t\ndata: b\n\ndata: c\n\n", {{"t", "a\nb"}, {"", "c"}}},
        sse_case{"empty_data_lines_join", "data\ndata\n\n", {{"", "\n"}}},
        sse_case{"empty_data_is_dropped", "data:\n\ndata: x\n\n", {{"", "x"}}},
        sse_case{"event_without_data_is_dropped", "event: a\n\ndata: x\n\n", {{"", "x"}}},
        sse_case{"one_space_goes", "data:  x \n\n", {{"", " x "}}}, sse_case{"no_space", "data:x\n\n", {{"", "x"}}},
        sse_case{"colons_in_data", "data: {\"a\":\"b:c\"}\n\n", {{"", "{\"a\":\"b:c\"}"}}},
        sse_case{"comments", ": hello\ndata: x\n:\ndata: y\n: bye\n\n:\n\n", {{"", "x\ny"}}},
        sse_case{"unknown_fields", "foo: a\ndatax: b\n data: c\nid: 1\nretry: 3\nData: d\ndata: x\n\n", {{"", "x"}}},
        sse_case{"byte_order_mark",
                 "\xEF\xBB\xBF"
                 "data: x\n\n",
                 {{"", "x"}}},
        sse_case{"byte_order_mark_only_once",
                 "\xEF\xBB\xBF\xEF\xBB\xBF"
                 "data: x\n\ndata: y\n\n",
                 {{"", "y"}}},
        sse_case{"byte_order_mark_later_is_a_name",
                 "data: x\n\n\xEF\xBB\xBF"
                 "data: y\n\n",
                 {{"", "x"}}},
        sse_case{"half_a_mark", "\xEF\xBB\ndata: x\n\n", {{"", "x"}}},
        sse_case{"unicode_breaks_are_no_line_ends",
                 "data: a\xE2\x80\xA8"
                 "b\xE2\x80\xA9"
                 "c\xC2\x85"
                 "d\x0B\x0C\n\n",
                 {{"",
                   "a\xE2\x80\xA8"
                   "b\xE2\x80\xA9"
                   "c\xC2\x85"
                   "d\x0B\x0C"}}},
        sse_case{"multibyte", "data: \xF0\x9F\x98\x80\n\n", {{"", "\xF0\x9F\x98\x80"}}},
        sse_case{"invalid_utf8_is_handed_on", "data: \xFF\xC3\n\n", {{"", "\xFF\xC3"}}},
        sse_case{"nul", "data: a\0b\n\n"sv, {{"", std::string{"a\0b", 3}}}},
        sse_case{"blank_lines_between", "\n\n\r\n\rdata: x\n\n\n\n", {{"", "x"}}},
        sse_case{"unfinished", "data: x\n\ndata: y\n", {{"", "x"}}},
        sse_case{"done_mark", "data: {}\n\ndata: [DONE]\n\n", {{"", "{}"}, {"", "[DONE]"}}}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(SseDecoderBound, LetsAnEventOfExactlyThatSizePass) {
    sse_decoder decoder{10};
    decoder.feed("data: 678\n\ndata: 678\n\n");
    for (int i = 0; i < 2; ++i) {
        auto const each = decoder.next();
        ASSERT_TRUE(each && *each);
        EXPECT_EQ((*each)->data, "678");
    }
}

struct reconnection_case {
    char const* name;
    std::string_view text;
    std::string_view last_event_id;
    std::optional<std::chrono::milliseconds> retry{};
};
void PrintTo(reconnection_case const& row, std::ostream* out) { *out << row.name; }
class SseReconnection : public testing::TestWithParam<reconnection_case> {};

TEST_P(SseReconnection, IsWhatTheStreamSaidLast) {
    for (std::size_t at = 0; at <= GetParam().text.size(); ++at) {
        sse_decoder decoder;
        std::vector<event> events;
        for (auto const piece : {GetParam().text.substr(0, at), GetParam().text.substr(at)}) {
            decoder.feed(piece);
            drain(decoder, events);
        }
        EXPECT_EQ(decoder.last_event_id(), GetParam().last_event_id) << "split at " << at;
        EXPECT_EQ(decoder.retry(), GetParam().retry) << "split at " << at;
    }
}

using namespace std::chrono_literals;
INSTANTIATE_TEST_SUITE_P(
    Rows, SseReconnection,
    testing::Values(reconnection_case{"nothing", "data: 1\n\n", ""}, reconnection_case{"id", "id: a\ndata: 1\n\n", "a"},
                    reconnection_case{"id_after_data", "data: 1\nid: a\n\ndata: 2\n\n", "a"},
                    reconnection_case{"without_data", "id: a\nretry: 500\ndata: \n\n", "a", 500ms},
                    reconnection_case{"last_of_two", "id: a\ndata: 1\n\nid: b\n\n", "b"},
                    reconnection_case{"of_an_unfinished_event", "id: a\ndata: 1\n\nid: b\ndata: 2\n", "a"},
                    reconnection_case{"emptied", "id: a\n\nid\n\n", ""},
                    reconnection_case{"with_nul", std::string_view{"id: a\n\nid: b\0c\n\n", 17}, "a"},
                    reconnection_case{"retry_alone", "retry: 10\nretry:2000\n", "", 2s},
                    reconnection_case{"no_time", "retry: 10\nretry: -1\nretry: soon\nretry: 1.5\n\n", "", 10ms}),
    [](auto const& row) { return std::string(row.param.name); });

struct bound_case {
    char const* name;
    std::string_view text;
};
void PrintTo(bound_case const& row, std::ostream* out) { *out << row.name; }
class SseDecoderTooLarge : public testing::TestWithParam<bound_case> {};

TEST_P(SseDecoderTooLarge, EndsInTooLargeAndStaysThere) {
    for (std::size_t at = 0; at <= GetParam().text.size(); ++at) {
        sse_decoder decoder{16};
        decoder.feed(GetParam().text.substr(0, at));
        (void)decoder.next();
        decoder.feed(GetParam().text.substr(at));
        auto const each = decoder.next();
        ASSERT_FALSE(each) << "split at " << at;
        EXPECT_EQ(each.error().code, errc::too_large);
        decoder.feed("data: x\n\n");
        EXPECT_FALSE(decoder.next());
    }
}

INSTANTIATE_TEST_SUITE_P(Rows, SseDecoderTooLarge,
                         testing::Values(bound_case{"line", "data: 0123456789ABCDEF\n\n"},
                                         bound_case{"line_without_end", "0123456789ABCDEFG"},
                                         bound_case{"lines_together", "data: 1\ndata: 2\ndata: 3\n\n"},
                                         bound_case{"comments_within", "data: 1\n: 23456789\n: 1\n\n"}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(SseDecoderBound, DoesNotCountKeepAlivesBetweenEvents) {
    sse_decoder decoder{16};
    for (int i = 0; i < 100; ++i) {
        decoder.feed(i % 3 == 0 ? ": ping\n\n" : i % 3 == 1 ? ": ping\n" : "id: 1\r\n\r\n");
        auto const each = decoder.next();
        ASSERT_TRUE(each);
        EXPECT_FALSE(*each);
    }
}

}  // namespace
}  // namespace coax
