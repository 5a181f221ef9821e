#include "http/http2_session.hpp"

#include "support/http2_frames.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <ostream>

namespace coax::http::detail {
namespace {

namespace h2 = test::h2;
using h2::field_pairs;

constexpr http2_session::limits usual{.header_bytes = 4'096, .stream_window = 64U << 10U};

std::string name_of(http2_failure const& how) {
    constexpr std::array<char const*, 6> reasons{"unprocessed",       "reset", "violation", "head too large",
                                                 "no final response", "lost"};
    return std::string{reasons[static_cast<std::size_t>(how.why)]} + ' ' + std::string{to_string(how.code)};
}

/// Writes down what it is told.
class recorder final : public http2_receiver {
public:
    explicit recorder(bool takes_at_once = true) : takes_at_once_{takes_at_once} {}

    void request_moved(bool whole) override { sent = whole; }
    void took_interim() override { told += "interim; "; }
    void took_head(int status, header_list headers) override {
        told += std::to_string(status);
        for (auto const& each : headers) told.append(" ").append(each.name).append("=").append(each.value);
        told += "; ";
    }
    std::size_t took_body(std::string_view bytes) override {
        body += bytes;
        return takes_at_once_ ? bytes.size() : 0;
    }
    void complete() override { told += body.substr(0, 40) + "; end"; }
    void failed(http2_failure how) override { told += name_of(how); }

    std::string told{};
    std::string body{};
    bool sent{false};

private:
    bool takes_at_once_;
};

http_request chat_request_of(std::string body = "{}") {
    return {.to = {.host = "api.example"}, .target = "/v1/chat", .headers = {{"X-Test", "1"}}, .body = std::move(body)};
}

/// A session and the requests on it.
struct client {
    explicit client(http2_session::limits bounds = usual) : session{bounds} {}

    std::int32_t ask(http_request request, bool takes_at_once = true) {
        requests.push_back(std::move(request));
        receivers.emplace_back(takes_at_once);
        return session.submit(requests.back(), receivers.back());
    }
    /// Takes what the server says and answers.
    void take(std::string_view bytes) {
        session.receive(bytes);
        flush();
    }
    void flush() { session.send(sent, sent.size() + (1U << 20U)); }
    [[nodiscard]] std::string const& told(std::size_t of = 0) const { return receivers[of].told; }
    [[nodiscard]] std::size_t count(h2::type kind) const {
        auto const all = h2::frames_in(sent);
        return static_cast<std::size_t>(std::ranges::count(all, kind, &h2::seen_frame::kind));
    }
    [[nodiscard]] h2::seen_frame last(h2::type kind) const {
        h2::seen_frame out{};
        for (auto const& each : h2::frames_in(sent))
            if (each.kind == kind) out = each;
        return out;
    }

    http2_session session;
    std::deque<http_request> requests{};
    std::deque<recorder> receivers{};
    std::string sent{};
};

TEST(Http2Session, BeginsWithPrefaceSettingsAndAWideWindow) {
    client c;
    c.flush();
    ASSERT_TRUE(c.sent.starts_with(h2::preface));
    auto const frames = h2::frames_in(c.sent);
    ASSERT_EQ(frames.size(), 2U);
    EXPECT_EQ(frames[0].kind, h2::type::settings);
    EXPECT_EQ(frames[0].payload, h2::settings({{2, 0}, {4, 64U << 10U}, {6, 4'096}}).substr(9))
        << "no push, window, list of headers";
    EXPECT_EQ(frames[1].kind, h2::type::window);
    EXPECT_EQ(h2::number_in(frames[1].payload), 0x7fff'ffffU - 65'535U);
    EXPECT_FALSE(c.session.is_agreed());
    c.take(h2::settings());
    EXPECT_TRUE(c.session.is_agreed());
}

TEST(Http2Session, SendsARequestAndSaysWhenItIsWhole) {
    client c;
    EXPECT_EQ(c.ask(chat_request_of("body")), 1);
    EXPECT_EQ(c.ask({.to = {.host = "api.example"}, .method = "GET"}), 3);
    c.flush();
    EXPECT_TRUE(c.receivers[0].sent && c.receivers[1].sent);
    EXPECT_EQ(c.count(h2::type::headers), 2U);
    EXPECT_EQ(c.last(h2::type::data).payload, "body");
    EXPECT_EQ(c.last(h2::type::data).stream, 1U);
    EXPECT_EQ(c.session.stream_count(), 2U);
}

struct answer_case {
    char const* name;
    std::string bytes;
    std::string told;
    std::string method{"POST"};
    bool by_bytes{true};  ///< nghttp2 takes a head of nine bytes that comes in nine pieces for nine frames.
};
void PrintTo(answer_case const& row, std::ostream* out) { *out << row.name; }
class Http2Answer : public testing::TestWithParam<answer_case> {};

std::string told_of(answer_case const& row, std::size_t first, std::size_t piece) {
    client c;
    auto request = chat_request_of();
    request.method = row.method;
    (void)c.ask(std::move(request));
    c.flush();
    std::string_view left{row.bytes};
    c.take(left.substr(0, first));
    left.remove_prefix(std::min(first, left.size()));
    for (; !left.empty(); left.remove_prefix(std::min(piece, left.size()))) c.take(left.substr(0, piece));
    EXPECT_FALSE(c.session.breakdown()) << c.session.breakdown()->reason;
    EXPECT_EQ(c.session.stream_count(), 0U);
    return c.told();
}

TEST_P(Http2Answer, IsToldHoweverItIsCut) {
    auto const& row = GetParam();
    EXPECT_EQ(told_of(row, row.bytes.size(), 1), row.told);
    if (row.by_bytes) EXPECT_EQ(told_of(row, 0, 1), row.told);
    for (std::size_t cut = 1; cut < row.bytes.size(); ++cut)
        EXPECT_EQ(told_of(row, cut, row.bytes.size()), row.told) << "cut at " << cut;
}

std::string after_settings(std::string const& frames) { return h2::settings() + frames; }

INSTANTIATE_TEST_SUITE_P(
    Rows, Http2Answer,
    testing::Values(
        answer_case{"whole", after_settings(h2::response(1, "abc")), "200 content-length=3; abc; end"},
        answer_case{"no_length",
                    after_settings(h2::headers(1, {{":status", "500"}}) + h2::data(1, "a") + h2::data(1, "bc", true)),
                    "500; abc; end"},
        answer_case{"no_body", after_settings(h2::headers(1, {{":status", "204"}}, true)), "204; ; end"},
        answer_case{"empty_last_frame",
                    after_settings(h2::headers(1, {{":status", "200"}}) + h2::data(1, "a") + h2::data(1, "", true)),
                    "200; a; end"},
        answer_case{"interim",
                    after_settings(h2::headers(1, {{":status", "103"}, {"link", "x"}}) + h2::response(1, "abc")),
                    "interim; 200 content-length=3; abc; end"},
        answer_case{"trailers",
                    after_settings(h2::headers(1, {{":status", "200"}}) + h2::data(1, "abc") +
                                   h2::headers(1, {{"x-sum", "1"}}, true)),
                    "200; abc; end"},
        answer_case{"of_head", after_settings(h2::headers(1, {{":status", "200"}, {"content-length", "9"}}, true)),
                    "200 content-length=9; ; end", "HEAD"},
        answer_case{"not_modified", after_settings(h2::headers(1, {{":status", "304"}, {"content-length", "9"}}, true)),
                    "304 content-length=9; ; end"},
        answer_case{"padded",
                    after_settings(h2::headers(1, {{":status", "200"}}) +
                                   h2::frame(h2::type::data, 8 | h2::end_stream, 1, std::string("\2abc\0\0", 6))),
                    "200; abc; end"},
        answer_case{"head_in_two_frames",
                    after_settings(h2::frame(h2::type::headers, h2::no_flags, 1, h2::packed({{":status", "200"}})) +
                                   h2::frame(h2::type::continuation, h2::end_headers, 1, h2::packed({{"a", "b"}})) +
                                   h2::data(1, "x", true)),
                    "200 a=b; x; end", "POST", false},
        answer_case{"frames_nobody_knows",
                    after_settings(h2::frame_head(3, 0xbe, 0, 0) + "abc" + h2::frame_head(1, 0xef, 9, 1) + "x" +
                                   h2::response(1, "abc")),
                    "200 content-length=3; abc; end"},
        answer_case{"priorities",
                    after_settings(h2::frame(h2::type::priority, 0, 7, std::string(5, '\0')) + h2::response(1, "abc")),
                    "200 content-length=3; abc; end"},
        answer_case{"reset_that_wants_no_more_of_the_request",
                    after_settings(h2::response(1, "abc") + h2::rst_stream(1, 0)), "200 content-length=3; abc; end"},
        answer_case{"refused", after_settings(h2::rst_stream(1, 7)), "unprocessed REFUSED_STREAM"},
        answer_case{"reset", after_settings(h2::rst_stream(1, 2)), "reset INTERNAL_ERROR"},
        answer_case{"reset_in_the_body",
                    after_settings(h2::headers(1, {{":status", "200"}}) + h2::data(1, "ab") + h2::rst_stream(1, 11)),
                    "200; reset ENHANCE_YOUR_CALM"},
        answer_case{"reset_for_no_reason", after_settings(h2::rst_stream(1, 0)), "reset NO_ERROR"},
        answer_case{"gone_away_before_it", after_settings(h2::goaway(0, 0)), "unprocessed REFUSED_STREAM"},
        answer_case{"gone_away_after_it", after_settings(h2::goaway(1, 0) + h2::response(1, "abc")),
                    "200 content-length=3; abc; end"},
        answer_case{"two_goodbyes", after_settings(h2::goaway(0x7fff'ffff, 0) + h2::goaway(0, 0)),
                    "unprocessed REFUSED_STREAM"},
        // What is no response costs the stream, not the connection.
        answer_case{"no_status", after_settings(h2::headers(1, {{"a", "b"}})), "violation PROTOCOL_ERROR"},
        answer_case{"status_that_is_none", after_settings(h2::headers(1, {{":status", "abc"}})),
                    "violation PROTOCOL_ERROR"},
        answer_case{"status_too_low", after_settings(h2::headers(1, {{":status", "099"}})), "violation PROTOCOL_ERROR"},
        answer_case{"two_statuses", after_settings(h2::headers(1, {{":status", "200"}, {":status", "200"}})),
                    "violation PROTOCOL_ERROR"},
        answer_case{"name_in_capitals", after_settings(h2::headers(1, {{":status", "200"}, {"A", "b"}})),
                    "violation PROTOCOL_ERROR"},
        answer_case{"status_after_a_field", after_settings(h2::headers(1, {{"a", "b"}, {":status", "200"}})),
                    "violation PROTOCOL_ERROR"},
        answer_case{"field_of_http_1", after_settings(h2::headers(1, {{":status", "200"}, {"connection", "close"}})),
                    "violation PROTOCOL_ERROR"},
        answer_case{"switching_protocols", after_settings(h2::headers(1, {{":status", "101"}})),
                    "violation PROTOCOL_ERROR"},
        answer_case{
            "two_lengths",
            after_settings(h2::headers(1, {{":status", "200"}, {"content-length", "1"}, {"content-length", "2"}})),
            "violation PROTOCOL_ERROR"},
        answer_case{"longer_than_it_said",
                    after_settings(h2::headers(1, {{":status", "200"}, {"content-length", "1"}}) + h2::data(1, "ab")),
                    "200 content-length=1; violation PROTOCOL_ERROR"},
        answer_case{
            "shorter_than_it_said",
            after_settings(h2::headers(1, {{":status", "200"}, {"content-length", "3"}}) + h2::data(1, "ab", true)),
            "200 content-length=3; violation PROTOCOL_ERROR"},
        answer_case{"end_with_an_interim_one", after_settings(h2::headers(1, {{":status", "103"}}, true)),
                    "violation PROTOCOL_ERROR"},
        answer_case{"trailers_that_go_on",
                    after_settings(h2::headers(1, {{":status", "200"}}) + h2::headers(1, {{"x", "1"}})),
                    "200; violation PROTOCOL_ERROR"},
        answer_case{"head_too_large",
                    after_settings(h2::headers(1, {{":status", "200"}, {"x", std::string(4'100, 'x')}})),
                    "head too large INTERNAL_ERROR"},
        answer_case{"trailers_too_large",
                    after_settings(h2::headers(1, {{":status", "200"}}) +
                                   h2::headers(1, {{"x", std::string(4'100, 'x')}}, true)),
                    "200; head too large INTERNAL_ERROR"},
        answer_case{"endless_interim_ones", after_settings([] {
                        std::string all;
                        for (int i = 0; i < 17; ++i) all += h2::headers(1, {{":status", "100"}});
                        return all;
                    }()),
                    [] {
                        std::string all;
                        for (int i = 0; i < 16; ++i) all += "interim; ";
                        return all + "no final response CANCEL";
                    }()}),
    [](auto const& row) { return std::string(row.param.name); });

struct hostile_case {
    char const* name;
    std::string bytes;
    char const* code;
};
void PrintTo(hostile_case const& row, std::ostream* out) { *out << row.name; }
class Http2Hostile : public testing::TestWithParam<hostile_case> {};

TEST_P(Http2Hostile, EndsTheConnectionAndSaysWhy) {
    client c;
    EXPECT_EQ(c.ask(chat_request_of()), 1);
    c.flush();
    c.take(GetParam().bytes);
    ASSERT_TRUE(c.session.breakdown());
    EXPECT_EQ(to_string(c.session.breakdown()->code), GetParam().code) << c.session.breakdown()->reason;
    EXPECT_FALSE(c.session.breakdown()->reason.empty());
    EXPECT_EQ(c.count(h2::type::goaway), 1U) << "the peer is told";
    EXPECT_FALSE(c.session.takes_requests());
    c.take(h2::response(1, "late"));
    EXPECT_EQ(c.told().find("late"), std::string::npos) << "nothing is read any more";
    c.session.end_all();
    EXPECT_TRUE(c.told().ends_with("lost NO_ERROR")) << c.told();
    EXPECT_EQ(c.ask(chat_request_of()), 0);
}

std::string times(int count, std::string const& part) {
    std::string all;
    for (int i = 0; i < count; ++i) all += part;
    return all;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Http2Hostile,
    testing::Values(
        hostile_case{"http_1", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "PROTOCOL_ERROR"},
        hostile_case{"body_before_the_head", after_settings(h2::data(1, "abc", true)), "PROTOCOL_ERROR"},
        hostile_case{"no_settings_first", h2::response(1, "abc"), "PROTOCOL_ERROR"},
        hostile_case{"frame_too_large", after_settings(h2::frame(h2::type::data, 0, 1, std::string(16'385, 'x'))),
                     "FRAME_SIZE_ERROR"},
        hostile_case{"settings_of_a_stream", h2::frame(h2::type::settings, 0, 1, ""), "PROTOCOL_ERROR"},
        hostile_case{"settings_of_odd_size", h2::frame(h2::type::settings, 0, 0, "abc"), "FRAME_SIZE_ERROR"},
        hostile_case{"settings_with_a_window_too_large", h2::settings({{4, 0x8000'0000U}}), "FLOW_CONTROL_ERROR"},
        hostile_case{"settings_with_small_frames", h2::settings({{5, 100}}), "PROTOCOL_ERROR"},
        hostile_case{"acknowledgement_of_nothing",
                     after_settings(times(2, h2::frame(h2::type::settings, h2::end_stream, 0, ""))), "PROTOCOL_ERROR"},
        hostile_case{"data_of_no_stream", after_settings(h2::data(0, "x")), "PROTOCOL_ERROR"},
        hostile_case{"data_of_a_stream_never_made", after_settings(h2::data(9, "x")), "PROTOCOL_ERROR"},
        hostile_case{"headers_of_a_stream_never_made", after_settings(h2::headers(9, {{":status", "200"}})),
                     "PROTOCOL_ERROR"},
        hostile_case{"reset_of_a_stream_never_made", after_settings(h2::rst_stream(9, 0)), "PROTOCOL_ERROR"},
        hostile_case{"push",
                     after_settings(h2::frame(h2::type::push_promise, h2::end_headers, 1,
                                              h2::number(2, 4) + h2::packed({{":method", "GET"}}))),
                     "PROTOCOL_ERROR"},
        hostile_case{"padding_longer_than_the_frame", after_settings(h2::frame(h2::type::data, 8, 1, "\x9xx")),
                     "PROTOCOL_ERROR"},
        hostile_case{"ping_of_odd_size", after_settings(h2::frame(h2::type::ping, 0, 0, "abc")), "FRAME_SIZE_ERROR"},
        hostile_case{"window_grown_too_far", after_settings(h2::window_update(0, 0x7fff'ffff)), "FLOW_CONTROL_ERROR"},
        hostile_case{"window_not_grown", after_settings(h2::window_update(0, 0)), "PROTOCOL_ERROR"},
        hostile_case{"headers_interrupted",
                     after_settings(h2::frame(h2::type::headers, 0, 1, h2::packed({{":status", "200"}})) + h2::ping()),
                     "PROTOCOL_ERROR"},
        hostile_case{"continuation_of_nothing", after_settings(h2::frame(h2::type::continuation, 4, 1, "")),
                     "PROTOCOL_ERROR"},
        hostile_case{"endless_continuations",
                     after_settings(h2::frame(h2::type::headers, 0, 1, h2::packed({{":status", "200"}})) +
                                    times(100'000, h2::frame(h2::type::continuation, 0, 1, ""))),
                     "ENHANCE_YOUR_CALM"},
        hostile_case{"headers_that_are_no_hpack",
                     after_settings(h2::frame(h2::type::headers, 4, 1, "\xff\xff\xff\xff\xff")), "COMPRESSION_ERROR"},
        hostile_case{"goaway_that_takes_back", after_settings(h2::goaway(1, 0) + h2::goaway(3, 0)), "PROTOCOL_ERROR"},
        hostile_case{"flood_of_settings", h2::settings() + times(10'100, h2::settings()), "ENHANCE_YOUR_CALM"},
        hostile_case{"flood_of_pings", after_settings(times(10'100, h2::ping())), "ENHANCE_YOUR_CALM"},
        hostile_case{"flood_of_empty_data",
                     after_settings(h2::headers(1, {{":status", "200"}}) + times(10'100, h2::data(1, ""))),
                     "ENHANCE_YOUR_CALM"},
        hostile_case{"flood_of_priorities",
                     after_settings(times(10'100, h2::frame(h2::type::priority, 0, 7, std::string(5, '\0')))),
                     "ENHANCE_YOUR_CALM"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Http2Session, ABodyWaitsForItsReaderAndHoldsUpNoOtherOne) {
    client c;
    auto const slow = static_cast<std::uint32_t>(c.ask(chat_request_of(), false));
    auto const quick = static_cast<std::uint32_t>(c.ask(chat_request_of()));
    c.flush();
    auto const acknowledged = h2::frame(h2::type::settings, h2::end_stream, 0, "");
    c.take(h2::settings() + acknowledged + h2::headers(slow, {{":status", "200"}}) +
           h2::headers(quick, {{":status", "200"}}));
    auto const before = c.count(h2::type::window);
    for (int i = 0; i < 4; ++i) c.take(h2::data(slow, std::string(16'384, 's')));  // all that its window allows
    for (int i = 0; i < 64; ++i) c.take(h2::data(quick, std::string(16'384, 'q')));
    EXPECT_FALSE(c.session.breakdown());
    EXPECT_GT(c.count(h2::type::window), before);
    EXPECT_EQ(c.last(h2::type::window).stream, quick);
    c.session.consumed(static_cast<std::int32_t>(slow), 64U << 10U);
    c.flush();
    EXPECT_EQ(c.last(h2::type::window).stream, slow);
    EXPECT_EQ(h2::number_in(c.last(h2::type::window).payload), 64U << 10U);
}

TEST(Http2Session, MoreThanItsWindowCostsTheStream) {
    client c;
    (void)c.ask(chat_request_of(), false);
    c.flush();
    c.take(h2::settings() + h2::headers(1, {{":status", "200"}}));
    for (int i = 0; i < 5; ++i) c.take(h2::data(1, std::string(16'384, 'x')));
    EXPECT_EQ(c.told(), "200; violation FLOW_CONTROL_ERROR");
    EXPECT_EQ(h2::number_in(c.last(h2::type::rst_stream).payload), 3U);
    EXPECT_FALSE(c.session.breakdown());
}

TEST(Http2Session, ARequestKeepsToThePeersWindows) {
    client c;
    c.take(h2::settings({{4, 10}}));
    EXPECT_EQ(c.ask(chat_request_of(std::string(25, 'x'))), 1);
    EXPECT_EQ(c.ask(chat_request_of("small")), 3);
    c.flush();
    EXPECT_FALSE(c.receivers[0].sent);
    EXPECT_TRUE(c.receivers[1].sent) << "the small one goes beside the large one";
    c.take(h2::window_update(1, 10));
    EXPECT_FALSE(c.receivers[0].sent);
    c.take(h2::window_update(1, 10));
    EXPECT_TRUE(c.receivers[0].sent);
}

TEST(Http2Session, AnEarlyResponseEndsTheSending) {
    client c;
    c.take(h2::settings({{4, 10}}));
    EXPECT_EQ(c.ask(chat_request_of(std::string(25, 'x'))), 1);
    c.flush();
    c.take(h2::response(1, "abc"));
    EXPECT_EQ(c.told(), "200 content-length=3; abc; end");
    EXPECT_EQ(h2::number_in(c.last(h2::type::rst_stream).payload), 8U) << "CANCEL";
    EXPECT_EQ(c.session.stream_count(), 0U);
    c.take(h2::window_update(0, 100));
    EXPECT_EQ(c.count(h2::type::data), 1U);
}

TEST(Http2Session, AbandoningResetsTheStreamAlone) {
    client c;
    EXPECT_EQ(c.ask(chat_request_of()), 1);
    EXPECT_EQ(c.ask(chat_request_of()), 3);
    c.flush();
    c.take(h2::settings() + h2::headers(1, {{":status", "200"}}) + h2::data(1, "ab"));
    c.session.abandon(1);
    c.session.abandon(1);
    c.flush();
    EXPECT_EQ(c.count(h2::type::rst_stream), 1U);
    EXPECT_EQ(h2::number_in(c.last(h2::type::rst_stream).payload), 8U) << "CANCEL";
    c.take(h2::data(1, "late", true) + h2::response(3, "abc"));
    EXPECT_EQ(c.told(0), "200; ") << "nothing after it";
    EXPECT_EQ(c.told(1), "200 content-length=3; abc; end");
    EXPECT_TRUE(c.session.takes_requests());
}

TEST(Http2Session, AbandoningWhatWasNotSentSendsNothing) {
    client c;
    EXPECT_EQ(c.ask(chat_request_of()), 1);
    c.session.abandon(1);
    c.flush();
    EXPECT_EQ(c.count(h2::type::headers), 0U);
    EXPECT_EQ(c.session.stream_count(), 0U);
    EXPECT_EQ(c.told(), "");
}

TEST(Http2Session, KeepsToTheStreamsThatThePeerAllows) {
    client c;
    EXPECT_EQ(c.session.max_streams(), 100U) << "until it says";
    c.take(h2::settings({{3, 1}}));
    EXPECT_EQ(c.session.max_streams(), 1U);
    EXPECT_EQ(c.ask(chat_request_of()), 1);
    EXPECT_EQ(c.ask(chat_request_of()), 3);
    c.flush();
    EXPECT_EQ(c.count(h2::type::headers), 1U) << "the second waits";
    c.take(h2::response(1, "abc"));
    EXPECT_EQ(c.count(h2::type::headers), 2U);
    c.take(h2::settings({{3, 0}}));
    EXPECT_EQ(c.session.max_streams(), 0U) << "it may change its mind at any time";
}

TEST(Http2Session, WhatWasNeverSentIsUnprocessedWhenTheConnectionIsLost) {
    client c;
    c.take(h2::settings({{3, 1}}));
    (void)c.ask(chat_request_of());
    (void)c.ask(chat_request_of());
    c.flush();
    c.session.end_all();
    EXPECT_EQ(c.told(0), "lost NO_ERROR");
    EXPECT_EQ(c.told(1), "unprocessed NO_ERROR");
}

TEST(Http2Session, GoingAwayLetsStreamsEnd) {
    client c;
    EXPECT_EQ(c.ask(chat_request_of()), 1);
    c.take(h2::settings());
    c.session.go_away();
    c.flush();
    EXPECT_EQ(c.ask(chat_request_of()), 0);
    c.take(h2::response(1, "abc"));
    EXPECT_EQ(c.told(), "200 content-length=3; abc; end");
    EXPECT_EQ(c.count(h2::type::goaway), 1U);
}

TEST(Http2Session, AnswersAPing) {
    client c;
    c.take(h2::settings() + h2::ping());
    EXPECT_EQ(c.last(h2::type::ping).payload, "12345678");
    EXPECT_EQ(c.last(h2::type::ping).flags, h2::end_stream);
}

}  // namespace
}  // namespace coax::http::detail
