#include "provider/repeated_event.hpp"

#include "unit/provider/support.hpp"

#include <coax/json/writer.hpp>

#include <ostream>
#include <random>
#include <string>
#include <vector>

namespace coax {
namespace {

using detail::event_hole;
using detail::repeated_event;

// --- what is a repetition ---

constexpr event_hole holes[]{
    {"/d/text", event_hole::kind::text}, {"/n", event_hole::kind::number}, {"/pad", event_hole::kind::ignored_text}};

struct repeated_case {
    char const* name;
    char const* before;
    char const* after;
    char const* text;  ///< Of `after`; null: it has to be read.
    std::int64_t number{-1};
};
void PrintTo(repeated_case const& row, std::ostream* out) { *out << row.name; }
class RepeatedEvent : public testing::TestWithParam<repeated_case> {};

TEST_P(RepeatedEvent, IsToldByItsBytes) {
    repeated_event before{holes};
    before.remember({.type = "t", .data = GetParam().before}, "a");
    bool const matches = before.matches({.type = "t", .data = GetParam().after});
    EXPECT_EQ(matches, GetParam().text != nullptr);
    if (!matches || GetParam().text == nullptr) return;
    EXPECT_EQ(before.text(), GetParam().text);
    EXPECT_EQ(before.number(), GetParam().number);
    EXPECT_FALSE(before.matches({.type = "other", .data = GetParam().after}));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RepeatedEvent,
    testing::Values(
        repeated_case{"another_text", R"({"d":{"text":"a"},"x":1})", R"({"d":{"text":"bcd"},"x":1})", "bcd"},
        repeated_case{"empty_text", R"({"d":{"text":"a"}})", R"({"d":{"text":""}})", ""},
        repeated_case{"escapes", R"({"d":{"text":"a"}})", R"({"d":{"text":"\"}}\n\u00e9\\"}})", "\"}}\n\u00e9\\"},
        repeated_case{"number", R"({"n":9,"d":{"text":"a"}})", R"({"n":10,"d":{"text":"b"}})", "b", 10},
        repeated_case{"number_after", R"({"d":{"text":"a"},"n":9})", R"({"d":{"text":"b"},"n":123456})", "b", 123456},
        repeated_case{"padding", R"({"d":{"text":"a"},"pad":"xx"})", R"({"d":{"text":"b"},"pad":""})", "b"},
        repeated_case{"all", R"({"pad":"p","d":{"text":"a"},"n":1})", R"({"pad":"qq","d":{"text":"b"},"n":2})", "b", 2},
        repeated_case{"number_of_another_form", R"({"n":1.5,"d":{"text":"a"}})", R"({"n":1.5,"d":{"text":"b"}})", "b"},
        repeated_case{"a_member_more", R"({"d":{"text":"a"}})", R"({"d":{"text":"b"},"x":1})", nullptr},
        repeated_case{"a_member_less", R"({"d":{"text":"a"},"x":1})", R"({"d":{"text":"b"}})", nullptr},
        repeated_case{"another_value", R"({"d":{"text":"a"},"x":1})", R"({"d":{"text":"b"},"x":2})", nullptr},
        repeated_case{"cut_in_the_text", R"({"d":{"text":"a"}})", R"({"d":{"text":"b)", nullptr},
        repeated_case{"cut_behind", R"({"d":{"text":"a"}})", R"({"d":{"text":"b"})", nullptr},
        repeated_case{"nothing", R"({"d":{"text":"a"}})", "", nullptr},
        repeated_case{"null_text", R"({"d":{"text":"a"}})", R"({"d":{"text":null}})", nullptr},
        repeated_case{"bad_escape", R"({"d":{"text":"a"}})", R"({"d":{"text":"\x"}})", nullptr},
        repeated_case{"control_character", R"({"d":{"text":"a"}})", "{\"d\":{\"text\":\"\n\"}}", nullptr},
        repeated_case{"bad_utf8", R"({"d":{"text":"a"}})", "{\"d\":{\"text\":\"\xC0\"}}", nullptr},
        repeated_case{"number_with_a_zero", R"({"n":1,"d":{"text":"a"}})", R"({"n":01,"d":{"text":"b"}})", nullptr},
        repeated_case{"large_number", R"({"n":1,"d":{"text":"a"}})", R"({"n":1234567890123456789,"d":{"text":"b"}})",
                      nullptr},
        repeated_case{"key_twice", R"({"d":{"text":"a","text":"a"}})", R"({"d":{"text":"b","text":"a"}})", nullptr},
        repeated_case{"text_of_another_place", R"({"text":"a","d":{}})", R"({"text":"b","d":{}})", nullptr},
        repeated_case{"not_what_was_read", R"({"d":{"text":"b"}})", R"({"d":{"text":"c"}})", nullptr}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(RepeatedEvents, AreNotRememberedForEverWhereNoneIsRepeated) {
    repeated_event before{holes};
    std::string data;
    for (int i = 0; i < 20; ++i) {
        data = R"({"x":)" + std::to_string(i) + R"(,"d":{"text":"a"}})";
        before.remember({.type = {}, .data = data}, "a");
    }
    EXPECT_FALSE(before.matches({.type = {}, .data = data}));
}

// --- the same deltas as the reader makes ---

struct service_case {
    char const* name;
    /// An event that adds a text, which stands for `$`; `#` stands for a number that grows.
    char const* event;
    char const* first{""};
    char const* other{""};  ///< One that comes between.
};
void PrintTo(service_case const& row, std::ostream* out) { *out << row.name; }
class StreamFastPath : public testing::TestWithParam<service_case> {};

std::string random_text(std::mt19937& random) {
    static std::vector<std::string> const pieces{"a",          " word", "\n", "\"", "\\", "\u00e9",
                                                 "\U0001F600", "\x01",  "}}", "$",  ""};
    std::string text;
    for (auto left = random() % 5; left > 0; --left) text += pieces[random() % pieces.size()];
    return text;
}

std::string filled(std::string_view form, std::string_view text, int number) {
    std::string out;
    for (char const c : form) {
        if (c == '$')
            json::append_string(out, text);
        else if (c == '#')
            out += std::to_string(number);
        else
            out += c;
    }
    return out;
}

/// The same event with a member that no other has, so that it repeats none.
std::string unlike_others(std::string event, int number) {
    auto const at = event.find("data: {");
    if (at != event.npos) event.insert(at + 7, "\"unlike\":" + std::to_string(number) + ",");
    return event;
}

/// Each delta that the pieces make, as text.
std::vector<std::string> deltas_of(provider const& from, std::string_view stream, std::mt19937* cuts) {
    auto const decoder = from.decode_stream({}, test::test_time);
    sse_decoder events;
    std::vector<std::string> deltas;
    while (!stream.empty()) {
        auto const size = cuts != nullptr ? std::min<std::size_t>((*cuts)() % 300 + 1, stream.size()) : stream.size();
        events.feed(stream.substr(0, size));
        stream.remove_prefix(size);
        for (;;) {
            auto const event = events.next();
            if (!event || !*event) break;
            chat_delta delta;
            auto const fed = decoder->feed(**event, delta);
            deltas.push_back(delta.text + '|' + delta.reasoning + '|' + (fed ? "" : fed.error().message));
        }
    }
    deltas.push_back(std::to_string(decoder->content_bytes()) + '@' + std::to_string(decoder->position().event));
    return deltas;
}

TEST_P(StreamFastPath, GivesWhatTheReaderGives) {
    auto const service = test::make(std::string{GetParam().name});
    std::mt19937 random{7};
    for (int round = 0; round < 200; ++round) {
        std::string fast = GetParam().first;
        std::string slow = fast;
        for (int i = 0; i < 20; ++i) {
            bool const differs = random() % 6 == 0;
            auto const event = filled(differs ? GetParam().other : GetParam().event, random_text(random), i);
            fast += event;
            slow += unlike_others(event, i);
        }
        EXPECT_EQ(deltas_of(*service, fast, &random), deltas_of(*service, slow, nullptr)) << fast;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, StreamFastPath,
    testing::Values(
        service_case{
            "openai",
            "data: "
            "{\"id\":\"c1\",\"created\":176000000#,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":$},"
            "\"finish_reason\":null}],\"usage\":null,\"obfuscation\":\"a#\"}\n\n",
            "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
            "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":$}}],"
            "\"usage\":{\"prompt_tokens\":#}}\n\n"},
        service_case{
            "openai/responses",
            "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"item_id\":\"i\","
            "\"output_index\":0,\"delta\":$,\"logprobs\":[],\"sequence_number\":#,\"obfuscation\":\"b#\"}\n\n",
            "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,"
            "\"response\":{\"id\":\"r\"}}\n\n",
            "event: response.reasoning_text.delta\ndata: {\"type\":\"response.reasoning_text.delta\","
            "\"output_index\":1,\"content_index\":#,\"delta\":$,\"sequence_number\":#}\n\n"},
        service_case{"anthropic",
                     "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":"
                     "{\"type\":\"text_delta\",\"text\":$}}\n\n",
                     "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,"
                     "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
                     "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":2,\"delta\":"
                     "{\"type\":\"thinking_delta\",\"thinking\":$}}\n\n"}),
    [](auto const& row) {
        std::string name{row.param.name};
        std::ranges::replace(name, '/', '_');
        return name;
    });

}  // namespace
}  // namespace coax
